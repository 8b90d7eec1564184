package record_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/work"
)

// TestR12_OnlyWhoConfirmedThePatientFiles: their own word, in this duty.
func TestR12_OnlyWhoConfirmedThePatientFiles(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		s := w.submission(w.say(t, 11, envelope.KindDecision))
		other := record.Clinician{Person: id.Person{2}, Name: "Dr Other"}
		w.exec(t, `INSERT INTO thread_member (thread, person, member_role, identity, standby, history, until_at, joined_seq, joined_at)
			VALUES ($1, $2, 2, $3, FALSE, TRUE, 0, 1, 1)`, w.thread, other.Person, id.Hash{2})
		if _, err := w.desk.File(t.Context(), other, s); !errors.Is(err, record.ErrUnconfirmed) {
			t.Errorf("with somebody else's confirmation: %v", err)
		}
		w.clock.Advance(duty)
		if _, err := w.desk.File(t.Context(), w.by, s); !errors.Is(err, record.ErrUnconfirmed) {
			t.Errorf("with a confirmation of the duty before: %v", err)
		}
		w.confirm(t, 12)
		if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
			t.Errorf("after confirming: %v", err)
		}
		w.clock.Advance(duty)
		if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
			t.Errorf("the same filing again, which is no second one: %v", err)
		}
	})
}

// quarantine is a member's act, as the thread room takes it in.
func (w *ward) quarantine(t *testing.T) {
	t.Helper()
	w.exec(t, `UPDATE thread SET seq = (SELECT MAX(seq) FROM thread_log)`)
	header := envelope.Header{
		Thread: w.thread, Person: w.by.Person, Device: id.Device{9}, DeviceSeq: 1, Message: id.New[id.Message](w.ids), Kind: envelope.KindQuarantine,
	}
	made := thread.NewMessage{
		Header: header, Hash: id.Hash{42}, Body: []byte("ciphertext"), At: w.clock.Now(),
		Event: audit.Event{Kind: audit.Quarantined, Actor: w.by.Person, Subject: audit.About(w.thread), At: w.clock.Now()},
	}
	_, err := w.db.Threads().AddMessage(t.Context(), made, func(thread.Standing) (bool, error) { return false, nil }, func(thread.Written) {})
	if err != nil {
		reveal(t, err)
		t.Fatal()
	}
}

func (w *ward) stage(t *testing.T, decision id.Message) record.Stage {
	t.Helper()
	found, err := w.db.Decision(t.Context(), w.thread, decision)
	if err != nil {
		t.Fatal(err)
	}
	return found.Stage
}

