package sendqueue

// InFlight is what was handed to a socket and is not settled, in the order of the wire,
// and who waits for it. It is the consumer's alone and outlives the sockets. A connection
// has none until a receipt, a flush or WithResend needs one, so that the plain sends of
// all others pass it by.
type InFlight struct {
	handed  []*Delivery // to the socket there is
	again   []*Delivery // to an earlier one: to be handed to the next
	flushes []*Flush
	pings   []covering // sent, not answered
	number  uint64     // of the last of them
	// How many were ever handed, and how many of them are settled.
	count, settled uint64
}

// covering is a ping, and how many were handed to the socket before it.
type covering struct{ number, count uint64 }

// Hand notes what is about to be handed to the socket: what that fails over, the peer may
// have got.
func (f *InFlight) Hand(d *Delivery) {
	f.handed = append(f.handed, d)
	f.count++
}

// Handed is how many were handed to the socket there is and are not settled.
func (f *InFlight) Handed() int { return len(f.handed) }

// SettleAll settles all that was handed over.
func (f *InFlight) SettleAll(settled func(*Delivery)) { f.settle(f.count, settled) }

// settle settles what was handed over up to a count.
func (f *InFlight) settle(upTo uint64, settled func(*Delivery)) {
	for ; f.settled < upTo; f.settled++ {
		d := f.handed[0]
		f.handed[0] = nil
		f.handed = f.handed[1:]
		settled(d)
	}
	if len(f.handed) == 0 {
		f.handed = nil
	}
}

// Asked reports whether the peer was asked what it has read, and has not answered.
func (f *InFlight) Asked() bool { return len(f.pings) > 0 }

// Cover returns the number of a ping that is to follow what was handed over, or false if
// all of that is settled or will be by another ping's pong.
func (f *InFlight) Cover() (number uint64, needed bool) {
	if f.covered() == f.count {
		return 0, false
	}
	f.number++
	f.pings = append(f.pings, covering{number: f.number, count: f.count})
	return f.number, true
}

// covered is how many are settled or will be by a pong.
func (f *InFlight) covered() uint64 {
	if n := len(f.pings); n > 0 {
		return f.pings[n-1].count
	}
	return f.settled
}

// Pong settles what the peer has read. It may answer only the last of several pings
// (RFC 6455, section 5.5.3).
func (f *InFlight) Pong(number uint64, settled func(*Delivery)) {
	for len(f.pings) > 0 && f.pings[0].number <= number {
		f.settle(f.pings[0].count, settled)
		f.pings = f.pings[1:]
	}
}

// LoseSocket is for the end of a socket. What was handed to it and is not settled the
// peer may have got or not: it goes to the next, before what was to go there already, or
// is settled with lost.
func (f *InFlight) LoseSocket(resend bool, lost func(*Delivery)) {
	f.pings = nil
	if !resend {
		f.SettleAll(lost)
		return
	}
	for _, d := range f.handed {
		d.Resent = true
	}
	f.again = append(f.handed, f.again...)
	f.handed = nil
	f.count = f.settled
	for _, each := range f.flushes { // they wait for those that go again
		each.passed = false
	}
}

// Again is how many are to be handed to the next socket.
func (f *InFlight) Again() int {
	if f == nil {
		return 0
	}
	return len(f.again)
}

// Next returns the next that is to be handed again, or nil.
func (f *InFlight) Next() *Delivery {
	if f.Again() == 0 {
		return nil
	}
	d := f.again[0]
	f.again[0] = nil
	f.again = f.again[1:]
	return d
}

// Close ends all that waits: the connection is over.
func (f *InFlight) Close(lost func(*Delivery), left func(*Flush)) {
	for _, d := range f.again {
		lost(d)
	}
	for _, each := range f.flushes {
		left(each)
	}
	f.again, f.flushes = nil, nil
}
