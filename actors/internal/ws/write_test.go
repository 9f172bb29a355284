package ws

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// coder/websocket writes control frames when asked to write a message of their
// opcode: masked, whole, and after a close frame nothing.
func TestControlFrames(t *testing.T) {
	for name, mode := range map[string]websocket.CompressionMode{
		"plain": websocket.CompressionDisabled, "compressed": websocket.CompressionContextTakeover,
	} {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			frames := make(chan []byte, 1)
			client, server := net.Pipe()
			go func() { frames <- readAfterUpgrade(server, mode) }()
			ws, _, err := websocket.Dial(context.Background(), "ws://pipe.test/", &websocket.DialOptions{
				HTTPClient: &http.Client{Transport: &http.Transport{
					DisableKeepAlives: true,
					DialContext:       func(context.Context, string, string) (net.Conn, error) { return client, nil },
				}},
				CompressionMode: mode,
			})
			if err != nil {
				t.Fatal(err)
			}
			c := &Conn{conn: ws, Socket: transport.New(client, transport.Options{})}
			if err := c.WriteAside(wire.OpcodePing, wire.PingPayload(0x0102030405060708)); err != nil {
				t.Fatal(err)
			}
			if err := c.Close(4001, "bye"); err != nil {
				t.Fatal(err)
			}
			if err := c.WriteAside(wire.OpcodeText, []byte("late")); err == nil {
				t.Error("a message was written after the close frame")
			}
			c.CloseNow()
			want := append([]byte{0x89, 1, 2, 3, 4, 5, 6, 7, 8, 0x88, 0x0f, 0xa1}, "bye"...)
			if got := unmasked(<-frames); !bytes.Equal(got, want) {
				t.Errorf("on the wire: %x, want %x", got, want)
			}
		})
	}
}

func readAfterUpgrade(conn net.Conn, mode websocket.CompressionMode) []byte {
	defer conn.Close()
	l := make(chan []byte, 1)
	reader := bufio.NewReader(conn)
	request, err := http.ReadRequest(reader)
	if err != nil {
		return nil
	}
	recorder := &hijacked{conn: conn, reader: reader, header: http.Header{}}
	if _, err := websocket.Accept(recorder, request, &websocket.AcceptOptions{CompressionMode: mode}); err != nil {
		return []byte(err.Error())
	}
	go func() {
		all, _ := io.ReadAll(conn)
		l <- all
	}()
	return <-l
}

// hijacked is a ResponseWriter on a bare connection.
type hijacked struct {
	conn   net.Conn
	reader *bufio.Reader
	header http.Header
}

func (h *hijacked) Header() http.Header         { return h.header }
func (h *hijacked) Write(b []byte) (int, error) { return h.conn.Write(b) }

func (h *hijacked) WriteHeader(int) {
	_, _ = io.WriteString(h.conn, "HTTP/1.1 101 Switching Protocols\r\n")
	_ = h.header.Write(h.conn)
	_, _ = io.WriteString(h.conn, "\r\n")
}

func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(h.reader, bufio.NewWriter(h.conn)), nil
}

// unmask returns the first byte and the payload of small masked frames.
func unmasked(wire []byte) (frames []byte) {
	for len(wire) >= 6 && wire[1]&0x80 != 0 {
		size := int(wire[1] & 0x7f)
		frames = append(frames, wire[0])
		for i, b := range wire[6 : 6+size] {
			frames = append(frames, b^wire[2+i%4])
		}
		wire = wire[6+size:]
	}
	return frames
}
