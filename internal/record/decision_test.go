package record_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

var (
	registrar  = record.Clinician{Person: id.Person{2}, Name: "Dr Anita Patel", Role: "Medical Registrar"}
	consultant = record.Clinician{Person: id.Person{3}, Name: "Dr Kofi Mensah", Role: "Consultant"}
	officer    = record.Clinician{Person: id.Person{8}, Name: "Omar Haddad", Role: "Records"}
)

// staffed adds colleagues to the thread: the registrar as a member, the consultant as another, the officer as none. All of them are staff.
func (w *ward) staffed(t *testing.T) *ward {
	t.Helper()
	for n, one := range []record.Clinician{w.by, registrar, consultant, officer} {
		wards := []string{"7B", "7B", "8A", "Records"}
		w.exec(t, `INSERT INTO person (person, user_name, user_fold, display_name, role, ward, organisation, permissions, sort_name, search, added_at)
			VALUES ($1, $2, $2, $3, $4, $5, 'RXX', '', $6, '', 1)`, one.Person, one.Name, one.Name, one.Role, wards[n], []byte(one.Name))
		if n == 1 || n == 2 {
			w.exec(t, `INSERT INTO thread_member (thread, person, member_role, identity, standby, history, until_at, joined_seq, joined_at)
				VALUES ($1, $2, 2, $3, FALSE, TRUE, 0, $4, 1)`, w.thread, one.Person, id.Hash{2}, n+1)
		}
	}
	return w
}

func (w *ward) decision(t *testing.T, message id.Message) record.Decision {
	t.Helper()
	found, err := w.db.Decision(t.Context(), w.thread, message)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func (w *ward) filed(t *testing.T, seq int64, change func(*record.Submission)) record.Submission {
	t.Helper()
	s := w.submission(w.say(t, seq, envelope.KindDecision))
	if change != nil {
		change(&s)
	}
	if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
		reveal(t, err)
		t.Fatal(err)
	}
	return s
}

// TestR18_R20_NothingIsDestroyedWithoutAReceipt walks the machine at random: whatever is tried, in whatever order.
func TestR18_R20_NothingIsDestroyedWithoutAReceipt(t *testing.T) {
	every := []record.Transition{
		record.Draft, record.PutBack, record.HandOver, record.Refuse, record.TryAgain, record.Receive, record.Countersign, record.Ripen, record.Destroy,
		record.Correct, record.Withdraw, record.MarkInError, record.WrongPatient,
	}
	walks, steps := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		walks++
		d := record.Decision{Stage: record.Marked, CountersignWanted: rapid.Bool().Draw(t, "countersign")}
		var taken []record.Transition
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			step := rapid.SampledFrom(every).Draw(t, "step")
			steps++
			next, err := d.Advance(step, time.UnixMilli(int64(len(taken))))
			if err != nil {
				if next != d {
					t.Fatalf("%v was refused and changed the decision", step)
				}
				continue
			}
			if step == record.Countersign {
				next.CountersignedAt = time.UnixMilli(1)
			}
			d, taken = next, append(taken, step)
			received := slices.Contains(taken, record.Receive)
			switch {
			case (step == record.Ripen || step == record.Destroy || d.Stage == record.InError) && !received:
				t.Fatalf("destroyed without a receipt: %v", taken)
			case d.Stage == record.Eligible && d.CountersignWanted && d.CountersignedAt.IsZero():
				t.Fatalf("destroyed before it was countersigned: %v", taken)
			case d.Stage.Outstanding() && received && d.Stage != record.Filed:
				t.Fatalf("what the record has is outstanding again: %v", taken)
			case d.Stage == record.Withdrawn && received:
				t.Fatalf("what the record has was withdrawn and not entered in error: %v", taken)
			case (d.Stage == record.InError || d.Stage == record.Withdrawn) && !slices.ContainsFunc(taken, func(one record.Transition) bool {
				return one == record.Withdraw || one == record.MarkInError || one == record.Correct || one == record.WrongPatient
			}):
				t.Fatalf("taken back by nobody: %v", taken)
			}
		}
	})
	t.Logf("%d walks, %d steps", walks, steps)
}

