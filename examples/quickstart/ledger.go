package main

import (
	"errors"
	"fmt"
)

// ledger is what became of every message that was sent.
type ledger struct {
	sent       int // by the program
	refused    int // by the queue, at once
	written    int // to a socket, as the connection counts
	dropped    int // from the queue, when the connection ended
	echoed     int
	unknown    int // written, and the socket was cut before the echo came
	disordered int // echoes that were not the next
	foreign    int // messages that are no echo
	epochs     int
}

func (l *ledger) String() string {
	return fmt.Sprintf(`
ledger over %d epochs
  sent     %6d
  echoed   %6d
  dropped  %6d   refused by a full queue, or never written
  unknown  %6d   written, and cut before the echo came
`, l.epochs, l.sent, l.echoed, l.refused+l.dropped, l.unknown)
}

// check holds the program's count against the connection's, which know nothing
// of each other, and the echoes against both.
func (l *ledger) check() error {
	var errs []error
	if accounted := l.refused + l.written + l.dropped; accounted != l.sent {
		errs = append(errs, fmt.Errorf("%d sent, but %d refused, written or dropped", l.sent, accounted))
	}
	if l.echoed+l.unknown != l.written {
		errs = append(errs, fmt.Errorf("%d written, but %d echoed or unknown", l.written, l.echoed+l.unknown))
	}
	if l.unknown < 0 {
		errs = append(errs, fmt.Errorf("%d more echoes than messages", -l.unknown))
	}
	if l.disordered > 0 {
		errs = append(errs, fmt.Errorf("%d echoes out of order", l.disordered))
	}
	if l.echoed == 0 {
		errs = append(errs, errors.New("no echo at all"))
	}
	return errors.Join(errs...)
}
