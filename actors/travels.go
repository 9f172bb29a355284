// # How a message travels
//
// Where to begin reading: what runs, in order, as package.Type.Method. A name that is
// indented runs on the goroutine of the one above it.
//
// A message that is sent:
//
//	actors.Conn.Send                     on the sender's goroutine
//	  actors.connMailbox.admit           refuses what makes no sense
//	  sendqueue.Queue.Push               or what has no room
//	  mailbox.Runner.Wake                if nobody runs the connection
//	mailbox.Runner.Run                   the connection, on a goroutine of the tree's workers
//	  actors.connMailbox.Next            from the queue, while the socket takes more
//	  actors.connection.send             through the Outgoing
//	  actors.connection.write
//	  transport.Socket.WriteFrame        into a buffer
//	  actors.connMailbox.Drained         there are no more
//	  transport.Socket.Flush             one system call for them all
//	transport.Socket.wait                only if the kernel does not take it all
//
// A message that is received:
//
//	transport.Poller.tell                the kernel has something
//	  reader.Reader.Readable             wakes the reader
//	reader.Reader.runPolled              an actor of its own
//	  transport.Socket.Fill              takes in what the kernel has, in one system call
//	  transport.Socket.BeginPart         of a large message, or in fragments: what follows is put to it
//	  ws.Conn.Next                       a whole message, checked
//	  reader.Reader.deliver              through the Incoming and the Codec
//	  mailbox.Queue.PushAll              all of them into the handler's inbox
//	  reader.handoffs.handOff            when the reader is idle again
//	  mailbox.Runner.RunHere             the handler
//	  reader.HandlerInbox.Handled        the reader may deliver as many more
//	  mailbox.Runner.Run                 the connection, which writes what the handler sent
//
// A heartbeat:
//
//	actors.connection.startHeartbeat     when the socket opens: the child, and its first beat
//	clock.Clock.ring                     one timer for all the connections of the tree
//	  actors.heartbeat.Ring              runs the child, here
//	  actors.heartbeat.beat
//	  actors.heartbeat.signs
//	  actors.Heartbeat.Beat              the rule; built in is the next
//	  actors.Keepalive.Beat
//	  actors.heartbeat.ping              if it wants one
//	  clock.Clock.Set                    until the next
//	actors.heartbeat.pong                when the pong is read: the round trip
//	reader.Reader.AfterCatchingUp        if the rule gives up: what has arrived is read first
//	actors.connection.heartbeatFailed    if it still does then
//	actors.connection.fail
//
// A failure, and the restart:
//
//	reader.Reader.sayEnded               of a read, say
//	actors.connection.readerEnded
//	  actors.connection.fail             gives back what the incarnation holds
//	  actors.connection.ended            tells the handler Failed, and panics
//	  mailbox.Runner.escalate
//	supervisor.strategy.HandleFailure    the shard: the connection answers while it is down
//	  supervisor.Policy.Next             after which delay, or why never again
//	actors.connection.decide             tells the handler Closed
//	supervisor.strategy.restartNow       when the delay is over
//	actors.connection.start              the next incarnation and epoch
//	  actors.connection.startDial
//	supervisor.governor.giveTurn
//	actors.connection.turn
//	actors.dialAttempt.run               on a goroutine of its own
//	actors.connection.open               tells the handler Opened
//
// A broadcast:
//
//	groups.groups.Receive                finds the group
//	groups.group.Receive                 passes it on to its shards, of 512 members each
//	groups.shard.broadcast
//	  actors.connMailbox.TakeBroadcast   past the queue of a member that has nothing else to do
//	  mailbox.Runner.Run                 the member, here
//	  actors.connection.send             and on as above
//	groups.shard.run                     instead, once for all of them, if more broadcasts wait
package actors