// TestR12_WhatWasFiledIsNotWithdrawn walks the machine at random and takes back at every step: what the record has, or may have, never goes as withdrawn, and
// what it never had is never entered in error.
func TestR12_WhatWasFiledIsNotWithdrawn(t *testing.T) {
	steps := []record.Transition{
		record.Draft, record.PutBack, record.HandOver, record.Refuse, record.TryAgain, record.Receive, record.Countersign, record.Ripen, record.Destroy, record.Correct,
	}
	reached := map[record.Stage]int{}
	rapid.Check(t, func(t *rapid.T) {
		d, received := record.Decision{Stage: record.Marked}, false
		for range rapid.IntRange(0, 25).Draw(t, "steps") {
			step := rapid.SampledFrom(steps).Draw(t, "step")
			if next, err := d.Advance(step, time.UnixMilli(1)); err == nil {
				d, received = next, received || step == record.Receive
			}
			reached[d.Stage]++
			for _, reason := range []string{"withdrawn", "error", "wrong-patient"} {
				back, _, err := d.TakenBack(reason, time.UnixMilli(2))
				var want error
				stage := record.InError
				switch {
				case d.Stage == record.Filed, d.Stage == record.Withdrawn:
					want = record.ErrTransition
				case received && reason == "withdrawn":
					want = record.ErrFiledStands
				case !received:
					stage = record.Withdrawn
				}
				switch {
				case !errors.Is(err, want):
					t.Fatalf("%v taken back for %q: %v", d.Stage, reason, err)
				case err != nil && back != d:
					t.Fatalf("%v was refused to be taken back, and is %+v", d.Stage, back)
				case err == nil && (back.Stage != stage || back.Reason != reason):
					t.Fatalf("%v taken back for %q is %v for %q", d.Stage, reason, back.Stage, back.Reason)
				}
			}
		}
	})
	t.Log(reached)
}

// TestR18_EveryStageAndTransitionHasAName: each is in the API and in the audit log.
func TestR18_EveryStageAndTransitionHasAName(t *testing.T) {
	seen := map[string]bool{}
	for step := record.Draft; step <= record.WrongPatient; step++ {
		if step.String() == "" || seen[step.String()] || len(record.Transitions[step]) == 0 {
			t.Errorf("transition %d is %q and leads from %v", step, step, record.Transitions[step])
		}
		seen[step.String()] = true
	}
	reached := map[record.Stage]bool{record.Marked: true}
	for _, ways := range record.Transitions {
		for _, to := range ways {
			reached[to] = true
		}
	}
	for stage := record.Marked; stage <= record.InError; stage++ {
		if stage.String() == "" || !reached[stage] {
			t.Errorf("stage %d is %q, reached: %v", stage, stage, reached[stage])
		}
	}
}

func TestR19_TwoPeopleDoNotPrepareOneDocument(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db).staffed(t)
		decision := w.say(t, 10, envelope.KindDecision).Message
		first, err := w.desk.Draft(t.Context(), w.by, w.thread, decision, false)
		if err != nil || first.Stage != record.Drafted || first.DraftedBy != w.by.Person {
			t.Fatalf("%+v, %v", first, err)
		}
		_, err = w.desk.Draft(t.Context(), registrar, w.thread, decision, false)
		if known, _ := errors.AsType[*fault.Error](err); !errors.Is(err, record.ErrBeingDrafted) || known.Details()["by"] != w.by.Person {
			t.Errorf("somebody else at once: %v", err)
		}
		if second, err := w.desk.Draft(t.Context(), registrar, w.thread, decision, true); err != nil || second.DraftedBy != registrar.Person {
			t.Errorf("taking over: %+v, %v", second, err)
		}
		if kept, err := w.desk.PutBack(t.Context(), w.by, w.thread, decision); err != nil || kept.DraftedBy != registrar.Person {
			t.Errorf("putting back what somebody else has: %+v, %v", kept, err)
		}
		w.clock.Advance(31 * time.Minute)
		if third, err := w.desk.Draft(t.Context(), w.by, w.thread, decision, false); err != nil || third.DraftedBy != w.by.Person {
			t.Errorf("after half an hour: %+v, %v", third, err)
		}
		if back, err := w.desk.PutBack(t.Context(), w.by, w.thread, decision); err != nil || back.Stage != record.Marked || !back.DraftedBy.IsZero() {
			t.Errorf("put back: %+v, %v", back, err)
		}
		if _, err := w.desk.Draft(t.Context(), officer, w.thread, decision, false); !errors.Is(err, record.ErrThreadUnknown) {
			t.Errorf("by somebody who is not in the thread: %v", err)
		}
		events := w.count(t, `SELECT COUNT(*) FROM audit_event WHERE kind = 1025`)
		if events != 4 {
			t.Errorf("%d steps are in the audit log, not 4", events)
		}
	})
}

