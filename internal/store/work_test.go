package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
	"github.com/wardline/wardline/internal/work"
)

const (
	kind  = work.Kind("test.ring")
	lease = time.Minute
)

var (
	noon  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	kinds = []work.Kind{kind}
)

func TestWorkIsClaimedWhenItsTimeHasCome(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		due := work.Due{ID: id.Work{1}, Kind: kind, At: noon, Subject: []byte("ward 7"), Key: "seven", Attempt: 2}
		intend(t, db, work.Intent{}.Add(due, work.Due{ID: id.Work{2}, Kind: "another", At: noon}))

		if got := claim(t, db, "me", noon.Add(-time.Millisecond)); len(got) != 0 {
			t.Errorf("claimed before its time: %+v", got)
		}
		if next := next(t, db, "me"); !next.Equal(noon) {
			t.Errorf("next is due at %v", next)
		}
		got := claim(t, db, "me", noon)
		if len(got) != 1 || got[0].ID != due.ID || string(got[0].Subject) != "ward 7" || got[0].Key != "seven" || got[0].Attempt != 2 || !got[0].At.Equal(noon) {
			t.Fatalf("claimed %+v", got)
		}
		for _, owner := range []string{"me", "another"} {
			if got := claim(t, db, owner, noon.Add(lease-time.Millisecond)); len(got) != 0 {
				t.Errorf("%s claimed what is leased: %+v", owner, got)
			}
		}
		if next := next(t, db, "another"); !next.Equal(noon.Add(lease)) {
			t.Errorf("another owner can claim at %v", next)
		}
		if got := claim(t, db, "me", noon.Add(lease)); len(got) != 0 {
			t.Errorf("an owner claimed its own work twice: %+v", got)
		}
		if got := claim(t, db, "another", noon.Add(lease)); len(got) != 1 {
			t.Errorf("after the lease: %+v", got)
		}
		settle(t, db, "me", due, work.Settlement{Outcome: work.Done})
		if got := claim(t, db, "third", noon.Add(2*lease)); len(got) != 1 {
			t.Errorf("an owner whose lease had ended settled the row")
		}
		settle(t, db, "third", due, work.Settlement{Outcome: work.Done})
		if got := claim(t, db, "me", noon.AddDate(1, 0, 0)); len(got) != 0 {
			t.Errorf("done, and claimed again: %+v", got)
		}
	})
}

func TestWorkIsTriedAgainAndRefused(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		due := work.Due{ID: id.Work{1}, Kind: kind, At: noon}
		intend(t, db, work.Intent{}.Add(due))
		claim(t, db, "me", noon)
		settle(t, db, "me", due, work.Settlement{Outcome: work.Again, At: noon.Add(time.Hour), Attempt: 1, Code: "record_down"})
		if got := claim(t, db, "me", noon.Add(time.Hour-1)); len(got) != 0 {
			t.Errorf("tried again too early")
		}
		got := claim(t, db, "me", noon.Add(time.Hour))
		if len(got) != 1 || got[0].Attempt != 1 {
			t.Fatalf("second try: %+v", got)
		}
		settle(t, db, "me", due, work.Settlement{Outcome: work.Refused, Attempt: 2, Code: "record_refused"})
		if got := claim(t, db, "me", noon.AddDate(1, 0, 0)); len(got) != 0 {
			t.Errorf("refused, and claimed again")
		}
		refused, err := db.RefusedWork(t.Context(), kind, 10)
		if err != nil || len(refused) != 1 || refused[0].Due.ID != due.ID || refused[0].Code != "record_refused" || !refused[0].At.Equal(noon) {
			t.Fatalf("refused: %+v, %v", refused, err)
		}
		event := audit.Event{Kind: audit.Filing, Actor: id.Person{1}, At: noon}
		if err := db.ReviveWork(t.Context(), due.ID, noon.Add(2*time.Hour), event); err != nil {
			t.Fatal(err)
		}
		if err := db.ReviveWork(t.Context(), due.ID, noon, event); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("revived twice: %v", err)
		}
		if got := claim(t, db, "me", noon.Add(2*time.Hour)); len(got) != 1 || got[0].Attempt != 0 {
			t.Errorf("revived: %+v", got)
		}
	})
}

func TestWorkWithAKeyWaitsOnce(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		ring := func(n byte, at time.Time) work.Due { return work.Due{ID: id.Work{n}, Kind: kind, At: at, Key: "k"} }
		intend(t, db, work.Intent{}.Add(ring(1, noon)))
		intend(t, db, work.Intent{}.Add(ring(2, noon.Add(time.Hour)))) // later: no effect
		if next := next(t, db, "me"); !next.Equal(noon) {
			t.Errorf("a later time replaced an earlier one: %v", next)
		}
		intend(t, db, work.Intent{}.Add(ring(3, noon.Add(-time.Hour))))
		if got := claim(t, db, "me", noon.Add(-time.Hour)); len(got) != 1 || got[0].ID != (id.Work{1}) {
			t.Fatalf("claimed %+v", got)
		}

		// Asked for again while it is being done: once more afterwards, at the time asked for.
		intend(t, db, work.Intent{}.Add(ring(4, noon.Add(2*time.Hour))))
		if got := claim(t, db, "another", noon.Add(-time.Hour)); len(got) != 0 {
			t.Errorf("two do the same work: %+v", got)
		}
		settle(t, db, "me", ring(1, noon), work.Settlement{Outcome: work.Done})
		if next := next(t, db, "me"); !next.Equal(noon.Add(2 * time.Hour)) {
			t.Errorf("due again at %v", next)
		}
		if got := claim(t, db, "me", noon.Add(2*time.Hour)); len(got) != 1 {
			t.Fatalf("what was asked for during the work was lost")
		}
		settle(t, db, "me", ring(1, noon), work.Settlement{Outcome: work.Refused, Code: "no"})

		// A refused row does not stand in the way of a new one.
		intend(t, db, work.Intent{}.Add(ring(5, noon)))
		if got := claim(t, db, "me", noon); len(got) != 1 || got[0].ID != (id.Work{5}) {
			t.Errorf("after a refusal: %+v", got)
		}
	})
}

