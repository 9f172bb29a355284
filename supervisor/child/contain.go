package child

import (
	"context"
	"log/slog"
	"runtime/debug"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// Contained is how a tree sends, publishes and logs, on whatever goroutine: code of the
// user's runs there too, which are the subscribers of the EventStream, also to the dead
// letters that a send or a stop may make, and the logger. A panic in it is logged, if
// it is not the logger's, and hurts nobody else. All methods may be called from any
// goroutine.
//
// A subscriber should not block: it runs on the goroutine of who publishes. Those of a
// [actor.SupervisorEvent] or a receipt run on that of the connection it is about, those
// of a messages.RejectedEvent on that of whoever sent, or of the connection.
type Contained struct {
	system *actor.ActorSystem
	root   *actor.RootContext // without the middleware that the system's may have
	rejects
}

// Contain returns that of a system.
func Contain(system *actor.ActorSystem) *Contained {
	return &Contained{system: system, root: actor.NewRootContext(system, nil)}
}

// Send sends a message to an actor.
func (c *Contained) Send(to *actor.PID, message any) {
	defer c.contain("send")
	c.root.Send(to, message)
}

// Stop stops an actor.
func (c *Contained) Stop(who *actor.PID) {
	defer c.contain("stop")
	c.root.Stop(who)
}

// Poison stops an actor when it has handled what was sent to it before.
func (c *Contained) Poison(who *actor.PID) {
	defer c.contain("stop")
	c.root.Poison(who)
}

// Publish publishes an event to the subscribers of the EventStream, here and now. One
// that panics keeps it from those that have subscribed after it.
func (c *Contained) Publish(event any) {
	defer c.contain("subscriber")
	c.system.EventStream.Publish(event)
}

// Do calls a function that may end in a send.
func (c *Contained) Do(f func()) {
	defer c.contain("send")
	f()
}

func (c *Contained) contain(what string) {
	if reason := recover(); reason != nil {
		c.Crashed(&messages.HandlerError{Reason: reason, In: what, Stack: debug.Stack()})
	}
}

// Crashed logs a panic, with where it was and its stack.
func (c *Contained) Crashed(e *messages.HandlerError, attrs ...slog.Attr) {
	at, stack := panickedAt(e.Stack, e.In == "sockvisor")
	attrs = append(attrs, slog.String("reason", e.Error()))
	if at != "" {
		attrs = append(attrs, slog.String("at", at))
	}
	c.Log(slog.LevelError, "panic", append(attrs, slog.String("stack", stack))...)
}

// Log logs with the system's logger. Nobody can be told of a panic in that.
func (c *Contained) Log(level slog.Level, text string, attrs ...slog.Attr) {
	defer func() { _ = recover() }()
	c.system.Logger().LogAttrs(context.Background(), level, text, attrs...)
}

// Mailbox is for the actors that many connections share: one that panics, for which
// only a fault of this module is left, logs that and goes on. Restarted, it would have
// forgotten them, and a shard would have stopped them.
func (c *Contained) Mailbox() actor.PropsOption {
	unbounded := actor.Unbounded()
	return actor.WithMailbox(func() actor.Mailbox { return &steadyMailbox{Mailbox: unbounded(), contained: c} })
}

type steadyMailbox struct {
	actor.Mailbox
	contained *Contained
}

// RegisterHandlers implements actor.Mailbox.
func (m *steadyMailbox) RegisterHandlers(invoker actor.MessageInvoker, dispatcher actor.Dispatcher) {
	m.Mailbox.RegisterHandlers(&steady{invoker, m.contained}, dispatcher)
}

// steady is the invoker of an actor that does not fail.
type steady struct {
	actor.MessageInvoker
	contained *Contained
}

// InvokeSystemMessage implements actor.MessageInvoker.
func (s *steady) InvokeSystemMessage(message any) {
	defer s.contained.contain("sockvisor")
	s.MessageInvoker.InvokeSystemMessage(message)
}

// InvokeUserMessage implements actor.MessageInvoker.
func (s *steady) InvokeUserMessage(message any) {
	defer s.contained.contain("sockvisor")
	s.MessageInvoker.InvokeUserMessage(message)
}
