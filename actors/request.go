package actors

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
)

// checkRequest returns the error for which a request is no opening handshake
// (RFC 6455, section 4.2.1), or nil. coder/websocket asks the same, but too late: by
// then a crawler has spent the accept rate, and run the hook.
func checkRequest(r *http.Request) error {
	switch {
	case r.ProtoMajor > 1: // RFC 8441's way is none that net/http offers
		return &UpgradeError{
			Status: http.StatusHTTPVersionNotSupported,
			Reason: "a WebSocket is opened over HTTP/1.1, not " + r.Proto,
		}
	case !r.ProtoAtLeast(1, 1):
		return upgradeRequired("a WebSocket is opened over HTTP/1.1, not " + r.Proto)
	case !hasToken(r.Header, "Connection", "Upgrade"):
		return upgradeRequired("no WebSocket handshake: Connection does not name Upgrade")
	case !hasToken(r.Header, "Upgrade", "websocket"):
		return upgradeRequired("no WebSocket handshake: Upgrade does not name websocket")
	case r.Method != http.MethodGet:
		return &UpgradeError{
			Status: http.StatusMethodNotAllowed, Reason: "a WebSocket is opened with GET", Header: http.Header{"Allow": {"GET"}},
		}
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return &UpgradeError{
			Status: http.StatusBadRequest,
			Reason: fmt.Sprintf("Sec-WebSocket-Version is %s, not 13", quoted(r.Header.Get("Sec-WebSocket-Version"))),
			Header: http.Header{"Sec-Websocket-Version": {"13"}},
		}
	case r.ContentLength != 0: // it would be taken for frames
		return &UpgradeError{Status: http.StatusBadRequest, Reason: "a WebSocket handshake has no body"}
	}
	return checkKey(r.Header.Values("Sec-WebSocket-Key"))
}

func checkKey(keys []string) error {
	if len(keys) == 1 {
		if key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(keys[0])); err == nil && len(key) == 16 {
			return nil
		}
	}
	return &UpgradeError{Status: http.StatusBadRequest, Reason: "Sec-WebSocket-Key must be one, of 16 bytes in base64"}
}

// upgradeRequired says what to ask for instead (RFC 9110, section 15.5.22).
func upgradeRequired(reason string) error {
	return &UpgradeError{
		Status: http.StatusUpgradeRequired, Reason: reason,
		Header: http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}},
	}
}

// hasToken reports whether a header that is a list names a token, in any case.
func hasToken(header http.Header, name, token string) bool {
	for _, list := range header.Values(name) {
		for part := range strings.SplitSeq(list, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}
