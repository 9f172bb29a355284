package messages

// CloseCause is who or what ended an epoch. Where several did, the first counts.
type CloseCause string

const (
	// CausePeer is a close frame of the peer.
	CausePeer CloseCause = "closed by the peer"
	// CauseAsked is this side: a [Close], a Drain or Stop of the supervisor, a
	// protoactor Stop or Poison of the PID, the end of the handler, or an option that
	// closes, such as actors.WithIdleTimeout.
	CauseAsked CloseCause = "closed by this side"
	// CauseRotation is the change to a fresh socket, which is there already: see
	// actors.WithMaxAge and [Rotate].
	CauseRotation CloseCause = "changed to a fresh socket"
	// CauseFailure is what the [Failed] of the epoch says.
	CauseFailure CloseCause = "failed"
)
