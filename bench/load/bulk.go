package load

import "time"

// Bulk is the load of an echo server whose messages are large: each connection has one
// in flight, and all are written and read at the same time, as the kernel takes them.
type Bulk struct {
	URL         string
	Conns, Size int
	Warm        time.Duration
	Length      time.Duration // that counts
}

// Run returns the bytes that came back a second. begin and end are called around what
// counts.
func (b Bulk) Run(begin, end func()) (float64, error) {
	d, err := newDialing(b.URL, false, Hello{})
	if err != nil {
		return 0, err
	}
	l, err := newLoop()
	if err != nil {
		return 0, err
	}
	defer l.close()
	ask, answer := request(b.Size), len(response(b.Size))
	echoed, partial := 0, make(map[*socket]int, b.Conns)
	if _, err := l.dialAll(d, b.Conns, func(s *socket, p []byte) error {
		echoed += len(p)
		if partial[s] += len(p); partial[s] < answer {
			return nil
		}
		partial[s] = 0
		return l.send(s, ask)
	}); err != nil {
		return 0, err
	}
	for _, s := range l.sockets {
		if err := l.send(s, ask); err != nil {
			return 0, err
		}
	}
	never := func() bool { return false }
	if err := l.run(time.Now().Add(b.Warm), never); err != nil {
		return 0, err
	}
	began := time.Now()
	echoed = 0
	begin()
	err = l.run(began.Add(b.Length), never)
	end()
	return float64(echoed) / time.Since(began).Seconds(), err
}
