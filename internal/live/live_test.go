package live_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/thread/threadtest"
)

func TestOnlyATicketAndTheRightOriginConnect(t *testing.T) {
	o := newOffice(t)
	ann := o.w.Enrol("Ann")
	ticket := func() string {
		made, err := o.hub.Ticket(ann.Actor())
		o.must(err)
		return made
	}
	used := ticket()
	if _, _, err := o.dial(used, "https://wardline.test"); err != nil {
		t.Fatal(err)
	}
	old := ticket()
	o.w.Clock.Advance(30 * time.Second)
	locked := ticket()
	for name, row := range map[string]struct {
		ticket, origin, code string
	}{
		"no ticket":         {"", "https://wardline.test", "ticket_invalid"},
		"a made-up ticket":  {base64.RawURLEncoding.EncodeToString(make([]byte, 32)), "https://wardline.test", "ticket_invalid"},
		"a used ticket":     {used, "https://wardline.test", "ticket_invalid"},
		"an old ticket":     {old, "https://wardline.test", "ticket_invalid"},
		"no origin":         {ticket(), "", "cross_origin"},
		"another origin":    {ticket(), "https://evil.test", "cross_origin"},
		"another scheme":    {ticket(), "http://wardline.test", "cross_origin"},
		"another port":      {ticket(), "https://wardline.test:8443", "cross_origin"},
		"a longer host":     {ticket(), "https://wardline.test.evil.test", "cross_origin"},
		"the origin null":   {ticket(), "null", "cross_origin"},
		"a locked session":  {locked, "https://wardline.test", "session_locked"},
		"another case":      {ticket(), "https://WARDLINE.test", "cross_origin"},
		"a ticket too many": {ticket() + "x", "https://wardline.test", "ticket_invalid"},
	} {
		o.sessions.fail(ann.Actor().Session, nil)
		if name == "a locked session" {
			o.sessions.fail(ann.Actor().Session, identity.ErrSessionLocked)
		}
		_, response, err := o.dial(row.ticket, row.origin)
		if err == nil {
			t.Errorf("%s: connected", name)
			continue
		}
		var problem struct{ Code string }
		if err := json.NewDecoder(response.Body).Decode(&problem); err != nil || problem.Code != row.code {
			t.Errorf("%s: %q, %v", name, problem.Code, err)
		}
	}
}

func TestTicketsAreBounded(t *testing.T) {
	o := newOffice(t)
	ann := o.w.Enrol("Ann")
	made := 0
	for ; made < 1000; made++ {
		if _, err := o.hub.Ticket(ann.Actor()); err != nil {
			break
		}
	}
	if made > 20 {
		t.Errorf("%d tickets", made)
	}
	o.w.Clock.Advance(time.Minute)
	if _, err := o.hub.Ticket(ann.Actor()); err != nil {
		t.Error(err)
	}
}

func TestR01_AMessageReachesEveryoneWhoIsConnected(t *testing.T) {
	o := newOffice(t)
	ann, ben, cat, dan := o.w.Enrol("Ann"), o.w.Enrol("Ben"), o.w.Enrol("Cat"), o.w.Enrol("Dan")
	talk := o.begin(ann, ben, cat)
	a, b, phone, d := o.connect(ann), o.connect(ben), o.connect(ben), o.connect(dan)
	post := talk.Say(ann, "hello")
	a.post(7, post)
	sent := a.until("sent")
	last := sent[len(sent)-1]
	if last.Ref != 7 || last.Seq != 5 || len(last.LogHash) != 32 {
		t.Errorf("answered %+v", last)
	}
	for _, s := range []*socket{b, phone} {
		got := s.until("entry")
		entry := got[len(got)-1].entry
		if entry.Seq != 5 || !bytes.Equal(entry.Body, post.Message) || entry.Half == nil || entry.Half.Half != post.Half {
			t.Errorf("delivered entry %d", entry.Seq)
		}
	}
	if events := d.settle(); len(events) != 1 {
		t.Errorf("an outsider was told %d things", len(events))
	}

	// Refusals say which message and why.
	o.w.Clock.Advance(time.Minute)
	stale := talk.Say(ann, "under old keys")
	_, _, err := o.room.Rotate(o.Context(), ben.Actor(), talk.Thread, talk.Rotate(ben))
	o.must(err)
	a.post(8, stale)
	refused := a.until("refused")
	if r := refused[len(refused)-1]; r.Ref != 8 || r.Code != "stale_epoch" || r.Epoch != 2 {
		t.Errorf("refused with %+v", r)
	}
	o.sessions.mu.Lock()
	defer o.sessions.mu.Unlock()
	if o.sessions.used == 0 {
		t.Error("sending does not keep the session in use")
	}
}

