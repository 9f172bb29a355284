package actors_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

var goodbye = wstest.Frame(0x88, []byte{0x0f, 0xa0})

// pending is a connection whose peer has said a word and closed, and whose handler
// thinks about it until it may go on.
type pending struct {
	sup    *supervisor.Supervisor
	conn   *actors.Conn
	events *wstest.Recorder
	heard  chan heardOut
	goOn   chan any // what the handler then does
}

// whilePending runs a test in virtual time with one that answers "0" to the "0" that it
// was asked, unless it is told to panic or to stop.
func whilePending(t *testing.T, f func(*testing.T, *pending), options ...actors.Option) {
	t.Helper()
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		p := &pending{sup: sup, events: wstest.NewRecorder(), heard: make(chan heardOut, 1), goOn: make(chan any, 10)}
		server.Become(func(conn net.Conn) { // once
			server.Become(wstest.Echo)
			asksAndCloses(1, goodbye, p.heard)(conn)
		})
		p.conn = connectTo(t, sup, server, append(options, actors.WithHandler(p.handler))...)
		wstest.Next[*messages.Opened](t, p.events)
		synctest.Wait()
		if e := inspect(t, sup, p.conn); e.Phase != "answering" || e.ReadyState != messages.StateClosing {
			t.Errorf("phase %s, state %v", e.Phase, e.ReadyState)
		}
		f(t, p)
	})
}

func (p *pending) handler() actor.Actor {
	recorder := p.events.Handler()
	return actor.ReceiveFunc(func(ctx actor.Context) {
		if m, ok := ctx.Message().(*messages.Received); ok && m.Epoch == 1 {
			switch do := <-p.goOn; do {
			case "panic":
				panic(do)
			case "stop":
				ctx.Stop(ctx.Self())
			case "nothing":
			default:
				ctx.Send(m.Conn, messages.TextBytes(m.Data))
			}
		}
		recorder.Receive(ctx)
	})
}

// hears checks what the peer was told.
func (p *pending) hears(t *testing.T, texts int) {
	t.Helper()
	if h := <-p.heard; h.texts != texts || h.code != 4000 || h.err != nil {
		t.Errorf("the peer heard %v", h)
	}
}

// What others send while the handler has yet to answer is written too, if it was sent
// before the answer; the rest is for the next socket.
func TestOthersSendWhileAnswering(t *testing.T) {
	whilePending(t, func(t *testing.T, p *pending) {
		p.goOn <- "answer"
		p.hears(t, 1)
		for range 2 { // no event of the epoch is lost, nor comes late
			if e, ok := p.events.Any(t).(*messages.Closed); ok && (!e.Clean || !e.WillRetry || e.Cause != messages.CausePeer || e.Written != 1) {
				t.Errorf("got %s, %d written", wstest.Describe(e), e.Written)
			}
		}
		if err := p.conn.Send(messages.Text("later")); err != nil {
			t.Error(err)
		}
		wstest.Next[*messages.Opened](t, p.events)
		if e := wstest.Next[*messages.Received](t, p.events); e.Epoch != 2 || string(e.Data) != "later" {
			t.Errorf("got %s", wstest.Describe(e))
		}
		closeAndWait(t, p.conn, p.events)
	})
}

// The peer is not kept waiting for longer than the close timeout, whatever the handler
// does.
func TestAnsweringIsBounded(t *testing.T) {
	began := time.Time{}
	whilePending(t, func(t *testing.T, p *pending) {
		began = time.Now()
		p.hears(t, 0)
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %v", took)
		}
		p.goOn <- "answer"
		wstest.Next[*messages.Received](t, p.events)
		if e := wstest.Next[*messages.Closed](t, p.events); !e.Clean || e.Code != 4000 {
			t.Errorf("got %s", wstest.Describe(e))
		}
		wstest.Next[*messages.Opened](t, p.events)
		if e := wstest.Next[*messages.Received](t, p.events); e.Epoch != 2 || string(e.Data) != "0" {
			t.Errorf("the answer that was late: %s", wstest.Describe(e))
		}
		closeAndWait(t, p.conn, p.events)
	}, actors.WithCloseTimeout(time.Second))
}

