// Echo is a server that sends back what it gets: an actor a connection.
//
//	go run ./examples/echo -addr 127.0.0.1:9001
//
// Clients connect to /ws. -debug HOST:PORT serves net/http/pprof, and on POST
// /debug/free returns all memory that is not in use to the system, so that what the
// system calls resident is what the connections need. On SIGTERM or SIGINT it drains: no new connections, what
// is queued is sent, and every client is told 1001, spread over a while.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9001", "where to listen")
	over := flag.Duration("over", time.Second, "time over which a drain spreads the closes")
	debugAddr := flag.String("debug", "", "where to serve pprof and POST /debug/free (default nowhere)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	listener, err := net.Listen("tcp", *addr)
	if err == nil {
		fmt.Printf("echo on ws://%v/ws\n", listener.Addr())
		err = serveDebug(*debugAddr)
	}
	if err == nil {
		err = serve(ctx, listener, messages.Drain{Over: *over, Timeout: *over + 10*time.Second})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		stop()
		os.Exit(1)
	}
}

// serve serves until ctx ends, and then drains.
func serve(ctx context.Context, listener net.Listener, drain messages.Drain) error {
	system := actor.NewActorSystem(actor.WithLoggerFactory(quiet))
	sup, err := supervisor.Start(system)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/ws", actors.Accept(sup,
		actors.WithAnyOrigin(), // it does nothing that depends on who asks
		actors.WithHandler(func() actor.Actor { return echo{} })))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	return end(sup, server, drain)
}

// end drains first: http.Server.Shutdown knows nothing of the sockets that were
// upgraded. While the drain goes on, newcomers still get an answer, 503, and go
// elsewhere; the listener is closed last.
func end(sup *supervisor.Supervisor, server *http.Server, drain messages.Drain) error {
	began := time.Now()
	drained, err := sup.Drain(context.Background(), drain)
	fmt.Printf("drained in %v: %d closed cleanly, %d forced, %d messages not delivered\n",
		time.Since(began).Round(time.Millisecond), drained.Clean, drained.Forced, drained.Undelivered)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close() // somebody has connected and asks nothing
	}
	return err
}

// echo is the handler of one connection.
type echo struct{}

// Receive implements actor.Actor.
func (echo) Receive(ctx actor.Context) {
	if m, ok := ctx.Message().(*messages.Received); ok {
		ctx.Send(m.Conn, &messages.Send{Type: m.Type, Data: m.Data})
	}
}

// quiet leaves only warnings of protoactor's log: that clients come and go is none.
func quiet(*actor.ActorSystem) *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
