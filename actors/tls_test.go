package actors_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
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

// trusted trusts the servers of httptest.
func trusted(t *testing.T) *tls.Config {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	return server.Client().Transport.(*http.Transport).TLSClientConfig
}

// certified is what those servers are secured with.
func certified(t *testing.T) *tls.Config {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	return server.TLS.Clone()
}

// Over TLS, with and without compression, in both context modes.
func TestTLSAndCompression(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(echoHandler))
	defer server.Close()
	sup := start(t)
	for _, mode := range []websocket.CompressionMode{
		websocket.CompressionDisabled, websocket.CompressionContextTakeover, websocket.CompressionNoContextTakeover,
	} {
		events := wstest.NewRecorder()
		conn, err := actors.Connect(sup, "wss"+strings.TrimPrefix(server.URL, "https"),
			actors.WithTLSConfig(trusted(t)), actors.WithCompression(mode),
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
