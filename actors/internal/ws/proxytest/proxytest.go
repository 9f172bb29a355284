// Package proxytest has proxies: of HTTP, HTTPS and SOCKS5. They connect, and do nothing
// else.
package proxytest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
)

// Start starts a proxy: its URL's scheme is http, https or socks5. With a user it
// asks for that user's password.
func Start(t testing.TB, scheme string, user *url.Userinfo) *url.URL {
	t.Helper()
	u := &url.URL{Scheme: scheme, User: user}
	if scheme == "socks5" {
		u.Host = startSOCKS(t, user)
		return u
	}
	server := httptest.NewUnstartedServer(httpProxy(user))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if scheme == "https" {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	u.Host = server.Listener.Addr().String()
	return u
}

// httpProxy connects, and does nothing else.
func httpProxy(user *url.Userinfo) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(user.String()))
		switch {
		case r.Method != http.MethodConnect:
			http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
			return
		case user != nil && r.Header.Get("Proxy-Authorization") != basic:
			w.Header().Set("Proxy-Authenticate", `Basic realm="corp"`)
			http.Error(w, "who are you", http.StatusProxyAuthRequired)
			return
		}
		server, err := net.Dial("tcp", r.RequestURI)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			_ = server.Close()
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
		Pipe(conn, server)
	}
}

// startSOCKS starts a proxy of RFC 1928 and returns its address.
func startSOCKS(t testing.TB, user *url.Userinfo) string {
	return Serve(t, func(conn net.Conn) {
		defer conn.Close()
		server, err := socks(conn, user)
		if err == nil {
			Pipe(conn, server)
		}
	})
}

func socks(conn net.Conn, user *url.Userinfo) (net.Conn, error) {
	const noAuth, password = 0, 2
	methods, err := take(conn, 1, 1)
	if err != nil {
		return nil, err
	}
	method := byte(noAuth)
	if user != nil {
		method = password
	}
	if !bytes.Contains(methods, []byte{method}) {
		_, err := conn.Write([]byte{5, 0xff})
		return nil, fmt.Errorf("no method: %w", err)
	}
	if _, err := conn.Write([]byte{5, method}); err != nil {
		return nil, err
	}
	if user != nil {
		name, _ := take(conn, 1, 1)
		secret, _ := take(conn, 0, 1)
		if fmt.Sprintf("%s:%s", name, secret) != user.String() {
			_, err := conn.Write([]byte{1, 1})
			return nil, fmt.Errorf("refused: %w", err)
		}
		if _, err := conn.Write([]byte{1, 0}); err != nil {
			return nil, err
		}
	}
	head := make([]byte, 10) // IPv4 is all that these tests use
	if _, err := io.ReadFull(conn, head); err != nil {
		return nil, err
	}
	server, err := net.Dial("tcp", fmt.Sprintf("%v:%d", net.IP(head[4:8]), binary.BigEndian.Uint16(head[8:])))
	if err != nil {
		return nil, err
	}
	_, err = conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	return server, err
}

// take reads bytes that a length of one byte is before, after some to skip.
func take(r io.Reader, skip, length int) ([]byte, error) {
	head := make([]byte, skip+length)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	b := make([]byte, head[skip])
	_, err := io.ReadFull(r, b)
	return b, err
}

// Serve has f called with every connection, and returns where. The test waits for all
// of them.
func Serve(t testing.TB, f func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { f(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	return listener.Addr().String()
}

// Pipe copies both ways until one of them ends.
func Pipe(a, b net.Conn) {
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			_, _ = a.Close(), b.Close()
		})
	}
	both.Wait()
}
