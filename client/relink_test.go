package client_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/demo/hospital"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/patient"
	"github.com/wardline/wardline/internal/server"
)

var (
	kestrel = client.Question{HospitalNumber: "n 0099001", Family: "Unknown", Given: "Kestrel", Temporary: true}
	george  = client.Question{NHSNumber: "999 271 6363", Family: "Whitfield", Given: "George", BirthDate: "1936-11-11"}
)

// TestR11_R12_AnUnknownPatientIsIdentifiedLater: what was said stays, every member sees who it is, and whoever decides compares the patient anew.
func TestR11_R12_AnUnknownPatientIsIdentifiedLater(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	if _, err := anita.Identify(w.ctx, client.Question{HospitalNumber: "N0041192", Family: "Smith", Given: "John", Temporary: true}); client.CodeOf(err) != "identity_known" {
		t.Errorf("a known patient as a temporary one: %v", err)
	}
	if _, err := anita.Identify(w.ctx, client.Question{HospitalNumber: "N0099001", Family: "Unknown", Given: "Kestrel", BirthDate: "1936-11-11"}); client.CodeOf(err) != "identity_temporary" {
		t.Errorf("a temporary patient as a known one: %v", err)
	}
	in, err := anita.CreatePatient(w.ctx, kestrel, []id.Person{leila.Person()})
	w.check(err)
	leila.sync()
	if p := leila.view(in).Patient; p == nil || !p.Temporary || p.HospitalNumber != "N0099001" || p.Name.Display() != "UNKNOWN, Kestrel" || !p.Number.IsZero() || !p.Born.IsZero() {
		t.Fatalf("leila sees %+v", p)
	}
	anita.say(in, "Found in the car park, GCS 12")
	leila.sync()
	decided, err := leila.Decide(w.ctx, in, "CT head now.", nil, nil, client.PatientCompared)
	w.check(err)
	document, err := leila.PrepareFiling(in, decided.ID, nil, "")
	w.check(err)
	_, err = leila.File(w.ctx, document, client.NotCompared)
	w.check(err)
	filed := w.filed(1)
	if filed[0].Patient != "N0099001" || filed[0].SHA256 != document.Hash {
		t.Errorf("the record has %+v", filed[0])
	}

	if check, err := leila.CheckPatient(w.ctx, in); err != nil || check.Outcome != client.IdentityCurrent {
		t.Errorf("before anybody knows: %+v, %v", check, err)
	}
	w.check(w.hospital.Merge("N0099001", "9992716363"))
	if check, err := leila.CheckPatient(w.ctx, in); err != nil || check.Outcome != client.IdentityKnown || check.Identified != nil {
		t.Errorf("after the hospital knows: %+v, %v", check, err)
	}
	if _, err := leila.Reidentify(w.ctx, in, john); client.CodeOf(err) != "another_patient" {
		t.Errorf("somebody else than the hospital says: %v", err)
	}
	if wrong, err := leila.Reidentify(w.ctx, in, client.Question{NHSNumber: "999 271 6363", Family: "Whitfield", Given: "George", BirthDate: "1936-11-12"}); err != nil || wrong.Matched {
		t.Errorf("two of three identifiers: %+v, %v", wrong, err)
	}
	found, err := leila.Reidentify(w.ctx, in, george)
	w.check(err)
	w.check(leila.Relink(w.ctx, in, found))
	anita.sync()
	for _, p := range []*person{anita, leila} {
		shown := p.view(in)
		if shown.Patient == nil || shown.Patient.Temporary || shown.Patient.Number.Digits() != "9992716363" || shown.Name != "WHITFIELD, George (Mr)" {
			t.Errorf("%s sees %+v", p.userName, shown.Patient)
		}
		if texts := p.texts(in); !slices.Contains(texts, "Found in the car park, GCS 12") {
			t.Errorf("%s reads %q", p.userName, texts)
		}
	}
	if _, err := leila.Decide(w.ctx, in, "Admit under medicine.", nil, nil, client.NotCompared); client.CodeOf(err) != "identity_unconfirmed" {
		t.Errorf("decided on a comparison with the patient of before: %v", err)
	}
	decided, err = leila.Decide(w.ctx, in, "Admit under medicine.", nil, nil, client.PatientCompared)
	w.check(err)
	document, err = leila.PrepareFiling(in, decided.ID, nil, "")
	w.check(err)
	_, err = leila.File(w.ctx, document, client.NotCompared)
	w.check(err)
	if filed := w.filed(2); filed[1].Patient != "9992716363" {
		t.Errorf("the record has %+v", filed[1])
	}
	anita.say(in, "Thank you")
}

