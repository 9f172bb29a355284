package main

import (
	"sync"

	"github.com/lxzan/gws"

	"github.com/sockvisor/sockvisor/bench/systems/system"
)

func hub(p system.Plan) error { return p.Serve(accept(p, &chat{}, readBuffer)) }

// chat broadcasts with gws's Broadcaster: one frame for all, a task a member.
type chat struct {
	gws.BuiltinEventHandler
	mu      sync.Mutex
	members []*gws.Conn
}

func (h *chat) OnOpen(c *gws.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.members = append(h.members, c)
}

func (h *chat) OnMessage(_ *gws.Conn, message *gws.Message) {
	defer message.Close()
	b := gws.NewBroadcaster(message.Opcode, message.Bytes())
	defer b.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.members {
		_ = b.Broadcast(c)
	}
}
