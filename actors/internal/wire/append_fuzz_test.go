package wire

import (
	"bytes"
	"context"
	"testing"

	"github.com/coder/websocket"
)

// FuzzAppendFrame: coder/websocket reads a frame of ours as the message it is, and one of
// its own is the same but for the key.
func FuzzAppendFrame(f *testing.F) {
	for _, size := range []int{0, 1, 125, 126, 0xffff, 0x10000} {
		f.Add(bytes.Repeat([]byte{0xa5}, size), false)
		f.Add(bytes.Repeat([]byte{0xa5}, size), true)
	}
	f.Fuzz(func(t *testing.T, payload []byte, masked bool) {
		frame := AppendFrame(nil, OpcodeBinary, payload, masked)
		to := &canned{reader: bytes.NewReader(frame)}
		server := to.open(t, masked)
		defer server.CloseNow()
		if kind, data, err := server.Read(context.Background()); err != nil || kind != websocket.MessageBinary || !bytes.Equal(data, payload) {
			t.Fatalf("coder/websocket reads %v of %d bytes, %v", kind, len(data), err)
		}
		from := &canned{reader: bytes.NewReader(nil)}
		client := from.open(t, !masked)
		defer client.CloseNow()
		if err := client.Write(context.Background(), websocket.MessageBinary, payload); err != nil {
			t.Fatal(err)
		}
		theirs := from.written.Bytes()
		ours, _ := ParseHeader(frame)
		if f, ok := ParseHeader(theirs); !ok || f != ours || f.FrameSize() != int64(len(theirs)) {
			t.Fatalf("coder/websocket writes %+v, not %+v", f, ours)
		}
		if data := theirs[ours.Size:]; masked {
			Mask(data, data, theirs[ours.Size-KeySize:])
		}
		if !bytes.Equal(theirs[ours.Size:], payload) {
			t.Error("the payload is another")
		}
	})
}
