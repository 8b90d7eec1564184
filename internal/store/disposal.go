package store

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/work"
)

var _ retention.Store = (*DB)(nil)

// BeginFiled implements retention.Store.
func (db *DB) BeginFiled(
	ctx context.Context, filing id.Filing, as id.Disposal, now time.Time, keeps retention.Keeps, event func(retention.Disposal) audit.Event,
) (retention.Disposal, retention.Verdict, error) {
	var disposal retention.Disposal
	var verdict retention.Verdict
	err := db.Tx(ctx, func(tx *Tx) error {
		disposal, verdict = retention.Disposal{}, retention.Go
		begun, err := many(tx, scanDisposal, `SELECT `+disposalColumns+` FROM disposal WHERE filing = $1 AND reason = 1`, filing)
		if err != nil {
			return err
		}
		if len(begun) > 0 {
			disposal = begun[0]
			disposal.Doomed, err = doomedBy(&tx.View, disposal)
			return err
		}
		if paused, err := tx.disposalPaused(now); err != nil || paused {
			verdict = retention.Early
			return err
		}
		paper, err := one(tx, scanPaper, `SELECT `+paperColumns+` FROM filing WHERE filing = $1`, filing)
		if err != nil {
			return err
		}
		if paper.State != record.Received || now.Before(paper.EligibleAt) {
			verdict = retention.Early
			return nil
		}
		candidates, err := many(tx, scanCandidate, `SELECT `+candidateColumns+` FROM filing_source s JOIN thread_log l ON l.thread = $1 AND l.message = s.message
			JOIN thread t ON t.thread = l.thread WHERE s.filing = $2 AND l.state = 0 ORDER BY l.seq`, paper.Thread, filing)
		if err != nil {
			return err
		}
		kept, err := keeps(tx.Context(), candidates)
		if err != nil {
			return err
		}
		quarantines, err := one(tx, scanInt, `SELECT COUNT(*) FROM thread_log q WHERE q.thread = $1 AND q.content = 11`, paper.Thread)
		if err != nil {
			return err
		}
		if paper.Held || quarantines > 0 || len(kept) > 0 {
			verdict = retention.Kept
			return nil
		}
		switch _, err := tx.stepDecision(paper.Thread, paper.Decision, record.Ripen, now, nil); {
		case errors.Is(err, record.ErrCountersignFirst), errors.Is(err, record.ErrTransition):
			verdict = retention.Kept
			return nil
		case err != nil:
			return err
		}
		disposal = retention.Disposal{ID: as, Thread: paper.Thread, Reason: envelope.DestroyFiled, Filing: filing, BeganAt: now}
		if len(candidates) > 0 {
			disposal.Space = candidates[0].Space
		}
		return tx.doom(&disposal, candidates, event)
	})
	return disposal, verdict, err
}

// BeginExpired implements retention.Store.
func (db *DB) BeginExpired(
	ctx context.Context, class retention.Class, found []retention.Candidate, now time.Time, made func() id.Disposal, keeps retention.Keeps,
	event func(retention.Disposal) audit.Event,
) ([]retention.Disposal, error) {
	var begun []retention.Disposal
	err := db.Tx(ctx, func(tx *Tx) error {
		begun = nil
		if paused, err := tx.disposalPaused(now); err != nil || paused {
			return err
		}
		schedule, err := schedule(&tx.View)
		if err != nil {
			return err
		}
		candidates, err := stillExpired(tx, schedule, class, found, now)
		if err != nil {
			return err
		}
		kept, err := keeps(tx.Context(), candidates)
		if err != nil {
			return err
		}
		byThread := map[id.Thread][]retention.Candidate{}
		var threads []id.Thread
		for _, one := range candidates {
			if _, stays := kept[one.Message]; stays {
				continue
			}
			if byThread[one.Thread] == nil {
				threads = append(threads, one.Thread)
			}
			byThread[one.Thread] = append(byThread[one.Thread], one)
		}
		for _, thread := range threads {
			space := byThread[thread][0].Space
			disposal := retention.Disposal{
				ID: made(), Thread: thread, Reason: envelope.DestroyRetention, Class: class, Space: space, Period: schedule.Period(space, class), BeganAt: now,
			}
			if err := tx.doom(&disposal, byThread[thread], event); err != nil {
				return err
			}
			begun = append(begun, disposal)
		}
		return nil
	})
	return begun, err
}

// Expired implements retention.Store.
func (db *DB) Expired(ctx context.Context, class retention.Class, after retention.Cursor, limit int, now time.Time) ([]retention.Candidate, error) {
	var found []retention.Candidate
	err := db.View(ctx, func(v *View) error {
		schedule, err := schedule(v)
		if err != nil {
			return err
		}
		each, latest := cutoffs(schedule, class, now)
		args := append([]any{int64(class), latest, after.At, after.Thread, int64(after.Seq), limit}, each...)
		found, err = many(v, scanCandidate, expiredQuery, args...)
		return err
	})
	return found, err
}

