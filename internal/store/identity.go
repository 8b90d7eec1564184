package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/people"
)

var _ identity.Store = (*DB)(nil)

// Manifests implements identity.ManifestStore.
func (db *DB) Manifests(ctx context.Context) ([]identity.Manifest, error) {
	return many(db.Read(ctx), scanManifest, `SELECT version, hash, manifest, policy, at FROM manifest ORDER BY version`)
}

// AddManifest implements identity.ManifestStore.
func (db *DB) AddManifest(ctx context.Context, m identity.Manifest, event audit.Event) (added bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		rows, err := tx.Exec(`INSERT INTO manifest (version, hash, manifest, policy, at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (version) DO NOTHING`, m.Version, m.Hash, blob(m.Signed), blob(m.Policy), m.At.UnixMilli())
		added = rows > 0
		if err != nil || !added {
			return err
		}
		return tx.Audit(event)
	})
	return added, err
}

// EnrolmentLink implements identity.AccountStore.
func (db *DB) EnrolmentLink(ctx context.Context, tokenHash id.Hash) (identity.EnrolmentLink, error) {
	found, err := one(db.Read(ctx), scanEnrolmentLink, `SELECT enrolment, enrolment.expires_at, spent_at, `+profileColumns+`
		FROM enrolment JOIN person ON person.person = enrolment.person WHERE token_hash = $1`, tokenHash)
	if errors.Is(err, ErrNotFound) {
		return found, identity.ErrLinkInvalid
	}
	return found, err
}

// Enrol implements identity.AccountStore.
func (db *DB) Enrol(ctx context.Context, e identity.Enrolment, events []audit.Event) (written bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		written = false
		spent, err := tx.Exec(`UPDATE enrolment SET spent_at = $1 WHERE enrolment = $2 AND spent_at IS NULL AND expires_at > $1`,
			e.At.UnixMilli(), e.Link)
		if err != nil || spent == 0 {
			return err
		}
		a := e.Account
		added, err := tx.Exec(`INSERT INTO account
			(person, salt, memory_kib, passes, auth_key, key_version, totp_secret, totp_step, vault_share, enrolled_at, notice_at, agreement_at, agreement)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (person) DO NOTHING`,
			a.Person, a.Salt[:], a.MemoryKiB, a.Passes, a.AuthKey, a.KeyVersion, a.TOTPSecret, e.TOTPStep, a.VaultShare, e.At.UnixMilli(),
			a.NoticeAt.UnixMilli(), nullableTime(a.AgreementAt), a.Agreement)
		if err != nil {
			return err
		}
		if added == 0 {
			return nil // the link stays spent: it is of no use to anybody
		}
		written = true
		return errors.Join(tx.addVault(e), tx.addEntries(e), tx.addSession(e.Session), tx.auditAll(events))
	})
	return written, err
}

// AccountNamed implements identity.AccountStore.
func (db *DB) AccountNamed(ctx context.Context, userName string) (identity.Account, bool, error) {
	return orNone(one(db.Read(ctx), scanAccount, accountQuery+`user_fold = $1`, people.FoldUserName(userName)))
}

// AccountOf implements identity.AccountStore.
func (db *DB) AccountOf(ctx context.Context, person id.Person) (identity.Account, bool, error) {
	return orNone(one(db.Read(ctx), scanAccount, accountQuery+`account.person = $1`, person))
}

// Vault implements identity.AccountStore.
func (db *DB) Vault(ctx context.Context, person id.Person) (vault identity.StoredVault, unlockers []identity.StoredUnlocker, found bool, err error) {
	err = db.View(ctx, func(v *View) error {
		vault, found, err = orNone(one(v, scanVault, `SELECT person, ak_generation, version, hash, sealed_vault, sealed_identity
			FROM vault WHERE person = $1`, person))
		if err != nil || !found {
			return err
		}
		unlockers, err = many(v, scanUnlocker, `SELECT unlocker, kind, blob, ak_wrap, label, device, added_at, last_used_at
			FROM unlocker WHERE person = $1 ORDER BY added_at, unlocker`, person)
		return err
	})
	return vault, unlockers, found, err
}

// ReplaceVault implements identity.AccountStore.
func (db *DB) ReplaceVault(ctx context.Context, next identity.StoredVault, previous id.Hash, event audit.Event) (replaced bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		changed, err := tx.Exec(`UPDATE vault SET ak_generation = $1, version = $2, hash = $3, sealed_vault = $4, sealed_identity = $5
			WHERE person = $6 AND hash = $7`,
			next.AKGeneration, int64(next.Version), next.Hash, next.SealedVault, next.SealedIdentity, next.Person, previous)
		replaced = changed > 0
		if err != nil || !replaced {
			return err
		}
		return tx.Audit(event)
	})
	return replaced, err
}

