package reader

import "time"

// never is before any time.
const never = -1

// noteMessage notes that one has come.
func (r *Reader) noteMessage() {
	if r.link.config.Notes {
		r.said.Store(int64(r.ws.Socket.Now()))
	}
}

// LastMessage is when the peer last sent a message, since the socket was made, if it ever
// has. It is known only where the config says that somebody asks.
func (r *Reader) LastMessage() (when time.Duration, ever bool) {
	said := r.said.Load()
	return time.Duration(max(said, 0)), said != never
}