// Whatever else ends the connection, or its handler, while it answers: each epoch has its
// Closed, nothing waits, and the peer is told, unless it is cut off.
func TestEndsWhileAnswering(t *testing.T) {
	ends := map[string]struct {
		end  func(*pending)
		told int // answers
		cut  bool
	}{
		"close":           {end: func(p *pending) { _ = p.conn.Close(0, "") }},
		"poison":          {end: func(p *pending) { p.sup.System().Root.Poison(p.conn.PID()) }},
		"drain":           {end: func(p *pending) { go p.sup.Stop(context.Background()) }},
		"stop of the PID": {end: func(p *pending) { p.sup.System().Root.Stop(p.conn.PID()) }, cut: true},
		"handler stops":   {end: func(p *pending) { p.goOn <- "stop" }},
		"handler panics":  {end: func(p *pending) { p.goOn <- "panic" }},
		"reconnect": {end: func(p *pending) {
			p.conn.Reconnect()
			p.conn.Rotate()
			p.goOn <- "answer"
		}, told: 1},
	}
	for name, how := range ends {
		t.Run(name, func(t *testing.T) {
			whilePending(t, func(t *testing.T, p *pending) {
				began := time.Now()
				how.end(p)
				h := <-p.heard
				if how.cut && h.err == nil || !how.cut && (h.texts != how.told || h.code != 4000 || h.err != nil) {
					t.Errorf("the peer heard %v", h)
				}
				if took := time.Since(began); took != 0 {
					t.Errorf("took %v", took)
				}
				p.goOn <- "nothing"
				_ = p.conn.Close(0, "")
				synctest.Wait()
				if name == "handler stops" { // and hears nothing after it
					wstest.Next[*messages.Received](t, p.events)
					gone(t, p.sup, p.conn, p.events)
					return
				}
				closed := uint64(0)
				for last := false; !last; {
					if e, ok := p.events.Any(t).(*messages.Closed); ok {
						if closed, last = closed+1, !e.WillRetry; e.Epoch != closed {
							t.Errorf("got %s after %d", wstest.Describe(e), closed)
						}
						if e.Epoch == 1 && (e.Code != 4000 || e.Clean == how.cut) {
							t.Errorf("got %s", wstest.Describe(e))
						}
					}
				}
				gone(t, p.sup, p.conn, p.events)
			})
		})
	}
}

// A question that waits for its answer is lost at once, and so is one that is asked now.
func TestAskWhileAnswering(t *testing.T) {
	correlate := func(*messages.Received) (string, bool) { return "", false }
	whilePending(t, func(t *testing.T, p *pending) {
		began := time.Now()
		_, err := p.conn.Ask(t.Context(), &messages.Ask{ID: "1", Send: messages.Text("0"), Timeout: time.Hour})
		if !is[*messages.AnswerLostError](err) || time.Since(began) != 0 {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		p.goOn <- "answer"
		<-p.heard
		closeAndWait(t, p.conn, p.events)
	}, actors.WithCorrelation(correlate, 0))
}

// A shared handler says with its Ack what it has handled, and with it what it had to say.
func TestSharedHandlerAnswersBeforeTheClose(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		const questions = 100
		heard := make(chan heardOut, 1)
		server.Become(asksAndCloses(questions, goodbye, heard))
		events := wstest.NewRecorder()
		recorder := events.Handler()
		shared := sup.System().Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			if m, ok := ctx.Message().(*messages.Received); ok {
				pass(time.Millisecond)
				ctx.Send(m.Conn, messages.TextBytes(m.Data))
				ctx.Send(m.Conn, &messages.Ack{Epoch: m.Epoch, Count: 1})
			}
			recorder.Receive(ctx)
		}))
		conn := connectTo(t, sup, server, actors.WithHandlerPID(shared))
		began := time.Now()
		if h := <-heard; h.texts != questions || h.code != 4000 || h.err != nil {
			t.Errorf("the peer heard %v", h)
		}
		if took := time.Since(began); took != questions*time.Millisecond {
			t.Errorf("took %v", took)
		}
		closeAndWait(t, conn, events)
		sup.System().Root.Stop(shared)
	})
}
