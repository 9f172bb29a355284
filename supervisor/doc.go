// Package supervisor decides who restarts a connection, and when.
//
// One tree serves every connection of a program:
//
//	supervisor ─┬─ shard 0..N ── connection
//	            │  (strategy)
//	            └─ governor    whose turn it is to dial
//
// A connection that fails panics, with why. Its shard resumes it at once, so that it
// keeps answering while it is down, tells it what its [Policy] decides, and restarts it
// when the delay is over. Only a shard restarts or stops a connection. What they say to
// each other is in package child.
//
// The shards exist because protoactor stops all children of a parent that
// panics, and because one parent would be a bottleneck for many connections.
//
// # What listens
//
// A subscriber to the actor system's EventStream runs on the goroutine of who
// publishes: of the connection for its actor.SupervisorEvent (whose Reason, a
// child.Failure, wraps the typed error) and its receipts, of the sender for a
// messages.RejectedEvent, of any of the tree for a dead letter. One that
// panics is logged and hurts nobody, nor does a logger that panics; one that blocks
// holds up who publishes. (But protoactor itself logs the number of throttled dead
// letters on a goroutine of its own, where a logger that panics ends the process: see
// actor.WithDeadLetterThrottleCount.) What is refused is in the log too, unless a
// subscriber says that it takes care of it.
package supervisor
