package store

import (
	"context"
	"errors"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/thread"
)

var _ thread.Warnings = Threads{}

// disputed is a condition on a thread: it is quarantined, and somebody who is still here has not taken note, or the record has not marked
// every filing. Nothing of it is destroyed as long as it holds, whatever the class (H12). Filings that were received never make originals of a
// quarantined thread eligible, settled or not: what the record holds of them is entered in error.
func disputed(threadColumn string) string {
	return `EXISTS (SELECT 1 FROM thread q WHERE q.thread = ` + threadColumn + ` AND q.quarantined_seq > 0 AND (
		EXISTS (SELECT 1 FROM quarantine_reader r LEFT JOIN person p ON p.person = r.person
			WHERE r.thread = q.thread AND r.acknowledged_at = 0 AND p.left_at IS NULL)
		OR EXISTS (SELECT 1 FROM filing x WHERE x.thread = q.thread AND x.retraction IN (1, 3, 4))))`
}

// Disputed says whether a thread is about the wrong patient and not settled yet.
func (t Threads) Disputed(ctx context.Context, in id.Thread) (bool, error) {
	n, err := one(t.db.Read(ctx), scanInt, `SELECT COUNT(*) FROM thread WHERE thread = $1 AND `+disputed("thread.thread"), in)
	return n > 0, err
}

// quarantine stops a thread in the transaction of the message that says so: everybody who was ever in it is to be told, filings that have not gone
// do not go, and those that have, or may have, are to be marked by the record as entered in error.
func quarantine(tx *Tx, s *sending) error {
	in, by, at := s.message.Header.Thread, s.message.Header.Person, s.message.At.UnixMilli()
	if _, err := tx.Exec(`UPDATE thread SET quarantined_seq = $1, quarantined_at = $2 WHERE thread = $3`, s.entry.Seq, at, in); err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO quarantine_reader (thread, person, told_at, acknowledged_at) SELECT thread, person, $1, 0
		FROM thread_member WHERE thread = $2`, at, in); err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE quarantine_reader SET acknowledged_at = $1, message = $2 WHERE thread = $3 AND person = $4`,
		at, s.message.Header.Message, in, by); err != nil {
		return err
	}
	if err := stopFilings(tx, in, by, s.message.At); err != nil {
		return err
	}
	if err := takeBack(tx, s); err != nil {
		return err
	}
	return tx.Audit(s.message.Event)
}

// stopFilings is what a quarantine does to the filings of its thread.
func stopFilings(tx *Tx, in id.Thread, by id.Person, at time.Time) error {
	stopped, err := many(tx, func(row Scanner) (id.Filing, error) {
		var filing id.Filing
		err := row.Scan(&filing)
		return filing, err
	}, `SELECT filing FROM filing WHERE thread = $1 AND state NOT IN (3, 6) ORDER BY filing`, in)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE filing SET retraction = 4 WHERE thread = $1 AND retraction = 0
		AND (state IN (2, 3, 5) OR state = 1 AND attempts > 0)`, in); err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE filing SET state = 6, code = 'wrong_patient', reason = $1, next_try_at = 0,
		sealed = CASE WHEN retraction = 0 THEN NULL ELSE sealed END
		WHERE thread = $2 AND state NOT IN (3, 6)`, stoppedReason, in); err != nil {
		return err
	}
	for _, filing := range stopped {
		event := audit.Event{
			Kind: audit.FilingStopped, Actor: by, Subject: audit.About(in, filing), At: at, Details: map[string]string{"why": "wrong_patient"},
		}
		if err := tx.Audit(event); err != nil {
			return err
		}
	}
	return nil
}

// takeBack ends the life of every decision of the thread.
func takeBack(tx *Tx, s *sending) error {
	h := &s.message.Header
	decisions, err := many(tx, scanDecision, `SELECT `+decisionColumns+` FROM decision d WHERE d.thread = $1 ORDER BY d.seq`, h.Thread)
	if err != nil {
		return err
	}
	for _, decision := range decisions {
		next, event := decision.OfWrongPatient(h.Message, h.Person, s.message.At)
		if event == nil {
			continue
		}
		if err := tx.writeDecision(next); err != nil {
			return err
		}
		if err := tx.Audit(*event); err != nil {
			return err
		}
	}
	return nil
}