// filed waits until the record has so many documents.
func (w *world) filed(many int) []hospital.Filed {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if filed := w.hospital.Filed(); len(filed) == many {
			return filed
		}
	}
	w.t.Fatalf("the record has %d documents", len(w.hospital.Filed()))
	return nil
}

func TestR11_ANumberThatWasReplacedIsLinkedAtOnce(t *testing.T) {
	w := newWorld(t)
	w.restartWithNational()
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in, err := anita.CreatePatient(w.ctx, john, []id.Person{leila.Person()})
	w.check(err)
	leila.sync()
	const next = "9994633082"
	w.check(w.hospital.Alter(hospital.Change{Change: "9434765919", NHSNumber: next}))
	check, err := leila.CheckPatient(w.ctx, in)
	w.check(err)
	if check.Outcome != client.IdentitySuperseded || check.Identified == nil || check.Identified.Patient.Number.Digits() != next {
		t.Fatalf("%+v", check)
	}
	w.check(leila.Relink(w.ctx, in, check.Identified))
	anita.sync()
	shown := anita.view(in).Patient
	if shown.Number.Digits() != next || shown.Superseded.Digits() != "9434765919" {
		t.Errorf("anita sees %+v", shown)
	}
	if check, err = anita.CheckPatient(w.ctx, in); err != nil || check.Outcome != client.IdentityCurrent {
		t.Errorf("afterwards: %+v, %v", check, err)
	}
	w.check(w.hospital.Alter(hospital.Change{Change: next, Family: "Smith-Jones"}))
	if check, err = anita.CheckPatient(w.ctx, in); err != nil || check.Outcome != client.IdentityChanged || check.Identified != nil || check.Compared[0].Equal {
		t.Errorf("another name: %+v, %v", check, err)
	}
	married := client.Question{NHSNumber: next, Family: "Smith-Jones", Given: "John", BirthDate: "1954-03-12"}
	found, err := anita.Reidentify(w.ctx, in, married)
	w.check(err)
	w.check(anita.Relink(w.ctx, in, found))
	w.check(w.hospital.Alter(hospital.Change{Change: next, Invalid: true}))
	if check, err = anita.CheckPatient(w.ctx, in); err != nil || check.Outcome != client.IdentityGone {
		t.Errorf("an invalidated record: %+v, %v", check, err)
	}
	w.check(w.hospital.SetIndexMode(hospital.IndexDown))
	if _, err = anita.CheckPatient(w.ctx, in); client.CodeOf(err) != "index_unavailable" {
		t.Errorf("with both indexes away: %v", err)
	}
}

// restartWithNational has the server ask both indexes.
func (w *world) restartWithNational() {
	w.t.Helper()
	w.check(w.server.Close())
	w.national = true
	w.start()
}

