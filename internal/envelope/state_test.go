package envelope

import (
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/id"
)

// bedside is a patient thread of two with one epoch.
func bedside(t failer) (r *room, ann, bea *staff) {
	w := newWorld(t)
	ann, bea = w.enrol("Ann"), w.enrol("Bea")
	r = w.room(SpacePatient, ann)
	r.add(ann, bea)
	r.link(bea)
	r.rotate(ann)
	return r, ann, bea
}

// TestR11_BannerComesFromTheSealedState: every member gets the patient's identifiers with the epoch, checked.
func TestR11_BannerComesFromTheSealedState(t *testing.T) {
	r, _, bea := bedside(t)
	key := must(r.opens(r.epoch(), bea, bea.keys()))
	state, err := key.OpenState(r.w.manifests, r.epoch().State)
	check(t, err)
	link, _ := r.membership.Link()
	assertion := must(VerifyAssertion(r.w.manifests, link, must(Parse[Signed](state.Assertion.Assertion))))
	if assertion.Family != "Example" || assertion.NHSNumber != "9434765919" {
		t.Error("not the patient")
	}
	for name, how := range map[string]func(*SealedState){
		"changed":           func(s *SealedState) { s.Ciphertext = append([]byte{s.Ciphertext[0] ^ 1}, s.Ciphertext[1:]...) },
		"of another thread": func(s *SealedState) { s.Thread[0] ^= 1 },
		"of another epoch":  func(s *SealedState) { s.Epoch++ },
	} {
		_, err := key.OpenState(r.w.manifests, change(r.epoch().State, how))
		refused(t, "a state "+name, err, BadCommitment)
	}
	before := r.epoch().State
	r.rotate(bea)
	key = must(r.opens(r.epoch(), bea, bea.keys()))
	_, err = key.OpenState(r.w.manifests, before)
	refused(t, "the state of the epoch before", err, BadCommitment)
}

// TestR11_AssertionOfAnotherThreadIsRefused is model H: an insider copies a patient's assertion from one thread into another.
func TestR11_AssertionOfAnotherThreadIsRefused(t *testing.T) {
	r, ann, bea := bedside(t)
	w := r.w
	other := w.room(SpacePatient, bea)
	other.add(bea, ann)
	stolen := must(Open[PatientAssertion](r.assertion))
	other.append(bea, &Link{EntryHead: other.head(bea), Tag: stolen.Tag, Assertion: fixedHash(stolen)})
	other.state = r.state
	_, err := NewEpoch(other.epochInput(bea))
	refused(t, "an epoch with it", err, WrongIdentity)

	link, _ := r.membership.Link()
	server := ByServer(PurposeAssert, w.server[PurposeAssert])
	for name, test := range map[string]struct {
		code Code
		link Link
		how  func(*PatientAssertion)
	}{
		"another patient":         {WrongIdentity, link, func(a *PatientAssertion) { a.NHSNumber = "9434765870" }},
		"another tag":             {WrongIdentity, *change(&link, func(l *Link) { l.Tag[0] ^= 1 }), func(*PatientAssertion) {}},
		"linked after it expired": {NotEntitled, *change(&link, func(l *Link) { l.Issued = stolen.Expires + 1 }), func(*PatientAssertion) {}},
		"made for another thread": {WrongIdentity, *change(&link, func(l *Link) { l.Thread[0] ^= 1 }), func(*PatientAssertion) {}},
		"as it was made":          {"", link, func(*PatientAssertion) {}},
	} {
		_, err := VerifyAssertion(w.manifests, test.link, w.sign(change(stolen, test.how), server))
		refused(t, name, err, test.code)
	}
	_, err = VerifyAssertion(w.manifests, link, w.sign(stolen, ByServer(PurposeBind, w.server[PurposeBind])))
	refused(t, "by another server key", err, WrongPurpose)
	_, err = VerifyAssertion(w.manifests, link, w.sign(stolen, ann.byDevice()))
	refused(t, "by a member", err, WrongPurpose)
}

func TestR11_PatientThreadHasItsPatient(t *testing.T) {
	r, ann, bea := bedside(t)
	assertion := r.state
	for name, test := range map[string]struct {
		code  Code
		room  *room
		state ThreadState
	}{
		"no assertion":                  {WrongIdentity, r, ThreadState{}},
		"an assertion that is none":     {Malformed, r, ThreadState{Assertion: &StateAssertion{Assertion: []byte("x")}}},
		"an assertion without a link":   {WrongIdentity, func() *room { o := r.w.room(SpacePatient, ann); o.add(ann, bea); return o }(), assertion},
		"an assertion in another space": {NotEntitled, func() *room { o := r.w.room(SpaceTeam, ann); o.add(ann, bea); return o }(), assertion},
		"a name that is too long":       {Malformed, func() *room { o := r.w.room(SpaceDirect, ann); o.add(ann, bea); return o }(), ThreadState{Name: strings.Repeat("x", 201)}},
	} {
		test.room.state = test.state
		_, err := NewEpoch(test.room.epochInput(ann))
		refused(t, name, err, test.code)
	}
}

