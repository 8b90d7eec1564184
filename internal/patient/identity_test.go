package patient

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/nhs"
)

var (
	errAway = fault.New(fault.Unavailable, "index_unavailable", "The patient index does not answer.")
	errGone = fault.New(fault.Gone, "patient_invalidated", "That record may not be used.")
)

// hospitalOf has two indexes: John with a hospital number, a temporary identity, and somebody whom the hospital knows without an NHS number.
type hospitalOf struct {
	*Desk
	kept            *shelf
	local, national index
}

func ward(t *testing.T) *hospitalOf {
	t.Helper()
	john := person(t, "9434765919", "Smith", "John", "Mr", "1954-03-12")
	nationally := john
	john.HospitalNumber = "RXH 12-345"
	joan := person(t, "9000000025", "Smith", "Joan", "Mrs", "1954-03-12")
	unknown := Record{Temporary: true, Identifiers: nhs.Identifiers{Name: nhs.Name{Family: "Unknown", Given: "Kestrel"}, HospitalNumber: "RXH4711"}}
	visitor := person(t, "9434765919", "Visiteur", "Anne", "Ms", "1980-01-02")
	visitor.Number, visitor.HospitalNumber = nhs.Number{}, "RXH77"
	h := &hospitalOf{
		kept: &shelf{issued: map[id.Hash]Issued{}, links: map[id.Thread]id.Hash{}, closed: map[bool]error{}},
		local: index{
			patients:         map[string]Record{"9434765919": john, "9000000025": joan},
			byHospitalNumber: map[string]Record{"RXH 12-345": john, "RXH12345": john, "RXH4711": unknown, "RXH77": visitor},
		},
		national: index{patients: map[string]Record{"9434765919": nationally, "9000000025": joan}},
	}
	keys, err := keyring.Create(t.TempDir() + "/keys")
	if err != nil {
		t.Fatal(err)
	}
	h.Desk = New(Needs{Threads: h.kept, Store: h.kept, Keys: keys.ForPatient(), Clock: clock.NewManual(time.Date(2026, 11, 24, 9, 12, 0, 0, time.UTC))})
	h.ask(true)
	return h
}

// ask has the desk ask the indexes as they are now, both or the hospital's alone.
func (h *hospitalOf) ask(both bool) {
	h.sources = sources{hospital: h.local}
	if both {
		h.sources.national = h.national
	}
}

func byLocal(number, family, given, born string) Question {
	q := ask("", family, given, born)
	q.HospitalNumber = number
	return q
}

func temporary(number, family, given string) Question {
	q := byLocal(number, family, given, "")
	q.Temporary = true
	return q
}

// link makes an answer the present link of thread 1.
func (h *hospitalOf) link(t *testing.T, answer Answer) {
	t.Helper()
	if answer.Assertion == nil {
		t.Fatalf("nothing to link: %+v", answer)
	}
	_, hash, err := h.Verify(t.Context(), id.Thread{1}, answer.Assertion)
	if err != nil {
		t.Fatal(err)
	}
	h.kept.links[id.Thread{1}] = hash
}

