package actors

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// opcode says what a frame is (RFC 6455, section 5.2).
type opcode byte

const (
	opcodeContinuation opcode = 0x0
	opcodeText         opcode = 0x1
	opcodeBinary       opcode = 0x2
	opcodeClose        opcode = 0x8
	opcodePing         opcode = 0x9
	opcodePong         opcode = 0xa
)

// maxControl is the most that a control frame can carry (RFC 6455, section 5.5).
const maxControl = 125

// maxCloseReason is what a close frame has room for besides its code.
const maxCloseReason = maxControl - 2

// Close codes (RFC 6455, section 7.4.1).
const (
	closeProtocolError  = 1002
	closeNoStatus       = 1005 // a close frame without a code; never sent
	closeInvalidPayload = 1007
	closeMessageTooBig  = 1009
)

// pingPayload is that of the ping with a number.
func pingPayload(number uint64) []byte { return binary.BigEndian.AppendUint64(nil, number) }

// pingNumber returns the number of a ping from its pong, or zero.
func pingNumber(pong []byte) uint64 {
	if len(pong) != 8 {
		return 0 // unsolicited (RFC 6455, section 5.5.3)
	}
	return binary.BigEndian.Uint64(pong)
}

// closePayload is that of a close frame.
func closePayload(code uint16, reason string) []byte {
	if code == closeNoStatus {
		return nil
	}
	return append(binary.BigEndian.AppendUint16(nil, code), reason...)
}

// peerClosed is a peer's close frame.
type peerClosed struct {
	Code   uint16
	Reason string
}

// Error implements error.
func (p *peerClosed) Error() string { return fmt.Sprintf("close frame %d %q", p.Code, p.Reason) }

// parseClose is what a peer says with the payload of a close frame: that it closes, if
// it may say so.
func parseClose(payload []byte) error {
	if len(payload) == 0 {
		return &peerClosed{Code: closeNoStatus}
	}
	code, reason := binary.BigEndian.Uint16(payload), payload[2:]
	switch {
	case !closesWith(code):
		return against(fmt.Sprintf("close frame with code %d", code))
	case !utf8.Valid(reason):
		return &violation{closeInvalidPayload, "close reason that is not UTF-8"}
	default:
		return &peerClosed{Code: code, Reason: string(reason)}
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
