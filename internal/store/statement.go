package store

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
)

// runner runs statements: the pool, a snapshot, a transaction, or SQLite's one writer.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// statements keeps prepared statements, because preparing one costs SQLite as much as running it. pgx keeps
// its own.
type statements struct {
	enabled bool
	kept    atomic.Int64
	byText  sync.Map // query text → *sql.Stmt
}

// statementsKept bounds the memory of queries whose text varies; those beyond it are prepared every time.
const statementsKept = 512

type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// peek returns the prepared form of the query if there is one.
func (s *statements) peek(query string) *sql.Stmt {
	stmt, _ := s.byText.Load(query)
	found, _ := stmt.(*sql.Stmt)
	return found
}

// get returns the prepared form of the query, or nil when there should be none. It holds no lock while it
// prepares, since preparing waits for a connection.
func (s *statements) get(ctx context.Context, from preparer, query string) (*sql.Stmt, error) {
	if !s.enabled {
		return nil, nil
	}
	if stmt := s.peek(query); stmt != nil {
		return stmt, nil
	}
	if s.kept.Load() >= statementsKept {
		return nil, nil
	}
	stmt, err := from.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if first, lost := s.byText.LoadOrStore(query, stmt); lost {
		stmt.Close()
		return first.(*sql.Stmt), nil
	}
	s.kept.Add(1)
	return stmt, nil
}

func (s *statements) close() {
	s.byText.Range(func(_, stmt any) bool {
		stmt.(*sql.Stmt).Close()
		return true
	})
}

// pooled runs single reads on the pool.
type pooled struct{ db *DB }

func (pooled) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	return nil, errWriteInView
}

func (p pooled) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := p.db.reads.get(ctx, p.db.pool, query)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return p.db.pool.QueryContext(ctx, query, args...)
	}
	return stmt.QueryContext(ctx, args...)
}

// snapshot runs the reads of one read-only transaction. It uses what the pool has prepared, and has what it missed prepared when it is over: before, that
// would wait for a second connection while holding one.
type snapshot struct {
	db     *DB
	tx     *sql.Tx
	missed []string
}

func (*snapshot) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	return nil, errWriteInView
}

func (s *snapshot) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if stmt := s.db.reads.peek(query); stmt != nil {
		return s.tx.StmtContext(ctx, stmt).QueryContext(ctx, args...)
	}
	if s.db.reads.enabled {
		s.missed = append(s.missed, query)
	}
	return s.tx.QueryContext(ctx, query, args...)
}

// end gives the connection back; there is nothing to commit. What cannot be prepared now is tried again by whoever misses it next.
func (s *snapshot) end(ctx context.Context) {
	_ = s.tx.Rollback()
	for _, query := range s.missed {
		if _, err := s.db.reads.get(ctx, s.db.pool, query); err != nil {
			return
		}
	}
}
