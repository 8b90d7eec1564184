package jobs_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/jobs"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
	"github.com/wardline/wardline/internal/work"
)

var (
	_ jobs.Queue = (*store.DB)(nil)

	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	down = fault.New(fault.Unavailable, "record_down", "The record system does not answer.")
	no   = fault.New(fault.Invalid, "record_refused", "The record system refused the document.")
)

const kind = work.Kind("test.file")

func TestR19_TriedAgainUntilTheRecordIsBack(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(db, jobs.Options{})
		up, filed, tries := false, 0, 0
		w.Handle(kind, func(context.Context, work.Due) error {
			tries++
			if !up {
				return down
			}
			filed++
			return nil
		})
		w.add(t, due(1, noon))
		for range 24 * 6 { // a day of outage, in steps of ten minutes
			w.runDue(t)
			w.clock.Advance(10 * time.Minute)
		}
		if filed != 0 || tries < 24*6*9/10 {
			t.Errorf("during the outage: filed %d times, tried %d times", filed, tries)
		}
		up = true
		w.runDue(t)
		w.clock.Advance(24 * time.Hour)
		w.runDue(t)
		if filed != 1 {
			t.Errorf("filed %d times", filed)
		}
		if strings.Contains(w.log.String(), "does not answer") || !strings.Contains(w.log.String(), "record_down") {
			t.Errorf("log: %.400s", w.log)
		}
	})
}

func TestRefusedWorkIsKeptForAPerson(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(db, jobs.Options{})
		tries := 0
		w.Handle(kind, func(context.Context, work.Due) error { tries++; return no })
		w.add(t, due(1, noon))
		for range 3 {
			w.runDue(t)
			w.clock.Advance(time.Hour)
		}
		refused, err := db.RefusedWork(t.Context(), kind, 10)
		if err != nil || tries != 1 || len(refused) != 1 || refused[0].Code != "record_refused" {
			t.Errorf("tried %d times, %+v, %v", tries, refused, err)
		}
	})
}

func TestAPanicIsAFailure(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(db, jobs.Options{})
		tries := 0
		w.Handle(kind, func(context.Context, work.Due) error {
			tries++
			if tries == 1 {
				panic("Joan SMITH")
			}
			return nil
		})
		w.add(t, due(1, noon))
		w.runDue(t)
		w.clock.Advance(time.Minute)
		w.runDue(t)
		if tries != 2 {
			t.Errorf("tried %d times", tries)
		}
		if text := w.log.String(); strings.Contains(text, "SMITH") || !strings.Contains(text, "panicked") || !strings.Contains(text, "jobs_test.go") {
			t.Errorf("log: %s", text)
		}
	})
}

func TestRunDueDoesWhatItsHandlersCause(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(db, jobs.Options{Concurrency: 3})
		var done atomic.Int64
		w.Handle(kind, func(_ context.Context, d work.Due) error {
			done.Add(1)
			if n := int(d.ID[1]); n < 20 {
				w.add(t, due(n+20, noon.Add(-time.Minute)), due(n+100, noon.Add(time.Minute)))
			}
			return nil
		})
		for n := range 20 {
			w.add(t, due(n, noon))
		}
		if n := w.runDue(t); n != 40 || done.Load() != 40 {
			t.Errorf("%d claimed, %d done", n, done.Load())
		}
		w.clock.Advance(time.Minute)
		if n := w.runDue(t); n != 20 {
			t.Errorf("a minute later: %d", n)
		}
	})
}

func TestRunWakesForNewAndForComingWork(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(db, jobs.Options{})
		did := make(chan id.Work, 10)
		w.Handle(kind, func(_ context.Context, d work.Due) error { did <- d.ID; return nil })
		defer w.run()()

		w.add(t, due(1, noon)) // at once, with nothing but the commit to wake the runner
		if got := <-did; got != due(1, noon).ID {
			t.Errorf("did %v", got)
		}
		w.add(t, due(2, noon.Add(time.Hour)))
		select {
		case got := <-did:
			t.Errorf("did %v an hour early", got)
		default:
		}
		w.clock.Advance(time.Hour)
		if got := <-did; got != due(2, noon).ID {
			t.Errorf("did %v", got)
		}
	})
}

