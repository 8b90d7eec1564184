package client_test

import (
	"slices"
	"testing"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

func TestTwoPeopleTalk(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	first := anita.say(in, "Handover at 20:30 in the seminar room.")
	leila.sync()
	reply, err := leila.Reply(w.ctx, in, "I will be there.", first.ID)
	w.check(err)
	if reply.ReplyTo == nil || reply.ReplyTo.Message != first.ID || reply.ReplyTo.Entry != first.Entry {
		t.Errorf("the reply refers to %v", reply.ReplyTo)
	}
	anita.sync()
	want := []string{"Handover at 20:30 in the seminar room.", "I will be there."}
	for _, one := range []*person{anita, leila} {
		if got := one.texts(in); !slices.Equal(got, want) {
			t.Errorf("%s reads %q", one.userName, got)
		}
	}
	if shown := leila.view(in); shown.Name != "Ward 7B day team" || len(shown.Members) != 2 || shown.Unread != 0 && shown.Unread != 1 {
		t.Errorf("the thread shows as %+v", shown)
	}
	found, err := leila.Search("SEMINAR handover")
	w.check(err)
	if len(found) != 1 || found[0].ID != first.ID {
		t.Errorf("found %v", found)
	}
	w.check(leila.Seen(w.ctx, in, reply.Seq))
	marks, err := anita.Marks(w.ctx, in)
	w.check(err)
	if !slices.ContainsFunc(marks, func(m client.Mark) bool { return m.Person == leila.Person() && m.SeenSeq == reply.Seq }) {
		t.Errorf("marks are %+v", marks)
	}
}

func TestTwoPeopleHaveOneDirectThread(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	first, err := anita.CreateDirect(w.ctx, leila.Person())
	w.check(err)
	second, err := leila.CreateDirect(w.ctx, anita.Person())
	w.check(err)
	if first != second {
		t.Errorf("two threads: %v and %v", first, second)
	}
	if name := leila.view(first).Name; name != "Dr Anita Patel" {
		t.Errorf("leila's thread is called %q", name)
	}
}

func TestR11_APatientThreadHasThePatientForEverybody(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in, err := anita.CreatePatient(w.ctx, john, []id.Person{leila.Person()})
	w.check(err)
	leila.sync()
	shown := leila.view(in)
	if shown.Patient == nil || shown.Name != "SMITH, John (Mr)" || shown.Patient.Number.Digits() != "9434765919" || shown.Patient.By != anita.Person() {
		t.Fatalf("leila sees %q, %+v", shown.Name, shown.Patient)
	}
	if _, err := leila.Send(w.ctx, in, "Results for 900 000 0009 are back."); client.CodeOf(err) != "other_patient" {
		t.Errorf("another patient's number: %v", err)
	}
	leila.say(in, "Results for 943 476 5919 are back.")
	team := anita.team(leila)
	if _, err := anita.Send(w.ctx, team, "Please see 943 476 5919"); client.CodeOf(err) != "number_outside" {
		t.Errorf("a number outside: %v", err)
	}
}

func TestR11_TwoOfThreeAndAnotherPatientAreRefused(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	wrong := john
	wrong.Given = "Joan"
	_, err := anita.CreatePatient(w.ctx, wrong, nil)
	if client.CodeOf(err) != "mismatch" {
		t.Errorf("two of three: %v", err)
	}
	identified, err := anita.Identify(w.ctx, john)
	w.check(err)
	if !identified.Matched || len(identified.Namesakes) == 0 {
		t.Errorf("identified %+v", identified)
	}
	// A server that answers with somebody else's assertion, signed as it should be.
	other := client.Question{NHSNumber: "900 000 0025", Family: "Smith", Given: "Joan", BirthDate: "1954-03-12"}
	anita.wire.bend(rule{method: "POST", path: "/v1/patients/look-up", body: func(m map[string]any) { m["outcome"] = "matched" }})
	_, err = anita.Identify(w.ctx, wrong)
	w.refused("no assertion", err, envelope.Malformed)
	anita.wire.straighten()
	stolen := w.assertionFor(anita, other)
	anita.wire.bend(rule{method: "POST", path: "/v1/patients/look-up", body: func(m map[string]any) { m["assertion"] = stolen }})
	_, err = anita.CreatePatient(w.ctx, john, nil)
	w.refused("another thread's assertion", err, envelope.WrongIdentity)
}

// assertionFor is the assertion that the server gives for another look-up.
func (w *world) assertionFor(p *person, q client.Question) any {
	var stolen any
	r := p.wire.bend(rule{method: "POST", path: "/v1/patients/look-up", times: 1, body: func(m map[string]any) { stolen = m["assertion"] }})
	_, err := p.Identify(w.ctx, q)
	w.check(err)
	if r.used != 1 || stolen == nil {
		w.t.Fatal("no assertion came by")
	}
	return stolen
}

func TestSomebodyAddedWithHistoryReadsItAndWithoutDoesNot(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	in := anita.team()
	anita.say(in, "before")
	w.check(anita.Add(w.ctx, in, leila.Person(), client.AddOptions{Reason: envelope.AddHandover, History: true, Note: "takes over at 20:30"}))
	w.check(anita.Add(w.ctx, in, tom.Person(), client.AddOptions{}))
	anita.say(in, "after")
	leila.sync()
	tom.sync()
	if got := leila.texts(in); !slices.Equal(got, []string{"before", "after"}) {
		t.Errorf("with history: %q", got)
	}
	if got := tom.texts(in); !slices.Equal(got, []string{"[unopened]", "after"}) {
		t.Errorf("without history: %q", got)
	}
	changes := leila.view(in).Changes
	if len(changes) != 2 || changes[0].Note != "takes over at 20:30" || changes[0].Reason != "handover" || changes[0].By != anita.Person() {
		t.Errorf("changes are %+v", changes)
	}
}

func TestSomebodyRemovedReadsNothingMore(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	in := anita.team(leila, tom)
	anita.say(in, "one")
	tom.sync()
	w.check(anita.Remove(w.ctx, in, tom.Person(), envelope.RemoveLeftTeam, "moved to 3A"))
	anita.say(in, "two")
	tom.sync()
	leila.sync()
	if got := leila.texts(in); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("who stayed reads %q", got)
	}
	shown := tom.view(in)
	if !shown.Left || len(shown.Messages) != 1 || len(shown.Members) != 2 {
		t.Errorf("who left sees %+v", shown)
	}
	if _, err := tom.Send(w.ctx, in, "still here?"); err == nil {
		t.Error("who left can send")
	}
	if epoch, _, err := anita.Record(in, 2); err != nil {
		t.Error(err)
	} else if _, listed := epoch.Lists(tom.Person()); listed {
		t.Error("who left is listed in the new epoch")
	}
}

