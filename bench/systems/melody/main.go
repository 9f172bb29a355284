// Melody is olahol/melody, made for broadcasts over gorilla/websocket.
package main

import (
	"net/http"

	"github.com/olahol/melody"

	"github.com/sockvisor/sockvisor/bench/systems/system"
)

func main() { system.Main(map[string]system.Role{"hub": hub}) }

func hub(p system.Plan) error {
	m := melody.New()
	m.HandleMessageBinary(func(_ *melody.Session, message []byte) { _ = m.BroadcastBinary(message) })
	return p.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = m.HandleRequest(w, r) }))
}