// TestR12_ALaterLinkTakesThePlaceOfTheOneBefore: what a link says must follow from the one before, in the log and in what is sealed.
func TestR12_ALaterLinkTakesThePlaceOfTheOneBefore(t *testing.T) {
	r, ann, bea := bedside(t)
	w := r.w
	first, _ := r.membership.Link()
	same := &Link{EntryHead: r.head(bea), Tag: first.Tag, Assertion: first.Assertion}
	refused(t, "the same link again", r.membership.Append(w.trust(), w.sign(same, bea.byDevice())), NotEntitled)
	reader := w.enrol("Cal")
	r.append(ann, change(r.addEntry(ann, reader), func(a *Add) { a.MemberRole = RoleReader }))
	refused(t, "a link by a reader", r.membership.Append(w.trust(), w.sign(&Link{EntryHead: r.head(reader), Assertion: id.Hash{1}}, reader.byDevice())), NotEntitled)

	r.relink(bea, func(a *PatientAssertion) { a.NHSNumber, a.Superseded = "9434765870", "9434765919" })
	made := r.rotate(ann)
	key := must(r.opens(made, bea, bea.keys()))
	state := must(key.OpenState(w.manifests, made.State))
	if next := must(Open[PatientAssertion](must(Parse[Signed](state.Assertion.Assertion)))); next.NHSNumber != "9434765870" || next.Continues != first.Assertion {
		t.Error("not the later assertion")
	}
	if links := r.membership.Links(); len(links) != 2 || links[0] != first {
		t.Errorf("links = %+v", links)
	}
	old := must(r.membership.At(first.Seq, r.membership.heads[first.Seq]))
	if link, _ := old.Link(); link != first || len(old.Links()) != 1 {
		t.Error("an earlier membership has a later link")
	}
	for name, how := range map[string]func(*PatientAssertion){
		"that continues nothing":          func(a *PatientAssertion) { a.Continues = id.Hash{} },
		"that continues the first again":  func(a *PatientAssertion) { a.Continues = first.Assertion },
		"that continues something else":   func(a *PatientAssertion) { a.Continues[0] ^= 1 },
		"of nobody":                       func(a *PatientAssertion) { a.NHSNumber = "" },
		"of a number without a birthday":  func(a *PatientAssertion) { a.BirthDate = "" },
		"of a hospital number and nobody": func(a *PatientAssertion) { a.NHSNumber, a.HospitalNumber, a.Continues = "", "RXH1", id.Hash{} },
	} {
		other, ann, bea := bedside(t)
		other.relink(bea, func(*PatientAssertion) {})
		other.rotate(bea)
		other.relink(ann, how)
		_, err := NewEpoch(other.epochInput(ann))
		refused(t, "an epoch with an assertion "+name, err, WrongIdentity)
	}
}

func TestR51_SamePatient(t *testing.T) {
	for _, one := range continuations() {
		t.Run(one.what, func(t *testing.T) {
			code := Code("")
			if !one.same {
				code = WrongIdentity
			}
			refused(t, one.what, SamePatient(&one.former, &one.next), code)
		})
	}
	if !(&PatientAssertion{HospitalNumber: "RXH1"}).Temporary() || (&PatientAssertion{HospitalNumber: "RXH1", BirthDate: "1950-01-31"}).Temporary() {
		t.Error("who is temporary has neither an NHS number nor a date of birth")
	}
}

