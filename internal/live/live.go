// Package live is who is connected: it takes WebSockets, tells them at once what was committed, and fills the gaps of those
// that come back.
//
//   - live.go     the hub: who is connected, what rooms tell it, starting and stopping
//   - ticket.go   single-use tickets, which carry a session from HTTP into a WebSocket handshake
//   - desks.go    which page of a browser is the one that is open, and noticing two
//   - accept.go   the handshake: exact origin, ticket, limits
//   - conn.go     one connection: what a client may say and what it is answered
//   - sync.go     heads and gaps for a client that comes back
//   - outbox.go   a connection's bounded queue and its writing to the socket
//   - frame.go    WebSocket framing, so that a frame is encoded once for everyone; event.go the JSON of both directions
//
// Truth is in SQL: nothing depends on a frame arriving here. A client that sees a gap in seq asks for it. A connection that
// cannot keep up loses its queue, is told "resync" and closed; memory per connection is bounded.
//
// Goroutines. Each connection has a reader, which owns the connection's life: it ends when the socket does, and takes the
// connection out of the hub. A sync runs beside it, at most one per connection, started and awaited by the reader. Frames
// are written by a goroutine that exists only while the queue is not empty, so that an idle connection costs one
// goroutine. [Hub.Run] is the only other one: it pings, and asks whether sessions still live. Whoever publishes never
// waits for a socket.
//
// Locks. Hub.mu guards who is connected, outbox.mu one queue and desks.mu its map; a holder of Hub.mu may take an outbox.mu and never the other
// way round. socket.mu is held while bytes go out, with nothing else.
package live

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/thread"
)

// Threads is what connections ask of the thread room.
type Threads interface {
	Heads(ctx context.Context, person id.Person) ([]thread.Head, error)
	Log(ctx context.Context, person id.Person, in id.Thread, after uint64, limit int) (thread.Page, error)
	Send(ctx context.Context, actor thread.Actor, post thread.Post) (thread.Accepted, error)
	// Mark notes how far a person got; what is no news, or no thread of theirs, is dropped.
	Mark(person id.Person, in id.Thread, reached, seen uint64)
}

// Sessions says how a session stands. It fails for one that is over. With use, the session counts as in use from now.
type Sessions interface {
	Session(ctx context.Context, session id.Session, use bool) (identity.Session, error)
	// UsedTwice is told of a session that two copies of one browser use.
	UsedTwice(ctx context.Context, session id.Session) error
}

// Options are what a hub is built from.
type Options struct {
	Threads  Threads
	Sessions Sessions
	// Origin is the one origin from which a browser may connect.
	Origin string
	Clock  clock.Clock
	Log    *slog.Logger
}

// Hub is everyone who is connected to this node. It is safe for concurrent use.
type Hub struct {
	threads  Threads
	sessions Sessions
	origin   string
	clock    clock.Clock
	log      *slog.Logger
	tickets  *tickets
	desks    desks

	mu       sync.RWMutex
	people   map[id.Person][]*conn
	closed   bool
	running  sync.WaitGroup // readers
	base     context.Context
	shutdown context.CancelFunc
}

// New makes a hub without connections.
func New(o Options) *Hub {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	h := &Hub{
		threads: o.Threads, sessions: o.Sessions, origin: o.Origin, clock: o.Clock, log: o.Log,
		tickets: newTickets(o.Clock), people: map[id.Person][]*conn{},
	}
	h.base, h.shutdown = context.WithCancel(context.Background())
	return h
}

// Ticket makes a ticket with which the actor's browser may connect once within 30 seconds.
func (h *Hub) Ticket(actor thread.Actor) (string, error) { return h.tickets.issue(actor) }

// ServeHTTP is the WebSocket route; the ticket is the authority.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.accept(w, r) }

// Publish sends one log entry, encoded, to those of the people who are connected. The bytes are copied once.
func (h *Hub) Publish(_ id.Thread, people []id.Person, entry []byte) {
	h.send(people, binaryFrame(entry))
}

// Changed tells people that a thread's members changed, so that they fetch what they need.
func (h *Hub) Changed(in id.Thread, people []id.Person) {
	h.Event(people, threadEvent{Type: "thread", Thread: in})
}

// Marks tells people how far others got.
func (h *Hub) Marks(in id.Thread, people []id.Person, marks []thread.Mark) {
	h.Event(people, marksEvent{Type: "marks", Thread: in, Marks: marks})
}

// Filed tells people what became of a filing.
func (h *Hub) Filed(in id.Thread, people []id.Person, filing any) {
	h.Event(people, filingEvent{Type: "filing", Thread: in, Filing: filing})
}

// Decided tells people where a decision stands.
func (h *Hub) Decided(in id.Thread, people []id.Person, decision any) {
	h.Event(people, decisionEvent{Type: "decision", Thread: in, Decision: decision})
}

