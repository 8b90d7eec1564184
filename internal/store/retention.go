package store

import (
	"context"
	"errors"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/work"
)

var _ retention.Store = (*DB)(nil)

// BeginDisposal implements retention.Store. Serialisable isolation makes the hold and the marking one decision: of a hold and a disposal that
// race, one sees the other.
func (db *DB) BeginDisposal(ctx context.Context, filing id.Filing, now time.Time, event audit.Event) ([]retention.Doomed, retention.Verdict, error) {
	var doomed []retention.Doomed
	var verdict retention.Verdict
	err := db.Tx(ctx, func(tx *Tx) error {
		doomed, verdict = nil, retention.Go
		if paused, err := tx.disposalPaused(now); err != nil || paused {
			verdict = retention.Early
			return err
		}
		paper, err := one(tx, scanPaper, `SELECT `+paperColumns+` FROM filing WHERE filing = $1`, filing)
		if err != nil {
			return err
		}
		switch {
		case paper.Held:
			verdict = retention.Held
			return nil
		case paper.State != record.Received || now.Before(paper.EligibleAt):
			verdict = retention.Early
			return nil
		}
		switch _, err := tx.stepDecision(paper.Thread, paper.Decision, record.Ripen, now, nil); {
		case errors.Is(err, record.ErrCountersignFirst), errors.Is(err, record.ErrTransition):
			verdict = retention.Kept
			return nil
		case err != nil:
			return err
		}
		marked, err := tx.Exec(`UPDATE thread_log SET state = 1 WHERE thread = $1 AND state = 0
			AND message IN (SELECT message FROM filing_source WHERE filing = $2)
			AND NOT EXISTS (SELECT 1 FROM hold WHERE hold.thread = $1 AND hold.released_at IS NULL)`, paper.Thread, filing)
		if err != nil {
			return err
		}
		if doomed, err = doomedBy(tx, paper, now); err != nil || marked == 0 {
			return err // nothing was left to mark: an earlier attempt did
		}
		if _, err := tx.Exec(`INSERT INTO destruction (thread, message, entry, filing, reason, at, done_at)
			SELECT l.thread, l.message, l.entry, s.filing, $1, $2, 0 FROM filing_source s
			JOIN thread_log l ON l.thread = $3 AND l.message = s.message WHERE s.filing = $4 AND l.state = 1
			ON CONFLICT (thread, message) DO NOTHING`,
			int64(envelope.DestroyFiled), now.UnixMilli(), paper.Thread, filing); err != nil {
			return err
		}
		return tx.Audit(event)
	})
	return doomed, verdict, err
}

// doomedBy reads the messages of a filing with the tombstones that they become.
func doomedBy(tx *Tx, paper record.Paper, now time.Time) ([]retention.Doomed, error) {
	return many(tx, func(row Scanner) (retention.Doomed, error) {
		var d retention.Doomed
		var seq, state, deviceSeq, sent, content int64
		t := &d.Tombstone
		err := row.Scan(&seq, &state, &t.Entry, &t.Message, &t.Person, &t.Device, &deviceSeq, &sent, &content)
		d.Thread, d.Seq, d.Done = paper.Thread, uint64(seq), state == messageDestroyed
		t.Thread, t.DeviceSeq, t.Time, t.Kind = paper.Thread, uint64(deviceSeq), envelope.Time(sent), uint8(content)
		t.Destroyed, t.Reason, t.Filing = envelope.TimeOf(now), envelope.DestroyFiled, paper.ID
		t.DocumentHash, t.Reference = paper.DocumentHash, paper.Reference
		return d, err
	}, `SELECT l.seq, l.state, l.entry, l.message, l.person, l.device, l.device_seq, l.sent_at, l.content FROM filing_source s
		JOIN thread_log l ON l.thread = $1 AND l.message = s.message WHERE s.filing = $2 AND l.state <> 0 ORDER BY l.seq`, paper.Thread, paper.ID)
}

// EndDisposal implements retention.Store.
func (db *DB) EndDisposal(ctx context.Context, filing id.Filing, doomed []retention.Doomed, now time.Time, event audit.Event,
	done func([]retention.Doomed)) error {
	return db.Tx(ctx, func(tx *Tx) error {
		var gone []retention.Doomed
		for _, one := range doomed {
			body, err := envelope.Encode(&one.Tombstone)
			if err != nil {
				return err
			}
			changed, err := tx.Exec(`UPDATE thread_log SET state = 2, body = $1, unfiled = FALSE WHERE thread = $2 AND seq = $3 AND state = 1`,
				body, one.Thread, int64(one.Seq))
			if err != nil {
				return err
			}
			if changed > 0 {
				gone = append(gone, one)
			}
		}
		if len(gone) == 0 {
			return nil // an earlier attempt ended it
		}
		if _, err := tx.Exec(`UPDATE destruction SET done_at = $1 WHERE filing = $2 AND done_at = 0`, now.UnixMilli(), filing); err != nil {
			return err
		}
		if err := tx.destroyed(filing, now); err != nil {
			return err
		}
		tx.AfterCommit(func() { done(gone) })
		return tx.Audit(event)
	})
}

// PlaceHold implements retention.Store.
func (db *DB) PlaceHold(ctx context.Context, hold retention.Hold, event audit.Event) error {
	return db.Tx(ctx, func(tx *Tx) error {
		known, err := one(tx, scanInt, `SELECT COUNT(*) FROM thread WHERE thread = $1`, hold.Thread)
		if err != nil {
			return err
		}
		if known == 0 {
			return retention.ErrThread
		}
		if _, err := tx.Exec(`INSERT INTO hold (hold, thread, reason, placed_by, placed_at, release_reason) VALUES ($1, $2, $3, $4, $5, '')
			ON CONFLICT (hold) DO NOTHING`, hold.ID, hold.Thread, hold.Reason, hold.PlacedBy, hold.PlacedAt.UnixMilli()); err != nil {
			return err
		}
		return tx.Audit(event)
	})
}

// ReleaseHold implements retention.Store.
func (db *DB) ReleaseHold(ctx context.Context, release retention.Hold, again func(id.Filing) work.Due, event audit.Event) (retention.Hold, error) {
	var hold retention.Hold
	err := db.Tx(ctx, func(tx *Tx) error {
		var err error
		if hold, err = one(tx, scanHold, `SELECT `+holdColumns+` FROM hold WHERE hold = $1`, release.ID); err != nil {
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
		kept, err := many(tx, scanPaper, `SELECT `+paperColumns+` FROM filing WHERE thread = $1 AND state = 3 AND destroyed_at = 0`, hold.Thread)
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
	return many(db.Read(ctx), scanHold, `SELECT `+holdColumns+` FROM hold ORDER BY placed_at DESC, hold`)
}

const holdColumns = `hold, thread, reason, placed_by, placed_at, released_by, COALESCE(released_at, 0), release_reason`

func scanHold(row Scanner) (retention.Hold, error) {
	var h retention.Hold
	var placed, released int64
	err := row.Scan(&h.ID, &h.Thread, &h.Reason, &h.PlacedBy, &placed, &h.ReleasedBy, &released, &h.ReleaseReason)
	h.PlacedAt, h.ReleasedAt = fromMillis(placed), sometime(released)
	return h, err
}
