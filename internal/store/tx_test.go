package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

// bed is a table of the tests' own.
const bed = `CREATE TABLE bed (
	bed BYTEA NOT NULL PRIMARY KEY, label TEXT NOT NULL UNIQUE, free BOOLEAN NOT NULL, seq BIGINT NOT NULL, beside BYTEA REFERENCES bed (bed))`

func withBeds(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		write(t, db, bed)
		test(t, db)
	})
}

func write(t testing.TB, db *store.DB, query string, args ...any) {
	t.Helper()
	err := db.Tx(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

const addBed = `INSERT INTO bed (bed, label, free, seq, beside) VALUES ($1, $2, $3, $4, $5)`

func count(t testing.TB, db *store.DB) (n int) {
	t.Helper()
	if err := db.Read(context.Background()).Row(`SELECT COUNT(*) FROM bed`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestValuesSurviveTheTrip(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		for n, want := range []struct {
			bed    []byte
			label  string
			free   bool
			seq    uint64
			beside id.Person
		}{
			{[]byte{}, "", true, 0, id.Person{}},
			{[]byte{0, 255, 0}, "Ångström 🛏 'quoted' \"x\" $1 ?", false, 1<<53 - 1, id.Person{}},
			{id.Person{15: 9}.Bytes(), "3.14", true, 7, id.Person{}},
			{[]byte("123"), "0123", false, 7, id.Person{15: 9}},
		} {
			write(t, db, addBed, want.bed, want.label, want.free, want.seq, want.beside.Nullable())
			got := want
			got.bed, got.label, got.beside = nil, "", id.Person{1}
			err := db.Read(t.Context()).Row(`SELECT bed, label, free, seq, beside FROM bed WHERE label = $1 AND bed = $2 AND free = $3`,
				want.label, want.bed, want.free).Scan(&got.bed, &got.label, &got.free, &got.seq, &got.beside)
			if err != nil || !bytes.Equal(got.bed, want.bed) || got.label != want.label || got.free != want.free || got.seq != want.seq || got.beside != want.beside {
				t.Errorf("row %d came back as %+v, %v", n, got, err)
			}
		}
		var n int
		// A parameter may be used twice and out of order.
		err := db.Read(t.Context()).Row(`SELECT COUNT(*) FROM bed WHERE seq >= $2 AND seq <= $1 AND (free OR seq <> $2)`, 1000, 7).Scan(&n)
		if err != nil || n != 1 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}

func TestTxIsAllOrNothing(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		wrong := fault.New(fault.Invalid, "wrong", "Wrong.")
		committed := 0
		for _, test := range []struct {
			name string
			fn   func(tx *store.Tx) error
			want error
		}{
			{"returns an error", func(*store.Tx) error { return wrong }, wrong},
			{"overlooks a failed statement", func(tx *store.Tx) error {
				tx.Exec(addBed, []byte{1}, "other", true, 0, nil)
				return nil
			}, store.ErrDuplicate},
			{"unknown reference", func(tx *store.Tx) error {
				_, err := tx.Exec(addBed, []byte{2}, "two", true, 0, []byte{77})
				return err
			}, store.ErrReference},
		} {
			err := db.Tx(t.Context(), func(tx *store.Tx) error {
				tx.AfterCommit(func() { committed++ })
				if _, err := tx.Exec(addBed, []byte{1}, "one", true, 0, nil); err != nil {
					return err
				}
				return test.fn(tx)
			})
			if !errors.Is(err, test.want) {
				t.Errorf("%s: %v", test.name, err)
			}
			if n := count(t, db); n != 0 || committed != 0 {
				t.Errorf("%s: %d rows, %d commits seen", test.name, n, committed)
			}
		}
		func() {
			defer func() { _ = recover() }()
			db.Tx(t.Context(), func(tx *store.Tx) error {
				tx.Exec(addBed, []byte{1}, "one", true, 0, nil)
				panic("on purpose")
			})
		}()
		if n := count(t, db); n != 0 {
			t.Errorf("after a panic: %d rows", n)
		}
		write(t, db, addBed, []byte{1}, "one", true, 0, nil) // and writing still works
	})
}

func TestTxCancelled(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Tx(ctx, func(tx *store.Tx) error {
			cancel()
			_, err := tx.Exec(addBed, []byte{1}, "one", true, 0, nil)
			if err != nil {
				return err
			}
			return ctx.Err()
		})
		if !errors.Is(err, context.Canceled) || count(t, db) != 0 {
			t.Errorf("%v, %d rows", err, count(t, db))
		}
		if err := db.Tx(ctx, func(*store.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("begun with a dead context: %v", err)
		}
		write(t, db, addBed, []byte{1}, "one", true, 0, nil)
	})
}

func TestTransactionsAreSerialisable(t *testing.T) {
	// Write skew: each of two doctors may leave only while the other is on call, and both check at once.
	withBeds(t, func(t *testing.T, db *store.DB) {
		write(t, db, addBed, []byte{1}, "one", true, 0, nil)
		write(t, db, addBed, []byte{2}, "two", true, 0, nil)
		var group, checked sync.WaitGroup
		checked.Add(2)
		for doctor := range 2 {
			group.Go(func() {
				first := db.Dialect() == "postgres" // SQLite lets in one at a time
				err := db.Tx(t.Context(), func(tx *store.Tx) error {
					var free int
					if err := tx.Row(`SELECT COUNT(*) FROM bed WHERE free`).Scan(&free); err != nil || free < 2 {
						return err
					}
					if first {
						first = false
						checked.Done()
						checked.Wait()
					}
					_, err := tx.Exec(`UPDATE bed SET free = FALSE WHERE bed = $1`, []byte{byte(doctor + 1)})
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		var free int
		if err := db.Read(t.Context()).Row(`SELECT COUNT(*) FROM bed WHERE free`).Scan(&free); err != nil || free != 1 {
			t.Errorf("%d left, %v", free, err)
		}
	})
}

func TestSequenceWithoutGaps(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		write(t, db, addBed, []byte{1}, "one", true, 0, nil)
		const writers, each = 8, 15
		var mu sync.Mutex
		seen := map[int]bool{}
		var group sync.WaitGroup
		for range writers {
			group.Go(func() {
				for range each {
					var seq int
					err := db.Tx(t.Context(), func(tx *store.Tx) error {
						return tx.Row(`UPDATE bed SET seq = seq + 1 WHERE bed = $1 RETURNING seq`, []byte{1}).Scan(&seq)
					})
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					seen[seq] = true
					mu.Unlock()
				}
			})
		}
		group.Wait()
		if len(seen) != writers*each || !seen[1] || !seen[writers*each] {
			t.Errorf("%d different numbers of %d", len(seen), writers*each)
		}
	})
}

func TestJoining(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		err := db.Tx(t.Context(), func(tx *store.Tx) error {
			ctx := tx.Context()
			for n, write := range []func(context.Context, func(*store.Tx) error) error{db.Tx, db.Group} {
				err := write(ctx, func(inner *store.Tx) error {
					if inner != tx {
						t.Error("did not join")
					}
					_, err := inner.Exec(addBed, []byte{byte(n)}, fmt.Sprint(n), true, 0, nil)
					return err
				})
				if err != nil {
					return err
				}
			}
			var n int
			if err := db.Read(ctx).Row(`SELECT COUNT(*) FROM bed`).Scan(&n); err != nil || n != 2 {
				t.Errorf("reading one's own writes: %d, %v", n, err)
			}
			return db.View(ctx, func(v *store.View) error {
				return v.Row(`SELECT COUNT(*) FROM bed`).Scan(&n)
			})
		})
		if err != nil || count(t, db) != 2 {
			t.Errorf("%v, %d rows", err, count(t, db))
		}
	})
}

func TestViewIsOneSnapshot(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		err := db.View(t.Context(), func(v *store.View) error {
			var before, after int
			if err := v.Row(`SELECT COUNT(*) FROM bed`).Scan(&before); err != nil {
				return err
			}
			write(t, db, addBed, []byte{1}, "one", true, 0, nil)
			if err := v.Row(`SELECT COUNT(*) FROM bed`).Scan(&after); err != nil {
				return err
			}
			if before != 0 || after != 0 {
				t.Errorf("%d rows, then %d", before, after)
			}
			return nil
		})
		if err != nil || count(t, db) != 1 {
			t.Errorf("%v, %d rows", err, count(t, db))
		}
	})
}