func TestR11_HospitalNumbersAndTemporaryIdentities(t *testing.T) {
	h := ward(t)
	both := ask("943 476 5919", "Smith", "John", "1954-03-12")
	both.HospitalNumber = "rxh-12345"
	other := both
	other.HospitalNumber = "RXH12346"
	withNumber := temporary("RXH4711", "Unknown", "Kestrel")
	withNumber.NHSNumber = "943 476 5919"
	for name, test := range map[string]struct {
		question Question
		matched  bool
		fault    error
		number   string
		hospital string
	}{
		"by hospital number":              {byLocal("RXH 12-345", "SMITH", "john", "1954-03-12"), true, nil, "9434765919", "RXH 12-345"},
		"spelt otherwise":                 {byLocal("rxh 12/345", "Smith", "John", "1954-03-12"), true, nil, "9434765919", "RXH 12-345"},
		"with another date of birth":      {byLocal("RXH 12-345", "Smith", "John", "1954-03-21"), false, nil, "", ""},
		"both numbers":                    {both, true, nil, "9434765919", "RXH 12-345"},
		"another hospital number":         {other, false, nil, "", ""},
		"known to the hospital alone":     {byLocal("RXH77", "Visiteur", "Anne", "1980-01-02"), true, nil, "", "RXH77"},
		"a temporary identity":            {temporary("rxh-4711", "unknown", "KESTREL"), true, nil, "", "RXH4711"},
		"another temporary name":          {temporary("RXH4711", "Unknown", "Lapwing"), false, nil, "", ""},
		"a known one as temporary":        {temporary("RXH 12-345", "Smith", "John"), false, ErrKnown, "", ""},
		"a temporary one as known":        {byLocal("RXH4711", "Unknown", "Kestrel", "1954-03-12"), false, ErrTemporary, "", ""},
		"a temporary one with NHS number": {withNumber, false, ErrKnown, "", ""},
		"an unknown hospital number":      {byLocal("RXH9", "Smith", "John", "1954-03-12"), false, errUnknown, "", ""},
		"a hospital number of marks":      {byLocal("--", "Smith", "John", "1954-03-12"), false, ErrHospitalNumber, "", ""},
		"a temporary one without number":  {temporary("", "Unknown", "Kestrel"), false, ErrHospitalNumber, "", ""},
		"no number at all":                {byLocal("", "Smith", "John", "1954-03-12"), false, ErrNumber, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := h.LookUp(t.Context(), test.question)
			if !errors.Is(err, test.fault) || (err == nil) != (test.fault == nil) {
				t.Fatalf("%v, want %v", err, test.fault)
			}
			if answer.Matched != test.matched || !test.matched && (answer.Patient != nil || answer.Assertion != nil) {
				t.Fatalf("%+v", answer)
			}
			if !test.matched {
				return
			}
			assertion, _, err := h.Verify(t.Context(), id.Thread{1}, answer.Assertion)
			if err != nil {
				t.Fatal(err)
			}
			if assertion.NHSNumber != test.number || assertion.HospitalNumber != test.hospital || assertion.Temporary() != test.question.Temporary {
				t.Errorf("signed %+v", assertion)
			}
			if test.question.Temporary && (assertion.BirthDate != "" || len(answer.Namesakes) > 0) {
				t.Errorf("of somebody unknown: %+v", answer)
			}
			if test.number == "" && assertion.Tag != h.keys.Index.HospitalTag(nhs.FoldHospitalNumber(test.hospital)).Tag {
				t.Error("not found again by the hospital number")
			}
		})
	}
	for _, event := range h.kept.events {
		for key, value := range event.Details {
			if value == "RXH4711" || value == "RXH 12-345" {
				t.Errorf("detail %s carries the patient", key)
			}
		}
	}
}

// TestR11_OnlyTheNumberThatWasTypedIdentified: the document says who compared what, and the index may know a number that nobody compared.
func TestR11_OnlyTheNumberThatWasTypedIdentified(t *testing.T) {
	h := ward(t)
	both := ask("943 476 5919", "Smith", "John", "1954-03-12")
	both.HospitalNumber = "RXH12345"
	for name, test := range map[string]struct {
		question Question
		by       envelope.IdentifiedBy
	}{
		"the hospital's": {byLocal("RXH 12-345", "Smith", "John", "1954-03-12"), envelope.IdentifiedByHospitalNumber},
		"the NHS number": {ask("943 476 5919", "Smith", "John", "1954-03-12"), envelope.IdentifiedByNHSNumber},
		"both":           {both, envelope.IdentifiedByNHSNumber},
		"temporary":      {temporary("RXH4711", "Unknown", "Kestrel"), envelope.IdentifiedByHospitalNumber},
	} {
		answer, err := h.LookUp(t.Context(), test.question)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := h.read(t, answer.Assertion); got.IdentifiedBy != test.by || !test.question.Temporary && (got.NHSNumber != "9434765919" || got.HospitalNumber != "RXH 12-345") {
			t.Errorf("%s: the assertion says %+v", name, got)
		}
	}
}

