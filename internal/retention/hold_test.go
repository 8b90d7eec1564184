package retention_test

import (
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

// TestR15_R16_HoldsWinAgainstSweepsThatRun places holds of every scope from many goroutines while sweeps and disposals run on others. Each hold's receipt counts live
// messages in the transaction that places it: not one of those may go. Everything else does.
func TestR15_R16_HoldsWinAgainstSweepsThatRun(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		var threads []id.Thread
		for n := range 12 {
			in := w.newThread(envelope.SpaceTeam, 1+n%4, []int{1 + n%3})
			threads = append(threads, in)
			for range 12 {
				w.post(in, 1+n%3, envelope.KindText, 1, 0, w.clock.Now())
				w.clock.Advance(time.Second)
			}
			w.post(in, 1+n%3, envelope.KindSweep, 1, 13, w.clock.Now())
		}
		began := w.clock.Now()
		w.clock.Advance(60 * 24 * time.Hour)
		scopes := []retention.Scope{
			{Thread: threads[0]}, {Thread: threads[5]}, {Patient: []id.Tag{tagOf(2)}}, {Person: personOf(3), Thread: threads[2]},
			{From: began.Add(-20 * time.Second), Until: began.Add(-10 * time.Second)}, {Person: personOf(1), Patient: []id.Tag{tagOf(1), tagOf(9)}},
			{Thread: threads[7], Until: began}, {Thread: threads[8], From: began.Add(time.Hour)}, {Thread: threads[10]}, {Thread: threads[11]},
		}
		keeper := retention.New(retention.Needs{Store: db, Eraser: quiet{}, Announcer: quiet{}, Clock: w.clock})
		var wait sync.WaitGroup
		placed := make([]retention.Hold, len(scopes))
		fail := make(chan error, len(scopes)+8)
		for range 3 {
			wait.Go(func() {
				for range 4 {
					if err := keeper.Sweep(t.Context(), workDue()); err != nil {
						fail <- err
					}
				}
			})
		}
		for n, scope := range scopes {
			wait.Go(func() {
				var err error
				if placed[n], err = keeper.Hold(t.Context(), officer, scope, "Case", ""); err != nil {
					fail <- err
				}
			})
		}
		wait.Wait()
		close(fail)
		for err := range fail {
			t.Fatal(reasons(err))
		}
		if err := keeper.Sweep(t.Context(), workDue()); err != nil {
			t.Fatal(err)
		}
		kept := int64(0)
		for n, hold := range placed {
			live := w.count(`SELECT COUNT(*) FROM thread_log l JOIN thread t ON t.thread = l.thread, hold h WHERE h.hold = $1 AND l.kind = 4 AND l.state = 0
				AND `+covers, hold.ID)
			if live != hold.Covered {
				t.Errorf("hold %d (%s) counted %d when it was placed and has %d", n, hold.Words(), hold.Covered, live)
			}
			kept += live
		}
		left := w.count(`SELECT COUNT(*) FROM thread_log WHERE content = 1 AND state = 0`)
		gone := w.count(`SELECT COUNT(*) FROM thread_log WHERE content = 1 AND state = 2`)
		half := w.count(`SELECT COUNT(*) FROM thread_log WHERE state = 1`)
		if half != 0 || left+gone != 144 || gone == 0 {
			t.Errorf("%d live, %d destroyed, %d in between", left, gone, half)
		}
		if outside := w.count(`SELECT COUNT(*) FROM thread_log l JOIN thread t ON t.thread = l.thread WHERE l.content = 1 AND l.state = 0 AND NOT EXISTS (
			SELECT 1 FROM hold h WHERE ` + covers + `)`); outside != 0 {
			t.Errorf("%d messages stayed that no hold covers", outside)
		}
		t.Logf("%d live under holds, %d destroyed, receipts of %d", left, gone, kept)
	})
}

