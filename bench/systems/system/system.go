// Package system is what the measured programs have in common: the roles they can
// be asked for, and a look inside from outside.
package system

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	_ "net/http/pprof" // on the debug address
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/sockvisor/sockvisor/bench/selfsigned"
)

// Plan is what the flags say.
type Plan struct {
	// URL is the server, for a role that is a client.
	URL string
	// N is how many connections a client opens, or how many messages it answers.
	N int
	// Size is that of the messages a client sends, in bytes.
	Size int
	// Limit is the largest message that must get through, in bytes, or zero: whatever
	// the system allows.
	Limit int
	// TLS has a server speak it. A client's URL says whether it does.
	TLS bool
	// Deflate is how a server compresses: "", "no-takeover" or "takeover".
	Deflate string
	// Interval is that of the heartbeat.
	Interval time.Duration
}

// Counted is what a role has counted, which GET /debug/count says.
var Counted atomic.Int64

// Role is one thing a program can be asked to do. It returns when it is done, or
// never: whoever started the program ends it.
type Role func(Plan) error

// Main runs the role that -role names.
func Main(roles map[string]Role) {
	var p Plan
	role := flag.String("role", "serve", "what to do")
	addr := flag.String("debug", "", "where to serve pprof, and POST /debug/free")
	flag.StringVar(&p.URL, "url", "", "server to connect to")
	flag.IntVar(&p.N, "n", 1, "connections, or messages")
	flag.IntVar(&p.Size, "size", 64, "bytes a message")
	flag.IntVar(&p.Limit, "limit", 0, "bytes of the largest message that must get through")
	flag.BoolVar(&p.TLS, "tls", false, "serve TLS 1.3, with a certificate made at the start")
	flag.StringVar(&p.Deflate, "deflate", "", "compress: no-takeover or takeover")
	flag.DurationVar(&p.Interval, "interval", 20*time.Second, "of the heartbeat")
	flag.Parse()
	run, known := roles[*role]
	if !known {
		exit(fmt.Errorf("no role %q", *role))
	}
	if *addr != "" {
		serveDebug(*addr)
	}
	exit(run(p))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Serve serves handler on a port of loopback and says where.
func (p Plan) Serve(handler http.Handler) error {
	listener, err := p.Listen()
	if err != nil {
		return err
	}
	return http.Serve(listener, handler)
}

// Listen listens on a port of loopback and says where.
func (p Plan) Listen() (net.Listener, error) {
	listener, err := p.Bind()
	if err != nil || !p.TLS {
		return listener, err
	}
	config, err := selfsigned.Server()
	return tls.NewListener(listener, config), err
}

// Bind is Listen for a system that has a TLS of its own.
func (p Plan) Bind() (net.Listener, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	scheme := "ws"
	if p.TLS {
		scheme = "wss"
	}
	fmt.Printf("on %s://%v/ws\n", scheme, listener.Addr())
	return listener, nil
}

func serveDebug(addr string) {
	listener, err := net.Listen("tcp", addr)
	exit(err)
	fmt.Printf("debug on http://%v/debug/\n", listener.Addr())
	http.HandleFunc("POST /debug/free", func(w http.ResponseWriter, _ *http.Request) { debug.FreeOSMemory() })
	http.HandleFunc("GET /debug/heap", func(w http.ResponseWriter, _ *http.Request) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Fprintf(w, "%d %d %d\n", m.HeapAlloc, m.StackInuse, runtime.NumGoroutine())
	})
	http.HandleFunc("GET /debug/count", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, Counted.Load()) })
	go func() { exit(http.Serve(listener, nil)) }()
}

// OpenAll calls dial n times, some at a time, says "open n", and waits for ever.
func OpenAll(n int, dial func() error) error {
	const parallel = 64
	failed := make(chan error, parallel)
	for i := range parallel {
		go func() {
			for j := i; j < n; j += parallel {
				if err := dial(); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for range parallel {
		if err := <-failed; err != nil {
			return err
		}
	}
	fmt.Println("open", n)
	select {}
}

// Room is the one that a client asks a hub for.
func Room(r *http.Request) string { return "room " + r.URL.Query().Get("room") }

// Answer is what a client answers many messages with: so little that no library takes
// more than one frame for it.
func Answer(message []byte) []byte { return message[:min(len(message), 64)] }

// Churn calls connectAndClose again and again, n at a time, until one fails.
func Churn(n int, connectAndClose func() error) error {
	failed := make(chan error)
	for range n {
		go func() {
			for {
				if err := connectAndClose(); err != nil {
					failed <- err
				}
			}
		}()
	}
	return <-failed
}

// ReadAll is io.ReadAll into a buffer that is there already.
func ReadAll(buffer []byte, reader io.Reader) ([]byte, error) {
	for {
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, make([]byte, 512)...)[:len(buffer)]
		}
		n, err := reader.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		if err == io.EOF {
			return buffer, nil
		}
		if err != nil {
			return buffer, err
		}
	}
}
