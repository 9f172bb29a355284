package load

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"net"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
)

// Hello is the one message each way that there is on a connection before it is idle.
// Zero is none.
type Hello struct {
	frame   []byte
	deflate *wsflate.Parameters
}

// Plain is a hello of so many bytes.
func Plain(size int) Hello { return Hello{frame: request(size)} }

// Deflated is a hello of so many bytes of text that is compressed, as its echo must be.
func Deflated(size int, takeover bool) Hello {
	frame := ws.NewBinaryFrame(deflate(size))
	frame.Header.Rsv = ws.Rsv(true, false, false)
	return Hello{
		frame:   ws.MustCompileFrame(ws.MaskFrameWith(frame, [4]byte{1, 2, 3, 4})),
		deflate: &wsflate.Parameters{ServerNoContextTakeover: !takeover, ClientNoContextTakeover: !takeover},
	}
}

// deflate makes the payload of a first message (RFC 7692, section 7.2.1).
func deflate(size int) []byte {
	var text, out bytes.Buffer
	for i := 0; text.Len() < size; i++ {
		fmt.Fprintf(&text, `{"id":%d,"price":%d,"side":"buy"},`, i, i*i%997)
	}
	w, _ := flate.NewWriter(&out, flate.DefaultCompression)
	_, _ = w.Write(text.Bytes()[:size])
	_ = w.Flush()
	return bytes.TrimSuffix(out.Bytes(), []byte{0, 0, 0xff, 0xff})
}

func (h Hello) extensions() []httphead.Option {
	if h.deflate == nil {
		return nil
	}
	return []httphead.Option{h.deflate.Option()}
}

// say sends the message and waits for its echo.
func (h Hello) say(conn net.Conn, handshake ws.Handshake) error {
	if h.frame == nil {
		return nil
	}
	if h.deflate != nil && len(handshake.Extensions) == 0 {
		return errors.New("the server does not compress")
	}
	if _, err := conn.Write(h.frame); err != nil {
		return err
	}
	frame, err := ws.ReadFrame(conn)
	if err == nil && h.deflate != nil && !frame.Header.Rsv1() {
		err = errors.New("the server has not compressed the echo")
	}
	return err
}
