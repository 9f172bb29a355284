package main

import (
	"slices"
	"testing"
)

// A row that asks for what it does not measure would fail when it is done, hours later.
func TestRows(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range families {
		for _, r := range f.rows {
			if seen[r.name] {
				t.Errorf("two rows are called %s", r.name)
			}
			seen[r.name] = true
			if (r.run == nil) == (r.alone == nil) {
				t.Errorf("%s is measured in no way, or in two", r.name)
			}
			if r.systems[0].name != sockvisor {
				t.Errorf("%s begins with %s", r.name, r.systems[0].name)
			}
			for _, target := range r.targets {
				if !slices.ContainsFunc(r.systems, func(s system) bool { return s.name == target.peer }) {
					t.Errorf("%s has a target for %s, but does not measure it", r.name, target.peer)
				}
				if target.of != "" && !slices.Contains(r.also, target.of) {
					t.Errorf("%s has a target for %q, but does not measure it", r.name, target.of)
				}
			}
		}
	}
}
