package messages

// Reconnect asks a connection not to wait: because the network came back, or a human
// pressed a button. One that waits for its next attempt makes it now, under the
// governor's limits; one that is open sends a heartbeat now and fails if there is no
// answer, as its socket may be one of a network that is gone; one that dials goes on; one
// whose socket is just ending does not wait when it has.
//
// Sent to a supervisor's PID, it is for all its connections.
type Reconnect struct{}

// Rotate asks a connection to change to a fresh socket: see actors.WithMaxAge. It does
// nothing unless the connection is open.
type Rotate struct{}

// InspectDials asks a supervisor's PID for an [InspectedDials].
type InspectDials struct{}

// InspectedDials is how many attempts are under way in a tree, and how many wait for
// their turn.
type InspectedDials struct {
	Dialling, Waiting int
	// Hosts has those of which there are any.
	Hosts map[string]HostDials
}

// HostDials is that of one host.
type HostDials struct{ Dialling, Waiting int }
