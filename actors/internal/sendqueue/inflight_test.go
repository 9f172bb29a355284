package sendqueue

import (
	"slices"
	"testing"

	"github.com/sockvisor/sockvisor/messages"
)

func named(name string) *Delivery { return &Delivery{Send: messages.Text(name)} }

// noted collects the names of what it is given.
type noted []string

func (n *noted) add(d *Delivery) { *n = append(*n, string(d.Send.Data)) }

func (n *noted) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(*n, want) {
		t.Errorf("got %v, want %v", *n, want)
	}
	*n = nil
}

// What was handed over is settled in its order, once.
func TestSettle(t *testing.T) {
	var f InFlight
	var settled noted
	for _, name := range []string{"1", "2", "3"} {
		f.Hand(named(name))
	}
	f.SettleAll(settled.add)
	settled.expect(t, "1", "2", "3")
	f.SettleAll(settled.add)
	settled.expect(t)
	if f.Handed() != 0 || f.handed != nil {
		t.Error("it keeps what is settled")
	}
}

// A pong settles what was handed over before its ping, and what earlier pings cover.
func TestPong(t *testing.T) {
	var f InFlight
	var settled noted
	if _, needed := f.Cover(); needed {
		t.Error("a ping for nothing")
	}
	var pings []uint64
	for _, name := range []string{"1", "2", "3"} {
		f.Hand(named(name))
		number, needed := f.Cover()
		if !needed {
			t.Fatal("no ping")
		}
		pings = append(pings, number)
	}
	if _, needed := f.Cover(); needed || !f.Asked() {
		t.Error("all is covered")
	}
	f.Pong(pings[0]-1, settled.add)
	settled.expect(t)
	f.Pong(pings[1], settled.add) // the first is answered with it
	settled.expect(t, "1", "2")
	f.Pong(pings[1], settled.add)
	settled.expect(t)
	f.Pong(pings[2], settled.add)
	settled.expect(t, "3")
	if f.Asked() {
		t.Error("all is answered")
	}
}

// What a socket loses is lost, or goes to the next before all else, and says so.
func TestLoseSocket(t *testing.T) {
	var f InFlight
	var lost, settled noted
	f.Hand(named("1"))
	f.LoseSocket(false, lost.add)
	lost.expect(t, "1")
	if f.Next() != nil {
		t.Error("it goes again")
	}
	f.Hand(named("2"))
	f.Hand(named("3"))
	f.Cover()
	f.LoseSocket(true, lost.add)
	lost.expect(t)
	if f.Again() != 2 || f.Asked() || f.Handed() != 0 {
		t.Errorf("%d go again", f.Again())
	}
	second := f.Next()
	if !second.Resent || string(second.Send.Data) != "2" {
		t.Errorf("got %v", second)
	}
	f.Hand(second)
	f.LoseSocket(true, lost.add) // before 3 was handed over again
	settled.add(f.Next())
	settled.add(f.Next())
	settled.expect(t, "2", "3")
	if f.Next() != nil || (*InFlight)(nil).Next() != nil {
		t.Error("one too many")
	}
}

// A flush waits until all before it has left the queue and is settled, also when that
// goes to another socket first.
func TestFlush(t *testing.T) {
	var f InFlight
	q := newQueue(10, 100)
	_ = q.Push(named("1"), 1)
	over := 0
	done := func(*Flush) { over++ }
	first, left := &Flush{}, &Flush{}
	f.Begin(first, q.Tail())
	f.Begin(left, q.Tail())
	f.Leave(left)
	f.Flushed(q, done)
	d := q.Pop().(*Delivery)
	f.Hand(d)
	f.Flushed(q, done)
	f.LoseSocket(true, nil)
	f.Flushed(q, done)
	f.Hand(f.Next())
	q.Settling(1)
	f.Flushed(q, done)
	f.SettleAll(func(*Delivery) {})
	if f.Flushed(q, done); over != 0 {
		t.Fatal("done before who was replaced has been told")
	}
	q.Settling(-1)
	if f.Flushed(q, done); over != 1 || len(f.flushes) != 0 {
		t.Errorf("%d are done", over)
	}
	f.Begin(&Flush{}, q.Tail())
	if f.Flushed(q, done); over != 2 {
		t.Error("a flush of nothing waits")
	}
}

// The end settles what waits.
func TestInFlightClose(t *testing.T) {
	var f InFlight
	var lost noted
	f.Hand(named("1"))
	f.LoseSocket(true, nil)
	f.Begin(&Flush{}, 0)
	left := 0
	f.Close(lost.add, func(*Flush) { left++ })
	lost.expect(t, "1")
	if left != 1 || f.Again() != 0 || f.flushes != nil {
		t.Error("something waits")
	}
}
