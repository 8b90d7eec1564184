package patient

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/nhs"
)

var errUnknown = fault.New(fault.NotFound, "patient_unknown", "Nobody has that number.")

// index is the patient index as a table.
type index struct {
	patients         map[string]Record // by the number asked for
	byHospitalNumber map[string]Record
	down             error
}

func (x index) LookUp(_ context.Context, number nhs.Number) (Record, error) {
	if x.down != nil {
		return Record{}, x.down
	}
	if found, ok := x.patients[number.Digits()]; ok {
		return found, nil
	}
	return Record{}, errUnknown
}

func (x index) LookUpHospitalNumber(_ context.Context, number string) (Record, error) {
	if x.down != nil {
		return Record{}, x.down
	}
	if found, ok := x.byHospitalNumber[number]; ok {
		return found, nil
	}
	return Record{}, errUnknown
}

func (x index) Alike(_ context.Context, name nhs.Name, born nhs.BirthDate) (found []Record, err error) {
	for _, number := range []string{"9434765919", "9000000025", "9912003888"} {
		if one, ok := x.patients[number]; ok && one.Born == born && nhs.FoldName(one.Name.Family) == nhs.FoldName(name.Family) {
			found = append(found, one)
		}
	}
	return found, x.down
}

// shelf is the store in memory, and the threads too.
type shelf struct {
	issued map[id.Hash]Issued
	events []audit.Event
	links  map[id.Thread]id.Hash
	closed map[bool]error // why nobody may ask, or link again
}

func (s *shelf) PresentLink(_ context.Context, in id.Thread, _ id.Person, relink bool) (id.Hash, error) {
	if link, ok := s.links[in]; ok {
		return link, s.closed[relink]
	}
	return id.Hash{}, fault.New(fault.NotFound, "thread_unknown", "There is no such conversation.")
}

func (s *shelf) NoteLookUp(_ context.Context, event audit.Event) error {
	s.events = append(s.events, event)
	return nil
}

func (s *shelf) KeepAssertion(_ context.Context, issued Issued, event audit.Event) error {
	s.issued[issued.Hash] = issued
	s.events = append(s.events, event)
	return nil
}

func (s *shelf) Assertion(_ context.Context, hash id.Hash) (Issued, error) {
	if found, ok := s.issued[hash]; ok {
		return found, nil
	}
	return Issued{}, ErrAssertion
}

func person(t *testing.T, number, family, given, title, born string) Record {
	t.Helper()
	n, err := nhs.ParseNumber(number)
	if err != nil {
		t.Fatal(err)
	}
	b, err := nhs.ParseBirthDate(born)
	if err != nil {
		t.Fatal(err)
	}
	return Record{Identifiers: nhs.Identifiers{Name: nhs.Name{Family: family, Given: given, Title: title}, Born: b, Number: n}}
}

func desk(t *testing.T) (*Desk, *shelf, *clock.Manual, index) {
	t.Helper()
	john, joan := person(t, "9434765919", "Smith", "John", "Mr", "1954-03-12"), person(t, "9000000025", "Smith", "Joan", "Mrs", "1954-03-12")
	moved := person(t, "9912003888", "Okafor", "Ngozi", "Ms", "1980-01-02")
	moved.Superseded = true
	old, err := nhs.ParseNumber("9000000033")
	if err != nil {
		t.Fatal(err)
	}
	moved.Identifiers.Superseded = []nhs.Number{old}
	hidden := person(t, "9000000009", "Quiet", "Ann", "Dr", "1990-05-06")
	hidden.Restricted = true
	x := index{patients: map[string]Record{"9434765919": john, "9000000025": joan, "9912003888": moved, "9000000033": moved, "9000000009": hidden}}
	keys, err := keyring.Create(t.TempDir() + "/keys")
	if err != nil {
		t.Fatal(err)
	}
	kept, clk := &shelf{issued: map[id.Hash]Issued{}, links: map[id.Thread]id.Hash{}, closed: map[bool]error{}}, clock.NewManual(time.Date(2026, 11, 24, 9, 12, 0, 0, time.UTC))
	return New(Needs{Hospital: x, Threads: kept, Store: kept, Keys: keys.ForPatient(), Clock: clk}), kept, clk, x
}

func ask(number, family, given, born string) Question {
	return Question{Thread: id.Thread{1}, Requester: id.Person{2}, NHSNumber: number, Family: family, Given: given, BirthDate: born}
}

