// Package audittest has what tests of the audit log share: a store in memory, a key, and the tests that every store must pass.
package audittest

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/wardline/wardline/internal/audit"
)

// Memory is an audit.Store for tests. The zero value is empty and ready.
type Memory struct {
	mu      sync.Mutex
	written []audit.Row
	placed  []int64 // row numbers in leaf order
	hashes  []tlog.Hash
	notes   []audit.Signed
}

var _ audit.Store = (*Memory)(nil)

// Write is what a room's store method does with its event.
func (m *Memory) Write(_ context.Context, event audit.Event) error {
	row, err := event.Row()
	if err != nil {
		return err
	}
	m.WriteRow(row)
	return nil
}

// WriteRow writes what no room would: for logs of a server that lies.
func (m *Memory) WriteRow(row audit.Row) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.written = append(m.written, row)
}

// Events are all events written so far, in order of writing, for assertions.
func (m *Memory) Events() []audit.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	var events []audit.Event
	for _, row := range m.written {
		event, err := row.Event()
		if err != nil {
			panic(err)
		}
		events = append(events, event)
	}
	return events
}

// Waiting implements audit.Store.
func (m *Memory) Waiting(_ context.Context, limit int) ([]audit.Waiting, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var waiting []audit.Waiting
	for n, row := range m.written {
		if len(waiting) < limit && !slices.Contains(m.placed, int64(n)) {
			waiting = append(waiting, audit.Waiting{Number: int64(n), Row: row})
		}
	}
	return waiting, nil
}

// Append implements audit.Store.
func (m *Memory) Append(_ context.Context, batch audit.Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if batch.From != int64(len(m.placed)) {
		return audit.ErrMoved
	}
	for _, number := range batch.Rows {
		if slices.Contains(m.placed, number) || number < 0 || number >= int64(len(m.written)) {
			return audit.ErrMoved
		}
	}
	m.placed = append(m.placed, batch.Rows...)
	m.hashes = append(m.hashes, batch.Hashes...)
	m.notes = append(m.notes, audit.Signed{Size: int64(len(m.placed)), Note: slices.Clone(batch.Checkpoint)})
	return nil
}

// Head implements audit.Reader.
func (m *Memory) Head(context.Context) (int64, []byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.notes) == 0 {
		return 0, nil, nil
	}
	newest := m.notes[len(m.notes)-1]
	return newest.Size, slices.Clone(newest.Note), nil
}

// Rows implements audit.Reader.
func (m *Memory) Rows(_ context.Context, from int64, limit int) ([]audit.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var rows []audit.Row
	for n := from; n < int64(len(m.placed)) && len(rows) < limit; n++ {
		rows = append(rows, m.written[m.placed[n]])
	}
	return rows, nil
}

// Checkpoints implements audit.Reader.
func (m *Memory) Checkpoints(_ context.Context, over int64, limit int) ([]audit.Signed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []audit.Signed
	for _, note := range m.notes {
		if note.Size > over && len(found) < limit {
			found = append(found, audit.Signed{Size: note.Size, Note: slices.Clone(note.Note)})
		}
	}
	return found, nil
}

// PersonLeaves implements audit.Reader.
func (m *Memory) PersonLeaves(_ context.Context, entries []audit.PersonEntry) ([]audit.Placed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := make([]audit.Placed, len(entries))
	for n, entry := range entries {
		want, err := entry.Row()
		if err != nil {
			return nil, err
		}
		found[n].Leaf = -1
		for leaf, number := range m.placed {
			row := m.written[number]
			if row.Kind == want.Kind && string(row.Subject) == string(want.Subject) && string(row.Body) == string(want.Body) {
				found[n] = audit.Placed{Leaf: int64(leaf), Row: row}
			}
		}
	}
	return found, nil
}

// ReadHashes implements audit.Reader.
func (m *Memory) ReadHashes(_ context.Context, positions []int64) ([]tlog.Hash, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := make([]tlog.Hash, len(positions))
	for n, position := range positions {
		if position < 0 || position >= int64(len(m.hashes)) {
			return nil, fmt.Errorf("audittest: no stored hash %d", position)
		}
		found[n] = m.hashes[position]
	}
	return found, nil
}

// Key is an audit.Signer made from a seed.
type Key struct{ private ed25519.PrivateKey }

// NewKey makes the same key for the same first byte.
func NewKey(first byte) Key {
	return Key{ed25519.NewKeyFromSeed(append([]byte{first}, make([]byte, ed25519.SeedSize-1)...))}
}

// Public implements audit.Signer.
func (k Key) Public() [32]byte { return [32]byte(k.private.Public().(ed25519.PublicKey)) }

// Sign implements audit.Signer.
func (k Key) Sign(message []byte) [64]byte { return [64]byte(ed25519.Sign(k.private, message)) }
