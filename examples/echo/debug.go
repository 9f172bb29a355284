package main

import (
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime/debug"
)

// serveDebug serves what only those who run the server may see, on an address of
// its own.
func serveDebug(addr string) error {
	if addr == "" {
		return nil
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("debug on http://%v/debug/\n", listener.Addr())
	http.HandleFunc("POST /debug/free", func(http.ResponseWriter, *http.Request) { debug.FreeOSMemory() })
	go func() {
		if err := http.Serve(listener, nil); err != nil {
			fmt.Fprintln(os.Stderr, "echo: debug:", err)
		}
	}()
	return nil
}
