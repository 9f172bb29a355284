package ws

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
)

// deflate are the parameters of permessage-deflate as one end names them (RFC 7692,
// section 7.1).
type deflate struct {
	serverNoContext, clientNoContext bool
}

const deflateName = "permessage-deflate"

// parseDeflate returns the parameters of an extension, or why there can be none such:
// a server declines an offer for it, a client fails the handshake.
func parseDeflate(parameters []string, isAnswer bool) (d deflate, err error) {
	var seen []string
	for _, parameter := range parameters {
		name, value, hasValue := strings.Cut(strings.TrimSpace(parameter), "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if slices.Contains(seen, name) {
			return d, fmt.Errorf("%s: %q is there twice", deflateName, name)
		}
		seen = append(seen, name)
		valid := !hasValue
		switch name {
		case "server_no_context_takeover":
			d.serverNoContext = true
		case "client_no_context_takeover":
			d.clientNoContext = true
		case "server_max_window_bits":
			valid = windowBits(value)
		case "client_max_window_bits": // never offered here, so no answer may have it
			valid = !isAnswer && (!hasValue || windowBits(value))
		default:
			valid = false
		}
		if !valid {
			return d, fmt.Errorf("%s: invalid parameter %q", deflateName, parameter)
		}
	}
	return d, nil
}

// windowBits reports whether a value is 8 to 15, which may be quoted.
func windowBits(value string) bool {
	if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
		value = value[1 : len(value)-1]
	}
	return slices.Contains([]string{"8", "9", "10", "11", "12", "13", "14", "15"}, value)
}

// extensionsOf returns the extensions of a handshake, each with its parameters.
func extensionsOf(header http.Header) (all [][]string) {
	for _, value := range header.Values("Sec-WebSocket-Extensions") {
		for _, extension := range strings.Split(value, ",") {
			if extension = strings.TrimSpace(extension); extension != "" {
				all = append(all, strings.Split(extension, ";"))
			}
		}
	}
	return all
}

func isDeflate(extension []string) bool { return strings.TrimSpace(extension[0]) == deflateName }

// checkDeflate returns why the answer to an offer is none, or nil. What coder/websocket
// checks is left to it.
func checkDeflate(offer, answer http.Header) error {
	for _, extension := range extensionsOf(answer) {
		if !isDeflate(extension) {
			continue
		}
		agreed, err := parseDeflate(extension[1:], true)
		if err != nil {
			return err
		}
		for _, offered := range extensionsOf(offer) {
			// It would be read as if it were so (RFC 7692, section 7.1.1.1).
			if d, _ := parseDeflate(offered[1:], false); d.serverNoContext && !agreed.serverNoContext {
				return fmt.Errorf("%s: server_no_context_takeover was asked for and is not agreed to", deflateName)
			}
		}
	}
	return nil
}

// agree notes what the answer to a handshake says of the peer's messages: of a client's at
// a server.
func agree(sock *transport.Socket, answer http.Header, atServer bool) {
	for _, extension := range extensionsOf(answer) {
		d, _ := parseDeflate(extension[1:], true)
		noContext := d.serverNoContext
		if atServer {
			noContext = d.clientNoContext
		}
		sock.Agreed(true, !noContext)
	}
}

// withValidOffers returns a request without the offers that a server must decline (RFC
// 7692, section 7.1).
func withValidOffers(r *http.Request) *http.Request {
	var valid []string
	offers := extensionsOf(r.Header)
	for _, offer := range offers {
		if _, err := parseDeflate(offer[1:], false); !isDeflate(offer) || err == nil {
			valid = append(valid, strings.Join(offer, ";"))
		}
	}
	if len(valid) == len(offers) {
		return r
	}
	kept := *r
	kept.Header = r.Header.Clone()
	kept.Header["Sec-Websocket-Extensions"] = valid
	return &kept
}

// checkAnswer returns why an answer to a handshake breaks it, or nil. What
// coder/websocket checks is left to it: it looks at the first of each header.
func checkAnswer(request, answer http.Header) error {
	for _, once := range []string{"Sec-WebSocket-Accept", "Sec-WebSocket-Protocol"} { // RFC 6455, section 11.3
		if n := len(answer.Values(once)); n > 1 {
			return fmt.Errorf("%d headers %s", n, once)
		}
	}
	return checkDeflate(request, answer)
}
