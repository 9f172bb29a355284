// Package errs is errors.Is and errors.As for errors that wrap what may be the user's, of
// a dialer, a transport or a rule: its methods may panic, and it then is not what it was
// asked for. It must know nothing else.
package errs

import "errors"

// Is reports whether an error is or wraps an E.
func Is[E error](err error) bool {
	_, ok := As[E](err)
	return ok
}

// As finds an E in what an error wraps.
func As[E error](err error) (e E, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	ok = errors.As(err, &e)
	return e, ok
}

// Wraps reports whether an error is or wraps another. It costs nothing where there is none.
func Wraps(err, other error) bool { return err != nil && wraps(err, other) }

func wraps(err, other error) (yes bool) {
	defer func() {
		if recover() != nil {
			yes = false
		}
	}()
	return errors.Is(err, other)
}
