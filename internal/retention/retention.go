// Package retention destroys originals once they may go, and keeps what must not.
//
// Layout: retention.go the types, disposal and holds; faults.go what can go wrong.
//
// Disposal of a filing, in three steps that each may be repeated: in one transaction, conditional on no hold, its messages go from live to
// destroying and the destruction ledger is written; their shred halves are deleted; their rows become tombstones. A crash between two steps leaves
// work that is due again.
//
// Invariants: only a filing with a receipt and past its grace is disposed of, and of the thread only the messages that were filed (R20). A hold
// forbids it in the same transaction that would begin it. After the second step nobody can read the message again: the content key needs the half. A
// tombstone keeps the entry's hash, so the thread's chain still verifies.
package retention

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/work"
)

// Dispose is the kind of work that disposes of a filing's originals; its subject and key are the filing's id. The record room intends it.
const Dispose work.Kind = "retention.dispose"

// Doomed is a message that is being destroyed.
type Doomed struct {
	Thread    id.Thread
	Seq       uint64
	Tombstone envelope.Tombstone
	Done      bool // its row is a tombstone already
}

// Verdict is how the first step ended.
type Verdict uint8

const (
	// Go: the messages are marked as destroying, now or by an earlier attempt.
	Go Verdict = iota
	// Held: a hold covers them. Its release makes the disposal due again.
	Held
	// Early: there is no receipt, or its grace is not over.
	Early
	// Kept: the decision waits to be countersigned, which makes the disposal due again, or was taken back, and its originals stay.
	Kept
)

// Hold forbids destruction in a thread.
type Hold struct {
	ID            id.Hold
	Thread        id.Thread
	Reason        string
	PlacedBy      id.Person
	PlacedAt      time.Time
	ReleasedBy    id.Person
	ReleasedAt    time.Time
	ReleaseReason string
}

// Store keeps holds and the destruction ledger, and changes the thread's rows.
type Store interface {
	// BeginDisposal is the first step.
	BeginDisposal(ctx context.Context, filing id.Filing, now time.Time, event audit.Event) ([]Doomed, Verdict, error)
	// EndDisposal is the third step: rows become tombstones. done is called after commit with what was not a tombstone before.
	EndDisposal(ctx context.Context, filing id.Filing, doomed []Doomed, now time.Time, event audit.Event, done func([]Doomed)) error
	// PlaceHold writes a hold; the same again changes nothing.
	PlaceHold(ctx context.Context, hold Hold, event audit.Event) error
	// ReleaseHold ends one, and makes due what it kept; ErrHoldUnknown, ErrHoldReleased. again is given the filings that may be due.
	ReleaseHold(ctx context.Context, hold Hold, again func(id.Filing) work.Due, event audit.Event) (Hold, error)
	// Holds are all holds, newest first.
	Holds(ctx context.Context) ([]Hold, error)
}

// Eraser deletes shred halves for good. It is idempotent.
type Eraser interface {
	Erase(ctx context.Context, doomed []Doomed) error
}

// Announcer tells members that messages are gone, after commit.
type Announcer interface {
	Destroyed(filing id.Filing, doomed []Doomed)
}

// Keeper disposes and holds. It is safe for concurrent use.
type Keeper struct {
	store    Store
	eraser   Eraser
	announce Announcer
	clock    clock.Clock
	ids      *id.Source
}

// New makes a keeper.
func New(store Store, eraser Eraser, announce Announcer, clk clock.Clock) *Keeper {
	return &Keeper{store: store, eraser: eraser, announce: announce, clock: clk, ids: id.NewSource(clk)}
}

// Handle disposes of one filing. It implements [work.Handler] for Dispose.
func (k *Keeper) Handle(ctx context.Context, due work.Due) error {
	filing, err := id.FromBytes[id.Filing](due.Subject)
	if err != nil {
		return fault.New(fault.Invalid, "bad_subject", "This work names no filing.").Because(err)
	}
	now := k.clock.Now()
	began := audit.Event{Kind: audit.Disposal, Subject: audit.About(filing), At: now, Details: map[string]string{"step": "begun"}}
	doomed, verdict, err := k.store.BeginDisposal(ctx, filing, now, began)
	switch {
	case err != nil:
		return err
	case verdict == Held, verdict == Kept:
		return nil // what ends that makes it due again
	case verdict == Early:
		return errEarly
	}
	if err := k.eraser.Erase(ctx, doomed); err != nil {
		return err
	}
	ended := audit.Event{
		Kind: audit.Disposal, Subject: audit.About(filing), At: now,
		Details: map[string]string{"step": "done", "messages": strconv.Itoa(len(doomed))},
	}
	return k.store.EndDisposal(ctx, filing, doomed, now, ended, func(gone []Doomed) { k.announce.Destroyed(filing, gone) })
}

// Hold forbids destruction in a thread from now on.
func (k *Keeper) Hold(ctx context.Context, by id.Person, in id.Thread, reason string) (Hold, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" || len(reason) > maxReason || in.IsZero() {
		return Hold{}, ErrReason
	}
	hold := Hold{ID: id.New[id.Hold](k.ids), Thread: in, Reason: reason, PlacedBy: by, PlacedAt: k.clock.Now()}
	event := audit.Event{Kind: audit.Hold, Actor: by, Subject: audit.About(in, hold.ID), At: hold.PlacedAt}
	return hold, k.store.PlaceHold(ctx, hold, event)
}

// Release ends a hold with a reason, and lets what it kept be disposed of.
func (k *Keeper) Release(ctx context.Context, by id.Person, which id.Hold, reason string) (Hold, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" || len(reason) > maxReason {
		return Hold{}, ErrReason
	}
	now := k.clock.Now()
	event := audit.Event{Kind: audit.HoldReleased, Actor: by, Subject: audit.About(which), At: now}
	return k.store.ReleaseHold(ctx, Hold{ID: which, ReleasedBy: by, ReleasedAt: now, ReleaseReason: reason}, func(filing id.Filing) work.Due {
		return work.Due{ID: id.New[id.Work](k.ids), Kind: Dispose, At: now, Subject: filing.Bytes(), Key: filing.String()}
	}, event)
}

// Holds are all holds, newest first.
func (k *Keeper) Holds(ctx context.Context) ([]Hold, error) { return k.store.Holds(ctx) }

const maxReason = 400
