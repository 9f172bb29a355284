package actors

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
	"github.com/sockvisor/sockvisor/messages"
)

// Bounds of the answer to a handshake.
const (
	handshakeBuffer = 1 << 10
	maxAnswer       = 256 << 10       // of its header, as in Chrome
	maxAnswerBody   = 1 << 10         // of a refusal's body, to be shown
	answerBodyTime  = 1 * time.Second // for it to come
	maxInformation  = 5               // answers of 1xx before the last one, as in net/http
)

// handshake makes the handshake, over a socket that is the attempt's sock from when
// there is one.
func (a *dialAttempt) handshake(ctx context.Context, with Credentials) (*dialed, error) {
	url, err := urlAsSent(with.URL)
	if err != nil {
		return nil, err
	}
	header, host := splitHost(with.Header)
	made := &ws.Conn{}
	onPing, onPong := made.Handlers()
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient:      a.client(),
		HTTPHeader:      header,
		Host:            host,
		Subprotocols:    with.Subprotocols,
		CompressionMode: a.conn.config.compression,
		OnPingReceived:  onPing,
		OnPongReceived:  onPong,
	})
	inTime := a.unwatch == nil || a.unwatch()
	switch {
	case a.err != nil:
		return nil, a.err // without what net/http and coder/websocket say around it
	case err != nil:
		return nil, err
	}
	made.Made(conn, a.sock, a.conn.config.compression)
	if !inTime {
		made.Abort()
		return nil, ctx.Err()
	}
	a.upgraded.Open()
	a.sock.Frames()
	return &dialed{ws: made}, nil
}

// client returns the HTTP client of this one attempt. coder/websocket reads and writes
// what the body of its response is.
func (a *dialAttempt) client() *http.Client {
	return &http.Client{Transport: a, CheckRedirect: doNotFollow}
}

// doNotFollow leaves a redirect as the answer: browsers do not follow it, and
// the headers may hold secrets that are not for wherever it leads.
func doNotFollow(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// RoundTrip implements http.RoundTripper, in place of http.Transport, which dials and
// reads on goroutines that outlive the attempt, and that a panic of the user's kills
// the process on.
func (a *dialAttempt) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := a.roundTrip(r)
	if err != nil {
		err = a.cause(r.Context(), err)
	}
	a.err = err
	return response, err
}

// cause is why the socket was closed, if it was, or err.
func (a *dialAttempt) cause(ctx context.Context, err error) error {
	if over := ctx.Err(); over != nil {
		return over
	}
	if a.sock != nil && errors.Is(err, net.ErrClosed) && a.sock.Failure() != nil {
		return a.sock.Failure()
	}
	return err
}

func (a *dialAttempt) roundTrip(r *http.Request) (*http.Response, error) {
	conn, err := a.reach(r)
	if err != nil {
		return nil, err
	}
	if err := writeRequest(conn, r); err != nil {
		return nil, err
	}
	a.reached.Store(&reached{answer: &messages.HandshakeError{}})
	return a.answer(conn, r)
}

// writeRequest writes a request without a body at once.
func writeRequest(conn io.Writer, r *http.Request) error {
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		return err
	}
	_, err := conn.Write(b.Bytes())
	return err
}

// answer reads the answer to a handshake.
func (a *dialAttempt) answer(conn net.Conn, r *http.Request) (*http.Response, error) {
	response, rest, err := readAnswer(conn, r)
	if err != nil {
		return nil, err
	}
	answer := &messages.HandshakeError{Status: response.StatusCode, Header: response.Header}
	a.reached.Store(&reached{answer: answer})
	if response.StatusCode != http.StatusSwitchingProtocols {
		response.Body = a.refusal(r.Context(), *answer, response.Body)
		return response, nil
	}
	if err := checkAnswer(r.Header, response.Header); err != nil {
		return nil, err
	}
	ahead, err := rest.Peek(rest.Buffered())
	if err != nil {
		return nil, err
	}
	agree(a.sock, response.Header, client)
	a.upgraded = a.sock.Upgraded(conn, bytes.Clone(ahead))
	response.Body = a.upgraded
	return response, nil
}

var errAnswerTooLarge = errors.New("the header of the answer is larger than 256 KiB")

// readAnswer reads the header of an answer. What of its body, or after it, was read
// ahead is in rest.
func readAnswer(conn io.Reader, r *http.Request) (_ *http.Response, rest *bufio.Reader, err error) {
	limited := &io.LimitedReader{R: conn, N: maxAnswer}
	rest = bufio.NewReaderSize(limited, handshakeBuffer)
	for range maxInformation + 1 {
		response, err := http.ReadResponse(rest, r)
		switch {
		case err != nil && limited.N == 0:
			return nil, nil, errAnswerTooLarge
		case err != nil:
			return nil, nil, err
		case response.StatusCode >= http.StatusOK || response.StatusCode == http.StatusSwitchingProtocols:
			limited.N = maxAnswer // for the body
			return response, rest, nil
		}
	}
	return nil, nil, errors.New("the server has only information to give (HTTP 1xx)")
}

// refusal reads the beginning of a refusal's body, for people. That must not hold up
// the attempt.
func (a *dialAttempt) refusal(ctx context.Context, answer messages.HandshakeError, body io.Reader) io.ReadCloser {
	enough := transport.LimitTime(ctx, time.Now().Add(answerBodyTime), a.arrived)
	defer enough.Stop()
	context.AfterFunc(enough, a.sock.Abort) // however it ends: a refused socket is of no use
	b := make([]byte, 0, maxAnswerBody)
	for len(b) < cap(b) {
		n, err := body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err != nil {
			break
		}
		part := answer
		part.Body = b[:len(b):len(b)]
		a.reached.Store(&reached{answer: &part})
	}
	whole := answer
	whole.Body = b
	a.reached.Store(&reached{answer: &whole})
	a.sock.Abort()
	return io.NopCloser(bytes.NewReader(b))
}
