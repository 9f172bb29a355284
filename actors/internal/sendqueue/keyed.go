package sendqueue

import (
	"slices"
	"sync"
	"sync/atomic"
)

// keys finds the place in the queue of what was sent with a key. A newer Delivery is
// put there by its producer, with one compare-and-swap, against the consumer who
// takes what is there by swapping in nil: so the latest wins in place, at once, also
// while there is no socket, and a thousand updates of one key take one place.
//
// A place has its turn in the queue before it is found here: whoever replaces what is
// in it knows that all that comes later goes behind it.
type keys struct {
	places sync.Map     // *keyed, by key
	queued atomic.Int64 // places with one: producers add, whoever takes it out subtracts
	// withdrawn counts the places that are empty before their turn: the producer that
	// made it so adds, the consumer that passes it subtracts.
	withdrawn atomic.Int64
	// settling counts those who may have replaced one and not yet said so: they
	// themselves add and subtract. A flush waits for them.
	settling atomic.Int64
	// backlog is the consumer's, and older than what is in the ring: see dropKeyed.
	backlog []ticketed
}

// keyed is a place of the queue that belongs to a key.
type keyed struct {
	key     string
	current atomic.Pointer[Delivery] // nil when it is taken, or withdrawn
}

// PushKeyed queues a Delivery with a key, and returns the older one that it replaced.
func (q *Queue) PushKeyed(d *Delivery) (older *Delivery, err error) {
	k := q.keyring()
	for {
		there, known := k.places.Load(d.Order.Key)
		if !known {
			place, err := q.enter(k, d)
			if err != nil {
				return nil, err
			}
			other := q.publish(k, place, d)
			if other == nil {
				return nil, nil
			}
			there = other
		}
		place := there.(*keyed)
		older = place.current.Load()
		if older == nil { // taken: the place is no longer one
			k.places.CompareAndDelete(d.Order.Key, place)
			continue
		}
		if replaced, err := q.replace(place, older, d); replaced || err != nil {
			return older, err
		}
	}
}

// Settling is for who may replace a Delivery, and then tells of the older one: with 1
// before, and with -1 when that is done.
func (q *Queue) Settling(by int64) { q.keyring().settling.Add(by) }

// Settled reports whether all who were replaced have been told of it: see Settling.
func (q *Queue) Settled() bool {
	k := q.keys.Load()
	return k == nil || k.settling.Load() == 0
}

// enter gives one a place of its own in the queue, which nobody can find yet.
func (q *Queue) enter(k *keys, d *Delivery) (*keyed, error) {
	if err := q.reserve(1, d.Size()); err != nil {
		return nil, err
	}
	place := &keyed{key: d.Order.Key}
	place.current.Store(d)
	k.queued.Add(1)
	if d.Order.Urgent {
		q.urgent.Push(place)
	} else {
		q.put(place)
	}
	return place, nil
}

// publish has others find a place, unless another producer has published one for the
// key. That is returned, and d withdrawn, if it is not taken already.
func (q *Queue) publish(k *keys, place *keyed, d *Delivery) (other *keyed) {
	there, known := k.places.LoadOrStore(place.key, place)
	if !known {
		if place.current.Load() == nil { // taken before it could be found
			k.places.CompareAndDelete(place.key, place)
		}
		return nil
	}
	if !place.current.CompareAndSwap(d, nil) {
		return nil
	}
	k.queued.Add(-1)
	k.withdrawn.Add(1)
	q.Release(0, d.Size())
	return there.(*keyed)
}

// replace puts one where an older one is, if it still is.
func (q *Queue) replace(place *keyed, older, d *Delivery) (replaced bool, err error) {
	more := d.Size() - older.Size()
	if err := q.reserve(0, max(more, 0)); err != nil {
		return false, err
	}
	if !place.current.CompareAndSwap(older, d) {
		q.Release(0, max(more, 0))
		return false, nil
	}
	q.Release(0, max(-more, 0))
	return true, nil
}

func (q *Queue) keyring() *keys {
	if k := q.keys.Load(); k != nil {
		return k
	}
	q.keys.CompareAndSwap(nil, &keys{})
	return q.keys.Load()
}

// latest returns what is to be sent in a place of the queue, or nil if that was
// withdrawn. Only the consumer calls it, once for each.
func (q *Queue) latest(message any) any {
	place, ok := message.(*keyed)
	if !ok {
		return message
	}
	k := q.keys.Load()
	d := place.current.Swap(nil)
	k.places.CompareAndDelete(place.key, place) // after the swap: see publish
	if d == nil {
		k.withdrawn.Add(-1)
		q.Release(1, 0)
		return nil
	}
	k.queued.Add(-1)
	return d
}

// ticketed is what was moved out of the ring, with its ticket.
type ticketed struct {
	ticket  uint64
	message any
}

// room is how many times the bounds a producer may fill now.
func (q *Queue) room() int {
	if q.limits.ForKeys {
		if k := q.keys.Load(); k == nil || k.queued.Load() == 0 {
			return 1
		}
	}
	return int(q.limits.Slack)
}

// Victim takes what is dropped to make room, or returns nil if there is nothing. What
// is urgent is the last. Only the consumer calls it.
func (q *Queue) Victim() any {
	message := any(nil)
	if q.limits.ForKeys {
		message = q.dropKeyed()
	} else {
		message = q.oldest()
	}
	if message == nil {
		message = q.Take()
	}
	return message
}

// dropKeyed takes the oldest message that has a key, or if none has the newest, and
// returns nil if there is nothing. Only the consumer calls it.
//
// Nothing can be taken from the middle of the ring, so what is in it moves to the
// backlog: memory that is used only while the queue overflows.
func (q *Queue) dropKeyed() any {
	k := q.keyring()
	for ticket := q.head; q.filled(ticket); ticket++ {
		k.backlog = append(k.backlog, ticketed{ticket, q.shift()})
	}
	for len(k.backlog) > 0 {
		at := slices.IndexFunc(k.backlog, func(one ticketed) bool { _, is := one.message.(*keyed); return is })
		if at < 0 {
			at = len(k.backlog) - 1
		}
		message := k.backlog[at].message
		k.backlog = slices.Delete(k.backlog, at, at+1)
		if dropped := q.latest(message); dropped != nil {
			return dropped
		}
	}
	k.backlog = nil
	return nil
}

// overflowing returns where the backlog is, if there is one. Only the consumer calls
// it.
func (q *Queue) overflowing() *keys {
	if k := q.keys.Load(); k != nil && len(k.backlog) > 0 {
		return k
	}
	return nil
}

// shift takes the first of the backlog.
func (k *keys) shift() any {
	message := k.backlog[0].message
	k.backlog[0].message = nil
	if k.backlog = k.backlog[1:]; len(k.backlog) == 0 {
		k.backlog = nil
	}
	return message
}
