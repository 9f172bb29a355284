package sendqueue

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// What is urgent goes ahead, and the latest of a key in the place of the first.
func TestEnqueue(t *testing.T) {
	q := newQueue(10, 100)
	var replaced, taken noted
	for _, each := range []*messages.Enqueue{
		{Send: messages.Text("plain")},
		{Send: messages.Text("old"), Key: "k"},
		{Send: messages.Text("last")},
		{Send: messages.Text("newer"), Key: "k"},
		{Send: messages.Text("urgent"), Urgent: true},
	} {
		older, err := q.Enqueue(NewDelivery(each, Addressee{}))
		if err != nil {
			t.Fatal(err)
		}
		if older != nil {
			replaced.add(older)
		}
	}
	replaced.expect(t, "old")
	if queued, bytes := q.Depth(); queued != 4 || bytes != int64(len("plainnewerlasturgent")) || !q.Holds() {
		t.Errorf("%d messages, %d bytes", queued, bytes)
	}
	for message := q.Pop(); message != nil; message = q.Pop() {
		taken.add(message.(*Delivery))
	}
	taken.expect(t, "urgent", "plain", "newer", "last")
	if !q.Idle() {
		t.Error("room is missing")
	}
}

// What replaces another has to fit in its place.
func TestReplaceByLarger(t *testing.T) {
	q := newQueue(10, 5)
	push := func(text string) error {
		_, err := q.PushKeyed(NewDelivery(&messages.Enqueue{Send: messages.Text(text), Key: "k"}, Addressee{}))
		return err
	}
	if err := push("1234"); err != nil {
		t.Fatal(err)
	}
	_ = q.Push(messages.Text("5"), 1)
	if err := push("12345"); !errors.As(err, new(*messages.QueueFullError)) {
		t.Errorf("got %v", err)
	}
	if err := push("1"); err != nil {
		t.Error(err)
	}
	if _, bytes := q.Depth(); bytes != 2 {
		t.Errorf("%d bytes", bytes)
	}
	if q.Close(); !q.Closed() {
		t.Error("it is open")
	}
	if err := push("2"); err == nil {
		t.Error("it is closed and takes more")
	}
}

// Over its bounds, as slack allows, it drops the oldest, or what has a key first.
func TestVictim(t *testing.T) {
	for name, test := range map[string]struct {
		keys bool
		want []string
	}{"oldest": {false, []string{"1", "k", "2", "3"}}, "keyed": {true, []string{"k", "3", "2", "1"}}} {
		t.Run(name, func(t *testing.T) {
			q := &Queue{}
			q.Init(&Limits{Messages: 2, Bytes: 100, Slack: 2, ForKeys: test.keys})
			var dropped noted
			for _, each := range []*messages.Enqueue{
				{Send: messages.Text("1")}, {Send: messages.Text("k"), Key: "k"}, {Send: messages.Text("2")}, {Send: messages.Text("3")},
			} {
				if _, err := q.Enqueue(NewDelivery(each, Addressee{})); err != nil {
					t.Fatal(err)
				}
			}
			if !q.Excess() {
				t.Fatal("no excess")
			}
			for message := q.Victim(); message != nil; message = q.Victim() {
				q.Release(1, SizeOf(message))
				dropped.add(message.(*Delivery))
			}
			dropped.expect(t, test.want...)
		})
	}
}

// What is left of the drop comes out in its order, and a ticket knows what is before it.
func TestAfterTheVictim(t *testing.T) {
	q := &Queue{}
	q.Init(&Limits{Messages: 2, Bytes: 100, Slack: 2, ForKeys: true})
	var taken noted
	for _, each := range []*messages.Enqueue{
		{Send: messages.Text("1")}, {Send: messages.Text("k"), Key: "k"}, {Send: messages.Text("2")},
	} {
		_, _ = q.Enqueue(NewDelivery(each, Addressee{}))
	}
	ticket := q.Tail()
	q.Release(1, SizeOf(q.Victim()))
	taken.add(q.Pop().(*Delivery))
	if err := q.Push(messages.Text("3"), 1); err != nil || q.HandedOver(ticket) {
		t.Errorf("handed over, or %v", err)
	}
	taken.add(q.Pop().(*Delivery))
	taken.expect(t, "1", "2")
	if !q.HandedOver(ticket) || string(q.Pop().(*messages.Send).Data) != "3" {
		t.Error("not handed over")
	}
}

// A closed queue that is empty keeps no memory.
func TestForget(t *testing.T) {
	q := newQueue(10, 100)
	_, _ = q.Enqueue(NewDelivery(&messages.Enqueue{Send: messages.Text("k"), Key: "k"}, Addressee{}))
	q.Close()
	if q.Forget(); !q.Holds() {
		t.Error("it forgets what is queued")
	}
	q.Pop()
	if q.Forget(); q.Holds() {
		t.Error("it keeps memory")
	}
}

func TestExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDelivery(&messages.Enqueue{Send: messages.Text("x"), TTL: time.Second}, Addressee{})
		time.Sleep(time.Second)
		if d.Expired() || d.WantsReceipt() {
			t.Error("it has its time")
		}
		time.Sleep(time.Nanosecond)
		if !d.Expired() || named("x").Expired() {
			t.Error("its time is over, or never")
		}
	})
}

func TestSizeOf(t *testing.T) {
	send := messages.Text("four")
	for _, each := range []any{send, &actor.MessageEnvelope{Message: send}, &Delivery{Send: send}} {
		if n := SizeOf(each); n != 4 {
			t.Errorf("%T: %d", each, n)
		}
	}
	to := Addressee{Reply: make(chan any)}
	if to.Nobody() || !(&Addressee{}).Nobody() || !newQueue(1, 4).Fits(4) || newQueue(1, 4).Fits(5) {
		t.Error("nobody")
	}
}
