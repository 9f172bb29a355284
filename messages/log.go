package messages

import "log/slog"

// protoactor logs the messages of dead letters. What is said over a connection is
// nobody's but its ends': the log has the type and the size of it.

// LogValue implements slog.LogValuer, without the data.
func (s Send) LogValue() slog.Value { return logged(s.Type, s.Data) }

// LogValue implements slog.LogValuer, without the data.
func (r Received) LogValue() slog.Value {
	return slog.GroupValue(slog.Uint64("epoch", r.Epoch), slog.Any("message", logged(r.Type, r.Data)))
}

func logged(t Type, data []byte) slog.Value {
	return slog.GroupValue(slog.String("type", t.String()), slog.Int("bytes", len(data)))
}
