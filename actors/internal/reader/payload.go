package reader

import (
	"bytes"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
)

// heartbeatMessage reports whether a message belongs to a payload heartbeat: the peer's,
// which is answered here as coder/websocket answers pings, or the answer to this
// side's.
func (r *Reader) heartbeatMessage(kind messages.Type, data []byte) bool {
	config := r.link.config
	switch {
	case kind != messages.TypeText:
		return false
	case config.Reply != nil && bytes.Equal(data, config.Reply.Ask):
		_ = r.ws.WriteAside(wire.OpcodeText, config.Reply.Answer) // the reader fails too if it cannot be
		return true
	case config.Payload != nil && bytes.Equal(data, config.Payload.Answer):
		r.link.owner.Answered(r)
		return true
	default:
		return false
	}
}