func TestR19_OneDecisionFiledByTwoAtOnceIsFiledOnce(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db).staffed(t)
		confirmed := w.sayAs(t, registrar.Person, 10, envelope.KindConfirm)
		w.exec(t, `UPDATE thread_log SET at = $1 WHERE message = $2`, w.clock.Now().UnixMilli(), confirmed.Message)
		for round := range int64(8) {
			source := w.say(t, 12+round, envelope.KindDecision)
			errs := make([]error, 2)
			var wait sync.WaitGroup
			for n, by := range []record.Clinician{w.by, registrar} {
				s := w.submission(source)
				wait.Go(func() { _, errs[n] = w.desk.File(t.Context(), by, s) })
			}
			wait.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("round %d: %v, %v", round, errs[0], errs[1])
			}
			if refused := errors.Join(errs...); !errors.Is(refused, record.ErrAlreadyFiled) {
				t.Fatalf("round %d: %v", round, refused)
			}
		}
		for range 8 { // they are of one patient, and follow one another
			w.work(t)
		}
		if w.health.filed != 8 {
			t.Errorf("%d documents for 8 decisions", w.health.filed)
		}
	})
}

func TestR19_H15_AnOverdueDecisionReachesOwnerDeputyAndOrganisationAndNeverAgesOut(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db).staffed(t)
		decision := w.say(t, 10, envelope.KindDecision).Message
		if err := w.desk.Settle(t.Context()); err != nil { // as a server does when it starts
			t.Fatal(err)
		}
		mine := func(person id.Person) int {
			t.Helper()
			items, _, err := w.desk.Worklist(t.Context(), record.WorklistQuery{Scope: record.Mine, Reader: record.Reader{Person: person}, Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			return len(items)
		}
		w.clock.Advance(4*time.Hour - time.Minute)
		w.work(t)
		if d := w.decision(t, decision); d.Reminders != 0 || mine(w.by.Person) != 1 || mine(registrar.Person) != 0 {
			t.Fatalf("before it is due: %+v", d)
		}
		w.clock.Advance(time.Minute)
		w.work(t)
		if d := w.decision(t, decision); d.Reminders != record.OwnerReminded || len(w.told.decisions) != 1 {
			t.Fatalf("when it is due: %+v", d)
		}
		w.clock.Advance(4 * time.Hour)
		w.work(t)
		if d := w.decision(t, decision); d.Reminders != record.DeputyReminded || d.Deputy != registrar.Person || mine(registrar.Person) != 1 {
			t.Fatalf("four hours later: %+v", d)
		}
		w.clock.Advance(12 * time.Hour)
		w.work(t)
		if d := w.decision(t, decision); d.Reminders != record.OrganisationReminded {
			t.Fatalf("after sixteen: %+v", d)
		}
		for range 400 { // a year and more: a trust once lost what its worklist dropped after 180 days
			w.clock.Advance(24 * time.Hour)
			w.work(t)
		}
		if d := w.decision(t, decision); d.Reminders != 403 || d.Stage != record.Marked {
			t.Errorf("after 400 days: %+v", d)
		}
		items, _, err := w.desk.Worklist(t.Context(), record.WorklistQuery{
			Scope: record.Organisation, Reader: record.Reader{Person: officer.Person, Records: true}, Limit: 10,
		})
		if err != nil || len(items) != 1 || items[0].Member {
			t.Errorf("the organisation's worklist: %+v, %v", items, err)
		}
		if err := w.desk.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if due := w.count(t, `SELECT COUNT(*) FROM due WHERE kind = 'record.overdue'`); due != 1 {
			t.Errorf("%d rows wait for one decision", due)
		}
	})
}