// TestR11_ACheckKeepsWhatIdentified: nobody compares anything in a check, and a later look-up is by what was typed then.
func TestR11_ACheckKeepsWhatIdentified(t *testing.T) {
	for name, hospitalAway := range map[string]bool{"with the hospital": false, "with the hospital away": true} {
		t.Run(name, func(t *testing.T) {
			h := ward(t)
			first, err := h.LookUp(t.Context(), byLocal("RXH 12-345", "Smith", "John", "1954-03-12"))
			if err != nil {
				t.Fatal(err)
			}
			h.link(t, first)
			moved := h.national.patients["9434765919"]
			moved.Superseded, moved.Identifiers.Superseded = true, []nhs.Number{moved.Number}
			moved.Number, _ = nhs.ParseNumber("9912003888")
			h.national.patients["9434765919"], h.national.patients["9912003888"] = moved, moved
			if hospitalAway {
				h.local.down = errAway
			}
			h.ask(true)
			checked, err := h.Check(t.Context(), id.Thread{1}, id.Person{}, first.Assertion)
			if err != nil || checked.Standing != Superseded {
				t.Fatalf("%+v, %v", checked, err)
			}
			if got := h.read(t, checked.Assertion); got.IdentifiedBy != envelope.IdentifiedByHospitalNumber || got.NHSNumber != "9912003888" || got.HospitalNumber != "RXH 12-345" {
				t.Errorf("the next assertion says %+v", got)
			}
			if hospitalAway {
				return
			}
			again := ask("991 200 3888", "Smith", "John", "1954-03-12")
			again.Former = first.Assertion
			later, err := h.LookUp(t.Context(), again)
			if err != nil {
				t.Fatal(err)
			}
			if got := h.read(t, later.Assertion); got.IdentifiedBy != envelope.IdentifiedByNHSNumber {
				t.Errorf("linked again by NHS number: %+v", got)
			}
		})
	}
}

// TestH10_NamesakesAreToldApartByEitherNumber: whoever compared the hospital's number has no other on the wristband.
func TestH10_NamesakesAreToldApartByEitherNumber(t *testing.T) {
	h := ward(t)
	joan := h.local.patients["9000000025"]
	for number, want := range map[string]string{"RXH 12-346": "-346", "RX46": "", "": ""} {
		joan.HospitalNumber = number
		h.local.patients["9000000025"] = joan
		answer, err := h.LookUp(t.Context(), byLocal("RXH 12-345", "Smith", "John", "1954-03-12"))
		if err != nil || len(answer.Namesakes) != 1 {
			t.Fatalf("%+v, %v", answer, err)
		}
		one := answer.Namesakes[0]
		if one.LastFour != "0025" || one.HospitalLastFour != want || slices.Contains(one.Differs, "hospital number") != (number != "") {
			t.Errorf("with %q: %+v", number, one)
		}
	}
}

// read is what an assertion says that was issued for thread 1.
func (h *hospitalOf) read(t *testing.T, signed []byte) *envelope.PatientAssertion {
	t.Helper()
	assertion, _, err := h.Verify(t.Context(), id.Thread{1}, signed)
	if err != nil {
		t.Fatal(err)
	}
	return assertion
}

