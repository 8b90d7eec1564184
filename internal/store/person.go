package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/work"
)

var _ people.Store = (*DB)(nil)

// AddPerson implements people.Store.
func (db *DB) AddPerson(ctx context.Context, p people.Record, event audit.Event) error {
	return db.Tx(ctx, func(tx *Tx) error {
		added, err := tx.Exec(`INSERT INTO person
			(person, user_name, user_fold, display_name, role, ward, organisation, permissions, sort_name, search, added_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (user_fold) DO NOTHING`,
			p.ID, p.UserName, p.UserFold, p.DisplayName, p.Role, p.Ward, p.Organisation, strings.Join(p.Permissions, " "),
			[]byte(p.SortName), p.Search, p.AddedAt.UnixMilli(), nullableTime(p.ExpiresAt))
		if err != nil {
			return err
		}
		if added == 0 {
			return people.ErrNameTaken
		}
		return tx.Audit(event)
	})
}

// Person implements people.Store.
func (db *DB) Person(ctx context.Context, person id.Person) (people.Person, error) {
	found, err := one(db.Read(ctx), scanPerson, `SELECT `+personColumns+` FROM person WHERE person = $1`, person)
	return found, unknownPerson(err)
}

// PersonNamed implements people.Store.
func (db *DB) PersonNamed(ctx context.Context, userFold string) (people.Person, error) {
	found, err := one(db.Read(ctx), scanPerson, `SELECT `+personColumns+` FROM person WHERE user_fold = $1`, userFold)
	return found, unknownPerson(err)
}

// FindPeople implements people.Store.
func (db *DB) FindPeople(ctx context.Context, q people.Query) ([]people.Person, error) {
	query := `SELECT ` + personColumns + ` FROM person
		WHERE left_at IS NULL AND (expires_at IS NULL OR expires_at > $1)`
	args := []any{q.At.UnixMilli()}
	for _, word := range q.Words {
		args = append(args, "% "+escapeLike.Replace(word)+"%")
		query += ` AND search LIKE ` + placeholders(len(args), 1) + ` ESCAPE '\'`
	}
	if !q.After.IsZero() {
		args = append(args, q.After)
		query += ` AND (sort_name, person) > (SELECT sort_name, person FROM person WHERE person = ` + placeholders(len(args), 1) + `)`
	}
	args = append(args, q.Limit)
	return many(db.Read(ctx), scanPerson, query+` ORDER BY sort_name, person LIMIT `+placeholders(len(args), 1), args...)
}

// ListPeople implements people.Store.
func (db *DB) ListPeople(ctx context.Context, l people.Listing) ([]people.Person, error) {
	query := `SELECT ` + personColumns + ` FROM person WHERE left_at IS NULL AND (expires_at IS NULL OR expires_at > $1)`
	args := []any{l.At.UnixMilli()}
	if !l.Since.IsZero() {
		query = `SELECT ` + personColumns + ` FROM person
			WHERE (added_at >= $2 OR left_at >= $2 OR (expires_at >= $2 AND expires_at <= $1)
				OR EXISTS (SELECT 1 FROM account WHERE account.person = person.person AND account.enrolled_at >= $2))`
		args = append(args, l.Since.UnixMilli())
	}
	if !l.After.IsZero() {
		args = append(args, l.After)
		query += ` AND person > ` + placeholders(len(args), 1)
	}
	args = append(args, l.Limit)
	return many(db.Read(ctx), scanPerson, query+` ORDER BY person LIMIT `+placeholders(len(args), 1), args...)
}

// IssueLink implements people.Store.
func (db *DB) IssueLink(ctx context.Context, link people.Link, event audit.Event) error {
	return db.Tx(ctx, func(tx *Tx) error {
		if _, err := tx.Exec(`DELETE FROM enrolment WHERE person = $1 AND spent_at IS NULL`, link.Person); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO enrolment (enrolment, token_hash, person, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
			link.ID, link.TokenHash, link.Person, link.IssuedAt.UnixMilli(), link.ExpiresAt.UnixMilli())
		if err != nil {
			return err
		}
		return tx.Audit(event)
	})
}

// LeavePerson implements people.Store.
func (db *DB) LeavePerson(ctx context.Context, person id.Person, at time.Time, then work.Intent, event audit.Event) (left bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		changed, err := tx.Exec(`UPDATE person SET left_at = $1 WHERE person = $2 AND left_at IS NULL`, at.UnixMilli(), person)
		if err != nil {
			return err
		}
		left = changed > 0
		if !left {
			var known id.Person
			return unknownPerson(tx.Row(`SELECT person FROM person WHERE person = $1`, person).Scan(&known))
		}
		if err := tx.Intend(then); err != nil {
			return err
		}
		return tx.Audit(event)
	})
	return left, err
}

const personColumns = `person, user_name, display_name, role, ward, organisation, permissions, added_at, left_at, expires_at,
	EXISTS (SELECT 1 FROM account WHERE account.person = person.person)`

func scanPerson(row Scanner) (people.Person, error) {
	var p people.Person
	var permissions string
	var added int64
	var left, expires *int64
	err := row.Scan(&p.ID, &p.UserName, &p.DisplayName, &p.Role, &p.Ward, &p.Organisation, &permissions, &added, &left, &expires, &p.Enrolled)
	p.Permissions, p.AddedAt, p.LeftAt, p.ExpiresAt = strings.Fields(permissions), fromMillis(added), timeOf(left), timeOf(expires)
	return p, err
}

// unknownPerson says it in the room's words.
func unknownPerson(err error) error {
	if errors.Is(err, ErrNotFound) {
		return people.ErrUnknown
	}
	return err
}

// escapeLike makes a text match itself in LIKE … ESCAPE '\'.
var escapeLike = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// timeOf reads a column in which NULL means never.
func timeOf(ms *int64) time.Time {
	if ms == nil {
		return time.Time{}
	}
	return fromMillis(*ms)
}

// nullableTime is the argument for such a column.
func nullableTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}
