package store

import (
	"context"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// LogHeads implements identity.LogStore.
func (db *DB) LogHeads(ctx context.Context, of []id.Person) (map[id.Person]identity.Head, error) {
	heads := make(map[id.Person]identity.Head, len(of))
	err := db.View(ctx, func(v *View) error {
		return chunks(len(of), func(from, to int) error {
			args := make([]any, 0, to-from)
			for _, person := range of[from:to] {
				args = append(args, person)
			}
			return v.Each(`SELECT person, seq, hash FROM person_log WHERE person IN (`+placeholders(1, to-from)+`)
				AND seq = (SELECT MAX(seq) FROM person_log AS later WHERE later.person = person_log.person)`, args,
				func(row Scanner) error {
					var person id.Person
					var head identity.Head
					err := row.Scan(&person, &head.Seq, &head.Hash)
					heads[person] = head
					return err
				})
		})
	})
	return heads, err
}

// PersonLog implements identity.LogStore.
func (db *DB) PersonLog(ctx context.Context, person id.Person, after uint32) ([][]byte, error) {
	return many(db.Read(ctx), scanSigned, `SELECT entry FROM person_log WHERE person = $1 AND seq > $2 ORDER BY seq`, person, after)
}

// AppendEntry implements identity.LogStore.
func (db *DB) AppendEntry(ctx context.Context, entry identity.Entry, effect identity.Effect, events []audit.Event) (ended []id.Session, appended bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		ended, appended = nil, false
		var last uint32
		if err := tx.Row(`SELECT COALESCE(MAX(seq), 0) FROM person_log WHERE person = $1`, entry.Person).Scan(&last); err != nil {
			return err
		}
		if last+1 != entry.Seq {
			return nil
		}
		appended = true
		if err := tx.addEntry(entry); err != nil {
			return err
		}
		if effect.Device != nil {
			if err := tx.addDevice(*effect.Device); err != nil {
				return err
			}
		}
		if !effect.Revoke.IsZero() {
			if ended, err = tx.revokeDevice(entry, effect.Revoke); err != nil {
				return err
			}
		}
		return tx.auditAll(events)
	})
	return ended, appended, err
}

func (tx *Tx) addEntry(entry identity.Entry) error {
	_, err := tx.Exec(`INSERT INTO person_log (person, seq, hash, at, entry) VALUES ($1, $2, $3, $4, $5)`,
		entry.Person, entry.Seq, entry.Hash, entry.At.UnixMilli(), entry.Signed)
	return err
}

func (tx *Tx) addDevice(d identity.StoredDevice) error {
	_, err := tx.Exec(`INSERT INTO device (device, person, kind, label, issued_at, expires_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		d.Device, d.Person, uint8(d.Kind), d.Label, d.IssuedAt.UnixMilli(), d.ExpiresAt.UnixMilli(), d.LastUsedAt.UnixMilli())
	if err != nil || d.Kind != envelope.DeviceOwn {
		return err
	}
	_, err = tx.Exec(`UPDATE device SET (agreed_at, agreement) = (SELECT agreement_at, agreement FROM account WHERE person = $1) WHERE device = $2`,
		d.Person, d.Device)
	return err
}

// revokeDevice ends the device and its sessions.
func (tx *Tx) revokeDevice(entry identity.Entry, device id.Device) ([]id.Session, error) {
	if _, err := tx.Exec(`UPDATE device SET revoked_at = $1 WHERE device = $2 AND revoked_at IS NULL`, entry.At.UnixMilli(), device); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(`DELETE FROM pin WHERE device = $1`, device); err != nil {
		return nil, err
	}
	return tx.endSessions(entry.Person, device, entry.At)
}

func scanSigned(row Scanner) (b []byte, err error) { return b, row.Scan(&b) }
