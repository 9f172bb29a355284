package ws

import (
	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/messages"
)

// reached is how far a handshake came.
type reached struct {
	proxy  string                   // which is being asked
	answer *messages.HandshakeError // as far as it is known, once the server has been asked
}

// Explain tells a server that was not reached from one that did not upgrade: an error is a
// DialError or a HandshakeError. Anybody may ask, when the attempt has ended or its time
// has.
func (a *Attempt) Explain(url string, err error) error {
	s := a.reached.Load()
	switch {
	case s == nil:
	case s.answer != nil:
		e := *s.answer
		e.URL, e.Err = url, err
		return &e
	case s.proxy != "" && !errs.Is[*messages.ProxyError](err):
		err = &messages.ProxyError{Proxy: s.proxy, Err: err}
	}
	return &messages.DialError{URL: url, Err: err}
}
