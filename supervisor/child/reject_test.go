package child

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// rude is an error whose text nobody gets.
type rude struct{}

func (rude) Error() string { panic("rude") }

func (c *Contained) rejectOne(why error) {
	r := &messages.Rejected{Conn: actor.NewPID("nonhost", "$7"), Message: "secret", Err: why}
	c.Reject(&messages.RejectedEvent{Rejected: *r}, r)
}

// The first few are logged, by type, and the rest is counted: when the window is over, or
// at once when that is asked for.
func TestRejectedAreLogged(t *testing.T) {
	contained(t, func(t *testing.T, c *Contained, log *lines) {
		for range 2 {
			for range rejectsLogged + 7 {
				c.rejectOne(errors.New("full"))
			}
			all := log.take()
			if text := strings.Join(all, "\n"); len(all) != rejectsLogged || strings.Contains(text, "secret") ||
				!strings.HasPrefix(text, "WARN message refused, and nobody to hear of it conn=$7 type=string reason=full\n") {
				t.Fatalf("logged\n%s", text)
			}
			time.Sleep(rejectsWindow)
			synctest.Wait()
			if all := log.take(); len(all) != 1 || !strings.HasSuffix(all[0], "count=7") {
				t.Errorf("logged %q", all)
			}
		}
		for range rejectsLogged + 1 {
			c.rejectOne(rude{})
		}
		if all := log.take(); len(all) != rejectsLogged || !strings.HasSuffix(all[0], "reason=child.rude") {
			t.Errorf("logged %q", all)
		}
		c.FlushRejects()
		c.FlushRejects()
		if all := log.take(); len(all) != 1 || !strings.HasSuffix(all[0], "count=1") {
			t.Errorf("logged %q", all)
		}
	})
}

// What a subscriber takes care of is not logged. That there is one does not say so: it may
// listen to something else.
func TestRejectedAreHeard(t *testing.T) {
	contained(t, func(t *testing.T, c *Contained, log *lines) {
		var events []any
		takesCare := false
		defer c.system.EventStream.Unsubscribe(c.system.EventStream.Subscribe(func(event any) {
			events = append(events, event)
			if takesCare {
				event.(*messages.RejectedEvent).Heard()
				panic("and no more")
			}
		}))
		c.rejectOne(errors.New("full"))
		if all := log.take(); len(all) != 1 || !strings.HasPrefix(all[0], "WARN message refused") {
			t.Errorf("logged %q", all)
		}
		takesCare = true
		c.rejectOne(errors.New("full"))
		if all := log.take(); len(all) != 1 || !strings.HasPrefix(all[0], "ERROR panic") {
			t.Errorf("logged %q", all)
		}
		if len(events) != 2 || events[1].(*messages.RejectedEvent).Message != "secret" {
			t.Errorf("heard %v", events)
		}
	})
}

// An actor rejects what it has no use for: to the sender, or to whoever listens. What
// protoactor says to an actor is not that.
func TestRejectUnknown(t *testing.T) {
	contained(t, func(t *testing.T, c *Contained, log *lines) {
		pid := c.root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) { c.RejectUnknown(ctx) }))
		sender, got := noted(c)
		c.Send(pid, "no use")
		synctest.Wait()
		if all := log.take(); len(all) != 1 || !strings.Contains(all[0], "to="+pid.Id) || !strings.Contains(all[0], "type=string") {
			t.Errorf("logged %q", all)
		}
		c.root.RequestWithCustomSender(pid, "no use", sender)
		synctest.Wait()
		var unknown *messages.UnknownMessageError
		if r, ok := (*got)[len(*got)-1].(*messages.Rejected); !ok || r.Message != "no use" || !errors.As(r.Err, &unknown) {
			t.Errorf("got %v", *got)
		}
		c.Stop(pid)
		c.Stop(sender)
		synctest.Wait()
		if all := log.take(); len(all) != 0 {
			t.Errorf("logged %q", all)
		}
	})
}