// TestR15_AHoldOfAPatientCoversWhatWasSaidWhenNobodyKnewThem: a thread is the patient's by every link that it ever had.
func TestR15_AHoldOfAPatientCoversWhatWasSaidWhenNobodyKnewThem(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		in, other := w.newThread(envelope.SpaceTeam, 1, []int{1}), w.newThread(envelope.SpaceTeam, 4, []int{1})
		for _, one := range []id.Thread{in, other} {
			w.post(one, 1, envelope.KindText, 1, 0, w.clock.Now())
			w.post(one, 1, envelope.KindSweep, 1, 2, w.clock.Now())
		}
		w.exec(`UPDATE thread SET link_tag = $1, link_seq = 3 WHERE thread = $2`, tagOf(2), in)
		w.exec(`INSERT INTO thread_link (thread, seq, tag, assertion) VALUES ($1, 3, $2, $3)`, in, tagOf(2), id.Hash{2})
		w.clock.Advance(60 * 24 * time.Hour)
		keeper := retention.New(retention.Needs{Store: db, Eraser: quiet{}, Announcer: quiet{}, Clock: w.clock})
		live := `SELECT COUNT(*) FROM thread_log WHERE thread = $1 AND kind = 4 AND state = 0`
		for _, tags := range [][]id.Tag{{tagOf(1)}, {tagOf(2)}, {tagOf(1), tagOf(2)}} {
			hold, err := keeper.Hold(t.Context(), officer, retention.Scope{Patient: tags}, "Case", "")
			if err != nil {
				t.Fatal(reasons(err))
			}
			if hold.Covered != 2 {
				t.Errorf("a hold by %d tags covers %d messages", len(tags), hold.Covered)
			}
			if err := keeper.Sweep(t.Context(), workDue()); err != nil {
				t.Fatal(err)
			}
			if n := w.count(live, in); n != 2 {
				t.Errorf("%d messages are left", n)
			}
			if _, err := keeper.Release(t.Context(), officer, hold.ID, "Over"); err != nil {
				t.Fatal(reasons(err))
			}
		}
		if n := w.count(live+` AND content = 1`, other); n != 0 {
			t.Errorf("%d messages of another patient are left", n)
		}
	})
}

// covers says again, in the test's own words, what a hold covers.
const covers = `(h.thread IS NULL OR h.thread = t.thread) AND (h.person IS NULL OR EXISTS (SELECT 1 FROM thread_member m WHERE m.thread = t.thread
	AND m.person = h.person)) AND (NOT h.patient OR EXISTS (SELECT 1 FROM thread_link k WHERE k.thread = t.thread AND k.tag IN (SELECT tag FROM hold_tag g WHERE g.hold = h.hold)))
	AND (l.at >= h.from_at OR l.sent_at >= h.from_at) AND (h.until_at = 0 OR l.at < h.until_at OR l.sent_at < h.until_at)`

func TestR15_AHoldPlacedBetweenTheLookAndTheMark(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		in := w.newThread(envelope.SpaceSocial, 0, []int{1})
		w.post(in, 1, envelope.KindText, 1, 0, w.clock.Now())
		w.clock.Advance(60 * 24 * time.Hour)
		// The hold comes after the candidates were found and before the transaction that marks them.
		late := lateHold{DB: db, place: func() {
			if _, err := w.keeper.Hold(t.Context(), officer, retention.Scope{Thread: in}, "Case", ""); err != nil {
				t.Fatal(err)
			}
		}}
		keeper := retention.New(retention.Needs{Store: late, Eraser: quiet{}, Announcer: quiet{}, Clock: w.clock})
		if err := keeper.Sweep(t.Context(), workDue()); err != nil {
			t.Fatal(err)
		}
		if live := w.count(`SELECT COUNT(*) FROM thread_log WHERE kind = 4 AND state = 0`); live != 1 {
			t.Error("a hold that was placed while the sweep ran did not win")
		}
	})
}