// TestR51_WhatHasNotGoneToTheRecordDoesNotGo: and nothing of it stays at rest.
func TestR51_WhatHasNotGoneToTheRecordDoesNotGo(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		waiting, decision := w.submission(w.say(t, 11, envelope.KindDecision)), w.say(t, 12, envelope.KindDecision)
		if _, err := w.desk.File(t.Context(), w.by, waiting); err != nil {
			t.Fatal(err)
		}
		w.quarantine(t)
		w.work(t)
		paper := w.paper(t, waiting.Filing)
		if paper.State != record.Stopped || paper.Retraction != record.NotRetracted || w.health.filed != 0 {
			t.Errorf("%+v, filed %d times", paper, w.health.filed)
		}
		for _, one := range []id.Message{waiting.Decision, decision.Message} {
			if stage := w.stage(t, one); stage != record.Withdrawn {
				t.Errorf("a decision that goes nowhere is %v", stage)
			}
		}
		if unfiled := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE unfiled`); unfiled != 0 {
			t.Errorf("%d decisions still wait for the record", unfiled)
		}
		if sealed := w.count(t, `SELECT COUNT(*) FROM filing WHERE sealed IS NOT NULL`); sealed != 0 {
			t.Error("a document that never goes is still at rest")
		}
		if _, err := w.desk.Retry(t.Context(), w.by, w.thread, waiting.Filing); !errors.Is(err, record.ErrQuarantined) {
			t.Errorf("tried again: %v", err)
		}
		if _, err := w.desk.File(t.Context(), w.by, w.submission(decision)); !errors.Is(err, record.ErrQuarantined) {
			t.Errorf("another decision of it: %v", err)
		}
		if _, err := w.desk.AskRetraction(t.Context(), w.by, w.thread, waiting.Filing, []byte("signed")); !errors.Is(err, record.ErrNothingToDo) {
			t.Errorf("a retraction of what never went: %v", err)
		}
	})
}

// TestR51_H12_WhatTheRecordHasIsMarkedAndTheOriginalsStay: the receipt of a filing in the wrong patient's record destroys nothing.
func TestR51_H12_WhatTheRecordHasIsMarkedAndTheOriginalsStay(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		s := w.submission(w.say(t, 11, envelope.KindDecision))
		if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
			t.Fatal(err)
		}
		w.work(t)
		w.quarantine(t)
		if stage := w.stage(t, s.Decision); stage != record.InError {
			t.Errorf("the decision is %v", stage)
		}
		if paper := w.paper(t, s.Filing); paper.State != record.Received || paper.Retraction != record.RetractOwed {
			t.Fatalf("%+v", paper)
		}
		w.clock.Advance(2 * grace)
		w.work(t)
		if err := w.keeper.Handle(t.Context(), work.Due{Kind: retention.Dispose, Subject: s.Filing.Bytes()}); err != nil {
			t.Error(err)
		}
		if gone := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE state <> 0`); gone != 0 || len(w.halves.erased) != 0 {
			t.Errorf("%d originals are gone though their document is in the wrong patient's record", gone)
		}
		keepsNothing := func(context.Context, []retention.Candidate) (map[id.Message]retention.Reason, error) { return nil, nil }
		_, verdict, err := db.BeginFiled(t.Context(), s.Filing, id.New[id.Disposal](w.ids), w.clock.Now(), keepsNothing,
			func(retention.Disposal) audit.Event { return audit.Event{} })
		if err != nil || verdict != retention.Kept {
			t.Errorf("the disposal ends with %v, %v", verdict, err)
		}
		if disputed, err := db.Threads().Disputed(t.Context(), w.thread); err != nil || !disputed {
			t.Errorf("disputed %t, %v", disputed, err)
		}
		w.health.refuse = fault.New(fault.Invalid, "record_refused", "The health record refused.").With("reason", "Locked by coding.")
		if paper, err := w.desk.AskRetraction(t.Context(), w.by, w.thread, s.Filing, []byte("signed")); err != nil || paper.Retraction != record.Retracting {
			t.Fatalf("%+v, %v", paper, err)
		}
		w.work(t)
		if paper := w.paper(t, s.Filing); paper.Retraction != record.RetractRefused || paper.Code != "record_refused" || paper.Reason != "Locked by coding." {
			t.Errorf("refused by the record: %+v", paper)
		}
		w.health.refuse = nil
		if _, err := w.desk.AskRetraction(t.Context(), w.by, w.thread, s.Filing, []byte("signed")); err != nil {
			t.Fatal(err)
		}
		if paper := w.paper(t, s.Filing); paper.Retraction != record.Retracting || paper.Code != "" || paper.Reason != "" {
			t.Errorf("told again: %+v", paper)
		}
		w.work(t)
		paper := w.paper(t, s.Filing)
		if len(w.health.errors) != 1 || w.health.errors[0].Filing != s.Filing || w.health.errors[0].NHSNumber.String() != "9434765919" ||
			paper.Retraction != record.Retracted || paper.Reason != "" {
			t.Errorf("%+v, retracted %+v", paper, w.health.errors)
		}
		if sealed := w.count(t, `SELECT COUNT(*) FROM filing WHERE sealed IS NOT NULL`); sealed != 0 {
			t.Error("the patient's identity is still at rest")
		}
		if _, err := w.desk.AskRetraction(t.Context(), w.by, w.thread, s.Filing, []byte("signed")); !errors.Is(err, record.ErrNothingToDo) {
			t.Errorf("retracted twice: %v", err)
		}
		w.clock.Advance(1000 * time.Hour)
		if err := w.keeper.Handle(t.Context(), work.Due{Kind: retention.Dispose, Subject: s.Filing.Bytes()}); err != nil {
			t.Error(err)
		}
		if gone := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE state <> 0`); gone != 0 {
			t.Error("the record holds it as an error, and the original is gone")
		}
		if disputed, err := db.Threads().Disputed(t.Context(), w.thread); err != nil || disputed {
			t.Errorf("settled, and disputed %t, %v", disputed, err)
		}
	})
}

// TestR51_AFilingThatWasOnItsWayIsOwedARetraction: whatever becomes of the attempt that was in hand.
func TestR51_AFilingThatWasOnItsWayIsOwedARetraction(t *testing.T) {
	for name, outcome := range map[string]error{
		"it arrived":         nil,
		"nobody knows":       fault.New(fault.Unavailable, "record_unavailable", "The health record does not answer."),
		"the record says no": fault.New(fault.Invalid, "record_refused", "The health record refused the document."),
	} {
		t.Run(name, func(t *testing.T) {
			storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
				w := newWard(t, db)
				s := w.submission(w.say(t, 11, envelope.KindDecision))
				if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
					t.Fatal(err)
				}
				w.speak(&interrupted{health: w.health, outcome: outcome, meanwhile: func() { w.quarantine(t) }})
				w.work(t)
				paper := w.paper(t, s.Filing)
				owed := outcome == nil || fault.As(outcome).Kind() == fault.Unavailable
				if paper.State != record.Stopped || !paper.EligibleAt.IsZero() || (paper.Retraction == record.RetractOwed) != owed {
					t.Errorf("%+v", paper)
				}
				if outcome == nil && paper.Reference != "DOC-1" {
					t.Errorf("where it is in the record is not known: %+v", paper)
				}
			})
		})
	}
}

// interrupted is a record during whose answer something else happens.
type interrupted struct {
	*health
	outcome   error
	meanwhile func()
}

func (i *interrupted) File(ctx context.Context, d record.Document) (record.Receipt, error) {
	i.meanwhile()
	if i.outcome != nil {
		return record.Receipt{}, i.outcome
	}
	return i.health.File(ctx, d)
}

// TestR20_H12_WhatIsStoppedWhileSomebodySendsItAgainStaysStopped: between their look at the filing and their word, a member stopped the thread, or the
// receipt came.
func TestR20_H12_WhatIsStoppedWhileSomebodySendsItAgainStaysStopped(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		received := w.filed(t, 10, nil)
		w.work(t)
		stopped := w.filed(t, 11, nil)
		w.quarantine(t)
		for _, filing := range []id.Filing{received.Filing, stopped.Filing} {
			before := w.paper(t, filing)
			again := before
			again.State, again.NextTryAt = record.Waiting, w.clock.Now()
			event := audit.Event{Kind: audit.Filing, Actor: w.by.Person, Subject: audit.About(w.thread, filing), At: w.clock.Now()}
			due := work.Due{ID: id.New[id.Work](w.ids), Kind: record.Attempt, At: w.clock.Now(), Subject: filing.Bytes(), Key: filing.String()}
			if err := db.NoteTrouble(t.Context(), again, work.Intent{}.Add(due), &event); !errors.Is(err, record.ErrNothingToDo) {
				t.Errorf("sent again although %v: %v", before.State, err)
			}
			if after := w.paper(t, filing); after.State != before.State {
				t.Errorf("%v became %v", before.State, after.State)
			}
		}
		w.work(t)
		if w.health.filed != 1 {
			t.Errorf("%d documents", w.health.filed)
		}
	})
}
