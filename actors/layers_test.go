package actors_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/internal/ws/proxytest"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// Each attempt has the layers of the URL that its credentials say, whatever those of
// the attempt before were.
func TestLayersFollowTheCredentials(t *testing.T) {
	for _, first := range []string{"ws", "wss"} {
		for _, mode := range []websocket.CompressionMode{websocket.CompressionDisabled, websocket.CompressionContextTakeover} {
			t.Run(fmt.Sprintf("%s first, compression %v", first, mode), func(t *testing.T) { testLayersFollow(t, first, mode) })
		}
	}
}

func testLayersFollow(t *testing.T, first string, mode websocket.CompressionMode) {
	plain := httptest.NewServer(http.HandlerFunc(echoHandler))
	defer plain.Close()
	secure := httptest.NewTLSServer(http.HandlerFunc(echoHandler))
	defer secure.Close()
	taps, urls := make(map[string]*tap), make(map[string]string) // by address; by scheme
	for scheme, server := range map[string]*httptest.Server{"ws": plain, "wss": secure} {
		address := server.Listener.Addr().String()
		taps[address], urls[scheme] = newTap(t, address), scheme+"://"+address
	}
	other := map[string]string{"ws": "wss", "wss": "ws"}
	attempts := 0
	events := wstest.NewRecorder()
	conn, err := actors.Connect(start(t), urls[first], actors.WithProxy(nil), actors.WithTLSConfig(trusted(t)),
		actors.WithDialContext(func(ctx context.Context, network, address string) (net.Conn, error) {
			return taps[address].dial(ctx, network, address)
		}),
		actors.WithCredentials(func(context.Context) (actors.Credentials, error) {
			attempts++
			if attempts%2 == 1 {
				return actors.Credentials{URL: urls[first]}, nil
			}
			return actors.Credentials{URL: urls[other[first]]}, nil
		}, 0),
		actors.WithCompression(mode), actors.WithFirst(messages.Text("login")),
		actors.WithPolicy(supervisor.Fixed(time.Millisecond)), actors.WithHandler(events.Handler))
	if err != nil {
		t.Fatal(err)
	}
	for epoch := range 4 {
		echoSizes(t, conn, events)
		if epoch == 3 {
			break
		}
		scheme := []string{first, other[first]}[epoch%2] // the next attempt has begun before a second cut
		taps[strings.TrimPrefix(urls[scheme], scheme+"://")].cut()
		wstest.Next[*messages.Failed](t, events)
		wstest.Next[*messages.Closed](t, events)
	}
	closeAndWait(t, conn, events)
	for _, scheme := range []string{"ws", "wss"} {
		wires := taps[strings.TrimPrefix(urls[scheme], scheme+"://")].all()
		if len(wires) != 2 {
			t.Errorf("%s: %d connections", scheme, len(wires))
		}
		for i, w := range wires {
			if scheme == "wss" {
				onlyTLS(t, i, w.sent.Bytes())
				onlyTLS(t, i, w.received.Bytes())
			} else if !bytes.HasPrefix(w.sent.Bytes(), []byte("GET / HTTP/1.1\r\n")) {
				t.Errorf("ws: it began with %.40q", w.sent.Bytes())
			}
		}
	}
}

// noTLS are servers with which no TLS can be established that the client may take.
func noTLS(t *testing.T) map[string]func(*httptest.Server) {
	return map[string]func(*httptest.Server){
		"plain": (*httptest.Server).Start,
		"not trusted": func(server *httptest.Server) {
			server.TLS = &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
			server.StartTLS()
		},
		"too old": func(server *httptest.Server) {
			server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11} //nolint:gosec // on purpose
			server.StartTLS()
		},
	}
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A connection whose TLS cannot be established has written nothing but what TLS did:
// neither the request nor the first messages.
func TestNothingIsWrittenWithoutTLS(t *testing.T) {
	for name, begin := range noTLS(t) {
		for _, proxy := range []string{"none", "http", "https", "socks5"} {
			for _, mode := range []websocket.CompressionMode{websocket.CompressionDisabled, websocket.CompressionContextTakeover} {
				t.Run(fmt.Sprintf("%s, proxy %s, compression %v", name, proxy, mode), func(t *testing.T) {
					server := httptest.NewUnstartedServer(http.HandlerFunc(echoHandler))
					server.Config.ErrorLog = discardLog
					begin(server)
					defer server.Close()
					testWithoutTLS(t, server.Listener.Addr().String(), proxy, mode)
				})
			}
		}
	}
}

func testWithoutTLS(t *testing.T, server, proxy string, mode websocket.CompressionMode) {
	var through func(*http.Request) (*url.URL, error)
	if proxy != "none" {
		through = http.ProxyURL(proxytest.Start(t, proxy, nil))
	}
	tap := newTap(t, server) // between the proxy and the server: what a proxy's own TLS has inside
	events := wstest.NewRecorder()
	const attempts = 2
	_, err := actors.Connect(start(t), "wss://"+tap.address, actors.WithProxy(through), actors.WithTLSConfig(trusted(t)),
		actors.WithCompression(mode), actors.WithFirst(messages.Text("login")), actors.WithHandler(events.Handler),
		actors.WithPolicy(supervisor.Policy{First: time.Millisecond, MaxAttempts: attempts}))
	if err != nil {
		t.Fatal(err)
	}
	for range attempts {
		if e := wstest.Next[*messages.Failed](t, events); !is[*messages.DialError](e.Err) || is[*messages.ProxyError](e.Err) {
			t.Errorf("got %v", e.Err)
		}
		wstest.Next[*messages.Closed](t, events)
	}
	wires := tap.all()
	if len(wires) != attempts {
		t.Fatalf("%d connections", len(wires))
	}
	for i, w := range wires {
		sent := w.sent.Bytes()
		onlyRecords(t, i, sent)
		if len(sent) < 5 || bytes.Contains(sent, []byte("HTTP/1.1")) {
			t.Errorf("attempt %d: %.40q", i+1, sent)
		}
	}
}
