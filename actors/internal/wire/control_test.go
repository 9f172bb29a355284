package wire

import (
	"errors"
	"slices"
	"testing"
)

// A close frame may carry the codes that RFC 6455, section 7.4, allows, and those
// registered since.
func TestCloseCodes(t *testing.T) {
	good := [][2]int{{1000, 1003}, {1007, 1014}, {3000, 4999}}
	for code := range 1 << 16 {
		want := slices.ContainsFunc(good, func(r [2]int) bool { return code >= r[0] && code <= r[1] })
		if got := closesWith(uint16(code)); got != want {
			t.Errorf("code %d: %t", code, got)
		}
	}
}

// A ping's number comes back, and what was never sent has none.
func TestPingPayload(t *testing.T) {
	if got := PingNumber(PingPayload(1 << 63)); got != 1<<63 {
		t.Errorf("got %d", got)
	}
	if got := PingNumber([]byte("unasked")); got != 0 {
		t.Errorf("unsolicited: got %d", got)
	}
}

// What one end says with its close frame the other hears.
func TestClosePayload(t *testing.T) {
	for _, want := range []PeerClosed{{4001, "bye"}, {1000, ""}, {CloseNoStatus, ""}} {
		var got *PeerClosed
		if err := parseClose(ClosePayload(want.Code, want.Reason)); !errors.As(err, &got) || *got != want {
			t.Errorf("%v: got %v", &want, err)
		}
	}
}
