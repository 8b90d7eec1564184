package store

import (
	"context"

	"github.com/wardline/wardline/internal/id"
)

// Asked is a query with what it is asked about.
type Asked struct {
	Query string
	Args  []any
}

// KeepingQueries are the questions that a disposal asks about one message.
func KeepingQueries() map[string]Asked {
	one := ` FROM thread_log l JOIN thread t ON t.thread = l.thread WHERE l.thread = $1 AND l.seq = $2`
	args := []any{id.Thread{1, 3}, int64(20)}
	return map[string]Asked{
		"held":          {`SELECT 1` + one + ` AND NOT ` + held, args},
		"still expired": {stillExpiredQuery, append(args[:2:2], append([]any{int64(1)}, noon()...)...)},
	}
}

// ExpiredQuery is how a sweep looks.
func ExpiredQuery() Asked {
	return Asked{expiredQuery, append([]any{int64(1), int64(5), int64(0), id.Thread{}, int64(0), 10}, noon()...)}
}

func noon() (each []any) {
	for range spaces {
		each = append(each, int64(5))
	}
	return each
}

// Explain returns the lines of a plan. PostgreSQL is told not to read small tables from end to end, which would be right for the few rows of a test.
func Explain(ctx context.Context, db *DB, asked Asked) ([]string, error) {
	tx, err := db.pool.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	explain := "EXPLAIN QUERY PLAN "
	if db.Dialect() == "postgres" {
		explain = "EXPLAIN "
		if _, err := tx.ExecContext(ctx, `SET LOCAL enable_seqscan = off`); err != nil {
			return nil, err
		}
	}
	rows, err := tx.QueryContext(ctx, explain+asked.Query, asked.Args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var lines []string
	for rows.Next() {
		var line string
		into := make([]any, len(columns))
		for n := range into {
			into[n] = new(any)
		}
		into[len(into)-1] = &line
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}
