// Package process starts the measured programs, each a process of its own, and
// reads what the kernel knows of them.
package process

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Build compiles a package of this module or the one around it, and returns the
// path of the program.
func Build(dir, pkg string) (string, error) {
	path := filepath.Join(dir, strings.NewReplacer("/", "-", ".", "").Replace(pkg))
	build := exec.Command("go", "build", "-o", path, pkg)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

// Process is a program that runs.
type Process struct {
	// URL is where it serves WebSockets, Debug its debug address. Each may be empty.
	URL, Debug string
	cmd        *exec.Cmd
	lines      chan string
}

// Start starts a program and waits until it says as many addresses as are wanted.
func Start(path string, addresses int, args ...string) (*Process, error) {
	p := &Process{cmd: exec.Command(path, args...), lines: make(chan string, 1024)}
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go p.read(out)
	for ; addresses > 0; addresses-- {
		if err := p.readAddress(); err != nil {
			p.Kill()
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
	}
	return p, nil
}

func (p *Process) read(out io.Reader) {
	defer close(p.lines)
	for s := bufio.NewScanner(out); s.Scan(); {
		select {
		case p.lines <- s.Text():
		default: // nobody asks: the oldest goes
			<-p.lines
			p.lines <- s.Text()
		}
	}
}

// patience is for a million actors.
const patience = 5 * time.Minute

// Line returns the next line that the program prints.
func (p *Process) Line() (string, error) {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case line, ok := <-p.lines:
		if !ok {
			return "", io.ErrUnexpectedEOF
		}
		return line, nil
	case <-timeout.C:
		return "", fmt.Errorf("said nothing for %v", patience)
	}
}

// Buffered is how many lines it has printed that were not yet asked for.
func (p *Process) Buffered() int { return len(p.lines) }

func (p *Process) readAddress() error {
	line, err := p.Line()
	if err != nil {
		return err
	}
	for word := range strings.FieldsSeq(line) {
		switch {
		case strings.HasPrefix(word, "ws://"), strings.HasPrefix(word, "wss://"):
			p.URL = word
		case strings.HasPrefix(word, "http://"):
			p.Debug = word
		}
	}
	return nil
}

// Kill ends the program.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// Free has the program return its memory to the system.
func (p *Process) Free() error {
	response, err := http.Post(p.Debug+"free", "", nil)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// Count is what the program has counted.
func (p *Process) Count() (int, error) {
	response, err := http.Get(p.Debug + "count")
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	var n int
	_, err = fmt.Fscan(response.Body, &n)
	return n, err
}

// RSS is the resident memory of the program, in bytes.
func (p *Process) RSS() (int64, error) {
	fields, err := p.proc("statm")
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// Peak is the most resident memory that the program has ever had, in bytes.
func (p *Process) Peak() (int64, error) {
	fields, err := p.proc("status")
	if err != nil {
		return 0, err
	}
	i := slices.Index(fields, "VmHWM:")
	if i < 0 {
		return 0, errors.New("/proc says nothing of the peak of resident memory")
	}
	kilobytes, err := strconv.ParseInt(fields[i+1], 10, 64)
	return kilobytes << 10, err
}

// tick is the unit of times in /proc: 100 a second on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// CPU is the time that the program has computed, in user and system mode.
func (p *Process) CPU() (time.Duration, error) {
	fields, err := p.proc("stat")
	if err != nil {
		return 0, err
	}
	const utime, stime = 13, 14
	user, err := strconv.ParseInt(fields[utime], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[stime], 10, 64)
	return time.Duration(user+system) * tick, err
}

// Programs is the time that all programs of the machine have computed. What the kernel
// does for none of them, in interrupts, is left out.
func Programs() (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	var user, nice, system int64
	if _, err := fmt.Sscanf(string(text), "cpu %d %d %d", &user, &nice, &system); err != nil {
		return 0, fmt.Errorf("/proc/stat: %w", err)
	}
	return time.Duration(user+nice+system) * tick, nil
}

func (p *Process) proc(file string) ([]string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, file))
	return strings.Fields(string(text)), err
}
