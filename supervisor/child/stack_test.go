package child

import (
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// stackOf is the stack of a panic, as who recovers has it.
func stackOf(f func()) (stack []byte) {
	defer func() {
		_ = recover()
		stack = debug.Stack()
	}()
	f()
	return nil
}

// A panic is found where it was, also where the runtime makes it; the stack begins with
// the frame after.
func TestPanicIsFound(t *testing.T) {
	for name, f := range map[string]func(){
		"panic":    func() { panic("x") },
		"nil map":  func() { noMap()["x"] = 1 },
		"nil":      func() { var p *int; *p = 1 },
		"index":    func() { i := len(name()); _ = make([]int, 1)[i] },
		"division": func() { i := len(name()) - 2; _ = 1 / i },
		"again":    func() { defer func() { panic(recover()) }(); panic("x") },
	} {
		pc := reflect.ValueOf(f).Pointer()
		file, line := runtime.FuncForPC(pc).FileLine(pc)
		at, rest := panickedAt(stackOf(f), true)
		if want := fmt.Sprintf("%s:%d", file, line); at != want {
			t.Errorf("%s: at %q, want %s", name, at, want)
		}
		lines := strings.Split(rest, "\n")
		if !strings.HasPrefix(lines[0], "goroutine ") || !strings.Contains(lines[1], "TestPanicIsFound") || !strings.Contains(rest, "testing.tRunner") {
			t.Errorf("%s: stack\n%s", name, rest)
		}
	}
}

func name() string { return "xx" }

func noMap() map[string]int { return nil }

// What was called on the way, of Go's own or of ours, is not where a user looks first.
func TestPanicIsTheUsers(t *testing.T) {
	const frames = "goroutine 7 [running]:\nruntime/debug.Stack()\n\t%[1]sruntime/debug/stack.go:26 +0x5e\n" +
		"panic({0x1, 0x2})\n\t%[1]sruntime/panic.go:860 +0x13a\n" +
		"runtime.panicmem(...)\n\t%[1]sruntime/panic.go:262\n"
	const users = "main.(*client).Receive(0x1)\n\t/home/x/main.go:24 +0x2e6\n"
	const proto = "github.com/asynkron/protoactor-go/actor.(*actorContext).Receive(0x1)\n\t/mod/actor_context.go:372 +0x98\n"
	const ours = "github.com/sockvisor/sockvisor/actors.(*Conn).Send(0x1)\n\t/mod/conn.go:9 +0x98\n"
	const gos = "strings.Repeat({0x1, 0x2}, 0x3)\n\t/go/src/strings/strings.go:620 +0x1\n"
	const created = "created by main.main in goroutine 1\n\t/home/x/main.go:9 +0x1\n"
	for _, c := range []struct {
		root, frames string
		ours         bool
		at           string
	}{
		{"/go/src/", users + proto, false, "/home/x/main.go:24"},
		{"/go/src/", gos + users + proto, false, "/home/x/main.go:24"},
		{"/go/src/", ours + users + proto, false, "/home/x/main.go:24"},
		{"/go/src/", ours + users + proto, true, "/mod/conn.go:9"},
		{"", users + proto, false, "/home/x/main.go:24"}, // -trimpath
		{"/go/src/", proto + ours + created, false, ""},
	} {
		at, rest := panickedAt([]byte(fmt.Sprintf(frames, c.root)+c.frames), c.ours)
		if want := "goroutine 7 [running]:\n" + c.frames; at != c.at || rest != want {
			t.Errorf("got %q, want %q, and\n%s", at, c.at, rest)
		}
	}
	for _, none := range []string{"", "goroutine 7 [running]:\nmain.main()\n\t/home/x/main.go:9 +0x1\n", "x\npanic(", "x\npanic(\n\nruntime."} {
		if at, _ := panickedAt([]byte(none), false); at != "" {
			t.Errorf("%q: at %q", none, at)
		}
	}
}
