package httpapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coder/websocket"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/live"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/thread/threadtest"
)

// wardSessions gives each person a session whose token begins with their device's id.
type wardSessions struct {
	Sessions
	people []*threadtest.Person
}

func (s *wardSessions) Authenticate(_ context.Context, token []byte, _ id.Hash, _ bool) (identity.Session, error) {
	return s.find(id.Device(token[:16]))
}

// UsedTwice implements live.Sessions.
func (s *wardSessions) UsedTwice(context.Context, id.Session) error { return nil }

func (s *wardSessions) Session(_ context.Context, session id.Session, _ bool) (identity.Session, error) {
	return s.find(id.Device(session))
}

func (s *wardSessions) find(device id.Device) (identity.Session, error) {
	for _, p := range s.people {
		if p.Device.Device == device {
			return identity.Session{ID: id.Session(device), Profile: identity.Profile{Person: p.ID}, Device: device}, nil
		}
	}
	return identity.Session{}, identity.ErrNotSignedIn
}

// wardSite is the surface with a team thread of Ann and Ben behind it, and Dan outside.
type wardSite struct {
	*testing.T
	api           *API
	w             *threadtest.World
	room          *thread.Service
	ann, ben, dan *threadtest.Person
	talk          *threadtest.Talk
	start         thread.NewThread
}

type laterPublisher struct{ thread.Publisher }

func eachWard(t *testing.T, test func(*wardSite)) {
	t.Helper()
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		s := &wardSite{T: t, w: threadtest.New(t)}
		s.ann, s.ben, s.dan = s.w.Enrol("Ann"), s.w.Enrol("Ben"), s.w.Enrol("Dan")
		sessions := &wardSessions{people: []*threadtest.Person{s.ann, s.ben, s.dan}}
		publisher := &laterPublisher{}
		s.room, _ = s.w.Room(t, db, publisher)
		hub := live.New(live.Options{Threads: s.room, Sessions: sessions, Origin: testOrigin, Clock: s.w.Clock})
		t.Cleanup(hub.Close)
		publisher.Publisher = hub
		s.api = New(Options{
			Rooms:  Rooms{Sessions: sessions, Threads: s.room, Epochs: s.room, Messages: s.room, Marks: s.room, Live: hub},
			Origin: testOrigin, Clock: s.w.Clock,
		})
		s.talk, s.start = s.w.Begin(envelope.SpaceTeam, s.ann, s.ben)
		test(s)
	})
}

func wardCookie(p *threadtest.Person) string {
	token := append(p.Device.Device.Bytes(), make([]byte, 16)...)
	return "wardline=" + base64.RawURLEncoding.EncodeToString(token)
}

// call makes a request; the answer is checked against the status and, of a problem, the code, and read into when there is one.
func (s *wardSite) call(by *threadtest.Person, method, path string, body any, status int, into any) {
	s.Helper()
	text := ""
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			s.Fatal(err)
		}
		text = string(encoded)
	}
	w := call(s.T, s.api, method, path, text, func(r *http.Request) {
		r.Header.Set("Origin", testOrigin)
		r.Header.Set("Cookie", wardCookie(by))
	})
	if w.Code != status {
		s.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	if into != nil {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			s.Fatal(err)
		}
	}
}

type anyMap map[string]any

func epochOf(post thread.EpochPost) anyMap {
	return anyMap{"record": post.Record, "envelopes": post.Envelopes, "sealedState": post.SealedState}
}

func (s *wardSite) begin() {
	s.Helper()
	var made createdThread
	body := anyMap{"create": s.start.Create, "entries": s.start.Entries, "epoch": epochOf(s.start.Epoch)}
	s.call(s.ann, "POST", "/v1/threads", body, 200, &made)
	if made.Thread != s.talk.Thread || made.Seq != 3 {
		s.Fatalf("made %+v", made)
	}
}

func (s *wardSite) path(rest string) string { return "/v1/threads/" + s.talk.Thread.String() + rest }

