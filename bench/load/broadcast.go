package load

import (
	"errors"
	"time"
)

// Broadcast is the load of a server that sends every message to all.
type Broadcast struct {
	URL          string
	Conns, Size  int
	Warm, Length time.Duration
}

// Run returns the broadcasts a second, one after the other: each until the last
// connection has it.
func (b Broadcast) Run(begin, end func()) (float64, error) {
	d, err := newDialing(b.URL, false, Hello{})
	if err != nil {
		return 0, err
	}
	l, err := newLoop()
	if err != nil {
		return 0, err
	}
	defer l.close()
	got := 0
	if err := l.dialAll(d, b.Conns, func(_ *socket, p []byte) error {
		got += len(p)
		return nil
	}); err != nil {
		return 0, err
	}
	ask, all := request(b.Size), b.Conns*len(response(b.Size))
	var speaker *socket
	for _, s := range l.sockets {
		speaker = s
		break
	}
	// until returns how many broadcasts reached all.
	until := func(deadline time.Time, patience time.Duration) (n int, err error) {
		for time.Now().Before(deadline) {
			got = 0
			if err := speaker.write(ask); err != nil {
				return n, err
			}
			if err := l.run(time.Now().Add(patience), func() bool { return got >= all }); err != nil {
				return n, err
			}
			if got >= all {
				n++
			}
		}
		return n, nil
	}
	// While members still join, a broadcast does not reach all.
	if _, err := until(time.Now().Add(b.Warm), 300*time.Millisecond); err != nil {
		return 0, err
	}
	began := time.Now()
	begin()
	n, err := until(began.Add(b.Length), time.Minute)
	if err == nil && n == 0 {
		err = errors.New("no broadcast reached all")
	}
	end()
	return float64(n) / time.Since(began).Seconds(), err
}
