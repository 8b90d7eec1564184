package envelope

import (
	"strings"
	"testing"
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
	r.state = assertion
	second := &Link{EntryHead: r.head(bea)}
	refused(t, "a second link", r.membership.Append(r.w.trust(), r.w.sign(second, bea.byDevice())), NotEntitled)
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
