package retention

import (
	"context"
	"crypto/sha256"
	"strconv"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/work"
)

const (
	// SweepEvery is the time between two sweeps.
	SweepEvery = time.Hour
	// batch bounds one transaction of a sweep, and run how many of them one piece of work does: it has a lease.
	batch = 128
	run   = 64
)

// Handle disposes of one filing. It implements [work.Handler] for Dispose.
func (k *Keeper) Handle(ctx context.Context, due work.Due) error {
	filing, err := id.FromBytes[id.Filing](due.Subject)
	if err != nil {
		return fault.New(fault.Invalid, "bad_subject", "This work names no filing.").Because(err)
	}
	if err := k.reachable(ctx, filing); err != nil {
		return err
	}
	disposal, verdict, err := k.Store.BeginFiled(ctx, filing, id.New[id.Disposal](k.ids), k.Clock.Now(), k.keeps, k.began)
	switch {
	case err != nil:
		return err
	case verdict == Kept:
		return nil // the sweep makes it due again, and the release of a hold at once
	case verdict == Early:
		return errEarly
	}
	return k.finish(ctx, disposal)
}

// reachable says that the record can be read now. While it cannot, the originals are all there is to read at night (H14).
func (k *Keeper) reachable(ctx context.Context, filing id.Filing) error {
	if k.Record == nil {
		return nil
	}
	if err := k.Record.Holds(ctx, filing); err != nil {
		return errUnreachable.Because(err)
	}
	return nil
}

// Sweep disposes of everything that the classes have let go. It implements [work.Handler] for Sweep: the next sweep is written before this one begins,
// so that one is always waiting.
func (k *Keeper) Sweep(ctx context.Context, due work.Due) error {
	now := k.Clock.Now()
	next := now
	if due.At.After(next) {
		next = due.At // an operator's clock is ahead of this one
	}
	intent := work.Intent{}.Add(k.sweepAt(next.Add(SweepEvery)))
	overdue, err := k.Store.Overdue(ctx, now, batch)
	if err != nil {
		return err
	}
	dispose := k.disposeAt(now)
	for _, filing := range overdue {
		intent = intent.Add(dispose(filing))
	}
	if err := k.Store.IntendWork(ctx, intent); err != nil {
		return err
	}
	gone, more, err := k.sweep(ctx, now)
	if err != nil {
		return err
	}
	if gone > 0 {
		event := audit.Event{Kind: audit.Swept, At: now, Details: map[string]string{"messages": strconv.Itoa(gone), "more": strconv.FormatBool(more)}}
		if err := k.Store.Audit(ctx, event); err != nil {
			return err
		}
	}
	if more {
		return k.Store.IntendWork(ctx, work.Intent{}.Add(k.sweepAt(now)))
	}
	return nil
}

// sweep is one run of at most run batches, and first what a crash left begun, by whatever reason: a disposal may be finished by several at once.
func (k *Keeper) sweep(ctx context.Context, now time.Time) (gone int, more bool, err error) {
	for batches := 0; ; batches++ {
		begun, err := k.Store.Begun(ctx, batch)
		if err != nil {
			return gone, false, err
		}
		if len(begun) == 0 {
			break
		}
		if batches == run {
			return gone, true, nil
		}
		if err := k.finishAll(ctx, begun, &gone); err != nil {
			return gone, false, err
		}
	}
	batches := 0
	for _, class := range []Class{Standard, Long} {
		for at := (Cursor{}); ; batches++ {
			if batches == run {
				return gone, true, nil
			}
			found, err := k.Store.Expired(ctx, class, at, batch, now)
			if err != nil {
				return gone, false, err
			}
			if len(found) == 0 {
				break
			}
			begun, err := k.Store.BeginExpired(ctx, class, found, now, func() id.Disposal { return id.New[id.Disposal](k.ids) }, k.keeps, k.began)
			if err != nil {
				return gone, false, err
			}
			if err := k.finishAll(ctx, begun, &gone); err != nil {
				return gone, false, err
			}
			last := found[len(found)-1]
			at = Cursor{At: last.At.UnixMilli(), Thread: last.Thread, Seq: last.Seq}
		}
	}
	return gone, false, nil
}

func (k *Keeper) finishAll(ctx context.Context, begun []Disposal, gone *int) error {
	for _, one := range begun {
		if err := k.finish(ctx, one); err != nil {
			return err
		}
		*gone += len(one.Doomed)
	}
	return nil
}

// finish is the second and the third step.
func (k *Keeper) finish(ctx context.Context, d Disposal) error {
	if err := k.Eraser.Erase(ctx, d.Doomed); err != nil {
		return err
	}
	digest, err := Digest(d.Doomed)
	if err != nil {
		return err
	}
	now := k.Clock.Now()
	ended := d.event(now, "done")
	ended.Details["tombstones"] = digest.String()
	return k.Store.EndDisposal(ctx, d, now, ended, func(gone []Doomed) { k.Announcer.Destroyed(d.Filing, gone) })
}

// began is the leaf that says what is about to be destroyed.
func (k *Keeper) began(d Disposal) audit.Event { return d.event(d.BeganAt, "begun") }

func (d Disposal) event(at time.Time, step string) audit.Event {
	details := map[string]string{
		"step": step, "reason": d.Reason.String(), "messages": strconv.Itoa(len(d.Doomed)), "thread": d.Thread.String(), "disposal": d.ID.String(),
	}
	if d.Reason == envelope.DestroyRetention {
		details["class"], details["space"], details["days"] = d.Class.String(), d.Space.String(), strconv.FormatInt(int64(d.Period), 10)
	}
	return audit.Event{Kind: audit.Disposal, Subject: d.Subject, At: at, Details: details}
}

// SubjectOf is the subject of a disposal's leaves: the filing, or the thread and the disposal.
func SubjectOf(d Disposal) []byte {
	if !d.Filing.IsZero() {
		return audit.About(d.Filing)
	}
	return audit.About(d.Thread, d.ID)
}

// Digest is SHA-256 over H(tombstone) of each message, in the order of the thread: docs/protocol.md section 11.6.
func Digest(doomed []Doomed) (id.Hash, error) {
	sum := sha256.New()
	for n := range doomed {
		hash, err := envelope.Hash(&doomed[n].Tombstone)
		if err != nil {
			return id.Hash{}, err
		}
		sum.Write(hash[:])
	}
	return id.Hash(sum.Sum(nil)), nil
}

// Ensure sees to it that a sweep is waiting, after a time at the latest.
func (k *Keeper) Ensure(ctx context.Context, within time.Duration) error {
	return k.Store.IntendWork(ctx, work.Intent{}.Add(k.sweepAt(k.Clock.Now().Add(within))))
}

func (k *Keeper) sweepAt(at time.Time) work.Due {
	return work.Due{ID: id.New[id.Work](k.ids), Kind: Sweep, At: at, Key: "organisation"}
}

func (k *Keeper) disposeAt(now time.Time) func(id.Filing) work.Due {
	return func(filing id.Filing) work.Due {
		return work.Due{ID: id.New[id.Work](k.ids), Kind: Dispose, At: now, Subject: filing.Bytes(), Key: filing.String()}
	}
}