func TestAGapIsFilledTheNewestThreadFirst(t *testing.T) {
	o := newOffice(t)
	ann, ben := o.w.Enrol("Ann"), o.w.Enrol("Ben")
	first := o.begin(ann, ben)
	o.w.Clock.Advance(time.Second)
	second := o.begin(ann, ben)
	for n := range 520 { // over one page
		o.w.Clock.Advance(time.Millisecond)
		_, err := o.room.Send(o.Context(), ann.Actor(), first.Say(ann, strings.Repeat("x", n%300)))
		o.must(err)
	}
	b := o.connect(ben)
	b.say(map[string]any{"type": "sync", "have": map[string]any{second.Thread.String(): 2}})
	events := b.until("synced")
	if events[0].Type != "heads" || len(events[0].Threads) != 2 || events[0].Threads[0].Thread != first.Thread || events[0].Threads[0].Seq != 523 {
		t.Fatalf("began with %+v", events[0])
	}
	want := map[id.Thread]uint64{first.Thread: 0, second.Thread: 2}
	var order []id.Thread
	for _, e := range events[1 : len(events)-1] {
		want[e.entry.Thread]++
		if e.entry.Seq != want[e.entry.Thread] {
			t.Fatalf("entry %d where %d was due", e.entry.Seq, want[e.entry.Thread])
		}
		if len(order) == 0 || order[len(order)-1] != e.entry.Thread {
			order = append(order, e.entry.Thread)
		}
		if e.entry.Thread == first.Thread {
			if _, err := first.Log.Append(e.entry); err != nil {
				t.Fatal(err)
			}
		}
	}
	if want[first.Thread] != 523 || want[second.Thread] != 3 || len(order) != 2 || order[0] != first.Thread {
		t.Errorf("got %v in order %v", want, order)
	}
	// Nothing is missing afterwards: the head is the end of what came.
	if string(first.Log.Hash().Bytes()) != string(events[0].Threads[0].LogHash) {
		t.Error("the gap does not end at the head")
	}
	b.say(map[string]any{"type": "sync", "have": map[string]any{first.Thread.String(): 523, second.Thread.String(): 3}})
	if events := b.until("synced"); len(events) != 2 {
		t.Errorf("nothing was missing, and %d things came", len(events))
	}
}

func TestARemovedMemberIsCutOffAtOnce(t *testing.T) {
	o := newOffice(t)
	ann, ben, cat := o.w.Enrol("Ann"), o.w.Enrol("Ben"), o.w.Enrol("Cat")
	talk := o.begin(ann, ben, cat)
	b := o.connect(ben)
	b.settle()
	_, err := o.room.Append(o.Context(), ann.Actor(), talk.Thread, talk.Sign(ann, talk.Remove(ann, ben)), nil)
	o.must(err)
	_, _, err = o.room.Rotate(o.Context(), ann.Actor(), talk.Thread, talk.Rotate(ann))
	o.must(err)
	_, err = o.room.Send(o.Context(), ann.Actor(), talk.Say(ann, "without Ben"))
	o.must(err)
	events := b.settle()
	if len(events) != 2 || events[0].Type != "thread" || events[0].Thread != talk.Thread {
		t.Errorf("told %+v", events)
	}
	b.say(map[string]any{"type": "sync", "have": map[string]any{}})
	for _, e := range b.until("synced") {
		if e.entry != nil && (e.entry.Seq > 5 || e.entry.Half != nil) {
			t.Errorf("served entry %d", e.entry.Seq)
		}
	}
}

