// Two pages of examples/chat in headless Chromium: node browser.mjs URL CHROMIUM.
// They talk; then it prints "cut" and waits for a line, by which the server's
// sockets have been cut; both come back by themselves and talk again.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

const [url, executablePath] = process.argv.slice(2)
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync']
})
const enter = async name => {
  const page = await browser.newPage()
  page.on('pageerror', error => { throw error })
  await page.goto(`${url}/?room=lobby&retry=200&name=${name}`)
  await page.waitForSelector('#state.open')
  return page
}
const say = async (page, text) => {
  await page.fill('#text', text)
  await page.press('#text', 'Enter')
}
const hears = (page, name, text) =>
  page.waitForFunction(([name, text]) => [...document.querySelectorAll('#log div')]
    .some(row => row.firstChild.textContent === name && row.lastChild.textContent === text), [name, text])

const ann = await enter('ann')
const bob = await enter('bob')
await say(ann, 'hello <b>bob</b>')
await hears(bob, 'ann', 'hello <b>bob</b>')
await say(bob, 'hello ann')
await hears(ann, 'bob', 'hello ann')

const states = page => page.evaluate(() => {
  window.seen = []
  new MutationObserver(() => window.seen.push(document.getElementById('state').textContent))
    .observe(document.getElementById('state'), { childList: true })
})
await Promise.all([states(ann), states(bob)])
console.log('cut')
await once(createInterface({ input: process.stdin }), 'line')
for (const page of [ann, bob]) {
  await page.waitForFunction(() => window.seen.includes('closed') && window.seen.at(-1) === 'open')
}
await say(ann, 'back again')
await hears(bob, 'ann', 'back again')
await say(bob, 'so am I')
await hears(ann, 'bob', 'so am I')

// The heartbeat of the page: 3 s after open, answered, and the page stays open.
const beat = bob.waitForEvent('websocket')
await bob.reload()
const socket = await beat
const answer = socket.waitForEvent('framereceived', { predicate: frame => frame.payload === '0xA' })
const asked = socket.waitForEvent('framesent', { predicate: frame => frame.payload === '0x9' })
await Promise.all([asked, answer])
assert.equal(await bob.textContent('#state'), 'open')
await browser.close()
console.log('ok')
process.exit(0)