// LogGrew tells people that a person's log has a new entry.
func (h *Hub) LogGrew(person id.Person, people []id.Person) {
	h.Event(people, logEvent{Type: "log", Person: person})
}

// Event sends one JSON object to those of the people who are connected.
func (h *Hub) Event(people []id.Person, event any) {
	h.send(people, textFrame(event))
}

// ClosePerson ends every connection of a person who has left.
func (h *Hub) ClosePerson(person id.Person) {
	h.finish(func(a thread.Actor) bool { return a.Person == person }, endedFrame)
}

// SessionLocked ends the connections of a session that is locked; the browser may connect again when it is unlocked.
func (h *Hub) SessionLocked(session id.Session) {
	h.desks.forget(session)
	h.finish(func(a thread.Actor) bool { return a.Session == session }, lockedFrame)
}

// SessionEnded ends the connections of a session that is over.
func (h *Hub) SessionEnded(session id.Session) {
	h.desks.forget(session)
	h.finish(func(a thread.Actor) bool { return a.Session == session }, endedFrame)
}

// Connected reports whether a person has a connection.
func (h *Hub) Connected(person id.Person) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.people[person]) > 0
}

// Run keeps connections honest until ctx ends: it pings them, drops the silent, and closes those whose session is over.
func (h *Hub) Run(ctx context.Context) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			h.beat(ctx)
		}
	}
}

// Close ends every connection, refuses new ones and returns when their goroutines are gone. Clients get a moment to say goodbye.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	for _, c := range h.everyone() {
		c.abandon(websocket.StatusGoingAway)
	}
	gone := make(chan struct{})
	go func() {
		h.running.Wait()
		close(gone)
	}()
	patience := time.NewTimer(farewell)
	defer patience.Stop()
	select {
	case <-gone:
	case <-patience.C:
	}
	h.shutdown()
	<-gone
}

const (
	beat          = 30 * time.Second
	silence       = 75 * time.Second // two beats and a little: then a connection is dead
	perPerson     = 16               // connections
	queuedFrames  = 512
	queuedBytes   = 4 << 20
	readLimit     = 512 << 10
	writeTime     = 10 * time.Second
	farewell      = 2 * time.Second
	sessionChecks = time.Second // at most one of them per connection in this time
)

var errTooManyConnections = fault.New(fault.TooMany, "too_many_connections", "Wardline is open in too many places at once. Please close it in some of them.")

// beat pings everyone once and ends what is silent or over.
func (h *Hub) beat(ctx context.Context) {
	for _, c := range h.everyone() {
		if ctx.Err() != nil {
			return
		}
		if h.clock.Now().Sub(c.heard()) > silence {
			c.abandon(websocket.StatusGoingAway)
			continue
		}
		if err := h.alive(ctx, c.actor, false); err != nil && ctx.Err() == nil {
			c.refusedSession(err)
			continue
		}
		c.out.push(pingFrame)
	}
}

// alive refuses what a session may not do any more.
func (h *Hub) alive(ctx context.Context, actor thread.Actor, use bool) error {
	session, err := h.sessions.Session(ctx, actor.Session, use)
	switch {
	case err != nil:
		return err
	case session.Locked:
		return identity.ErrSessionLocked
	case session.Device != actor.Device:
		return identity.ErrDeviceNeeded
	}
	return nil
}

func (h *Hub) send(people []id.Person, frame []byte) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, person := range people {
		for _, c := range h.people[person] {
			c.out.push(frame)
		}
	}
}

func (h *Hub) finish(whose func(thread.Actor) bool, last []byte) {
	h.tickets.forget(whose)
	for _, c := range h.everyone() {
		if whose(c.actor) {
			c.finish(last)
		}
	}
}

// join puts a connection among those that are told things.
func (h *Hub) join(c *conn) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errClosing
	}
	if len(h.people[c.actor.Person]) >= perPerson {
		return errTooManyConnections
	}
	h.people[c.actor.Person] = append(h.people[c.actor.Person], c)
	h.running.Add(1)
	return nil
}

func (h *Hub) leave(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	mine := h.people[c.actor.Person]
	for n, other := range mine {
		if other == c {
			mine[n] = mine[len(mine)-1]
			mine[len(mine)-1] = nil
			mine = mine[:len(mine)-1]
			break
		}
	}
	if len(mine) == 0 {
		delete(h.people, c.actor.Person)
	} else {
		h.people[c.actor.Person] = mine
	}
	h.running.Done()
}

func (h *Hub) everyone() []*conn {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var all []*conn
	for _, mine := range h.people {
		all = append(all, mine...)
	}
	return all
}

var errClosing = fault.New(fault.Unavailable, "shutting_down", "Wardline is shutting down. Please try again shortly.")
