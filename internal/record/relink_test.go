package record_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

// identities is the patient room with several assertions of one thread, by the words that stand for their bytes.
type identities map[string]*envelope.PatientAssertion

func (all identities) Verify(_ context.Context, _ id.Thread, signed []byte) (*envelope.PatientAssertion, id.Hash, error) {
	assertion, ok := all[string(signed)]
	if !ok {
		return nil, id.Hash{}, record.ErrNotLinked
	}
	return assertion, hashOf(string(signed)), nil
}

func hashOf(word string) (hash id.Hash) {
	copy(hash[:], word)
	return hash
}

var known = identities{
	"unknown": {HospitalNumber: "RXH4711", Family: "Unknown", Given: "Kestrel"},
	"john":    {NHSNumber: "9434765919", HospitalNumber: "RXH12", Family: "Smith", Given: "John", BirthDate: "1954-03-12"},
	"other":   {NHSNumber: "9000000025", Family: "Smith", Given: "Joan", BirthDate: "1954-03-12"},
}

// link links the thread, as the thread room does, and has its patient confirmed.
func (w *ward) link(t *testing.T, seq int64, word string) {
	t.Helper()
	if seq == 0 {
		w.desk = record.New(record.Needs{
			Store: w.db, Assertions: known, Destination: w.health, Sealer: w.sealer, Announcer: w.told, Clock: w.clock,
			Grace: func(context.Context) (time.Duration, error) { return grace, nil }, Duty: duty,
		})
	}
	w.exec(t, `UPDATE thread SET link_tag = $1, link_assertion = $2, link_seq = $3 WHERE thread = $4`, hashOf("tag "+word), hashOf(word), seq, w.thread)
	w.exec(t, `INSERT INTO thread_link (thread, seq, tag, assertion) VALUES ($1, $2, $3, $4)`, w.thread, seq, hashOf("tag "+word), hashOf(word))
	w.confirm(t, seq+1_000_000)
}

func (w *ward) of(t *testing.T, seq int64, word string) record.Submission {
	t.Helper()
	s := w.submission(w.say(t, seq, envelope.KindDecision))
	s.Assertion = []byte(word)
	return s
}

func TestR11_ATemporaryIdentityIsFiledUnderTheHospitalNumber(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		w.link(t, 0, "unknown")
		s := w.of(t, 10, "unknown")
		if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
			reveal(t, err)
			t.Fatal(err)
		}
		w.untilQuiet(t)
		if len(w.health.order) != 1 {
			t.Fatalf("%d documents", len(w.health.order))
		}
		if d := w.health.order[0]; !d.NHSNumber.IsZero() || !d.Born.IsZero() || d.HospitalNumber != "RXH4711" || d.Name.Given != "Kestrel" {
			t.Errorf("filed for %+v", d.Name)
		}
	})
}

// TestAPatientWhoIsMergedMidFiling: the document that was prepared is of the patient of before. It is refused, made again, and filed once.
func TestAPatientWhoIsMergedMidFiling(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		w.link(t, 0, "unknown")
		prepared := w.of(t, 10, "unknown")
		w.link(t, 11, "john")
		if _, err := w.desk.File(t.Context(), w.by, prepared); !errors.Is(err, record.ErrNotLinked) {
			t.Fatalf("the document of before: %v", err)
		}
		// It had been judged already when the link came: the store asks again.
		paper := record.Paper{
			ID: prepared.Filing, Thread: w.thread, Decision: prepared.Decision, Sources: prepared.Sources, State: record.Waiting,
			DocumentHash: prepared.DocumentHash, FiledBy: w.by.Person, FiledAt: w.clock.Now(), NextTryAt: w.clock.Now(),
		}
		if _, err := db.AddFiling(t.Context(), record.NewFiling{Paper: paper, Sealed: []byte("x"), Assertion: hashOf("unknown")}); !errors.Is(err, record.ErrNotLinked) {
			t.Errorf("in the transaction: %v", err)
		}
		if n := w.count(t, `SELECT COUNT(*) FROM filing`); n != 0 {
			t.Errorf("%d filings", n)
		}
		again := prepared
		again.Filing = id.New[id.Filing](w.ids)
		again = w.submissionAs(again.Filing, prepared.Sources...)
		again.Assertion = []byte("john")
		if _, err := w.desk.File(t.Context(), w.by, again); err != nil {
			reveal(t, err)
			t.Fatal(err)
		}
		w.untilQuiet(t)
		if !same(w.health.arrived(), again.Filing) || w.health.order[0].NHSNumber.Digits() != "9434765919" {
			t.Errorf("arrived: %+v", w.health.order)
		}
	})
}

// TestR51_WhatWasFiledUnderAnEarlierLinkCanBeTakenBack: by the assertion of then or of now, and by no other.
func TestR51_WhatWasFiledUnderAnEarlierLinkCanBeTakenBack(t *testing.T) {
	for _, word := range []string{"unknown", "john"} {
		t.Run(word, func(t *testing.T) {
			storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
				w := newWard(t, db)
				w.link(t, 0, "unknown")
				s := w.of(t, 10, "unknown")
				if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
					reveal(t, err)
					t.Fatal(err)
				}
				w.untilQuiet(t)
				w.link(t, 11, "john")
				w.quarantine(t)
				if _, err := w.desk.AskRetraction(t.Context(), w.by, w.thread, s.Filing, []byte("other")); !errors.Is(err, record.ErrNotLinked) {
					t.Errorf("by another patient's assertion: %v", err)
				}
				if _, err := w.desk.AskRetraction(t.Context(), w.by, w.thread, s.Filing, []byte(word)); err != nil {
					reveal(t, err)
					t.Fatal(err)
				}
				w.untilQuiet(t)
				if len(w.health.errors) != 1 || w.health.errors[0].HospitalNumber != known[word].HospitalNumber {
					t.Errorf("the record was told %+v", w.health.errors)
				}
			})
		})
	}
}

// TestR19_FilingsKeepTheirOrderAcrossALaterLink: it is one patient's line still.
func TestR19_FilingsKeepTheirOrderAcrossALaterLink(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		w.link(t, 0, "unknown")
		first := w.of(t, 10, "unknown")
		if _, err := w.desk.File(t.Context(), w.by, first); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(time.Second)
		w.link(t, 11, "john")
		second := w.of(t, 12, "john")
		if _, err := w.desk.File(t.Context(), w.by, second); err != nil {
			t.Fatal(err)
		}
		w.health.refusals = map[id.Filing]error{first.Filing: down}
		w.untilQuiet(t)
		if len(w.health.arrived()) != 0 {
			t.Errorf("the second went ahead: %v", w.health.arrived())
		}
		w.health.refusals = nil
		w.untilQuiet(t)
		if !same(w.health.arrived(), first.Filing, second.Filing) {
			t.Errorf("arrived: %v", w.health.arrived())
		}
	})
}
