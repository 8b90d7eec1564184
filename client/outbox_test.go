package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

func TestALostAnswerIsAskedForAndAdopted(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	in := anita.team()
	anita.wire.bend(rule{method: "POST", path: "/messages", times: 1, lose: true})
	sent := anita.say(in, "one")
	if posts, asked := anita.wire.count("POST", "/messages"), anita.wire.count("GET", "/messages/"+sent.ID.String()); posts != 1 || asked != 1 {
		t.Errorf("%d posts and %d questions", posts, asked)
	}
	anita.sync()
	if got := anita.texts(in); !slices.Equal(got, []string{"one"}) {
		t.Errorf("the thread has %q", got)
	}
	if waiting := anita.Waiting(in); len(waiting) != 0 {
		t.Errorf("%d still wait", len(waiting))
	}
}

func TestALostAnswerOutlivesALockAndIsAdopted(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	in := anita.team()
	anita.wire.bend(rule{method: "POST", path: "/messages", lose: true})
	anita.wire.bend(rule{method: "GET", path: "/messages/", block: true})
	_, err := anita.Send(w.ctx, in, "one")
	if _, unanswered := errors.AsType[*client.Unanswered](err); !unanswered {
		t.Fatalf("a line that is down: %v", err)
	}
	anita.wire.straighten()
	w.check(anita.Lock(w.ctx))
	if waiting := anita.Waiting(in); len(waiting) != 1 {
		t.Fatalf("%d wait", len(waiting))
	}
	w.check(anita.Unlock(w.ctx, password))
	anita.sync()
	w.check(anita.Flush(w.ctx, in))
	if got := anita.texts(in); !slices.Equal(got, []string{"one"}) || len(anita.Waiting(in)) != 0 {
		t.Errorf("the thread has %q, %v wait", got, anita.Waiting(in))
	}
}

func TestARequestThatNeverArrivedIsSentAgainAsItWas(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	in := anita.team()
	var bodies [][]byte
	note := func(sent []byte) { bodies = append(bodies, bytes.Clone(sent)) }
	anita.wire.bend(rule{method: "POST", path: "/messages", times: 1, block: true, before: note})
	anita.wire.bend(rule{method: "POST", path: "/messages", before: note})
	anita.say(in, "one")
	if len(bodies) != 2 || !bytes.Equal(bodies[0], bodies[1]) {
		t.Errorf("%d requests, the same bytes: %v", len(bodies), len(bodies) == 2 && bytes.Equal(bodies[0], bodies[1]))
	}
	if got := anita.texts(in); !slices.Equal(got, []string{"one"}) {
		t.Errorf("the thread has %q", got)
	}
}

func TestAStaleEpochIsSealedAgainAndChained(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	in := anita.team(leila, tom)
	leila.sync()
	leila.say(in, "zero")
	var queued []id.Message
	for _, text := range []string{"one", "two", "three"} {
		message, err := leila.Queue(w.ctx, in, client.Draft{Text: text})
		w.check(err)
		queued = append(queued, message)
	}
	anita.sync()
	w.check(anita.Remove(w.ctx, in, tom.Person(), envelope.RemoveLeftTeam, ""))
	var halves [][]byte
	leila.wire.bend(rule{method: "POST", path: "/messages", before: func(sent []byte) {
		var body struct{ Half []byte }
		w.check(json.Unmarshal(sent, &body))
		halves = append(halves, body.Half)
	}})
	w.check(leila.Flush(w.ctx, in))
	anita.sync()
	tom.sync()
	if got := anita.texts(in); !slices.Equal(got, []string{"zero", "one", "two", "three"}) {
		t.Errorf("anita reads %q", got)
	}
	if got := tom.texts(in); !slices.Equal(got, []string{"[unopened]"}) && !slices.Equal(got, []string{"zero"}) {
		t.Errorf("who was removed reads %q", got)
	}
	for n, one := range anita.view(in).Messages[1:] {
		if one.ID != queued[n] || one.Epoch != 2 {
			t.Errorf("message %d is %v under epoch %d", n, one.ID, one.Epoch)
		}
	}
	if len(halves) != 4 || bytes.Equal(halves[0], halves[1]) {
		t.Errorf("%d sends; the first was sealed with a new half: %v", len(halves), !bytes.Equal(halves[0], halves[1]))
	}
}

func TestTwoEpochsRaced(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	leila.sync()
	anita.wire.bend(rule{method: "POST", path: "/epochs", times: 1, before: func([]byte) { w.check(leila.Rotate(w.ctx, in)) }})
	w.clock.Advance(8 * 24 * 60 * 60 * 1e9) // the epoch is too old: both must make a new one
	for _, one := range []*person{anita, leila} {
		w.check(one.signIn(client.DeviceOptions{})) // sessions do not last for a week
		one.sync()
	}
	anita.say(in, "one")
	leila.sync()
	leila.say(in, "two")
	anita.sync()
	for _, one := range []*person{anita, leila} {
		if got := one.texts(in); !slices.Equal(got, []string{"one", "two"}) {
			t.Errorf("%s reads %q", one.userName, got)
		}
	}
	if epoch := anita.view(in).Epoch; epoch != 2 {
		t.Errorf("epoch %d", epoch)
	}
	record, _, err := anita.Record(in, 2)
	w.check(err)
	if record.Core.Person != leila.Person() {
		t.Error("the loser's epoch was taken")
	}
}

