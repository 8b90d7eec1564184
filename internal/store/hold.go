package store

import (
	"context"
	"errors"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/work"
)

// PlaceHold implements retention.Store. Of a hold and a disposal that race, one sees the other: the hold counts what is live, which the disposal writes, and
// the disposal asks for holds.
func (db *DB) PlaceHold(ctx context.Context, hold retention.Hold, event func(retention.Hold) audit.Event) (retention.Hold, error) {
	err := db.Tx(ctx, func(tx *Tx) error {
		if err := tx.place(&hold); err != nil {
			return err
		}
		return tx.Audit(event(hold))
	})
	return hold, err
}

// place writes the rows of a hold and counts what it covers.
func (tx *Tx) place(hold *retention.Hold) error {
	if !hold.Thread.IsZero() {
		known, err := one(tx, scanInt, `SELECT COUNT(*) FROM thread WHERE thread = $1`, hold.Thread)
		if err != nil {
			return err
		}
		if known == 0 {
			return retention.ErrThread
		}
	}
	if !hold.Person.IsZero() {
		known, err := one(tx, scanInt, `SELECT COUNT(*) FROM person WHERE person = $1`, hold.Person)
		if err != nil {
			return err
		}
		if known == 0 {
			return retention.ErrPerson
		}
	}
	if _, err := tx.Exec(`INSERT INTO hold (hold, thread, reason, placed_by, placed_at, release_reason, lead, patient, person, from_at, until_at,
		requester, covered) VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, $9, $10, $11, 0)`,
		hold.ID, orNull(hold.Thread), hold.Reason, hold.PlacedBy, hold.PlacedAt.UnixMilli(), hold.Lead(), len(hold.Patient) > 0, orNull(hold.Person),
		millis(hold.From), millis(hold.Until), hold.Requester); err != nil {
		return err
	}
	for _, tag := range hold.Patient {
		if _, err := tx.Exec(`INSERT INTO hold_tag (tag, hold) VALUES ($1, $2) ON CONFLICT DO NOTHING`, tag, hold.ID); err != nil {
			return err
		}
	}
	var err error
	if hold.Covered, err = coveredBy(&tx.View, *hold, `l.state = 0`); err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE hold SET covered = $1 WHERE hold = $2`, hold.Covered, hold.ID)
	return err
}

// coveredBy counts the messages that a hold covers and that a condition holds for; it begins where the narrowest scope has the fewest rows.
func coveredBy(v *View, hold retention.Hold, condition string, args ...any) (int64, error) {
	return one(v, scanInt, `SELECT COUNT(*) FROM hold h `+coveredFrom(hold)+` WHERE h.hold = $1 AND l.kind = 4 AND `+covers+` AND `+condition,
		append([]any{hold.ID}, args...)...)
}

func coveredFrom(hold retention.Hold) string {
	switch {
	case !hold.Thread.IsZero():
		return `JOIN thread t ON t.thread = h.thread JOIN thread_log l ON l.thread = t.thread`
	case len(hold.Patient) > 0:
		return `JOIN thread t ON t.thread IN (SELECT bt.thread FROM hold_tag b JOIN thread_link bt ON bt.tag = b.tag WHERE b.hold = h.hold) JOIN thread_log l ON l.thread = t.thread`
	case !hold.Person.IsZero():
		return `JOIN thread_member b ON b.person = h.person JOIN thread t ON t.thread = b.thread JOIN thread_log l ON l.thread = t.thread`
	}
	return `CROSS JOIN thread_log l JOIN thread t ON t.thread = l.thread`
}

// ReleaseHold implements retention.Store.
func (db *DB) ReleaseHold(ctx context.Context, release retention.Hold, again func(id.Filing) work.Due, event audit.Event) (retention.Hold, error) {
	var hold retention.Hold
	err := db.Tx(ctx, func(tx *Tx) error {
		var err error
		if hold, err = holdOf(&tx.View, release.ID); err != nil {
			return err
		}
		if !hold.ReleasedAt.IsZero() {
			return retention.ErrHoldReleased
		}
		if _, err := tx.Exec(`UPDATE hold SET released_by = $1, released_at = $2, release_reason = $3 WHERE hold = $4`,
			release.ReleasedBy, release.ReleasedAt.UnixMilli(), release.ReleaseReason, release.ID); err != nil {
			return err
		}
		hold.ReleasedBy, hold.ReleasedAt, hold.ReleaseReason = release.ReleasedBy, release.ReleasedAt, release.ReleaseReason
		kept, err := many(tx, scanPaper, `SELECT `+paperColumns+` FROM filing WHERE state = 3 AND destroyed_at = 0 AND EXISTS (
			SELECT 1 FROM hold h, filing_source s JOIN thread_log l ON l.message = s.message JOIN thread t ON t.thread = l.thread
			WHERE h.hold = $1 AND s.filing = filing.filing AND l.thread = filing.thread AND `+covers+`)`, release.ID)
		if err != nil {
			return err
		}
		var intent work.Intent
		for _, paper := range kept {
			due := again(paper.ID)
			if due.At.Before(paper.EligibleAt) {
				due.At = paper.EligibleAt
			}
			intent = intent.Add(due)
		}
		if err := tx.Intend(intent); err != nil {
			return err
		}
		return tx.Audit(event)
	})
	if errors.Is(err, ErrNotFound) {
		err = retention.ErrHoldUnknown
	}
	return hold, err
}

// Holds implements retention.Store.
func (db *DB) Holds(ctx context.Context) ([]retention.Hold, error) {
	var holds []retention.Hold
	err := db.View(ctx, func(v *View) (err error) {
		if holds, err = many(v, scanHold, `SELECT `+holdColumns+` FROM hold ORDER BY placed_at DESC, hold`); err != nil {
			return err
		}
		tags := map[id.Hold][]id.Tag{}
		err = v.Each(`SELECT hold, tag FROM hold_tag ORDER BY hold, tag`, nil, func(row Scanner) error {
			var hold id.Hold
			var tag id.Tag
			err := row.Scan(&hold, &tag)
			tags[hold] = append(tags[hold], tag)
			return err
		})
		for n := range holds {
			holds[n].Patient = tags[holds[n].ID]
		}
		return err
	})
	return holds, err
}

func holdOf(v *View, which id.Hold) (retention.Hold, error) {
	hold, err := one(v, scanHold, `SELECT `+holdColumns+` FROM hold WHERE hold = $1`, which)
	if err != nil {
		return hold, err
	}
	hold.Patient, err = many(v, func(row Scanner) (id.Tag, error) {
		var tag id.Tag
		err := row.Scan(&tag)
		return tag, err
	}, `SELECT tag FROM hold_tag WHERE hold = $1 ORDER BY tag`, which)
	return hold, err
}

var errUndone = errors.New("store: undone on purpose")

// Try implements retention.Store: the hold is placed for real, the disposals' own conditions are asked, and all of it is undone.
func (db *DB) Try(ctx context.Context, hold retention.Hold, now time.Time) (retention.Trial, error) {
	var trial retention.Trial
	err := db.Tx(ctx, func(tx *Tx) error {
		trial = retention.Trial{}
		if err := tx.place(&hold); err != nil {
			return err
		}
		trial.Covered = hold.Covered
		release := `UPDATE hold SET released_at = 0 WHERE hold = $1`
		if _, err := tx.Exec(release, hold.ID); err != nil {
			return err
		}
		var err error
		if trial.Without, err = coveredBy(&tx.View, hold, couldGo); err != nil {
			return err
		}
		if trial.Outside, err = tx.dueOutside(hold, now); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE hold SET released_at = NULL WHERE hold = $1`, hold.ID); err != nil {
			return err
		}
		if trial.With, err = coveredBy(&tx.View, hold, couldGo); err != nil {
			return err
		}
		if trial.Beside, err = tx.dueOutside(hold, now); err != nil {
			return err
		}
		return errUndone
	})
	if errors.Is(err, errUndone) {
		err = nil
	}
	return trial, err
}

