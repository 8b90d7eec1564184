package store

import (
	"context"
	"database/sql"
	"errors"
)

// oneWriter is SQLite's only writing connection. Whoever holds the turn owns it, so that writers wait in Go,
// where waiting obeys a context, and not in SQLite, where it means polling.
type oneWriter struct {
	turn   chan struct{}
	closed chan struct{}
	pool   *sql.DB
	conn   *sql.Conn
	stmts  statements
}

func newOneWriter(ctx context.Context, address string) (*oneWriter, error) {
	pool, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, err
	}
	// Two: one held for good, and one for goose, which asks for its own.
	pool.SetMaxOpenConns(2)
	pool.SetMaxIdleConns(0)
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	w := &oneWriter{turn: make(chan struct{}, 1), closed: make(chan struct{}), pool: pool, conn: conn}
	w.stmts.enabled = true
	return w, nil
}

// begin waits for the turn and opens a transaction that already holds the write lock.
func (w *oneWriter) begin(ctx context.Context) error {
	if err := w.take(ctx); err != nil {
		return err
	}
	if _, err := w.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		<-w.turn
		return err
	}
	return nil
}

// take waits for the turn.
func (w *oneWriter) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case w.turn <- struct{}{}:
		return nil
	case <-w.closed:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Commit ends the transaction and passes the turn on.
func (w *oneWriter) Commit() error {
	_, err := w.ExecContext(context.Background(), "COMMIT")
	if err != nil {
		return errors.Join(err, w.Rollback())
	}
	<-w.turn
	return nil
}

// Rollback undoes the transaction and passes the turn on. SQLite has rolled back by itself after some errors,
// and then says that there is nothing to roll back, which is as good.
func (w *oneWriter) Rollback() error {
	_, _ = w.ExecContext(context.Background(), "ROLLBACK")
	<-w.turn
	return nil
}

// ExecContext runs without the caller's cancellation: an interrupted statement would take the whole
// transaction with it, and statements here are short.
func (w *oneWriter) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := w.stmts.get(ctx, w.conn, query)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return w.conn.ExecContext(context.WithoutCancel(ctx), query, args...)
	}
	return stmt.ExecContext(context.WithoutCancel(ctx), args...)
}

func (w *oneWriter) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := w.stmts.get(ctx, w.conn, query)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return w.conn.QueryContext(context.WithoutCancel(ctx), query, args...)
	}
	return stmt.QueryContext(context.WithoutCancel(ctx), args...)
}

// checkpoint empties the write-ahead log. A reader in the middle of a snapshot keeps it from finishing, and
// the busy timeout waits for that reader.
func (w *oneWriter) checkpoint(ctx context.Context) error {
	if err := w.take(ctx); err != nil {
		return err
	}
	defer func() { <-w.turn }()
	// A connection that has not read since another one wrote, as after a migration, finds the log busy until it reads.
	var tables, busy, pages, moved int
	if err := w.conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	if err := w.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return errCheckpointBlocked
	}
	return nil
}

func (w *oneWriter) close() error {
	w.turn <- struct{}{} // for good
	close(w.closed)
	w.stmts.close()
	return errors.Join(w.conn.Close(), w.pool.Close())
}