func TestR11_EachOfTheTwoIndexesMayBeAway(t *testing.T) {
	number := ask("943 476 5919", "Smith", "John", "1954-03-12")
	withBoth := number
	withBoth.HospitalNumber = "RXH12345"
	for name, test := range map[string]struct {
		local, national error
		question        Question
		fault           error
		source          Source
		hospital        string
	}{
		"both answer":            {nil, nil, number, nil, National, "RXH 12-345"},
		"the hospital's is away": {errAway, nil, number, nil, National, ""},
		"the hospital's is away, its number is asked": {errAway, nil, withBoth, errAway, "", ""},
		"the national one is away":                    {nil, errAway, number, nil, HospitalOnly, "RXH 12-345"},
		"both are away":                               {errAway, errAway, number, errAway, "", ""},
		"the national one knows nobody":               {nil, errUnknown, number, errUnknown, "", ""},
		"the national one has invalidated them":       {nil, errGone, number, errGone, "", ""},
		"the hospital's knows nobody":                 {errUnknown, nil, number, nil, National, ""},
		"by hospital number, national away":           {nil, errAway, byLocal("RXH12345", "Smith", "John", "1954-03-12"), nil, HospitalOnly, "RXH 12-345"},
		"by hospital number, hospital away":           {errAway, nil, byLocal("RXH12345", "Smith", "John", "1954-03-12"), errAway, "", ""},
		"by hospital number, nationally nobody":       {nil, errUnknown, byLocal("RXH12345", "Smith", "John", "1954-03-12"), ErrIndexesDisagree, "", ""},
		"temporary, national away":                    {nil, errAway, temporary("RXH4711", "Unknown", "Kestrel"), nil, HospitalOnly, "RXH4711"},
		"temporary, hospital away":                    {errAway, nil, temporary("RXH4711", "Unknown", "Kestrel"), errAway, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := ward(t)
			if h.local.down, h.national.down = test.local, test.national; errors.Is(test.local, errUnknown) {
				h.local.down, h.local.patients = nil, nil
			}
			h.ask(true)
			answer, err := h.LookUp(t.Context(), test.question)
			if !errors.Is(err, test.fault) || (err == nil) != (test.fault == nil) {
				t.Fatalf("%v, want %v", err, test.fault)
			}
			if err != nil {
				if events := h.kept.events; len(events) != 1 || events[0].Details["outcome"] != codeOf(err) {
					t.Errorf("events = %+v", events)
				}
				return
			}
			if !answer.Matched || answer.Source != test.source || answer.Patient.HospitalNumber != test.hospital || len(answer.Disagrees) != 0 {
				t.Errorf("%+v, patient %+v", answer, answer.Patient)
			}
		})
	}
}

func TestR11_WhatTheTwoIndexesHoldOtherwiseIsSaid(t *testing.T) {
	h := ward(t)
	change := func(x index, key string, how func(*Record)) {
		record := x.patients[key]
		how(&record)
		x.patients[key] = record
	}
	change(h.national, "9434765919", func(r *Record) { r.Name.Family = "Smith-Jones" })
	h.ask(true)
	answer, err := h.LookUp(t.Context(), ask("943 476 5919", "Smith-Jones", "John", "1954-03-12"))
	if err != nil || !answer.Matched || !slices.Equal(answer.Disagrees, []nhs.Identifier{nhs.FullName}) || answer.Patient.HospitalNumber != "RXH 12-345" {
		t.Errorf("%+v, %v", answer, err)
	}
	if answer, err = h.LookUp(t.Context(), ask("943 476 5919", "Smith", "John", "1954-03-12")); err != nil || answer.Matched || answer.Disagrees != nil {
		t.Errorf("the hospital's old name: %+v, %v", answer, err)
	}
	if answer, err = h.LookUp(t.Context(), byLocal("RXH12345", "Smith", "John", "1954-03-12")); err != nil || !answer.Matched || answer.Patient.Name.Family != "Smith" ||
		!slices.Equal(answer.Disagrees, []nhs.Identifier{nhs.FullName}) {
		t.Errorf("by hospital number: %+v, %v", answer, err)
	}
	born := person(t, "9434765919", "Jones", "Ann", "Ms", "1961-01-01")
	change(h.national, "9434765919", func(r *Record) { *r = born })
	h.ask(true)
	if answer, err = h.LookUp(t.Context(), ask("943 476 5919", "Jones", "Ann", "1961-01-01")); err != nil || !answer.Matched || len(answer.Disagrees) != 2 || answer.Patient.HospitalNumber != "" {
		t.Errorf("a number that is somebody else's in the hospital: %+v, %v", answer, err)
	}
	if _, err = h.LookUp(t.Context(), byLocal("RXH12345", "Smith", "John", "1954-03-12")); !errors.Is(err, ErrIndexesDisagree) {
		t.Errorf("a hospital number whose NHS number is somebody else's: %v", err)
	}
}

