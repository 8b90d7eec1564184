package store

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/backup"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// LogRow is one row of a thread's log, as a check of a restored database wants it.
type LogRow struct {
	Thread     id.Thread
	Seq        uint64
	Kind       envelope.EntryKind // EntryTombstone for a message that was destroyed
	Live       bool
	Entry      id.Hash
	LogHash    id.Hash
	Message    id.Message
	Commitment id.Hash
	Body       []byte
}

// EachLogRow calls fn with every row of every thread's log, thread by thread and in order.
func (db *DB) EachLogRow(ctx context.Context, fn func(LogRow) error) error {
	return db.Read(ctx).Each(`SELECT thread, seq, kind, state, entry, log_hash, message, commitment, body FROM thread_log ORDER BY thread, seq`, nil,
		func(row Scanner) error {
			var r LogRow
			var state uint8
			err := row.Scan(&r.Thread, &r.Seq, (*uint8)(&r.Kind), &state, &r.Entry, &r.LogHash, &r.Message, &r.Commitment, &r.Body)
			if err != nil {
				return err
			}
			r.Live = state == messageLive
			if state == messageDestroyed {
				r.Kind = envelope.EntryTombstone
			}
			return fn(r)
		})
}

// ThreadEnd is what a thread's own row says of its log.
type ThreadEnd struct {
	Seq     uint64
	LogHash id.Hash
}

// ThreadEnd is where the thread's row says that its log ends.
func (db *DB) ThreadEnd(ctx context.Context, in id.Thread) (ThreadEnd, error) {
	return one(db.Read(ctx), func(row Scanner) (e ThreadEnd, err error) { return e, row.Scan(&e.Seq, &e.LogHash) },
		`SELECT seq, log_hash FROM thread WHERE thread = $1`, in)
}

// Tombstone is a destroyed message with what else is known of it.
type Tombstone struct {
	Thread       id.Thread
	Message      id.Message
	Entry        id.Hash
	Body         []byte
	Recorded     bool // in the table of what was destroyed
	Filing       id.Filing
	DocumentHash id.Hash // the filing's
	Reference    string  // the filing's; empty before its receipt
}

// EachTombstone calls fn with every destroyed message.
func (db *DB) EachTombstone(ctx context.Context, fn func(Tombstone) error) error {
	return db.Read(ctx).Each(`SELECT l.thread, l.message, l.entry, l.body, d.message IS NOT NULL, d.filing, f.document_hash, COALESCE(f.reference, '')
		FROM thread_log l LEFT JOIN destruction d ON d.thread = l.thread AND d.message = l.message LEFT JOIN filing f ON f.filing = d.filing
		WHERE l.state = 2`, nil, func(row Scanner) error {
		var t Tombstone
		if err := row.Scan(&t.Thread, &t.Message, &t.Entry, &t.Body, &t.Recorded, &t.Filing, &t.DocumentHash, &t.Reference); err != nil {
			return err
		}
		return fn(t)
	})
}

// SealedSecrets are what is sealed under the login key for one person; one that they do not have is empty.
type SealedSecrets struct {
	Person           id.Person
	TOTP, VaultShare []byte
}

// EachSealedSecret calls fn with everybody's.
func (db *DB) EachSealedSecret(ctx context.Context, fn func(SealedSecrets) error) error {
	return db.Read(ctx).Each(`SELECT person, totp_secret, vault_share FROM account`, nil, func(row Scanner) error {
		var s SealedSecrets
		if err := row.Scan(&s.Person, &s.TOTP, &s.VaultShare); err != nil {
			return err
		}
		return fn(s)
	})
}

// EachSealedDocument calls fn with every document that waits for the record.
func (db *DB) EachSealedDocument(ctx context.Context, fn func(filing id.Filing, hash id.Hash, sealed []byte) error) error {
	return db.Read(ctx).Each(`SELECT filing, document_hash, sealed FROM filing WHERE sealed IS NOT NULL`, nil, func(row Scanner) error {
		var filing id.Filing
		var hash id.Hash
		var sealed []byte
		if err := row.Scan(&filing, &hash, &sealed); err != nil {
			return err
		}
		return fn(filing, hash, sealed)
	})
}

// CountRows is how many rows a table of a backup has here.
func (db *DB) CountRows(ctx context.Context, table backup.Table) (int64, error) {
	return one(db.Read(ctx), scanInt, `SELECT COUNT(*) FROM `+table.Name)
}

// Settling is what a restore leaves for serving.
type Settling struct {
	At, TakenAt  time.Time
	Ledger       int64
	DisposalFrom time.Time
	Events       []audit.Event
}

// Settle ends a restore, within the transaction that takes the mark away: what somebody had in hand is free again, links that were out are void, nothing
// is disposed of for a while, and the audit log says that this is a restored database.
func (tx *Tx) Settle(s Settling) error {
	at := s.At.UnixMilli()
	for _, step := range []struct {
		query string
		args  []any
	}{
		{`UPDATE due SET owner = NULL, leased_until = 0 WHERE owner IS NOT NULL`, nil},
		{`UPDATE due SET at = $1 WHERE kind LIKE 'retention.%' AND at < $1`, []any{s.DisposalFrom.UnixMilli()}},
		{`UPDATE enrolment SET spent_at = $1 WHERE spent_at IS NULL`, []any{at}},
		{`DELETE FROM pin`, nil},
		{`INSERT INTO restoration (at, taken_at, ledger, disposal_from) VALUES ($1, $2, $3, $4)`,
			[]any{at, s.TakenAt.UnixMilli(), s.Ledger, s.DisposalFrom.UnixMilli()}},
	} {
		if _, err := tx.Exec(step.query, step.args...); err != nil {
			return err
		}
	}
	return tx.auditAll(s.Events)
}

// disposalPaused says whether a restore is so recent that holds may be missing.
func (tx *Tx) disposalPaused(now time.Time) (bool, error) {
	from, err := one(tx, scanInt, `SELECT COALESCE(MAX(disposal_from), 0) FROM restoration`)
	return now.UnixMilli() < from, err
}

// Restoration is one time that this database was made from a backup.
type Restoration struct {
	At, TakenAt  time.Time
	Ledger       int64
	DisposalFrom time.Time
}

// Restorations are all of them, the latest first. Whoever disposes by a schedule of its own waits until the latest DisposalFrom: holds that were placed
// after the backup are not in it, and have to be placed again first.
func (db *DB) Restorations(ctx context.Context) ([]Restoration, error) {
	return many(db.Read(ctx), func(row Scanner) (r Restoration, err error) {
		var at, taken, from int64
		err = row.Scan(&at, &taken, &r.Ledger, &from)
		r.At, r.TakenAt, r.DisposalFrom = fromMillis(at), fromMillis(taken), fromMillis(from)
		return r, err
	}, `SELECT at, taken_at, ledger, disposal_from FROM restoration ORDER BY at DESC`)
}
