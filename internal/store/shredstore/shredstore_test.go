package shredstore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/backup"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store/shredstore"
	"github.com/wardline/wardline/internal/store/storetest"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func each(t *testing.T, test func(t *testing.T, s *shredstore.Store)) {
	t.Helper()
	storetest.EachDSN(t, func(t *testing.T, dsn string) { test(t, open(t, dsn)) })
}

func open(t *testing.T, dsn string) *shredstore.Store {
	t.Helper()
	s, err := shredstore.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// half makes the n-th half: unmistakable bytes, five threads.
func half(n int) shredstore.Half {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("half"), uint64(n)))
	commit := sha256.Sum256(sum[:])
	return shredstore.Half{
		Ref:  shredstore.Ref{Thread: id.Thread{byte(n % 5)}, Message: id.Message(commit[16:]), Commit: commit},
		Half: sum, At: noon.Add(time.Duration(n) * time.Second),
	}
}

func put(t *testing.T, s *shredstore.Store, halves ...shredstore.Half) {
	t.Helper()
	if err := s.Put(t.Context(), halves...); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s *shredstore.Store, refs ...shredstore.Ref) map[shredstore.Ref][32]byte {
	t.Helper()
	found, err := s.Get(t.Context(), refs...)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestHalvesComeBack(t *testing.T) {
	each(t, func(t *testing.T, s *shredstore.Store) {
		put(t, s, half(1), half(2), half(3))
		put(t, s, half(2)) // again

		// Sealed again for a newer epoch: a second half, which does not touch the first.
		again := half(2)
		again.Commit, again.Half = id.Hash{9}, [32]byte{9}
		put(t, s, again)

		found := get(t, s, half(1).Ref, half(2).Ref, again.Ref, half(4).Ref)
		if len(found) != 3 || found[half(1).Ref] != half(1).Half || found[half(2).Ref] != half(2).Half || found[again.Ref] != again.Half {
			t.Errorf("%d found: %v", len(found), found)
		}

		for range 2 { // idempotent
			if err := s.Delete(t.Context(), again.Ref, half(4).Ref, half(1).Ref); err != nil {
				t.Fatal(err)
			}
		}
		if found := get(t, s, half(1).Ref, half(2).Ref, again.Ref, half(3).Ref); len(found) != 2 || found[half(2).Ref] != half(2).Half {
			t.Errorf("after the deletion: %v", found)
		}
		put(t, s, again)
		every := half(2).Ref
		every.Commit = id.Hash{}
		if err := s.Delete(t.Context(), every); err != nil {
			t.Fatal(err)
		}
		if found := get(t, s, half(2).Ref, again.Ref, half(3).Ref); len(found) != 1 {
			t.Errorf("after deleting every half of a message: %v", found)
		}
	})
}

// TestR20_DestroyedHalvesAreInNoFile destroys halves among many, while others are written and read, and looks for
// every piece of them in every file of the store.
func TestR20_DestroyedHalvesAreInNoFile(t *testing.T) {
	dsn := storetest.SQLite(t)
	s := open(t, dsn)
	dir := filepath.Dir(strings.TrimPrefix(dsn, "sqlite:"))

	const rounds, each = 6, 240
	random := rand.New(rand.NewPCG(1, 2))
	var kept, destroyed []int
	for round := range rounds {
		var group sync.WaitGroup
		for n := range each {
			kept = append(kept, round*each+n)
		}
		random.Shuffle(len(kept), func(a, b int) { kept[a], kept[b] = kept[b], kept[a] })
		group.Go(func() {
			for n := range each {
				if err := s.Put(context.Background(), half(round*each+n)); err != nil {
					t.Error(err)
				}
			}
		})
		group.Go(func() {
			for _, n := range kept[:50] {
				if _, err := s.Get(context.Background(), half(n).Ref); err != nil {
					t.Error(err)
				}
			}
		})
		group.Wait()
		if round == 0 {
			if found := pieces(t, dir, kept[:1]); found == 0 {
				t.Fatal("the search does not find what is there")
			}
		}
		var refs []shredstore.Ref
		for _, n := range kept[:each/2] {
			refs = append(refs, half(n).Ref)
		}
		destroyed, kept = append(destroyed, kept[:each/2]...), kept[each/2:]
		if err := s.Delete(t.Context(), refs...); err != nil {
			t.Fatal(err)
		}
		if found := pieces(t, dir, destroyed); found != 0 {
			t.Fatalf("round %d: %d pieces of %d destroyed halves are still on disk", round, found, len(destroyed))
		}
	}
	for _, n := range kept {
		if found := get(t, s, half(n).Ref); found[half(n).Ref] != half(n).Half {
			t.Fatalf("half %d was not to be destroyed", n)
		}
	}
}

// pieces counts how many thirds of the halves are in the directory's files.
func pieces(t *testing.T, dir string, halves []int) (found int) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range halves {
			h := half(n).Half
			for _, piece := range [][]byte{h[:11], h[11:22], h[22:]} {
				if bytes.Contains(content, piece) {
					found++
				}
			}
		}
	}
	return found
}

func TestManyHalvesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *shredstore.Store) {
		for _, total := range []int{2, 63, 64, 65, 330} {
			var halves []shredstore.Half
			var refs []shredstore.Ref
			for n := range total {
				halves = append(halves, half(n))
				refs = append(refs, half(n).Ref, half(n+1000).Ref)
			}
			put(t, s, halves...)
			found := get(t, s, refs...)
			if len(found) != total {
				t.Errorf("%d of %d found", len(found), total)
			}
			for _, h := range halves {
				if found[h.Ref] != h.Half {
					t.Fatalf("the wrong half for %v", h.Message)
				}
			}
		}
	})
}

func TestOrphansAreSwept(t *testing.T) {
	each(t, func(t *testing.T, s *shredstore.Store) {
		const total = 1200
		var halves []shredstore.Half
		for n := range total {
			halves = append(halves, half(n))
		}
		put(t, s, halves...)
		asked := 0
		sweep := func(before time.Time) int {
			t.Helper()
			swept, err := s.Orphans(t.Context(), before, func(_ context.Context, refs []shredstore.Ref) (strays []shredstore.Ref, err error) {
				asked += len(refs)
				for _, ref := range refs {
					if ref.Message[0]%4 == 0 {
						strays = append(strays, ref)
					}
				}
				return strays, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return swept
		}
		stray := func(from, to int) (n int) {
			for _, h := range halves[from:to] {
				if h.Message[0]%4 == 0 {
					n++
				}
			}
			return n
		}
		if swept := sweep(noon.Add(700 * time.Second)); swept != stray(0, 700) || asked != 700 {
			t.Errorf("%d swept, want %d; %d asked", swept, stray(0, 700), asked)
		}
		if swept := sweep(noon.Add(700 * time.Second)); swept != 0 || asked != 700 {
			t.Errorf("swept again: %d, %d asked", swept, asked)
		}
		if swept := sweep(noon.Add(time.Hour)); swept != stray(700, total) || asked != total {
			t.Errorf("the rest: %d swept, want %d; %d asked", swept, stray(700, total), asked)
		}
		for _, h := range halves {
			if _, there := get(t, s, h.Ref)[h.Ref]; there == (h.Message[0]%4 == 0) {
				t.Fatalf("half of %v: there is %v", h.Message, there)
			}
		}
		wrong := errors.New("the main database is away")
		put(t, s, half(total))
		if _, err := s.Orphans(t.Context(), noon.Add(time.Hour), func(context.Context, []shredstore.Ref) ([]shredstore.Ref, error) { return nil, wrong }); !errors.Is(err, wrong) {
			t.Errorf("an answer that failed: %v", err)
		}
		if len(get(t, s, half(total).Ref)) != 1 {
			t.Error("destroyed without an answer")
		}
	})
}

func TestScrub(t *testing.T) {
	each(t, func(t *testing.T, s *shredstore.Store) {
		put(t, s, half(1))
		if err := s.Scrub(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(get(t, s, half(1).Ref)) != 1 {
			t.Error("scrubbed what was not deleted")
		}
	})
}

// TestABackupOfTheHalvesKeepsNobodyWaiting: while it is read, halves are put and destroyed, and what is destroyed is in no file, at once.
func TestABackupOfTheHalvesKeepsNobodyWaiting(t *testing.T) {
	each(t, func(t *testing.T, s *shredstore.Store) {
		const total = 9000 // more than two pages
		var halves []shredstore.Half
		for n := range total {
			halves = append(halves, half(n))
		}
		put(t, s, halves...)
		within, cancel := context.WithTimeout(t.Context(), 5*time.Second) // SQLite waits ten for a reader that is in the way
		defer cancel()
		seen := map[string]int{}
		err := s.Source().Snapshot(t.Context(), func(snapshot backup.Snapshot) error {
			_, tables, err := snapshot.Schema()
			if err != nil {
				return err
			}
			for _, table := range tables {
				err := snapshot.Rows(table, func(row backup.Row) error {
					seen[table.Name]++
					if table.Name != "half" || seen["half"] != 100 {
						return nil
					}
					if err := s.Put(within, half(total)); err != nil {
						return err
					}
					return s.Delete(within, half(total-1).Ref)
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || seen["half"] != total || seen["sweep"] != 1 { // one went and one came
			t.Errorf("%v, %v", seen, err)
		}
	})
}
