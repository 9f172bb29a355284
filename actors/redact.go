package actors

import (
	"strings"

	"github.com/sockvisor/sockvisor/actors/internal/ws"
	"github.com/sockvisor/sockvisor/messages"
)

// redactURL is messages.Redact for what is an URL as a whole. In a text, an URL is found
// by its scheme, which a server's has not, and a quote may end it.
func redactURL(raw string) string {
	const origin = "http://host"
	if path, query, found := strings.Cut(raw, "?"); found {
		raw = path + "?" + strings.ReplaceAll(ws.EncodeQuery(query), "`", "%60")
	}
	if !strings.HasPrefix(raw, "/") {
		return messages.Redact(raw)
	}
	return strings.TrimPrefix(messages.Redact(origin+raw), origin)
}
