package supervisor

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/sockvisor/sockvisor/messages"
)

// Verdict is what a failure's reason says about trying again.
type Verdict int

const (
	// Retry tries again after the policy's delay.
	Retry Verdict = iota
	// RetryOnce tries again, with fresh credentials (actors.WithCredentials), and
	// stops if the very next attempt ends with this verdict too.
	RetryOnce
	// Stop ends the connection.
	Stop
)

// Classify is the default classifier of a [Policy]:
//
//	handshake status 400 401 403 404 410     RetryOnce
//	close code 1002 1003 1007 1008 1009 1010 Stop
//	close code 3500-3999 4500-4999           Stop
//	everything else                          Retry
//
// The codes are those of the peer's close frame; the ranges are what Centrifugo calls
// terminal. A classifier of one's own may call it for what it does not decide.
func Classify(reason error) Verdict {
	var handshake *messages.HandshakeError
	if errors.As(reason, &handshake) {
		switch handshake.Status {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
			return RetryOnce
		}
		return Retry
	}
	var closed *messages.PeerClosedError
	if errors.As(reason, &closed) && terminal(closed.Code) {
		return Stop
	}
	return Retry
}

// terminal reports whether a peer that closed with a code would do so again.
func terminal(code messages.CloseCode) bool {
	switch code {
	case messages.CloseProtocolError, messages.CloseUnsupportedData, messages.CloseInvalidPayload,
		messages.ClosePolicyViolation, messages.CloseMessageTooBig, messages.CloseMandatoryExtension:
		return true
	}
	return code >= 3500 && code <= 3999 || code >= 4500 && code <= 4999
}

// OnCloseCodes is a classifier that stops when the peer closed with one of the codes,
// and else says what [Classify] says.
func OnCloseCodes(codes ...messages.CloseCode) func(reason error) Verdict {
	return func(reason error) Verdict {
		var closed *messages.PeerClosedError
		if errors.As(reason, &closed) && slices.Contains(codes, closed.Code) {
			return Stop
		}
		return Classify(reason)
	}
}

// retryAfter is how long a server, or a proxy, asks to be left alone (RFC 9110, section
// 10.2.3): in seconds or until a date. Zero if it does not ask.
func retryAfter(reason error, now time.Time) time.Duration {
	value := headerOf(reason).Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(math.MaxInt64/time.Second))) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(date.Sub(now), 0)
	}
	return 0
}

// headerOf returns that of the answer that refused an attempt, or nil.
func headerOf(reason error) http.Header {
	if handshake, ok := as[*messages.HandshakeError](reason); ok {
		return handshake.Header
	}
	if proxy, ok := as[*messages.ProxyError](reason); ok {
		return proxy.Header
	}
	return nil
}

// as finds an E in what an error wraps. Some of that may be the user's, whose methods
// may panic.
func as[E error](err error) (e E, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	ok = errors.As(err, &e)
	return e, ok
}
