package actors

import "errors"

// Some of what an error wraps may be the user's, of a dialer, a transport or a rule: its
// methods may panic, and it then is not what it was asked for.

// is reports whether an error is or wraps an E.
func is[E error](err error) bool {
	_, ok := as[E](err)
	return ok
}

// as finds an E in what an error wraps.
func as[E error](err error) (e E, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	ok = errors.As(err, &e)
	return e, ok
}

// wraps reports whether an error is or wraps another.
func wraps(err, other error) (yes bool) {
	defer func() {
		if recover() != nil {
			yes = false
		}
	}()
	return errors.Is(err, other)
}
