package main

import (
	"bytes"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// protoactor counts dead letters of the last second.
		goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/actor.NewThrottle.func1.1"),
		goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/actor.NewDeadLetter.NewThrottle.func4.1"))
}

// The main job, in short: sockets are cut while messages are sent, and the
// ledger adds up.
func TestLedgerAddsUp(t *testing.T) {
	var out bytes.Buffer
	ledger, err := run(&out, "", plan{
		pace: time.Millisecond, sending: time.Second, cuts: 300 * time.Millisecond,
		settle: 5 * time.Second, closing: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s%s", out.String(), ledger)
	if err := ledger.check(); err != nil {
		t.Error(err)
	}
	if ledger.epochs < 2 || ledger.unknown < ledger.epochs-1 {
		t.Errorf("%d epochs, %d unknown: nothing was cut", ledger.epochs, ledger.unknown)
	}
}

// A ledger that does not add up is told so.
func TestLedgerCheck(t *testing.T) {
	good := ledger{sent: 10, refused: 1, written: 8, dropped: 1, echoed: 6, unknown: 2}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string]ledger{
		"lost":       {sent: 11, refused: 1, written: 8, dropped: 1, echoed: 6, unknown: 2},
		"twice":      {sent: 10, refused: 1, written: 8, dropped: 1, echoed: 9, unknown: -1},
		"vanished":   {sent: 10, refused: 1, written: 8, dropped: 1, echoed: 6, unknown: 1},
		"disordered": {sent: 10, refused: 1, written: 8, dropped: 1, echoed: 6, unknown: 2, disordered: 1},
		"silent":     {},
	} {
		if bad.check() == nil {
			t.Errorf("%s: adds up", name)
		}
	}
}
