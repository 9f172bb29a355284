package supervisor

import "github.com/sockvisor/sockvisor/messages"

// DefaultShards is how many parents share the connections.
const DefaultShards = 64

type config struct {
	policy  Policy
	shards  int
	dials   dialLimits
	network <-chan struct{}
}

// Option sets one thing about a tree. See [Start].
type Option func(*config)

// WithPolicy sets when connections are tried again that do not say so
// themselves. The default is the zero [Policy]: every 6 s, without end.
func WithPolicy(p Policy) Option { return func(c *config) { c.policy = p } }

// WithShards sets how many parents share the connections (default 64, at least
// 1). More of them spread a storm of failures over more cores, at about 1 KB each.
func WithShards(n int) Option { return func(c *config) { c.shards = n } }

func newConfig(options []Option) (*config, error) {
	c := &config{shards: DefaultShards, dials: defaultDialLimits()}
	for _, option := range options {
		option(c)
	}
	if c.shards < 1 {
		return nil, &messages.OptionError{Option: "WithShards", Problem: "must be at least 1"}
	}
	if err := c.dials.validate(); err != nil {
		return nil, err
	}
	return c, c.policy.Validate()
}
