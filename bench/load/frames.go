package load

import "github.com/gobwas/ws"

// request is the frame of a client, which is masked; response that of a server.
func request(size int) []byte {
	return ws.MustCompileFrame(ws.MaskFrameWith(ws.NewBinaryFrame(make([]byte, size)), [4]byte{1, 2, 3, 4}))
}

func response(size int) []byte { return ws.MustCompileFrame(ws.NewBinaryFrame(make([]byte, size))) }

func repeat(frame []byte, n int) []byte {
	all := make([]byte, 0, len(frame)*n)
	for range n {
		all = append(all, frame...)
	}
	return all
}
