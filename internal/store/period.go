package store

import (
	"context"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/retention"
)

// Schedule implements retention.Store.
func (db *DB) Schedule(ctx context.Context) (retention.Schedule, error) {
	return schedule(db.Read(ctx))
}

// schedule reads what the organisation set, in the transaction of whoever depends on it.
func schedule(v *View) (retention.Schedule, error) {
	set, err := many(v, func(row Scanner) (retention.Setting, error) {
		var s retention.Setting
		var days, at int64
		err := row.Scan((*uint8)(&s.Class), (*uint8)(&s.Space), &days, &s.Reason, &s.SetBy, &at)
		s.Period, s.SetAt = retention.Period(days), fromMillis(at)
		return s, err
	}, `SELECT class, space, days, reason, set_by, set_at FROM retention_period ORDER BY number`)
	if err != nil {
		return nil, err
	}
	return retention.NewSchedule(set), nil
}

// SetPeriod implements retention.Store.
func (db *DB) SetPeriod(ctx context.Context, s retention.Setting, event audit.Event) error {
	return db.Tx(ctx, func(tx *Tx) error {
		if _, err := tx.Exec(`INSERT INTO retention_period (class, space, days, reason, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			int64(s.Class), int64(s.Space), int64(s.Period), s.Reason, s.SetBy, s.SetAt.UnixMilli()); err != nil {
			return err
		}
		return tx.Audit(event)
	})
}
