package actors

import (
	"fmt"
	"net/http"

	"github.com/sockvisor/sockvisor/messages"
)

// upgradeConfig is what a server looks at before it upgrades.
type upgradeConfig struct {
	origins originConfig
	hook    Upgrade
}

// Upgrade sees a request before it is upgraded. It may refuse it with an error,
// or attach a value, a user's id say, that the handler gets with Opened. It runs
// on the request's goroutine and may take its time there, in which the request
// holds a place of WithMaxConnections.
//
// It comes last, and sees nothing but what can be upgraded: a WebSocket handshake
// from an allowed origin, with room for its connection. So a ticket that is good for
// one use is not spent on a request that is then refused. It must not write the
// answer; what the handler around [Accept] has set in the response's header, cookies
// say, goes out with it. If it panics, so does ServeHTTP, as of any http.Handler.
//
// An [UpgradeError] says the status and what the client reads; any other error
// is answered with 403 and no more.
type Upgrade func(r *http.Request) (value any, err error)

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

// WithUpgrade has a function see each request before it is upgraded. Only for
// [Accept].
func WithUpgrade(hook Upgrade) Option {
	return func(c *settings) {
		c.only(server, "WithUpgrade")
		c.upgrade.hook = hook
	}
}

// refuseUpgrade answers a request that is not upgraded, and returns the status.
func refuseUpgrade(w http.ResponseWriter, err error) int {
	refusal, ok := as[*UpgradeError](err)
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