func TestAConversationOverHTTP(t *testing.T) {
	eachWard(t, func(s *wardSite) {
		s.begin()
		post := s.talk.Say(s.ann, "hello")
		message := anyMap{"message": post.Message, "half": post.Half[:]}
		var sent, found thread.Accepted
		s.call(s.ann, "POST", s.path("/messages"), message, 200, &sent)
		s.call(s.ben, "GET", s.path("/messages/"+sent.Message.String()), nil, 200, &found)
		if sent.Seq != 4 || found.Seq != 4 || !bytes.Equal(sent.LogHash, found.LogHash) || sent.At != s.w.Clock.Now().UnixMilli() {
			s.Errorf("sent %+v, found %+v", sent, found)
		}

		var heads threadsBody
		s.call(s.ben, "GET", "/v1/threads", nil, 200, &heads)
		if len(heads.Threads) != 1 || heads.Threads[0].Unread != 1 || heads.Threads[0].Space != "team" {
			s.Errorf("heads %+v", heads)
		}
		var page logBody
		s.call(s.ben, "GET", s.path("/log?after=3&limit=1"), nil, 200, &page)
		if len(page.Entries) != 1 || page.More {
			s.Fatalf("a page of %d", len(page.Entries))
		}
		var epochs epochsBody
		s.call(s.ben, "GET", s.path("/epochs"), nil, 200, &epochs)
		entry, err := envelope.Parse[envelope.LogEntry](page.Entries[0])
		if err != nil {
			s.Fatal(err)
		}
		if text, err := s.talk.Read(s.ben, entry, epochs.Epochs[0]); err != nil || text != "hello" {
			s.Errorf("read %q, %v", text, err)
		}

		var entered entryPlace
		with := s.talk.Add(s.ann, s.dan)
		with.History = true
		first := s.talk.Epoch
		added := s.talk.Sign(s.ann, with)
		s.call(s.ann, "POST", s.path("/entries"), anyMap{"entry": added, "epoch": epochOf(s.talk.Rotate(s.ann))}, 200, &entered)
		signed, envelopes, err := envelope.NewGrant(envelope.GrantInput{
			Trust: s.w.Trust(), Membership: s.talk.Membership, Target: s.dan.ID, Person: s.ben.ID, Device: s.ben.Device.Device, Key: s.ben.Key,
			Issued: envelope.TimeOf(s.w.Clock.Now()), Epochs: []*envelope.EpochKey{first},
		})
		if err != nil {
			s.Fatal(err)
		}
		s.call(s.ben, "POST", s.path("/grants"), anyMap{"grant": encoded(s.T, signed), "envelopes": [][]byte{encoded(s.T, &envelopes[0])}}, 204, nil)
		var grants grantsBody
		s.call(s.dan, "GET", s.path("/grants"), nil, 200, &grants)
		var place epochPlace
		s.call(s.ann, "POST", s.path("/epochs"), epochOf(s.talk.Rotate(s.ann)), 200, &place)
		if entered.Seq != 5 || len(grants.Grants) != 1 || place.Seq != 7 || place.Epoch != 3 {
			s.Errorf("entry at %d, %d grants, epoch %+v", entered.Seq, len(grants.Grants), place)
		}

		s.call(s.ben, "POST", s.path("/reached"), anyMap{"seq": 7}, 204, nil)
		s.call(s.ben, "POST", s.path("/seen"), anyMap{"seq": 4}, 204, nil)
		var marks marksBody
		s.call(s.ann, "GET", s.path("/marks"), nil, 200, &marks)
		for _, mark := range marks.Marks {
			if mark.Person == s.ben.ID && (mark.ReachedSeq != 7 || mark.SeenSeq != 4) {
				s.Errorf("mark %+v", mark)
			}
		}
		var head thread.Head
		s.call(s.ben, "GET", s.path(""), nil, 200, &head)
		if head.Unread != 0 || head.Seq != 7 || head.MemberCount != 3 {
			s.Errorf("head %+v", head)
		}
	})
}

