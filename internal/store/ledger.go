package store

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/ledger"
	"github.com/wardline/wardline/internal/record"
)

var _ ledger.Store = (*DB)(nil)

// ledgerPage bounds one transaction; a backlog is placed in several.
const ledgerPage = 256

// PlaceDestroyed implements ledger.Store. Whoever destroys writes a row of destruction in the same transaction; here the row gets its number, in the
// manner of the audit log's sequencer. It takes no event: the disposal has one.
func (db *DB) PlaceDestroyed(ctx context.Context) (ledger.Head, error) {
	for {
		var head ledger.Head
		placed := 0
		err := db.Tx(ctx, func(tx *Tx) (err error) {
			head, placed, err = placePage(tx)
			return err
		})
		if err != nil || placed < ledgerPage {
			return head, err
		}
	}
}

func placePage(tx *Tx) (head ledger.Head, placed int, err error) {
	if head, err = ledgerHead(&tx.View); err != nil {
		return head, 0, err
	}
	waiting, err := many(tx, scanDestroyed, `SELECT d.thread, d.message, d.entry, d.filing, d.reason, d.at, l.state, l.body, l.person, l.device,
		l.device_seq, l.sent_at, l.content, f.document_hash, COALESCE(f.reference, '')
		FROM destruction d JOIN thread_log l ON l.thread = d.thread AND l.message = d.message LEFT JOIN filing f ON f.filing = d.filing
		WHERE d.place IS NULL ORDER BY d.at, d.thread, d.message LIMIT $1`, ledgerPage)
	if err != nil {
		return head, 0, err
	}
	for _, one := range waiting {
		head.Hash, head.Number = ledger.Next(head.Hash, head.Number+1, one.tombstone), head.Number+1
		if _, err := tx.Exec(`INSERT INTO ledger (number, tombstone, hash) VALUES ($1, $2, $3)`, head.Number, one.tombstone, head.Hash); err != nil {
			return head, 0, err
		}
		if _, err := tx.Exec(`UPDATE destruction SET place = $1 WHERE thread = $2 AND message = $3`, head.Number, one.thread, one.message); err != nil {
			return head, 0, err
		}
	}
	return head, len(waiting), nil
}

// destroyed is a message that is being destroyed, or was, with its tombstone.
type destroyed struct {
	thread    id.Thread
	message   id.Message
	tombstone []byte
}

// scanDestroyed takes the tombstone that stands in the log, and makes it where the disposal has only begun.
func scanDestroyed(row Scanner) (destroyed, error) {
	var t envelope.Tombstone
	var reason, at, state, deviceSeq, sent, content int64
	var body []byte
	err := row.Scan(&t.Thread, &t.Message, &t.Entry, &t.Filing, &reason, &at, &state, &body, &t.Person, &t.Device, &deviceSeq, &sent, &content,
		&t.DocumentHash, &t.Reference)
	if err != nil {
		return destroyed{}, err
	}
	one := destroyed{thread: t.Thread, message: t.Message, tombstone: body}
	if state != messageDestroyed {
		t.DeviceSeq, t.Time, t.Kind = uint64(deviceSeq), envelope.Time(sent), uint8(content)
		t.Reason, t.Destroyed = envelope.DestroyReason(reason), envelope.TimeOf(fromMillis(at))
		one.tombstone, err = envelope.Encode(&t)
	}
	return one, err
}

// LedgerEntries implements ledger.Store.
func (db *DB) LedgerEntries(ctx context.Context, after int64, limit int) ([]ledger.Entry, error) {
	return many(db.Read(ctx), func(row Scanner) (ledger.Entry, error) {
		var e ledger.Entry
		err := row.Scan(&e.Number, &e.Tombstone, &e.Hash)
		return e, err
	}, `SELECT number, tombstone, hash FROM ledger WHERE number > $1 ORDER BY number LIMIT $2`, after, limit)
}

func ledgerHead(v *View) (ledger.Head, error) {
	var head ledger.Head
	err := v.Row(`SELECT COALESCE(MAX(number), 0) FROM ledger`).Scan(&head.Number)
	if err != nil || head.Number == 0 {
		return head, err
	}
	err = v.Row(`SELECT hash FROM ledger WHERE number = $1`, head.Number).Scan(&head.Hash)
	return head, err
}

