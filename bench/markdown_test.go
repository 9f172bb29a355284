package main

import (
	"strings"
	"testing"
)

// The best is in bold, which plain TCP is not even if it is; less is better where it is.
func TestMarkdown(t *testing.T) {
	results := []result{
		{
			Family: families[0].name, Title: "echo", Unit: "messages/s", Per: "message",
			Systems: []figure{
				{System: sockvisor, Median: 1000, Each: 1.5}, {System: coder, Median: 2000, Each: 1}, {System: tcp, Median: 9000, Each: 0.5},
			},
		}, {
			Family: families[0].name, Title: "idle", Unit: "bytes", Less: true, Also: []string{"p99, us"},
			Systems: []figure{{System: sockvisor, Median: 50, Also: []float64{8}}, {System: coder, Median: 100, Also: []float64{4}}},
		},
	}
	want := `
### ` + families[0].title + `

|  | sockvisor | coder/websocket | plain TCP | to the best |
| --- | --- | --- | --- | --- |
| echo, messages/s | 1,000 (1.5 us) | **2,000** (1 us) | 9,000 (0.5 us) | 0.50 x coder/websocket |
| idle, bytes | **50** | 100 |  | 0.50 x coder/websocket |
| ... p99, us | 8 | **4** |  | 2.00 x coder/websocket |
`
	if got := markdown(results); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, strings.TrimSpace(want))
	}
}