const stoppedReason = "This conversation is linked to the wrong patient."

// takeNote writes that the author of an acknowledgement has taken note of the quarantine.
func takeNote(tx *Tx, s *sending) error {
	h := &s.message.Header
	changed, err := tx.Exec(`UPDATE quarantine_reader SET acknowledged_at = $1, message = $2 WHERE thread = $3 AND person = $4 AND acknowledged_at = 0`,
		s.message.At.UnixMilli(), h.Message, h.Thread, h.Person)
	if err != nil || changed == 0 {
		return err
	}
	return tx.Audit(s.message.Event)
}

// warn tells somebody of a quarantine who joins after it.
func warn(tx *Tx, in id.Thread, person id.Person, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO quarantine_reader (thread, person, told_at, acknowledged_at) VALUES ($1, $2, $3, 0)
		ON CONFLICT (thread, person) DO NOTHING`, in, person, at.UnixMilli())
	return err
}

// TakeNote implements thread.Warnings.
func (t Threads) TakeNote(ctx context.Context, in id.Thread, person id.Person, at time.Time, event audit.Event) error {
	return t.db.Tx(ctx, func(tx *Tx) error {
		there, err := one(tx, scanInt, `SELECT COUNT(*) FROM quarantine_reader WHERE thread = $1 AND person = $2`, in, person)
		if err != nil {
			return err
		}
		if there == 0 {
			return thread.ErrNotQuarantined
		}
		changed, err := tx.Exec(`UPDATE quarantine_reader SET acknowledged_at = $1 WHERE thread = $2 AND person = $3 AND acknowledged_at = 0`,
			at.UnixMilli(), in, person)
		if err != nil || changed == 0 {
			return err
		}
		return tx.Audit(event)
	})
}

// Quarantine implements thread.Warnings.
func (t Threads) Quarantine(ctx context.Context, in id.Thread) (q thread.Quarantine, err error) {
	err = t.db.View(ctx, func(v *View) error {
		var at int64
		err := v.Row(`SELECT l.message, l.person, l.seq, t.quarantined_at FROM thread t JOIN thread_log l ON l.thread = t.thread AND l.seq = t.quarantined_seq
			WHERE t.thread = $1`, in).Scan(&q.Message, &q.By, &q.Seq, &at)
		if errors.Is(err, ErrNotFound) {
			return thread.ErrNotQuarantined
		}
		if err != nil {
			return err
		}
		q.At = fromMillis(at)
		if q.Readers, err = many(v, scanReader, `SELECT r.person, r.acknowledged_at, m.left_seq IS NOT NULL, p.left_at IS NOT NULL
			FROM quarantine_reader r LEFT JOIN thread_member m ON m.thread = r.thread AND m.person = r.person
			LEFT JOIN person p ON p.person = r.person WHERE r.thread = $1 ORDER BY r.person`, in); err != nil {
			return err
		}
		q.Filings, err = many(v, scanInError, `SELECT f.filing, f.decision, f.retraction FROM filing f
			WHERE f.thread = $1 AND f.retraction <> 0 ORDER BY f.filed_at, f.filing`, in)
		return err
	})
	return q, err
}

func scanReader(row Scanner) (thread.QuarantineReader, error) {
	var r thread.QuarantineReader
	var acknowledged int64
	err := row.Scan(&r.Person, &acknowledged, &r.Left, &r.Gone)
	r.AcknowledgedAt = sometime(acknowledged)
	return r, err
}

func scanInError(row Scanner) (thread.QuarantineFiling, error) {
	var f thread.QuarantineFiling
	var retraction uint8
	err := row.Scan(&f.Filing, &f.Decision, &retraction)
	f.Retraction = record.Retraction(retraction).String()
	return f, err
}
