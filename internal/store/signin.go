package store

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// BrowserKnown implements identity.AccountStore.
func (db *DB) BrowserKnown(ctx context.Context, tokenHash id.Hash, at time.Time) (bool, error) {
	_, known, err := orNone(one(db.Read(ctx), scanCount, `SELECT 1 FROM known_browser WHERE token_hash = $1 AND expires_at > $2 LIMIT 1`,
		tokenHash, at.UnixMilli()))
	return known, err
}

// KnownBrowser implements identity.AccountStore.
func (db *DB) KnownBrowser(ctx context.Context, tokenHash, nameHash id.Hash, at time.Time) (bool, error) {
	_, known, err := orNone(one(db.Read(ctx), scanCount, `SELECT 1 FROM known_browser WHERE token_hash = $1 AND name_hash = $2 AND expires_at > $3`,
		tokenHash, nameHash, at.UnixMilli()))
	return known, err
}

// SpendTry implements identity.AccountStore. It takes no event, because what it counts is audited by what comes of the try.
func (db *DB) SpendTry(ctx context.Context, at time.Time, budgets []identity.Budget) (blockedUntil time.Time, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		blockedUntil = time.Time{}
		states := make([]budgetState, len(budgets))
		for n, budget := range budgets {
			state, found, err := orNone(one(tx, scanBudget, `SELECT failures, blocked_until, renewed_at FROM sign_in_budget WHERE budget = $1`, budget.Key))
			if err != nil {
				return err
			}
			if !found || !state.renewedAt.After(at) {
				state = budgetState{renewedAt: at.Add(budget.Window)}
			}
			if state.blockedUntil.After(at) && state.blockedUntil.After(blockedUntil) {
				blockedUntil = state.blockedUntil
			}
			states[n] = state
		}
		if !blockedUntil.IsZero() {
			return nil
		}
		for n, budget := range budgets {
			if err := tx.spend(budget, states[n], at); err != nil {
				return err
			}
		}
		return nil
	})
	return blockedUntil, err
}

// SignIn implements identity.AccountStore.
func (db *DB) SignIn(ctx context.Context, step int64, spent []identity.Budget, s identity.NewSession, event audit.Event) (taken bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		changed, err := tx.Exec(`UPDATE account SET totp_step = $1 WHERE person = $2 AND totp_step < $1`, step, s.Person)
		taken = changed > 0
		if err != nil || !taken {
			return err
		}
		for _, budget := range spent {
			if err := tx.giveBack(budget); err != nil {
				return err
			}
		}
		if err := tx.addSession(s); err != nil {
			return err
		}
		return tx.Audit(event)
	})
	return taken, err
}

// ForgetTries implements identity.AccountStore. It takes no event: what is deleted counts for nothing any more.
func (db *DB) ForgetTries(ctx context.Context, at time.Time) error {
	return db.Tx(ctx, func(tx *Tx) error {
		if _, err := tx.Exec(`DELETE FROM sign_in_budget WHERE renewed_at <= $1`, at.UnixMilli()); err != nil {
			return err
		}
		_, err := tx.Exec(`DELETE FROM known_browser WHERE expires_at <= $1`, at.UnixMilli())
		return err
	})
}

func (tx *Tx) spend(budget identity.Budget, state budgetState, at time.Time) error {
	failures := state.failures + 1
	_, err := tx.Exec(`INSERT INTO sign_in_budget (budget, failures, blocked_until, renewed_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (budget) DO UPDATE SET failures = excluded.failures, blocked_until = excluded.blocked_until, renewed_at = excluded.renewed_at`,
		budget.Key, failures, budget.BlockedUntil(failures, at, state.renewedAt).UnixMilli(), state.renewedAt.UnixMilli())
	return err
}

func (tx *Tx) giveBack(budget identity.Budget) error {
	query := `UPDATE sign_in_budget SET failures = failures - 1, blocked_until = 0 WHERE budget = $1 AND failures > 0`
	if budget.Forgiven {
		query = `DELETE FROM sign_in_budget WHERE budget = $1`
	}
	_, err := tx.Exec(query, budget.Key)
	return err
}

// addBrowser makes the browser of a new session known for its person's name, under a token that replaces the one it had.
func (tx *Tx) addBrowser(s identity.NewSession) error {
	b := s.Browser
	if b.TokenHash.IsZero() {
		return nil
	}
	if !b.Replaces.IsZero() {
		if _, err := tx.Exec(`DELETE FROM known_browser WHERE token_hash = $1 AND name_hash = $2`, b.Replaces, b.NameHash); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE known_browser SET token_hash = $1 WHERE token_hash = $2`, b.TokenHash, b.Replaces); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`INSERT INTO known_browser (token_hash, name_hash, person, session, device, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		b.TokenHash, b.NameHash, s.Person, s.ID, s.Device.Nullable(), b.ExpiresAt.UnixMilli())
	return err
}

type budgetState struct {
	failures                int
	blockedUntil, renewedAt time.Time
}

func scanBudget(row Scanner) (state budgetState, err error) {
	var blocked, renewed int64
	err = row.Scan(&state.failures, &blocked, &renewed)
	state.blockedUntil, state.renewedAt = fromMillis(blocked), fromMillis(renewed)
	return state, err
}