func TestWorkIsCancelled(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		due := work.Due{ID: id.Work{1}, Kind: kind, At: noon, Key: "k"}
		intend(t, db, work.Intent{}.Add(due))
		again := due
		again.ID, again.At = id.Work{2}, noon.Add(time.Hour)
		intend(t, db, work.Intent{}.Without(kind, "k").Add(again))
		if next := next(t, db, "me"); !next.Equal(again.At) {
			t.Errorf("replaced work is due at %v", next)
		}
		claim(t, db, "me", again.At)
		intend(t, db, work.Intent{}.Without(kind, "k"))
		settle(t, db, "me", again, work.Settlement{Outcome: work.Again, At: noon, Attempt: 1})
		if next := next(t, db, "me"); !next.IsZero() {
			t.Errorf("cancelled work came back at %v", next)
		}
		if err := db.Tx(t.Context(), func(tx *store.Tx) error { return tx.Intend(work.Intent{}.Without(kind, "")) }); err == nil {
			t.Error("a cancellation without a key took everything")
		}
	})
}

func TestWorkGoesWithItsTransaction(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		woken := 0
		db.OnDue(func() { woken++ })
		wrong := errors.New("changed my mind")
		err := db.Atomically(t.Context(), func(ctx context.Context) error {
			if err := db.Tx(ctx, func(tx *store.Tx) error {
				return tx.Intend(work.Intent{}.Add(work.Due{ID: id.Work{1}, Kind: kind, At: noon}))
			}); err != nil {
				return err
			}
			if next := next(t, db, "me"); !next.IsZero() {
				t.Error("visible before the commit")
			}
			if inside, err := db.NextWork(ctx, "me", kinds); err != nil || !inside.Equal(noon) {
				t.Errorf("inside the transaction: %v, %v", inside, err)
			}
			return wrong
		})
		if !errors.Is(err, wrong) || woken != 0 {
			t.Errorf("%v, woken %d times", err, woken)
		}
		if next := next(t, db, "me"); !next.IsZero() {
			t.Error("undone, and still there")
		}
		intend(t, db, work.Intent{}.Add(work.Due{ID: id.Work{1}, Kind: kind, At: noon}))
		if woken != 1 {
			t.Errorf("woken %d times", woken)
		}
	})
}

func TestEachRowIsClaimedOnce(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		const total, owners = 120, 4
		var all work.Intent
		for n := range total {
			all = all.Add(work.Due{ID: id.Work{byte(n), 1}, Kind: kind, At: noon.Add(time.Duration(n))})
		}
		intend(t, db, all)
		var mu sync.Mutex
		seen := map[id.Work]string{}
		var group sync.WaitGroup
		for o := range owners {
			owner := fmt.Sprint("owner ", o)
			group.Go(func() {
				for {
					got, err := db.ClaimWork(t.Context(), owner, kinds, noon.Add(time.Hour), lease, 7)
					if err != nil {
						t.Error(err)
						return
					}
					if len(got) == 0 {
						return
					}
					for _, due := range got {
						mu.Lock()
						if other := seen[due.ID]; other != "" {
							t.Errorf("%v claimed by %s and %s", due.ID, other, owner)
						}
						seen[due.ID] = owner
						mu.Unlock()
						if err := db.SettleWork(t.Context(), owner, due.ID, work.Settlement{Outcome: work.Done}, noon); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		group.Wait()
		if len(seen) != total {
			t.Errorf("%d of %d rows were claimed", len(seen), total)
		}
	})
}

func TestFreeWorkAfterADeath(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		intend(t, db, work.Intent{}.Add(work.Due{ID: id.Work{1}, Kind: kind, At: noon}))
		claim(t, db, "the dead", noon)
		if err := db.FreeWork(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := map[string]int{"sqlite": 1, "postgres": 0}[db.Dialect()]
		if got := claim(t, db, "the living", noon); len(got) != want {
			t.Errorf("%d rows at once, want %d", len(got), want)
		}
	})
}

func intend(t *testing.T, db *store.DB, intent work.Intent) {
	t.Helper()
	if err := db.Tx(t.Context(), func(tx *store.Tx) error { return tx.Intend(intent) }); err != nil {
		t.Fatal(err)
	}
}

func claim(t *testing.T, db *store.DB, owner string, now time.Time) []work.Due {
	t.Helper()
	got, err := db.ClaimWork(t.Context(), owner, kinds, now, lease, 100)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func settle(t *testing.T, db *store.DB, owner string, due work.Due, s work.Settlement) {
	t.Helper()
	if err := db.SettleWork(t.Context(), owner, due.ID, s, noon); err != nil {
		t.Fatal(err)
	}
}

func next(t *testing.T, db *store.DB, owner string) time.Time {
	t.Helper()
	at, err := db.NextWork(t.Context(), owner, kinds)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
