package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sockvisor/sockvisor/bench/process"
)

// perProcess leaves room below the 20,000 files that a process may have.
const perProcess = 15_000

// scale holds n connections over as many servers and clients as that takes, each
// server on an address of its own of 127.0.0.0/8.
func (m *measurement) scale(ctx context.Context) error {
	n := m.n
	if n == 0 {
		n = 100_000
	}
	length := time.Minute
	if m.quick {
		length = 10 * time.Second
	}
	for _, pkg := range []string{echoServer.pkg, "./systems/sockvisor"} {
		if err := m.build(pkg); err != nil {
			return err
		}
	}
	before, err := socketMemory()
	if err != nil {
		return err
	}
	bar := m.bar(n, "scale")
	var servers, clients group
	defer servers.kill()
	defer clients.kill()
	for i, left := 1, n; left > 0; i, left = i+1, left-perProcess {
		some := min(left, perProcess)
		server, err := process.Start(m.programs[echoServer.pkg], 2, "-addr", fmt.Sprintf("127.0.0.%d:0", i), "-debug", "127.0.0.1:0")
		if err != nil {
			return err
		}
		servers = append(servers, server)
		client, err := process.Start(m.programs["./systems/sockvisor"], 1,
			"-role", "idle", "-n", strconv.Itoa(some), "-url", server.URL, "-debug", "127.0.0.1:0")
		if err != nil {
			return err
		}
		clients = append(clients, client)
		if _, err := client.Line(); err != nil {
			return err
		}
		_ = bar.Add(some)
	}
	_ = bar.Close()
	opened := clients.standing()
	serverCPU, clientCPU := servers.cpu(), clients.cpu()
	select {
	case <-time.After(length):
	case <-ctx.Done():
		return ctx.Err()
	}
	serverCPU, clientCPU = servers.cpu()-serverCPU, clients.cpu()-clientCPU
	held := clients.standing()
	after, err := socketMemory()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\n%d connections, heartbeats on, over %d servers and %d clients, for %v\n", n, len(servers), len(clients), length)
	fmt.Fprintf(w, "  held\t%d\t\n", held.open)
	fmt.Fprintf(w, "  reconnects\t%d\t\n", held.attempts-opened.attempts)
	fmt.Fprintf(w, "  server\t%.1f KiB a connection\t%.1f %% of a core\t\n", servers.rss()/1024/float64(n), percent(serverCPU, length))
	fmt.Fprintf(w, "  client\t%.1f KiB a connection\t%.1f %% of a core\t\n", clients.rss()/1024/float64(n), percent(clientCPU, length))
	fmt.Fprintf(w, "  kernel\t%.1f KiB a connection\tin socket buffers, both ends\t\n", (after-before)/1024/float64(n))
	return w.Flush()
}

func percent(cpu, of time.Duration) float64 { return 100 * cpu.Seconds() / of.Seconds() }

// group is the processes of one kind.
type group []*process.Process

func (g *group) kill() {
	for _, p := range *g {
		p.Kill()
	}
}

func (g group) cpu() (sum time.Duration) {
	for _, p := range g {
		cpu, _ := p.CPU()
		sum += cpu
	}
	return sum
}

// rss is the resident memory of all, after each has returned what it does not use.
func (g group) rss() (sum float64) {
	for _, p := range g {
		for range 3 {
			_ = p.Free()
		}
		rss, _ := p.RSS()
		sum += float64(rss)
	}
	return sum
}

type standings struct{ open, attempts int }

// standing is what the processes say last.
func (g group) standing() (s standings) {
	for _, p := range g {
		open, attempts, err := latest(p)
		if err == nil {
			s.open, s.attempts = s.open+open, s.attempts+attempts
		}
	}
	return s
}

// latest skips what was printed before.
func latest(p *process.Process) (open, attempts int, err error) {
	for range p.Buffered() {
		_, _ = p.Line()
	}
	return standing(p)
}

// socketMemory is what the kernel has for TCP, in bytes.
func socketMemory() (float64, error) {
	text, err := os.ReadFile("/proc/net/sockstat")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); fields[0] == "TCP:" {
			pages, err := strconv.ParseFloat(fields[len(fields)-1], 64)
			return pages * float64(os.Getpagesize()), err
		}
	}
	return 0, fmt.Errorf("/proc/net/sockstat says nothing of TCP")
}

// million starts and stops connections over sockets in memory.
func (m *measurement) million() error {
	n := m.n
	if n == 0 {
		n = 1_000_000
	}
	if m.quick {
		n = min(n, 100_000)
	}
	if err := m.build("./systems/sockvisor"); err != nil {
		return err
	}
	p, err := process.Start(m.programs["./systems/sockvisor"], 0, "-role", "actors", "-n", strconv.Itoa(n))
	if err != nil {
		return err
	}
	defer p.Kill()
	line, err := p.Line()
	if err != nil {
		return err
	}
	var started, stopped float64
	var heap, stack int
	if _, err := fmt.Sscan(line, &started, &stopped, &heap, &stack); err != nil {
		return fmt.Errorf("%q: %w", line, err)
	}
	fmt.Printf("\n%d connections over sockets in memory\n  started in %.1f s, stopped in %.1f s\n  heap %d bytes a connection, stacks %d\n",
		n, started, stopped, heap, stack)
	return nil
}
