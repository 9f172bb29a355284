// # Extend it
//
// What a connection does of its own accord can be replaced, and what passes through
// it seen and changed, each by an interface of one or two methods and an option:
//
//	what             interface                          option
//	liveness         Heartbeat (built in: Keepalive)    WithHeartbeatRule
//	what comes in    Incoming                           WithIncoming
//	what goes out    Outgoing                           WithOutgoing
//	values           Codec (built in: JSON, Protobuf)   WithCodec
//	the handler      actor.Actor                        WithHandler
//
// A message passes them in this order:
//
//	peer ─ reader ─ Incoming... ─ Codec.Decode ─ handler
//	sender ─ Codec.Encode ─ queue ─ connection ─ Outgoing... ─ peer
//
// A [Heartbeat] gets [Signs], such as when something was last received and how long
// the last ping took, and answers with a [Beat]: ping or not, give up or not, and when
// to ask again. It has no clock and no socket, so a table tests it. One that takes
// messages alone for life, and not the pongs of a library whose program is stuck:
//
//	actors.HeartbeatFunc(func(s actors.Signs) actors.Beat {
//		if left := s.Message + time.Minute - s.Now; left > 0 {
//			return actors.Beat{Ping: true, Next: min(left, 10*time.Second)}
//		}
//		return actors.Beat{Fail: errSaidNothing}
//	})
//
// An [Incoming] or [Outgoing] returns the message it is shown, another one, or nil to
// drop it. Messages are never changed: what is to be different is a new one.
//
// A [Codec] has the handler get a [messages.Decoded] with a value in place of the
// Received, also where that could not be decoded: whether that is a reason to close is
// the handler's to say. A [messages.SendValue] is encoded on the goroutine of who
// sends, so that a value that cannot be is refused there, before it is queued.
//
// A handler is wrapped by an actor that has another in a field and calls its Receive,
// and split by one that spawns children and sends each what is for it. Both pass on
// what they do not know, such as protoactor's own Started and Stopping, unless they
// mean to keep it.
//
// Each runs where the message is: Decode and Incoming on the goroutine that reads,
// Encode on the sender's, Outgoing on the connection's; a Heartbeat on whichever looks for
// signs of life, most often the clock's. None may block.
// What many connections share (a Codec, an Incoming, an Outgoing of an [Acceptor]'s
// options) is called by them side by side; a Heartbeat belongs to one socket. A panic in
// any of them ends the one socket with 1011 and a [messages.HandlerError] that names the
// option, and the policy says when there is another; only in Encode it is the sender's
// [messages.EncodeError].
//
// What is not used costs nothing but a nil check.
package actors