func TestR15_R16_AReceiptSaysWhatIsHeldAndNamesNoPatient(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		patients := number{tags: []id.Tag{tagOf(1), tagOf(7)}}
		keeper := retention.New(retention.Needs{Store: db, Eraser: quiet{}, Announcer: quiet{}, Patients: patients, Clock: w.clock})
		in := w.newThread(envelope.SpacePatient, 1, []int{1})
		w.post(in, 1, envelope.KindText, 1, 0, w.clock.Now())
		w.post(in, 1, envelope.KindText, 1, 0, w.clock.Now())
		hold, err := keeper.Hold(t.Context(), officer, retention.Scope{NHSNumber: "943 476 5919"}, "Subject access request 2026/114", "Legal services")
		if err != nil {
			t.Fatal(err)
		}
		receipt := hold.Receipt("Northbridge")
		for _, want := range []string{hold.ID.String(), "2 messages", "Legal services", "2026/114", "one patient", "Northbridge", "did not answer"} {
			if !strings.Contains(receipt, want) {
				t.Errorf("the receipt does not say %q:\n%s", want, receipt)
			}
		}
		for _, row := range []string{receipt, strings.Join(everyText(t, db), " ")} {
			if strings.Contains(strings.ReplaceAll(row, " ", ""), "9434765919") {
				t.Error("the NHS number is kept")
			}
		}
		holds, err := keeper.Holds(t.Context())
		if err != nil || len(holds) != 1 || len(holds[0].Patient) != 2 || holds[0].Covered != 2 || holds[0].Requester != "Legal services" {
			t.Errorf("%+v, %v", holds, err)
		}
		// A thread that is linked later is covered too.
		later := w.newThread(envelope.SpacePatient, 7, []int{2})
		w.post(later, 2, envelope.KindText, 1, 0, w.clock.Now())
		w.post(later, 2, envelope.KindSweep, 1, 2, w.clock.Now())
		w.clock.Advance(60 * 24 * time.Hour)
		if err := keeper.Sweep(t.Context(), workDue()); err != nil {
			t.Fatal(err)
		}
		if gone := w.count(`SELECT COUNT(*) FROM thread_log WHERE kind = 4 AND state <> 0`); gone != 0 {
			t.Error("a conversation that was linked after the hold was not held")
		}
		if _, err := keeper.Release(t.Context(), officer, hold.ID, "Answered"); err != nil {
			t.Fatal(err)
		}
		if err := keeper.Sweep(t.Context(), workDue()); err != nil {
			t.Fatal(err)
		}
		if gone := w.count(`SELECT COUNT(*) FROM thread_log WHERE kind = 4 AND state = 2`); gone != 1 {
			t.Errorf("after the release %d are gone", gone)
		}
	})
}

func TestAHoldNeedsAScopeAndAReason(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		noon := w.clock.Now()
		for name, test := range map[string]struct {
			scope  retention.Scope
			reason string
			want   error
		}{
			"nothing":          {retention.Scope{}, "Case", retention.ErrScope},
			"no reason":        {retention.Scope{Person: personOf(1)}, " ", retention.ErrReason},
			"a long reason":    {retention.Scope{Person: personOf(1)}, strings.Repeat("x", 401), retention.ErrReason},
			"ends before":      {retention.Scope{From: noon, Until: noon}, "Case", retention.ErrScope},
			"unknown thread":   {retention.Scope{Thread: id.Thread{1}}, "Case", retention.ErrThread},
			"unknown person":   {retention.Scope{Person: id.Person{66}}, "Case", retention.ErrPerson},
			"no patient index": {retention.Scope{NHSNumber: "9434765919"}, "Case", retention.ErrScope},
		} {
			if _, err := w.keeper.Hold(t.Context(), officer, test.scope, test.reason, ""); !errorIs(err, test.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := w.count(`SELECT COUNT(*) FROM hold`); n != 0 {
			t.Errorf("%d holds", n)
		}
	})
}

