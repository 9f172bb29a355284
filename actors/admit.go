package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/messages"
)

// admit queues a message or returns why it is refused.
func (m *connMailbox) admit(message any) error {
	switch body := actor.UnwrapEnvelopeMessage(message).(type) {
	case *messages.Send:
		return m.admitSend(message, body)
	case *messages.Enqueue:
		if body == nil {
			return body.Validate()
		}
		return m.admitDelivery(sendqueue.NewDelivery(body, senderOf(message)))
	case *messages.Ask:
		to := senderOf(message)
		if to.Nobody() {
			return &messages.OptionError{Option: "Ask", Problem: "must be requested: nobody would get its answer"}
		}
		_, err := m.admitAsk(body, to)
		return err
	case *messages.Flush:
		message = &flushing{Flush: sendqueue.Flush{To: senderOf(message)}, conn: m.conn}
	case *messages.SendValue:
		if body == nil {
			return &messages.OptionError{Option: "SendValue", Problem: "must not be nil"}
		}
		return m.admitValue(message, body.Value)
	case *messages.Close:
		if err := body.Validate(); err != nil {
			return err
		}
		m.sends.Close() // here and now: what is sent after a close is refused
	case *actor.PoisonPill: // protoactor would stop, and drop what was sent before
		m.sends.Close()
		message = &messages.Close{}
	}
	m.post(message)
	return nil
}

func (m *connMailbox) admitSend(message any, send *messages.Send) error {
	if err := send.Validate(); err != nil {
		return err
	}
	if err := m.push(message, send); err != nil {
		return err
	}
	m.Wake()
	return nil
}

// admitValue is admitSend for what is yet to be encoded. From then on it is the Send,
// with the sender that the value had.
func (m *connMailbox) admitValue(message any, value any) error {
	codec := m.conn.config.codec()
	if codec == nil {
		return &messages.NoCodecError{}
	}
	send, err := encoded(codec, value)
	if err != nil {
		return &messages.EncodeError{Value: value, Err: err}
	}
	if sender := actor.UnwrapEnvelopeSender(message); sender != nil {
		return m.admitSend(&actor.MessageEnvelope{Message: send, Sender: sender}, send)
	}
	return m.admitSend(send, send)
}

func (m *connMailbox) admitDelivery(d *sendqueue.Delivery) error {
	if err := d.Order.Validate(); err != nil {
		return err
	}
	return m.enqueue(d)
}

// enqueue queues a delivery where it belongs.
func (m *connMailbox) enqueue(d *sendqueue.Delivery) error {
	err := m.enqueueSettled(d)
	if err != nil {
		m.overflowed(err)
	}
	m.Wake() // also if not: what was reserved for a moment may have held up a close
	return err
}

// enqueueSettled tells of the one that a delivery replaces. When it returns, which is
// before the mailbox is woken, a flush does not wait for that any more.
func (m *connMailbox) enqueueSettled(d *sendqueue.Delivery) error {
	if d.Order != nil && d.Order.Key != "" {
		m.sends.Settling(1)
		defer m.sends.Settling(-1)
	}
	older, err := m.sends.Enqueue(d)
	if older != nil && err == nil {
		m.conn.drop(older, &messages.ReplacedError{Key: d.Order.Key})
	}
	return err
}

func (m *connMailbox) push(message any, send *messages.Send) error {
	err := m.sends.Push(message, len(send.Data))
	if err != nil {
		m.overflowed(err)
	}
	return err
}

// overflowed applies the policy to a full queue, on the sender's goroutine.
func (m *connMailbox) overflowed(err error) {
	if m.conn.config.overflow == CloseConnection && errs.Is[*messages.QueueFullError](err) && m.sends.Close() {
		m.post(&messages.Close{Code: messages.CloseTryAgainLater})
	}
}

func senderOf(message any) sendqueue.Addressee {
	_, _, sender := actor.UnwrapEnvelope(message)
	return sendqueue.Addressee{PID: sender}
}
