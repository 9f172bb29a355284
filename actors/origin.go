package actors

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/sockvisor/sockvisor/supervisor/child"
)

// check returns the error for which a request is refused, or nil. A request without
// an Origin is not a browser's. The rules are coder/websocket's, which asks once more:
// by then the request has had its turn and its hook.
func (o *originConfig) check(r *http.Request) error {
	origin := r.Header.Get("Origin")
	if o.any || origin == "" {
		return nil
	}
	if u, err := url.Parse(origin); err == nil && o.allow(u, r.Host) {
		return nil
	}
	return &UpgradeError{
		Status: http.StatusForbidden,
		Reason: fmt.Sprintf("origin %s may not connect to host %s: see actors.WithOriginPatterns", quoted(origin), quoted(r.Host)),
	}
}

func (o *originConfig) allow(origin *url.URL, host string) bool {
	if strings.EqualFold(origin.Host, host) {
		return true
	}
	for _, pattern := range o.patterns {
		target := origin.Host
		if strings.Contains(pattern, "://") {
			target = origin.Scheme + "://" + origin.Host
		}
		if ok, _ := path.Match(strings.ToLower(pattern), strings.ToLower(target)); ok {
			return true
		}
	}
	return false
}

// originLog says which origins were refused, once a second at most: a page asks
// again and again. Requests write it.
type originLog struct {
	often   *rate.Limiter
	skipped atomic.Int64
}

func newOriginLog() *originLog {
	return &originLog{often: rate.NewLimiter(rate.Every(time.Second), 1)}
}

func (l *originLog) refused(out *child.Contained, r *http.Request) {
	if !l.often.Allow() {
		l.skipped.Add(1)
		return
	}
	out.Log(slog.LevelWarn, "an origin may not connect: see actors.WithOriginPatterns",
		slog.String("origin", quoted(r.Header.Get("Origin"))), slog.String("host", quoted(r.Host)),
		slog.Int64("skipped", l.skipped.Swap(0)))
}