func TestSeveralRunnersDoEachRowOnce(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		const total, runners = 100, 3
		var mu sync.Mutex
		done := map[id.Work]int{}
		var now, most int
		var all []work.Due
		for n := range total {
			all = append(all, due(n, noon.Add(-time.Duration(n)*time.Second)))
		}
		var wards []ward
		for range runners {
			w := newWard(db, jobs.Options{Concurrency: 4})
			w.Handle(kind, func(_ context.Context, d work.Due) error {
				mu.Lock()
				done[d.ID]++
				now++
				most = max(most, now)
				mu.Unlock()
				defer func() { mu.Lock(); now--; mu.Unlock() }()
				if d.ID[1]%10 == 0 && d.Attempt == 0 {
					return down
				}
				return nil
			})
			wards = append(wards, w)
		}
		wards[0].add(t, all...)
		var group sync.WaitGroup
		for _, w := range wards {
			group.Go(func() { w.runDue(t) })
		}
		group.Wait()
		wards[0].clock.Advance(time.Hour)
		wards[0].runDue(t)
		for _, d := range all {
			want := 1
			if d.ID[1]%10 == 0 {
				want = 2
			}
			if done[d.ID] != want {
				t.Errorf("row %v was done %d times, want %d", d.ID, done[d.ID], want)
			}
		}
		if most > runners*4 {
			t.Errorf("%d rows in hand at once", most)
		}
	})
}

func TestConcurrencyLimit(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(db, jobs.Options{Concurrency: 2})
		started, finish := make(chan id.Work, 10), make(chan struct{})
		w.Handle(kind, func(_ context.Context, d work.Due) error {
			started <- d.ID
			<-finish
			return nil
		})
		for n := range 4 {
			w.add(t, due(n, noon.Add(time.Duration(n))))
		}
		stop := w.run()
		<-started
		<-started
		// Two wait although they are due: another owner could still have them.
		left, err := db.ClaimWork(t.Context(), "another", []work.Kind{kind}, noon.Add(time.Second), time.Second, 10)
		if err != nil || len(left) != 2 {
			t.Errorf("%d rows were left waiting, %v", len(left), err)
		}
		for _, d := range left {
			if err := db.SettleWork(t.Context(), "another", d.ID, work.Settlement{Outcome: work.Done}, noon); err != nil {
				t.Error(err)
			}
		}
		close(finish)
		stop()
	})
}

func TestStopWaitsAndThenGivesBack(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(db, jobs.Options{Grace: time.Nanosecond})
		started := make(chan struct{})
		w.Handle(kind, func(ctx context.Context, _ work.Due) error {
			close(started)
			<-ctx.Done()
			return ctx.Err()
		})
		w.add(t, due(1, noon))
		stop := w.run()
		<-started
		stop()
		got, err := db.ClaimWork(t.Context(), "the next run", []work.Kind{kind}, noon, time.Minute, 10)
		if err != nil || len(got) != 1 || got[0].Attempt != 0 {
			t.Errorf("what was stopped: %+v, %v", got, err)
		}
	})
}

func TestWorkOfADeadProcessIsTakenUp(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(db, jobs.Options{})
		did := make(chan id.Work, 1)
		w.Handle(kind, func(_ context.Context, d work.Due) error { did <- d.ID; return nil })
		w.add(t, due(1, noon))
		if got, err := db.ClaimWork(t.Context(), "the dead", []work.Kind{kind}, noon, time.Minute, 10); err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		defer w.run()()
		if db.Dialect() == "postgres" { // on SQLite at once, else when the lease ends
			w.clock.Advance(time.Minute)
		}
		<-did
	})
}

func TestTheDatabaseFailsForAWhile(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	broken := &brokenQueue{DB: db}
	now := clock.NewManual(noon)
	var log lockedBuffer
	r := jobs.New(broken, now, slog.New(slog.NewTextHandler(&log, nil)), jobs.Options{})
	done := make(chan struct{}, 1)
	r.Handle(kind, func(context.Context, work.Due) error {
		broken.fail.Store(true)
		done <- struct{}{}
		return nil
	})
	if err := db.Tx(t.Context(), func(tx *store.Tx) error { return tx.Intend(work.Intent{}.Add(due(1, noon))) }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { r.Run(ctx) })
	<-done
	broken.failed.Wait(3) // the settlement is tried again and again
	broken.fail.Store(false)
	for {
		if next, err := db.NextWork(t.Context(), "another", []work.Kind{kind}); err != nil || next.IsZero() {
			break
		}
	}
	cancel()
	group.Wait()
	if !strings.Contains(log.String(), "not settled") {
		t.Errorf("log: %s", &log)
	}
}

func TestTwoHandlersForOneKind(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a second handler replaced the first")
		}
	}()
	r := jobs.New(nil, clock.System{}, slog.New(slog.DiscardHandler), jobs.Options{})
	for range 2 {
		r.Handle(kind, func(context.Context, work.Due) error { return nil })
	}
}