// TestR15_AHoldDrillChangesNothing: the drill shows that a hold wins, with something due and without, and leaves every row as it was.
func TestR15_AHoldDrillChangesNothing(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		in, other := w.newThread(envelope.SpaceSocial, 0, []int{1}), w.newThread(envelope.SpaceSocial, 0, []int{2})
		unswept := w.newThread(envelope.SpaceTeam, 0, []int{1})
		w.post(in, 1, envelope.KindText, 1, 0, w.clock.Now())
		w.post(other, 2, envelope.KindText, 1, 0, w.clock.Now())
		w.post(unswept, 1, envelope.KindText, 1, 0, w.clock.Now())
		for _, days := range []int{0, 60} { // before its period is over, and after
			w.clock.Advance(time.Duration(days) * 24 * time.Hour)
			before := everyText(t, db)
			report, err := w.keeper.Drill(t.Context(), officer, retention.Scope{Thread: in})
			if err != nil {
				t.Fatal(reasons(err))
			}
			if !report.Proved || report.Without != 1 || report.With != 0 || report.Outside != report.Beside || days > 0 && report.Outside != 1 {
				t.Errorf("after %d days: %+v", days, report)
			}
			if after := everyText(t, db); strings.Join(before, "\n") != strings.Join(after, "\n") {
				t.Error("the drill changed something")
			}
		}
		report, err := w.keeper.Drill(t.Context(), officer, retention.Scope{Thread: unswept})
		if err != nil || report.Proved || !strings.Contains(report.String(), "Nothing could be shown") {
			t.Errorf("where nothing could go: %+v, %v", report, err)
		}
		if drills := w.count(`SELECT COUNT(*) FROM audit_event WHERE kind = 1542`); drills != 3 {
			t.Errorf("%d drills in the audit log", drills)
		}
	})
}

// TestH14_OriginalsStayWhileTheRecordIsAway: receipt, grace over, and the record does not answer: at night the originals are all there is to read. The plan says so.
func TestH14_OriginalsStayWhileTheRecordIsAway(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		in := w.newThread(envelope.SpacePatient, 1, []int{1})
		decision := &modelMessage{modelThread: &modelThread{id: in}, name: w.post(in, 1, envelope.KindDecision, 1, 0, w.clock.Now())}
		filing := w.file(decision, []*modelMessage{decision})
		reasonsOf := func() string {
			lines, err := w.keeper.Plan(t.Context(), in)
			if err != nil || len(lines) != 1 {
				t.Fatal(lines, reasons(err))
			}
			return strings.ReplaceAll(joined(lines[0].Reasons), ",", " ")
		}
		if got := reasonsOf(); got != "not_due unfiled_decision filing_unfinished unswept" {
			t.Errorf("before the receipt: %s", got)
		}
		w.receive(filing, w.clock.Now().Add(grace))
		if got := reasonsOf(); got != "grace" {
			t.Errorf("before the grace is over: %s", got)
		}
		w.down = true
		w.clock.Advance(grace + time.Hour)
		if got := reasonsOf(); got != "record_unreachable" {
			t.Errorf("while the record is away: %s", got)
		}
		for range 5 {
			if err := w.sweepOnce(); err != nil {
				t.Fatal(reasons(err))
			}
			w.clock.Advance(3 * time.Hour)
		}
		if gone := w.count(`SELECT COUNT(*) FROM thread_log WHERE state <> 0`); gone != 0 {
			t.Fatal("the original is gone while nobody can read the record")
		}
		w.down = false
		if got := reasonsOf(); got != "" {
			t.Errorf("when it is back: %s", got)
		}
		if err := w.sweepOnce(); err != nil {
			t.Fatal(reasons(err))
		}
		if gone := w.count(`SELECT COUNT(*) FROM thread_log WHERE state = 2`); gone != 1 {
			t.Error("the original stays when the record is back")
		}
	})
}

