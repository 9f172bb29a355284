package messages

// In JSON, an error that may hold a secret is what it says: a log line with an event in
// it is a text too.

// MarshalText implements encoding.TextMarshaler.
func (e *DialError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalText implements encoding.TextMarshaler.
func (e *ProxyError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalText implements encoding.TextMarshaler.
func (e *HandshakeError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalText implements encoding.TextMarshaler.
func (e *ReadError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalText implements encoding.TextMarshaler.
func (e *ProtocolError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalText implements encoding.TextMarshaler.
func (e *WriteError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalText implements encoding.TextMarshaler.
func (e *HeartbeatError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalText implements encoding.TextMarshaler.
func (e *HandlerError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalText implements encoding.TextMarshaler.
func (e *InternalError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalText implements encoding.TextMarshaler.
func (e *GaveUpError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalText implements encoding.TextMarshaler.
func (e *CredentialsError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalText implements encoding.TextMarshaler.
func (e *UnknownError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalText implements encoding.TextMarshaler.
func (e *AnswerLostError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalText implements encoding.TextMarshaler.
func (e *EncodeError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalText implements encoding.TextMarshaler.
func (e *UnknownMessageError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalText implements encoding.TextMarshaler.
func (e *OptionError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }
