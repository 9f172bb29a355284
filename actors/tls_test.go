package actors_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
)

// echoHandler is Echo for servers of net/http.
func echoHandler(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionContextTakeover})
	if err != nil {
		return
	}
	defer ws.CloseNow()
	ws.SetReadLimit(-1)
	for {
		kind, data, err := ws.Read(context.Background())
		if err != nil {
			return
		}
		if ws.Write(context.Background(), kind, data) != nil {
			return
		}
	}
}

// Over TLS, with and without compression, in both context modes.
func TestTLSAndCompression(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(echoHandler))
	defer server.Close()
	trusted := server.Client().Transport.(*http.Transport).TLSClientConfig
	sup := start(t)
	for _, mode := range []websocket.CompressionMode{
		websocket.CompressionDisabled, websocket.CompressionContextTakeover, websocket.CompressionNoContextTakeover,
	} {
		events := wstest.NewRecorder()
		conn, err := actors.Connect(sup, "wss"+strings.TrimPrefix(server.URL, "https"),
			actors.WithTLSConfig(trusted), actors.WithCompression(mode),
			actors.WithHeartbeat(time.Millisecond, time.Minute), actors.WithHandler(events.Handler))
		if err != nil {
			t.Fatal(err)
		}
		wstest.Next[*messages.Opened](t, events)
		for _, size := range []int{0, 1, 1000, 100_000} {
			data := bytes.Repeat([]byte("abc"), size)
			for range 10 {
				if err := conn.Send(messages.TextBytes(data)); err != nil {
					t.Fatal(err)
				}
			}
			for range 10 {
				if e := wstest.Next[*messages.Received](t, events); !bytes.Equal(e.Data, data) || e.Type != messages.TypeText {
					t.Fatalf("mode %v: %d bytes came back as %s", mode, len(data), wstest.Describe(e))
				}
			}
		}
		if e := closeAndWait(t, conn, events); !e.Clean {
			t.Errorf("mode %v: got %s", mode, wstest.Describe(e))
		}
	}
}

func TestUntrustedCertificate(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(echoHandler))
	server.Config.ErrorLog = discardLog
	server.StartTLS()
	defer server.Close()
	events := wstest.NewRecorder()
	conn, err := actors.Connect(start(t), server.URL, actors.WithHandler(events.Handler))
	if err != nil {
		t.Fatal(err)
	}
	e := wstest.Next[*messages.Failed](t, events)
	var untrusted *tls.CertificateVerificationError
	if !is[*messages.DialError](e.Err) || !errors.As(e.Err, &untrusted) {
		t.Errorf("got %v", e.Err)
	}
	closeAndWait(t, conn, events)
}

// A proxy is asked.
func TestProxy(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(echoHandler))
	defer server.Close()
	var asked atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Error(w, "not today", http.StatusBadGateway)
	}))
	defer proxy.Close()
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	events := wstest.NewRecorder()
	conn, err := actors.Connect(start(t), server.URL, actors.WithHandler(events.Handler),
		actors.WithProxy(http.ProxyURL(address)))
	if err != nil {
		t.Fatal(err)
	}
	if e := wstest.Next[*messages.Failed](t, events); !handshakeStatus(502)(e.Err) || asked.Load() != 1 {
		t.Errorf("got %v, proxy asked %d times", e.Err, asked.Load())
	}
	closeAndWait(t, conn, events)
}
