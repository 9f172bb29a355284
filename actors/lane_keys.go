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
type keys struct {
	places sync.Map // *keyed, by key
	queued atomic.Int64
	// backlog is the consumer's, and older than what is in the ring: see dropKeyed.
	backlog []ticketed
}

// keyed is a place of the lane that belongs to a key.
type keyed struct {
	key     string
	current atomic.Pointer[parcel] // nil when it is taken
}

// pushKeyed queues a parcel with a key, and returns the older one that it replaced.
func (l *lane) pushKeyed(p *parcel) (older *parcel, err error) {
	k := l.keyring()
	for {
		there, known := k.places.Load(p.key())
		if !known {
			if there, known, err = l.insert(k, p); !known {
				return nil, err
			}
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

// insert gives a key a place, unless another producer has.
func (l *lane) insert(k *keys, p *parcel) (there any, known bool, err error) {
	if err := l.reserve(1, p.size()); err != nil {
		return nil, false, err
	}
	place := &keyed{key: p.key()}
	place.current.Store(p)
	if there, known = k.places.LoadOrStore(place.key, place); known {
		l.release(1, p.size())
		return there, true, nil
	}
	k.queued.Add(1)
	if p.order.Urgent {
		l.urgent.push(place)
	} else {
		l.put(place)
	}
	return nil, false, nil
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

// latest returns what is to be sent in a place of the lane. Only the consumer calls
// it, once for each.
func (l *lane) latest(message any) any {
	place, ok := message.(*keyed)
	if !ok {
		return message
	}
	k := l.keys.Load()
	k.queued.Add(-1)
	k.places.CompareAndDelete(place.key, place)
	return place.current.Swap(nil)
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
	return l.slack
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
	if len(k.backlog) == 0 {
		return nil
	}
	at := slices.IndexFunc(k.backlog, func(one ticketed) bool { _, is := one.message.(*keyed); return is })
	if at < 0 {
		at = len(k.backlog) - 1
	}
	message := k.backlog[at].message
	k.backlog = slices.Delete(k.backlog, at, at+1)
	return l.latest(message)
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
