package child_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// ticker is an actor that owns a TCP connection and hears lines on it. There is a fresh
// one for each epoch.
type ticker struct {
	tree   child.Tree
	epoch  uint64
	host   string
	lines  chan<- string
	cancel context.CancelFunc // ends its dial or its socket
}

// ended is what the goroutine of a socket tells its ticker at last.
type ended struct{ *child.Failure }

func (x *ticker) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		ctx.Send(x.tree.Governor(), x.dial(ctx.Self()))
	case *child.Turn:
		if m.Number == x.epoch {
			life, cancel := context.WithCancel(context.Background())
			x.cancel = cancel
			go x.run(life, ctx.Self())
		}
	case *ended:
		if m.Epoch == x.epoch { // what is late is of another
			panic(m.Failure)
		}
	case *child.Decision:
		x.lines <- fmt.Sprintf("epoch %d failed: attempt %d, restart %v", m.Epoch, m.Attempt, m.Retry)
		if !m.Retry {
			ctx.Send(ctx.Parent(), &child.Finished{Conn: ctx.Self(), Clean: true})
		}
	case *messages.Close:
		ctx.Send(ctx.Parent(), &child.Finished{Conn: ctx.Self(), Clean: true})
	case *actor.Restarting, *actor.Stopping:
		x.cancel()
		ctx.Send(x.tree.Governor(), x.dialOver(ctx.Self())) // if it still waits for its turn
	}
}

func (x *ticker) dial(self *actor.PID) *child.Dial {
	return &child.Dial{Conn: self, Number: x.epoch, Host: x.host}
}

func (x *ticker) dialOver(self *actor.PID) *child.DialOver {
	return &child.DialOver{Conn: self, Number: x.epoch}
}

// run dials, and reads until the socket ends.
func (x *ticker) run(life context.Context, self *actor.PID) {
	out, failure := x.tree.Contained(), &child.Failure{Epoch: x.epoch, Err: io.EOF}
	defer func() { out.Send(self, &ended{failure}) }()
	socket, err := new(net.Dialer).DialContext(life, "tcp", x.host)
	out.Send(x.tree.Governor(), x.dialOver(self))
	if err != nil {
		failure.Err = err
		return
	}
	began := time.Now()
	context.AfterFunc(life, func() { _ = socket.Close() })
	for lines := bufio.NewScanner(socket); lines.Scan(); {
		x.lines <- fmt.Sprintf("epoch %d: %s", x.epoch, lines.Text())
	}
	failure.Uptime = time.Since(began)
}

// A tree restarts whatever panics with a Failure: here an actor with a TCP connection,
// which its server closes twice.
func Example() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer listener.Close()
	go serve(listener)

	system := actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	sup, err := supervisor.Start(system)
	if err != nil {
		fmt.Println(err)
		return
	}
	policy := supervisor.Policy{First: time.Millisecond, MaxAttempts: 2, StableUptime: time.Hour}
	tree, lines := sup.Tree(&policy), make(chan string, 4)
	epoch := uint64(0) // of the one that is made last
	props := actor.PropsFromProducer(func() actor.Actor {
		epoch++
		return &ticker{tree: tree, epoch: epoch, host: listener.Addr().String(), lines: lines, cancel: func() {}}
	})
	if _, err := tree.Spawn(props); err != nil {
		fmt.Println(err)
		return
	}
	for range 4 {
		fmt.Println(<-lines)
	}
	if err := sup.Stop(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// epoch 1: hello
	// epoch 1 failed: attempt 1, restart true
	// epoch 2: hello
	// epoch 2 failed: attempt 2, restart false
}

// serve says hello to whoever comes, and closes.
func serve(listener net.Listener) {
	for {
		socket, err := listener.Accept()
		if err != nil {
			return
		}
		fmt.Fprintln(socket, "hello")
		_ = socket.Close()
	}
}
