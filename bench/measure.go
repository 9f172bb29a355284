package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/sockvisor/sockvisor/bench/process"
)

// row is one kind of work.
type row struct {
	name  string // for -only
	title string
	unit  string
	per   string   // what the unit counts, for a rate: the CPU of each is said beside it
	less  bool     // less is better
	also  []string // what else a run measures, in run.also
	// systems measured, in turn.
	systems []system
	run     func(*run) error
	targets []target
	note    string
	// alone measures what is not one run after the other; nil for the others.
	alone func(*measurement, context.Context) (result, error)
}

// system is a program and the role it is asked for.
type system struct {
	name string
	pkg  string
	role string
}

// target is what the ratio of Sockvisor to a peer must reach.
type target struct {
	peer  string
	ratio float64
	of    string // one of row.also, of which less is better; empty: the value
}

func to(peer string, ratio float64) target { return target{peer: peer, ratio: ratio} }

// run is one run of a system.
type run struct {
	options
	system
	path  string
	value float64
	also  []float64
	load  float64 // share of one core that the load generator took
	work  float64 // likewise the system
	other float64 // likewise all other programs

	process *process.Process
	began   time.Time
	before  usage
}

// measurement measures one row after the other.
type measurement struct {
	options
	dir      string
	programs map[string]string // paths, by package
}

// measure runs every system in turn, again and again. The first round only warms up
// the machine and does not count, unless it is for a look.
func (m *measurement) measure(ctx context.Context, r row) (result, error) {
	for _, s := range r.systems {
		if err := m.build(s.pkg); err != nil {
			return result{}, err
		}
	}
	rounds, warming := m.runs+1, 1
	if m.quick {
		rounds, warming = 1, 0
	}
	bar := m.bar(rounds*len(r.systems), r.name)
	runs := make([][]run, len(r.systems))
	for round := range rounds {
		for i, s := range r.systems {
			if err := ctx.Err(); err != nil {
				return result{}, err
			}
			bar.Describe(r.name + " " + s.name)
			one := run{options: m.options, system: s, path: m.programs[s.pkg]}
			if err := r.run(&one); err != nil {
				return result{}, fmt.Errorf("%s: %w", s.name, err)
			}
			if round >= warming {
				runs[i] = append(runs[i], one)
			}
			_ = bar.Add(1)
		}
	}
	_ = bar.Close()
	return summarize(r, runs), nil
}

func (m *measurement) bar(steps int, name string) *progressbar.ProgressBar {
	return progressbar.NewOptions(steps, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionShowCount(), progressbar.OptionSetDescription(name), progressbar.OptionClearOnFinish())
}

func (m *measurement) build(pkg string) error {
	if m.programs[pkg] != "" {
		return nil
	}
	path, err := process.Build(m.dir, pkg)
	m.programs[pkg] = path
	return err
}

// length is how long a run counts, and how long it warms up before.
func (r *run) length() (warm, length time.Duration) {
	if r.quick {
		return 300 * time.Millisecond, time.Second
	}
	return 500 * time.Millisecond, 2 * time.Second
}

var clientRoles = []string{"send", "receive", "idle", "churn", "forward", "shared"}

// start starts the system.
func (r *run) start(args ...string) (err error) {
	if r.role != "" {
		args = append([]string{"-role", r.role}, args...)
	}
	addresses := 2
	if slices.Contains(clientRoles, r.role) {
		addresses = 1 // it serves nothing but its debug address
	}
	r.process, err = process.Start(r.path, addresses, append(args, "-debug", "127.0.0.1:0")...)
	return err
}

// usage is the CPU time of the load generator, of the system, and of all programs.
type usage struct{ load, work, all time.Duration }

func (r *run) usage() usage {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	work, _ := r.process.CPU()
	all, _ := process.Programs()
	return usage{load: time.Duration(u.Utime.Nano() + u.Stime.Nano()), work: work, all: all}
}

// begin and end are called around what counts.
func (r *run) begin() { r.began, r.before = time.Now(), r.usage() }

func (r *run) end() {
	after, took := r.usage(), time.Since(r.began)
	r.load = float64(after.load-r.before.load) / float64(took)
	r.work = float64(after.work-r.before.work) / float64(took)
	r.other = max(float64(after.all-r.before.all)/float64(took)-r.load-r.work, 0)
}

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}