func TestR19_WhoLeavesHasTheirDecisionsTakenOver(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db).staffed(t)
		decision := w.say(t, 10, envelope.KindDecision).Message
		w.exec(t, `UPDATE person SET left_at = 1 WHERE person = $1`, w.by.Person)
		for range 2 { // it may be repeated
			if err := w.desk.Reassign(t.Context(), w.by.Person); err != nil {
				t.Fatal(err)
			}
		}
		if d := w.decision(t, decision); d.Owner != registrar.Person || d.MarkedBy != w.by.Person {
			t.Errorf("after its owner left: %+v", d)
		}
	})
}

func TestR12_R18_ADecisionIsTakenBack(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db).staffed(t)
		decision := w.sayAs(t, registrar.Person, 10, envelope.KindDecision).Message
		text, act := w.say(t, 11, envelope.KindText).Message, w.sayAs(t, registrar.Person, 12, envelope.KindWithdraw).Message
		others := w.sayAs(t, consultant.Person, 13, envelope.KindWithdraw).Message
		for name, row := range map[string]struct {
			by   record.Clinician
			with record.Withdrawal
			want error
		}{
			"no reason":              {registrar, record.Withdrawal{Act: act, Reason: "because"}, record.ErrReason},
			"without an act":         {registrar, record.Withdrawal{Reason: "withdrawn"}, record.ErrAct},
			"with another message":   {w.by, record.Withdrawal{Act: text, Reason: "withdrawn"}, record.ErrAct},
			"with another's act":     {w.by, record.Withdrawal{Act: act, Reason: "withdrawn"}, record.ErrAct},
			"by a bystander":         {consultant, record.Withdrawal{Act: others, Reason: "withdrawn"}, record.ErrNotYours},
			"by somebody outside":    {officer, record.Withdrawal{Act: act, Reason: "withdrawn"}, record.ErrThreadUnknown},
			"of what is no decision": {registrar, record.Withdrawal{Act: act, Reason: "withdrawn"}, record.ErrDecisionUnknown},
		} {
			about := decision
			if row.want == record.ErrDecisionUnknown {
				about = text
			}
			if _, err := w.desk.Withdraw(t.Context(), row.by, w.thread, about, row.with); !errors.Is(err, row.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for range 2 { // once more after a lost answer
			d, err := w.desk.Withdraw(t.Context(), registrar, w.thread, decision, record.Withdrawal{Act: act, Reason: "withdrawn"})
			if err != nil || d.Stage != record.Withdrawn || d.Act != act {
				t.Fatalf("%+v, %v", d, err)
			}
		}
		if unfiled := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE unfiled`); unfiled != 0 {
			t.Error("it still counts as not in the record")
		}
		s := w.submission(record.Source{Message: decision, Entry: w.decision(t, decision).Entry})
		if _, err := w.desk.File(t.Context(), w.by, s); !errors.Is(err, record.ErrAlreadyFiled) {
			t.Errorf("filing what was taken back: %v", err)
		}
	})
}

func TestH12_WhatIsInTheRecordIsEnteredInErrorAndItsOriginalsStay(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db).staffed(t)
		s := w.filed(t, 10, nil)
		act := w.say(t, 11, envelope.KindWithdraw).Message
		taking := record.Withdrawal{Act: act, Reason: "wrong-patient", Assertion: []byte("signed")}
		if _, err := w.desk.Withdraw(t.Context(), w.by, w.thread, s.Decision, taking); !errors.Is(err, record.ErrTransition) {
			t.Fatalf("while it is on its way: %v", err)
		}
		w.work(t)
		d, err := w.desk.Withdraw(t.Context(), w.by, w.thread, s.Decision, taking)
		if err != nil || d.Stage != record.InError {
			t.Fatalf("%+v, %v", d, err)
		}
		w.health.refuse = fault.New(fault.Unavailable, "record_unavailable", "The health record does not answer.")
		w.work(t)
		if paper := w.paper(t, s.Filing); paper.Retraction != record.Retracting {
			t.Errorf("while the record is down: %v", paper.Retraction)
		}
		w.health.refuse = nil
		w.clock.Advance(30 * 24 * time.Hour)
		w.work(t)
		if paper := w.paper(t, s.Filing); paper.Retraction != record.Retracted || len(w.health.errors) != 1 || w.health.errors[0].Filing != s.Filing ||
			w.health.errors[0].NHSNumber.Digits() != "9434765919" {
			t.Errorf("the record was told: %v %+v", paper.Retraction, w.health.errors)
		}
		if evidence, err := db.Evidence(t.Context(), s.Filing); err != nil || throughFile(t, evidence).Retraction != "retracted" {
			t.Errorf("the evidence says nothing of it: %+v, %v", evidence, err)
		}
		if sealed := w.count(t, `SELECT COUNT(*) FROM filing WHERE sealed IS NOT NULL`); sealed != 0 {
			t.Error("who the patient is lies at rest still")
		}
		if gone := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE state <> 0`); gone != 0 {
			t.Error("the originals went, though the document is disputed")
		}
	})
}

