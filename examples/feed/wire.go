package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/sockvisor/sockvisor/messages"
)

// What the exchanges speak: JSON, one object a message.

// request is what the client says.
type request struct {
	Op     string `json:"op"` // subscribe, snapshot or quote
	ID     string `json:"id,omitempty"`
	Symbol string `json:"symbol"`
	Quote  *quote `json:"quote,omitempty"`
}

// quote is the client's own price for a symbol. Only its newest counts.
type quote struct {
	Number int   `json:"number"`
	Bid    int64 `json:"bid"`
	Ask    int64 `json:"ask"`
}

// report is what an exchange says of a book: an update, which is the levels that
// changed with the Seq-th change, or a snapshot, which is all levels as they are after
// it and has the ID of its request.
type report struct {
	ID       string  `json:"id,omitempty"`
	Symbol   string  `json:"symbol"`
	Seq      uint64  `json:"seq"`
	Levels   []level `json:"levels"`
	Checksum uint32  `json:"checksum"` // of the whole book
}

// text encodes a request or a report.
func text(v any) *messages.Send {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("%T: %v", v, err)) // these types cannot fail
	}
	return messages.TextBytes(data)
}

// correlate recognises a snapshot as the answer to the request of the same id.
func correlate(m *messages.Received) (id string, isAnswer bool) {
	if !bytes.HasPrefix(m.Data, []byte(`{"id":`)) {
		return "", false // an update: most are, and need not be decoded here
	}
	var answer struct{ ID string }
	err := json.Unmarshal(m.Data, &answer)
	return answer.ID, err == nil && answer.ID != ""
}