// Agree implements identity.AccountStore.
func (db *DB) Agree(ctx context.Context, person id.Person, version int, at time.Time, event audit.Event) error {
	return db.Tx(ctx, func(tx *Tx) error {
		if _, err := tx.Exec(`UPDATE account SET agreement_at = $1, agreement = $2 WHERE person = $3`, at.UnixMilli(), version, person); err != nil {
			return err
		}
		return tx.Audit(event)
	})
}

func (tx *Tx) addVault(e identity.Enrolment) error {
	v, u := e.Vault, e.Unlocker
	_, err := tx.Exec(`INSERT INTO vault (person, ak_generation, version, hash, sealed_vault, sealed_identity) VALUES ($1, $2, $3, $4, $5, $6)`,
		v.Person, v.AKGeneration, int64(v.Version), v.Hash, v.SealedVault, v.SealedIdentity)
	if err != nil {
		return err
	}
	u.AddedAt = e.At
	return tx.addUnlocker(v.Person, u)
}

func (tx *Tx) addEntries(e identity.Enrolment) error {
	for _, entry := range e.Log {
		if err := tx.addEntry(entry); err != nil {
			return err
		}
	}
	return tx.addDevice(e.Device)
}

func (tx *Tx) auditAll(events []audit.Event) error {
	for _, event := range events {
		if err := tx.Audit(event); err != nil {
			return err
		}
	}
	return nil
}

// orNone turns the absence of a row into false.
func orNone[T any](found T, err error) (T, bool, error) {
	if errors.Is(err, ErrNotFound) {
		return found, false, nil
	}
	return found, err == nil, err
}

const profileColumns = `person.person, user_name, display_name, role, ward, organisation, permissions, left_at, person.expires_at`

const accountQuery = `SELECT ` + profileColumns + `, salt, memory_kib, passes, auth_key, key_version, totp_secret, vault_share, notice_at, agreement_at, account.agreement
	FROM account JOIN person ON person.person = account.person WHERE `

// profileScan is where a row's profile columns go; done reads what cannot be scanned directly.
type profileScan struct {
	profile     *identity.Profile
	permissions string
	left        *int64
	expires     *int64
}

func (s *profileScan) into() []any {
	p := s.profile
	return []any{&p.Person, &p.UserName, &p.DisplayName, &p.Role, &p.Ward, &p.Organisation, &s.permissions, &s.left, &s.expires}
}

func (s *profileScan) done() {
	s.profile.Permissions, s.profile.LeftAt, s.profile.ExpiresAt = strings.Fields(s.permissions), timeOf(s.left), timeOf(s.expires)
}

func scanManifest(row Scanner) (identity.Manifest, error) {
	var m identity.Manifest
	var at int64
	err := row.Scan(&m.Version, &m.Hash, &m.Signed, &m.Policy, &at)
	m.At = fromMillis(at)
	return m, err
}

func scanEnrolmentLink(row Scanner) (identity.EnrolmentLink, error) {
	var l identity.EnrolmentLink
	var expires int64
	var spent *int64
	profile := profileScan{profile: &l.Profile}
	err := row.Scan(append([]any{&l.ID, &expires, &spent}, profile.into()...)...)
	profile.done()
	l.ExpiresAt, l.SpentAt = fromMillis(expires), timeOf(spent)
	return l, err
}

func scanAccount(row Scanner) (identity.Account, error) {
	var a identity.Account
	var salt []byte
	var notice int64
	var agreement *int64
	profile := profileScan{profile: &a.Profile}
	err := row.Scan(append(profile.into(), &salt, &a.MemoryKiB, &a.Passes, &a.AuthKey, &a.KeyVersion, &a.TOTPSecret, &a.VaultShare, &notice, &agreement, &a.Agreement)...)
	profile.done()
	copy(a.Salt[:], salt)
	a.NoticeAt, a.AgreementAt = fromMillis(notice), timeOf(agreement)
	return a, err
}

func scanVault(row Scanner) (identity.StoredVault, error) {
	var v identity.StoredVault
	err := row.Scan(&v.Person, &v.AKGeneration, &v.Version, &v.Hash, &v.SealedVault, &v.SealedIdentity)
	return v, err
}

func scanUnlocker(row Scanner) (identity.StoredUnlocker, error) {
	var u identity.StoredUnlocker
	var added int64
	var lastUsed *int64
	err := row.Scan(&u.Unlocker, &u.Kind, &u.Blob, &u.AKWrap, &u.Label, &u.Device, &added, &lastUsed)
	u.AddedAt, u.LastUsedAt = fromMillis(added), timeOf(lastUsed)
	return u, err
}
