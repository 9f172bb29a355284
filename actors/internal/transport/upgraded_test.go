package transport

import (
	"errors"
	"io"
	"testing"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// What is read above TLS the guard sees: what came before a violation is read, the frame
// itself is not, and it stays at that.
func TestUpgradedSifts(t *testing.T) {
	const good, bad = "\x81\x04good\x89\x04ping", "\x83\x03bad"
	sock := New(nil, Options{Rules: wire.Rules{Limit: 10}})
	from := sock.Upgraded(sock, []byte(good+bad))
	if n, err := from.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("before the answer is taken: %d bytes, %v", n, err)
	}
	from.Open()
	passed, err := io.ReadAll(from)
	var v *wire.Violation
	if string(passed) != good || !errors.As(err, &v) {
		t.Errorf("passed %q, %v", passed, err)
	}
	if n, again := from.Read(make([]byte, 1)); n != 0 || again != err {
		t.Errorf("then %d bytes, %v", n, again)
	}
}
