package reader

// Readable implements transport.Reader: it is the poller's word, or that of who shuts the
// socket.
func (r *Reader) Readable(hangUp bool) {
	if hangUp {
		r.hangUp.Store(true)
	}
	r.news.Store(true)
	r.wakeUp()
}

// Paused implements transport.Reader.
func (r *Reader) Paused() bool { return r.paused.Load() }

var look = &wakeUp{}

// wakeUp may be called by anybody: there is news, or room, or the end.
func (r *Reader) wakeUp() {
	if r.room != nil {
		select {
		case r.room <- struct{}{}:
		default:
		}
		return
	}
	if !r.woken.Swap(true) {
		r.inbox.PostUserMessage(look)
	}
}

// Quiet has it deliver nothing from now on, and wait for no handler.
func (r *Reader) Quiet() {
	r.silent.Store(true)
	r.wakeUp()
}