// vouch signs an assertion as the server does, and remembers it as its own: a server that lies.
func (w *world) vouch(assertion *envelope.PatientAssertion) []byte {
	w.t.Helper()
	keys, err := keyring.Open(server.KeysDir(w.data))
	w.check(err)
	signed, err := envelope.SignObject(assertion, envelope.ByServer(envelope.PurposeAssert, keys.ForPatient().Assert))
	w.check(err)
	hash, err := signed.Hash()
	w.check(err)
	w.check(w.server.Store().KeepAssertion(w.ctx, patient.Issued{
		Hash: hash, Thread: assertion.Thread, Tag: assertion.Tag, TagKey: assertion.TagKey, Requester: assertion.Requester, Continues: assertion.Continues,
		IssuedAt: assertion.Issued.Time(), ExpiresAt: assertion.Expires.Time(),
	}, audit.Event{Kind: audit.LookUp, At: w.clock.Now()}))
	encoded, err := envelope.Encode(signed)
	w.check(err)
	return encoded
}

// TestR51_H10_NobodyTakesAnotherPatient: a hostile member, and a server that vouches for them with all the right hashes, link a thread to another patient.
// The other members go by what the assertion says.
func TestR51_H10_NobodyTakesAnotherPatient(t *testing.T) {
	w := newWorld(t)
	anita, mallory, grace := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("mal.lory", "Dr Mal Lory"), w.enrol("grace.cole", "Grace Cole")
	in, err := anita.CreatePatient(w.ctx, john, []id.Person{mallory.Person(), grace.Person()})
	w.check(err)
	anita.say(in, "Potassium 6.1")
	mallory.sync()
	grace.sync()
	signed, err := envelope.Parse[envelope.Signed](mallory.AssertionOf(in))
	w.check(err)
	former, err := envelope.Open[envelope.PatientAssertion](signed)
	w.check(err)
	hash, err := signed.Hash()
	w.check(err)
	another := *former
	another.Tag, another.NHSNumber, another.Family, another.Given, another.Requester, another.Continues = id.Tag{9}, "9000000025", "Smith", "Joan", mallory.Person(), hash
	forced := func(assertion *envelope.PatientAssertion) { // her own client refuses it too, when it comes back
		if err := mallory.ForceRelink(w.ctx, in, w.vouch(assertion)); err != nil && envelope.CodeOf(err) != envelope.WrongIdentity {
			t.Fatal(err)
		}
	}
	forced(&another)
	w.refused("grace syncs", grace.Sync(w.ctx), envelope.WrongIdentity) // told once
	grace.sync()
	shown := grace.view(in)
	if shown.Patient.Name.Given != "John" {
		t.Errorf("grace sees %+v", shown.Patient)
	}
	if len(shown.Complaints) == 0 || shown.Complaints[0].Problem != envelope.ProblemWrongState || shown.Complaints[0].Author != mallory.Person() {
		t.Errorf("complaints: %+v", shown.Complaints)
	}
	if _, err := grace.Send(w.ctx, in, "About whom?"); envelope.CodeOf(err) != envelope.WrongIdentity {
		t.Errorf("grace goes on under it: %v", err)
	}
	if _, err := grace.Reidentify(w.ctx, in, john); envelope.CodeOf(err) != envelope.WrongIdentity {
		t.Errorf("grace looks the patient up: %v", err)
	}

	// A second step in the place of the first does not make it good.
	third := another
	third.Family, third.Continues = "Smyth", must(envelope.Hash(&another))
	forced(&third)
	w.refused("grace syncs again", grace.Sync(w.ctx), envelope.WrongIdentity)
	if shown := grace.view(in); shown.Patient.Name.Given != "John" {
		t.Errorf("after two steps grace sees %+v", shown.Patient)
	}
	// The way back does.
	back := *former
	back.Requester, back.Continues = mallory.Person(), must(envelope.Hash(&third))
	forced(&back)
	mallory.say(in, "About John again")
	grace.sync()
	if texts := grace.texts(in); !slices.Contains(texts, "About John again") || grace.view(in).Patient.Name.Given != "John" {
		t.Errorf("after the way back grace reads %q", texts)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// TestR51_TheServersAnswerToALookUpIsHeldAgainstTheThread: it may lie in every member of the answer.
func TestR51_TheServersAnswerToALookUpIsHeldAgainstTheThread(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	in, err := anita.CreatePatient(w.ctx, kestrel, nil)
	w.check(err)
	other, err := anita.CreatePatient(w.ctx, george, nil)
	w.check(err)
	found, err := anita.Reidentify(w.ctx, in, george)
	w.check(err)
	good, err := envelope.Open[envelope.PatientAssertion](must(envelope.Parse[envelope.Signed](found.AssertionBytes())))
	w.check(err)
	for name, change := range map[string]func(*envelope.PatientAssertion){
		"another patient's name":    func(a *envelope.PatientAssertion) { a.Family = "Smith" },
		"another number":            func(a *envelope.PatientAssertion) { a.NHSNumber = "9434765919" },
		"another date of birth":     func(a *envelope.PatientAssertion) { a.BirthDate = "1936-11-12" },
		"that it continues nothing": func(a *envelope.PatientAssertion) { a.Continues = id.Hash{} },
		"that it continues another": func(a *envelope.PatientAssertion) { a.Continues[0] ^= 1 },
		"another thread":            func(a *envelope.PatientAssertion) { a.Thread = other },
		"another requester":         func(a *envelope.PatientAssertion) { a.Requester = id.Person{9} },
		"a number nobody compared":  func(a *envelope.PatientAssertion) { a.IdentifiedBy = envelope.IdentifiedByHospitalNumber },
		"nobody":                    func(a *envelope.PatientAssertion) { a.NHSNumber, a.HospitalNumber = "", "" },
	} {
		lie := *good
		change(&lie)
		raw := w.vouch(&lie)
		anita.wire.bend(rule{method: "POST", path: "/v1/patients/look-up", body: func(m map[string]any) { m["assertion"] = raw }})
		_, err := anita.Reidentify(w.ctx, in, george)
		w.refused(name, err, envelope.WrongIdentity)
		anita.wire.straighten()
	}
	if err := anita.Relink(w.ctx, other, found); envelope.CodeOf(err) != envelope.WrongIdentity {
		t.Errorf("one thread's answer in another: %v", err)
	}
	anita.wire.bend(rule{method: "POST", path: "/patient/check", body: func(m map[string]any) {
		lie := *good
		lie.Requester = anita.Person()
		m["outcome"], m["assertion"] = client.IdentitySuperseded, w.vouch(&lie)
	}})
	if _, err := anita.CheckPatient(w.ctx, in); envelope.CodeOf(err) != envelope.WrongIdentity {
		t.Errorf("a superseded number with another name: %v", err)
	}
	anita.wire.straighten()
	w.check(anita.Relink(w.ctx, in, found))
	if err := anita.Relink(w.ctx, in, found); !errors.Is(err, client.ErrRelinked) {
		t.Errorf("the same answer twice: %v", err)
	}
}

// TestR11_WhatIsFiledSaysWhichNumberWasCompared: the index knows John's NHS number too, and nobody compared it.
func TestR11_WhatIsFiledSaysWhichNumberWasCompared(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	asked := client.Question{HospitalNumber: "N0041192", Family: "Smith", Given: "John", BirthDate: "1954-03-12"}
	found, err := anita.Identify(w.ctx, asked)
	w.check(err)
	if !slices.ContainsFunc(found.Namesakes, func(n client.Namesake) bool { return n.LastFour == "0025" && len(n.HospitalLastFour) == 4 }) {
		t.Errorf("namesakes %+v", found.Namesakes)
	}
	in, err := anita.CreateIdentified(w.ctx, found, nil)
	w.check(err)
	filed := func() string {
		decided, err := anita.Decide(w.ctx, in, "Start flucloxacillin.", nil, nil, client.PatientCompared)
		w.check(err)
		document, err := anita.PrepareFiling(in, decided.ID, nil, "")
		w.check(err)
		return string(document.HTML)
	}
	const numbers = "<dt>NHS number</dt><dd>943 476 5919</dd><dt>Hospital number</dt><dd>N0041192</dd>"
	if html := filed(); !strings.Contains(html, "<p>Name, date of birth and hospital number matched") || strings.Contains(html, "NHS number matched") || !strings.Contains(html, numbers) {
		t.Errorf("by hospital number:\n%s", html)
	}
	again, err := anita.Reidentify(w.ctx, in, john)
	w.check(err)
	w.check(anita.Relink(w.ctx, in, again))
	if html := filed(); !strings.Contains(html, "<p>Name, date of birth and NHS number matched") || !strings.Contains(html, numbers) {
		t.Errorf("by NHS number, later:\n%s", html)
	}
}

// TestOfTwoWhoLinkAgainTheOtherIsTold: and a confirmation that waited is not sent for the patient of the new link.
func TestOfTwoWhoLinkAgainTheOtherIsTold(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in, err := anita.CreatePatient(w.ctx, kestrel, []id.Person{leila.Person()})
	w.check(err)
	leila.sync()
	first, err := anita.Reidentify(w.ctx, in, george)
	w.check(err)
	second, err := leila.Reidentify(w.ctx, in, george)
	w.check(err)
	w.check(anita.Relink(w.ctx, in, first))
	if err := leila.Relink(w.ctx, in, second); !errors.Is(err, client.ErrRelinked) {
		t.Errorf("the second: %v", err)
	}
	if shown := leila.view(in).Patient; shown.Number.Digits() != "9992716363" {
		t.Errorf("leila sees %+v", shown)
	}
	// leila compares the patient on a banner that anita's next link makes an old one.
	again, err := anita.Reidentify(w.ctx, in, george)
	w.check(err)
	w.check(anita.Relink(w.ctx, in, again))
	if _, err := leila.Decide(w.ctx, in, "Stop heparin.", nil, nil, client.PatientCompared); client.CodeOf(err) != "identity_unconfirmed" {
		t.Errorf("decided on a comparison with the banner of before: %v", err)
	}
	for _, m := range leila.view(in).Messages {
		if m.Kind == envelope.KindConfirm {
			t.Error("the old confirmation was sent")
		}
	}
	_, err = leila.Decide(w.ctx, in, "Stop heparin.", nil, nil, client.PatientCompared)
	w.check(err)
}

// TestALaterLinkThatIsServedWithoutItsKeysStopsSending: nobody says anything under keys whose patient is of the link before.
func TestALaterLinkThatIsServedWithoutItsKeysStopsSending(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in, err := anita.CreatePatient(w.ctx, kestrel, []id.Person{leila.Person()})
	w.check(err)
	leila.sync()
	found, err := anita.Reidentify(w.ctx, in, george)
	w.check(err)
	w.check(anita.Relink(w.ctx, in, found))
	seq := anita.view(in).Seq
	before, err := anita.headBefore(w, in, seq-1)
	w.check(err)
	shorten := func(m map[string]any) { m["seq"], m["logHash"], m["epoch"] = seq-1, before, 1 }
	leila.wire.bend(rule{method: "GET", path: "/v1/threads/" + in.String() + "$", body: shorten})
	leila.wire.bend(entries(w, func(log []*envelope.LogEntry) []*envelope.LogEntry {
		return slices.DeleteFunc(log, func(e *envelope.LogEntry) bool { return e.Seq >= seq })
	}))
	w.check(leila.SyncThread(w.ctx, in))
	if shown := leila.view(in); shown.Seq != seq-1 || !shown.Patient.Temporary {
		t.Errorf("leila sees %+v at %d", shown.Patient, shown.Seq)
	}
	if _, err := leila.Send(w.ctx, in, "About whom?"); envelope.CodeOf(err) != envelope.WrongIdentity {
		t.Errorf("leila goes on: %v", err)
	}
	leila.wire.straighten()
	leila.say(in, "Now I see")
}
