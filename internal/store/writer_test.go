package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/store"
)

var errRefused = fault.New(fault.Stale, "stale_epoch", "The thread has moved on.")

// hold keeps the committer busy until release is called, so that what is queued meanwhile becomes one batch.
func hold(t *testing.T, db *store.DB) (release func()) {
	t.Helper()
	running, go_on := make(chan struct{}), make(chan struct{})
	var held sync.WaitGroup
	held.Go(func() {
		var once sync.Once
		err := db.Group(context.Background(), func(*store.Tx) error {
			once.Do(func() { close(running) })
			<-go_on
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-running
	return func() { close(go_on); held.Wait() }
}

func waitQueued(db *store.DB, n int) {
	for db.Queued() < n {
		runtime.Gosched()
	}
}

// step is one operation of the property below.
type step struct {
	Kind string
	Bed  byte
}

// run does what the step says in a real transaction.
func (s step) run(tx *store.Tx, hook func()) error {
	tx.AfterCommit(hook)
	add := func(bed byte) error {
		_, err := tx.Exec(addBed, []byte{bed}, fmt.Sprint(bed), true, 0, nil)
		return err
	}
	switch s.Kind {
	case "add":
		return add(s.Bed)
	case "refuse":
		return errRefused
	case "refuse after writing":
		if err := add(s.Bed); err != nil {
			return err
		}
		return errRefused
	case "overlook":
		_ = add(s.Bed)
		return nil
	case "look":
		var n int
		return tx.Row(`SELECT 1 FROM bed WHERE bed = $1`, []byte{s.Bed}).Scan(&n)
	case "panic":
		_ = add(s.Bed)
		panic("on purpose")
	}
	return errors.New("unknown step")
}

// want is what the step must answer, and do, given the beds that are there.
func (s step) want(beds map[byte]bool) error {
	there := beds[s.Bed]
	switch {
	case s.Kind == "refuse", s.Kind == "refuse after writing" && !there:
		return errRefused
	case s.Kind == "look" && !there:
		return store.ErrNotFound
	case s.Kind == "look":
		return nil
	case s.Kind == "panic":
		return errPanic
	case there:
		return store.ErrDuplicate
	}
	beds[s.Bed] = true
	return nil
}

var errPanic = errors.New("panicked")

func TestGroupIsLikeOneTransactionEach(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		kinds := rapid.SampledFrom([]string{"add", "add", "add", "refuse", "refuse after writing", "overlook", "look", "panic"})
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			return step{kinds.Draw(t, "kind"), rapid.ByteRange(1, 12).Draw(t, "bed")}
		}), 1, 24)
		rapid.Check(t, func(rt *rapid.T) {
			write(t, db, `DELETE FROM bed`)
			all := steps.Draw(rt, "steps")
			results, hooked := make([]error, len(all)), make([]int, len(all))
			var order []int

			release := hold(t, db)
			var group sync.WaitGroup
			for n, s := range all {
				group.Go(func() {
					defer func() {
						if text := recover(); text != nil {
							results[n] = errPanic
						}
					}()
					results[n] = db.Group(context.Background(), func(tx *store.Tx) error {
						return s.run(tx, func() { hooked[n]++; order = append(order, n) })
					})
				})
				waitQueued(db, n+1)
			}
			release()
			group.Wait()

			beds := map[byte]bool{}
			for n, s := range all {
				want := s.want(beds)
				if !errors.Is(results[n], want) {
					rt.Errorf("step %d %+v answered %v, want %v", n, s, results[n], want)
				}
				if wantHooked := want == nil; (hooked[n] == 1) != wantHooked {
					rt.Errorf("step %d %+v: its hook ran %d times", n, s, hooked[n])
				}
			}
			if !slices.IsSorted(order) {
				rt.Errorf("hooks ran in the order %v", order)
			}
			if got := count(t, db); got != len(beds) {
				rt.Errorf("%d beds, want %d", got, len(beds))
			}
		})
	})
}

func TestGroupSharesTransactions(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		release := hold(t, db)
		const total = 100
		var group sync.WaitGroup
		for n := range total {
			group.Go(func() {
				err := db.Group(t.Context(), func(tx *store.Tx) error {
					_, err := tx.Exec(addBed, []byte{byte(n)}, fmt.Sprint(n), true, 0, nil)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		waitQueued(db, total)
		release()
		group.Wait()
		transactions, operations := db.Grouped()
		if transactions != 2 || operations != total+1 {
			t.Errorf("%d operations in %d transactions", operations, transactions)
		}
	})
}

func TestGroupCancelledWhileWaiting(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		release := hold(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error)
		go func() {
			result <- db.Group(ctx, func(*store.Tx) error {
				t.Error("ran after its caller had gone")
				return nil
			})
		}()
		waitQueued(db, 1)
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		release()
		if err := db.Group(ctx, func(*store.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestGroupOutlivesItsCallersImpatience(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Group(ctx, func(tx *store.Tx) error {
			cancel()
			if tx.Context().Err() != nil {
				t.Error("one caller's cancellation reached the shared transaction")
			}
			_, err := tx.Exec(addBed, []byte{1}, "one", true, 0, nil)
			return err
		})
		if err != nil || count(t, db) != 1 {
			t.Errorf("%v, %d rows", err, count(t, db))
		}
	})
}

func TestGroupBackPressureAndClose(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		release := hold(t, db)
		var group sync.WaitGroup
		results := make([]error, store.QueueLength)
		for n := range results {
			group.Go(func() {
				results[n] = db.Group(context.Background(), func(tx *store.Tx) error { return errRefused })
			})
		}
		waitQueued(db, store.QueueLength)

		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error)
		go func() { result <- db.Group(ctx, func(*store.Tx) error { return nil }) }()
		runtime.Gosched()
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("with the queue full: %v", err)
		}

		closed := make(chan error)
		go func() { closed <- db.Close() }()
		release()
		if err := <-closed; err != nil {
			t.Error(err)
		}
		group.Wait()
		for n, err := range results {
			if !errors.Is(err, errRefused) {
				t.Fatalf("operation %d was answered %v", n, err)
			}
		}
		if err := db.Group(t.Context(), func(*store.Tx) error { return nil }); !errors.Is(err, store.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		if err := db.Tx(t.Context(), func(*store.Tx) error { return nil }); !errors.Is(err, store.ErrClosed) {
			t.Errorf("a transaction after Close: %v", err)
		}
		if err := db.Read(t.Context()).Row(`SELECT 1`).Scan(new(int)); !errors.Is(err, store.ErrClosed) {
			t.Errorf("a read after Close: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Errorf("closing twice: %v", err)
		}
	})
}

func TestGroupPanicNamesItsOrigin(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		defer func() {
			if text := fmt.Sprint(recover()); !strings.Contains(text, "on purpose") || !strings.Contains(text, "writer_test.go") {
				t.Errorf("recovered %q", text)
			}
		}()
		db.Group(t.Context(), func(*store.Tx) error { panic("on purpose") })
	})
}