// TestR12_WhatIsInTheRecordIsNotWithdrawn: a decision that was right and acted upon is not marked as if it should never have been.
func TestR12_WhatIsInTheRecordIsNotWithdrawn(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db).staffed(t)
		s := w.filed(t, 10, nil)
		act := w.say(t, 11, envelope.KindWithdraw).Message
		changed := record.Withdrawal{Act: act, Reason: "withdrawn", Assertion: []byte("signed")}
		w.health.trouble = fault.New(fault.Unavailable, "record_unavailable", "The health record does not answer.")
		w.work(t) // it was tried, and may have arrived
		if _, err := w.desk.Withdraw(t.Context(), w.by, w.thread, s.Decision, changed); !errors.Is(err, record.ErrTransition) {
			t.Errorf("while it is on its way: %v", err)
		}
		w.health.trouble = nil
		w.clock.Advance(time.Hour)
		w.work(t)
		for _, stage := range []record.Stage{record.InRecord, record.Countersigned, record.Eligible, record.Destroyed, record.Corrected} {
			w.exec(t, `UPDATE decision SET stage = $1`, int64(stage))
			before := w.decision(t, s.Decision)
			if _, err := w.desk.Withdraw(t.Context(), w.by, w.thread, s.Decision, changed); !errors.Is(err, record.ErrFiledStands) {
				t.Errorf("%v: %v", stage, err)
			}
			if after := w.decision(t, s.Decision); after != before || w.paper(t, s.Filing).Retraction != record.NotRetracted {
				t.Errorf("%v: it was refused, and is %+v", stage, after)
			}
		}
		w.work(t)
		if len(w.health.errors) != 0 {
			t.Errorf("the record was told: %+v", w.health.errors)
		}
		d, err := w.desk.Withdraw(t.Context(), w.by, w.thread, s.Decision, record.Withdrawal{Act: act, Reason: "error", Assertion: []byte("signed")})
		if err != nil || d.Stage != record.InError {
			t.Errorf("as an error: %+v, %v", d, err)
		}
	})
}

func TestARefusedRetractionWaitsForAPerson(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db).staffed(t)
		s := w.filed(t, 10, nil)
		w.work(t)
		act := w.say(t, 11, envelope.KindWithdraw).Message
		if _, err := w.desk.Withdraw(t.Context(), w.by, w.thread, s.Decision,
			record.Withdrawal{Act: act, Reason: "error", Assertion: []byte("signed")}); err != nil {
			t.Fatal(err)
		}
		w.health.refuse = fault.New(fault.Invalid, "record_refused", "The health record refused it.")
		w.work(t)
		if paper := w.paper(t, s.Filing); paper.Retraction != record.RetractRefused {
			t.Errorf("after a refusal: %v", paper.Retraction)
		}
	})
}