func TestR11_ThreeIdentifiersMustMatch(t *testing.T) {
	d, kept, _, _ := desk(t)
	for name, test := range map[string]struct {
		question Question
		matched  bool
		unequal  []nhs.Identifier
	}{
		"all three":              {ask("943 476 5919", "SMITH", "john", "1954-03-12"), true, nil},
		"another first name":     {ask("943 476 5919", "Smith", "Joan", "1954-03-12"), false, []nhs.Identifier{nhs.FullName}},
		"another date of birth":  {ask("943 476 5919", "Smith", "John", "1954-03-21"), false, []nhs.Identifier{nhs.DateOfBirth}},
		"the namesake's number":  {ask("900 000 0025", "Smith", "John", "1954-03-12"), false, []nhs.Identifier{nhs.FullName}},
		"only the number agrees": {ask("943 476 5919", "Jones", "Ann", "1961-01-01"), false, []nhs.Identifier{nhs.FullName, nhs.DateOfBirth}},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := d.LookUp(t.Context(), test.question)
			if err != nil {
				t.Fatal(err)
			}
			if answer.Matched != test.matched {
				t.Fatalf("matched = %v, want %v", answer.Matched, test.matched)
			}
			if !test.matched && (answer.Patient != nil || answer.Assertion != nil || answer.Namesakes != nil || answer.Restricted) {
				t.Error("a mismatch tells what the index holds")
			}
			var unequal []nhs.Identifier
			for _, one := range answer.Compared {
				if !one.Equal {
					unequal = append(unequal, one.Field)
				}
			}
			if !slices.Equal(unequal, test.unequal) {
				t.Errorf("unequal = %v, want %v", unequal, test.unequal)
			}
		})
	}
	for _, event := range kept.events {
		if _, err := event.Row(); err != nil {
			t.Errorf("an event that the log refuses: %v", err)
		}
	}
}

func TestR11_SupersededNumberUpdates(t *testing.T) {
	d, _, _, _ := desk(t)
	answer, err := d.LookUp(t.Context(), ask("900 000 0033", "Okafor", "Ngozi", "1980-01-02"))
	if err != nil || !answer.Matched {
		t.Fatalf("got %+v, %v", answer, err)
	}
	assertion, _, err := d.Verify(t.Context(), id.Thread{1}, answer.Assertion)
	if err != nil {
		t.Fatal(err)
	}
	if assertion.NHSNumber != "9912003888" || assertion.Superseded != "9000000033" {
		t.Errorf("the assertion has %s superseding %s", assertion.NHSNumber, assertion.Superseded)
	}
}

func TestR11_H10_NearNamesakeWarnsWithoutTellingTheirNumber(t *testing.T) {
	d, _, _, _ := desk(t)
	answer, err := d.LookUp(t.Context(), ask("943 476 5919", "Smith", "John", "1954-03-12"))
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.Namesakes) != 1 {
		t.Fatalf("namesakes = %+v, want Joan", answer.Namesakes)
	}
	joan := answer.Namesakes[0]
	if joan.Name.Given != "Joan" || joan.LastFour != "0025" || !joan.SameBirth || !slices.Contains(joan.Differs, "first name") {
		t.Errorf("namesake = %+v", joan)
	}
}

