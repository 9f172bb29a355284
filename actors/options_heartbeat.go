package actors

import (
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/reader"
)

// WithHeartbeat sends a ping (RFC 6455, section 5.5.2) when nothing was received
// for interval (default 20 s) and fails the connection when nothing is received
// for timeout (default 3 s) after it: see [Keepalive].
func WithHeartbeat(interval, timeout time.Duration) Option {
	return func(c *settings) { c.heartbeat.keepalive = Keepalive{interval, timeout} }
}

// WithPayloadHeartbeat makes the heartbeat an exchange of text messages, for
// servers that speak the heartbeat of browsers, which cannot send pings: ping is
// sent, pong is expected, for example "0x9" and "0xA". Both are kept out of the
// handler's stream. The times are those of WithHeartbeat or WithHeartbeatRule.
func WithPayloadHeartbeat(ping, pong string) Option {
	return func(c *settings) {
		c.reading.Payload = &reader.Exchange{Ask: []byte(ping), Answer: []byte(pong)}
	}
}

// WithHeartbeatReply answers the payload heartbeat of the peer, which is common in
// pages, where the browser's WebSocket cannot send pings: the text question is
// answered with the text answer, for example "0x9" with "0xA", at once, whatever
// the handler is doing, and is kept out of its stream.
func WithHeartbeatReply(question, answer string) Option {
	return func(c *settings) {
		c.reading.Reply = &reader.Exchange{Ask: []byte(question), Answer: []byte(answer)}
	}
}

// WithoutHeartbeat sends none. A peer that vanishes is then noticed only when
// something is written, or never.
func WithoutHeartbeat() Option { return func(c *settings) { c.heartbeat.off = true } }

// WithHeartbeatRule has a rule of one's own in place of [Keepalive]. The producer is
// called for every socket, so the rule may keep in its fields what it knows of that
// one, without a lock. It has nothing to do with the times of WithHeartbeat; what
// WithPayloadHeartbeat and WithHeartbeatReply say still holds.
func WithHeartbeatRule(producer func() Heartbeat) Option {
	return func(c *settings) {
		c.heartbeat.rule = producer
		c.require(producer != nil, "WithHeartbeatRule", "must not be nil")
	}
}
