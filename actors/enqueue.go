package actors

import (
	"context"

	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/messages"
)

// Enqueue queues a message with conditions, or returns at once why not: see
// [messages.Enqueue]. A receipt is published on the EventStream: see Deliver for one
// that is returned.
func (c *Conn) Enqueue(message *messages.Enqueue) error { return c.mailbox.admit(message) }

// Deliver is Enqueue with a receipt, and waits for it: nil and the receipt if the
// message was written, else what its Dropped says, or a [messages.UnknownError]. If
// ctx ends first its error is returned, and the message goes on without a witness.
//
// It blocks: an actor requests [messages.Enqueue] of PID instead.
func (c *Conn) Deliver(ctx context.Context, message *messages.Enqueue) (*messages.Written, error) {
	asked := *message
	asked.Receipt = true
	d := sendqueue.NewDelivery(&asked, sendqueue.Addressee{Reply: make(chan any, 1)})
	if err := c.mailbox.admitDelivery(d); err != nil {
		return nil, err
	}
	select {
	case receipt := <-d.To.Reply:
		return outcome(receipt)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func outcome(receipt any) (*messages.Written, error) {
	switch r := receipt.(type) {
	case *messages.Written:
		return r, nil
	case *messages.Dropped:
		return nil, r.Err
	case *messages.Unknown:
		return nil, &messages.UnknownError{Epoch: r.Epoch, Err: r.Err}
	}
	return nil, nil // there is no other
}
