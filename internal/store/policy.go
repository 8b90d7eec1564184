package store

import (
	"context"
	"errors"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/policy"
)

var _ policy.Store = (*DB)(nil)

// PublishPolicy implements policy.Store.
func (db *DB) PublishPolicy(ctx context.Context, v policy.Version, titleFold string, event audit.Event) error {
	return db.Tx(ctx, func(tx *Tx) error {
		var others, last int64
		if err := tx.Row(`SELECT COUNT(*) FROM policy_version WHERE title_fold = $1 AND policy <> $2`, titleFold, v.Policy).Scan(&others); err != nil {
			return err
		}
		if others > 0 {
			return policy.ErrTitleTaken
		}
		if err := tx.Row(`SELECT COALESCE(MAX(version), 0) FROM policy_version WHERE policy = $1`, v.Policy).Scan(&last); err != nil {
			return err
		}
		if int64(v.Number) != last+1 {
			return policy.ErrVersion.With("next", last+1)
		}
		_, err := tx.Exec(`INSERT INTO policy_version (policy, version, title, title_fold, kind, summary, supersedes, effective_at, review_at,
			required, grace_millis, published_at, hash, text) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			v.Policy, int64(v.Number), v.Title, titleFold, string(v.Kind), v.Summary, v.Supersedes, v.EffectiveAt.UnixMilli(), v.ReviewAt.UnixMilli(),
			v.Required, v.Grace.Milliseconds(), v.PublishedAt.UnixMilli(), v.Hash, v.Text)
		if err != nil {
			return err
		}
		return tx.Audit(event)
	})
}

// PolicyVersions implements policy.Store.
func (db *DB) PolicyVersions(ctx context.Context) ([]policy.Version, error) {
	return many(db.Read(ctx), scanPolicy, `SELECT `+policyColumns+`, '' FROM policy_version ORDER BY policy, version`)
}

// PolicyVersion implements policy.Store.
func (db *DB) PolicyVersion(ctx context.Context, which id.Policy, number uint32) (policy.Version, error) {
	found, err := one(db.Read(ctx), scanPolicy, `SELECT `+policyColumns+`, text FROM policy_version WHERE policy = $1 AND version = $2`,
		which, int64(number))
	if errors.Is(err, ErrNotFound) {
		return policy.Version{}, policy.ErrUnknown
	}
	return found, err
}

// PolicyRecord implements policy.Store.
func (db *DB) PolicyRecord(ctx context.Context, person id.Person) (accepted []policy.Acceptance, deferred []policy.Deferral, err error) {
	err = db.View(ctx, func(v *View) (err error) {
		accepted, err = many(v, scanAcceptance, `SELECT person, policy, version, hash, at FROM policy_acceptance WHERE person = $1`, person)
		if err != nil {
			return err
		}
		deferred, err = many(v, scanDeferral, `SELECT person, policy, version, at, deferred_until FROM policy_deferral WHERE person = $1`, person)
		return err
	})
	return accepted, deferred, err
}

// AcceptPolicy implements policy.Store.
func (db *DB) AcceptPolicy(ctx context.Context, a policy.Acceptance, event audit.Event) (kept policy.Acceptance, err error) {
	err = db.Tx(ctx, func(tx *Tx) (err error) {
		added, err := tx.Exec(`INSERT INTO policy_acceptance (person, policy, version, hash, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			a.Person, a.Policy, int64(a.Number), a.Hash, a.At.UnixMilli())
		if err != nil {
			return err
		}
		kept = a
		if added == 0 {
			kept, err = one(tx, scanAcceptance, `SELECT person, policy, version, hash, at FROM policy_acceptance
				WHERE person = $1 AND policy = $2 AND version = $3`, a.Person, a.Policy, int64(a.Number))
			return err
		}
		return tx.Audit(event)
	})
	return kept, err
}

// DeferPolicy implements policy.Store.
func (db *DB) DeferPolicy(ctx context.Context, d policy.Deferral, event audit.Event) (kept policy.Deferral, err error) {
	err = db.Tx(ctx, func(tx *Tx) (err error) {
		added, err := tx.Exec(`INSERT INTO policy_deferral (person, policy, version, at, deferred_until) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			d.Person, d.Policy, int64(d.Number), d.At.UnixMilli(), d.Until.UnixMilli())
		if err != nil {
			return err
		}
		kept = d
		if added == 0 {
			kept, err = one(tx, scanDeferral, `SELECT person, policy, version, at, deferred_until FROM policy_deferral
				WHERE person = $1 AND policy = $2 AND version = $3`, d.Person, d.Policy, int64(d.Number))
			return err
		}
		return tx.Audit(event)
	})
	return kept, err
}

const policyColumns = `policy, version, title, kind, summary, supersedes, effective_at, review_at, required, grace_millis, published_at, hash`

func scanPolicy(row Scanner) (policy.Version, error) {
	var v policy.Version
	var number, effective, review, grace, published int64
	err := row.Scan(&v.Policy, &number, &v.Title, &v.Kind, &v.Summary, &v.Supersedes, &effective, &review, &v.Required, &grace, &published, &v.Hash, &v.Text)
	v.Number, v.Grace = uint32(number), time.Duration(grace)*time.Millisecond
	v.EffectiveAt, v.ReviewAt, v.PublishedAt = fromMillis(effective), fromMillis(review), fromMillis(published)
	return v, err
}

func scanAcceptance(row Scanner) (policy.Acceptance, error) {
	var a policy.Acceptance
	var number, at int64
	err := row.Scan(&a.Person, &a.Policy, &number, &a.Hash, &at)
	a.Number, a.At = uint32(number), fromMillis(at)
	return a, err
}

func scanDeferral(row Scanner) (policy.Deferral, error) {
	var d policy.Deferral
	var number, at, until int64
	err := row.Scan(&d.Person, &d.Policy, &number, &at, &until)
	d.Number, d.At, d.Until = uint32(number), fromMillis(at), fromMillis(until)
	return d, err
}