var expiredQuery = `SELECT ` + candidateColumns + ` FROM thread_log l JOIN thread t ON t.thread = l.thread
	WHERE l.retention = $1 AND l.at <= $2 AND l.at >= $3 AND (l.at > $3 OR l.thread > $4 OR (l.thread = $4 AND l.seq > $5))
	AND ` + overAt(7) + ` AND ` + mayExpire + ` ORDER BY l.at, l.thread, l.seq LIMIT $6`

var stillExpiredQuery = `SELECT ` + candidateColumns + ` FROM thread_log l JOIN thread t ON t.thread = l.thread
	WHERE l.thread = $1 AND l.seq = $2 AND l.retention = $3 AND ` + overAt(4) + ` AND ` + mayExpire

func stillExpired(
	tx *Tx, schedule retention.Schedule, class retention.Class, found []retention.Candidate, now time.Time,
) ([]retention.Candidate, error) {
	each, _ := cutoffs(schedule, class, now)
	var candidates []retention.Candidate
	for _, c := range found {
		again, err := one(tx, scanCandidate, stillExpiredQuery, append([]any{c.Thread, int64(c.Seq), int64(class)}, each...)...)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		candidates = append(candidates, again)
	}
	return candidates, nil
}

// doom is the marking: from here on nothing brings the messages back.
func (tx *Tx) doom(d *retention.Disposal, candidates []retention.Candidate, event func(retention.Disposal) audit.Event) error {
	d.Subject = retention.SubjectOf(*d)
	if _, err := tx.Exec(`INSERT INTO disposal (`+disposalColumns+`, messages) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)`,
		d.ID, d.Thread, int64(d.Reason), d.Filing, int64(d.Class), int64(d.Space), int64(d.Period), d.BeganAt.UnixMilli(), d.Subject,
		len(candidates)); err != nil {
		return err
	}
	for _, c := range candidates {
		if _, err := tx.Exec(`UPDATE thread_log SET state = 1 WHERE thread = $1 AND seq = $2 AND state = 0`, c.Thread, int64(c.Seq)); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO destruction (thread, message, entry, filing, reason, at, done_at, disposal)
			SELECT l.thread, l.message, l.entry, $1, $2, $3, 0, $4 FROM thread_log l WHERE l.thread = $5 AND l.seq = $6 AND l.state = 1
			ON CONFLICT (thread, message) DO NOTHING`,
			d.Filing, int64(d.Reason), d.BeganAt.UnixMilli(), d.ID, c.Thread, int64(c.Seq)); err != nil {
			return err
		}
	}
	var err error
	if d.Doomed, err = doomedBy(&tx.View, *d); err != nil {
		return err
	}
	return tx.Audit(event(*d))
}

// doomedBy reads the messages of a disposal with the tombstones that they become, or are.
func doomedBy(v *View, d retention.Disposal) ([]retention.Doomed, error) {
	var document id.Hash
	var reference string
	if !d.Filing.IsZero() {
		err := v.Row(`SELECT document_hash, reference FROM filing WHERE filing = $1`, d.Filing).Scan(&document, &reference)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	return many(v, func(row Scanner) (retention.Doomed, error) {
		var one retention.Doomed
		var seq, state, deviceSeq, sent, content, at int64
		var body []byte
		t := &one.Tombstone
		err := row.Scan(&seq, &state, &t.Entry, &t.Message, &t.Person, &t.Device, &deviceSeq, &sent, &content, &at, &body)
		if err != nil {
			return one, err
		}
		one.Thread, one.Seq, one.Done = d.Thread, uint64(seq), state == messageDestroyed
		if one.Done {
			there, err := envelope.Parse[envelope.Tombstone](body)
			if err == nil {
				one.Tombstone = *there
			}
			return one, err
		}
		t.Thread, t.DeviceSeq, t.Time, t.Kind = d.Thread, uint64(deviceSeq), envelope.Time(sent), uint8(content)
		t.Destroyed, t.Reason, t.Filing = envelope.Time(at), d.Reason, d.Filing
		t.DocumentHash, t.Reference = document, reference
		return one, nil
	}, `SELECT l.seq, l.state, l.entry, l.message, l.person, l.device, l.device_seq, l.sent_at, l.content, x.at,
			CASE WHEN l.state = 2 THEN l.body ELSE NULL END
		FROM destruction x JOIN thread_log l ON l.thread = x.thread AND l.message = x.message WHERE x.disposal = $1 AND l.state <> 0 ORDER BY l.seq`, d.ID)
}

// Begun implements retention.Store.
func (db *DB) Begun(ctx context.Context, limit int) ([]retention.Disposal, error) {
	var begun []retention.Disposal
	err := db.View(ctx, func(v *View) (err error) {
		begun, err = disposals(v, `WHERE done_at = 0 ORDER BY began_at, disposal LIMIT $1`, limit)
		return err
	})
	return begun, err
}

// disposals reads those that a condition finds.
func disposals(v *View, where string, args ...any) ([]retention.Disposal, error) {
	found, err := many(v, scanDisposal, `SELECT `+disposalColumns+` FROM disposal `+where, args...)
	for n := range found {
		if err != nil {
			return nil, err
		}
		found[n].Doomed, err = doomedBy(v, found[n])
	}
	return found, err
}

// EndDisposal implements retention.Store.
func (db *DB) EndDisposal(ctx context.Context, d retention.Disposal, now time.Time, event audit.Event, done func([]retention.Doomed)) error {
	return db.Tx(ctx, func(tx *Tx) error {
		var gone []retention.Doomed
		for _, one := range d.Doomed {
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
		ended, err := tx.Exec(`UPDATE disposal SET done_at = $1 WHERE disposal = $2 AND done_at = 0`, now.UnixMilli(), d.ID)
		if err != nil || ended == 0 {
			return err // an earlier attempt ended it
		}
		// Clients ask for what was destroyed after a time that they know, so within a thread that time only grows, whatever the clock does.
		last, err := one(tx, scanInt, `SELECT COALESCE(MAX(done_at), 0) FROM destruction WHERE thread = $1`, d.Thread)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE destruction SET done_at = $1 WHERE disposal = $2 AND done_at = 0`, max(now.UnixMilli(), last+1), d.ID); err != nil {
			return err
		}
		if !d.Filing.IsZero() {
			if err := tx.destroyed(d.Filing, now); err != nil {
				return err
			}
		}
		if len(gone) > 0 {
			tx.AfterCommit(func() { done(gone) })
		}
		return tx.Audit(event)
	})
}

