package store

import (
	"context"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// SpendChallenge implements identity.UnlockerStore. It takes no event, because what it counts is audited by what comes of the answer.
func (db *DB) SpendChallenge(ctx context.Context, challenge [32]byte, at, until time.Time) (first bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		if _, err := tx.Exec(`DELETE FROM spent_challenge WHERE expires_at <= $1`, at.UnixMilli()); err != nil {
			return err
		}
		rows, err := tx.Exec(`INSERT INTO spent_challenge (challenge, expires_at) VALUES ($1, $2) ON CONFLICT (challenge) DO NOTHING`,
			challenge[:], until.UnixMilli())
		first = rows > 0
		return err
	})
	return first, err
}

// PasskeyHandle implements identity.UnlockerStore. It takes no event: the handle is of no use before there is a passkey.
func (db *DB) PasskeyHandle(ctx context.Context, person id.Person, given []byte) (handle []byte, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		handle, err = one(tx, scanSigned, `UPDATE account SET passkey_handle = COALESCE(passkey_handle, $1) WHERE person = $2 RETURNING passkey_handle`,
			given, person)
		return err
	})
	return handle, err
}

// Passkey implements identity.UnlockerStore.
func (db *DB) Passkey(ctx context.Context, credential []byte) (identity.StoredPasskey, bool, error) {
	return orNone(one(db.Read(ctx), scanPasskey, passkeyQuery+`credential = $1`, blob(credential)))
}

// PasskeysOf implements identity.UnlockerStore.
func (db *DB) PasskeysOf(ctx context.Context, person id.Person) ([]identity.StoredPasskey, error) {
	return many(db.Read(ctx), scanPasskey, passkeyQuery+`passkey.person = $1 ORDER BY added_at, credential`, person)
}

// AddPasskey implements identity.UnlockerStore.
func (db *DB) AddPasskey(ctx context.Context, passkey identity.StoredPasskey, event audit.Event) (added bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		added, err = tx.addPasskey(passkey)
		if err != nil || !added {
			return err
		}
		return tx.Audit(event)
	})
	return added, err
}

// UsePasskey implements identity.UnlockerStore. It takes no event: what the passkey was used for is audited. Authenticators that do not count always
// say 0.
func (db *DB) UsePasskey(ctx context.Context, credential []byte, count uint32, at time.Time) (used bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		rows, err := tx.Exec(`UPDATE passkey SET sign_count = $1, last_used_at = $2
			WHERE credential = $3 AND (sign_count < $1 OR sign_count = 0 AND $4)`, int64(count), at.UnixMilli(), credential, count == 0)
		used = rows > 0
		return err
	})
	return used, err
}

// RemovePasskey implements identity.UnlockerStore.
func (db *DB) RemovePasskey(ctx context.Context, person id.Person, credential []byte, event audit.Event) (bool, error) {
	return db.changeSession(ctx, event, `DELETE FROM passkey WHERE person = $1 AND credential = $2 AND unlocker IS NULL`, person, credential)
}

// SpendPIN implements identity.UnlockerStore: one statement, and committed before anybody can compare. It takes no event, because what it counts is
// audited by what comes of the try.
func (db *DB) SpendPIN(ctx context.Context, person id.Person, device id.Device) (pin identity.StoredPIN, found bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		pin, found, err = orNone(one(tx, scanPIN, `UPDATE pin SET tries = tries - 1 WHERE device = $1 AND person = $2 AND tries > 0
			RETURNING device, person, unlocker, verifier, key_version, share, tries`, device, person))
		return err
	})
	return pin, found, err
}

// RestorePIN implements identity.UnlockerStore. It takes no event: the session that the PIN opens is audited.
func (db *DB) RestorePIN(ctx context.Context, pin identity.StoredPIN) (restored bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		rows, err := tx.Exec(`UPDATE pin SET tries = $1 WHERE device = $2 AND unlocker = $3 AND verifier = $4`,
			identity.PINTries, pin.Device, pin.Unlocker, pin.Verifier)
		restored = rows > 0
		return err
	})
	return restored, err
}

// DestroyPIN implements identity.UnlockerStore.
func (db *DB) DestroyPIN(ctx context.Context, person id.Person, device id.Device, event audit.Event) (bool, error) {
	return db.changeSession(ctx, event, `DELETE FROM pin WHERE device = $1 AND person = $2 AND tries <= 0`, device, person)
}

// PINsOf implements identity.UnlockerStore.
func (db *DB) PINsOf(ctx context.Context, person id.Person) ([]id.Unlocker, error) {
	return many(db.Read(ctx), scanUnlockerID, `SELECT unlocker FROM pin WHERE person = $1 AND tries > 0`, person)
}