// Replayed counts what a replay of the ledger did.
type Replayed struct {
	Destroyed int64 // were readable in the backup and are tombstones now
	Absent    int64 // are not in the backup at all: sent and destroyed after it
	Held      int64 // of Destroyed, those under a hold at the time of the backup: it had been released since
}

// Replay destroys in this database what the ledger says was destroyed: one call for each piece of it, in order. What is a tombstone already stays as it
// is. Entries up to the number known are in the database's own ledger, so that only their messages may have to go.
func (db *DB) Replay(ctx context.Context, entries []ledger.Entry, known int64, now time.Time) (Replayed, error) {
	var total Replayed
	err := db.Tx(ctx, func(tx *Tx) error {
		total = Replayed{}
		for _, e := range entries {
			t, err := e.Read()
			if err != nil {
				return err
			}
			one, err := tx.replayOne(e, t, e.Number <= known, now)
			if err != nil {
				return err
			}
			total.add(one)
		}
		return nil
	})
	return total, err
}

func (r *Replayed) add(other Replayed) {
	r.Destroyed += other.Destroyed
	r.Absent += other.Absent
	r.Held += other.Held
}

func (tx *Tx) replayOne(e ledger.Entry, t *envelope.Tombstone, known bool, now time.Time) (Replayed, error) {
	var done Replayed
	changed, err := tx.Exec(`UPDATE thread_log SET state = 2, body = $1, unfiled = FALSE WHERE thread = $2 AND message = $3 AND entry = $4 AND state <> 2`,
		e.Tombstone, t.Thread, t.Message, t.Entry)
	if err != nil {
		return done, err
	}
	if done.Destroyed = changed; changed > 0 {
		if done.Held, err = one(tx, scanInt, `SELECT COUNT(*) FROM thread_log l JOIN thread t ON t.thread = l.thread
			WHERE l.thread = $1 AND l.message = $2 AND `+held, t.Thread, t.Message); err != nil {
			return done, err
		}
	} else if known {
		return done, nil
	} else {
		there, err := one(tx, scanInt, `SELECT COUNT(*) FROM thread_log WHERE thread = $1 AND message = $2`, t.Thread, t.Message)
		if err != nil {
			return done, err
		}
		done.Absent = 1 - min(there, 1)
	}
	if _, err := tx.Exec(`INSERT INTO destruction (thread, message, entry, filing, reason, at, done_at, place) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (thread, message) DO UPDATE SET done_at = excluded.done_at, place = excluded.place`,
		t.Thread, t.Message, t.Entry, t.Filing, int64(t.Reason), int64(t.Destroyed), now.UnixMilli(), e.Number); err != nil {
		return done, err
	}
	if _, err := tx.Exec(`INSERT INTO ledger (number, tombstone, hash) VALUES ($1, $2, $3) ON CONFLICT (number) DO NOTHING`,
		e.Number, e.Tombstone, e.Hash); err != nil {
		return done, err
	}
	if changed == 0 {
		return done, nil
	}
	return done, tx.settleDestroyed(t)
}

// settleDestroyed tells filing and decision what the ledger says, whatever the backup thought of them: nothing is destroyed before the record has the
// document. The steps between are lost with the rest. So is the time of the receipt: the destruction is the latest that it can have been.
func (tx *Tx) settleDestroyed(t *envelope.Tombstone) error {
	if _, err := tx.Exec(`UPDATE decision SET stage = $1, changed_at = $2, filing = $3 WHERE thread = $4 AND message = $5
		AND stage NOT IN (9, 11)`, // corrected and entered in error stay what they are
		int64(record.Destroyed), int64(t.Destroyed), t.Filing.Nullable(), t.Thread, t.Message); err != nil {
		return err
	}
	if t.Filing.IsZero() {
		return nil
	}
	_, err := tx.Exec(`UPDATE filing SET destroyed_at = $1, sealed = NULL, code = '', reason = '',
		reference = CASE WHEN state = 3 THEN reference ELSE $2 END, received_at = CASE WHEN state = 3 THEN received_at ELSE $1 END,
		eligible_at = CASE WHEN state = 3 THEN eligible_at ELSE $1 END, state = 3 WHERE filing = $3 AND destroyed_at = 0`,
		int64(t.Destroyed), t.Reference, t.Filing)
	return err
}