func TestASecondDeviceReadsEverythingAndSends(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	anita.say(in, "one")
	ward, err := leila.elsewhere(client.Memory{}, client.DeviceOptions{Kind: envelope.DeviceShared, Label: "Ward PC"})
	w.check(err)
	ward.sync()
	ward.say(in, "two, from the ward PC")
	leila.sync()
	leila.say(in, "three, from the phone")
	anita.sync()
	want := []string{"one", "two, from the ward PC", "three, from the phone"}
	if got := anita.texts(in); !slices.Equal(got, want) {
		t.Errorf("anita reads %q", got)
	}
	keys := ward.DeviceKeys()
	again, err := leila.elsewhere(ward.client.Memory(), client.DeviceOptions{Known: &keys})
	w.check(err)
	if again.DeviceKeys().ID != keys.ID {
		t.Error("a device that is known was certified anew")
	}
	devices, err := again.Devices(w.ctx)
	w.check(err)
	if len(devices) != 2 {
		t.Errorf("devices are %+v", devices)
	}
}

func TestTwoDevicesKeepTheNewestBookmarks(t *testing.T) {
	w := newWorld(t)
	anita, phone := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(phone)
	anita.say(in, "one")
	ward, err := phone.elsewhere(client.Memory{}, client.DeviceOptions{Kind: envelope.DeviceShared})
	w.check(err)
	ward.sync()
	anita.say(in, "two")
	phone.sync()
	w.check(phone.SaveBookmarks(w.ctx))
	w.check(ward.SaveBookmarks(w.ctx))
	w.check(phone.Lock(w.ctx))
	w.check(phone.Unlock(w.ctx, password))
	third, err := phone.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	for name, one := range map[string]*person{"the one that was behind": ward, "a new one": third} {
		if got, want := one.Bookmarks()[in].Seq, anita.view(in).Seq; got != want {
			t.Errorf("%s remembers entry %d of %d", name, got, want)
		}
	}
	w.check(third.End(w.ctx))
}

func TestLockingDropsEverythingAndUnlockingBringsItBack(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	in := anita.team()
	anita.say(in, "one")
	w.check(anita.Lock(w.ctx))
	if _, err := anita.Thread(in); client.CodeOf(err) != "locked" {
		t.Errorf("a locked session shows a thread: %v", err)
	}
	if _, err := anita.Held(); client.CodeOf(err) != "locked" {
		t.Errorf("a locked session holds keys: %v", err)
	}
	if err := anita.Unlock(w.ctx, "wrong"); client.CodeOf(err) != "password_wrong" {
		t.Errorf("wrong password: %v", err)
	}
	w.check(anita.Unlock(w.ctx, password))
	anita.sync()
	anita.say(in, "two")
	if got := anita.texts(in); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("after the unlock: %q", got)
	}
	w.check(anita.End(w.ctx))
	if err := anita.Sync(w.ctx); client.CodeOf(err) != "ended" {
		t.Errorf("after the end: %v", err)
	}
}
