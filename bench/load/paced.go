package load

import (
	"math"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Paced is the load of an echo server whose clients do not wait for it (an open loop):
// when each message is due is decided before the first is sent, and what is slow does not
// slow down what is asked of it. Latency counts from when a message was due, not from when
// it was sent, so that a pause is seen by all who would have had to wait (no coordinated
// omission).
type Paced struct {
	URL    string
	Plain  bool // TCP: the server sends back the bytes
	Conns  int  // take turns
	Rate   int  // messages a second, over all
	Size   int
	Warm   time.Duration
	Length time.Duration // that counts
}

// Run returns the latencies. begin and end are called around what counts.
func (p Paced) Run(begin, end func()) (Latencies, error) {
	d, err := newDialing(p.URL, p.Plain, Hello{})
	if err != nil {
		return nil, err
	}
	l, err := newLoop()
	if err != nil {
		return nil, err
	}
	defer l.close()
	s := newSchedule(p)
	sockets, err := l.dialAll(d, p.Conns, s.echoed)
	if err != nil {
		return nil, err
	}
	for _, socket := range sockets {
		s.add(socket)
	}
	timer, err := newTimer(time.Second / time.Duration(p.Rate))
	if err != nil {
		return nil, err
	}
	timer.got = func(*socket, []byte) error { return s.sendDue() }
	if err := l.add(timer); err != nil {
		return nil, err
	}
	s.began = time.Now()
	if err := l.run(s.began.Add(p.Warm), func() bool { return false }); err != nil {
		return nil, err
	}
	begin()
	err = l.run(s.began.Add(p.Warm+p.Length), s.done)
	end()
	if err == nil { // the rest has a while to come
		err = l.run(time.Now().Add(2*time.Second), s.done)
	}
	return s.end(), err
}

// schedule says when each message is due, and is told of each echo. Message i goes to
// connection i modulo their number, whose echoes come in their order.
type schedule struct {
	began       time.Time
	interval    time.Duration
	first, last int // messages that count, and the first that is not sent
	next        int // to send
	ask         []byte
	answer      int // bytes of an echo
	conns       []*socket
	progress    map[*socket]*echoing
	latencies   Latencies
	echoes      int
}

// echoing is what has come back on a connection.
type echoing struct {
	next    int // message whose echo is next
	partial int // bytes of it
}

func newSchedule(p Paced) *schedule {
	interval := time.Second / time.Duration(p.Rate)
	s := &schedule{
		interval: interval, first: int(p.Warm / interval), last: int((p.Warm + p.Length) / interval),
		ask: request(p.Size), answer: len(response(p.Size)), progress: make(map[*socket]*echoing, p.Conns),
	}
	if p.Plain {
		s.answer = len(s.ask)
	}
	s.latencies = make(Latencies, 0, s.last-s.first)
	return s
}

func (s *schedule) add(conn *socket) {
	s.progress[conn] = &echoing{next: len(s.conns)}
	s.conns = append(s.conns, conn)
}

// due is when a message is, since the schedule began.
func (s *schedule) due(i int) time.Duration { return time.Duration(i) * s.interval }

func (s *schedule) sendDue() error {
	for now := time.Since(s.began); s.next < s.last && s.due(s.next) <= now; s.next++ {
		if err := s.conns[s.next%len(s.conns)].write(s.ask); err != nil {
			return err
		}
	}
	return nil
}

func (s *schedule) echoed(conn *socket, p []byte) error {
	e, now := s.progress[conn], time.Since(s.began)
	for e.partial += len(p); e.partial >= s.answer; e.partial -= s.answer {
		s.note(e.next, now)
		e.next += len(s.conns)
		s.echoes++
	}
	return nil
}

func (s *schedule) note(i int, now time.Duration) {
	if i >= s.first {
		s.latencies = append(s.latencies, now-s.due(i))
	}
}

func (s *schedule) done() bool { return s.echoes == s.last }

// end returns the latencies, where what has no echo by now is as late as that.
func (s *schedule) end() Latencies {
	now := time.Since(s.began)
	for _, e := range s.progress {
		for ; e.next < s.last; e.next += len(s.conns) {
			s.note(e.next, now)
		}
	}
	slices.Sort(s.latencies)
	return s.latencies
}

// Latencies are sorted.
type Latencies []time.Duration

// At returns that which so many of a hundred do not exceed.
func (l Latencies) At(percent float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	rank := int(math.Ceil(float64(len(l)) * percent / 100))
	return l[min(max(rank, 1), len(l))-1]
}

// newTimer is readable every interval. The kernel's timer for files has no slack, as that
// of epoll's timeout has.
func newTimer(interval time.Duration) (*socket, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	every := unix.NsecToTimespec(interval.Nanoseconds())
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: every, Value: every}, nil); err != nil {
		return nil, err
	}
	return &socket{fd: fd, file: os.NewFile(uintptr(fd), "timer")}, nil
}