func TestR18_ALaterDecisionCorrectsAnEarlierOne(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db).staffed(t)
		first := w.filed(t, 10, nil)
		w.work(t)
		for name, row := range map[string]struct {
			corrects id.Message
			want     error
		}{"nothing": {id.New[id.Message](w.ids), record.ErrCorrects}, "itself": {id.Message{1}, record.ErrCorrects}} {
			s := w.submission(w.say(t, 20+int64(len(name)), envelope.KindDecision))
			if name == "itself" {
				row.corrects = s.Decision
			}
			s = correcting(s, row.corrects)
			if _, err := w.desk.File(t.Context(), w.by, s); !errors.Is(err, row.want) {
				t.Errorf("correcting %s: %v", name, err)
			}
		}
		second := w.filed(t, 11, func(s *record.Submission) { *s = correcting(*s, first.Decision) })
		if d := w.decision(t, first.Decision); d.Stage != record.InRecord {
			t.Fatalf("before the receipt of the second: %+v", d)
		}
		w.work(t)
		if d := w.decision(t, first.Decision); d.Stage != record.Corrected || d.CorrectedBy != second.Decision {
			t.Errorf("after it: %+v", d)
		}
		third := w.submission(w.say(t, 12, envelope.KindDecision))
		third = correcting(third, first.Decision)
		if _, err := w.desk.File(t.Context(), w.by, third); !errors.Is(err, record.ErrCorrectsGone) {
			t.Errorf("correcting it twice: %v", err)
		}
		w.clock.Advance(2 * grace)
		w.work(t)
		if gone := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE state = 2`); gone != 2 {
			t.Errorf("%d originals are gone, not both", gone)
		}
		if d := w.decision(t, first.Decision); d.Stage != record.Corrected {
			t.Errorf("after its originals went: %+v", d)
		}
	})
}

func TestR20_OriginalsWaitForTheCountersignature(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db).staffed(t)
		s := w.filed(t, 10, func(s *record.Submission) { s.Countersign, s.CountersignBy = true, consultant.Person })
		w.work(t)
		w.clock.Advance(30 * 24 * time.Hour)
		w.work(t)
		if gone := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE state <> 0`); gone != 0 {
			t.Fatal("the originals went before the countersignature")
		}
		items, _, err := w.desk.Worklist(t.Context(), record.WorklistQuery{Scope: record.Mine, Reader: record.Reader{Person: consultant.Person}, Limit: 5})
		if err != nil || len(items) != 1 || !items[0].ToCountersign {
			t.Errorf("the worklist of who was asked: %+v, %v", items, err)
		}
		own := w.say(t, 11, envelope.KindCountersign).Message
		other := w.sayAs(t, registrar.Person, 12, envelope.KindCountersign).Message
		act := w.sayAs(t, consultant.Person, 13, envelope.KindCountersign).Message
		for name, row := range map[string]struct {
			by       record.Clinician
			act      id.Message
			document id.Hash
			want     error
		}{
			"by who filed it":       {w.by, own, s.DocumentHash, record.ErrOwnCountersign},
			"by who was not asked":  {registrar, other, s.DocumentHash, record.ErrNotAsked},
			"with somebody's act":   {consultant, other, s.DocumentHash, record.ErrAct},
			"of another document":   {consultant, act, id.Hash{1}, record.ErrWrongDocument},
			"by somebody elsewhere": {officer, act, s.DocumentHash, record.ErrThreadUnknown},
		} {
			if _, err := w.desk.Countersign(t.Context(), row.by, w.thread, s.Decision, row.act, row.document); !errors.Is(err, row.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for range 2 {
			d, err := w.desk.Countersign(t.Context(), consultant, w.thread, s.Decision, act, s.DocumentHash)
			if err != nil || d.Stage != record.Countersigned || d.CountersignedBy != consultant.Person {
				t.Fatalf("%+v, %v", d, err)
			}
		}
		w.work(t)
		if d := w.decision(t, s.Decision); d.Stage != record.Destroyed {
			t.Errorf("after it: %+v", d)
		}
	})
}