// TestWhatAViewReadsIsPreparedOnce: preparing costs SQLite as much as running. pgx keeps its own.
func TestWhatAViewReadsIsPreparedOnce(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		const good, bad = `SELECT COUNT(*) FROM bed WHERE bed <> $1`, `SELECT COUNT(*) FROM no_such_table`
		read := func(query string, args ...any) error {
			return db.View(t.Context(), func(v *store.View) error { return v.Row(query, args...).Scan(new(int)) })
		}
		for range 3 {
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					if err := read(good, []byte{1}); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if err := read(bad); err == nil {
				t.Error("a table that is not there was read")
			}
			if want := db.Dialect() == "sqlite"; db.Prepared(good) != want || db.Prepared(bad) {
				t.Errorf("prepared: %v and %v, want %v", db.Prepared(good), db.Prepared(bad), want)
			}
		}
	})
}

func TestViewsDoNotWrite(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		write := `DELETE FROM bed RETURNING bed`
		if err := db.Read(t.Context()).Row(write).Scan(new([]byte)); err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("Read: %v", err)
		}
		err := db.View(t.Context(), func(v *store.View) error {
			return v.Each(write, nil, func(store.Scanner) error { return nil })
		})
		if err == nil {
			t.Error("View wrote")
		}
		hidden := `WITH gone AS (DELETE FROM bed RETURNING bed) SELECT COUNT(*) FROM gone`
		if err := db.View(t.Context(), func(v *store.View) error { return v.Row(hidden).Scan(new(int)) }); err == nil {
			t.Error("View wrote from behind a WITH")
		}
	})
}

