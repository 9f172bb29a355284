package actors

import (
	"fmt"
	"net/http"

	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/messages"
)

// UpgradeError refuses an upgrade.
type UpgradeError struct {
	// Status is the HTTP status, 400 to 599. Any other is answered as 500.
	Status int
	// Reason is the body of the answer. Empty means the status's own text.
	Reason string
	// Header is added to the answer's, for example Retry-After.
	Header http.Header
}

func (e *UpgradeError) Error() string { return messages.Redact(e.body()) }

// GoString implements fmt.GoStringer: %#v would print what Error redacts.
func (e *UpgradeError) GoString() string { return fmt.Sprintf("(%T)(%q)", e, e.Error()) }

// body is for the client.
func (e *UpgradeError) body() string {
	if e.Reason == "" {
		return http.StatusText(e.Status)
	}
	return e.Reason
}

// refuseUpgrade answers a request that is not upgraded, and returns the status.
func refuseUpgrade(w http.ResponseWriter, err error) int {
	refusal, ok := errs.As[*UpgradeError](err)
	if !ok {
		refusal = &UpgradeError{Status: http.StatusForbidden}
	}
	status := refusal.Status
	if status < 400 || status > 599 {
		status = http.StatusInternalServerError // net/http panics at some
	}
	for name, values := range refusal.Header {
		w.Header()[name] = values
	}
	http.Error(w, refusal.body(), status)
	return status
}

// quoted bounds what a client can have repeated.
func quoted(s string) string { return fmt.Sprintf("%.100q", s) }

// notHijackable is for what has neither Hijack nor Unwrap.
func notHijackable(why string) error {
	return &UpgradeError{
		Status: http.StatusNotImplemented,
		Reason: "a handler around actors.Accept lets nobody take over the connection, " +
			"as http.TimeoutHandler does: leave it out of this route" + why,
	}
}
