package groups

import "maps"

// table is a map that becomes smaller again: Go's keeps room for as many as there ever
// were.
type table[K comparable, V any] struct {
	entries map[K]V
	peak    int // since it was made
}

// tableMinimum is a size at which it does not matter.
const tableMinimum = 64

func (t *table[K, V]) get(key K) (value V, ok bool) {
	value, ok = t.entries[key]
	return value, ok
}

func (t *table[K, V]) set(key K, value V) {
	if t.entries == nil {
		t.entries = make(map[K]V)
	}
	t.entries[key] = value
	t.peak = max(t.peak, len(t.entries))
}

func (t *table[K, V]) remove(key K) {
	delete(t.entries, key)
	if t.peak > tableMinimum && len(t.entries) < t.peak/4 {
		entries := make(map[K]V, len(t.entries))
		maps.Copy(entries, t.entries)
		t.entries, t.peak = entries, len(entries)
	}
}

func (t *table[K, V]) size() int { return len(t.entries) }
