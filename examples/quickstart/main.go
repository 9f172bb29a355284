// Quickstart sends numbered messages over one supervised connection while the
// server's sockets are cut, and ends with a ledger of what became of each.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -url ws://localhost:9001/ws
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// plan is how long what takes. All in all it stays below 20 s.
type plan struct {
	pace    time.Duration // between two messages
	sending time.Duration
	cuts    time.Duration // between two cuts of the server's sockets
	settle  time.Duration // for the last echoes, once all is sent
	closing time.Duration
}

func main() {
	url := flag.String("url", "", "echo server to use, such as ws://localhost:9001/ws (default: one of its own)")
	flag.Parse()
	ledger, err := run(os.Stdout, *url, plan{
		pace: 5 * time.Millisecond, sending: 8 * time.Second, cuts: 2500 * time.Millisecond,
		settle: 5 * time.Second, closing: 5 * time.Second,
	})
	if err == nil {
		fmt.Print(ledger)
		err = ledger.check()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, url string, p plan) (*ledger, error) {
	if url == "" {
		server, err := startEcho(p.cuts, p.sending-p.cuts/2)
		if err != nil {
			return nil, err
		}
		defer server.stop()
		url = server.url
	}

	system := actor.NewActorSystem(actor.WithLoggerFactory(quiet))
	sup, err := supervisor.Start(system,
		supervisor.WithPolicy(supervisor.Exponential(500*time.Millisecond, 2, 2*time.Second)))
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "a message every %v for %v to %s, whatever happens to the socket\n", p.pace, p.sending, url)
	c := &client{out: out, began: time.Now(), allEchoed: make(chan struct{}), result: make(chan *ledger, 1)}
	conn, err := actors.Connect(sup, url, actors.WithHandler(func() actor.Actor { return c }))
	if err != nil {
		return nil, err
	}

	sent, refused := send(conn, p)
	select {
	case <-c.allEchoed:
	case <-time.After(p.settle):
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.closing)
	defer cancel()
	if err := sup.Stop(ctx); err != nil {
		return nil, err
	}
	ledger := <-c.result
	ledger.sent, ledger.refused = sent, refused
	return ledger, nil
}

// send sends numbered messages. While the connection is down they are queued; a
// number is used again if the queue refused it.
func send(conn *actors.Conn, p plan) (sent, refused int) {
	ticker := time.NewTicker(p.pace)
	defer ticker.Stop()
	end := time.After(p.sending)
	for last := false; !last; sent++ {
		select {
		case <-ticker.C:
		case <-end:
			last = true
		}
		if err := conn.Send(messages.Text(text(sent+1-refused, last))); err != nil {
			refused++
		}
	}
	return sent, refused
}

// quiet leaves only warnings of protoactor's log: the handler prints the failures.
func quiet(*actor.ActorSystem) *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
