package actors

import (
	"math"
	"testing"
	"time"
)

func TestSum(t *testing.T) {
	const never = time.Duration(math.MaxInt64)
	for _, test := range []struct{ t, d, want time.Duration }{
		{0, 0, 0},
		{1, 2, 3},
		{0, never, never},
		{1, never, never},
		{1, never - 1, never},
		{1, never - 2, never - 1},
		{never, 1, never},
		{never, never, never},
		{5, -3, 2},
		{0, -never - 1, -never - 1},
		{never, -1, never - 1},
	} {
		if got := sum(test.t, test.d); got != test.want {
			t.Errorf("%d + %d: got %d, want %d", test.t, test.d, got, test.want)
		}
	}
}
