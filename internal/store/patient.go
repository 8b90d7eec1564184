package store

import (
	"context"
	"errors"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/patient"
)

var _ patient.Store = (*DB)(nil)

// NoteLookUp implements patient.Store.
func (db *DB) NoteLookUp(ctx context.Context, event audit.Event) error {
	return db.Tx(ctx, func(tx *Tx) error { return tx.Audit(event) })
}

// KeepAssertion implements patient.Store.
func (db *DB) KeepAssertion(ctx context.Context, issued patient.Issued, event audit.Event) error {
	return db.Tx(ctx, func(tx *Tx) error {
		if _, err := tx.Exec(`INSERT INTO patient_assertion (hash, thread, tag, tag_key, requester, issued_at, expires_at, continues)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (hash) DO NOTHING`,
			issued.Hash, issued.Thread, issued.Tag, int64(issued.TagKey), issued.Requester, issued.IssuedAt.UnixMilli(), issued.ExpiresAt.UnixMilli(), issued.Continues.Nullable()); err != nil {
			return err
		}
		return tx.Audit(event)
	})
}

// Assertion implements patient.Store.
func (db *DB) Assertion(ctx context.Context, hash id.Hash) (patient.Issued, error) {
	issued, err := one(db.Read(ctx), scanIssued, `SELECT hash, thread, tag, tag_key, requester, issued_at, expires_at, continues
		FROM patient_assertion WHERE hash = $1`, hash)
	if errors.Is(err, ErrNotFound) {
		return patient.Issued{}, patient.ErrAssertion
	}
	return issued, err
}

func scanIssued(row Scanner) (patient.Issued, error) {
	var i patient.Issued
	var key, issued, expires int64
	var continues []byte // NULL, of the first of a thread, leaves zero
	err := row.Scan(&i.Hash, &i.Thread, &i.Tag, &key, &i.Requester, &issued, &expires, &continues)
	copy(i.Continues[:], continues)
	i.TagKey, i.IssuedAt, i.ExpiresAt = uint32(key), fromMillis(issued), fromMillis(expires)
	return i, err
}
