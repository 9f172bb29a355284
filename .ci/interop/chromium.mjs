// The browser's own WebSocket against an echo server: node chromium.mjs URL CHROMIUM.
// The server closes with 4001 on the text "close".
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'

const [url, executablePath] = process.argv.slice(2)
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync']
})
const page = await browser.newPage()
const result = await page.evaluate(async url => {
  const event = (ws, name) => new Promise(resolve => ws.addEventListener(name, resolve, { once: true }))
  const connect = async () => {
    const ws = new WebSocket(url)
    ws.binaryType = 'arraybuffer'
    await event(ws, 'open')
    return ws
  }
  const echo = async (ws, data) => {
    const answer = event(ws, 'message')
    ws.send(data)
    return (await answer).data
  }
  const ws = await connect()
  const binary = new Uint8Array(1 << 20).fill(7)
  const echoed = new Uint8Array(await echo(ws, binary))
  const out = {
    extensions: ws.extensions,
    text: await echo(ws, 'text é'),
    empty: await echo(ws, ''),
    large: (await echo(ws, 'x'.repeat(1 << 20))).length,
    binary: echoed.length === binary.length && echoed.every(b => b === 7)
  }
  const closed = event(ws, 'close')
  ws.close(4000, 'client')
  const ours = await closed
  out.ours = [ours.code, ours.reason, ours.wasClean]
  const other = await connect()
  const theirs = event(other, 'close')
  other.send('close')
  const e = await theirs
  out.theirs = [e.code, e.reason, e.wasClean]
  return out
}, url.replace(/^http/, 'ws'))
await browser.close()
const { extensions, ...rest } = result
assert.deepEqual(rest, {
  text: 'text é', empty: '', large: 1 << 20, binary: true, ours: [4000, 'client', true], theirs: [4001, 'server', true]
})
console.log(extensions.split(';')[0])
process.exit(0)
