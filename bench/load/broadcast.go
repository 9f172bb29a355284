package load

import (
	"errors"
	"time"
)

// Broadcast is the load of a server that sends every message to all in its room.
type Broadcast struct {
	URL          string
	Rooms        int // zero is one, without a name
	Conns, Size  int // in each room
	Warm, Length time.Duration
}

// Run returns the rounds a second, one after the other: in each a member of every room
// speaks, and the next begins when the last of all has what was said in its room.
func (b Broadcast) Run(begin, end func()) (float64, error) {
	d, err := newDialing(b.URL, false, Hello{})
	if err != nil {
		return 0, err
	}
	d.rooms = b.Rooms
	l, err := newLoop()
	if err != nil {
		return 0, err
	}
	defer l.close()
	rooms, got := max(b.Rooms, 1), 0
	sockets, err := l.dialAll(d, rooms*b.Conns, func(_ *socket, p []byte) error {
		got += len(p)
		return nil
	})
	if err != nil {
		return 0, err
	}
	ask, all := request(b.Size), len(sockets)*len(response(b.Size))
	// until returns how many rounds there were.
	until := func(deadline time.Time, patience time.Duration) (n int, err error) {
		for time.Now().Before(deadline) {
			got = 0
			for _, speaker := range sockets[:rooms] {
				if err := speaker.write(ask); err != nil {
					return n, err
				}
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
