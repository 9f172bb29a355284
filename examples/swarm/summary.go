package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// summary is how it went.
type summary struct {
	URL         string  `json:"url"`
	Connections int     `json:"connections"`
	Open        int     `json:"open"` // at the end
	Reconnects  int64   `json:"reconnects"`
	Seconds     float64 `json:"seconds"`
	Sent        int64   `json:"sent"`
	Refused     int64   `json:"refused"`
	Received    int64   `json:"received"`
	P50         float64 `json:"rtt_p50_ms"`
	P99         float64 `json:"rtt_p99_ms"`
	RSS         int64   `json:"rss_bytes"`
}

func (s *swarm) summarize(took time.Duration) *summary {
	p, f := s.percentiles(true), &s.figures
	return &summary{
		URL: s.url, Connections: s.n, Open: s.open(), Reconnects: f.reconnects.Load(), Seconds: took.Seconds(),
		Sent: f.sent.Load(), Refused: f.refused.Load(), Received: f.received.Load(),
		P50: milliseconds(p.p50), P99: milliseconds(p.p99), RSS: rss(),
	}
}

func (s *swarm) percentiles(all bool) percentiles {
	reply := make(chan percentiles, 1)
	s.root.Send(s.figures.collector, &ask{all: all, reply: reply})
	return <-reply
}

func (s *summary) String() string {
	return fmt.Sprintf(`
%d connections to %s for %.1f s
  open        %8d
  reconnects  %8d
  sent        %8d   %d more were refused by a full queue
  received    %8d
  RTT         %8.2f ms p50, %.2f ms p99
  RSS         %8.1f MiB, %.1f KiB a connection
`, s.Connections, s.URL, s.Seconds, s.Open, s.Reconnects, s.Sent, s.Refused, s.Received, s.P50, s.P99,
		float64(s.RSS)/(1<<20), float64(s.RSS)/1024/float64(s.Connections))
}

func (s *summary) json(out io.Writer) error { return json.NewEncoder(out).Encode(s) }

// line is how it goes.
func (s *swarm) line() string {
	open, p, f := s.open(), s.percentiles(false), &s.figures
	sent, received := f.sent.Load(), f.received.Load()
	line := fmt.Sprintf("open %d  reconnecting %d  sent/s %d  received/s %d  RTT p50 %v p99 %v  RSS %.1f MiB",
		open, s.n-open, sent-s.lastSent, received-s.lastReceived, p.p50, p.p99, float64(rss())/(1<<20))
	s.lastSent, s.lastReceived = sent, received
	return line
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// rss is the resident memory of this process, or zero where /proc does not say.
func rss() int64 {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(statm))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}
