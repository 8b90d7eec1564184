package client_test

import (
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// TestR12_DecidingAndFilingWaitForTheComparison: the library confirms only for a person who compared, once in a duty.
func TestR12_DecidingAndFilingWaitForTheComparison(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in, err := anita.CreatePatient(w.ctx, john, []id.Person{leila.Person()})
	w.check(err)
	leila.sync()
	if _, err := leila.Decide(w.ctx, in, "Stop heparin.", nil, nil, client.NotCompared); client.CodeOf(err) != "identity_unconfirmed" {
		t.Fatalf("a decision without a comparison: %v", err)
	}
	_, err = leila.Decide(w.ctx, in, "Stop heparin.", nil, nil, client.PatientCompared)
	w.check(err)
	decided, err := leila.Decide(w.ctx, in, "Restart it on Friday.", nil, nil, client.NotCompared)
	w.check(err)
	anita.sync()
	confirmations := 0
	for _, m := range anita.view(in).Messages {
		if m.Kind != envelope.KindConfirm {
			continue
		}
		confirmations++
		if m.State != client.Readable || m.Author != leila.Person() || m.Assertion == nil {
			t.Errorf("anita sees %+v", m)
		}
	}
	if confirmations != 1 {
		t.Errorf("%d confirmations for one duty", confirmations)
	}
	document, err := anita.PrepareFiling(in, decided.ID, nil, "")
	w.check(err)
	if _, err := anita.File(w.ctx, document, client.NotCompared); client.CodeOf(err) != "identity_unconfirmed" {
		t.Errorf("filed by somebody who has not compared: %v", err)
	}
	_, err = anita.File(w.ctx, document, client.PatientCompared)
	w.check(err)
}

// TestR51_WrongPatient: the thread is still at once for everybody, each takes note by a signed act, and those who left by their word.
func TestR51_WrongPatient(t *testing.T) {
	w := newWorld(t)
	anita, leila, grace := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("grace.cole", "Grace Cole")
	in, err := anita.CreatePatient(w.ctx, john, []id.Person{leila.Person(), grace.Person()})
	w.check(err)
	grace.sync()
	w.check(grace.Remove(w.ctx, in, grace.Person(), envelope.RemoveOwnRequest, ""))
	leila.sync()
	_, err = leila.Decide(w.ctx, in, "Stop heparin.", nil, nil, client.PatientCompared)
	w.check(err)
	stopped, err := leila.Quarantine(w.ctx, in, "This is the other Mr Smith.")
	w.check(err)
	if _, err := leila.Send(w.ctx, in, "One more thing"); client.CodeOf(err) != "thread_quarantined" {
		t.Errorf("leila goes on: %v", err)
	}
	if _, err := anita.Send(w.ctx, in, "I have not heard yet"); client.CodeOf(err) != "thread_quarantined" {
		t.Errorf("anita, who has not synced: %v", err)
	}
	anita.sync()
	shown := anita.view(in)
	if last := shown.Messages[len(shown.Messages)-1]; !shown.Quarantined || last.ID != stopped.ID || last.Reason != client.WrongPatientReason ||
		last.Text != "This is the other Mr Smith." {
		t.Errorf("anita sees %+v", last)
	}
	w.check(anita.TakeNote(w.ctx, in))
	w.clock.Advance(time.Minute)
	w.check(grace.TakeNote(w.ctx, in))
	known, err := grace.QuarantineOf(w.ctx, in)
	w.check(err)
	if len(known.Readers) != 3 || known.By != leila.Person() || known.Message != stopped.ID {
		t.Fatalf("%+v", known)
	}
	for _, reader := range known.Readers {
		if reader.AcknowledgedAt == 0 || reader.Left != (reader.Person == grace.Person()) {
			t.Errorf("%+v", reader)
		}
	}
	leila.sync()
	messages := leila.view(in).Messages
	if last := messages[len(messages)-1]; last.Kind != envelope.KindAcknowledge || last.About == nil || last.About.Message != stopped.ID {
		t.Errorf("leila sees %+v", last)
	}
}
