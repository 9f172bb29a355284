package messages

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// What a connection sends and receives is not in the log of who logs the message.
func TestDataIsNotLogged(t *testing.T) {
	for _, m := range []any{Text("secret"), *Text("secret"), &Received{Data: []byte("secret")}, Received{Data: []byte("secret")}, (*Send)(nil)} {
		var text, json bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("dead letter", "message", m)
		slog.New(slog.NewJSONHandler(&json, nil)).Info("dead letter", "message", m)
		for _, line := range []string{text.String(), json.String()} {
			if strings.Contains(line, "secret") || strings.Contains(line, "115 101 99") || strings.Contains(line, "c2VjcmV0") {
				t.Error(line)
			}
		}
	}
	if text := (&UnknownMessageError{Message: *Text("x")}).Error(); !strings.HasSuffix(text, "send a *messages.Send") {
		t.Error(text)
	}
}
