package client_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// connected is a person with a live connection.
type connected struct {
	*person
	*client.Live
}

func (p *person) connect() *connected {
	p.w.t.Helper()
	live, err := p.Session.Live(p.w.ctx)
	p.w.check(err)
	p.w.t.Cleanup(live.Close)
	return &connected{p, live}
}

// until reads events up to one that is wanted.
func (c *connected) until(what string, wanted func(client.Event) bool) client.Event {
	c.w.t.Helper()
	late := time.After(20 * time.Second)
	var seen []client.EventKind
	for {
		select {
		case event, open := <-c.Events():
			if !open {
				c.w.t.Fatalf("%s: the events ended after %v", what, seen)
			}
			if wanted(event) {
				return event
			}
			if event.Kind == client.EventRefused {
				c.w.t.Errorf("%s: refused: %v", what, event.Err)
			}
			seen = append(seen, event.Kind)
		case <-late:
			c.w.t.Fatalf("%s: nothing came but %v", what, seen)
		}
	}
}

func kind(wanted client.EventKind) func(client.Event) bool {
	return func(event client.Event) bool { return event.Kind == wanted }
}

func text(wanted string) func(client.Event) bool {
	return func(event client.Event) bool { return event.Message != nil && event.Message.Text == wanted }
}

func TestWhatIsSaidArrivesByItself(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel").connect(), w.enrol("leila.haddad", "Dr Leila Haddad").connect()
	leila.until("nothing is missing", kind(client.EventSynced))
	in := anita.team(leila.person)
	leila.until("a new thread", func(e client.Event) bool { return e.Kind == client.EventThread && e.Thread == in })
	before := anita.wire.count("POST", "/messages")
	for _, one := range []string{"one", "two", "three"} {
		anita.say(in, one)
		leila.until(one, text(one))
	}
	if posts := anita.wire.count("POST", "/messages") - before; posts != 0 {
		t.Errorf("%d messages went over HTTP", posts)
	}
	w.check(leila.Live.Seen(w.ctx, in, leila.view(in).Seq))
	for !leila.hasSeen(in, leila.view(in).Seq) {
		w.clock.Advance(time.Second) // marks are written a moment later, by the server's clock
	}
	marks := anita.until("marks", kind(client.EventMarks))
	if !slices.ContainsFunc(marks.Marks, func(m client.Mark) bool { return m.Person == leila.Person() && m.SeenSeq > 0 }) {
		t.Errorf("marks are %+v", marks.Marks)
	}
	leila.say(in, "four")
	anita.until("four", text("four"))
	tom := w.enrol("tom.reid", "Tom Reid").connect()
	w.check(anita.Add(w.ctx, in, tom.Person(), client.AddOptions{History: true}))
	anita.say(in, "five")
	tom.until("five", text("five"))
	tom.sync() // the grant may have come after it
	if got := tom.texts(in); !slices.Equal(got, []string{"one", "two", "three", "four", "five"}) {
		t.Errorf("tom reads %q", got)
	}
	leila.until("five", text("five"))
	w.check(anita.Remove(w.ctx, in, tom.Person(), envelope.RemoveAddedInError, ""))
	tom.until("the end", func(e client.Event) bool {
		shown, err := tom.Thread(in)
		return err == nil && shown.Left && e.Thread == in
	})
	leila.say(in, "six")
	anita.until("six", text("six"))
}

// hasSeen asks the server whether it knows that this person has seen a thread.
func (p *person) hasSeen(in id.Thread, seq uint64) bool {
	p.w.t.Helper()
	marks, err := p.Marks(p.w.ctx, in)
	p.w.check(err)
	return slices.ContainsFunc(marks, func(m client.Mark) bool { return m.Person == p.Person() && m.SeenSeq >= seq })
}

func TestAGapIsFilledOnConnecting(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	leila.sync()
	for range 5 {
		anita.say(in, "while leila was away")
	}
	back := leila.connect()
	back.until("the gap", kind(client.EventSynced))
	if got := leila.texts(in); len(got) != 5 {
		t.Errorf("leila reads %q", got)
	}
}

func TestWithoutTheConnectionMessagesGoOverHTTP(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel").connect()
	in := anita.team()
	anita.say(in, "one")
	anita.wire.cut()
	anita.say(in, "two")
	anita.until("the end", kind(client.EventClosed))
	anita.say(in, "three")
	anita.person.connect()
	anita.say(in, "four")
	if got := anita.texts(in); !slices.Equal(got, []string{"one", "two", "three", "four"}) {
		t.Errorf("anita reads %q", got)
	}
}

func TestAStaleEpochOverTheConnectionIsSealedAgain(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	in := anita.team(leila, tom)
	leila.sync()
	live := leila.connect()
	live.until("nothing is missing", kind(client.EventSynced))
	_, err := leila.Queue(w.ctx, in, client.Draft{Text: "one"})
	w.check(err)
	w.check(anita.Remove(w.ctx, in, tom.Person(), envelope.RemoveLeftTeam, ""))
	w.check(leila.Flush(w.ctx, in))
	anita.sync()
	if got := anita.texts(in); !slices.Equal(got, []string{"one"}) {
		t.Errorf("anita reads %q", got)
	}
}

