package audittest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/id"
)

// Opened is an empty store under test, and the way a room's transaction writes an event into it.
type Opened struct {
	Store audit.Store
	Write func(ctx context.Context, event audit.Event) error
}

var at = time.Date(2026, 3, 1, 20, 30, 0, 0, time.UTC)

// TestStore runs everything that the audit log needs of a store. open returns a new, empty store each time.
func TestStore(t *testing.T, open func(t *testing.T) Opened) {
	for name, test := range map[string]func(t *testing.T, opened Opened){
		"an empty log":                      testEmpty,
		"rows become leaves unchanged":      testLeaves,
		"many batches make one good log":    testBatches,
		"append refuses another size":       testMoved,
		"append refuses a placed row":       testPlaced,
		"append is all or nothing":          testAllOrNothing,
		"two sequencers make one log":       testTwoSequencers,
		"unknown hashes are an error":       testUnknownHashes,
		"reading is bounded and in order":   testPages,
		"a checkpoint is kept byte by byte": testNotes,
		"entries of person logs are found":  testPersonLeaves,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func testEmpty(t *testing.T, opened Opened) {
	ctx := t.Context()
	size, note, err := opened.Store.Head(ctx)
	if size != 0 || len(note) != 0 || err != nil {
		t.Errorf("head of an empty log: %d, %q, %v", size, note, err)
	}
	if waiting, err := opened.Store.Waiting(ctx, 10); len(waiting) != 0 || err != nil {
		t.Errorf("waiting: %v, %v", waiting, err)
	}
	if rows, err := opened.Store.Rows(ctx, 0, 10); len(rows) != 0 || err != nil {
		t.Errorf("rows: %v, %v", rows, err)
	}
	if n, err := sequencer(opened.Store).Step(ctx); n != 0 || err != nil {
		t.Errorf("a step with nothing to do: %d, %v", n, err)
	}
	verify(t, opened.Store, 0)
}

func testLeaves(t *testing.T, opened Opened) {
	events := []audit.Event{
		{Kind: audit.SignInRefused, At: at},
		{
			Kind: audit.Membership, Actor: id.Person{1, 2}, At: at.Add(time.Millisecond),
			Subject: audit.About(id.Thread{9}, id.Person{3}), Details: map[string]string{"act": "add", "reason": "team", "empty": ""},
		},
		{Kind: audit.Lock, Actor: id.Person{255}, Subject: bytes.Repeat([]byte{0, 255}, audit.MaxSubject/2), At: at.AddDate(60, 0, 0)},
	}
	write(t, opened, events...)
	drain(t, opened.Store)
	rows, err := opened.Store.Rows(t.Context(), 0, 10)
	if err != nil || len(rows) != len(events) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for n, event := range events {
		want, err := event.Row()
		if err != nil {
			t.Fatal(err)
		}
		if !rows[n].Equal(want) {
			t.Errorf("leaf %d came back as %+v, want %+v", n, rows[n], want)
		}
	}
	verify(t, opened.Store, int64(len(events)))
}

func testBatches(t *testing.T, opened Opened) {
	total := 0
	for _, count := range []int{1, 1, 2, 5, 8, 17, 3} {
		for n := range count {
			write(t, opened, numbered(total+n))
		}
		total += count
		drain(t, opened.Store)
		verify(t, opened.Store, int64(total))
	}
	older, newer := checkpoint(t, opened.Store, 4), checkpoint(t, opened.Store, int64(total))
	proof, err := audit.ProveConsistency(t.Context(), opened.Store, older.Size, newer.Size)
	if err != nil {
		t.Fatal(err)
	}
	if err := audit.CheckConsistency(older, newer, proof); err != nil {
		t.Error(err)
	}
	for index := range int64(total) {
		inclusion, err := audit.ProveInclusion(t.Context(), opened.Store, index)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := inclusion.Check(NewKey(1).Public()); err != nil {
			t.Errorf("leaf %d: %v", index, err)
		}
	}
}

func testPersonLeaves(t *testing.T, opened Opened) {
	ctx := t.Context()
	var entries []audit.PersonEntry
	for n := range 70 {
		entry := audit.PersonEntry{Person: id.Person{byte(n % 7)}, Seq: uint32(n/7 + 1), Hash: id.Hash{byte(n)}}
		entries = append(entries, entry)
		write(t, opened, numbered(n), audit.PersonLogEntry(id.Person{99}, entry.Person, fmt.Sprint(entry.Seq), entry.Hash, at))
	}
	placed, err := opened.Store.PersonLeaves(ctx, entries[:2])
	if err != nil || placed[0].Leaf != -1 || placed[1].Leaf != -1 {
		t.Errorf("before they have a place: %+v, %v", placed, err)
	}
	drain(t, opened.Store)
	unknown := audit.PersonEntry{Person: id.Person{1}, Seq: 1, Hash: id.Hash{255}}
	placed, err = opened.Store.PersonLeaves(ctx, append(entries, unknown))
	if err != nil || len(placed) != len(entries)+1 || placed[len(entries)].Leaf != -1 {
		t.Fatalf("%d places, %v", len(placed), err)
	}
	for n := range entries {
		rows, err := opened.Store.Rows(ctx, placed[n].Leaf, 1)
		if err != nil || placed[n].Leaf != int64(2*n+1) || !rows[0].Equal(placed[n].Row) || placed[n].Row.Actor != (id.Person{99}) {
			t.Errorf("entry %d is at %d, %v", n, placed[n].Leaf, err)
		}
	}
}

func testMoved(t *testing.T, opened Opened) {
	write(t, opened, numbered(0))
	drain(t, opened.Store)
	write(t, opened, numbered(1))
	waiting := waiting(t, opened.Store, 1)
	for _, from := range []int64{0, 2} {
		err := opened.Store.Append(t.Context(), audit.Batch{
			From: from, Rows: []int64{waiting[0].Number}, Hashes: make([]tlog.Hash, 2), Checkpoint: []byte("x"),
		})
		if !errors.Is(err, audit.ErrMoved) {
			t.Errorf("appending at %d to a log of 1: %v", from, err)
		}
	}
	drain(t, opened.Store)
	verify(t, opened.Store, 2)
}

func testPlaced(t *testing.T, opened Opened) {
	write(t, opened, numbered(0), numbered(1))
	placed := waiting(t, opened.Store, 2)[0].Number
	drain(t, opened.Store)
	err := opened.Store.Append(t.Context(), audit.Batch{
		From: 2, Rows: []int64{placed}, Hashes: make([]tlog.Hash, 1), Checkpoint: []byte("x"),
	})
	if !errors.Is(err, audit.ErrMoved) {
		t.Errorf("placing a row a second time: %v", err)
	}
	verify(t, opened.Store, 2)
}

func testAllOrNothing(t *testing.T, opened Opened) {
	write(t, opened, numbered(0), numbered(1))
	rows := waiting(t, opened.Store, 2)
	err := opened.Store.Append(t.Context(), audit.Batch{
		From: 0, Rows: []int64{rows[0].Number, rows[1].Number + 1000}, Hashes: make([]tlog.Hash, 3), Checkpoint: []byte("x"),
	})
	if !errors.Is(err, audit.ErrMoved) {
		t.Errorf("a batch with a row that does not exist: %v", err)
	}
	if size, _, err := opened.Store.Head(t.Context()); size != 0 || err != nil {
		t.Errorf("the log has %d leaves after a refused batch (%v)", size, err)
	}
	if _, err := opened.Store.ReadHashes(t.Context(), []int64{0}); err == nil {
		t.Error("a hash of a refused batch is stored")
	}
	waiting(t, opened.Store, 2)
	drain(t, opened.Store)
	verify(t, opened.Store, 2)
}

func testTwoSequencers(t *testing.T, opened Opened) {
	const total = 60
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			one := sequencer(opened.Store)
			for n := range total / 2 {
				if err := opened.Write(t.Context(), numbered(n)); err != nil {
					t.Error(err)
				}
				if _, err := one.Step(t.Context()); err != nil && !errors.Is(err, audit.ErrMoved) {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	drain(t, opened.Store)
	verify(t, opened.Store, total)
}

func testUnknownHashes(t *testing.T, opened Opened) {
	write(t, opened, numbered(0))
	drain(t, opened.Store)
	if _, err := opened.Store.ReadHashes(t.Context(), []int64{0, 1}); err == nil {
		t.Error("a hash that does not exist was read")
	}
}

func testPages(t *testing.T, opened Opened) {
	for n := range 7 {
		write(t, opened, numbered(n))
		drain(t, opened.Store)
	}
	rows, err := opened.Store.Rows(t.Context(), 3, 2)
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if want, _ := numbered(3).Row(); !rows[0].Equal(want) {
		t.Errorf("leaf 3 is %+v", rows[0])
	}
	notes, err := opened.Store.Checkpoints(t.Context(), 2, 3)
	if err != nil || len(notes) != 3 || notes[0].Size != 3 || notes[1].Size != 4 || notes[2].Size != 5 {
		t.Errorf("checkpoints over 2: %v, %v", notes, err)
	}
	got, err := opened.Store.ReadHashes(t.Context(), []int64{3, 0, 3})
	if err != nil || len(got) != 3 || got[0] != got[2] || got[0] == got[1] {
		t.Errorf("hashes 3, 0, 3: %v, %v", got, err)
	}
	write(t, opened, numbered(7), numbered(8))
	waiting(t, opened.Store, 2)
	if limited, err := opened.Store.Waiting(t.Context(), 1); len(limited) != 1 || err != nil {
		t.Errorf("one waiting row was asked for, %d came (%v)", len(limited), err)
	}
}

func testNotes(t *testing.T, opened Opened) {
	write(t, opened, numbered(0))
	rows := waiting(t, opened.Store, 1)
	note := []byte("bytes \u2014 as they are\n\x00\xff")
	err := opened.Store.Append(t.Context(), audit.Batch{
		From: 0, Rows: []int64{rows[0].Number}, Hashes: []tlog.Hash{{1, 2, 3}}, Checkpoint: note,
	})
	if err != nil {
		t.Fatal(err)
	}
	size, head, err := opened.Store.Head(t.Context())
	if size != 1 || !bytes.Equal(head, note) || err != nil {
		t.Errorf("head %d %q, %v", size, head, err)
	}
	got, err := opened.Store.ReadHashes(t.Context(), []int64{0})
	if err != nil || len(got) != 1 || got[0] != (tlog.Hash{1, 2, 3}) {
		t.Errorf("hash %v, %v", got, err)
	}
	// A store whose newest checkpoint is not ours must not be signed over.
	write(t, opened, numbered(1))
	if _, err := sequencer(opened.Store).Step(t.Context()); !errors.Is(err, audit.ErrCheckpoint) {
		t.Errorf("a foreign checkpoint was extended: %v", err)
	}
}

func numbered(n int) audit.Event {
	return audit.Event{
		Kind: audit.LookUp, Actor: id.Person{1}, Subject: []byte{byte(n)}, At: at.Add(time.Duration(n) * time.Second),
		Details: map[string]string{"n": fmt.Sprint(n)},
	}
}

func write(t *testing.T, opened Opened, events ...audit.Event) {
	t.Helper()
	for _, event := range events {
		if err := opened.Write(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
}

func waiting(t *testing.T, store audit.Store, want int) []audit.Waiting {
	t.Helper()
	rows, err := store.Waiting(t.Context(), 100)
	if err != nil || len(rows) != want {
		t.Fatalf("%d rows wait, want %d (%v)", len(rows), want, err)
	}
	return rows
}

func sequencer(store audit.Store) *audit.Sequencer {
	return audit.NewSequencer(store, NewKey(1), clock.NewManual(at))
}

func drain(t *testing.T, store audit.Store) {
	t.Helper()
	if err := sequencer(store).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func verify(t *testing.T, store audit.Store, leaves int64) {
	t.Helper()
	var export bytes.Buffer
	if err := audit.Export(t.Context(), store, &export); err != nil {
		t.Fatal(err)
	}
	report, err := audit.Verify(&export, NewKey(1).Public())
	if err != nil || report.Leaves != leaves {
		t.Errorf("%d leaves verify, want %d (%v)", report.Leaves, leaves, err)
	}
}

func checkpoint(t *testing.T, store audit.Store, size int64) audit.Checkpoint {
	t.Helper()
	notes, err := store.Checkpoints(t.Context(), size-1, 1)
	if err != nil || len(notes) != 1 {
		t.Fatalf("no checkpoint of size %d (%v)", size, err)
	}
	opened, err := audit.OpenCheckpoint(notes[0].Note, NewKey(1).Public())
	if err != nil {
		t.Fatal(err)
	}
	return opened
}