func TestWhoIsAddedIsTold(t *testing.T) {
	o := newOffice(t)
	ann, ben, cat := o.w.Enrol("Ann"), o.w.Enrol("Ben"), o.w.Enrol("Cat")
	talk := o.begin(ann, ben)
	c := o.connect(cat)
	c.settle()
	_, err := o.room.Append(o.Context(), ann.Actor(), talk.Thread, talk.Sign(ann, talk.Add(ann, cat)), nil)
	o.must(err)
	if events := c.settle(); len(events) != 3 || events[0].entry == nil || events[1].Type != "thread" {
		t.Errorf("told %+v", events)
	}
}

func TestMarksAreToldTogether(t *testing.T) {
	o := newOffice(t)
	ann, ben := o.w.Enrol("Ann"), o.w.Enrol("Ben")
	talk := o.begin(ann, ben)
	a, b := o.connect(ann), o.connect(ben)
	for seq := 1; seq <= 3; seq++ {
		b.say(map[string]any{"type": "reached", "thread": talk.Thread, "seq": seq})
	}
	b.say(map[string]any{"type": "seen", "thread": talk.Thread, "seq": 3})
	b.settle()
	o.must(o.room.Flush(o.Context()))
	events := a.until("marks")
	if m := events[len(events)-1]; len(m.Marks) != 1 || m.Marks[0].Person != ben.ID || m.Marks[0].ReachedSeq != 3 || m.Marks[0].SeenSeq != 3 || m.Thread != talk.Thread {
		t.Errorf("told %+v", m)
	}
}

func TestR25_ASessionThatEndsOrLocksHearsNothingMore(t *testing.T) {
	o := newOffice(t)
	ann, ben := o.w.Enrol("Ann"), o.w.Enrol("Ben")
	talk := o.begin(ann, ben)
	say := func() {
		_, err := o.room.Send(o.Context(), ann.Actor(), talk.Say(ann, "secret"))
		o.must(err)
	}
	b := o.connect(ben)
	b.settle()
	o.hub.SessionLocked(ben.Actor().Session)
	say()
	b.over("locked")

	b = o.connect(ben)
	ticket, err := o.hub.Ticket(ben.Actor())
	o.must(err)
	o.hub.SessionEnded(ben.Actor().Session)
	say()
	b.over("ended")
	if _, _, err := o.dial(ticket, "https://wardline.test"); err == nil {
		t.Error("a ticket outlived its session")
	}

	b = o.connect(ben)
	o.hub.ClosePerson(ben.ID)
	b.over("ended")

	// And without being told: the session is asked after when the client does something.
	b = o.connect(ben)
	b.settle()
	o.sessions.fail(ben.Actor().Session, identity.ErrNotSignedIn)
	o.w.Clock.Advance(2 * time.Second)
	b.say(map[string]any{"type": "sync", "have": map[string]any{}})
	b.over("ended")
}

func TestWhatIsNotOurLanguageEndsTheConnection(t *testing.T) {
	o := newOffice(t)
	ann := o.w.Enrol("Ann")
	for name, write := range map[string]func(*socket) error{
		"not JSON":        func(s *socket) error { return s.ws.Write(o.Context(), websocket.MessageText, []byte("hello")) },
		"an unknown type": func(s *socket) error { return s.ws.Write(o.Context(), websocket.MessageText, []byte(`{"type":"x"}`)) },
		"a bad thread": func(s *socket) error {
			return s.ws.Write(o.Context(), websocket.MessageText, []byte(`{"type":"seen","thread":"AA","seq":1}`))
		},
		"a negative seq": func(s *socket) error {
			return s.ws.Write(o.Context(), websocket.MessageText, []byte(`{"type":"seen","thread":"`+id.Thread{1}.String()+`","seq":-1}`))
		},
		"a short binary":       func(s *socket) error { return s.ws.Write(o.Context(), websocket.MessageBinary, make([]byte, 36)) },
		"another binary":       func(s *socket) error { return s.ws.Write(o.Context(), websocket.MessageBinary, make([]byte, 100)) },
		"more than is allowed": func(s *socket) error { return s.ws.Write(o.Context(), websocket.MessageText, make([]byte, 600<<10)) },
	} {
		s := o.connect(ann)
		if err := write(s); err != nil {
			t.Logf("%s: %v", name, err) // it may be cut off while it writes
		}
		if e, err := s.next(); err == nil {
			t.Errorf("%s: answered %+v", name, e)
		}
	}
}

