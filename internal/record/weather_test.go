package record_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
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
	"github.com/wardline/wardline/internal/work"
)

// fill makes the database's disk full: SQLite may not grow, and what it has is used up; PostgreSQL, which has no such setting, refuses to commit a change of a
// filing with the error that it has for a full disk. empty takes that back.
func (w *ward) fill(t *testing.T) (empty func()) {
	t.Helper()
	if w.db.Dialect() == "postgres" {
		w.exec(t, `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`)
		w.exec(t, `CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT OR UPDATE ON filing DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION full_disk()`)
		return func() { w.exec(t, `DROP TRIGGER full_disk ON filing`) }
	}
	w.exec(t, `CREATE TABLE filler (n INTEGER PRIMARY KEY, filling BLOB NOT NULL)`)
	w.exec(t, `PRAGMA max_page_count = 1`) // as many as there are now
	for size := 4000; size > 0; {
		err := w.db.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO filler (filling) VALUES (zeroblob($1))`, size)
			return err
		})
		if err != nil {
			size /= 2
		}
	}
	return func() { w.exec(t, `PRAGMA max_page_count = 1000000`) }
}

// TestR18_DiskFullDuringFiling: who files is told that the disk is full, nothing half is kept, and the same document handed over again is filed once.
func TestR18_DiskFullDuringFiling(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		s := w.submission(w.say(t, 10, envelope.KindDecision))
		s.Document = bytes.Replace(s.Document, []byte("words"), bytes.Repeat([]byte("words "), 5000), 1) // more than the room that a page has left
		s.DocumentHash = sha256.Sum256(s.Document)
		empty := w.fill(t)
		if _, err := w.desk.File(t.Context(), w.by, s); !errors.Is(err, store.ErrFull) || fault.As(err).Kind() != fault.Unavailable {
			reveal(t, err)
			t.Fatalf("with a full disk: %v", err)
		}
		if _, _, err := db.Paper(t.Context(), s.Filing); !errors.Is(err, record.ErrFilingUnknown) {
			t.Errorf("something of the filing is there: %v", err)
		}
		if d := w.decision(t, s.Decision); d.Stage != record.Marked || !d.Filing.IsZero() {
			t.Errorf("the decision is %v, filing %v", d.Stage, d.Filing)
		}
		if due := w.count(t, `SELECT COUNT(*) FROM due WHERE kind = 'record.file'`); due != 0 {
			t.Errorf("%d attempts wait", due)
		}
		empty()
		for range 2 {
			if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
				t.Fatal(err)
			}
		}
		w.work(t)
		if paper := w.paper(t, s.Filing); paper.State != record.Received || w.health.filed != 1 {
			t.Errorf("%+v, %d documents", paper, w.health.filed)
		}
	})
}

// TestR19_R20_DiskFullAtTheReceipt: the record has the document and Wardline cannot write that down. It asks again until it can; the document is there once, and no
// original goes before.
func TestR19_R20_DiskFullAtTheReceipt(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		s := w.filed(t, 10, nil)
		due := w.claim(t)
		w.speak(longWinded{w.health})
		empty := w.fill(t)
		for range 3 {
			err := w.desk.Handle(t.Context(), due)
			if !errors.Is(err, store.ErrFull) {
				reveal(t, err)
				t.Fatalf("with a full disk: %v", err)
			}
			if settled := work.Steady.Settle(due, err, w.clock.Now()); settled.Outcome != work.Again {
				t.Fatalf("given up: %+v", settled)
			}
		}
		if paper := w.paper(t, s.Filing); paper.State != record.Waiting || !paper.EligibleAt.IsZero() {
			t.Errorf("%+v", paper)
		}
		empty()
		if err := w.desk.Handle(t.Context(), due); err != nil {
			t.Fatal(err)
		}
		if paper := w.paper(t, s.Filing); paper.State != record.Received || w.health.filed != 1 {
			t.Errorf("%+v, %d documents", paper, w.health.filed)
		}
	})
}

// longWinded is a record whose name for a document needs more room than a page has left.
type longWinded struct{ *health }

func (l longWinded) File(ctx context.Context, d record.Document) (record.Receipt, error) {
	receipt, err := l.health.File(ctx, d)
	receipt.Reference = strings.Repeat("DOC-1 ", 5000)
	return receipt, err
}

// claim takes the one attempt that is due.
func (w *ward) claim(t *testing.T) work.Due {
	t.Helper()
	due, err := w.db.ClaimWork(t.Context(), "test", []work.Kind{record.Attempt}, w.clock.Now(), time.Minute, 10)
	if err != nil || len(due) != 1 {
		t.Fatalf("%d attempts are due, %v", len(due), err)
	}
	return due[0]
}

// TestR19_ASecondReceiptChangesNothing: an attempt whose runner was taken for dead and the one that came in its place may both bring a receipt, at once or a day
// later. The first counts.
func TestR19_ASecondReceiptChangesNothing(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		s := w.filed(t, 10, nil)
		due := w.claim(t)
		both := &meeting{health: w.health}
		both.all.Add(2)
		w.speak(both)
		errs := make([]error, 2)
		var wait sync.WaitGroup
		for n := range errs {
			wait.Go(func() { errs[n] = w.desk.Handle(t.Context(), due) })
		}
		wait.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		first := w.paper(t, s.Filing)
		if first.State != record.Received || w.health.filed != 1 {
			t.Fatalf("%+v, %d documents", first, w.health.filed)
		}
		w.clock.Advance(24 * time.Hour)
		if err := w.desk.Handle(t.Context(), due); err != nil {
			t.Fatal(err)
		}
		if last := w.paper(t, s.Filing); !last.ReceivedAt.Equal(first.ReceivedAt) || !last.EligibleAt.Equal(first.EligibleAt) || last.Attempts != first.Attempts {
			t.Errorf("%+v and then %+v", first, last)
		}
		if receipts := w.count(t, `SELECT COUNT(*) FROM audit_event WHERE kind = $1`, int64(audit.Receipt)); receipts != 1 {
			t.Errorf("%d receipts are in the audit log", receipts)
		}
		if due := w.count(t, `SELECT COUNT(*) FROM due WHERE kind = $1`, string(retention.Dispose)); due != 1 {
			t.Errorf("the originals go %d times", due)
		}
	})
}

// meeting is a record that gives its receipts when both attempts are there.
type meeting struct {
	*health
	all sync.WaitGroup
}

func (m *meeting) File(ctx context.Context, d record.Document) (record.Receipt, error) {
	receipt, err := m.health.File(ctx, d)
	m.all.Done()
	m.all.Wait()
	return receipt, err
}

// TestH15_AClockThatGoesBackKeepsTheLadder: the clock is set back by two days in the middle of an overdue decision's ladder. Nobody is reminded twice of one step, no step is left out, and the
// decision goes on waiting in everybody's sight.
func TestH15_AClockThatGoesBackKeepsTheLadder(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db).staffed(t)
		decision := w.say(t, 10, envelope.KindDecision).Message
		if err := w.desk.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(4 * time.Hour)
		w.work(t)
		if d := w.decision(t, decision); d.Reminders != record.OwnerReminded {
			t.Fatalf("when it is due: %+v", d)
		}
		w.clock.Set(w.clock.Now().Add(-48 * time.Hour))
		for range 47 {
			w.clock.Advance(time.Hour)
			w.work(t)
			if d := w.decision(t, decision); d.Reminders != record.OwnerReminded || d.Stage != record.Marked {
				t.Fatalf("while the clock catches up: %+v", d)
			}
		}
		if err := w.desk.Settle(t.Context()); err != nil { // a restart meanwhile
			t.Fatal(err)
		}
		items, _, err := w.desk.Worklist(t.Context(), record.WorklistQuery{Scope: record.Mine, Reader: record.Reader{Person: w.by.Person}, Limit: 10})
		if err != nil || len(items) != 1 {
			t.Errorf("on the worklist: %+v, %v", items, err)
		}
		w.clock.Advance(3 * time.Hour) // two past the first reminder
		w.work(t)
		if d := w.decision(t, decision); d.Reminders != record.OwnerReminded {
			t.Errorf("reminded again as soon as the clock has caught up: %+v", d)
		}
		w.clock.Advance(2 * time.Hour)
		w.work(t)
		if d := w.decision(t, decision); d.Reminders != record.DeputyReminded {
			t.Errorf("four hours after the first: %+v", d)
		}
		w.clock.Advance(12 * time.Hour)
		w.work(t)
		if d := w.decision(t, decision); d.Reminders != record.OrganisationReminded {
			t.Errorf("twelve hours later: %+v", d)
		}
		if due := w.count(t, `SELECT COUNT(*) FROM due WHERE kind = 'record.overdue'`); due != 1 {
			t.Errorf("%d rows wait for one decision", due)
		}
	})
}

// TestR19_R20_AClockThatGoesBackLosesNoFiling: the clock is set back by a day between filings of one patient while the record is down, and again between receipt and
// destruction. Each is filed once, a person can send what waits for its old time at once, and originals only ever stay longer.
func TestR19_R20_AClockThatGoesBackLosesNoFiling(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		w.health.trouble = fault.New(fault.Unavailable, "record_unavailable", "The health record does not answer.")
		before := w.filed(t, 10, nil)
		w.work(t)
		old := w.paper(t, before.Filing).NextTryAt
		w.clock.Set(w.clock.Now().Add(-24 * time.Hour))
		w.health.trouble = nil
		for range 10 {
			w.clock.Advance(time.Minute)
			w.work(t)
		}
		if waits := w.paper(t, before.Filing); waits.State != record.Filing || !waits.NextTryAt.Equal(old) || waits.Code != "record_unavailable" {
			t.Errorf("by the clock that went back it is not its time yet: %+v", waits)
		}
		if _, err := w.desk.Retry(t.Context(), w.by, w.thread, before.Filing); err != nil { // a person need not wait for the clock
			t.Fatal(err)
		}
		w.work(t)
		if w.paper(t, before.Filing).State != record.Received {
			t.Fatalf("%+v", w.paper(t, before.Filing))
		}
		w.confirm(t, 11)
		after := w.filed(t, 12, nil)
		w.work(t)
		if w.paper(t, after.Filing).State != record.Received || w.health.filed != 2 {
			t.Fatalf("%+v, %d arrived", w.paper(t, after.Filing), w.health.filed)
		}
		w.clock.Set(w.clock.Now().Add(-24 * time.Hour))
		for range 24 {
			w.clock.Advance(time.Hour)
			w.work(t)
		}
		if now := w.paper(t, before.Filing); !now.DestroyedAt.IsZero() || len(w.halves.erased) != 0 && w.clock.Now().Before(now.EligibleAt) {
			t.Errorf("destroyed at %v, eligible at %v, now %v", now.DestroyedAt, now.EligibleAt, w.clock.Now())
		}
		w.clock.Advance(48 * time.Hour)
		w.work(t)
		for _, one := range []id.Filing{before.Filing, after.Filing} {
			if now := w.paper(t, one); now.DestroyedAt.Before(now.EligibleAt) || now.DestroyedAt.IsZero() {
				t.Errorf("destroyed at %v, eligible at %v", now.DestroyedAt, now.EligibleAt)
			}
		}
	})
}