// Overdue implements retention.Store.
func (db *DB) Overdue(ctx context.Context, now time.Time, limit int) ([]id.Filing, error) {
	return many(db.Read(ctx), func(row Scanner) (id.Filing, error) {
		var filing id.Filing
		err := row.Scan(&filing)
		return filing, err
	}, `SELECT f.filing FROM filing f JOIN decision dd ON dd.thread = f.thread AND dd.message = f.decision
		WHERE f.state = 3 AND f.destroyed_at = 0 AND f.eligible_at <= $1 AND NOT `+overForGood+` AND NOT `+toBeCountersigned+`
		ORDER BY f.eligible_at LIMIT $2`, now.UnixMilli(), limit)
}

// IntendWork implements retention.Store.
func (db *DB) IntendWork(ctx context.Context, intent work.Intent) error {
	return db.Tx(ctx, func(tx *Tx) error { return tx.Intend(intent) })
}

const (
	candidateColumns = `l.thread, t.space, l.seq, l.message, l.person, l.at`
	disposalColumns  = `disposal, thread, reason, filing, class, space, days, began_at, done_at, subject`
)

func scanCandidate(row Scanner) (retention.Candidate, error) {
	var c retention.Candidate
	var seq, at int64
	err := row.Scan(&c.Thread, (*uint8)(&c.Space), &seq, &c.Message, &c.Person, &at)
	c.Seq, c.At = uint64(seq), fromMillis(at)
	return c, err
}

func scanDisposal(row Scanner) (retention.Disposal, error) {
	var d retention.Disposal
	var days, began, done int64
	err := row.Scan(&d.ID, &d.Thread, (*uint8)(&d.Reason), &d.Filing, (*uint8)(&d.Class), (*uint8)(&d.Space), &days, &began, &done, &d.Subject)
	d.Period, d.BeganAt, d.DoneAt = retention.Period(days), fromMillis(began), sometime(done)
	return d, err
}

// Disposals implements retention.Store.
func (db *DB) Disposals(ctx context.Context, what retention.Subject, limit int) ([]retention.Disposal, error) {
	where, args := `WHERE done_at > 0 AND done_at >= $1 AND done_at < $2`, []any{what.From, what.Until}
	if what.Until == 0 {
		args[1] = int64(1) << 53
	}
	if !what.Filing.IsZero() {
		where, args = where+` AND filing = $3`, append(args, what.Filing)
	} else if !what.Thread.IsZero() {
		where, args = where+` AND thread = $3`, append(args, what.Thread)
	}
	var found []retention.Disposal
	err := db.View(ctx, func(v *View) (err error) {
		found, err = disposals(v, where+` ORDER BY done_at, disposal LIMIT `+strconv.Itoa(limit), args...)
		return err
	})
	return found, err
}

// LastLeaf implements retention.Store.
func (db *DB) LastLeaf(ctx context.Context, kind audit.Kind, subject []byte) (int64, error) {
	if kind != audit.Disposal {
		return 0, errors.New("store: only disposals are found by their subject")
	}
	leaf, err := one(db.Read(ctx), scanInt, `SELECT MAX(leaf) FROM audit_event WHERE kind = 1284 AND subject = $1 AND leaf IS NOT NULL HAVING COUNT(*) > 0`, subject)
	if errors.Is(err, ErrNotFound) {
		err = audit.ErrNoLeaf
	}
	return leaf, err
}
