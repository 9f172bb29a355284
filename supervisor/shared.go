package supervisor

import "io"

// Shared implements child.Tree.
func (t *tree) Shared(key any, create func() io.Closer) io.Closer {
	s := t.supervisor
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
