package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/wardline/wardline/internal/audit"
)

// PersonLeaves implements audit.Reader.
func (l AuditLog) PersonLeaves(ctx context.Context, entries []audit.PersonEntry) ([]audit.Placed, error) {
	placed := make([]audit.Placed, len(entries))
	where := make(map[string]int, len(entries)) // subject and body of an event, which name the entry
	args := make([]any, 0, 2*len(entries))
	for n, entry := range entries {
		row, err := entry.Row()
		if err != nil {
			return nil, err
		}
		placed[n].Leaf = -1
		where[string(row.Subject)+string(row.Body)] = n
		args = append(args, blob(row.Subject), blob(row.Body))
	}
	err := l.db.View(ctx, func(v *View) error {
		return chunks(len(entries), func(from, to int) error {
			return v.Each(`SELECT leaf, kind, at, actor, subject, body FROM audit_event
				WHERE kind = 258 AND leaf IS NOT NULL AND (`+pairs(to-from)+`)`, args[2*from:2*to],
				func(row Scanner) error {
					var one audit.Placed
					if err := row.Scan(&one.Leaf, &one.Row.Kind, &one.Row.At, &one.Row.Actor, &one.Row.Subject, &one.Row.Body); err != nil {
						return err
					}
					placed[where[string(one.Row.Subject)+string(one.Row.Body)]] = one
					return nil
				})
		})
	})
	return placed, err
}

// pairs is "(subject = $1 AND body = $2) OR …".
func pairs(count int) string {
	var list strings.Builder
	for n := range count {
		if n > 0 {
			list.WriteString(" OR ")
		}
		fmt.Fprintf(&list, "(subject = $%d AND body = $%d)", 2*n+1, 2*n+2)
	}
	return list.String()
}
