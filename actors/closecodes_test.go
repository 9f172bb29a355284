package actors

import (
	"testing"

	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
)

// A peer may close with the codes that a user may send, and no others.
func TestGuardOfCloseCodes(t *testing.T) {
	for code := range 1 << 16 {
		g := &wire.Guard{Rules: wire.Rules{Limit: 10}}
		_, err := g.Check([]byte{0x88, 2, byte(code >> 8), byte(code)})
		if got, want := errs.Is[*wire.PeerClosed](err), messages.CloseCode(code).Sendable(); got != want {
			t.Errorf("code %d: %t", code, got)
		}
	}
}
