package clock

import (
	"container/heap"
	"time"
)

// Alarm is a field of who asks a clock to ring. Init says who that is; all else is the
// clock's.
type Alarm struct {
	ringer    Ringer
	at, early time.Duration // since the clock began
	place     int           // in the heap, from one on, or zero
}

// Ringer is who is rung: on the clock's goroutine, which it must not keep.
type Ringer interface{ Ring() }

// Init says whom the alarm is for, before it is set.
func (a *Alarm) Init(r Ringer) { a.ringer = r }

// alarms is a heap, the next one first. Each knows its place.
type alarms []*Alarm

func (a *alarms) add(one *Alarm) { heap.Push(a, one) }

// remove takes out one that may not be in.
func (a *alarms) remove(one *Alarm) {
	if one.place > 0 {
		heap.Remove(a, one.place-1)
	}
}

func (a alarms) Len() int           { return len(a) }
func (a alarms) Less(i, j int) bool { return a[i].at < a[j].at }

// Swap implements heap.Interface.
func (a alarms) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].place, a[j].place = i+1, j+1
}

// Push implements heap.Interface.
func (a *alarms) Push(x any) {
	one := x.(*Alarm)
	*a = append(*a, one)
	one.place = len(*a)
}

// Pop implements heap.Interface.
func (a *alarms) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	x.place = 0
	(*a)[last] = nil
	*a = (*a)[:last]
	return x
}