func TestALockEndsTheConnection(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	in := anita.team()
	anita.say(in, "one")
	live := anita.connect()
	live.until("nothing is missing", kind(client.EventSynced))
	w.check(anita.Lock(w.ctx))
	live.until("the end", kind(client.EventClosed))
	w.check(anita.Unlock(w.ctx, password))
	again := anita.connect()
	again.until("everything again", kind(client.EventSynced))
	if got := anita.texts(in); !slices.Equal(got, []string{"one"}) {
		t.Errorf("anita reads %q", got)
	}
	w.check(w.server.Identity().EndAll(w.ctx, anita.Person()))
	again.until("the session is over", kind(client.EventEnded))
	if err := anita.Sync(w.ctx); client.CodeOf(err) != "ended" {
		t.Errorf("after the end: %v", err)
	}
}

func TestDestructionArrivesByItself(t *testing.T) {
	d := newWard(t, shortGrace)
	d.anita.sync()
	live := d.anita.connect()
	live.until("nothing is missing", kind(client.EventSynced))
	filing := d.file(d.decision.ID)
	live.until("the receipt", func(e client.Event) bool { return e.Filing != nil && e.Filing.State == "received" })
	d.pass(filing.EligibleAt, d.anita, d.leila)
	d.destroyed()
	gone := live.until("the destruction", func(e client.Event) bool {
		return e.Kind == client.EventDestroyed || e.Filing != nil && e.Filing.DestroyedAt > 0
	})
	if gone.Message != nil && gone.Message.Tombstone == nil {
		t.Errorf("what is gone shows as %+v", gone.Message)
	}
	d.anita.sync()
	if got := d.anita.texts(d.in); got[4] != "[destroyed]" {
		t.Errorf("anita reads %q", got)
	}
}

func TestAHostileConnectionIsRefused(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	anita.say(in, "one")
	others := map[string]id.Thread{}
	for _, name := range []string{"a shorter thread", "another history", "another entry in the place of one"} {
		others[name] = anita.team(leila)
		anita.say(others[name], "one")
	}
	leila.sync()
	live := leila.connect()
	live.until("nothing is missing", kind(client.EventSynced))
	truth := leila.view(in)
	forged := &envelope.LogEntry{Thread: in, Seq: truth.Seq + 1, Kind: envelope.EntryMessage, LogHash: id.Hash{1}, Body: []byte("no message")}
	again := *forged
	again.Thread, again.Seq = others["another entry in the place of one"], truth.Seq
	shown := func(name string) client.Thread { return leila.view(others[name]) }
	all := func(change func(name string, one map[string]any)) []byte {
		return heads(append([]client.Thread{truth}, shown("a shorter thread"), shown("another history"), shown("another entry in the place of one")),
			func(of id.Thread, one map[string]any) {
				for name, thread := range others {
					if of == thread {
						change(name, one)
					}
				}
			})
	}
	for _, test := range []struct {
		name   string
		binary bool
		data   []byte
		code   envelope.Code
		kind   envelope.ConflictKind // none: it freezes nothing
	}{
		{"no object", true, []byte("no object"), envelope.Malformed, 0},
		{"no JSON", false, []byte("no JSON"), envelope.Malformed, 0},
		{"a forged entry", true, bytesOf(w, forged), envelope.Malformed, 0}, // the server is asked, and is honest
		{"a shorter thread", false, all(func(name string, one map[string]any) {
			if name == "a shorter thread" {
				one["seq"] = truth.Seq - 1
			}
		}), envelope.RolledBack, envelope.ConflictRolledBack},
		{"another history", false, all(func(name string, one map[string]any) {
			if name == "another history" {
				one["logHash"] = id.Hash{1}.Bytes()
			}
		}), envelope.BrokenChain, envelope.ConflictForkedLog},
		{"another entry in the place of one", true, bytesOf(w, &again), envelope.BrokenChain, envelope.ConflictForkedLog},
	} {
		live.Hear(test.binary, test.data)
		event := live.next(test.name, kind(client.EventRefused))
		w.refused(test.name, event.Err, test.code)
		if thread, own := others[test.name]; own {
			frozen := leila.isFrozen(thread, test.kind)
			leila.reported(thread, frozen)
		}
	}
	leila.say(in, "two")
	live.Hear(false, []byte(`{"type":"heads","threads":[]}`))
	w.refused("a hidden thread", live.next("a hidden thread", func(e client.Event) bool {
		return e.Kind == client.EventRefused && e.Thread == in
	}).Err, envelope.RolledBack)
	leila.isFrozen(in, envelope.ConflictMissing)
	live.Hear(false, []byte(`{"type":"locked"}`))
	live.next("the lock", kind(client.EventLocked))
	if !leila.Locked() {
		t.Error("the keys are still here")
	}
}

// next is until for tests that want refusals.
func (c *connected) next(what string, wanted func(client.Event) bool) client.Event {
	c.w.t.Helper()
	for event := range c.Events() {
		if wanted(event) {
			return event
		}
	}
	c.w.t.Fatalf("%s: the events ended", what)
	return client.Event{}
}

func heads(of []client.Thread, change func(id.Thread, map[string]any)) []byte {
	var all []any
	for _, one := range of {
		head := map[string]any{"thread": one.ID, "seq": one.Seq, "logHash": one.LogHash.Bytes()}
		change(one.ID, head)
		all = append(all, head)
	}
	encoded, err := json.Marshal(map[string]any{"type": "heads", "threads": all})
	if err != nil {
		panic(err)
	}
	return encoded
}

func bytesOf(w *world, object envelope.Object) []byte {
	w.t.Helper()
	raw, err := envelope.Encode(object)
	w.check(err)
	return raw
}
