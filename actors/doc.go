// Package actors has the connection: an actor that owns one WebSocket after
// another.
//
//	supervisor ── shard 0..N ── connection ─┬─ reader     turns frames into messages
//	             (strategy)  (socket, state)├─ heartbeat  asks for signs of life, and gives a dead peer up
//	                                        └─ handler    the user's own actor (or an outside PID)
//	clock, one a tree: rings the heartbeats when their time has come
//
// [Connect] starts one under a supervisor and returns at once. The connection
// dials, and from then on whatever fails (the dial, a read, a write, a
// heartbeat, the handler) ends the incarnation, not the connection: its PID,
// its queue of unsent messages, its handler and its count of epochs survive,
// and the supervisor restarts it after the policy's delay.
//
// [Accept] makes one of every WebSocket that a server accepts. It is the same, but
// that a failure is its end.
//
// # Handlers
//
// A handler is an actor that gets the events of package messages. It is
// spawned once for the connection and outlives the sockets, so its fields may
// hold what the program knows. Its context's Parent is the connection:
// ctx.Send(ctx.Parent(), messages.Text("hello")) works from anywhere in it.
//
// A handler that panics is restarted with fresh fields and the mailbox it had;
// what it derived from the stream is lost with them, so its socket is closed
// too (1011), which it sees as Failed with a [messages.HandlerError] and Closed,
// and the policy says when to reconnect. If it panics again before then, it
// rests until the reconnect. No other connection takes part in any of this.
//
// A handler that stops itself closes the connection with 1000.
//
// # Reading does not run ahead
//
// When the handler has [DefaultMaxUnhandled] messages before it, the connection
// stops reading, and TCP makes the peer wait. This needs nothing from the
// handler; one that is shared (WithHandlerPID) says with [messages.Ack] what it
// has handled. The heartbeat does not count the time in which nothing is read. A
// handler that passes messages on to actors of its own has handled them when its
// Receive returns: what those have before them is not bounded by this.
//
// # Goroutines
//
// On Linux an idle connection has none: the tree's poller tells the reader when
// there is something to read, and the tree's clock runs the heartbeats, one after
// the other; the connection hears only of a peer that is given up. A busy one has a
// goroutine that stays at its socket, and that, when the reader has taken in all
// there was, runs the handler and then the connection, so that a message and its
// answer wake nobody else. A handler that takes long delays nothing but itself for
// all that: after 2 to 4 ms the connection goes on without it. Under TLS, in memory,
// and on other systems the reader has a goroutine that waits.
//
// # The last word
//
// A peer may say something and close at once. What the handler answers to it is still
// written, and then the close frame, as a server does that reads and answers in one
// loop; likewise where the peer is closed for what it may not send. A handler that
// takes longer than the close timeout is not waited for: what it then sends is for the
// next socket of a client, and at a server, which has none, it is refused. One that is
// shared says with its [messages.Ack] that it has handled everything. A peer that is closed for an error has a second to read why: what it
// still sends is read and dropped.
//
// # Stopping
//
// A connection ends by [messages.Close], by Supervisor.Stop or Drain, or because
// its policy says so. Each closes the socket with a handshake and lets the handler
// handle the last Closed before it is stopped. To poison the PID is a Close too.
// Stopping the PID with protoactor's Stop cuts the socket off instead; a message that
// is just being received may then come after the Closed.
package actors
