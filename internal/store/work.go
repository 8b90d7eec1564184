package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/work"
)

var _ work.Atomically = (*DB)(nil)

// Atomically implements work.Atomically.
func (db *DB) Atomically(ctx context.Context, fn func(ctx context.Context) error) error {
	return db.Tx(ctx, func(tx *Tx) error { return fn(tx.Context()) })
}

// Intend writes what has to happen later with everything else in the transaction: the cancellations first, then
// the work, so that an intent can replace what it cancels.
func (tx *Tx) Intend(intent work.Intent) error {
	for _, c := range intent.Cancel {
		if c.Key == "" {
			return errNoKey
		}
		// Work that is being done now cannot be taken back, but it is not done a second time.
		if _, err := tx.Exec(`DELETE FROM due WHERE kind = $1 AND key = $2 AND refused_at IS NULL`, string(c.Kind), c.Key); err != nil {
			return err
		}
	}
	for _, due := range intent.Due {
		if err := tx.enqueue(due); err != nil {
			return err
		}
	}
	if len(intent.Due) > 0 {
		tx.AfterCommit(tx.db.intended)
	}
	return nil
}

// OnDue has wake called after every transaction that wrote work. It must not wait, and is set once, before the
// database is used.
func (db *DB) OnDue(wake func()) { db.onDue = wake }

// ClaimWork gives the owner, a name of its own for each running process, at most limit waiting rows of the given
// kinds whose time has come, the longest overdue first. Nobody else gets them before the lease ends, and the owner
// itself not before it settles them.
func (db *DB) ClaimWork(ctx context.Context, owner string, kinds []work.Kind, now time.Time, lease time.Duration, limit int) ([]work.Due, error) {
	if len(kinds) == 0 || limit <= 0 {
		return nil, nil
	}
	args := []any{owner, now.Add(lease).UnixMilli(), now.UnixMilli(), limit}
	for _, kind := range kinds {
		args = append(args, string(kind))
	}
	var claimed []work.Due
	err := db.Tx(ctx, func(tx *Tx) error {
		var err error
		claimed, err = many(tx, scanDue, `UPDATE due SET owner = $1, leased_until = $2 WHERE work IN (
				SELECT work FROM due
				WHERE refused_at IS NULL AND at <= $3 AND leased_until <= $3 AND owner IS DISTINCT FROM $1
					AND kind IN (`+placeholders(5, len(kinds))+`)
				ORDER BY at LIMIT $4)
			RETURNING `+dueColumns, args...)
		return err
	})
	slices.SortFunc(claimed, func(a, b work.Due) int {
		return cmp.Or(a.At.Compare(b.At), a.ID.Compare(b.ID))
	})
	return claimed, err
}

// SettleWork writes what became of a claimed row. When the row is no longer the owner's, because the lease ended
// or the work was cancelled, it changes nothing.
func (db *DB) SettleWork(ctx context.Context, owner string, due id.Work, s work.Settlement, now time.Time) error {
	return db.Group(ctx, func(tx *Tx) error {
		if s.Outcome != work.Again {
			// It was asked for again meanwhile: whatever came of it, it is due anew.
			renewed, err := tx.Exec(`UPDATE due SET owner = NULL, leased_until = 0, renewed = FALSE, attempt = 0, code = ''
				WHERE work = $1 AND owner = $2 AND renewed`, due, owner)
			if err != nil {
				return err
			}
			if renewed > 0 {
				tx.AfterCommit(tx.db.intended)
				return nil
			}
		}
		var err error
		switch s.Outcome {
		case work.Done:
			_, err = tx.Exec(`DELETE FROM due WHERE work = $1 AND owner = $2`, due, owner)
		case work.Again:
			_, err = tx.Exec(`UPDATE due SET owner = NULL, leased_until = 0, attempt = $1, code = $2, renewed = FALSE,
					at = CASE WHEN renewed AND at < $3 THEN at ELSE $3 END
				WHERE work = $4 AND owner = $5`, s.Attempt, s.Code, s.At.UnixMilli(), due, owner)
			tx.AfterCommit(tx.db.intended)
		case work.Refused:
			_, err = tx.Exec(`UPDATE due SET owner = NULL, leased_until = 0, attempt = $1, code = $2, refused_at = $3
				WHERE work = $4 AND owner = $5`, s.Attempt, s.Code, now.UnixMilli(), due, owner)
		}
		return err
	})
}

