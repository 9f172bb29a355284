package sendqueue

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/sockvisor/sockvisor/messages"
)

// A schedule is which of several goroutines takes the next step, again and again. All
// schedules are tried: the producers of a key can be stopped wherever they may be
// preempted, the consumer between any two messages.
type schedule struct {
	choices []int // taken, of the run before
	limits  []int // how many there were
	at      int
}

func (s *schedule) choose(n int) int {
	if s.at == len(s.choices) {
		s.choices, s.limits = append(s.choices, 0), append(s.limits, n)
	}
	s.at++
	return s.choices[s.at-1]
}

// next goes to the next schedule, and reports whether there is one.
func (s *schedule) next() bool {
	s.at = 0
	for n := len(s.choices); n > 0; n = len(s.choices) {
		if s.choices[n-1]++; s.choices[n-1] < s.limits[n-1] {
			return true
		}
		s.choices, s.limits = s.choices[:n-1], s.limits[:n-1]
	}
	return false
}

// walk is one run of the queue with one schedule.
type walk struct {
	queue    *Queue
	began    map[string]int // when the push of a delivery began, and when it returned
	returned map[string]int
	taken    []string
	replaced []string
	refused  []string
	clock    int
	flushes  []watermark
}

// watermark is a flush of what was pushed before it.
type watermark struct {
	ticket uint64
	before []string
}

func (w *walk) tick() int { w.clock++; return w.clock }

// push is queue.PushKeyed, a step at a time.
func (w *walk) push(name, key string, urgent bool) iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		l, step := w.queue, func() { yield(struct{}{}) }
		p := NewDelivery(&messages.Enqueue{Send: messages.Text(name), Key: key, Urgent: urgent}, Addressee{})
		w.began[name] = w.tick()
		defer func() { w.returned[name] = w.tick() }()
		k := l.keyring()
		for {
			there, known := k.places.Load(key)
			step()
			if !known {
				place, err := l.enter(k, p)
				if err != nil {
					w.refused = append(w.refused, name)
					return
				}
				step()
				other := l.publish(k, place, p)
				if other == nil {
					return
				}
				there = other
				step()
			}
			place := there.(*keyed)
			older := place.current.Load()
			step()
			if older == nil {
				k.places.CompareAndDelete(key, place)
				continue
			}
			replaced, err := l.replace(place, older, p)
			if err != nil {
				w.refused = append(w.refused, name)
				return
			}
			if replaced {
				w.replaced = append(w.replaced, textOf(older))
				return
			}
		}
	}
}

func textOf(message any) string {
	if p, ok := message.(*Delivery); ok {
		return string(p.Send.Data)
	}
	return string(message.(*messages.Send).Data)
}

// consume takes n times, and looks what each flush may say.
func (w *walk) consume(n int, take func() any) iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		for range n {
			if message := take(); message != nil {
				w.queue.Release(1, SizeOf(message))
				w.taken = append(w.taken, textOf(message))
			}
			yield(struct{}{})
		}
	}
}

// flush notes what is pushed by now.
func (w *walk) flush() iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		var before []string
		for name := range w.returned {
			before = append(before, name)
		}
		w.flushes = append(w.flushes, watermark{w.queue.tail.Load(), before})
	}
}

func (w *walk) accounted(name string) bool {
	return slices.Contains(w.taken, name) || slices.Contains(w.replaced, name) || slices.Contains(w.refused, name)
}

// check looks at what holds at every moment.
func (w *walk) check() error {
	for _, f := range w.flushes {
		if !w.queue.HandedOver(f.ticket) {
			continue
		}
		for _, name := range f.before {
			if !w.accounted(name) {
				return fmt.Errorf("a flush has passed, and %s is still queued", name)
			}
		}
	}
	return nil
}

