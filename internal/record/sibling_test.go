package record_test

import (
	"errors"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

// siblings are two filings of one decision: the second was taken because the record had refused the first meanwhile.
type siblings struct {
	*ward
	beside        record.Source // in the second only
	first, second record.Submission
}

func newSiblings(t *testing.T, db *store.DB, second error) siblings {
	t.Helper()
	w := siblings{ward: newWard(t, db).staffed(t)}
	w.beside = w.say(t, 9_000, envelope.KindText)
	decision := w.say(t, 9_001, envelope.KindDecision)
	w.first, w.second = w.submission(decision), w.submission(w.beside, decision)
	w.health.refusals = map[id.Filing]error{w.first.Filing: refuses, w.second.Filing: second}
	for _, one := range []record.Submission{w.first, w.second} {
		w.hand(t, one)
		w.work(t)
	}
	if d := w.decision(t, w.first.Decision); d.Stage != record.RecordRefused || d.Filing != w.second.Filing {
		t.Fatalf("both were to be refused: %+v", d)
	}
	return w
}

func (w siblings) hand(t *testing.T, s record.Submission) {
	t.Helper()
	if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
		reveal(t, err)
		t.Fatal(err)
	}
	w.clock.Advance(time.Second)
}

// takeFirst has the record take the first when somebody sends it again.
func (w siblings) takeFirst(t *testing.T) {
	t.Helper()
	delete(w.health.refusals, w.first.Filing)
	if _, err := w.desk.Replay(t.Context(), officer, w.first.Filing); err != nil {
		t.Fatal(err)
	}
}

// letters are the filings that wait for a person.
func (w siblings) letters(t *testing.T) (waiting []id.Filing) {
	t.Helper()
	papers, _, err := w.desk.Letters(t.Context(), nil, record.LetterPlace{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, paper := range papers {
		waiting = append(waiting, paper.ID)
	}
	return waiting
}

func TestR18_R19_WhatTheRecordTookStandsForItsDecision(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newSiblings(t, db, refuses)
		if waiting := w.letters(t); !same(waiting, w.first.Filing, w.second.Filing) {
			t.Fatalf("refused, both: %v", waiting)
		}
		w.takeFirst(t)
		if waiting := w.letters(t); len(waiting) != 0 {
			t.Errorf("while the first is on its way %v waits for a person", waiting)
		}
		mine := record.WorklistQuery{Scope: record.Mine, Reader: record.Reader{Person: w.by.Person}, Limit: 5}
		if items, _, err := w.desk.Worklist(t.Context(), mine); err != nil || len(items) != 1 || items[0].Reason != "" || items[0].Decision.Filing != w.first.Filing {
			t.Errorf("the worklist while it is on its way: %+v, %v", items, err)
		}
		w.work(t)
		if d := w.decision(t, w.first.Decision); d.Stage != record.InRecord || d.Filing != w.first.Filing {
			t.Errorf("after the receipt: %+v", d)
		}
		if waiting := w.letters(t); len(waiting) != 0 {
			t.Errorf("after the receipt %v waits for a person", waiting)
		}
		if items, _, err := w.desk.Worklist(t.Context(), mine); err != nil || len(items) != 0 {
			t.Errorf("the worklist after the receipt: %+v, %v", items, err)
		}
		if due := w.count(t, `SELECT COUNT(*) FROM due WHERE kind = $1`, string(record.Overdue)); due != 0 {
			t.Error("somebody is reminded of what is in the record")
		}
		if _, err := w.desk.Replay(t.Context(), officer, w.second.Filing); !errors.Is(err, record.ErrAlreadyFiled) {
			t.Errorf("a replay of the second: %v", err)
		}
		if sealed := w.count(t, `SELECT COUNT(*) FROM filing WHERE sealed IS NOT NULL`); sealed != 0 {
			t.Error("the document of the second lies at rest, and goes nowhere any more")
		}
		w.clock.Advance(grace / 2)
		w.work(t)
		if gone := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE state <> 0`); gone != 0 {
			t.Fatal("originals went within the grace")
		}
		w.clock.Advance(grace)
		w.work(t)
		if d := w.decision(t, w.first.Decision); d.Stage != record.Destroyed {
			t.Errorf("after the grace: %+v", d)
		}
		if gone := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE state = 2`); gone != 1 {
			t.Errorf("%d originals went, not those of the first", gone)
		}
		if there := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE message = $1 AND state = 0`, w.beside.Message); there != 1 {
			t.Error("what only the second quoted went, though the record never had it")
		}
	})
}

func TestR20_TheDocumentThatTheRecordTookIsCountersigned(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newSiblings(t, db, refuses)
		w.exec(t, `UPDATE decision SET countersign_wanted = $1`, true)
		w.takeFirst(t)
		w.work(t)
		act := w.sayAs(t, consultant.Person, 9_100, envelope.KindCountersign).Message
		if _, err := w.desk.Countersign(t.Context(), consultant, w.thread, w.first.Decision, act, w.second.DocumentHash); !errors.Is(err, record.ErrWrongDocument) {
			t.Errorf("of what was refused: %v", err)
		}
		if _, err := w.desk.Countersign(t.Context(), consultant, w.thread, w.first.Decision, act, w.first.DocumentHash); err != nil {
			t.Errorf("of what was received: %v", err)
		}
		w.clock.Advance(2 * grace)
		w.work(t)
		if d := w.decision(t, w.first.Decision); d.Stage != record.Destroyed {
			t.Errorf("after it: %+v", d)
		}
	})
}

func TestH12_TheDocumentThatTheRecordTookIsEnteredInError(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newSiblings(t, db, refuses)
		w.takeFirst(t)
		w.work(t)
		act := w.say(t, 9_100, envelope.KindWithdraw).Message
		if _, err := w.desk.Withdraw(t.Context(), w.by, w.thread, w.first.Decision,
			record.Withdrawal{Act: act, Reason: "error", Assertion: []byte("signed")}); err != nil {
			t.Fatal(err)
		}
		w.work(t)
		if len(w.health.errors) != 1 || w.health.errors[0].Filing != w.first.Filing {
			t.Errorf("the record was told of %+v", w.health.errors)
		}
		if waiting := w.letters(t); len(waiting) != 0 {
			t.Errorf("%v waits for a person", waiting)
		}
	})
}

// What the record keeps otherwise, under another patient perhaps, is for a person to look at whatever became of the decision.
func TestR19_AFailedSiblingStaysForAPerson(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		misfiled := fault.New(fault.Conflict, "record_other_patient", "The health record holds it under another patient.")
		w := newSiblings(t, db, misfiled)
		w.takeFirst(t)
		w.work(t)
		if d := w.decision(t, w.first.Decision); d.Stage != record.InRecord || d.Filing != w.first.Filing {
			t.Errorf("after the receipt: %+v", d)
		}
		if waiting := w.letters(t); !same(waiting, w.second.Filing) {
			t.Errorf("%v waits for a person, not what the record holds of the second", waiting)
		}
		if _, err := w.desk.Replay(t.Context(), officer, w.second.Filing); !errors.Is(err, record.ErrAlreadyFiled) {
			t.Errorf("a replay of the second: %v", err)
		}
		w.clock.Advance(2 * grace)
		w.work(t)
		if d := w.decision(t, w.first.Decision); d.Stage != record.Destroyed {
			t.Errorf("after the grace: %+v", d)
		}
		if there := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE message = $1 AND state = 0`, w.beside.Message); there != 1 {
			t.Error("what only the second quoted went")
		}
	})
}

