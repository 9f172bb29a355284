package main

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/asynkron/protoactor-go/actor"
)

// roundTrip is that of one message.
type roundTrip time.Duration

// ask has the collector answer with the percentiles of all round trips, or of
// those since the last such ask.
type ask struct {
	all   bool
	reply chan<- percentiles
}

type percentiles struct{ p50, p99 time.Duration }

// collector owns the histograms.
type collector struct{ all, recent *hdrhistogram.Histogram }

func newCollector() actor.Actor {
	return &collector{all: newHistogram(), recent: newHistogram()}
}

// newHistogram counts from a microsecond to a minute, three digits exact.
func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, int64(time.Minute/time.Microsecond), 3)
}

// Receive implements actor.Actor.
func (c *collector) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case roundTrip:
		us := time.Duration(m).Microseconds()
		_ = c.all.RecordValue(us) // what is over a minute is not counted
		_ = c.recent.RecordValue(us)
	case *ask:
		c.answer(m)
	}
}

func (c *collector) answer(m *ask) {
	if m.all {
		m.reply <- of(c.all)
		return
	}
	m.reply <- of(c.recent)
	c.recent.Reset()
}

func of(h *hdrhistogram.Histogram) percentiles {
	at := func(quantile float64) time.Duration {
		return time.Duration(h.ValueAtQuantile(quantile)) * time.Microsecond
	}
	return percentiles{p50: at(50), p99: at(99)}
}
