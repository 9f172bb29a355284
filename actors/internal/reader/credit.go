package reader

import "github.com/sockvisor/sockvisor/messages"

// The credit bounds the messages that the handler still has before it. The reader takes,
// whoever knows that one was handled gives back.

// Unhandled is how many that are.
func (l *Link) Unhandled() int64 { return l.unhandled.Load() }

// Paused reports whether the reader waits for the handler. One that the connection has
// gone on without has nothing to say here.
func (l *Link) Paused() bool {
	r := l.reader.Load()
	return r != nil && r.paused.Load()
}

// low reports whether a reader that stopped may go on: at half, so that it does
// not stop and go with every message.
func (l *Link) low() bool { return l.unhandled.Load() <= l.config.MaxUnhandled/2 }

// take takes up to n, and returns how much it got.
func (l *Link) take(n int64) int64 {
	n = max(min(n, l.config.MaxUnhandled-l.unhandled.Load()), 0)
	l.unhandled.Add(n)
	return n
}

// untake returns what was taken. More is forgiven: it may be of before a reset.
func (l *Link) untake(n int64) {
	for n > 0 {
		unhandled := l.unhandled.Load()
		if l.unhandled.CompareAndSwap(unhandled, max(unhandled-n, 0)) {
			return
		}
	}
}

// Give is untake by whoever knows that messages were handled.
func (l *Link) Give(n int64) {
	l.untake(n)
	if l.Paused() && l.low() {
		l.wake()
	}
}

// GiveFor is Give for a message that the handler has failed over, if it was the peer's.
func (l *Link) GiveFor(message any) {
	if l.counts(message) {
		l.Give(1)
	}
}

// counts reports whether a message of the handler's is one of the peer's.
func (l *Link) counts(message any) bool {
	switch e := message.(type) {
	case *messages.Received:
		return e.Conn == l.conn
	case *messages.Decoded:
		return e.Conn == l.conn
	default:
		return false
	}
}

// Reset forgets what was taken: nobody will give it back.
func (l *Link) Reset() {
	l.unhandled.Store(0)
	l.wake()
}

// wake makes a waiting reader look again.
func (l *Link) wake() {
	if r := l.reader.Load(); r != nil {
		r.wakeUp()
	}
}

// full reports whether the handler has no room for another message; once it has,
// the reader is woken. When nothing is delivered any more there is no need to wait.
func (r *Reader) full() bool {
	if r.granted > 0 || r.silent.Load() {
		return r.resume()
	}
	if !r.paused.Load() {
		if r.granted = r.link.take(batchSize); r.granted > 0 {
			return false
		}
	}
	if r.paused.Store(true); r.link.low() {
		r.granted = r.link.take(batchSize)
		return r.resume()
	}
	return true
}

// resume notes that reading goes on.
func (r *Reader) resume() bool {
	if r.paused.Load() {
		r.ws.Socket.Resumed() // first: who sees that reading goes on sees since when
		r.paused.Store(false)
	}
	return false
}
