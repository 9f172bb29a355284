// Tcp echoes bytes and knows nothing of WebSocket: the ceiling.
package main

import (
	"net"

	"github.com/sockvisor/sockvisor/bench/systems/system"
)

func main() { system.Main(map[string]system.Role{"serve": serve}) }

func serve(p system.Plan) error {
	listener, err := p.Listen()
	if err != nil {
		return err
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go echo(conn)
	}
}

func echo(conn net.Conn) {
	defer conn.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		if _, err := conn.Write(buffer[:n]); err != nil {
			return
		}
	}
}