// TestH12_WhatWasTakenBackStaysAndThePlanAndTheDrillSaySo: entered in error, or not countersigned yet, it goes at no sweep, and no hold can win against nothing.
func TestH12_WhatWasTakenBackStaysAndThePlanAndTheDrillSaySo(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		in := w.newThread(envelope.SpacePatient, 1, []int{1})
		w.post(in, 1, envelope.KindText, 1, 0, w.clock.Now())
		decision := &modelMessage{modelThread: &modelThread{id: in}, name: w.post(in, 1, envelope.KindDecision, 1, 0, w.clock.Now())}
		w.receive(w.file(decision, []*modelMessage{decision}), w.clock.Now().Add(grace))
		w.post(in, 1, envelope.KindSweep, 1, 3, w.clock.Now())
		w.clock.Advance(90 * 24 * time.Hour)
		for _, row := range []struct {
			name, set, text, decision string
			without                   int64
		}{
			{"not countersigned", `countersign_wanted = TRUE`, "decision_first", "countersignature", 0},
			{"entered in error", `stage = 11`, "decision_first,taken_back", "taken_back", 0},
			{"entered in error, and never countersigned", `stage = 11, countersign_wanted = TRUE`, "decision_first,taken_back", "taken_back", 0},
			{"corrected, and never countersigned", `stage = 9, countersign_wanted = TRUE`, "decision_first", "", 1},
		} {
			w.exec(`UPDATE decision SET stage = 4, countersign_wanted = FALSE`)
			w.exec(`UPDATE decision SET ` + row.set)
			lines, err := w.keeper.Plan(t.Context(), in)
			if err != nil {
				t.Fatal(reasons(err))
			}
			got := map[uint64]string{}
			for _, line := range lines {
				got[line.Seq] = joined(line.Reasons)
			}
			if got[2] != row.text || got[3] != row.decision {
				t.Errorf("%s: %v", row.name, got)
			}
			report, err := w.keeper.Drill(t.Context(), officer, retention.Scope{Thread: in})
			if err != nil || report.Without != row.without || report.With != 0 {
				t.Errorf("%s: %+v, %v", row.name, report, err)
			}
			if err := w.sweepOnce(); err != nil {
				t.Fatal(reasons(err))
			}
			if gone := w.states()[decision.name] != 0; gone != (row.decision == "") {
				t.Errorf("%s: it went: %t", row.name, gone)
			}
		}
	})
}

// TestR20_ThePlanSaysWhatKeepsEachMessage.
func TestR20_ThePlanSaysWhatKeepsEachMessage(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		team, chat, patient := w.newThread(envelope.SpaceTeam, 0, []int{1}), w.newThread(envelope.SpaceSocial, 0, []int{2}), w.newThread(envelope.SpacePatient, 1, []int{3})
		w.post(team, 1, envelope.KindText, 1, 0, w.clock.Now())
		w.post(chat, 2, envelope.KindText, 1, 0, w.clock.Now())
		w.post(patient, 3, envelope.KindText, 1, 0, w.clock.Now())
		w.post(patient, 3, envelope.KindDecision, 1, 0, w.clock.Now())
		w.clock.Advance(31 * 24 * time.Hour)
		w.post(chat, 2, envelope.KindText, 1, 0, w.clock.Now())
		w.post(chat, 2, envelope.KindText, 7, 0, w.clock.Now())
		if _, err := w.keeper.Hold(t.Context(), officer, retention.Scope{Thread: team}, "Case", ""); err != nil {
			t.Fatal(err)
		}
		w.cases[patient] = true
		got := map[string]int64{}
		lines, err := w.keeper.Plan(t.Context(), id.Thread{})
		if err != nil {
			t.Fatal(reasons(err))
		}
		for _, line := range lines {
			got[line.Space.String()+":"+joined(line.Reasons)] += line.Count
		}
		want := map[string]int64{
			"team:held,unswept": 1, "social:": 1, "social:not_due": 1, "social:no_class": 1, "patient:unfiled_decision,unswept": 2,
		}
		if !maps.Equal(got, want) {
			t.Errorf("got %v\nwant %v", got, want)
		}
		each, err := w.keeper.Plan(t.Context(), patient)
		if err != nil || len(each) != 2 || joined(each[0].Reasons) != "unfiled_decision,unswept,open_case" || each[0].Message.IsZero() {
			t.Errorf("%+v, %v", each, err)
		}
		if gone := w.count(`SELECT COUNT(*) FROM thread_log WHERE state <> 0`); gone != 0 {
			t.Error("the plan destroyed something")
		}
	})
}

func joined(reasons []retention.Reason) string {
	var words []string
	for _, one := range reasons {
		words = append(words, string(one))
	}
	return strings.Join(words, ",")
}
