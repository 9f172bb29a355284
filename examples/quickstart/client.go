package main

import (
	"fmt"
	"io"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// client is the handler: an actor, so its fields need no lock. It outlives the
// sockets.
type client struct {
	out       io.Writer
	began     time.Time
	ledger    ledger
	echoed    int           // in this epoch
	allEchoed chan struct{} // closed with the echo of the last message
	result    chan *ledger  // takes the ledger when the connection is over
}

// Receive implements actor.Actor.
func (c *client) Receive(ctx actor.Context) {
	switch e := ctx.Message().(type) {
	case *messages.Opened:
		c.echoed = 0
		c.print(e.Epoch, "open")
	case *messages.Received:
		c.echo(string(e.Data))
	case *messages.Failed:
		c.print(e.Epoch, fmt.Sprintf("error: %v", e.Err))
	case *messages.Closed:
		c.closed(e)
	}
}

// echo checks that echoes come in the order of sending: each epoch begins where
// the last one's writing ended, and may lose only its tail.
func (c *client) echo(data string) {
	number, last, ok := parse(data)
	if !ok {
		c.ledger.foreign++ // some servers greet
		return
	}
	c.echoed++
	c.ledger.echoed++
	if number != c.ledger.written+c.echoed {
		c.ledger.disordered++
	}
	if last {
		close(c.allEchoed)
	}
}

func (c *client) closed(e *messages.Closed) {
	c.ledger.written += int(e.Written)
	c.ledger.unknown += int(e.Written) - c.echoed
	c.echoed = 0
	c.ledger.epochs++
	if e.WillRetry {
		c.print(e.Epoch, fmt.Sprintf("closed: %v, again in %v", e.Code, e.RetryIn.Round(time.Millisecond)))
		return
	}
	c.print(e.Epoch, fmt.Sprintf("closed: %v, for good", e.Code))
	c.ledger.dropped = e.Dropped
	c.result <- &c.ledger
}

func (c *client) print(epoch uint64, text string) {
	fmt.Fprintf(c.out, "%6.2fs  epoch %d  %s\n", time.Since(c.began).Seconds(), epoch, text)
}

const format = "quickstart %d %t"

// text is the number-th message.
func text(number int, last bool) string { return fmt.Sprintf(format, number, last) }

func parse(text string) (number int, last, ok bool) {
	n, _ := fmt.Sscanf(text, format, &number, &last)
	return number, last, n == 2
}
