package live_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/live"
	"github.com/wardline/wardline/internal/store/storetest"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/thread/threadtest"
)

// post office: a thread room with a hub in front of it, on a real listener.
type office struct {
	*testing.T
	w        *threadtest.World
	room     *thread.Service
	hub      *live.Hub
	sessions *sessions
	server   *httptest.Server
}

// sessions are those of threadtest's actors, whose session has the id of their device.
type sessions struct {
	mu     sync.Mutex
	failed map[id.Session]error
	used   int
	twice  []id.Session
}

func (s *sessions) UsedTwice(_ context.Context, session id.Session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.twice = append(s.twice, session)
	return nil
}

func (s *sessions) Session(_ context.Context, session id.Session, use bool) (identity.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if use {
		s.used++
	}
	return identity.Session{ID: session, Device: id.Device(session)}, s.failed[session]
}

func (s *sessions) fail(session id.Session, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed[session] = err
}

// later is a publisher that is set after the room was made: room and hub need each other.
type later struct{ thread.Publisher }

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{T: t, w: threadtest.New(t), sessions: &sessions{failed: map[id.Session]error{}}}
	publisher := &later{}
	o.room, _ = o.w.Room(t, storetest.Open(t, storetest.SQLite(t)), publisher)
	o.server = httptest.NewUnstartedServer(nil)
	o.hub = live.New(live.Options{Threads: o.room, Sessions: o.sessions, Origin: "https://wardline.test", Clock: o.w.Clock})
	publisher.Publisher = o.hub
	o.server.Config.Handler = o.hub
	o.server.Start()
	t.Cleanup(func() {
		o.hub.Close()
		o.server.Close()
	})
	return o
}

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

func (o *office) begin(creator *threadtest.Person, others ...*threadtest.Person) *threadtest.Talk {
	o.Helper()
	talk, post := o.w.Begin(envelope.SpaceTeam, creator, others...)
	_, _, err := o.room.Create(o.Context(), creator.Actor(), post)
	o.must(err)
	return talk
}

// socket is a client's end.
type socket struct {
	o  *office
	ws *websocket.Conn
}

func (o *office) dial(ticket, origin string) (*socket, *http.Response, error) {
	options := &websocket.DialOptions{HTTPHeader: http.Header{}}
	if origin != "" {
		options.HTTPHeader.Set("Origin", origin)
	}
	ws, response, err := websocket.Dial(o.Context(), o.server.URL+"/v1/live?ticket="+ticket, options)
	if err != nil {
		return nil, response, err
	}
	ws.SetReadLimit(1 << 20)
	o.Cleanup(func() { ws.CloseNow() })
	return &socket{o, ws}, response, nil
}

func (o *office) connect(person *threadtest.Person) *socket {
	o.Helper()
	ticket, err := o.hub.Ticket(person.Actor())
	o.must(err)
	s, _, err := o.dial(ticket, "https://wardline.test")
	o.must(err)
	return s
}

func (s *socket) say(event map[string]any) {
	s.o.Helper()
	text, err := json.Marshal(event)
	s.o.must(err)
	s.o.must(s.ws.Write(s.o.Context(), websocket.MessageText, text))
}

func (s *socket) post(ref uint32, post thread.Post) {
	s.o.Helper()
	frame := binary.BigEndian.AppendUint32([]byte{1}, ref)
	frame = append(append(frame, post.Half[:]...), post.Message...)
	s.o.must(s.ws.Write(s.o.Context(), websocket.MessageBinary, frame))
}

// event is one thing that the server said.
type event struct {
	Type    string        `json:"type"`
	Ref     uint32        `json:"ref"`
	Code    string        `json:"code"`
	Epoch   uint32        `json:"epoch"`
	Seq     uint64        `json:"seq"`
	LogHash []byte        `json:"logHash"`
	Thread  id.Thread     `json:"thread"`
	Person  id.Person     `json:"person"`
	Threads []thread.Head `json:"threads"`
	Marks   []thread.Mark `json:"marks"`
	entry   *envelope.LogEntry
}

func (s *socket) next() (event, error) {
	ctx, cancel := context.WithTimeout(s.o.Context(), 30*time.Second)
	defer cancel()
	kind, data, err := s.ws.Read(ctx)
	if err != nil {
		return event{}, err
	}
	var e event
	if kind == websocket.MessageBinary {
		e.Type = "entry"
		e.entry, err = envelope.Parse[envelope.LogEntry](data)
		return e, err
	}
	return e, json.Unmarshal(data, &e)
}

// until reads until something of this type comes, and returns all of it.
func (s *socket) until(kind string) []event {
	s.o.Helper()
	var all []event
	for {
		e, err := s.next()
		if err != nil {
			s.o.Fatalf("waiting for %s after %d events: %v", kind, len(all), err)
		}
		all = append(all, e)
		if e.Type == kind {
			return all
		}
	}
}

// settle waits until the server has dealt with everything that was said before.
func (s *socket) settle() []event {
	s.o.Helper()
	s.say(map[string]any{"type": "ping"})
	return s.until("pong")
}

// over checks that the connection ends after at most one event, of this type.
func (s *socket) over(kind string) {
	s.o.Helper()
	for {
		e, err := s.next()
		if err != nil {
			s.o.Fatalf("it ended without %q: %v", kind, err)
		}
		if e.Type == kind {
			break
		}
	}
	if e, err := s.next(); err == nil {
		s.o.Errorf("after %q came %q", kind, e.Type)
	}
}
