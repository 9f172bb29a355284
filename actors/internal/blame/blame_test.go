package blame

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/sockvisor/sockvisor/messages"
)

func ofTheUser() (err error) {
	defer Contained("WithProxy", &err)
	panic(io.EOF)
}

// A panic is an error that says whose it is, where, and with what.
func TestContained(t *testing.T) {
	var e *messages.HandlerError
	if err := ofTheUser(); !errors.As(err, &e) || e.In != "WithProxy" || e.Reason != io.EOF {
		t.Fatalf("got %v", err)
	}
	if _, stack, _ := strings.Cut(string(e.Stack), "panic("); !strings.Contains(stack, "blame.ofTheUser") {
		t.Errorf("the stack is not that of the panic: %s", e.Stack)
	}
}

// What does not panic keeps its error.
func TestContainedWithoutPanic(t *testing.T) {
	err := func() (err error) {
		defer Contained("WithProxy", &err)
		return io.EOF
	}()
	if err != io.EOF {
		t.Errorf("got %v", err)
	}
}

func TestBroke(t *testing.T) {
	if e := Broke("why"); e.Reason != "why" || !strings.Contains(string(e.Stack), "TestBroke") {
		t.Errorf("got %v", e)
	}
}
