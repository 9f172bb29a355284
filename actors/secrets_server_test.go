package actors_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/messages"
)

// A server says no more of what its clients came with, be it refused, open or failed.
func TestNoSecretOfARequestIsSaid(t *testing.T) {
	fails := errors.New("on purpose")
	received := func(f func()) []actors.Option {
		return []actors.Option{actors.WithIncoming(actors.IncomingFunc(func(m *messages.Received) *messages.Received { f(); return m }))}
	}
	for name, options := range map[string][]actors.Option{
		"goes well":    nil,
		"panics":       received(func() { panic(fails) }),
		"first":        {actors.WithOnOpen(func(uint64) []*messages.Send { panic(fails) })},
		"against size": {actors.WithReadLimit(1)},
		"hook refuses": {actors.WithUpgrade(func(r *http.Request) (any, error) { return nil, fmt.Errorf("%s: %w", r.URL, fails) })},
		"hook refuses in full": {actors.WithUpgrade(func(r *http.Request) (any, error) {
			return nil, &actors.UpgradeError{Status: http.StatusForbidden, Reason: "not today"}
		})},
		"no room": {actors.WithAcceptRate(1, 1), actors.WithMaxConnections(1)},
		"origin":  {actors.WithOriginPatterns("elsewhere.test")},
	} {
		for _, query := range []string{
			"?token=" + secret, "?" + secret, "?a=b&" + secret, "?" + secret + "=", "?" + secret + "&http://host", "?a=b'" + secret, "?`" + secret,
		} {
			t.Run(name+", "+query, func(t *testing.T) { visit(t, query, options) })
		}
	}
}

// visit has two clients come, of whom the second need not get in.
func visit(t *testing.T, query string, options []actors.Option) {
	sup, h := overhear(t)
	conns := make(chan *actors.Conn, 2)
	server := httptest.NewUnstartedServer(actors.Accept(sup, append([]actors.Option{
		actors.WithOriginPatterns("page.test")}, append(options, actors.WithCallbacks(actors.Callbacks{
		OnOpen:    func(c *actors.Conn, e *messages.Opened) { h.event(e); conns <- c },
		OnMessage: func(_ *actors.Conn, e *messages.Received) { h.event(e) },
		OnError:   func(_ *actors.Conn, e *messages.Failed) { h.event(e) },
		OnClose:   func(_ *actors.Conn, e *messages.Closed) { h.event(e) },
	}))...)...))
	server.Config.ErrorLog = discardLog
	server.Start()
	defer server.Close()
	for range 2 {
		ws, response, err := websocket.Dial(t.Context(), server.URL+"/ws"+query, &websocket.DialOptions{HTTPHeader: http.Header{
			"Authorization": {"Bearer " + secret}, "Cookie": {"id=" + secret}, "Origin": {"http://page.test"},
		}})
		if err != nil {
			if response == nil || response.StatusCode < 400 {
				t.Fatal(err)
			}
			continue
		}
		_ = ws.Write(t.Context(), websocket.MessageText, []byte("hello"))
		c := <-conns
		if c.URL() != "/ws"+query {
			t.Errorf("URL %q", c.URL())
		}
		for how, text := range textsOf(c) {
			fmt.Fprintf(h, "%s: %s\n", how, text)
		}
		fmt.Fprintf(h, "%#v\n", c)
		inspected, err := sup.System().Root.RequestFuture(c.PID(), &messages.Inspect{}, time.Minute).Result()
		if errors.Is(err, actor.ErrTimeout) { // it may be over, but not hang
			t.Error(err)
		}
		h.event(inspected)
		_ = ws.Close(websocket.StatusNormalClosure, "")
		for how, text := range textsOf(c) {
			fmt.Fprintf(h, "%s: %s\n", how, text)
		}
	}
	stopInTime(t, sup)
	noSecretIn(t, h.String())
}