func TestASlowSocketIsToldToSyncAgain(t *testing.T) {
	o := newOffice(t)
	ann, ben, cat := o.w.Enrol("Ann"), o.w.Enrol("Ben"), o.w.Enrol("Cat")
	o.begin(ann, ben, cat)
	slow, quick := o.connect(ben), o.connect(cat)
	slow.settle()
	// Ben's browser stops reading. Entries pile up in the kernel, then in the queue, and then there is an end.
	big := bytes.Repeat([]byte{7}, 200<<10)
	for range 2000 {
		o.hub.Publish(id.Thread{}, []id.Person{ben.ID}, big)
	}
	o.hub.Publish(id.Thread{}, []id.Person{cat.ID}, []byte("still quick"))
	frames, last := 0, ""
	for {
		kind, data, err := slow.ws.Read(o.Context())
		if err != nil {
			break
		}
		frames++
		if kind == websocket.MessageText {
			last = string(data)
		}
	}
	if last != `{"type":"resync"}` || frames > 600 {
		t.Errorf("after %d frames the last was %q", frames, last)
	}
	if _, data, err := quick.ws.Read(o.Context()); err != nil || string(data) != "still quick" {
		t.Errorf("the quick one got %d bytes, %v", len(data), err)
	}
	// Coming back works.
	again := o.connect(ben)
	again.say(map[string]any{"type": "sync", "have": map[string]any{}})
	if events := again.until("synced"); len(events) != 6 {
		t.Errorf("%d events", len(events))
	}
}

func TestNobodyTakesAllTheConnections(t *testing.T) {
	o := newOffice(t)
	ann := o.w.Enrol("Ann")
	connected := 0
	for range 40 {
		ticket, err := o.hub.Ticket(ann.Actor())
		o.must(err)
		if _, _, err := o.dial(ticket, "https://wardline.test"); err != nil {
			break
		}
		connected++
	}
	if connected != 16 {
		t.Errorf("%d connections", connected)
	}
}

// TestManyConnectionsComeAndGo is for the race detector: people connect, sync, send and vanish while others send.
func TestManyConnectionsComeAndGo(t *testing.T) {
	o := newOffice(t)
	people := []*threadtest.Person{o.w.Enrol("Ann"), o.w.Enrol("Ben"), o.w.Enrol("Cat"), o.w.Enrol("Dan")}
	talk := o.begin(people[0], people[1:]...)
	posts := make([][]thread.Post, len(people))
	for n, person := range people {
		for range 20 {
			posts[n] = append(posts[n], talk.Say(person, "busy"))
		}
	}
	var group sync.WaitGroup
	for n, person := range people {
		group.Go(func() {
			for k, post := range posts[n] {
				s := o.connect(person)
				s.say(map[string]any{"type": "sync", "have": map[string]any{}})
				s.post(uint32(k), post)
				for {
					e, err := s.next()
					if err != nil || e.Type == "refused" {
						t.Errorf("%+v %v", e, err)
						return
					}
					if e.Type == "sent" {
						break
					}
				}
				if k%2 == 0 {
					s.ws.CloseNow()
				} else {
					s.ws.Close(websocket.StatusNormalClosure, "")
				}
			}
		})
	}
	group.Wait()
	head, err := o.room.Head(t.Context(), people[0].ID, talk.Thread)
	if err != nil || head.Seq != 5+80 {
		t.Errorf("%+v %v", head, err)
	}
}

func TestClosingTheHubEndsEveryone(t *testing.T) {
	o := newOffice(t)
	ann := o.w.Enrol("Ann")
	s := o.connect(ann)
	s.settle()
	o.hub.Close()
	if _, err := s.next(); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("ended with %v", err)
	}
	ticket, err := o.hub.Ticket(ann.Actor())
	o.must(err)
	if _, _, err := o.dial(ticket, "https://wardline.test"); err == nil {
		t.Error("connected to a closed hub")
	}
	if o.hub.Connected(ann.ID) {
		t.Error("still listed")
	}
}
