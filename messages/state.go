package messages

import "fmt"

// ReadyState is the readyState of the browser's WebSocket. Two of its values
// are wider here, because a connection outlives its sockets: see
// [StateConnecting] and [StateClosed].
type ReadyState uint32

const (
	// StateConnecting is dialling, and also waiting for the next attempt:
	// sends are queued.
	StateConnecting ReadyState = 0
	// StateOpen is connected: sends are written.
	StateOpen ReadyState = 1
	// StateClosing is closing the socket: sends are refused if that is for good, or
	// queued if another will follow.
	StateClosing ReadyState = 2
	// StateClosed is over for good: sends are refused.
	StateClosed ReadyState = 3
)

// String returns the browser's name of the state, in lower case.
func (s ReadyState) String() string {
	switch s {
	case StateConnecting:
		return "connecting"
	case StateOpen:
		return "open"
	case StateClosing:
		return "closing"
	case StateClosed:
		return "closed"
	default:
		return fmt.Sprintf("ReadyState(%d)", uint32(s))
	}
}