// TestR51_ALaterAssertionIsOfTheSamePatient is the rule of docs/protocol.md section 9, by what the indexes say.
func TestR51_ALaterAssertionIsOfTheSamePatient(t *testing.T) {
	john, joan := ask("943 476 5919", "Smith", "John", "1954-03-12"), ask("900 000 0025", "Smith", "Joan", "1954-03-12")
	kestrel, visitor := temporary("RXH4711", "Unknown", "Kestrel"), byLocal("RXH77", "Visiteur", "Anne", "1980-01-02")
	moved := ask("991 200 3888", "Smith", "John", "1954-03-12")
	mergedInto := func(key string) func(*hospitalOf) {
		return func(h *hospitalOf) {
			into := h.local.patients[key]
			into.HospitalNumber, into.FormerHospitalNumbers = "RXH1", []string{"RXH4711"}
			h.local.byHospitalNumber["RXH4711"] = into
		}
	}
	renumbered := func(h *hospitalOf) {
		old, _ := nhs.ParseNumber("9434765919")
		next := person(t, "9912003888", "Smith", "John", "Mr", "1954-03-12")
		h.national.patients["9912003888"] = next
		next.Superseded, next.Identifiers.Superseded = true, []nhs.Number{old}
		h.national.patients["9434765919"] = next
	}
	for name, test := range map[string]struct {
		first, next Question
		happens     func(*hospitalOf)
		fault       error
		superseded  string
	}{
		"the same number":                    {john, john, nil, nil, ""},
		"another number":                     {john, joan, nil, ErrAnotherPatient, ""},
		"a known patient as a temporary one": {john, kestrel, nil, ErrAnotherPatient, ""},
		"a known patient by hospital number": {john, visitor, nil, ErrAnotherPatient, ""},
		"a number that took its place":       {john, moved, renumbered, nil, "9434765919"},
		"the number that was replaced":       {john, john, renumbered, nil, "9434765919"},
		"a number that nobody says took it": {john, moved, func(h *hospitalOf) {
			h.national.patients["9912003888"] = person(t, "9912003888", "Smith", "John", "Mr", "1954-03-12")
		}, ErrAnotherPatient, ""},
		"an unknown patient, identified":   {kestrel, john, nil, nil, ""},
		"and the hospital says so":         {kestrel, john, mergedInto("9434765919"), nil, ""},
		"and the hospital says another":    {kestrel, john, mergedInto("9000000025"), ErrAnotherPatient, ""},
		"and the hospital does not answer": {kestrel, john, func(h *hospitalOf) { h.local.down = errAway }, errAway, ""},
		"the same temporary identity":      {kestrel, kestrel, nil, nil, ""},
		"another temporary identity":       {kestrel, temporary("RXH4712", "Unknown", "Lapwing"), func(h *hospitalOf) { h.local.byHospitalNumber["RXH4712"] = lapwing() }, ErrAnotherPatient, ""},
		"a temporary one that was merged": {kestrel, temporary("RXH4712", "Unknown", "Lapwing"), func(h *hospitalOf) {
			h.local.byHospitalNumber["RXH4712"] = lapwing()
			r := lapwing()
			r.FormerHospitalNumbers = []string{"RXH4711"}
			h.local.byHospitalNumber["RXH4711"] = r
		}, nil, ""},
		"known to the hospital alone":          {visitor, visitor, nil, nil, ""},
		"known to the hospital, somebody else": {visitor, john, nil, ErrAnotherPatient, ""},
		"given a number that is nationally of somebody else": {visitor, john, func(h *hospitalOf) {
			numbered := h.local.byHospitalNumber["RXH77"]
			numbered.Number = h.local.patients["9434765919"].Number
			h.local.byHospitalNumber["RXH77"] = numbered
		}, ErrIndexesDisagree, ""},
		"given the number of their own national record": {visitor, ask("991 200 3888", "Visiteur", "Anne", "1980-01-02"), func(h *hospitalOf) {
			numbered := person(t, "9912003888", "Visiteur", "Anne", "Ms", "1980-01-02")
			h.national.patients["9912003888"] = numbered
			numbered.HospitalNumber = "RXH77"
			h.local.byHospitalNumber["RXH77"] = numbered
		}, nil, ""},
		"an unknown patient, by a number that is nationally of somebody else": {kestrel, john, func(h *hospitalOf) {
			found := person(t, "9434765919", "Jones", "Ann", "Ms", "1961-01-01")
			found.HospitalNumber = "RXH4711"
			h.local.byHospitalNumber["RXH4711"] = found
		}, ErrIndexesDisagree, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := ward(t)
			first, err := h.LookUp(t.Context(), test.first)
			if err != nil {
				t.Fatal(err)
			}
			h.link(t, first)
			if test.happens != nil {
				test.happens(h)
				h.ask(true)
			}
			q := test.next
			q.Former = first.Assertion
			next, err := h.LookUp(t.Context(), q)
			if !errors.Is(err, test.fault) || (err == nil) != (test.fault == nil) {
				t.Fatalf("%v, want %v", err, test.fault)
			}
			if err != nil {
				return
			}
			former, hash, _ := h.Verify(t.Context(), id.Thread{1}, first.Assertion)
			assertion, nextHash, err := h.Verify(t.Context(), id.Thread{1}, next.Assertion)
			if err != nil {
				t.Fatal(err)
			}
			if assertion.Continues != hash || assertion.Superseded != test.superseded || envelope.SamePatient(former, assertion) != nil {
				t.Errorf("signed %+v", assertion)
			}
			if err := h.CheckLink(t.Context(), id.Thread{1}, assertion.Tag, nextHash, hash); err != nil {
				t.Errorf("in the place of the first: %v", err)
			}
			for what, before := range map[string]id.Hash{"the first": {}, "another": {9}} {
				if err := h.CheckLink(t.Context(), id.Thread{1}, assertion.Tag, nextHash, before); !errors.Is(err, ErrAssertion) {
					t.Errorf("as %s: %v", what, err)
				}
			}
		})
	}
}

