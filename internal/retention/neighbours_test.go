package retention_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/work"
)

// quiet erases and announces nothing, for tests whose goroutines would share it.
type quiet struct{}

func (quiet) Erase(context.Context, []retention.Doomed) error { return nil }
func (quiet) Destroyed(id.Filing, []retention.Doomed)         {}

// lateHold places a hold between the look and the mark.
type lateHold struct {
	*store.DB
	place func()
}

func (l lateHold) Expired(ctx context.Context, class retention.Class, after retention.Cursor, limit int, now time.Time) ([]retention.Candidate, error) {
	found, err := l.DB.Expired(ctx, class, after, limit, now)
	if len(found) > 0 {
		l.place()
	}
	return found, err
}

// number is the patient room with the index away.
type number struct{ tags []id.Tag }

func (n number) Tags(context.Context, id.Person, string) ([]id.Tag, bool, error) {
	return n.tags, false, nil
}

func workDue() work.Due { return work.Due{Kind: retention.Sweep} }

func errorIs(err, want error) bool { return errors.Is(err, want) }

// everyText is every row that a hold or a drill could have written, as text.
func everyText(t *testing.T, db *store.DB) []string {
	t.Helper()
	var rows []string
	for table, columns := range map[string]string{
		"hold": "hold, reason, requester, release_reason, COALESCE(released_at, -1)", "hold_tag": "hold, tag, '', '', 0",
		"thread_log": "thread, body, '', '', seq * 10 + state", "disposal": "disposal, subject, '', '', done_at", "destruction": "thread, message, '', '', done_at",
		"due": "work, kind, key, code, at",
	} {
		err := db.Read(t.Context()).Each(`SELECT `+columns+` FROM `+table+` ORDER BY 1, 2`, nil, func(row store.Scanner) error {
			var a, b, c, d any
			var n int64
			err := row.Scan(&a, &b, &c, &d, &n)
			rows = append(rows, table+" "+fmt.Sprintf("%s %s %s %s %d", a, b, c, d, n))
			return err
		})
		if err != nil {
			t.Fatal(reasons(err))
		}
	}
	slices.Sort(rows)
	return rows
}
