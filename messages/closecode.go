package messages

import "fmt"

// CloseCode says why a WebSocket was closed (RFC 6455, section 7.4, and the
// IANA WebSocket Close Code Number Registry).
type CloseCode uint16

const (
	CloseNormal             CloseCode = 1000
	CloseGoingAway          CloseCode = 1001
	CloseProtocolError      CloseCode = 1002
	CloseUnsupportedData    CloseCode = 1003
	CloseNoStatus           CloseCode = 1005 // a close frame without a code; never sent
	CloseAbnormal           CloseCode = 1006 // no close frame at all; never sent
	CloseInvalidPayload     CloseCode = 1007
	ClosePolicyViolation    CloseCode = 1008
	CloseMessageTooBig      CloseCode = 1009
	CloseMandatoryExtension CloseCode = 1010
	CloseInternalError      CloseCode = 1011
	CloseServiceRestart     CloseCode = 1012
	CloseTryAgainLater      CloseCode = 1013
	CloseBadGateway         CloseCode = 1014
	CloseTLSHandshake       CloseCode = 1015 // never sent
	maxCloseReason                    = 123  // RFC 6455, section 5.5, less the code
	firstLibraryCode                  = 3000
	lastPrivateCode                   = 4999
	lastProtocolCode                  = CloseBadGateway
	reservedCode            CloseCode = 1004
)

// Sendable reports whether a close frame may carry the code.
func (c CloseCode) Sendable() bool {
	switch c {
	case reservedCode, CloseNoStatus, CloseAbnormal:
		return false
	}
	return c >= CloseNormal && c <= lastProtocolCode ||
		c >= firstLibraryCode && c <= lastPrivateCode
}

// String returns the number and, where the registry has one, the name.
func (c CloseCode) String() string {
	if name, ok := closeCodeNames[c]; ok {
		return fmt.Sprintf("%d %s", uint16(c), name)
	}
	return fmt.Sprintf("%d", uint16(c))
}

var closeCodeNames = map[CloseCode]string{
	CloseNormal:             "normal closure",
	CloseGoingAway:          "going away",
	CloseProtocolError:      "protocol error",
	CloseUnsupportedData:    "unsupported data",
	CloseNoStatus:           "no status received",
	CloseAbnormal:           "abnormal closure",
	CloseInvalidPayload:     "invalid payload",
	ClosePolicyViolation:    "policy violation",
	CloseMessageTooBig:      "message too big",
	CloseMandatoryExtension: "mandatory extension",
	CloseInternalError:      "internal error",
	CloseServiceRestart:     "service restart",
	CloseTryAgainLater:      "try again later",
	CloseBadGateway:         "bad gateway",
	CloseTLSHandshake:       "TLS handshake",
}
