package timer

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestCalledOnceInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, at := time.Now(), []time.Duration{}
		one := AfterFunc(time.Second, func() { at = append(at, time.Since(began)) })
		time.Sleep(time.Hour)
		synctest.Wait()
		one.Stop() // too late, and no harm
		if len(at) != 1 || at[0] != time.Second {
			t.Errorf("called after %v, want once after a second", at)
		}
	})
}

// Stopped, it calls nobody, and nothing that its function has hold of is kept, though the
// runtime still has the timer: another comes before it, and in a bubble of time that is
// when those that were stopped are left where they are.
func TestStoppedKeepsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := time.AfterFunc(time.Minute, func() {})
		defer first.Stop()
		var called, collected atomic.Bool
		one := stopped(&called, &collected)
		for i := 0; !collected.Load() && i < 200; i++ {
			runtime.GC() // which has a goroutine outside tell
		}
		if !collected.Load() {
			t.Error("what it would have called is still there")
		}
		time.Sleep(2 * time.Hour)
		if one.Stop(); called.Load() {
			t.Error("it was called though it was stopped")
		}
	})
}

func stopped(called, collected *atomic.Bool) *Timer {
	held := new([1 << 10]byte)
	runtime.AddCleanup(held, func(flag *atomic.Bool) { flag.Store(true) }, collected)
	one := AfterFunc(time.Hour, func() {
		held[0]++
		called.Store(true)
	})
	one.Stop()
	return one
}
