package store

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

// AddComplaint implements thread.Notes.
func (t Threads) AddComplaint(ctx context.Context, in id.Thread, c thread.NewComplaint, event audit.Event) (kept bool, err error) {
	err = t.db.Tx(ctx, func(tx *Tx) error {
		kept = false
		var ofEpoch, mine int
		if err := tx.Row(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN person = $1 THEN 1 ELSE 0 END), 0) FROM thread_complaint
			WHERE thread = $2 AND epoch = $3`, c.Person, in, c.Epoch).Scan(&ofEpoch, &mine); err != nil {
			return err
		}
		if mine > 0 || ofEpoch >= thread.MaxComplaints {
			return nil
		}
		if err := withinDay(tx, `SELECT COUNT(*) FROM thread_complaint WHERE person = $1 AND at > $2`, c.Person, c.At); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO thread_complaint (thread, epoch, person, at, complaint) VALUES ($1, $2, $3, $4, $5)`,
			in, c.Epoch, c.Person, c.At.UnixMilli(), c.Body); err != nil {
			return err
		}
		kept = true
		return tx.Audit(event)
	})
	return kept, err
}

// Complaints implements thread.Reader.
func (t Threads) Complaints(ctx context.Context, in id.Thread) ([]thread.Complaint, error) {
	return many(t.db.Read(ctx), func(row Scanner) (thread.Complaint, error) {
		var c thread.Complaint
		err := row.Scan(&c.Complaint, &c.At, &c.Answered)
		return c, err
	}, `SELECT c.complaint, c.at, EXISTS (SELECT 1 FROM thread_grant g WHERE g.thread = c.thread AND g.target = c.person AND g.at >= c.at)
		FROM thread_complaint c WHERE c.thread = $1 ORDER BY c.at, c.epoch, c.person`, in)
}

// AddConflict implements thread.Notes.
func (t Threads) AddConflict(ctx context.Context, c thread.NewConflict, event audit.Event) error {
	return t.db.Tx(ctx, func(tx *Tx) error {
		var there int
		if err := tx.Row(`SELECT COUNT(*) FROM thread_conflict WHERE conflict = $1`, c.Hash).Scan(&there); err != nil || there > 0 {
			return err
		}
		if err := withinDay(tx, `SELECT COUNT(*) FROM thread_conflict WHERE person = $1 AND at > $2`, c.Person, c.At); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO thread_conflict (conflict, thread, person, at, report) VALUES ($1, $2, $3, $4, $5)`,
			c.Hash, c.Thread, c.Person, c.At.UnixMilli(), c.Body); err != nil {
			return err
		}
		// Two people have one direct thread, unless it is one that they cannot use.
		if _, err := tx.Exec(`UPDATE thread SET direct_pair = NULL WHERE thread = $1 AND direct_pair IS NOT NULL AND EXISTS
			(SELECT 1 FROM thread_member m WHERE m.thread = $1 AND m.person = $2 AND m.left_seq IS NULL)`, c.Thread, c.Person); err != nil {
			return err
		}
		return tx.Audit(event)
	})
}

// withinDay refuses one more of what a person made too often since yesterday.
func withinDay(tx *Tx, count string, person id.Person, now time.Time) error {
	var made int
	if err := tx.Row(count, person, now.Add(-24*time.Hour).UnixMilli()).Scan(&made); err != nil {
		return err
	}
	if made >= thread.MaxReports {
		return thread.ErrTooManyReports
	}
	return nil
}
