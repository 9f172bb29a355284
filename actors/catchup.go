package actors

import "time"

// catchUp has the connection told, later: behind what the reader makes of all that has
// arrived by now. Late is by how much the caller's own time has come too late.
func (c *connection) catchUp(late time.Duration, told any) {
	c.reader.AfterCatchingUp(late, func() { c.conn.mailbox.post(told) })
}