func lapwing() Record {
	return Record{Temporary: true, Identifiers: nhs.Identifiers{Name: nhs.Name{Family: "Unknown", Given: "Lapwing"}, HospitalNumber: "RXH4712"}}
}

func TestR51_OnlyThePresentLinkIsContinued(t *testing.T) {
	h := ward(t)
	john := ask("943 476 5919", "Smith", "John", "1954-03-12")
	first, err := h.LookUp(t.Context(), john)
	if err != nil {
		t.Fatal(err)
	}
	h.link(t, first)
	if _, err := h.LookUp(t.Context(), john); !errors.Is(err, ErrLinked) {
		t.Errorf("a thread that exists, without its assertion: %v", err)
	}
	again := john
	again.Former = first.Assertion
	second, err := h.LookUp(t.Context(), again)
	if err != nil {
		t.Fatal(err)
	}
	h.link(t, second)
	if _, err := h.LookUp(t.Context(), again); !errors.Is(err, ErrNotPresent) {
		t.Errorf("the first assertion once more: %v", err)
	}
	if _, err := h.Check(t.Context(), id.Thread{1}, id.Person{2}, first.Assertion); !errors.Is(err, ErrNotPresent) {
		t.Errorf("a check of the first assertion: %v", err)
	}
	again.Former = []byte("WARD")
	if _, err := h.LookUp(t.Context(), again); !errors.Is(err, ErrAssertion) {
		t.Errorf("garbage: %v", err)
	}
	again.Former, again.Thread = second.Assertion, id.Thread{7}
	h.kept.links[id.Thread{7}] = h.kept.links[id.Thread{1}]
	if _, err := h.LookUp(t.Context(), again); !errors.Is(err, ErrAssertion) {
		t.Errorf("an assertion of another thread: %v", err)
	}
	closed := fault.New(fault.Forbidden, "may_not_post", "You can read here, but not write.")
	h.kept.closed[true] = closed
	again.Former, again.Thread = second.Assertion, id.Thread{1}
	if _, err := h.LookUp(t.Context(), again); !errors.Is(err, closed) {
		t.Errorf("by somebody who may not: %v", err)
	}
	if _, err := h.Check(t.Context(), id.Thread{1}, id.Person{2}, second.Assertion); err != nil {
		t.Errorf("a check by somebody who may not link: %v", err)
	}
}

