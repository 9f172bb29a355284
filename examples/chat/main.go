// Chat is rooms for browsers: a group a room, an actor a visitor.
//
//	go run ./examples/chat -addr 127.0.0.1:9002
//
// Then open http://127.0.0.1:9002/?room=lobby&name=ann in two windows.
package main

import (
	"context"
	_ "embed"
	"errors"
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

//go:embed page.html
var page []byte

func main() {
	addr := flag.String("addr", "127.0.0.1:9002", "where to listen")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	listener, err := net.Listen("tcp", *addr)
	if err == nil {
		fmt.Printf("chat on http://%v/?room=lobby&name=ann\n", listener.Addr())
		err = serve(ctx, listener)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		stop()
		os.Exit(1)
	}
}

// serve serves until ctx ends, and then drains.
func serve(ctx context.Context, listener net.Listener) error {
	system := actor.NewActorSystem(actor.WithLoggerFactory(quiet))
	sup, err := supervisor.Start(system)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: routes(sup), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	_, err = sup.Drain(context.Background(), messages.Drain{Code: messages.CloseServiceRestart, Timeout: 10 * time.Second})
	return errors.Join(err, server.Close())
}

func routes(sup *supervisor.Supervisor) http.Handler {
	rooms := actors.StartGroups(sup.System())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})
	mux.Handle("GET /ws", actors.Accept(sup,
		actors.WithUpgrade(admit),
		actors.WithHandler(func() actor.Actor { return &visitor{rooms: rooms} }),
		actors.WithHeartbeatReply("0x9", "0xA"),     // what the page sends for want of pings
		actors.WithOverflow(actors.CloseConnection), // who reads too slowly comes back with a gap it can see
		actors.WithReadLimit(4<<10),                 // no message of a person is longer
		actors.WithIdleTimeout(12*time.Hour),        // and no person is silent for longer
		actors.WithMaxConnections(10_000)))
	return mux
}

// quiet leaves only warnings of protoactor's log: that visitors come and go is none.
func quiet(*actor.ActorSystem) *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
