// An echo server of npm's ws on loopback: node server.mjs DEFLATE. It prints its
// port, and ends with its standard input.
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: process.argv[2] === 'true'
})
server.on('listening', () => console.log(server.address().port))
server.on('connection', ws => {
  ws.on('message', (data, binary) => {
    switch (binary ? '' : data.toString()) {
      case 'fragments':
        ws.send('frag', { fin: false })
        ws.ping('between')
        ws.send('men', { fin: false })
        ws.send('ts', { fin: true })
        break
      case 'ping':
        ws.once('pong', pong => ws.send('pong ' + pong))
        ws.ping('payload')
        break
      case 'close':
        ws.close(4001, 'server')
        break
      case 'extensions':
        ws.send(ws.extensions)
        break
      default:
        ws.send(data, { binary })
    }
  })
  ws.on('close', (code, reason) => console.log(`closed ${code} ${reason}`))
})
process.stdin.on('close', () => process.exit(0))
process.stdin.resume()