func TestR11_ACheckSaysHowTheIdentityStands(t *testing.T) {
	john, kestrel := ask("943 476 5919", "Smith", "John", "1954-03-12"), temporary("RXH4711", "Unknown", "Kestrel")
	national := func(key string, record Record) func(*hospitalOf) {
		return func(h *hospitalOf) { h.national.patients[key] = record }
	}
	locally := func(record Record) func(*hospitalOf) {
		return func(h *hospitalOf) { h.local.byHospitalNumber["RXH4711"] = record }
	}
	next := person(t, "9912003888", "Smith", "John", "Mr", "1954-03-12")
	next.Superseded, next.Identifiers.Superseded = true, []nhs.Number{person(t, "9434765919", "", "", "", "1954-03-12").Number}
	married := next
	married.Name.Family = "Jones"
	joined := lapwing()
	joined.FormerHospitalNumbers = []string{"RXH4711"}
	for name, test := range map[string]struct {
		first   Question
		happens func(*hospitalOf)
		want    Standing
		fault   error
		unequal []nhs.Identifier
	}{
		"as it was":                      {john, nil, Current, nil, nil},
		"another name":                   {john, national("9434765919", person(t, "9434765919", "Jones", "John", "Mr", "1954-03-12")), Changed, nil, []nhs.Identifier{nhs.FullName}},
		"another date of birth":          {john, national("9434765919", person(t, "9434765919", "Smith", "John", "Mr", "1954-03-13")), Changed, nil, []nhs.Identifier{nhs.DateOfBirth}},
		"another number":                 {john, national("9434765919", next), Superseded, nil, nil},
		"another number and name":        {john, national("9434765919", married), Changed, nil, []nhs.Identifier{nhs.FullName}},
		"nobody any more":                {john, func(h *hospitalOf) { delete(h.national.patients, "9434765919") }, Gone, nil, nil},
		"invalidated":                    {john, func(h *hospitalOf) { h.national.down = errGone }, Gone, nil, nil},
		"both away":                      {john, func(h *hospitalOf) { h.national.down, h.local.down = errAway, errAway }, "", errAway, nil},
		"national away":                  {john, func(h *hospitalOf) { h.national.down = errAway }, Current, nil, nil},
		"unknown as before":              {kestrel, nil, Current, nil, nil},
		"unknown under another name":     {kestrel, locally(func() Record { r := lapwing(); r.HospitalNumber = "RXH4711"; return r }()), Changed, nil, []nhs.Identifier{nhs.FullName}},
		"unknown, now with a number":     {kestrel, locally(person(t, "9434765919", "Smith", "John", "Mr", "1954-03-12")), Known, nil, nil},
		"unknown, merged into another":   {kestrel, locally(joined), Known, nil, nil},
		"unknown, and nobody any more":   {kestrel, func(h *hospitalOf) { delete(h.local.byHospitalNumber, "RXH4711") }, Gone, nil, nil},
		"unknown, the hospital is away":  {kestrel, func(h *hospitalOf) { h.local.down = errAway }, "", errAway, nil},
		"unknown, only national is away": {kestrel, func(h *hospitalOf) { h.national.down = errAway }, Current, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := ward(t)
			first, err := h.LookUp(t.Context(), test.first)
			if err != nil {
				t.Fatal(err)
			}
			h.link(t, first)
			if test.happens != nil {
				test.happens(h)
				h.ask(true)
			}
			checked, err := h.Check(t.Context(), id.Thread{1}, id.Person{2}, first.Assertion)
			if !errors.Is(err, test.fault) || checked.Standing != test.want {
				t.Fatalf("%+v, %v", checked, err)
			}
			var unequal []nhs.Identifier
			for _, one := range checked.Compared {
				if !one.Equal {
					unequal = append(unequal, one.Field)
				}
			}
			if !slices.Equal(unequal, test.unequal) || (checked.Assertion != nil) != (test.want == Superseded) || (checked.Patient != nil) != (test.want == Superseded) {
				t.Errorf("%+v", checked)
			}
			last := h.kept.events[len(h.kept.events)-1].Details["outcome"]
			if want := "check_" + string(test.want); err == nil && last != want || err != nil && last != "check_index_unavailable" {
				t.Errorf("noted as %q", last)
			}
			if test.want != Superseded {
				return
			}
			former, hash, _ := h.Verify(t.Context(), id.Thread{1}, first.Assertion)
			assertion, _, err := h.Verify(t.Context(), id.Thread{1}, checked.Assertion)
			if err != nil || assertion.Continues != hash || assertion.Superseded != former.NHSNumber || envelope.SamePatient(former, assertion) != nil {
				t.Errorf("signed %+v, %v", assertion, err)
			}
		})
	}
}