func encoded(t *testing.T, object envelope.Object) []byte {
	t.Helper()
	bytes, err := envelope.Encode(object)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

func TestRefusalsOverHTTPSayWhatToDo(t *testing.T) {
	eachWard(t, func(s *wardSite) {
		s.begin()
		old := s.talk.Say(s.ann, "under old keys")
		_, lost := s.talk.NewEpoch(s.ben)
		var problem struct {
			Code           string
			Epoch          uint32
			MembershipSeq  uint32
			MembershipHead []byte
		}
		s.call(s.ann, "POST", s.path("/epochs"), epochOf(s.talk.Rotate(s.ann)), 200, nil)
		s.call(s.ann, "POST", s.path("/messages"), anyMap{"message": old.Message, "half": old.Half[:]}, 409, &problem)
		if problem.Code != "stale_epoch" || problem.Epoch != 2 {
			s.Errorf("%+v", problem)
		}
		s.call(s.ben, "POST", s.path("/epochs"), epochOf(lost), 409, &problem)
		if problem.Code != "epoch_taken" || problem.Epoch != 2 {
			s.Errorf("%+v", problem)
		}
		mine, theirs := s.talk.Forge(s.ann, s.talk.Add(s.ann, s.dan)), s.talk.Forge(s.ben, s.talk.Remove(s.ben, s.ben))
		s.call(s.ann, "POST", s.path("/entries"), anyMap{"entry": mine}, 200, nil)
		s.call(s.ben, "POST", s.path("/entries"), anyMap{"entry": theirs}, 409, &problem)
		if problem.Code != "membership_moved" || problem.MembershipSeq != 2 || len(problem.MembershipHead) != 32 {
			s.Errorf("%+v", problem)
		}
		s.call(s.ben, "POST", s.path("/messages"), anyMap{"message": old.Message, "half": old.Half[:]}, 403, &problem)
		if problem.Code != "wrong_sender" {
			s.Errorf("%+v", problem)
		}
		for _, half := range [][]byte{nil, make([]byte, 31), make([]byte, 33)} {
			s.call(s.ann, "POST", s.path("/messages"), anyMap{"message": old.Message, "half": half}, 422, &problem)
		}
		s.call(s.ann, "POST", s.path("/messages"), anyMap{"message": make([]byte, messageBody), "half": old.Half[:]}, 413, nil)
	})
}

func TestR13_AThreadIsUnknownToWhoeverIsNotInIt(t *testing.T) {
	eachWard(t, func(s *wardSite) {
		s.begin()
		post := s.talk.Seal(s.dan, s.talk.Header(s.dan), "let me in")
		entry := s.talk.Forge(s.dan, s.talk.Add(s.dan, s.dan))
		_, epoch := s.talk.NewEpoch(s.ann)
		for _, row := range []struct {
			method, path string
			body         any
		}{
			{"GET", "", nil}, {"GET", "/log", nil}, {"GET", "/epochs", nil}, {"GET", "/grants", nil}, {"GET", "/marks", nil},
			{"GET", "/messages/" + id.New[id.Message](s.w.IDs).String(), nil},
			{"POST", "/entries", anyMap{"entry": entry}}, {"POST", "/epochs", epochOf(epoch)},
			{"POST", "/grants", anyMap{"grant": entry, "envelopes": []string{}}},
			{"POST", "/messages", anyMap{"message": post.Message, "half": post.Half[:]}},
			{"POST", "/reached", anyMap{"seq": 1}}, {"POST", "/seen", anyMap{"seq": 1}},
		} {
			var problem struct{ Code string }
			s.call(s.dan, row.method, s.path(row.path), row.body, 404, &problem)
			if problem.Code != "thread_unknown" {
				s.Errorf("%s %s: %s", row.method, row.path, problem.Code)
			}
		}
		var heads threadsBody
		s.call(s.dan, "GET", "/v1/threads", nil, 200, &heads)
		if heads.Threads == nil || len(heads.Threads) != 0 {
			s.Errorf("heads %+v", heads)
		}
	})
}

func TestTheLiveConnectionThroughEveryLayer(t *testing.T) {
	eachWard(t, func(s *wardSite) {
		s.begin()
		server := httptest.NewServer(s.api)
		s.Cleanup(server.Close)
		var ticket liveTicketBody
		s.call(s.ben, "POST", "/v1/live/ticket", nil, 200, &ticket)
		header := http.Header{"Origin": {testOrigin}}
		ws, _, err := websocket.Dial(s.Context(), server.URL+"/v1/live?ticket="+ticket.Ticket, &websocket.DialOptions{HTTPHeader: header})
		if err != nil {
			s.Fatal(err)
		}
		defer ws.CloseNow()
		post := s.talk.Say(s.ben, "live")
		frame := append(binary.BigEndian.AppendUint32([]byte{1}, 9), append(post.Half[:], post.Message...)...)
		if err := ws.Write(s.Context(), websocket.MessageBinary, frame); err != nil {
			s.Fatal(err)
		}
		var entry, answer bool
		for !entry || !answer {
			kind, data, err := ws.Read(s.Context())
			if err != nil {
				s.Fatal(err)
			}
			if kind == websocket.MessageBinary {
				entry = true
				continue
			}
			var sent struct {
				Type string
				Ref  int
				Seq  uint64
			}
			if err := json.Unmarshal(data, &sent); err != nil || sent.Type != "sent" || sent.Ref != 9 || sent.Seq != 4 {
				s.Fatalf("%s %v", data, err)
			}
			answer = true
		}
		if _, response, err := websocket.Dial(s.Context(), server.URL+"/v1/live?ticket="+ticket.Ticket, &websocket.DialOptions{HTTPHeader: header}); err == nil || response.StatusCode != 401 {
			s.Error("a ticket was good twice")
		}
	})
}
