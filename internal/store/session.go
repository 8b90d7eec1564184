package store

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// SessionByToken implements identity.SessionStore.
func (db *DB) SessionByToken(ctx context.Context, tokenHash id.Hash) (identity.StoredSession, bool, error) {
	return orNone(one(db.Read(ctx), scanSession, sessionQuery+`token_hash = $1`, tokenHash))
}

// SessionByID implements identity.SessionStore.
func (db *DB) SessionByID(ctx context.Context, session id.Session) (identity.StoredSession, bool, error) {
	return orNone(one(db.Read(ctx), scanSession, sessionQuery+`session = $1`, session))
}

// TouchSession implements identity.SessionStore. It takes no event: being in use is no act to account for.
func (db *DB) TouchSession(ctx context.Context, session id.Session, at time.Time) error {
	return db.Group(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`UPDATE session SET last_used_at = $1
			WHERE session = $2 AND last_used_at < $1 AND locked_at IS NULL AND ended_at IS NULL`, at.UnixMilli(), session)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE device SET last_used_at = $1
			WHERE device = (SELECT device FROM session WHERE session = $2) AND last_used_at < $1`, at.UnixMilli(), session)
		return err
	})
}

// BindSession implements identity.SessionStore.
func (db *DB) BindSession(ctx context.Context, session id.Session, device id.Device, challenge []byte, event audit.Event) (bool, error) {
	var bound bool
	err := db.Tx(ctx, func(tx *Tx) (err error) {
		bound, err = db.changeSession(tx.Context(), event, `UPDATE session SET device = $1, challenge = NULL
			WHERE session = $2 AND device IS NULL AND challenge = $3 AND ended_at IS NULL`, device, session, challenge)
		if err != nil || !bound {
			return err
		}
		_, err = tx.Exec(`UPDATE known_browser SET device = $1 WHERE session = $2`, device, session)
		return err
	})
	return bound, err
}

// LockSession implements identity.SessionStore.
func (db *DB) LockSession(ctx context.Context, session id.Session, at time.Time, event audit.Event) (bool, error) {
	return db.changeSession(ctx, event, `UPDATE session SET locked_at = $1
		WHERE session = $2 AND locked_at IS NULL AND ended_at IS NULL`, at.UnixMilli(), session)
}

// NoteUsedTwice implements identity.SessionStore.
func (db *DB) NoteUsedTwice(ctx context.Context, device id.Device, at time.Time, event audit.Event) error {
	_, err := db.changeSession(ctx, event, `UPDATE device SET used_twice_at = $1 WHERE device = $2`, at.UnixMilli(), device)
	return err
}

// SpendUnlock implements identity.SessionStore. It takes no event, because what it counts is audited by what comes of the try.
func (db *DB) SpendUnlock(ctx context.Context, session id.Session) (tries int, live bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		tries, live, err = orNone(one(tx, scanCount, `UPDATE session SET failures = failures + 1
			WHERE session = $1 AND ended_at IS NULL RETURNING failures`, session))
		return err
	})
	return tries, live, err
}

// UnlockSession implements identity.SessionStore.
func (db *DB) UnlockSession(ctx context.Context, o identity.Opening, event audit.Event) (opened bool, err error) {
	changes := `locked_at = NULL, last_used_at = $1, unlocker = $2`
	if o.Proved {
		changes += `, proved_at = $1, failures = 0`
	}
	err = db.Tx(ctx, func(tx *Tx) error {
		opened, err = db.changeSession(tx.Context(), event, `UPDATE session SET `+changes+`
			WHERE session = $3 AND ended_at IS NULL AND expires_at > $1`, o.At.UnixMilli(), o.Unlocker, o.Session)
		if err != nil || !opened {
			return err
		}
		return tx.useUnlocker(o.Person, o.Unlocker, o.At)
	})
	return opened, err
}

// LockOthers implements identity.SessionStore.
func (db *DB) LockOthers(ctx context.Context, person id.Person, but id.Session, at time.Time, event audit.Event) (locked []id.Session, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		locked, err = many(tx, scanSessionID, `UPDATE session SET locked_at = $1
			WHERE person = $2 AND session <> $3 AND locked_at IS NULL AND ended_at IS NULL RETURNING session`, at.UnixMilli(), person, but)
		if err != nil || len(locked) == 0 {
			return err
		}
		return tx.Audit(event)
	})
	return locked, err
}

// BeginSession implements identity.UnlockerStore.
func (db *DB) BeginSession(ctx context.Context, s identity.NewSession, event audit.Event) error {
	return db.Tx(ctx, func(tx *Tx) error {
		if err := tx.addSession(s); err != nil {
			return err
		}
		return tx.Audit(event)
	})
}

// EndSession implements identity.SessionStore.
func (db *DB) EndSession(ctx context.Context, session id.Session, at time.Time, event audit.Event) (bool, error) {
	return db.changeSession(ctx, event, `UPDATE session SET ended_at = $1, challenge = NULL WHERE session = $2 AND ended_at IS NULL`,
		at.UnixMilli(), session)
}

// EndSessions implements identity.SessionStore.
func (db *DB) EndSessions(ctx context.Context, person id.Person, device id.Device, at time.Time, event audit.Event) (ended []id.Session, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		if ended, err = tx.endSessions(person, device, at); err != nil || len(ended) == 0 {
			return err
		}
		return tx.Audit(event)
	})
	return ended, err
}

// EndOtherSessions implements identity.SessionStore. It forgets the browsers that were known by them, too.
func (db *DB) EndOtherSessions(ctx context.Context, person id.Person, but id.Session, at time.Time, event audit.Event) (ended []id.Session, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		if _, err := tx.Exec(`DELETE FROM known_browser WHERE person = $1 AND session <> $2`, person, but); err != nil {
			return err
		}
		ended, err = many(tx, scanSessionID, `UPDATE session SET ended_at = $1, challenge = NULL
			WHERE person = $2 AND session <> $3 AND ended_at IS NULL AND expires_at > $1 RETURNING session`, at.UnixMilli(), person, but)
		if err != nil || len(ended) == 0 {
			return err
		}
		return tx.Audit(event)
	})
	return ended, err
}

// DevicesOf implements identity.SessionStore.
func (db *DB) DevicesOf(ctx context.Context, person id.Person, now time.Time) ([]identity.StoredDevice, error) {
	return many(db.Read(ctx), scanDevice, `SELECT device, person, kind, label, issued_at, expires_at, revoked_at, last_used_at,
			posture, posture_by, posture_at, agreed_at, COALESCE(agreement, 0), used_twice_at,
			(SELECT COUNT(*) FROM session WHERE session.device = device.device AND session.person = device.person AND ended_at IS NULL AND session.expires_at > $2)
		FROM device WHERE person = $1 ORDER BY issued_at DESC, device`, person, now.UnixMilli())
}

// ForgetSessions implements identity.SessionStore.
func (db *DB) ForgetSessions(ctx context.Context, before time.Time, event audit.Event) (forgotten int, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		rows, err := tx.Exec(`DELETE FROM session WHERE expires_at < $1`, before.UnixMilli())
		forgotten = int(rows)
		if err != nil || rows == 0 {
			return err
		}
		return tx.Audit(event)
	})
	return forgotten, err
}

// changeSession runs one update and audits it if it changed a row.
func (db *DB) changeSession(ctx context.Context, event audit.Event, query string, args ...any) (changed bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		rows, err := tx.Exec(query, args...)
		changed = rows > 0
		if err != nil || !changed {
			return err
		}
		return tx.Audit(event)
	})
	return changed, err
}

func (tx *Tx) addSession(s identity.NewSession) error {
	if err := tx.spendProof(s.Proof, s.At); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO session
		(session, token_hash, person, device, jkt, challenge, unlocker, created_at, last_used_at, proved_at, expires_at, failures)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, $9, 0)`,
		s.ID, s.TokenHash, s.Person, s.Device.Nullable(), s.Proof.Key, s.Challenge, s.Unlocker.Nullable(), s.At.UnixMilli(), s.ExpiresAt.UnixMilli())
	if err != nil {
		return err
	}
	if err := tx.useUnlocker(s.Person, s.Unlocker, s.At); err != nil {
		return err
	}
	return tx.addBrowser(s)
}

