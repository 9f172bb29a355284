package child

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
)

// A Failure says why, which is found in it, and no secret: protoactor logs it.
func TestFailure(t *testing.T) {
	why := &url.Error{Op: "Get", URL: "wss://host/path?token=secret", Err: errors.New("refused")}
	f := &Failure{Epoch: 7, Err: why}
	if text := f.Error(); !strings.HasPrefix(text, "epoch 7: ") || !strings.HasSuffix(text, "refused") || strings.Contains(text, "secret") {
		t.Errorf("says %q", text)
	}
	var found *url.Error
	if !errors.As(f, &found) || found != why {
		t.Errorf("found %v", found)
	}
}

// What is published of a decision says what was decided, about whom, and why.
func TestDecisionEvent(t *testing.T) {
	who, f := actor.NewPID("nonhost", "$7"), &Failure{Epoch: 7}
	for retry, want := range map[bool]actor.Directive{true: actor.RestartDirective, false: actor.StopDirective} {
		e := (&Decision{Epoch: 7, Retry: retry, Failure: f}).Event(who)
		if e.Child != who || e.Reason != f || e.Directive != want {
			t.Errorf("retry %v: %+v", retry, e)
		}
	}
}

// What is sent to a tree, or a child, that has just stopped is no news.
func TestNoDeadLetterIsLogged(t *testing.T) {
	for _, message := range []actor.IgnoreDeadLetterLogging{&Dial{}, &Turn{}, &DialOver{}, &Finished{}, &RestartNow{}} {
		message.IgnoreDeadLetterLogging()
	}
}
