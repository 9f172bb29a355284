package actors

import (
	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/reader"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
)

// The connection's mailbox is what its readers and its handler know of it.
var _ reader.Owner = (*connMailbox)(nil)

// readerEnded says that nothing more of the epoch will be received, and why: a
// PeerClosedError, a ReadError, a ProtocolError, or a WriteError of a pong; a HandlerError of what
// an option brought, or an InternalError.
type readerEnded struct {
	epoch uint64
	err   error
	ws    *ws.Conn
	open  bool // the peer can still be written to: whoever hears this closes it
}

// Discard implements mailbox.Discarder: nobody closes it.
func (m *readerEnded) Discard() {
	if m.open {
		m.ws.CloseNow()
	}
}

// ReaderEnded implements reader.Owner.
func (m *connMailbox) ReaderEnded(r *reader.Reader, why error, open bool) {
	m.post(&readerEnded{epoch: r.Epoch(), err: why, ws: r.WS(), open: open})
}

// Tell implements reader.Owner.
func (m *connMailbox) Tell(event any) { m.conn.tree.Send(m.conn.config.handler.pid, event) }

// Mailbox implements reader.Owner.
func (m *connMailbox) Mailbox() *mailbox.Runner { return &m.Runner }

// Pong implements reader.Owner: it tells who has sent the ping.
func (m *connMailbox) Pong(r *reader.Reader, payload []byte) {
	number := wire.PingNumber(payload)
	if number&confirming != 0 {
		m.post(&ponged{ws: r.WS(), number: number &^ confirming})
		return
	}
	m.conn.answered(r, pong{number: number})
}

// Answered implements reader.Owner.
func (m *connMailbox) Answered(r *reader.Reader) { m.conn.answered(r, pong{text: true}) }
