// Package child is what a supervised actor and its tree say to each other. Package
// actors needs it, and whoever supervises a connection of another kind with the trees
// of package supervisor; who uses connections does not.
//
// A [Tree], which Tree of supervisor.Supervisor returns, spawns children under a policy.
// A child fails by panicking with a [Failure]. Its parent, a shard, resumes it at once,
// so that it can answer while it is down, and sends it the [Decision] of its policy. If
// that is to retry, the child is restarted when the delay is over, or when it asks for
// that with [RestartNow]. A child that is over for good sends [Finished] to its parent,
// and is stopped.
//
//	child                          parent
//	panic(&Failure{Epoch: 1})  ->
//	                           <-  Decision{Epoch: 1, Retry: true, Delay: ...}
//	                           <-  (a restart, after the delay)
//	Finished                   ->
//	                           <-  (a stop)
//
// Before it dials it asks the governor, for a turn among those of the whole tree:
//
//	child                          governor
//	Dial{Number: 1}            ->
//	                           <-  Turn{Number: 1}
//	DialOver{Number: 1}        ->
//
// A child gets besides, from its parent, the messages.Close of a tree that drains or
// stops, which it answers with Finished when it has closed, and messages.Reconnect when
// the network has changed.
//
// [Contained] is how both run code of the user's that they only meet: subscribers and
// loggers.
//
// The package knows actors and package messages. It must not know how a tree restarts,
// nor what a child is.
package child
