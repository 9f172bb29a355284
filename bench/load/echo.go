package load

import "time"

// Echo is the load of an echo server.
type Echo struct {
	URL      string
	Plain    bool // TCP: the server sends back the bytes
	Conns    int
	InFlight int // messages of a connection that wait for their echo
	Size     int // bytes a message
	Warm     time.Duration
	Length   time.Duration // that counts
}

// Run returns the echoes a second. begin and end are called around what counts.
func (e Echo) Run(begin, end func()) (float64, error) {
	d, err := newDialing(e.URL, e.Plain, Hello{})
	if err != nil {
		return 0, err
	}
	if d.secure() {
		return e.runSecure(d, begin, end)
	}
	l, err := newLoop()
	if err != nil {
		return 0, err
	}
	defer l.close()
	ask := request(e.Size)
	answer := len(response(e.Size))
	if e.Plain {
		answer = len(ask)
	}
	batch := repeat(ask, e.InFlight)
	echoed, partial := 0, make(map[*socket]int, e.Conns)
	if _, err := l.dialAll(d, e.Conns, func(s *socket, p []byte) error {
		all := partial[s] + len(p)
		n := all / answer
		partial[s] = all % answer
		echoed += n
		if n == 0 {
			return nil
		}
		return s.write(batch[:n*len(ask)])
	}); err != nil {
		return 0, err
	}
	for _, s := range l.sockets {
		if err := s.write(batch); err != nil {
			return 0, err
		}
	}
	never := func() bool { return false }
	if err := l.run(time.Now().Add(e.Warm), never); err != nil {
		return 0, err
	}
	began := time.Now()
	echoed = 0
	begin()
	if err := l.run(began.Add(e.Length), never); err != nil {
		return 0, err
	}
	end()
	return float64(echoed) / time.Since(began).Seconds(), nil
}