func TestR05_EveryLookUpLeavesAnEntryWithoutTheNumber(t *testing.T) {
	d, kept, _, _ := desk(t)
	if _, err := d.LookUp(t.Context(), ask("900 000 0009", "Quiet", "Ann", "1990-05-06")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.LookUp(t.Context(), ask("401 023 2137", "Smith", "John", "1954-03-12")); err == nil {
		t.Error("a number that the index does not know was found")
	}
	if len(kept.events) != 2 || kept.events[1].Details["outcome"] != "patient_unknown" {
		t.Errorf("the look-up of an unknown number left %+v", kept.events)
	}
	first := kept.events[0]
	if first.Kind != audit.LookUp || first.Details["alert"] != "restricted" || first.Details["tag"] == "" {
		t.Errorf("the look-up of a restricted record left %+v", first)
	}
	for _, event := range kept.events {
		for key, value := range event.Details {
			if value == "9000000009" || value == "Quiet" {
				t.Errorf("detail %s carries the patient", key)
			}
		}
	}
}

func TestBadQuestionsAreRefusedBeforeAnybodyIsAsked(t *testing.T) {
	d, kept, _, _ := desk(t)
	for name, test := range map[string]struct {
		question Question
		want     error
	}{
		"check digit":   {ask("943 476 5918", "Smith", "John", "1954-03-12"), ErrNumber},
		"repeated":      {ask("1111111111", "Smith", "John", "1954-03-12"), ErrNumber},
		"date":          {ask("943 476 5919", "Smith", "John", "1954-13-12"), ErrBirthDate},
		"no first name": {ask("943 476 5919", "Smith", " ", "1954-03-12"), ErrName},
		"no thread":     {Question{NHSNumber: "9434765919", Family: "Smith", Given: "John", BirthDate: "1954-03-12"}, ErrThread},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := d.LookUp(t.Context(), test.question); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	if len(kept.events) != 0 {
		t.Errorf("%d events for questions that were never asked", len(kept.events))
	}
}

func TestAnIndexThatIsDownIsSaidPlainlyAndNoted(t *testing.T) {
	d, kept, _, x := desk(t)
	x.down = fault.New(fault.Unavailable, "index_unavailable", "The patient index does not answer.")
	d.sources.hospital = x
	if _, err := d.LookUp(t.Context(), ask("943 476 5919", "Smith", "John", "1954-03-12")); !errors.Is(err, x.down) {
		t.Errorf("got %v", err)
	}
	if len(kept.events) != 1 || kept.events[0].Details["outcome"] != "index_unavailable" {
		t.Errorf("events = %+v", kept.events)
	}
}

func TestAnAssertionLinksItsOwnThreadAndPatientForAnHour(t *testing.T) {
	d, kept, clk, _ := desk(t)
	answer, err := d.LookUp(t.Context(), ask("943 476 5919", "Smith", "John", "1954-03-12"))
	if err != nil {
		t.Fatal(err)
	}
	assertion, hash, err := d.Verify(t.Context(), id.Thread{1}, answer.Assertion)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.CheckLink(t.Context(), id.Thread{1}, assertion.Tag, hash, id.Hash{}); err != nil {
		t.Errorf("its own thread: %v", err)
	}
	if err := d.CheckLink(t.Context(), id.Thread{9}, assertion.Tag, hash, id.Hash{}); !errors.Is(err, ErrAssertion) {
		t.Errorf("another thread: %v", err)
	}
	if err := d.CheckLink(t.Context(), id.Thread{1}, id.Tag{9}, hash, id.Hash{}); !errors.Is(err, ErrAssertion) {
		t.Errorf("another tag: %v", err)
	}
	if _, _, err := d.Verify(t.Context(), id.Thread{9}, answer.Assertion); !errors.Is(err, ErrAssertion) {
		t.Errorf("filed from another thread: %v", err)
	}
	clk.Advance(2 * time.Hour)
	if err := d.CheckLink(t.Context(), id.Thread{1}, assertion.Tag, hash, id.Hash{}); !errors.Is(err, ErrAssertion) {
		t.Errorf("after it expired: %v", err)
	}
	if _, _, err := d.Verify(t.Context(), id.Thread{1}, answer.Assertion); err != nil {
		t.Errorf("expiry bounds linking, not filing: %v", err)
	}
	delete(kept.issued, hash)
	if _, _, err := d.Verify(t.Context(), id.Thread{1}, answer.Assertion); !errors.Is(err, ErrAssertion) {
		t.Errorf("never issued here: %v", err)
	}
}

func TestAForgedAssertionIsRefused(t *testing.T) {
	d, _, _, _ := desk(t)
	forged := &envelope.PatientAssertion{Thread: id.Thread{1}, NHSNumber: "9434765919", Family: "Smith", Given: "John", BirthDate: "1954-03-12", IdentifiedBy: envelope.IdentifiedByNHSNumber}
	signed, err := envelope.SignObject(forged, envelope.ByServer(envelope.PurposeAssert, envelope.NewSigner([32]byte{7})))
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := envelope.Encode(signed)
	if err != nil {
		t.Fatal(err)
	}
	for name, given := range map[string][]byte{"another key": encoded, "garbage": []byte("WARD"), "nothing": nil} {
		if _, _, err := d.Verify(t.Context(), id.Thread{1}, given); !errors.Is(err, ErrAssertion) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
