package actors

import "time"

// signs are read in an order in which nothing can come in between that makes a peer
// look dead: what it did, whether that could be seen, and then the time.
func (h *heartbeat) signs(wanted bool) Signs {
	sock := h.reader.WS().Socket
	since := func(when time.Duration) time.Duration { return max(when-h.opened, 0) }
	s := Signs{Read: since(sock.LastRead()), Pings: h.number, RTT: h.conn.RTT(), Wanted: wanted}
	s.Wrote = since(h.progress.Look(sock))
	if message, ever := h.reader.LastMessage(); ever {
		s.Message = since(message)
	}
	if h.number > 0 {
		s.Pinged, s.Awaited = since(h.pingedAt), h.awaited
	}
	s.Paused = h.conn.link.Paused()
	s.Resumed = since(sock.LastResumed())
	s.Now = since(sock.Now())
	return s
}
