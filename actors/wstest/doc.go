// Package wstest tests programs that live on WebSockets, without a network and
// without waiting: sockets in memory that work in the virtual time of
// testing/synctest, peers that misbehave in a named way, and a handler that
// records the events of a connection.
//
//	synctest.Test(t, func(t *testing.T) {
//		server := wstest.Listen(wstest.Echo)
//		defer server.Close()
//		events := wstest.NewRecorder()
//		conn, err := actors.Connect(sup, server.URL(),
//			actors.WithDialContext(server.DialContext),
//			actors.WithHandler(events.Handler))
//		...
//		opened := wstest.Next[*messages.Opened](t, events)
//	})
//
// The same server listens on loopback with [ListenTCP].
package wstest
