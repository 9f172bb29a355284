// A client of npm's ws against an echo server: node client.mjs URL DEFLATE.
// The server closes with 4001 on the text "close".
import assert from 'node:assert/strict'
import { once } from 'node:events'
import WebSocket from 'ws'

const [url, deflate] = process.argv.slice(2)
const connect = async () => {
  const ws = new WebSocket(url, { perMessageDeflate: deflate === 'true' })
  await once(ws, 'open')
  return ws
}
const echo = async (ws, data, options = {}) => {
  const answer = once(ws, 'message')
  ws.send(data, options)
  const [got, binary] = await answer
  assert.equal(binary, typeof data !== 'string')
  assert.deepEqual(got, Buffer.from(data))
}

const ws = await connect()
assert.equal(ws.extensions.includes('permessage-deflate'), deflate === 'true')
await echo(ws, 'text é')
await echo(ws, '')
await echo(ws, Buffer.from([0, 255, 1]))
await echo(ws, 'x'.repeat(1 << 20))
await echo(ws, Buffer.alloc(1 << 20, 7))

// Fragments arrive as one message, with a ping between them.
const whole = once(ws, 'message')
const pong = once(ws, 'pong')
ws.send('frag', { fin: false })
ws.ping('between')
ws.send('men', { fin: false })
ws.send('ts', { fin: true })
assert.equal((await whole)[0].toString(), 'fragments')
assert.equal((await pong)[0].toString(), 'between')

// Close codes, ours and theirs.
ws.close(4000, 'client')
const [code, reason] = await once(ws, 'close')
assert.equal(code, 4000)
assert.equal(reason.toString(), 'client')
const other = await connect()
other.send('close')
const [theirs, why] = await once(other, 'close')
assert.equal(theirs, 4001)
assert.equal(why.toString(), 'server')
console.log('ok')