// couldGo: by its class if its period were over, or with its filing if the grace were. What was taken back, or waits to be countersigned, could not.
const couldGo = `(` + mayExpire + ` OR (l.state = 0 AND NOT ` + quarantined + ` AND EXISTS (SELECT 1` + withFiling + `
	AND NOT ` + overForGood + ` AND NOT ` + toBeCountersigned + ` AND NOT ` + anySourceHeld + `)))`

// dueOutside counts what could go by its class at this moment and is not in the scope of a hold.
func (tx *Tx) dueOutside(hold retention.Hold, now time.Time) (int64, error) {
	schedule, err := schedule(&tx.View)
	if err != nil {
		return 0, err
	}
	var total int64
	for _, class := range []retention.Class{retention.Standard, retention.Long} {
		each, latest := cutoffs(schedule, class, now)
		n, err := one(tx, scanInt, `SELECT COUNT(*) FROM thread_log l JOIN thread t ON t.thread = l.thread, hold h
			WHERE h.hold = $1 AND l.retention = $2 AND l.at <= $3 AND `+overAt(4)+` AND `+mayExpire+` AND NOT (`+covers+`)`,
			append([]any{hold.ID, int64(class), latest}, each...)...)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// orNull is an id as a column that has NULL for none.
func orNull[T interface {
	IsZero() bool
	Bytes() []byte
}](one T) any {
	if one.IsZero() {
		return nil
	}
	return one
}

const holdColumns = `hold, thread, reason, placed_by, placed_at, released_by, COALESCE(released_at, 0), release_reason, person, from_at, until_at,
	requester, covered`

func scanHold(row Scanner) (retention.Hold, error) {
	var h retention.Hold
	var placed, released, from, until int64
	err := row.Scan(&h.ID, &h.Thread, &h.Reason, &h.PlacedBy, &placed, &h.ReleasedBy, &released, &h.ReleaseReason, &h.Person, &from, &until,
		&h.Requester, &h.Covered)
	h.PlacedAt, h.ReleasedAt, h.From, h.Until = fromMillis(placed), sometime(released), sometime(from), sometime(until)
	return h, err
}
