package actors

import (
	"github.com/asynkron/protoactor-go/actor"

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

func (m *connMailbox) admitDelivery(d *sendqueue.Delivery) error {
	if err := d.Order.Validate(); err != nil {
		return err
	}
	return m.enqueue(d)
}

func senderOf(message any) sendqueue.Addressee {
	_, _, sender := actor.UnwrapEnvelope(message)
	return sendqueue.Addressee{PID: sender}
}
