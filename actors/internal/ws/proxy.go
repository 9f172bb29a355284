package ws

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"golang.org/x/net/proxy"

	"github.com/sockvisor/sockvisor/actors/internal/blame"
	"github.com/sockvisor/sockvisor/messages"
)

// proxyFor returns the proxy of a request, or nil.
func (a *Attempt) proxyFor(r *http.Request) (u *url.URL, err error) {
	if a.dialer.Proxy == nil {
		return nil, nil
	}
	defer blame.Contained("WithProxy", &err)
	return a.dialer.Proxy(r)
}

// dialProxy returns a connection to a server through a proxy.
func (a *Attempt) dialProxy(ctx context.Context, u *url.URL, server string, secure bool) (net.Conn, error) {
	a.reached.Store(&reached{proxy: proxyName(u)})
	conn, err := a.throughProxy(ctx, u, server, secure)
	if err != nil {
		return nil, err
	}
	a.reached.Store(&reached{})
	return conn, nil
}

// proxyName is what a proxy is called in errors: without its password.
func proxyName(u *url.URL) string { return u.Scheme + "://" + u.Host }

func (a *Attempt) throughProxy(ctx context.Context, u *url.URL, server string, secure bool) (net.Conn, error) {
	if u.Hostname() == "" {
		return nil, errors.New("its URL has no host")
	}
	switch u.Scheme {
	case "http", "https":
		return a.connectThrough(ctx, u, server, secure)
	case "socks5", "socks5h":
		conn, err := a.dialSocket(ctx, address(u), secure)
		if err != nil {
			return nil, err
		}
		return conn, askSOCKS(ctx, conn, u, server)
	default:
		return nil, errors.New("its scheme is not http, https, socks5 or socks5h")
	}
}

// connectThrough has an HTTP proxy connect to the server: for ws too (RFC 6455,
// section 4.1), since one that reads the requests may not know of upgrades.
func (a *Attempt) connectThrough(ctx context.Context, u *url.URL, server string, secure bool) (net.Conn, error) {
	toProxy := u.Scheme == "https"
	conn, err := a.dialSocket(ctx, address(u), secure || toProxy)
	if err == nil && toProxy {
		conn, err = a.secureProxy(ctx, conn, u)
	}
	if err != nil {
		return nil, err
	}
	return conn, askHTTP(conn, u, server)
}

// askHTTP asks a proxy to connect to the server (RFC 9110, section 9.3.6).
func askHTTP(conn net.Conn, u *url.URL, server string) error {
	r := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: server}, Host: server, Header: http.Header{}}
	if u.User != nil {
		password, _ := u.User.Password()
		basic := base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password))
		r.Header.Set("Proxy-Authorization", "Basic "+basic)
	}
	if err := writeRequest(conn, r); err != nil {
		return err
	}
	response, rest, err := readAnswer(conn, r)
	switch {
	case err != nil:
		return err
	case response.StatusCode/100 != 2:
		return &messages.ProxyError{
			Proxy: proxyName(u), Status: response.StatusCode, Header: response.Header,
			Err: whyRefused(response, u.User != nil),
		}
	case rest.Buffered() > 0:
		return errors.New("it sent more than its answer") // a server does not speak first
	}
	return nil
}

// whyRefused says what can be done about a refusal, or nil.
func whyRefused(response *http.Response, credentials bool) error {
	if response.StatusCode != http.StatusProxyAuthRequired {
		return nil
	}
	why := "its URL has no user and password"
	if credentials {
		why = "it does not take the user and password of its URL"
	}
	if asked := response.Header.Get("Proxy-Authenticate"); asked != "" {
		return fmt.Errorf("%s: it asks for %.100q", why, asked)
	}
	return errors.New(why)
}

// askSOCKS asks a SOCKS5 proxy to connect to the server. The connection stays what it
// was.
func askSOCKS(ctx context.Context, conn net.Conn, u *url.URL, server string) error {
	var auth *proxy.Auth
	if u.User != nil {
		password, _ := u.User.Password()
		auth = &proxy.Auth{User: u.User.Username(), Password: password}
	}
	dialer, err := proxy.SOCKS5("tcp", address(u), auth, already{conn})
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // its end aborts the socket, and is not before what has arrived is read
	_, err = dialer.(proxy.ContextDialer).DialContext(ctx, "tcp", server)
	return err
}

// already is a dialer of a connection that is there.
type already struct{ conn net.Conn }

func (a already) Dial(string, string) (net.Conn, error) { return a.conn, nil }

func (a already) DialContext(context.Context, string, string) (net.Conn, error) { return a.conn, nil }
