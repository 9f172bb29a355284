package main

import (
	"net/http"
	"sync"

	"github.com/lxzan/gws"

	"github.com/sockvisor/sockvisor/bench/systems/system"
)

func hub(p system.Plan) error {
	return p.Serve(upgrading(gws.NewUpgrader(&chat{rooms: map[string]*room{}}, &gws.ServerOption{
		ReadBufferSize: readBuffer, Authorize: choose,
	})))
}

// chat broadcasts with gws's Broadcaster: one frame for all, a task a member.
type chat struct {
	gws.BuiltinEventHandler
	mu    sync.Mutex
	rooms map[string]*room
}

type room struct {
	mu      sync.Mutex
	members []*gws.Conn
}

// inRoom is the key of a session's room.
const inRoom = "room"

// choose is an Authorize: the room that a connection asks for is kept in its session.
func choose(r *http.Request, session gws.SessionStorage) bool {
	session.Store(inRoom, system.Room(r))
	return true
}

func (h *chat) of(c *gws.Conn) *room {
	stored, _ := c.Session().Load(inRoom)
	name := stored.(string)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rooms[name] == nil {
		h.rooms[name] = &room{}
	}
	return h.rooms[name]
}

func (h *chat) OnOpen(c *gws.Conn) {
	r := h.of(c)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = append(r.members, c)
}

func (h *chat) OnMessage(c *gws.Conn, message *gws.Message) {
	defer message.Close()
	b := gws.NewBroadcaster(message.Opcode, message.Bytes())
	defer b.Close()
	r := h.of(c)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, member := range r.members {
		_ = b.Broadcast(member)
	}
}