// continuations are pairs of assertions, of which the later may take the place of the former or not.
func continuations() []continuation {
	byNHS, byHospital := IdentifiedByNHSNumber, IdentifiedByHospitalNumber
	known := PatientAssertion{NHSNumber: "9434765919", BirthDate: "1950-01-31", Family: "Example", Given: "Ann", IdentifiedBy: byNHS}
	other := known
	other.NHSNumber = "9434765870"
	unknown := PatientAssertion{HospitalNumber: "RXH4711", Family: "Unknown", Given: "Male Alpha", IdentifiedBy: byHospital}
	local := PatientAssertion{HospitalNumber: "RXH12", BirthDate: "1950-01-31", Family: "Example", Given: "Ann", IdentifiedBy: byHospital}
	both := known
	both.HospitalNumber, both.IdentifiedBy = "RXH12", byHospital
	without, withoutHospital := local, known
	without.IdentifiedBy, withoutHospital.IdentifiedBy = byNHS, byHospital
	merged := other
	merged.Superseded = known.NHSNumber
	married := known
	married.Family, married.BirthDate = "Sample", "1950-01-30"
	emptied := local
	emptied.Superseded = known.NHSNumber
	later := unknown
	later.HospitalNumber = "RXH4712"
	return []continuation{
		{"the same number", known, known, true},
		{"the same number, another name", known, married, true},
		{"a number that took its place", known, merged, true},
		{"another number", known, other, false},
		{"a number whose place was taken", merged, known, false},
		{"a number that went away", known, local, false},
		{"a number that went away and is called superseded", known, emptied, false},
		{"known, then unknown", known, unknown, false},
		{"unknown, then known", unknown, known, true},
		{"unknown, then another unknown", unknown, later, true},
		{"unknown, then known to the hospital alone", unknown, local, true},
		{"known to the hospital alone, then nationally", local, known, true},
		{"the same number, which nobody compared", known, both, true},
		{"by an NHS number that it does not have", unknown, without, false},
		{"by a hospital number that it does not have", known, withoutHospital, false},
		{"a next that is nobody", unknown, PatientAssertion{Family: "Example", IdentifiedBy: byNHS}, false},
		{"a next without a date of birth", known, PatientAssertion{NHSNumber: "9434765919", IdentifiedBy: byNHS}, false},
	}
}

type continuation struct {
	what         string
	former, next PatientAssertion
	same         bool
}

func TestHospitalTag(t *testing.T) {
	tag := must(HospitalTag([32]byte{1}, "RXH4711"))
	if tag == must(HospitalTag([32]byte{2}, "RXH4711")) || must(HospitalTag([32]byte{1}, "9434765919")) == must(PatientTag([32]byte{1}, "9434765919")) {
		t.Error("a hospital number has the tag of something else")
	}
	for _, folded := range []string{"", "rxh4711", "RXH 4711", "RXH-4711", strings.Repeat("1", 41), "É1"} {
		_, err := HospitalTag([32]byte{1}, folded)
		refused(t, folded, err, Malformed)
	}
}

func TestPatientTag(t *testing.T) {
	tag, err := PatientTag([32]byte{1}, "9434765919")
	check(t, err)
	if other := must(PatientTag([32]byte{2}, "9434765919")); tag == other {
		t.Error("the tag does not depend on the key")
	}
	for _, number := range []string{"", "943476591", "94347659190", "943 476 59", "943476591٩", "943476591x"} {
		_, err := PatientTag([32]byte{1}, number)
		refused(t, number, err, Malformed)
	}
}

func TestNotes(t *testing.T) {
	r, _, bea, _ := ward(t)
	key := must(r.opens(r.epoch(), bea, bea.keys()))
	note := must(key.SealNote(3, "off sick", nil))
	text, err := key.OpenNote(3, note)
	if err != nil || text != "off sick" {
		t.Fatalf("%q, %v", text, err)
	}
	other := must(key.SealNote(3, "off sick", nil))
	if other.Salt == note.Salt || string(other.Ciphertext) == string(note.Ciphertext) {
		t.Error("two notes for one seq share a key and nonce")
	}
	_, err = key.OpenNote(4, note)
	refused(t, "under another seq", err, WrongSecret)
	_, err = key.OpenNote(3, change(note, func(n *Note) { n.Epoch++ }))
	refused(t, "of another epoch", err, WrongSecret)
	_, err = key.OpenNote(3, change(note, func(n *Note) { n.Salt[0] ^= 1 }))
	refused(t, "with another salt", err, WrongSecret)
	aesKey, nonce := noteKey(key.secret, note.Salt, key.epoch.Core.Thread, 3)
	_, err = key.OpenNote(3, change(note, func(n *Note) { n.Ciphertext = sealGCM(aesKey, nonce, key.epoch.Core.Thread[:], []byte("\xff")) }))
	refused(t, "that is no text", err, Malformed)
	longest := strings.Repeat("x", maxNote)
	if text, err := key.OpenNote(1, must(key.SealNote(1, longest, nil))); err != nil || text != longest {
		t.Errorf("the longest note: %v", err)
	}
	for _, text := range []string{longest + "x", "\xff", "a\x00"} {
		_, err := key.SealNote(1, text, nil)
		refused(t, "a note that is no text", err, Malformed)
	}
	r.append(bea, change(r.removeEntry(bea, bea), func(e *Remove) { e.Note = must(key.SealNote(e.Seq, "leaving", nil)) }))
}
