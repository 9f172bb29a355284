package actors

import (
	"slices"
	"sync"
	"sync/atomic"
)

// keys finds the place in the lane of what was sent with a key. A newer parcel is
// put there by its producer, with one compare-and-swap, against the consumer who
// takes what is there by swapping in nil: so the latest wins in place, at once, also
// while there is no socket, and a thousand updates of one key take one place.
//
// A place has its turn in the lane before it is found here: whoever replaces what is
// in it knows that all that comes later goes behind it.
type keys struct {
	places sync.Map     // *keyed, by key
	queued atomic.Int64 // places with a parcel: producers add, whoever takes it out subtracts
	// withdrawn counts the places that are empty before their turn: the producer that
	// made it so adds, the consumer that passes it subtracts.
	withdrawn atomic.Int64
	// settling counts those who may have replaced a parcel and not yet said so: they
	// themselves add and subtract. A flush waits for them.
	settling atomic.Int64
	// backlog is the consumer's, and older than what is in the ring: see dropKeyed.
	backlog []ticketed
}

// keyed is a place of the lane that belongs to a key.
type keyed struct {
	key     string
	current atomic.Pointer[parcel] // nil when it is taken, or withdrawn
}

// pushKeyed queues a parcel with a key, and returns the older one that it replaced.
func (l *lane) pushKeyed(p *parcel) (older *parcel, err error) {
	k := l.keyring()
	for {
		there, known := k.places.Load(p.key())
		if !known {
			place, err := l.enter(k, p)
			if err != nil {
				return nil, err
			}
			other := l.publish(k, place, p)
			if other == nil {
				return nil, nil
			}
			there = other
		}
		place := there.(*keyed)
		older = place.current.Load()
		if older == nil { // taken: the place is no longer one
			k.places.CompareAndDelete(p.key(), place)
			continue
		}
		if replaced, err := l.replace(place, older, p); replaced || err != nil {
			return older, err
		}
	}
}

// settled reports whether all who were replaced have been told of it.
func (l *lane) settled() bool {
	k := l.keys.Load()
	return k == nil || k.settling.Load() == 0
}

// enter gives a parcel a place of its own in the lane, which nobody can find yet.
func (l *lane) enter(k *keys, p *parcel) (*keyed, error) {
	if err := l.reserve(1, p.size()); err != nil {
		return nil, err
	}
	place := &keyed{key: p.key()}
	place.current.Store(p)
	k.queued.Add(1)
	if p.order.Urgent {
		l.urgent.Push(place)
	} else {
		l.put(place)
	}
	return place, nil
}

// publish has others find a place, unless another producer has published one for the
// key. That is returned, and p withdrawn, if it is not taken already.
func (l *lane) publish(k *keys, place *keyed, p *parcel) (other *keyed) {
	there, known := k.places.LoadOrStore(place.key, place)
	if !known {
		if place.current.Load() == nil { // taken before it could be found
			k.places.CompareAndDelete(place.key, place)
		}
		return nil
	}
	if !place.current.CompareAndSwap(p, nil) {
		return nil
	}
	k.queued.Add(-1)
	k.withdrawn.Add(1)
	l.release(0, p.size())
	return there.(*keyed)
}

// replace puts a parcel where an older one is, if it still is.
func (l *lane) replace(place *keyed, older, p *parcel) (replaced bool, err error) {
	more := p.size() - older.size()
	if err := l.reserve(0, max(more, 0)); err != nil {
		return false, err
	}
	if !place.current.CompareAndSwap(older, p) {
		l.release(0, max(more, 0))
		return false, nil
	}
	l.release(0, max(-more, 0))
	return true, nil
}

func (l *lane) keyring() *keys {
	if k := l.keys.Load(); k != nil {
		return k
	}
	l.keys.CompareAndSwap(nil, &keys{})
	return l.keys.Load()
}

// latest returns what is to be sent in a place of the lane, or nil if that was
// withdrawn. Only the consumer calls it, once for each.
func (l *lane) latest(message any) any {
	place, ok := message.(*keyed)
	if !ok {
		return message
	}
	k := l.keys.Load()
	p := place.current.Swap(nil)
	k.places.CompareAndDelete(place.key, place) // after the swap: see publish
	if p == nil {
		k.withdrawn.Add(-1)
		l.release(1, 0)
		return nil
	}
	k.queued.Add(-1)
	return p
}

// ticketed is what was moved out of the ring, with its ticket.
type ticketed struct {
	ticket  uint64
	message any
}

// room is how many times the bounds a producer may fill now.
func (l *lane) room() int {
	if l.forKeys {
		if k := l.keys.Load(); k == nil || k.queued.Load() == 0 {
			return 1
		}
	}
	return int(l.slack)
}

// victim takes what is dropped to make room, or returns nil if there is nothing. What
// is urgent is the last. Only the consumer calls it.
func (l *lane) victim() any {
	message := any(nil)
	if l.forKeys {
		message = l.dropKeyed()
	} else {
		message = l.oldest()
	}
	if message == nil {
		message = l.take()
	}
	return message
}

// dropKeyed takes the oldest message that has a key, or if none has the newest, and
// returns nil if there is nothing. Only the consumer calls it.
//
// Nothing can be taken from the middle of the ring, so what is in it moves to the
// backlog: memory that is used only while the lane overflows.
func (l *lane) dropKeyed() any {
	k := l.keyring()
	for ticket := l.head; l.filled(ticket); ticket++ {
		k.backlog = append(k.backlog, ticketed{ticket, l.shift()})
	}
	for len(k.backlog) > 0 {
		at := slices.IndexFunc(k.backlog, func(one ticketed) bool { _, is := one.message.(*keyed); return is })
		if at < 0 {
			at = len(k.backlog) - 1
		}
		message := k.backlog[at].message
		k.backlog = slices.Delete(k.backlog, at, at+1)
		if dropped := l.latest(message); dropped != nil {
			return dropped
		}
	}
	k.backlog = nil
	return nil
}

// overflowing returns where the backlog is, if there is one. Only the consumer calls
// it.
func (l *lane) overflowing() *keys {
	if k := l.keys.Load(); k != nil && len(k.backlog) > 0 {
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
