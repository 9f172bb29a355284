package mailboxtest

import (
	"fmt"
	"slices"
	"testing"
)

// Script is the invoker of an actor that notes what it is given, and panics on "bad".
type Script struct {
	Text      func(message any) string // how it is noted; nil: as fmt.Sprint has it
	Escalated []any                    // each reason, and the message it is of

	log []string
}

func (s *Script) note(message any) {
	text := s.Text
	if text == nil {
		text = func(message any) string { return fmt.Sprint(message) }
	}
	noted := text(message)
	s.log = append(s.log, noted)
	if noted == "bad" {
		panic(noted)
	}
}

// InvokeUserMessage implements actor.MessageInvoker.
func (s *Script) InvokeUserMessage(message any) { s.note(message) }

// InvokeSystemMessage implements actor.MessageInvoker.
func (s *Script) InvokeSystemMessage(message any) { s.note(message) }

// EscalateFailure implements actor.MessageInvoker.
func (s *Script) EscalateFailure(reason, message any) {
	s.Escalated = append(s.Escalated, reason, message)
}

// Expect fails the test unless this is what was noted since it was last asked.
func (s *Script) Expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(s.log, want) {
		t.Errorf("got %v, want %v", s.log, want)
	}
	s.log = nil
}
