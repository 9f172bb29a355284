package main

import (
	"net/http"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/sockvisor/sockvisor/bench/systems/system"
)

// hub is that of gorilla's chat example: a goroutine that owns the clients, and
// for each client a channel of 256 messages and a goroutine that writes from it.
// The example writes one frame a message where the browser needs it to; so does
// this, of a message prepared once for all. Each room has its own.
func hub(p system.Plan) error {
	h := hotel{rooms: map[string]*chat{}}
	return p.Serve(accept(p, func(r *http.Request) func(*websocket.Conn) { return h.room(system.Room(r)).serve }))
}

// hotel has a chat for each room.
type hotel struct {
	mu    sync.Mutex
	rooms map[string]*chat
}

func (h *hotel) room(name string) *chat {
	h.mu.Lock()
	defer h.mu.Unlock()
	room := h.rooms[name]
	if room == nil {
		room = &chat{register: make(chan *member), broadcast: make(chan *websocket.PreparedMessage)}
		h.rooms[name] = room
		go room.run()
	}
	return room
}

type chat struct {
	members   []*member
	register  chan *member
	broadcast chan *websocket.PreparedMessage
}

type member struct {
	conn *websocket.Conn
	send chan *websocket.PreparedMessage
}

func (h *chat) run() {
	for {
		select {
		case m := <-h.register:
			h.members = append(h.members, m)
		case message := <-h.broadcast:
			for _, m := range h.members {
				m.send <- message
			}
		}
	}
}

func (h *chat) serve(c *websocket.Conn) {
	m := &member{conn: c, send: make(chan *websocket.PreparedMessage, 256)}
	h.register <- m
	go m.write()
	for {
		kind, data, err := c.ReadMessage()
		if err != nil {
			return
		}
		message, err := websocket.NewPreparedMessage(kind, data)
		if err != nil {
			return
		}
		h.broadcast <- message
	}
}

func (m *member) write() {
	for message := range m.send {
		if m.conn.WritePreparedMessage(message) != nil {
			return
		}
	}
}
