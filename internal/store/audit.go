package store

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/wardline/wardline/internal/audit"
)

// Audit writes the event with everything else in the transaction. Every method that changes state takes an
// audit.Event and calls it, so that an act without its event cannot be committed.
func (tx *Tx) Audit(event audit.Event) error {
	row, err := event.Row()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO audit_event (kind, at, actor, subject, body) VALUES ($1, $2, $3, $4, $5)`,
		int64(row.Kind), int64(row.At), row.Actor, blob(row.Subject), blob(row.Body))
	if err == nil {
		tx.AfterCommit(tx.db.audited)
	}
	return err
}

// OnAudit has wake called after every transaction that wrote an event. It must not wait, and is set once,
// before the database is used.
func (db *DB) OnAudit(wake func()) { db.onAudit = wake }

// Audit is one event by itself, for what changes no other state: a refused sign-in, a look-up.
func (db *DB) Audit(ctx context.Context, event audit.Event) error {
	return db.Group(ctx, func(tx *Tx) error { return tx.Audit(event) })
}

// AuditLog is the database as the audit log's sequencer and readers see it.
func (db *DB) AuditLog() AuditLog { return AuditLog{db} }

// AuditLog keeps the leaves, the tree and the checkpoints.
type AuditLog struct{ db *DB }

var _ audit.Store = AuditLog{}

// Waiting implements audit.Store.
func (l AuditLog) Waiting(ctx context.Context, limit int) ([]audit.Waiting, error) {
	return many(l.db.Read(ctx), scanWaiting,
		`SELECT number, kind, at, actor, subject, body FROM audit_event WHERE leaf IS NULL ORDER BY number LIMIT $1`, limit)
}

// Append implements audit.Store.
func (l AuditLog) Append(ctx context.Context, batch audit.Batch) error {
	err := l.db.Tx(ctx, func(tx *Tx) error {
		size, _, err := auditHead(&tx.View)
		if err != nil {
			return err
		}
		if size != batch.From {
			return audit.ErrMoved
		}
		if err := placeRows(tx, batch.From, batch.Rows); err != nil {
			return err
		}
		if err := addHashes(tx, tlog.StoredHashCount(batch.From), batch.Hashes); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO audit_checkpoint (size, note) VALUES ($1, $2)`,
			batch.From+int64(len(batch.Rows)), blob(batch.Checkpoint))
		return err
	})
	if errors.Is(err, ErrDuplicate) {
		return audit.ErrMoved // another node placed the same leaves between our look and our write
	}
	return err
}

// Head implements audit.Reader.
func (l AuditLog) Head(ctx context.Context) (int64, []byte, error) { return auditHead(l.db.Read(ctx)) }

// Rows implements audit.Reader.
func (l AuditLog) Rows(ctx context.Context, from int64, limit int) ([]audit.Row, error) {
	return many(l.db.Read(ctx), scanAuditRow,
		`SELECT kind, at, actor, subject, body FROM audit_event WHERE leaf >= $1 ORDER BY leaf LIMIT $2`, from, limit)
}

// Checkpoints implements audit.Reader.
func (l AuditLog) Checkpoints(ctx context.Context, over int64, limit int) ([]audit.Signed, error) {
	return many(l.db.Read(ctx), scanCheckpoint,
		`SELECT size, note FROM audit_checkpoint WHERE size > $1 ORDER BY size LIMIT $2`, over, limit)
}

// ReadHashes implements audit.Reader.
func (l AuditLog) ReadHashes(ctx context.Context, positions []int64) ([]tlog.Hash, error) {
	found := make(map[int64]tlog.Hash, len(positions))
	err := l.db.View(ctx, func(v *View) error {
		return chunks(len(positions), func(from, to int) error {
			args := make([]any, 0, to-from)
			for _, position := range positions[from:to] {
				args = append(args, position)
			}
			query := `SELECT position, hash FROM audit_hash WHERE position IN (` + placeholders(1, to-from) + `)`
			return v.Each(query, args, func(row Scanner) error {
				var position int64
				var hash []byte
				if err := row.Scan(&position, &hash); err != nil {
					return err
				}
				if len(hash) != tlog.HashSize {
					return fmt.Errorf("store: stored hash %d has %d bytes", position, len(hash))
				}
				found[position] = tlog.Hash(hash)
				return nil
			})
		})
	})
	if err != nil {
		return nil, err
	}
	hashes := make([]tlog.Hash, len(positions))
	for n, position := range positions {
		hash, ok := found[position]
		if !ok {
			return nil, fmt.Errorf("store: the audit log has no stored hash %d", position)
		}
		hashes[n] = hash
	}
	return hashes, nil
}

// audited runs after each commit that wrote an event.
func (db *DB) audited() {
	if db.onAudit != nil {
		db.onAudit()
	}
}

func auditHead(v *View) (size int64, note []byte, err error) {
	err = v.Row(`SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1`).Scan(&size, &note)
	if errors.Is(err, ErrNotFound) {
		return 0, nil, nil
	}
	return size, note, err
}

// placeRows numbers the rows, each of which must exist and be without a number.
func placeRows(tx *Tx, first int64, rows []int64) error {
	return chunks(len(rows), func(from, to int) error {
		args := make([]any, 0, 2*(to-from))
		for n := from; n < to; n++ {
			args = append(args, rows[n], first+int64(n))
		}
		placed, err := tx.Exec(`WITH place (number, leaf) AS (VALUES `+numbers(to-from)+`)
			UPDATE audit_event SET leaf = place.leaf FROM place
			WHERE audit_event.number = place.number AND audit_event.leaf IS NULL`, args...)
		if err != nil {
			return err
		}
		if placed != int64(to-from) {
			return audit.ErrMoved
		}
		return nil
	})
}

func addHashes(tx *Tx, first int64, hashes []tlog.Hash) error {
	return chunks(len(hashes), func(from, to int) error {
		args := make([]any, 0, 2*(to-from))
		for n := from; n < to; n++ {
			args = append(args, first+int64(n), hashes[n][:])
		}
		_, err := tx.Exec(`INSERT INTO audit_hash (position, hash) VALUES `+tuples(to-from, 2), args...)
		return err
	})
}

// numbers is tuples(rows, 2) with the first one's types stated, which PostgreSQL cannot infer in a CTE.
func numbers(rows int) string {
	list := tuples(rows, 2)
	return "(CAST($1 AS BIGINT), CAST($2 AS BIGINT))" + list[len("($1, $2)"):]
}

func scanWaiting(row Scanner) (audit.Waiting, error) {
	var w audit.Waiting
	err := row.Scan(&w.Number, &w.Row.Kind, &w.Row.At, &w.Row.Actor, &w.Row.Subject, &w.Row.Body)
	return w, err
}

func scanAuditRow(row Scanner) (audit.Row, error) {
	var r audit.Row
	err := row.Scan(&r.Kind, &r.At, &r.Actor, &r.Subject, &r.Body)
	return r, err
}

func scanCheckpoint(row Scanner) (audit.Signed, error) {
	var s audit.Signed
	err := row.Scan(&s.Size, &s.Note)
	return s, err
}