// spendProof takes a proof for the one session that it may begin.
func (tx *Tx) spendProof(proof identity.Proof, at time.Time) error {
	if _, err := tx.Exec(`DELETE FROM proof_spent WHERE forget_at <= $1`, at.UnixMilli()); err != nil {
		return err
	}
	added, err := tx.Exec(`INSERT INTO proof_spent (proof, forget_at) VALUES ($1, $2) ON CONFLICT (proof) DO NOTHING`, proof.Use, proof.Until.UnixMilli())
	if err == nil && added == 0 {
		err = identity.ErrProofReplayed
	}
	return err
}

// endSessions ends a person's sessions, or those of one device when it is not zero, and forgets the browsers that were known by them.
func (tx *Tx) endSessions(person id.Person, device id.Device, at time.Time) ([]id.Session, error) {
	query := `UPDATE session SET ended_at = $1, challenge = NULL WHERE person = $2 AND ended_at IS NULL`
	args := []any{at.UnixMilli(), person}
	browsers := `DELETE FROM known_browser WHERE person = $1`
	if !device.IsZero() {
		query += ` AND device = $3`
		args = append(args, device)
		browsers += ` AND device = $2`
	}
	if _, err := tx.Exec(browsers, args[1:]...); err != nil {
		return nil, err
	}
	return many(tx, scanSessionID, query+` RETURNING session`, args...)
}

