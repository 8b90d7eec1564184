package live

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/thread"
)

var errOrigin = fault.New(fault.Forbidden, "cross_origin", "This came from another site and was refused.")

// accept makes a connection of a request, or answers it. The handler returns while the connection lives on, so that the HTTP
// server's buffers for the request are freed.
func (h *Hub) accept(w http.ResponseWriter, r *http.Request) {
	// Exactly one header with exactly our origin: a browser always sends it with a handshake and a page cannot change it.
	if !slices.Equal(r.Header.Values("Origin"), []string{h.origin}) {
		refuseHandshake(w, http.StatusForbidden, errOrigin)
		return
	}
	actor, err := h.tickets.redeem(r.URL.Query().Get("ticket"))
	if err == nil {
		err = h.alive(r.Context(), actor, false)
	}
	if err != nil {
		refuseHandshake(w, http.StatusUnauthorized, err)
		return
	}
	twice, fresh := h.desks.arrive(actor.Session, deskID(r.URL.Query().Get("desk")))
	if twice {
		err := identity.ErrSessionLocked
		if failed := h.sessions.UsedTwice(r.Context(), actor.Session); failed != nil {
			err = fault.As(failed)
		}
		refuseHandshake(w, http.StatusUnauthorized, err)
		return
	}
	if fresh {
		// Whoever had the place is gone, or comes back and is found out.
		h.finish(func(a thread.Actor) bool { return a.Session == actor.Session }, resyncFrame)
	}
	c := newConn(h, actor)
	if err := h.join(c); err != nil {
		refuseHandshake(w, http.StatusServiceUnavailable, err)
		return
	}
	taking := &taking{ResponseWriter: w, socket: &c.socket}
	ws, err := websocket.Accept(taking, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the origin was compared above, and more strictly
		CompressionMode:    websocket.CompressionDisabled,
		OnPongReceived:     c.pong,
	})
	if err != nil { // and answered
		h.leave(c)
		return
	}
	ws.SetReadLimit(readLimit)
	c.open(ws)
}

// refuseHandshake answers with a problem document (RFC 9457), although a browser shows a script no more than that it failed.
func refuseHandshake(w http.ResponseWriter, status int, err error) {
	found := fault.As(err)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "code": found.Code(), "detail": found.Message(),
	})
}

// taking lets us keep the connection that the WebSocket library takes over from the HTTP server: the library reads and does
// the control frames, and we write whole messages beside it.
type taking struct {
	http.ResponseWriter
	socket *socket
}

// Hijack implements http.Hijacker.
func (t *taking) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(t.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		conn.Close()
		return nil, nil, err
	}
	t.socket.Conn = conn
	// A control frame always fits into this buffer, so that it reaches the socket in one Write, and never in the middle
	// of one of our messages.
	return t.socket, bufio.NewReadWriter(buffered.Reader, bufio.NewWriterSize(t.socket, controlFrame)), nil
}

const controlFrame = 256 // at most 2+125 bytes, unmasked

// socket is a connection on which one Write goes out after another, each within a time.
type socket struct {
	net.Conn
	mu sync.Mutex
}

// Write implements net.Conn.
func (s *socket) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.Conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return 0, err
	}
	return s.Conn.Write(b)
}
