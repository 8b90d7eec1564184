package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/coder/websocket"

	"github.com/wardline/wardline/internal/id"
)

// EventKind says what happened on the live connection.
type EventKind string

// The kinds.
const (
	// EventSynced: everything that was missed is here.
	EventSynced EventKind = "synced"
	// EventThread: a thread has news; Message is set when the news is a message, which is told once and never for this device's own.
	EventThread EventKind = "thread"
	// EventDestroyed: Message is a tombstone now. What was destroyed is also told by EventFiling.
	EventDestroyed EventKind = "destroyed"
	EventMarks     EventKind = "marks"
	EventFiling    EventKind = "filing"
	// EventPerson: somebody's log grew.
	EventPerson EventKind = "person"
	// EventRefused: something was refused, see Err.
	EventRefused EventKind = "refused"
	// EventLocked and EventEnded: the session is, and the keys are gone.
	EventLocked EventKind = "locked"
	EventEnded  EventKind = "ended"
	// EventClosed is the last one. Sends go over HTTP from now on; [Session.Live] connects again.
	EventClosed EventKind = "closed"
)

// Event is something that happened.
type Event struct {
	Kind    EventKind
	Thread  id.Thread
	Message *Message
	Marks   []Mark
	Filing  *Filing
	Person  id.Person
	Err     error
}

// Live is a session's WebSocket. While it is open, what is said reaches the session by itself, and messages are sent over it.
type Live struct {
	session *Session
	socket  *websocket.Conn
	cancel  context.CancelFunc
	frames  *queue[frame]
	events  *queue[Event]
	out     chan Event
	gone    chan struct{}        // closed when nobody wants events any more
	done    chan struct{}        // closed when the session has heeded the last frame
	have    map[id.Thread]uint64 // what was there when it connected; not changed afterwards

	mu      sync.Mutex
	ref     uint32
	answers map[uint32]chan sentFrame
	closed  bool
	silent  bool
}

const liveReadLimit = 1 << 20

var errNotLive = errors.New("client: no live connection")

// Live connects, and asks for everything that is missing. A session has one live connection; a new one takes the place of the old.
func (s *Session) Live(ctx context.Context) (*Live, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var ticket struct {
		Ticket string `json:"ticket"`
	}
	if err := s.call(ctx, "POST", "/v1/live/ticket", nil, &ticket); err != nil {
		return nil, err
	}
	address := "ws" + strings.TrimPrefix(s.requests.base, "http") + "/v1/live?ticket=" + url.QueryEscape(ticket.Ticket)
	socket, response, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		HTTPClient: s.dialer(), HTTPHeader: http.Header{"Origin": {s.requests.origin}}, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, dialError(response, err)
	}
	socket.SetReadLimit(liveReadLimit)
	s.hangUp()
	life, cancel := context.WithCancel(context.Background())
	live := &Live{
		session: s, socket: socket, cancel: cancel, frames: newQueue[frame](), events: newQueue[Event](), out: make(chan Event),
		gone: make(chan struct{}), done: make(chan struct{}), answers: map[uint32]chan sentFrame{},
		have: map[id.Thread]uint64{},
	}
	for name, t := range s.threads {
		live.have[name], t.told = t.log.Seq(), t.log.Seq()
	}
	if err := live.say(ctx, map[string]any{"type": "sync", "have": live.have}); err != nil {
		cancel()
		socket.CloseNow()
		return nil, &Unanswered{err}
	}
	s.live = live
	go live.read(life)
	go live.work(life)
	go live.tell()
	return live, nil
}

// dialer is the session's HTTP client without its overall timeout, which would end the connection.
func (s *Session) dialer() *http.Client {
	client := *s.requests.http
	client.Timeout = 0
	return &client
}

func dialError(response *http.Response, err error) error {
	if response != nil && response.StatusCode >= http.StatusBadRequest && response.Body != nil {
		var body struct{ Code, Detail, Title string }
		if json.NewDecoder(response.Body).Decode(&body) == nil && body.Code != "" {
			return &Problem{Status: response.StatusCode, Code: body.Code, Title: body.Title, Detail: body.Detail}
		}
	}
	return &Unanswered{err}
}

// Events are what happens, in order. The channel is closed after [EventClosed], or by Close. Whoever does not read it misses nothing that matters:
// the session is kept up to date all the same.
func (l *Live) Events() <-chan Event { return l.out }