func TestTwoMembershipChangesRaced(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	in, err := anita.CreateTeam(w.ctx, "Ward 7B", []id.Person{leila.Person()}, client.TeamOptions{AddBy: envelope.WhoMember})
	w.check(err)
	anita.say(in, "one")
	leila.sync()
	anita.wire.bend(rule{method: "POST", path: "/entries", times: 1, before: func([]byte) {
		w.check(leila.Add(w.ctx, in, tom.Person(), client.AddOptions{History: true}))
	}})
	w.check(anita.Rename(w.ctx, in, "Ward 7B, days"))
	anita.say(in, "two")
	tom.sync()
	if got := tom.texts(in); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("tom reads %q", got)
	}
	if name := tom.view(in).Name; name != "Ward 7B, days" {
		t.Errorf("the thread is called %q", name)
	}
	anita.wire.bend(rule{method: "POST", path: "/entries", times: 1, before: func([]byte) {
		w.check(leila.Remove(w.ctx, in, leila.Person(), envelope.RemoveOwnRequest, ""))
	}})
	err = anita.Remove(w.ctx, in, leila.Person(), envelope.RemoveLeftTeam, "")
	w.refused("removing somebody who has just left", err, envelope.NotEntitled)
}

func TestLostAnswersToChangesDoNothingTwice(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	for _, path := range []string{"/v1/threads$", "/entries", "/grants", "/epochs"} {
		anita.wire.bend(rule{method: "POST", path: path, times: 1, lose: true})
	}
	in := anita.team()
	anita.say(in, "one")
	w.check(anita.Add(w.ctx, in, leila.Person(), client.AddOptions{History: true}))
	w.check(anita.Rotate(w.ctx, in))
	anita.say(in, "two")
	leila.sync()
	if got := leila.texts(in); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("leila reads %q", got)
	}
	threads, err := anita.Threads()
	w.check(err)
	if len(threads) != 1 || threads[0].MembershipSeq != 1 || threads[0].Epoch != 3 {
		t.Errorf("threads are %+v", threads)
	}
}

func TestADefiniteNoIsToldAndLetsTheNextOneThrough(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	leila.sync()
	_, err := leila.Decide(w.ctx, in, "a decision without a patient", nil, nil, client.NotCompared)
	if client.CodeOf(err) != "not_in_this_space" {
		t.Errorf("a decision in a team: %v", err)
	}
	_, err = leila.Queue(w.ctx, in, client.Draft{Decision: true, Text: "another one"})
	w.check(err)
	_, err = leila.Queue(w.ctx, in, client.Draft{Text: "one"})
	w.check(err)
	if err := leila.Flush(w.ctx, in); client.CodeOf(err) != "not_in_this_space" {
		t.Errorf("a decision in a team: %v", err)
	}
	w.check(leila.Flush(w.ctx, in))
	if got := leila.texts(in); !slices.Equal(got, []string{"one"}) {
		t.Errorf("the thread has %q", got)
	}
	cancelled, cancel := context.WithCancel(w.ctx)
	cancel()
	if _, err := leila.Send(cancelled, in, "two"); err == nil {
		t.Error("sent without a line")
	}
	w.check(leila.Flush(w.ctx, in))
	if got := leila.texts(in); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("the thread has %q", got)
	}
	for _, text := range []string{"", "\x00", "\xff", string(make([]byte, 90_000))} {
		if _, err := leila.Send(w.ctx, in, text); client.CodeOf(err) != "text" {
			t.Errorf("a text that is none: %v", err)
		}
	}
}

func TestAnotherDevicesKeysEndAnEpoch(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	anita.say(in, "one")
	// A new device is no reason to renew the keys; somebody who was removed by the server is.
	_, err := leila.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	anita.sync()
	anita.say(in, "two")
	if epoch := anita.view(in).Epoch; epoch != 1 {
		t.Errorf("a new device led to epoch %d", epoch)
	}
	w.check(w.server.People().Leave(w.ctx, id.Person{}, leila.Person()))
	w.check(w.server.RunDue(w.ctx, w.clock.Now()))
	anita.sync()
	anita.say(in, "three")
	shown := anita.view(in)
	if shown.Epoch != 2 || len(shown.Members) != 1 || !shown.Changes[1].By.IsZero() || shown.Changes[1].Reason != "leaver" {
		t.Errorf("after a leaver: %+v", shown)
	}
	if err := leila.Sync(w.ctx); client.CodeOf(err) != "not_signed_in" || !leila.Locked() {
		t.Errorf("the leaver: %v", err)
	}
}