// NextWork is when the owner can claim the next row of the given kinds; the zero time when there is none.
func (db *DB) NextWork(ctx context.Context, owner string, kinds []work.Kind) (time.Time, error) {
	if len(kinds) == 0 {
		return time.Time{}, nil
	}
	args := []any{owner}
	for _, kind := range kinds {
		args = append(args, string(kind))
	}
	list := placeholders(2, len(kinds))
	var free, leased *int64
	err := db.Read(ctx).Row(`SELECT
			(SELECT MIN(at) FROM due WHERE refused_at IS NULL AND owner IS NULL AND kind IN (`+list+`)),
			(SELECT MIN(leased_until) FROM due WHERE refused_at IS NULL AND owner <> $1 AND kind IN (`+list+`))`,
		args...).Scan(&free, &leased)
	if err != nil {
		return time.Time{}, err
	}
	var next time.Time
	for _, ms := range []*int64{free, leased} {
		if ms != nil && (next.IsZero() || *ms < next.UnixMilli()) {
			next = time.UnixMilli(*ms).UTC()
		}
	}
	return next, nil
}

// FreeWork makes rows claimable that an earlier process left claimed when it died. It does so on SQLite, which one
// process uses at a time; on PostgreSQL another node may be at work on them, so there the leases must run out.
func (db *DB) FreeWork(ctx context.Context) error {
	if db.writer == nil {
		return nil
	}
	return db.Tx(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`UPDATE due SET owner = NULL, leased_until = 0 WHERE owner IS NOT NULL`)
		return err
	})
}

// Refused is work that was refused and waits for a person.
type Refused struct {
	Due  work.Due
	Code string // the fault's
	At   time.Time
}

// RefusedWork returns at most limit refused rows of a kind, the latest first.
func (db *DB) RefusedWork(ctx context.Context, kind work.Kind, limit int) ([]Refused, error) {
	return many(db.Read(ctx), scanRefused, `SELECT `+dueColumns+`, code, refused_at FROM due
		WHERE kind = $1 AND refused_at IS NOT NULL ORDER BY refused_at DESC, work LIMIT $2`, string(kind), limit)
}

// ReviveWork makes refused work due again, because a person says so. If the same has been asked for meanwhile, that
// stands for both.
func (db *DB) ReviveWork(ctx context.Context, refused id.Work, at time.Time, event audit.Event) error {
	return db.Tx(ctx, func(tx *Tx) error {
		due, err := one(tx, scanDue, `DELETE FROM due WHERE work = $1 AND refused_at IS NOT NULL RETURNING `+dueColumns, refused)
		if err != nil {
			return err
		}
		due.At, due.Attempt = at, 0
		if err := tx.Intend(work.Intent{}.Add(due)); err != nil {
			return err
		}
		return tx.Audit(event)
	})
}

var (
	errNoID  = fault.New(fault.Internal, "internal", "Something went wrong on our side. It has been recorded.").Because(cause("store: work without an id"))
	errNoKey = fault.New(fault.Internal, "internal", "Something went wrong on our side. It has been recorded.").Because(cause("store: a cancellation without a key"))
)

const dueColumns = `work, kind, at, subject, key, attempt`

// enqueue adds one row. Of those with the same kind and key one is waiting: asked for again it keeps the earlier
// time, and asked for again while it is being done, it is done once more.
func (tx *Tx) enqueue(due work.Due) error {
	if due.ID.IsZero() {
		return errNoID
	}
	_, err := tx.Exec(`INSERT INTO due (`+dueColumns+`, code, leased_until, renewed) VALUES ($1, $2, $3, $4, $5, $6, '', 0, FALSE)
		ON CONFLICT (kind, key) WHERE key <> '' AND refused_at IS NULL DO UPDATE SET
			at = CASE WHEN (due.owner IS NULL OR due.renewed) AND due.at < excluded.at THEN due.at ELSE excluded.at END,
			renewed = due.owner IS NOT NULL`,
		due.ID, string(due.Kind), due.At.UnixMilli(), blob(due.Subject), due.Key, due.Attempt)
	return err
}

// intended runs after each commit that made work due.
func (db *DB) intended() {
	if db.onDue != nil {
		db.onDue()
	}
}

func scanDue(row Scanner) (work.Due, error) {
	var due work.Due
	var at int64
	err := row.Scan(&due.ID, &due.Kind, &at, &due.Subject, &due.Key, &due.Attempt)
	due.At = time.UnixMilli(at).UTC()
	return due, err
}

func scanRefused(row Scanner) (Refused, error) {
	var r Refused
	var at, refusedAt int64
	err := row.Scan(&r.Due.ID, &r.Due.Kind, &at, &r.Due.Subject, &r.Due.Key, &r.Due.Attempt, &r.Code, &refusedAt)
	r.Due.At, r.At = time.UnixMilli(at).UTC(), time.UnixMilli(refusedAt).UTC()
	return r, err
}
