package supervisor

import "io"

// Shared returns what the connections of the tree have in common under a key: what
// create returns the first time that somebody asks. It is closed when the tree has
// stopped; afterwards, and if create returns nil, Shared returns nil.
//
// create may be called by several who ask first at the same time; what is not
// needed is closed.
func (s *Supervisor) Shared(key any, create func() io.Closer) io.Closer {
	if there, ok := s.shared.Load(key); ok {
		return there.(io.Closer)
	}
	made := create()
	if made == nil {
		return nil
	}
	there, loaded := s.shared.LoadOrStore(key, made)
	if loaded {
		_ = made.Close()
	}
	if s.ended() {
		s.closeShared()
		return nil
	}
	return there.(io.Closer)
}

func (s *Supervisor) closeShared() {
	s.shared.Range(func(key, _ any) bool {
		if made, ok := s.shared.LoadAndDelete(key); ok {
			_ = made.(io.Closer).Close()
		}
		return true
	})
}