// Reached says that this device has a thread up to a seq, without waiting.
func (l *Live) Reached(ctx context.Context, in id.Thread, seq uint64) error {
	return l.say(ctx, map[string]any{"type": "reached", "thread": in, "seq": seq})
}

// Seen says that the person has read a thread up to a seq, without waiting.
func (l *Live) Seen(ctx context.Context, in id.Thread, seq uint64) error {
	return l.say(ctx, map[string]any{"type": "seen", "thread": in, "seq": seq})
}

// Close ends the connection and its events, and returns when nothing more happens to the session because of it. The session goes on.
func (l *Live) Close() {
	l.stop()
	l.mu.Lock()
	if !l.silent {
		l.silent = true
		close(l.gone)
	}
	l.mu.Unlock()
	<-l.done
}

// hangUp ends the session's connection, if there is one. The caller holds the session.
func (s *Session) hangUp() {
	if s.live != nil {
		s.live.stop()
		s.live = nil
	}
}

func (l *Live) say(ctx context.Context, value any) error {
	encoded, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return l.socket.Write(ctx, websocket.MessageText, encoded)
}

// post sends a message and waits for its answer. errNotLive says that nothing was sent.
func (l *Live) post(ctx context.Context, one *pending) (accepted, error) {
	ref, answer, err := l.expect()
	if err != nil {
		return accepted{}, err
	}
	defer l.forget(ref)
	if err := l.socket.Write(ctx, websocket.MessageBinary, postFrame(ref, one)); err != nil {
		l.stop()
		return accepted{}, &Unanswered{err} // a part of it may have arrived
	}
	select {
	case got, ok := <-answer:
		if !ok {
			return accepted{}, &Unanswered{errNotLive}
		}
		return got.result()
	case <-ctx.Done():
		return accepted{}, &Unanswered{ctx.Err()}
	}
}

// expect reserves a number for an answer.
func (l *Live) expect() (uint32, chan sentFrame, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, nil, errNotLive
	}
	l.ref++
	answer := make(chan sentFrame, 1)
	l.answers[l.ref] = answer
	return l.ref, answer, nil
}

func (l *Live) forget(ref uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.answers, ref)
}

func (l *Live) answer(got sentFrame) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if waiting, ok := l.answers[got.Ref]; ok {
		delete(l.answers, got.Ref)
		waiting <- got
	}
}

// stop ends the socket; the reader sees to the rest.
func (l *Live) stop() {
	l.cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for ref, waiting := range l.answers {
		delete(l.answers, ref)
		close(waiting)
	}
}

// read takes frames off the socket. Answers go to whoever waits, without the session's lock, because the waiter holds it; everything else is queued
// for work, in order.
func (l *Live) read(ctx context.Context) {
	defer l.frames.close()
	defer l.socket.CloseNow()
	defer l.stop()
	for {
		kind, data, err := l.socket.Read(ctx)
		if err != nil {
			return
		}
		got, err := readFrame(kind == websocket.MessageBinary, data)
		if err != nil {
			l.frames.push(frame{refused: err})
			continue
		}
		if got.sent != nil {
			l.answer(*got.sent)
			continue
		}
		l.frames.push(got)
	}
}

// work lets the session take frames in, many at once when they came fast.
func (l *Live) work(ctx context.Context) {
	defer close(l.done)
	defer l.events.close()
	for l.frames.wait() {
		l.session.heedFrames(ctx, l)
	}
	l.events.push(Event{Kind: EventClosed})
}

// tell hands events out, until the last or until nobody wants them.
func (l *Live) tell() {
	defer close(l.out)
	for l.events.wait() {
		for _, event := range l.events.take() {
			select {
			case l.out <- event:
			case <-l.gone:
				return
			}
		}
	}
}

// queue is an unbounded queue between two goroutines: what the server sends is bounded by the server, and a reader that waited for its consumer
// would keep an answer from whoever waits for it.
type queue[T any] struct {
	mu     sync.Mutex
	some   sync.Cond
	items  []T
	closed bool
}

func newQueue[T any]() *queue[T] {
	q := &queue[T]{}
	q.some.L = &q.mu
	return q
}

func (q *queue[T]) push(item T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = append(q.items, item)
	q.some.Signal()
}

func (q *queue[T]) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.some.Broadcast()
}

// wait returns when there is something, and false when there will be nothing more.
func (q *queue[T]) wait() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 && !q.closed {
		q.some.Wait()
	}
	return len(q.items) > 0
}

// take is everything that is there now.
func (q *queue[T]) take() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch := q.items
	q.items = nil
	return batch
}
