package client_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// stop freezes a thread for one person, with a head that names another history.
func (p *person) stop(in id.Thread) {
	p.w.t.Helper()
	p.sync()
	p.wire.bend(rule{method: "GET", path: "/v1/threads/" + in.String() + "$", body: func(m map[string]any) { m["logHash"] = zeroHash }})
	p.w.refused("another history", p.SyncThread(p.w.ctx, in), envelope.BrokenChain)
	p.wire.straighten()
	p.isFrozen(in, envelope.ConflictForkedLog)
}

const zeroHash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

func TestH26_PeopleGoOnInANewThreadAndAreShownTheWay(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	in := anita.team(leila, tom)
	anita.say(in, "one")
	_, _, err := anita.GoOn(w.ctx, in, "too early")
	if !errors.Is(err, client.ErrNotFrozen) {
		t.Errorf("going on from a thread that is in order: %v", err)
	}
	anita.stop(in)
	leila.stop(in)
	next, leftOut, err := anita.GoOn(w.ctx, in, "This goes on from the stopped thread.")
	w.check(err)
	if next == in || len(leftOut) != 0 {
		t.Fatalf("goes on in %v, without %v", next, leftOut)
	}
	for _, one := range []*person{anita, leila, tom} { // tom has seen no contradiction, and is told that the others do not read here
		one.sync()
		shown := one.view(in)
		if shown.GoesOn == nil || *shown.GoesOn != (client.Continuation{Thread: next, By: anita.Person()}) {
			t.Errorf("%s is shown %+v", one.userName, shown.GoesOn)
		}
		if got := one.texts(next); !slices.Equal(got, []string{"This goes on from the stopped thread."}) || one.view(next).Name != shown.Name {
			t.Errorf("%s reads %q in %q", one.userName, got, one.view(next).Name)
		}
	}
	for _, one := range []*person{anita, leila} {
		again, _, err := one.GoOn(w.ctx, in, "another")
		if err != nil || again != next {
			t.Errorf("once more: %v, %v", again, err)
		}
	}
	leila.say(next, "Here now.")
	if got := leila.texts(in); !slices.Equal(got, []string{"one"}) {
		t.Errorf("the stopped thread reads %q", got)
	}
}

func TestH26_TwoPeopleAndAPatientsThreadGoOn(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	direct, err := anita.CreateDirect(w.ctx, leila.Person())
	w.check(err)
	anita.stop(direct)
	next, _, err := anita.GoOn(w.ctx, direct, "Here now.")
	w.check(err)
	leila.sync()
	if there, err := leila.CreateDirect(w.ctx, anita.Person()); err != nil || there != next || next == direct {
		t.Errorf("between two: %v, %v", there, err)
	}
	patient, err := anita.CreatePatient(w.ctx, john, []id.Person{leila.Person()})
	w.check(err)
	anita.say(patient, "one")
	leila.sync()
	anita.stop(patient)
	next, _, err = anita.GoOn(w.ctx, patient, "Here now.")
	w.check(err)
	leila.sync()
	was, is := leila.view(patient), leila.view(next)
	if is.Patient == nil || is.Patient.Number != was.Patient.Number || was.GoesOn == nil || was.GoesOn.Thread != next {
		t.Errorf("the patient is %+v, and the old thread goes on in %+v", is.Patient, was.GoesOn)
	}
}

func TestH26_NobodyIsLedAstray(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	in := anita.team(leila)
	leila.stop(in)
	claims := func(by *person, made id.Thread) {
		_, err := by.SayRaw(w.ctx, made, envelope.KindText, []byte(`{"v":1,"text":"Here now.","continues":"`+in.String()+`"}`))
		w.check(err)
		leila.sync()
		if shown := leila.view(in); shown.GoesOn != nil {
			t.Errorf("led to %+v", shown.GoesOn)
		}
	}
	claims(tom, tom.team(leila)) // who was never there
	direct, err := anita.CreateDirect(w.ctx, leila.Person())
	w.check(err)
	claims(anita, direct) // another space
	late := anita.team(leila)
	for range 8 {
		anita.say(late, "something else")
	}
	claims(anita, late) // not what opens it
	patient, err := anita.CreatePatient(w.ctx, john, []id.Person{leila.Person()})
	w.check(err)
	claims(anita, patient)
}

func TestH26_WhoHasANewIdentityDoesNotComeAlong(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	in := anita.team(leila, tom)
	w.reenrol(leila)
	anita.stop(in)
	next, leftOut, err := anita.GoOn(w.ctx, in, "Here now.")
	w.check(err)
	if !slices.Equal(leftOut, []id.Person{leila.Person()}) || len(anita.view(next).Members) != 2 {
		t.Errorf("without %v, with %+v", leftOut, anita.view(next).Members)
	}
}
