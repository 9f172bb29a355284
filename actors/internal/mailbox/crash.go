package mailbox

import (
	"log/slog"

	"github.com/sockvisor/sockvisor/messages"
)

// Crash is what an actor of this package fails with: protoactor passes on no more than
// the reason.
type Crash struct {
	Reason any
	Stack  []byte
}

// LogValue implements slog.LogValuer: protoactor logs what it passes on.
func (c *Crash) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c *Crash) String() string { return (&messages.HandlerError{Reason: c.Reason}).Error() }

// CrashOf returns what an actor has failed with.
func CrashOf(reason any) *Crash {
	if c, ok := reason.(*Crash); ok {
		return c
	}
	return &Crash{Reason: reason}
}