const sessionQuery = `SELECT session, ` + profileColumns + `, device, jkt, challenge, unlocker, proved_at, last_used_at, session.expires_at,
	locked_at, ended_at, notice_at
	FROM session JOIN person ON person.person = session.person JOIN account ON account.person = session.person WHERE `

func scanSession(row Scanner) (identity.StoredSession, error) {
	var s identity.StoredSession
	var proved, lastUsed, expires, notice int64
	var locked, ended *int64
	profile := profileScan{profile: &s.Profile}
	into := append([]any{&s.ID}, profile.into()...)
	err := row.Scan(append(into, &s.Device, &s.Key, &s.Challenge, &s.Unlocker, &proved, &lastUsed, &expires, &locked, &ended, &notice)...)
	profile.done()
	s.LastUsedAt, s.ExpiresAt, s.NoticeAt = fromMillis(lastUsed), fromMillis(expires), fromMillis(notice)
	s.ProvedAt, s.LockedAt, s.EndedAt = fromMillis(proved), timeOf(locked), timeOf(ended)
	return s, err
}

func scanDevice(row Scanner) (identity.StoredDevice, error) {
	var d identity.StoredDevice
	var issued, expires, lastUsed int64
	var revoked, postureAt, agreed, twice *int64
	err := row.Scan(&d.Device, &d.Person, &d.Kind, &d.Label, &issued, &expires, &revoked, &lastUsed,
		&d.Posture, &d.PostureBy, &postureAt, &agreed, &d.Agreement, &twice, &d.Sessions)
	d.PostureAt, d.AgreedAt, d.UsedTwiceAt = timeOf(postureAt), timeOf(agreed), timeOf(twice)
	d.IssuedAt, d.ExpiresAt, d.RevokedAt, d.LastUsedAt = fromMillis(issued), fromMillis(expires), timeOf(revoked), fromMillis(lastUsed)
	return d, err
}

func scanSessionID(row Scanner) (session id.Session, err error) { return session, row.Scan(&session) }

func scanCount(row Scanner) (n int, err error) { return n, row.Scan(&n) }