func TestACorrectionFollowsTheFilingThatStandsForItsDecision(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newSiblings(t, db, refuses)
		right := correcting(w.submission(w.say(t, 9_100, envelope.KindDecision)), w.first.Decision)
		w.health.refusals[right.Filing] = refuses
		w.hand(t, right)
		w.work(t)
		w.takeFirst(t)
		w.work(t)
		delete(w.health.refusals, right.Filing)
		if _, err := w.desk.Replay(t.Context(), officer, right.Filing); err != nil {
			t.Fatal(err)
		}
		w.work(t)
		if !same(w.health.arrived(), w.first.Filing, right.Filing) || w.health.order[1].Replaces != w.first.Filing {
			t.Errorf("arrived: %v, the last in place of %v", w.health.arrived(), w.health.order[len(w.health.order)-1].Replaces)
		}
		if d := w.decision(t, w.first.Decision); d.Stage != record.Corrected || d.CorrectedBy != right.Decision {
			t.Errorf("what was corrected: %+v", d)
		}
		if waiting := w.letters(t); len(waiting) != 0 {
			t.Errorf("%v waits for a person", waiting)
		}
	})
}

func TestACorrectionWaitsForAFilingThatWasMadeAfterIt(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db).staffed(t)
		decision := w.say(t, 9_001, envelope.KindDecision)
		first, second := w.submission(decision), w.submission(decision)
		right := correcting(w.submission(w.say(t, 9_100, envelope.KindDecision)), first.Decision)
		w.health.refusals = map[id.Filing]error{first.Filing: refuses, right.Filing: down}
		siblings{ward: w}.hand(t, first)
		w.work(t)
		siblings{ward: w}.hand(t, right)
		siblings{ward: w}.hand(t, second)
		delete(w.health.refusals, right.Filing)
		w.untilQuiet(t)
		if !same(w.health.arrived(), second.Filing, right.Filing) || w.health.order[1].Replaces != second.Filing {
			t.Errorf("arrived: %+v", w.health.order)
		}
		if d := w.decision(t, first.Decision); d.Stage != record.Corrected {
			t.Errorf("what was corrected: %+v", d)
		}
	})
}
