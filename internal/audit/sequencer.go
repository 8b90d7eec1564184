package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Clock is the part of a clock that the sequencer needs.
type Clock interface{ Now() time.Time }

// Sequencer gives waiting rows their places. Several may run (one on each node): the store lets one of them extend the log at a time.
// Make it with [NewSequencer].
type Sequencer struct {
	store  Store
	signer Signer
	before [][32]byte // the public keys of earlier manifests
	clock  Clock
	batch  int
	wake   chan struct{}
	step   sync.Mutex // two steps of one process would only get in each other's way
}

// batchSize bounds one transaction; a backlog is worked off in several.
const batchSize = 1000

// NewSequencer makes a sequencer that has not started. A log that was last signed by the key of an earlier manifest, one of before, is gone on
// with; by any other, it is not ours.
func NewSequencer(store Store, signer Signer, clock Clock, before ...[32]byte) *Sequencer {
	return &Sequencer{store: store, signer: signer, before: before, clock: clock, batch: batchSize, wake: make(chan struct{}, 1)}
}

// Wake tells a running sequencer that rows are waiting. It never blocks, so it may be called after every commit.
func (s *Sequencer) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends: when woken, and after every interval in case another node's rows are waiting. An error is logged and tried
// again at the next occasion, because the rows are safe where they are.
func (s *Sequencer) Run(ctx context.Context, interval time.Duration, log *slog.Logger) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		if err := s.Drain(ctx); err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "audit log was not extended", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-ticker.C:
		}
	}
}

// Drain steps until nothing waits.
func (s *Sequencer) Drain(ctx context.Context) error {
	for {
		switch n, err := s.Step(ctx); {
		case errors.Is(err, ErrMoved):
			// Another node is doing the work; look again for what is left.
		case err != nil:
			return err
		case n == 0:
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// Step places one batch of waiting rows under one new checkpoint and returns how many there were. Before it extends the log it checks
// that the stored checkpoint has its own signature and that the stored hashes still give its root: a log that was tampered with is not signed again.
func (s *Sequencer) Step(ctx context.Context) (int, error) {
	s.step.Lock()
	defer s.step.Unlock()
	waiting, err := s.store.Waiting(ctx, s.batch)
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	size, signed, err := s.store.Head(ctx)
	if err != nil {
		return 0, err
	}
	head, err := s.checkHead(ctx, size, signed)
	if err != nil {
		return 0, err
	}
	batch := Batch{From: size}
	pending := newPending(ctx, s.store, size)
	for n, one := range waiting {
		added, err := tlog.StoredHashes(size+int64(n), one.Row.Leaf(), pending)
		if err != nil {
			return 0, fmt.Errorf("audit: extending the tree: %w", err)
		}
		pending.added = append(pending.added, added...)
		batch.Rows = append(batch.Rows, one.Number)
	}
	batch.Hashes = pending.added
	size += int64(len(waiting))
	root, err := tlog.TreeHash(size, pending)
	if err != nil {
		return 0, fmt.Errorf("audit: hashing the tree: %w", err)
	}
	// A clock that was put back must not make an honest log look like two: a later checkpoint never states an earlier time.
	at := s.clock.Now()
	if at.Before(head.At) {
		at = head.At
	}
	batch.Checkpoint, err = Checkpoint{Size: size, Root: root, After: batch.From, At: at}.Sign(s.signer)
	if err != nil {
		return 0, err
	}
	if err := s.store.Append(ctx, batch); err != nil {
		return 0, err
	}
	return len(waiting), nil
}

func (s *Sequencer) checkHead(ctx context.Context, size int64, signed []byte) (Checkpoint, error) {
	if size == 0 {
		return Checkpoint{}, nil
	}
	head, _, err := s.openHead(signed)
	if err != nil {
		return Checkpoint{}, err
	}
	root, err := tlog.TreeHash(size, hashes(ctx, s.store))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("audit: reading the tree: %w", err)
	}
	if head.Size != size || head.Root != root {
		return Checkpoint{}, fmt.Errorf("%w: the stored tree is not the one that was signed", ErrCheckpoint)
	}
	return head, nil
}

// openHead opens the newest checkpoint and says whether the present key signed it.
func (s *Sequencer) openHead(signed []byte) (head Checkpoint, present bool, err error) {
	if head, err = OpenCheckpoint(signed, s.signer.Public()); err == nil {
		return head, true, nil
	}
	if head, err = OpenCheckpoint(signed, s.before...); err != nil {
		return head, false, fmt.Errorf("audit: the newest checkpoint: %w", err)
	}
	return head, false, nil
}

// pending reads the stored hashes and, after them, those of the batch that is being made.
type pending struct {
	stored tlog.HashReader
	count  int64
	added  []tlog.Hash
}

func newPending(ctx context.Context, store Store, size int64) *pending {
	return &pending{stored: hashes(ctx, store), count: tlog.StoredHashCount(size)}
}

// ReadHashes implements tlog.HashReader.
func (p *pending) ReadHashes(positions []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(positions))
	var old []int64
	var places []int
	for n, position := range positions {
		if position >= p.count {
			found[n] = p.added[position-p.count]
			continue
		}
		old, places = append(old, position), append(places, n)
	}
	if len(old) == 0 {
		return found, nil
	}
	read, err := p.stored.ReadHashes(old)
	if err != nil {
		return nil, err
	}
	for n, hash := range read {
		found[places[n]] = hash
	}
	return found, nil
}
