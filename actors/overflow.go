package actors

// Overflow is what happens when a message does not fit into the queue of unsent
// messages, because the peer reads too slowly or there is no socket.
type Overflow int

const (
	// RejectNewest refuses the message with a QueueFullError: what was accepted
	// keeps its promise. The default.
	RejectNewest Overflow = iota
	// DropOldest makes room by dropping what has waited longest, with a
	// DroppedError: for data of which the latest counts. Until the connection
	// gets to it, the queue may hold up to twice its bounds.
	DropOldest
	// DropKeyed makes room by dropping, with a DroppedError, what has a key (see
	// messages.Enqueue) and has waited longest: a newer value of it will come. What
	// has no key keeps its promise, and while nothing has one the newest is refused.
	// Until the connection gets to it, the queue may hold up to twice its bounds.
	DropKeyed
	// CloseConnection refuses the message and closes the connection with 1013
	// (try again later), like a Close: for streams that are worth nothing with a
	// gap.
	CloseConnection
)

// slack is how far producers may fill the queue beyond its bounds.
func (o Overflow) slack() int32 {
	if o == DropOldest || o == DropKeyed {
		return 2
	}
	return 1
}
