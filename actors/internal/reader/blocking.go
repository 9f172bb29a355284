package reader

import (
	"github.com/sockvisor/sockvisor/actors/internal/blame"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
)

// runBlocking waits for each message.
func (r *Reader) runBlocking() {
	err := error(nil)
	for err == nil {
		for r.full() {
			<-r.room
		}
		err = r.readOneApart()
		r.settle()
	}
	r.sayEnded(err)
}

// finish has a goroutine of the moment wait for the rest of a message that is too
// large to be gathered here, or in fragments, where coder/websocket reads those. What is
// small the next news completes.
// What has come of it may be enough to be refused.
func (r *Reader) finish() {
	if err := r.ws.Socket.Inspect(); err != nil {
		r.end(r.ws.ReadError(err))
		return
	}
	if r.ws.Socket.Fits() || r.full() {
		return
	}
	r.finishing.Store(true)
	r.leaveToPoller()
	r.ws.Socket.SetPatient(true)
	go func() {
		err := r.readOneApart()
		r.settle()
		if err != nil && !ws.CanHear(err) {
			r.ws.CloseNow() // the actor may have been stopped
		}
		r.inbox.PostUserMessage(&finished{err})
	}()
}

// readOneApart is readOne on a goroutine that is no actor's: nobody else would recover there.
func (r *Reader) readOneApart() (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = blame.Broke(reason)
		}
	}()
	return r.readOne()
}
