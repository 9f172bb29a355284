package ws

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
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
func (a *Attempt) answer(conn net.Conn, r *http.Request) (*http.Response, error) {
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
	agree(a.sock, response.Header, false)
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
func (a *Attempt) refusal(ctx context.Context, answer messages.HandshakeError, body io.Reader) io.ReadCloser {
	enough := transport.LimitTime(ctx, time.Now().Add(answerBodyTime), a.Arrived)
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
