// Package blame makes an error of a panic: of the user's for code that an option brought,
// of this module's for any other. It must know nothing but the errors.
package blame

import (
	"runtime/debug"

	"github.com/sockvisor/sockvisor/messages"
)

// Panicked is what code of the user's, of an option, is blamed with. Whoever recovers
// calls it, so that the stack is that of the panic.
func Panicked(option string, reason any) *messages.HandlerError {
	return &messages.HandlerError{Reason: reason, In: option, Stack: debug.Stack()}
}

// Broke is Panicked for code of this module.
func Broke(reason any) *messages.InternalError {
	return &messages.InternalError{Reason: reason, Stack: debug.Stack()}
}

// Contained is deferred around a call of code of the user's, of an option: it makes an
// error of a panic.
func Contained(option string, err *error) {
	if reason := recover(); reason != nil {
		*err = Panicked(option, reason)
	}
}
