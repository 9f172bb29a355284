package load

import (
	"slices"
	"testing"
	"time"
)

// An echo is as late as it is after its message was due, whenever that was sent; one that
// never came is as late as the end.
func TestSchedule(t *testing.T) {
	s := newSchedule(Paced{Conns: 2, Rate: 10, Size: 8, Warm: 100 * time.Millisecond, Length: 400 * time.Millisecond})
	a, b := &socket{}, &socket{}
	s.add(a)
	s.add(b)
	s.began = time.Now().Add(-time.Second)
	echo := response(8)
	for _, err := range []error{
		s.echoed(a, echo[:3]), s.echoed(a, echo[3:]), // message 0 warms up
		s.echoed(b, slices.Concat(echo, echo)), // 1 and 3
		s.echoed(a, echo),                      // 2; 4 has none
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if s.done() {
		t.Error("done, but one has no echo")
	}
	got := s.end()
	if len(got) != 4 {
		t.Fatalf("%d latencies: %v", len(got), got)
	}
	for i, due := range []time.Duration{400, 300, 200, 100} {
		if least := time.Second - due*time.Millisecond; got[i] < least {
			t.Errorf("%v, of a message that was due %v before", got[i], least)
		}
	}
}

func TestLatenciesAt(t *testing.T) {
	var l Latencies
	if l.At(99) != 0 {
		t.Error("none have a percentile")
	}
	for i := range 1000 {
		l = append(l, time.Duration(i+1))
	}
	for percent, want := range map[float64]time.Duration{50: 500, 99: 990, 99.9: 999, 100: 1000} {
		if got := l.At(percent); got != want {
			t.Errorf("at %v: %d, not %d", percent, got, want)
		}
	}
}
