package audit

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// QuietTime is after how long without news the log is signed anew. Clients refuse a checkpoint that is older than a day.
const QuietTime = 6 * time.Hour

// Ledger answers those who follow the log: clients before they trust a key, and outside witnesses. Make it with [NewLedger].
type Ledger struct {
	store     Reader
	sequencer *Sequencer
	write     func(ctx context.Context, event Event) error
	clock     Clock
}

// NewLedger makes a ledger. write commits an event by itself.
func NewLedger(store Reader, sequencer *Sequencer, write func(ctx context.Context, event Event) error, clock Clock) *Ledger {
	return &Ledger{store: store, sequencer: sequencer, write: write, clock: clock}
}

// Grown is a checkpoint, and the proof that the log at a smaller size is its beginning.
type Grown struct {
	Size       int64
	Checkpoint []byte
	// Proof is empty where no smaller size was asked about.
	Proof tlog.TreeProof
}

// Proofs are places of person-log entries under one checkpoint.
type Proofs struct {
	Grown
	// Entries are in the order of the question; one that the log does not have is nil.
	Entries []*Inclusion
}

// Settle gives everything that waits its place, so that an answer holds what was committed before the question. It has the log signed anew after a
// quiet time, and at once when the manifest names another key than the one that signed last: clients believe no other (section 11.2).
func (l *Ledger) Settle(ctx context.Context) error {
	if err := l.sequencer.Drain(ctx); err != nil {
		return err
	}
	_, signed, err := l.store.Head(ctx)
	if err != nil || len(signed) == 0 {
		return err
	}
	newest, present, err := l.sequencer.openHead(signed)
	if err != nil {
		return err
	}
	now := l.clock.Now()
	if present && now.Sub(newest.At) < QuietTime {
		return nil
	}
	if err := l.write(ctx, Event{Kind: Quiet, At: now}); err != nil {
		return err
	}
	return l.sequencer.Drain(ctx)
}

// Newest is the newest checkpoint, with the proof from a size that the asker has seen, 0 for none. For a size beyond the newest there is no proof.
func (l *Ledger) Newest(ctx context.Context, from int64) (Grown, error) {
	size, signed, err := l.store.Head(ctx)
	if err != nil {
		return Grown{}, err
	}
	grown := Grown{Size: size, Checkpoint: signed}
	if from > 0 && from < size {
		grown.Proof, err = ProveConsistency(ctx, l.store, from, size)
	}
	return grown, err
}

// Consistency proves that the log at one size is the beginning of the log at another.
func (l *Ledger) Consistency(ctx context.Context, from, to int64) (tlog.TreeProof, error) {
	return ProveConsistency(ctx, l.store, from, to)
}

// Prove finds entries under the newest checkpoint.
func (l *Ledger) Prove(ctx context.Context, entries []PersonEntry, from int64) (Proofs, error) {
	grown, err := l.Newest(ctx, from)
	if err != nil {
		return Proofs{}, err
	}
	placed, err := l.store.PersonLeaves(ctx, entries)
	if err != nil {
		return Proofs{}, err
	}
	proofs := Proofs{Grown: grown, Entries: make([]*Inclusion, len(entries))}
	reader := &gathered{ctx: ctx, from: l.store}
	// Once to learn which hashes are wanted, once with them: one question to the store instead of one for each entry.
	for range 2 {
		for n, one := range placed {
			if one.Leaf < 0 || one.Leaf >= grown.Size {
				continue
			}
			path, err := tlog.ProveRecord(grown.Size, one.Leaf, reader)
			if err != nil {
				return Proofs{}, fmt.Errorf("audit: proving leaf %d: %w", one.Leaf, err)
			}
			proofs.Entries[n] = &Inclusion{Index: one.Leaf, Row: one.Row, Proof: path, Checkpoint: grown.Checkpoint}
		}
		if err := reader.read(); err != nil {
			return Proofs{}, err
		}
	}
	return proofs, nil
}

// ProveLeaves proves that leaves are in the log, all under the newest checkpoint. What waits has its place first.
func (l *Ledger) ProveLeaves(ctx context.Context, leaves []int64) ([]Inclusion, error) {
	if err := l.Settle(ctx); err != nil {
		return nil, err
	}
	size, checkpoint, err := l.store.Head(ctx)
	if err != nil {
		return nil, err
	}
	proofs := make([]Inclusion, 0, len(leaves))
	reader := &gathered{ctx: ctx, from: l.store}
	for range 2 { // as in Prove: once to learn which hashes are wanted
		proofs = proofs[:0]
		for _, leaf := range leaves {
			if leaf < 0 || leaf >= size {
				return nil, ErrNoLeaf
			}
			path, err := tlog.ProveRecord(size, leaf, reader)
			if err != nil {
				return nil, fmt.Errorf("audit: proving leaf %d: %w", leaf, err)
			}
			proofs = append(proofs, Inclusion{Index: leaf, Proof: path, Checkpoint: checkpoint})
		}
		if err := reader.read(); err != nil {
			return nil, err
		}
	}
	for n := range proofs {
		rows, err := l.store.Rows(ctx, proofs[n].Index, 1)
		if err != nil {
			return nil, err
		}
		if len(rows) != 1 {
			return nil, ErrNoLeaf
		}
		proofs[n].Row = rows[0]
	}
	return proofs, nil
}

// gathered notes which hashes are asked for, and knows them after read.
type gathered struct {
	ctx    context.Context
	from   Reader
	wanted []int64
	known  map[int64]tlog.Hash
}

// ReadHashes implements tlog.HashReader.
func (g *gathered) ReadHashes(positions []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(positions))
	if g.known == nil {
		g.wanted = append(g.wanted, positions...)
		return found, nil
	}
	for n, position := range positions {
		found[n] = g.known[position]
	}
	return found, nil
}

func (g *gathered) read() error {
	if g.known != nil {
		return nil
	}
	g.known = make(map[int64]tlog.Hash, len(g.wanted))
	var positions []int64
	for _, position := range g.wanted {
		if _, twice := g.known[position]; !twice {
			positions, g.known[position] = append(positions, position), tlog.Hash{}
		}
	}
	hashes, err := g.from.ReadHashes(g.ctx, positions)
	if err != nil {
		return err
	}
	for n, position := range positions {
		g.known[position] = hashes[n]
	}
	return nil
}
