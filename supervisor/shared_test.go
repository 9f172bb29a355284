package supervisor_test

import (
	"context"
	"io"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/supervisor"
)

// resource counts how often it is closed.
type resource struct{ closed int }

func (r *resource) Close() error {
	r.closed++
	return nil
}

// What is shared is made once, closed when the tree has stopped, and not made again.
func TestShared(t *testing.T) {
	sup, err := supervisor.Start(actor.NewActorSystem())
	if err != nil {
		t.Fatal(err)
	}
	made := &resource{}
	create := func() io.Closer { return made }
	if first, second := sup.Tree(nil).Shared("key", create), sup.Tree(nil).Shared("key", create); first != made || second != made {
		t.Errorf("got %v and %v", first, second)
	}
	if none := sup.Tree(nil).Shared("none", func() io.Closer { return nil }); none != nil {
		t.Errorf("got %v", none)
	}
	if err := sup.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	late := &resource{}
	if got := sup.Tree(nil).Shared("key", func() io.Closer { return late }); got != nil || late.closed != 1 {
		t.Errorf("after the end: got %v, closed %d times", got, late.closed)
	}
	if made.closed != 1 {
		t.Errorf("closed %d times", made.closed)
	}
}
