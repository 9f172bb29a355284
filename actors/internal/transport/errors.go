package transport

import "errors"

// wraps is errors.Is for errors whose methods may be anybody's, and panic.
func wraps(err, other error) (yes bool) {
	defer func() {
		if recover() != nil {
			yes = false
		}
	}()
	return errors.Is(err, other)
}