// ChangeUnlockers implements identity.UnlockerStore.
func (db *DB) ChangeUnlockers(ctx context.Context, change identity.StoredChange, events []audit.Event) error {
	return db.Tx(ctx, func(tx *Tx) error {
		if err := tx.removeUnlockers(change); err != nil {
			return err
		}
		for unlocker, wrap := range change.Wraps {
			_, err := tx.Exec(`UPDATE unlocker SET ak_wrap = $1 WHERE person = $2 AND unlocker = $3`, wrap, change.Person, unlocker)
			if err != nil {
				return err
			}
		}
		if change.Add != nil {
			if err := tx.addWay(change); err != nil {
				return err
			}
		}
		return tx.auditAll(events)
	})
}

// removeUnlockers deletes unlockers and everything that they were compared with.
func (tx *Tx) removeUnlockers(change identity.StoredChange) error {
	for _, removed := range change.Remove {
		for _, table := range []string{"unlocker", "passkey", "pin"} {
			if _, err := tx.Exec(`DELETE FROM `+table+` WHERE person = $1 AND unlocker = $2`, change.Person, removed); err != nil {
				return err
			}
		}
	}
	if !change.RemovePassword {
		return nil
	}
	_, err := tx.Exec(`UPDATE account SET auth_key = $1, key_version = 0, vault_share = $1 WHERE person = $2`, []byte{}, change.Person)
	return err
}

// addWay adds an unlocker and what its kind needs.
func (tx *Tx) addWay(change identity.StoredChange) error {
	if err := tx.addUnlocker(change.Person, *change.Add); err != nil {
		return err
	}
	if a := change.Password; a != nil {
		_, err := tx.Exec(`UPDATE account SET salt = $1, memory_kib = $2, passes = $3, auth_key = $4, key_version = $5, vault_share = $6 WHERE person = $7`,
			a.Salt[:], a.MemoryKiB, a.Passes, a.AuthKey, a.KeyVersion, a.VaultShare, change.Person)
		if err != nil {
			return err
		}
	}
	if p := change.PIN; p != nil {
		_, err := tx.Exec(`INSERT INTO pin (device, person, unlocker, verifier, key_version, share, tries) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			p.Device, p.Person, p.Unlocker, p.Verifier, p.KeyVersion, p.Share, p.Tries)
		if err != nil {
			return err
		}
	}
	if p := change.Passkey; p != nil {
		if added, err := tx.addPasskey(*p); err != nil || !added {
			if err == nil {
				err = identity.ErrPasskeyExists
			}
			return err
		}
	}
	for _, removed := range change.Remove {
		_, err := tx.Exec(`UPDATE session SET unlocker = $1 WHERE person = $2 AND unlocker = $3`, change.Add.Unlocker, change.Person, removed)
		if err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) addUnlocker(person id.Person, u identity.StoredUnlocker) error {
	_, err := tx.Exec(`INSERT INTO unlocker (person, unlocker, kind, blob, ak_wrap, label, device, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		person, u.Unlocker, uint8(u.Kind), u.Blob, u.AKWrap, u.Label, u.Device.Nullable(), u.AddedAt.UnixMilli())
	return err
}

func (tx *Tx) useUnlocker(person id.Person, unlocker id.Unlocker, at time.Time) error {
	_, err := tx.Exec(`UPDATE unlocker SET last_used_at = $1 WHERE person = $2 AND unlocker = $3`, at.UnixMilli(), person, unlocker)
	return err
}

func (tx *Tx) addPasskey(p identity.StoredPasskey) (bool, error) {
	eligible := 0
	if p.BackupEligible {
		eligible = 1
	}
	rows, err := tx.Exec(`INSERT INTO passkey (credential, person, public_key, sign_count, backup_eligible, transports, unlocker, label, added_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (credential) DO NOTHING`,
		p.Credential, p.Person, p.PublicKey, int64(p.SignCount), eligible, strings.Join(p.Transports, " "), p.Unlocker.Nullable(), p.Label, p.AddedAt.UnixMilli())
	return rows > 0, err
}

const passkeyQuery = `SELECT credential, passkey.person, passkey_handle, public_key, sign_count, backup_eligible, transports, unlocker, label, added_at, last_used_at
	FROM passkey JOIN account ON account.person = passkey.person WHERE `

func scanPasskey(row Scanner) (identity.StoredPasskey, error) {
	var p identity.StoredPasskey
	var eligible, added int64
	var lastUsed *int64
	var transports string
	err := row.Scan(&p.Credential, &p.Person, &p.Handle, &p.PublicKey, &p.SignCount, &eligible, &transports, &p.Unlocker, &p.Label, &added, &lastUsed)
	p.BackupEligible, p.Transports = eligible != 0, strings.Fields(transports)
	p.AddedAt, p.LastUsedAt = fromMillis(added), timeOf(lastUsed)
	return p, err
}

func scanPIN(row Scanner) (identity.StoredPIN, error) {
	var p identity.StoredPIN
	err := row.Scan(&p.Device, &p.Person, &p.Unlocker, &p.Verifier, &p.KeyVersion, &p.Share, &p.Tries)
	return p, err
}

func scanUnlockerID(row Scanner) (unlocker id.Unlocker, err error) {
	return unlocker, row.Scan(&unlocker)
}
