package client_test

import (
	"encoding/base64"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

func TestR11_AnAssertionOfSomebodyElseIsRefusedWhoeverSignedIt(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	asserts := w.server.Keys().ForPatient().Assert
	for name, change := range map[string]func(*envelope.PatientAssertion){
		"another number":    func(a *envelope.PatientAssertion) { a.NHSNumber = "9000000025" },
		"another birth":     func(a *envelope.PatientAssertion) { a.BirthDate = "1954-03-13" },
		"another name":      func(a *envelope.PatientAssertion) { a.Family = "Smyth" },
		"another thread":    func(a *envelope.PatientAssertion) { a.Thread = id.Thread{1} },
		"another requester": func(a *envelope.PatientAssertion) { a.Requester = id.Person{1} },
	} {
		anita.wire.bend(rule{method: "POST", path: "/v1/patients/look-up", times: 1, body: func(m map[string]any) {
			assertion, err := envelope.Open[envelope.PatientAssertion](decoded[envelope.Signed](w, m["assertion"]))
			w.check(err)
			change(assertion)
			signed, err := envelope.SignObject(assertion, envelope.ByServer(envelope.PurposeAssert, asserts))
			w.check(err)
			m["assertion"] = encoded(w, signed)
		}})
		_, err := anita.CreatePatient(w.ctx, john, nil)
		w.refused(name, err, envelope.WrongIdentity)
	}
	anita.wire.bend(rule{method: "POST", path: "/v1/patients/look-up", times: 1, body: func(m map[string]any) {
		signed := decoded[envelope.Signed](w, m["assertion"])
		signed.Signatures[0].Kind = envelope.SignerAudit
		m["assertion"] = encoded(w, signed)
	}})
	_, err := anita.CreatePatient(w.ctx, john, nil)
	w.refused("signed for another purpose", err, envelope.WrongPurpose)
}

func TestAnAnswerAboutAnotherPlaceIsRefused(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	in := anita.team()
	for name, change := range map[string]func(map[string]any){
		"another message":        func(m map[string]any) { m["message"] = id.Message{1}.String() },
		"a later place":          func(m map[string]any) { m["seq"] = 90.0 },
		"an earlier place":       func(m map[string]any) { m["seq"] = 1.0 },
		"a hash that is no hash": func(m map[string]any) { m["logHash"] = "AAAA" },
	} {
		anita.wire.bend(rule{method: "POST", path: "/messages", times: 1, body: change})
		_, err := anita.Send(w.ctx, in, name)
		w.refused(name, err, envelope.BrokenChain)
		w.check(anita.Flush(w.ctx, in)) // the server has it all the same
	}
	anita.wire.bend(rule{method: "POST", path: "/messages", times: 1, body: func(m map[string]any) {
		m["logHash"] = base64.StdEncoding.EncodeToString(make([]byte, 32))
	}})
	anita.say(in, "the log decides, not the answer")
	if got := anita.texts(in); len(got) != 5 {
		t.Errorf("anita reads %q", got)
	}
}

func TestATombstoneOfAnotherMessageIsRefused(t *testing.T) {
	d := newWard(t, shortGrace)
	d.anita.sync()
	filing := d.file(d.decision.ID)
	forge := func(*envelope.Tombstone) {}
	bend := entries(d.world, func(log []*envelope.LogEntry) []*envelope.LogEntry {
		for _, entry := range log {
			if entry.Kind != envelope.EntryTombstone {
				continue
			}
			tombstone, err := envelope.Parse[envelope.Tombstone](entry.Body)
			d.check(err)
			forge(tombstone)
			entry.Body, err = envelope.Encode(tombstone)
			d.check(err)
		}
		return log
	})
	d.anita.wire.bend(bend)
	bend.path = "/destroyed" // what a device that was away asks for
	d.anita.wire.bend(bend)
	forge = func(s *envelope.Tombstone) { s.Message = d.said[0].ID }
	var refused error
	for refused == nil && d.clock.Now().UnixMilli() < filing.EligibleAt {
		d.clock.Advance(4 * time.Minute)
		d.leila.sync()
		refused = d.anita.Sync(d.ctx)
	}
	d.destroyed()
	refused = d.anita.Sync(d.ctx)
	d.refused("another message", refused, envelope.BrokenChain)
	for name, change := range map[string]func(*envelope.Tombstone){
		"another entry":  func(s *envelope.Tombstone) { s.Entry = d.said[0].Entry },
		"another author": func(s *envelope.Tombstone) { s.Person = id.Person{1} },
		"another device": func(s *envelope.Tombstone) { s.Device = id.Device{1} },
		"another count":  func(s *envelope.Tombstone) { s.DeviceSeq++ },
		"another kind":   func(s *envelope.Tombstone) { s.Kind = 7 },
		"another thread": func(s *envelope.Tombstone) { s.Thread = id.Thread{1} },
	} {
		forge = change
		d.refused(name, d.anita.Sync(d.ctx), envelope.BrokenChain)
	}
	if got := d.anita.texts(d.in); got[4] != "Stop heparin." {
		t.Errorf("anita reads %q", got)
	}
	d.anita.wire.straighten()
	d.anita.sync()
	if got := d.anita.texts(d.in); got[4] != "[destroyed]" {
		t.Errorf("anita reads %q", got)
	}
}

func TestEverybodyTalksAtOnce(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	all := []*person{anita, leila, tom}
	in := anita.team(leila, tom)
	var talking sync.WaitGroup
	for n, one := range all {
		one.sync()
		if n < 2 { // the third goes over HTTP
			one.connect()
		}
		talking.Go(func() {
			for range 8 {
				if _, err := one.Send(w.ctx, in, one.userName); err != nil {
					t.Errorf("%s: %v", one.userName, err)
				}
			}
		})
	}
	talking.Wait()
	for _, one := range all {
		one.sync()
		if shown := one.view(in); len(shown.Messages) != 24 || shown.LogHash != anita.view(in).LogHash {
			t.Errorf("%s has %d messages", one.userName, len(shown.Messages))
		}
	}
}