func TestUseAfterTheEnd(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		var kept *store.Tx
		if err := db.Tx(t.Context(), func(tx *store.Tx) error { kept = tx; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := kept.Exec(addBed, []byte{1}, "one", true, 0, nil); err == nil {
			t.Error("a statement ran after the transaction ended")
		}
		if err := kept.Row(`SELECT 1`).Scan(new(int)); err == nil {
			t.Error("a query ran after the transaction ended")
		}
	})
}

func TestErrorsTellNobodyTheRow(t *testing.T) {
	const secret = "Joan SMITH 943 476 5919"
	withBeds(t, func(t *testing.T, db *store.DB) {
		write(t, db, addBed, []byte{1}, secret, true, 0, nil)
		for name, run := range map[string]func(tx *store.Tx) error{
			"duplicate": func(tx *store.Tx) error {
				_, err := tx.Exec(addBed, []byte{2}, secret, true, 0, nil)
				return err
			},
			"null": func(tx *store.Tx) error {
				_, err := tx.Exec(addBed, []byte(nil), secret, true, 0, nil)
				return err
			},
			"syntax": func(tx *store.Tx) error {
				_, err := tx.Exec(`INSERT INTO nothing (label) VALUES ($1)`, secret)
				return err
			},
			"wrong type in": func(tx *store.Tx) error {
				_, err := tx.Exec(addBed, []byte{2}, "two", true, struct{ name string }{secret}, nil)
				return err
			},
			"wrong type out": func(tx *store.Tx) error {
				return tx.Row(`SELECT label FROM bed`).Scan(new(int))
			},
			"wrong id": func(tx *store.Tx) error {
				return tx.Row(`SELECT label FROM bed`).Scan(new(id.Person))
			},
		} {
			err := db.Tx(t.Context(), run)
			f, ok := errors.AsType[*fault.Error](err)
			if !ok {
				t.Errorf("%s: %v is not a fault", name, err)
				continue
			}
			for at := error(f); at != nil; at = errors.Unwrap(at) {
				if bytes.Contains([]byte(fmt.Sprintf("%v %+v %#v", at, at, at)), []byte("SMITH")) {
					t.Errorf("%s: %v", name, at)
				}
				if name == "syntax" && errors.Unwrap(at) == nil && !bytes.Contains([]byte(at.Error()), []byte("nothing")) {
					t.Errorf("the cause does not help: %v", at)
				}
			}
		}
	})
}
