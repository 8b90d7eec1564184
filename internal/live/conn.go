package live

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/thread"
)

// conn is one browser. Its reader owns everything that is not said to be shared.
type conn struct {
	hub    *Hub
	actor  thread.Actor
	ws     atomic.Pointer[websocket.Conn] // shared; nil until the handshake is done
	socket socket                         // shared
	out    outbox                         // shared
	ctx    context.Context
	cancel context.CancelFunc

	lastHeard atomic.Int64 // shared; the hub's clock, milliseconds
	lastAlive time.Time    // when the session was last asked after
	lastUsed  time.Time    // when it was last told that the person does something
	syncing   *syncing     // the sync that was started last
}

func newConn(h *Hub, actor thread.Actor) *conn {
	c := &conn{hub: h, actor: actor}
	c.ctx, c.cancel = context.WithCancel(h.base)
	// What is published between joining the hub and the end of the handshake waits: nobody writes before open.
	c.out = outbox{write: c.write, over: c.over, writing: true}
	c.heardNow()
	return c
}

// open lets frames out, and reads until the socket ends.
func (c *conn) open(ws *websocket.Conn) {
	c.ws.Store(ws)
	go c.out.drain()
	go c.run(ws)
}

// run reads until the socket ends, and then leaves nothing behind.
func (c *conn) run(ws *websocket.Conn) {
	defer c.hub.leave(c)
	defer ws.CloseNow()
	defer c.out.stop()
	defer c.stopSync()
	defer c.cancel()
	for {
		kind, data, err := ws.Read(c.ctx)
		if err != nil {
			return
		}
		c.heardNow()
		if kind == websocket.MessageBinary {
			err = c.post(data)
		} else {
			err = c.heed(data)
		}
		if err != nil {
			c.abandon(websocket.StatusPolicyViolation)
			return
		}
	}
}

var errGarbled = fault.New(fault.Invalid, "request_malformed", "Wardline could not read this request, so nothing was done. Please load the page again.")

// heed does what a text message asks. An error means that the client does not speak our language.
func (c *conn) heed(data []byte) error {
	var s said
	if err := json.Unmarshal(data, &s); err != nil {
		return errGarbled
	}
	switch s.Type {
	case "ping":
		c.out.push(pongFrame)
	case "sync":
		if c.alive(false) {
			c.startSync(s.Have)
		}
	case "reached":
		if c.alive(false) {
			c.hub.threads.Mark(c.actor.Person, s.Thread, s.Seq, 0)
		}
	case "seen":
		if c.alive(true) {
			c.hub.threads.Mark(c.actor.Person, s.Thread, s.Seq, s.Seq)
		}
	default:
		return errGarbled
	}
	return nil
}

// The layout of a client's binary message: a byte that says what it is, a number that the answer repeats, the shred half, and
// the message object to the end.
const (
	postMark   = 0x01
	postHalf   = 1 + 4
	postObject = postHalf + 32
)

// post sends a message and answers it before the next one is read, so that a device's messages keep their order.
func (c *conn) post(data []byte) error {
	if len(data) < postObject || data[0] != postMark {
		return errGarbled
	}
	if !c.alive(true) {
		return nil
	}
	ref := binary.BigEndian.Uint32(data[1:])
	ctx, cancel := context.WithTimeout(c.ctx, postTime)
	defer cancel()
	accepted, err := c.hub.threads.Send(ctx, c.actor, thread.Post{Half: [32]byte(data[postHalf:postObject]), Message: data[postObject:]})
	if err != nil {
		c.note(err)
		c.out.push(refusedFrame(ref, err))
		return nil
	}
	c.out.push(textFrame(sentEvent{"sent", ref, accepted}))
	return nil
}

const postTime = 30 * time.Second

// alive asks after the session, though not more often than need be: an end or a lock is told to us as well.
func (c *conn) alive(active bool) bool {
	now := c.hub.clock.Now()
	last := c.lastAlive
	if active {
		last = c.lastUsed
	}
	if since := now.Sub(last); since >= 0 && since < sessionChecks {
		return true
	}
	if err := c.hub.alive(c.ctx, c.actor, active); err != nil {
		c.refusedSession(err)
		return false
	}
	c.lastAlive = now
	if active {
		c.lastUsed = now
	}
	return true
}

// refusedSession tells the client why it is cut off.
func (c *conn) refusedSession(err error) {
	switch found := fault.As(err); {
	case errors.Is(err, identity.ErrSessionLocked):
		c.finish(lockedFrame)
	case found.Kind() == fault.Unauthenticated, found.Kind() == fault.Forbidden:
		c.finish(endedFrame)
	default: // we could not find out: the client comes back and asks again
		c.note(err)
		c.finish(resyncFrame)
	}
}

// note logs what is our own fault, by its code alone.
func (c *conn) note(err error) {
	if err == nil || c.ctx.Err() != nil {
		return
	}
	if found := fault.As(err); found.Kind() == fault.Internal {
		c.hub.log.ErrorContext(c.ctx, "live request failed", "code", found.Code())
	}
}

// finish says one last thing and closes. It may be called by anyone.
func (c *conn) finish(last []byte) { c.out.finish(last) }

// abandon closes without another word. It may be called by anyone, and does not wait for the peer.
func (c *conn) abandon(code websocket.StatusCode) {
	c.out.stop()
	if ws := c.ws.Load(); ws != nil {
		go ws.Close(code, "")
		return
	}
	c.cancel() // still shaking hands: the reader will find it over
}

// over is called by the outbox when it has written its last, or cannot write.
func (c *conn) over() { c.ws.Load().Close(websocket.StatusTryAgainLater, "") }

// write sends whole frames.
func (c *conn) write(frames []byte) error {
	_, err := c.socket.Write(frames)
	return err
}

func (c *conn) heard() time.Time { return time.UnixMilli(c.lastHeard.Load()) }

func (c *conn) heardNow() { c.lastHeard.Store(c.hub.clock.Now().UnixMilli()) }

func (c *conn) pong(context.Context, []byte) { c.heardNow() }
