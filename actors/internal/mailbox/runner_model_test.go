package mailbox

import (
	"fmt"
	"testing"
)

// The property of the runner, over all interleavings of its atomic steps: what was
// posted is run, by one goroutine at a time. The model has a line for each step of
// Runner.begin and Runner.Run, and what was posted is a number.

// stepping is who takes steps: a poster, or a goroutine that runs the actor.
type stepping struct {
	at   string // the next step
	left int    // of a poster: messages to post
}

// modelled is a state of the model.
type modelled struct {
	status  int32
	queued  int // posted and not handled
	running int // goroutines inside the actor
	who     [4]stepping
	n       int // of who, as far as they have begun
}

// rules of the model, of which a test breaks each.
type modelRules struct {
	forgets bool // the runner is idle whatever came meanwhile: two states
	late    bool // it takes the notification back after it has looked
	silent  bool // a poster does not say that it has posted while another runs
}

// next returns the states that follow when one of those steps.
func (m modelled) next(i int, rules modelRules) (modelled, string) {
	w := &m.who[i]
	switch w.at {
	case "post": // queue.push
		m.queued++
		w.left--
		w.at = "look"
	case "look": // begin: status.Load
		switch m.status {
		case notified:
			w.posted()
		case running:
			w.at = "notify"
		default:
			w.at = "take"
		}
	case "notify": // begin: CompareAndSwap(running, notified)
		w.at = "look"
		if m.status == running && !rules.silent {
			m.status = notified
		}
		if m.status == notified || rules.silent {
			w.posted()
		}
	case "take": // begin: CompareAndSwap(idle, running)
		w.at = "look"
		if m.status == idle {
			m.status = running
			m.who[m.n] = stepping{at: "forget"}
			if rules.late {
				m.who[m.n].at = "enter"
			}
			m.n++
			w.posted()
		}
	case "forget": // process: the notification is taken back
		if m.status == notified {
			m.status = running
		}
		w.at = "enter"
		if rules.late {
			w.at = "rest"
		}
	case "enter": // run
		if m.running++; m.running > 1 {
			return m, "two goroutines run the actor"
		}
		w.at = "handle"
	case "handle": // queue.pop: all that is there, and then once more
		if m.queued == 0 {
			m.running--
			w.at = "rest"
			if rules.late {
				w.at = "forget"
			}
			break
		}
		m.queued--
	case "rest": // process: CompareAndSwap(running, idle)
		if m.status == running || rules.forgets {
			m.status = idle
			w.at = "" // gone
		} else {
			w.at = "forget"
		}
	}
	return m, ""
}

func (w *stepping) posted() {
	w.at = ""
	if w.left > 0 {
		w.at = "post"
	}
}

// explore visits every state that can be reached, and returns how many there are and
// what is wrong with one of them.
func explore(posters, each int, rules modelRules) (states int, wrong string) {
	first := modelled{n: posters}
	for i := range posters {
		first.who[i] = stepping{at: "post", left: each}
	}
	seen := map[modelled]bool{first: true}
	for left := []modelled{first}; len(left) > 0; {
		m := left[len(left)-1]
		left = left[:len(left)-1]
		over := true
		for i := range m.n {
			if m.who[i].at == "" {
				continue
			}
			over = false
			after, wrong := m.next(i, rules)
			if wrong != "" {
				return len(seen), wrong
			}
			after = after.tidy(posters)
			if !seen[after] {
				seen[after] = true
				left = append(left, after)
			}
		}
		if over && m.queued > 0 {
			return len(seen), fmt.Sprintf("%d messages stay where they are", m.queued)
		}
	}
	return len(seen), ""
}

// tidy forgets goroutines that have gone.
func (m modelled) tidy(posters int) modelled {
	n := posters
	for i := posters; i < m.n; i++ {
		if m.who[i].at != "" {
			m.who[n] = m.who[i]
			n++
		}
	}
	for i := n; i < m.n; i++ {
		m.who[i] = stepping{}
	}
	m.n = n
	return m
}

// Whatever was posted is run, in every interleaving of three who post.
func TestRunnerModel(t *testing.T) {
	for posters := 1; posters <= 3; posters++ {
		states, wrong := explore(posters, 4, modelRules{})
		if wrong != "" {
			t.Errorf("%d posters: %s", posters, wrong)
		}
		t.Logf("%d posters: %d states", posters, states)
	}
}

// The model finds what each of its rules is for.
func TestRunnerModelFinds(t *testing.T) {
	for name, rules := range map[string]modelRules{
		"two states":              {forgets: true},
		"taken back afterwards":   {late: true},
		"a poster that is silent": {silent: true},
	} {
		if _, wrong := explore(2, 2, rules); wrong == "" {
			t.Errorf("%s: nothing found", name)
		}
	}
}