// end looks at what holds when all is over.
func (w *walk) end() error {
	for message := w.queue.Pop(); message != nil; message = w.queue.Pop() {
		w.taken = append(w.taken, textOf(message))
	}
	all := slices.Concat(w.taken, w.replaced, w.refused)
	for name := range w.began {
		if n := strings.Count(strings.Join(all, ""), name); n != 1 {
			return fmt.Errorf("%s is accounted for %d times", name, n)
		}
	}
	for i, first := range w.taken {
		for _, later := range w.taken[i+1:] {
			if w.returned[later] < w.began[first] {
				return fmt.Errorf("%s was queued before %s was, and is behind it", later, first)
			}
		}
	}
	queued, bytes := w.queue.Depth()
	k := w.queue.keyring()
	places := 0
	k.places.Range(func(any, any) bool { places++; return true })
	if queued != 0 || bytes != 0 || w.queue.state.Load() != 0 || places+int(k.queued.Load()+k.withdrawn.Load()) != 0 {
		return fmt.Errorf("left: %d messages, %d bytes, %d places, %d queued, %d withdrawn", queued, bytes, places, k.queued.Load(), k.withdrawn.Load())
	}
	return nil
}

// explore runs the goroutines that a scenario makes in every order of their steps.
func explore(t *testing.T, queue func() *Queue, scenario func(*walk) []iter.Seq[struct{}]) {
	t.Helper()
	runs := 0
	for s := (&schedule{}); runs == 0 || s.next(); runs++ {
		w := &walk{queue: queue(), began: map[string]int{}, returned: map[string]int{}}
		if err := w.run(s, scenario(w)); err != nil {
			t.Fatalf("schedule %v: %v; taken %v, replaced %v, refused %v", s.choices, err, w.taken, w.replaced, w.refused)
		}
	}
	t.Logf("%d schedules", runs)
}

func (w *walk) run(s *schedule, goroutines []iter.Seq[struct{}]) error {
	var resume []func() (struct{}, bool)
	for _, each := range goroutines {
		next, stop := iter.Pull(each)
		defer stop()
		resume = append(resume, next)
	}
	for len(resume) > 0 {
		i := s.choose(len(resume))
		if _, more := resume[i](); !more {
			resume = slices.Delete(resume, i, i+1)
		}
		if err := w.check(); err != nil {
			return err
		}
	}
	return w.end()
}

// Two producers of one key, the consumer, and a flush: nothing is lost or doubled, no
// older value follows a newer one, and a flush is for all that was before it.
func TestKeyedSteps(t *testing.T) {
	for _, urgent := range []bool{false, true} {
		t.Run(fmt.Sprintf("urgent %v", urgent), func(t *testing.T) {
			explore(t, func() *Queue { return newQueue(10, 100) }, func(w *walk) []iter.Seq[struct{}] {
				return []iter.Seq[struct{}]{
					w.push("a", "k", urgent), w.push("b", "k", urgent), w.consume(2, w.queue.Take), w.flush(),
				}
			})
		})
	}
}

// A producer that pushes again, and one that races with it.
func TestKeyedStepsAgain(t *testing.T) {
	explore(t, func() *Queue { return newQueue(10, 100) }, func(w *walk) []iter.Seq[struct{}] {
		return []iter.Seq[struct{}]{
			inTurn(w.push("a", "k", false), w.push("b", "k", false)), w.push("c", "k", false), w.consume(1, w.queue.Take),
		}
	})
}

// The queue is full: what is dropped of it has a key, and was not withdrawn.
func TestKeyedStepsOfDropKeyed(t *testing.T) {
	full := func() *Queue { return &Queue{limits: &Limits{Messages: 1, Bytes: 100, Slack: 2, ForKeys: true}} }
	explore(t, full, func(w *walk) []iter.Seq[struct{}] {
		return []iter.Seq[struct{}]{
			w.push("a", "k", false), w.push("b", "k", false), w.flush(),
			w.consume(2, func() any {
				if w.queue.Excess() {
					return w.queue.Victim()
				}
				return nil
			}),
		}
	})
}

// inTurn is one goroutine that does one after the other.
func inTurn(each ...iter.Seq[struct{}]) iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		for _, one := range each {
			one(yield)
		}
	}
}
