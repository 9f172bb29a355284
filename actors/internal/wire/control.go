package wire

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Opcode says what a frame is (RFC 6455, section 5.2).
type Opcode byte

const (
	OpcodeContinuation Opcode = 0x0
	OpcodeText         Opcode = 0x1
	OpcodeBinary       Opcode = 0x2
	OpcodeClose        Opcode = 0x8
	OpcodePing         Opcode = 0x9
	OpcodePong         Opcode = 0xa
)

// maxControl is the most that a control frame can carry (RFC 6455, section 5.5).
const maxControl = 125

// MaxCloseReason is what a close frame has room for besides its code.
const MaxCloseReason = maxControl - 2

// Close codes (RFC 6455, section 7.4.1).
const (
	CloseProtocolError  = 1002
	CloseNoStatus       = 1005 // a close frame without a code; never sent
	CloseInvalidPayload = 1007
	CloseMessageTooBig  = 1009
)

// PingPayload is that of the ping with a number.
func PingPayload(number uint64) []byte { return binary.BigEndian.AppendUint64(nil, number) }

// PingNumber returns the number of a ping from its pong, or zero.
func PingNumber(pong []byte) uint64 {
	if len(pong) != 8 {
		return 0 // unsolicited (RFC 6455, section 5.5.3)
	}
	return binary.BigEndian.Uint64(pong)
}

// ClosePayload is that of a close frame.
func ClosePayload(code uint16, reason string) []byte {
	if code == CloseNoStatus {
		return nil
	}
	return append(binary.BigEndian.AppendUint16(nil, code), reason...)
}

// PeerClosed is a peer's close frame.
type PeerClosed struct {
	Code   uint16
	Reason string
}

// Error implements error.
func (p *PeerClosed) Error() string { return fmt.Sprintf("close frame %d %q", p.Code, p.Reason) }

// parseClose is what a peer says with the payload of a close frame: that it closes, if
// it may say so.
func parseClose(payload []byte) error {
	if len(payload) == 0 {
		return &PeerClosed{Code: CloseNoStatus}
	}
	code, reason := binary.BigEndian.Uint16(payload), payload[2:]
	switch {
	case !closesWith(code):
		return ProtocolError(fmt.Sprintf("close frame with code %d", code))
	case !utf8.Valid(reason):
		return &Violation{CloseInvalidPayload, "close reason that is not UTF-8"}
	default:
		return &PeerClosed{Code: code, Reason: string(reason)}
	}
}

// closesWith reports whether a close frame may carry a code (RFC 6455, section 7.4).
func closesWith(code uint16) bool {
	switch {
	case code >= 1004 && code <= 1006:
		return false
	default:
		return code >= 1000 && code <= 1014 || code >= 3000 && code <= 4999
	}
}
