package child

import "strings"

// The frames that a stack begins with are of who recovered, which tells nobody anything.

// panickedAt returns the file and line of whose code panicked, if that is found, and the
// stack (of debug.Stack) from the panic on.
func panickedAt(stack []byte, ours bool) (at, rest string) {
	head, frames, found := strings.Cut(string(stack), "\npanic(")
	if !found {
		return "", string(stack)
	}
	goroutine, _, _ := strings.Cut(head, "\n")
	_, frames, _ = strings.Cut(frames, "\n")
	place, frames, _ := strings.Cut(frames, "\n")
	std, _, _ := strings.Cut(strings.TrimPrefix(place, "\t"), "runtime/panic.go:")
	for strings.HasPrefix(frames, "runtime.") {
		_, frames = cutFrame(frames)
	}
	rest = goroutine + "\n" + frames
	for frames != "" && at == "" {
		function, _, _ := strings.Cut(frames, "\n")
		place, frames = cutFrame(frames)
		if ours || !isLibrary(function) && (std == "" || !strings.HasPrefix(place, std)) {
			at = place
		}
	}
	return at, rest
}

// cutFrame returns the place of the first frame, and the others.
func cutFrame(frames string) (place, rest string) {
	_, rest, _ = strings.Cut(frames, "\n")
	place, rest, _ = strings.Cut(rest, "\n")
	place, _, _ = strings.Cut(strings.TrimSpace(place), " +0x")
	return place, rest
}

// isLibrary reports whether a function is of the runtime, protoactor or this module, or
// is no function but says who made the goroutine.
func isLibrary(function string) bool {
	for _, prefix := range libraries {
		if strings.HasPrefix(function, prefix) {
			return true
		}
	}
	return false
}

var libraries = []string{
	"runtime.", "runtime/", "created by ", "github.com/asynkron/protoactor-go/",
	"github.com/sockvisor/sockvisor/actors.", "github.com/sockvisor/sockvisor/actors/",
	"github.com/sockvisor/sockvisor/messages.", "github.com/sockvisor/sockvisor/supervisor.",
	"github.com/sockvisor/sockvisor/supervisor/",
}