func TestR19_WorklistsShowTheMostUrgentFirstPageByPage(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db).staffed(t)
		for n := range int64(7) {
			message := w.sayAs(t, []record.Clinician{w.by, registrar, consultant}[n%3].Person, 10+n, envelope.KindDecision).Message
			if n == 4 {
				w.exec(t, `UPDATE decision SET urgency = 3 WHERE message = $1`, message)
			}
			w.clock.Advance(time.Minute)
		}
		seen := func(q record.WorklistQuery) (seqs []uint64) {
			t.Helper()
			q.Limit = 2
			for {
				items, more, err := w.desk.Worklist(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, one := range items {
					seqs = append(seqs, one.Decision.Seq)
				}
				if !more {
					return seqs
				}
				last := items[len(items)-1].Decision
				q.After = &record.Place{Urgency: uint8(last.Urgency), MarkedAt: last.MarkedAt, Message: last.Message}
			}
		}
		for _, row := range []struct {
			name string
			q    record.WorklistQuery
			want []uint64
		}{
			{"mine", record.WorklistQuery{Scope: record.Mine, Reader: record.Reader{Person: registrar.Person}}, []uint64{14, 11}},
			{"nobody's", record.WorklistQuery{Scope: record.Mine, Reader: record.Reader{Person: officer.Person}}, nil},
			{"my ward's", record.WorklistQuery{Scope: record.Ward, Reader: record.Reader{Person: officer.Person, Ward: "7B"}}, []uint64{14, 10, 11, 13, 16}},
			{"the organisation's", record.WorklistQuery{Scope: record.Organisation, Reader: record.Reader{Person: officer.Person, Records: true}},
				[]uint64{14, 10, 11, 12, 13, 15, 16}},
		} {
			if got := seen(row.q); !slices.Equal(got, row.want) {
				t.Errorf("%s: %v, not %v", row.name, got, row.want)
			}
		}
		for name, row := range map[string]struct {
			q    record.WorklistQuery
			want error
		}{
			"the organisation's, without the permission": {record.WorklistQuery{Scope: record.Organisation}, record.ErrOrganisationScope},
			"a ward's, of somebody without one":          {record.WorklistQuery{Scope: record.Ward}, record.ErrNoWard},
			"another":                                    {record.WorklistQuery{Scope: "all"}, record.ErrScope},
		} {
			if _, _, err := w.desk.Worklist(t.Context(), row.q); !errors.Is(err, row.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestR18_H12_WhatTheRecordStillShowsAsValidStaysOnTheWorklists: taking back is not over before the record knows.
func TestR18_H12_WhatTheRecordStillShowsAsValidStaysOnTheWorklists(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db).staffed(t)
		s := w.filed(t, 10, nil)
		w.work(t)
		listed := func(person id.Person, scope record.Scope) []record.Item {
			t.Helper()
			items, _, err := w.desk.Worklist(t.Context(), record.WorklistQuery{Scope: scope, Reader: record.Reader{Person: person, Records: true}, Limit: 5})
			if err != nil {
				t.Fatal(err)
			}
			return items
		}
		if items := listed(w.by.Person, record.Mine); len(items) != 0 {
			t.Fatalf("what is in the record: %+v", items)
		}
		act := w.say(t, 11, envelope.KindWithdraw).Message
		if _, err := w.desk.Withdraw(t.Context(), w.by, w.thread, s.Decision,
			record.Withdrawal{Act: act, Reason: "wrong-patient", Assertion: []byte("signed")}); err != nil {
			t.Fatal(err)
		}
		w.health.refuse = fault.New(fault.Invalid, "record_refused", "The health record refused it.")
		for range 2 { // while the record is being told, and after it refused
			for _, items := range [][]record.Item{listed(w.by.Person, record.Mine), listed(officer.Person, record.Organisation)} {
				if len(items) != 1 || items[0].Reference != "DOC-1" || items[0].Retraction == record.Retracted {
					t.Fatalf("while the record shows it as valid: %+v", items)
				}
			}
			w.work(t)
		}
		w.exec(t, `UPDATE filing SET retraction = 2`)
		if items := listed(w.by.Person, record.Mine); len(items) != 0 {
			t.Errorf("once the record shows it as entered in error: %+v", items)
		}
	})
}

// TestR20_ACountersignatureAskedOfNobodyInParticularIsOnEverybodysListWhoMayGiveIt: and on nobody else's.
func TestR20_ACountersignatureAskedOfNobodyInParticularIsOnEverybodysListWhoMayGiveIt(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db).staffed(t)
		w.filed(t, 10, func(s *record.Submission) { s.Countersign = true })
		w.work(t)
		for person, want := range map[id.Person]int{w.by.Person: 0, registrar.Person: 1, consultant.Person: 1, officer.Person: 0} {
			items, _, err := w.desk.Worklist(t.Context(), record.WorklistQuery{Scope: record.Mine, Reader: record.Reader{Person: person}, Limit: 5})
			if err != nil || len(items) != want {
				t.Errorf("%v: %+v, %v", person, items, err)
			}
		}
	})
}
