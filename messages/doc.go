// Package messages is the vocabulary of Sockvisor: what is said to a
// connection, what a connection says, and why it fails. The words are those
// of the browser's WebSocket:
//
//	new WebSocket(url)       actors.Connect
//	send(data)               Send
//	close(code, reason)      Close
//	onopen                   Opened
//	onmessage                Received, or Decoded where there is a codec
//	onerror                  Failed
//	onclose                  Closed
//	readyState               ReadyState
//
// Messages are sent by pointer and are immutable once sent: neither the sender
// nor a receiver changes a field, or a byte behind one, afterwards.
//
// # Epochs
//
// A connection lives on while its sockets come and go. Every attempt to get a
// socket begins a new epoch, as every `new WebSocket` in a browser begins a new
// object: 1 is the first attempt, 2 the next. Every event carries its epoch,
// and the handler sees, for each epoch and in this order:
//
//	Opened      at most once
//	Received    in the order of the wire, only after Opened
//	Failed      at most once
//	Closed      exactly once, and nothing of that epoch after it
//
// Exactly one Closed of a connection, its last, has WillRetry false.
package messages
