package errs

import (
	"errors"
	"io"
	"net"
	"testing"
)

// panics is an error of somebody else's.
type panics struct{ error }

func (panics) Is(error) bool { panic("of somebody else") }
func (panics) As(any) bool   { panic("of somebody else") }

// What panics is not what it was asked for.
func TestErrorsThatPanic(t *testing.T) {
	if Wraps(panics{io.EOF}, net.ErrClosed) || !Wraps(io.EOF, io.EOF) || Wraps(nil, io.EOF) {
		t.Error("it wraps what it does not, or the other way round")
	}
	if Is[*net.OpError](panics{io.EOF}) || Is[*net.OpError](nil) {
		t.Error("it is what it is not")
	}
	if e, ok := As[*net.OpError](errors.Join(io.EOF, &net.OpError{Op: "read", Err: io.EOF})); !ok || e.Op != "read" {
		t.Errorf("it is not found: %v", e)
	}
}