// TestR15_AHoldFindsAPatientByEveryNumber: also those under which they were when nobody knew who they are.
func TestR15_AHoldFindsAPatientByEveryNumber(t *testing.T) {
	h := ward(t)
	john := h.local.patients["9434765919"]
	john.FormerHospitalNumbers = []string{"RXH4711"}
	h.local.patients["9434765919"], h.local.byHospitalNumber["RXH4711"] = john, john
	h.ask(true)
	want := []id.Tag{
		h.keys.Index.Tag(john.Number).Tag, h.keys.Index.HospitalTag("RXH12345").Tag, h.keys.Index.HospitalTag("RXH4711").Tag,
	}
	for _, text := range []string{"943 476 5919", "rxh-4711"} {
		tags, complete, err := h.Tags(t.Context(), id.Person{2}, text)
		if err != nil || !complete {
			t.Fatalf("%s: %v, complete %v", text, err, complete)
		}
		for n, tag := range want {
			if !slices.Contains(tags, tag) {
				t.Errorf("%s: tag %d is missing", text, n)
			}
		}
	}
	h.local.down = errAway
	h.ask(true)
	tags, complete, err := h.Tags(t.Context(), id.Person{2}, "RXH4711")
	if err != nil || complete || !slices.Contains(tags, want[2]) {
		t.Errorf("the hospital's index away: %v, complete %v, %d tags", err, complete, len(tags))
	}
	if _, _, err := h.Tags(t.Context(), id.Person{2}, "943 476 5918"); !errors.Is(err, ErrNumber) {
		t.Errorf("a number with a slip: %v", err)
	}
}
