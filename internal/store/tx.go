package store

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"strings"
	"time"
)

// View reads. It is bound to its context, and, when it belongs to a transaction, to that. It is not for
// concurrent use.
type View struct {
	db  *DB
	ctx context.Context
	run runner
	// failed is the first statement that failed in a transaction. PostgreSQL refuses everything after it, so
	// on both databases the transaction ends with it, even when the caller overlooked it.
	failed error
	over   bool
}

// Tx reads and writes. All of it happens or nothing does.
type Tx struct {
	View
	writes int
	after  []func()
}

// Tx runs fn in a transaction and commits when it returns nil. Transactions are serialisable on both
// databases: fn is run again when PostgreSQL says that another transaction got in the way, so it must assign
// its results and never add to them, and must do nothing that cannot be undone except through AfterCommit.
//
// When ctx already carries a transaction of this database (see Tx.Context), fn joins it.
func (db *DB) Tx(ctx context.Context, fn func(*Tx) error) error {
	if outer := db.joined(ctx); outer != nil {
		return fn(outer)
	}
	return db.retrying(ctx, func() error {
		tx, end, err := db.begin(ctx)
		if err != nil {
			return err
		}
		return tx.finish(end, tx.guarded(end, fn))
	})
}

// View runs fn on one snapshot, so that several statements see the same state.
func (db *DB) View(ctx context.Context, fn func(*View) error) error {
	if outer := db.joined(ctx); outer != nil {
		return fn(&outer.View)
	}
	return db.retrying(ctx, func() error {
		tx, err := db.beginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: db.dialect.snapshot})
		if err != nil {
			return db.dialect.translate(err)
		}
		snapshot := &snapshot{db: db, tx: tx}
		defer snapshot.end(ctx)
		v := &View{db: db, ctx: ctx, run: snapshot}
		defer func() { v.over = true }()
		err = fn(v)
		if v.failed != nil && (err == nil || isContended(v.failed)) {
			return v.failed
		}
		return err
	})
}

// Read is for a single statement: each one sees what is committed when it starts. Inside a transaction that
// ctx carries, it sees that transaction's own writes.
func (db *DB) Read(ctx context.Context) *View {
	if outer := db.joined(ctx); outer != nil {
		return &outer.View
	}
	return &View{db: db, ctx: ctx, run: pooled{db}}
}

// Context is the transaction's context, and carries the transaction: methods of this database called with it
// take part in it.
func (v *View) Context() context.Context { return v.ctx }

// Exec runs one statement and returns how many rows it touched.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	tx.writes++
	result, err := execute(&tx.View, query, args)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return n, tx.note(err)
}

// Row runs a SELECT for at most one row: the returned Row's Scan answers ErrNotFound when there is none.
func (v *View) Row(query string, args ...any) *Row {
	if !reads(query) {
		return &Row{err: errWriteInView}
	}
	return v.row(query, args)
}

// Each runs a SELECT and calls fn with every row. fn must not use the View: one connection, one statement at
// a time.
func (v *View) Each(query string, args []any, fn func(Scanner) error) error {
	if !reads(query) {
		return errWriteInView
	}
	return v.each(query, args, fn)
}

// Row is View.Row, and takes INSERT, UPDATE and DELETE with RETURNING too.
func (tx *Tx) Row(query string, args ...any) *Row {
	if !reads(query) {
		tx.writes++
	}
	return tx.row(query, args)
}

// Each is View.Each, and takes INSERT, UPDATE and DELETE with RETURNING too.
func (tx *Tx) Each(query string, args []any, fn func(Scanner) error) error {
	if !reads(query) {
		tx.writes++
	}
	return tx.each(query, args, fn)
}

// AfterCommit calls fn once the transaction is durable, in the order of the calls, and never when it is
// undone. fn must not wait for anything.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// Scanner is a row to read from.
type Scanner interface{ Scan(into ...any) error }

// Row is the answer to a query for one row.
type Row struct {
	view *View
	rows *sql.Rows
	err  error
}

// Scan reads the row's columns. Without a row it answers ErrNotFound.
func (r *Row) Scan(into ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return r.view.note(err)
		}
		return ErrNotFound
	}
	if err := r.rows.Scan(into...); err != nil {
		return r.view.note(err)
	}
	return r.view.note(r.rows.Close())
}

// one reads the only row of a query, or answers ErrNotFound.
func one[T any](v interface{ Row(string, ...any) *Row }, scan func(Scanner) (T, error), query string, args ...any) (T, error) {
	return scan(v.Row(query, args...))
}

// many reads every row of a query. The slice is never nil, for JSON's sake.
func many[T any](v interface {
	Each(string, []any, func(Scanner) error) error
}, scan func(Scanner) (T, error), query string, args ...any) ([]T, error) {
	found := []T{}
	err := v.Each(query, args, func(row Scanner) error {
		item, err := scan(row)
		if err == nil {
			found = append(found, item)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

func (v *View) row(query string, args []any) *Row {
	rows, err := v.query(query, args)
	return &Row{view: v, rows: rows, err: err}
}

func (v *View) each(query string, args []any, fn func(Scanner) error) error {
	rows, err := v.query(query, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rowScanner{v, rows}); err != nil {
			return err
		}
	}
	return v.note(rows.Err())
}

// reads reports whether a statement only reads: it begins with SELECT, or with WITH, which is for reading
// here.
func reads(query string) bool {
	query = strings.TrimLeft(query, " \t\n")
	return strings.HasPrefix(query, "SELECT") || strings.HasPrefix(query, "WITH")
}

type rowScanner struct {
	view *View
	rows *sql.Rows
}

func (s rowScanner) Scan(into ...any) error { return s.view.note(s.rows.Scan(into...)) }

func (v *View) query(query string, args []any) (*sql.Rows, error) {
	if v.over {
		return nil, errOver
	}
	rows, err := v.run.QueryContext(v.ctx, query, args...)
	return rows, v.note(err)
}

func execute(v *View, query string, args []any) (sql.Result, error) {
	if v.over {
		return nil, errOver
	}
	result, err := v.run.ExecContext(v.ctx, query, args...)
	return result, v.note(err)
}

// note translates an error, and remembers it, so that the transaction cannot be committed over it.
func (v *View) note(err error) error {
	if err == nil {
		return nil
	}
	err = v.db.dialect.translate(err)
	if v.failed == nil {
		v.failed = err
	}
	return err
}

// ending is how a transaction ends.
type ending interface {
	Commit() error
	Rollback() error
}

func (db *DB) begin(ctx context.Context) (*Tx, ending, error) {
	tx := &Tx{View: View{db: db}}
	tx.ctx = context.WithValue(ctx, txKey{db}, tx)
	if db.writer != nil {
		if err := db.writer.begin(ctx); err != nil {
			return nil, nil, db.dialect.translate(err)
		}
		tx.run = db.writer
		return tx, db.writer, nil
	}
	t, err := db.beginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		return nil, nil, db.dialect.translate(err)
	}
	tx.run = t
	return tx, t, nil
}

// beginTx begins on another connection when the one that the pool gave turns out to be dead: nothing has been done on it yet. The pool itself
// looks at a connection only when it was idle for a second.
func (db *DB) beginTx(ctx context.Context, options *sql.TxOptions) (*sql.Tx, error) {
	for range postgresConnections {
		tx, err := db.pool.BeginTx(ctx, options)
		if err == nil || !db.dialect.isLost(err) || ctx.Err() != nil {
			return tx, err
		}
	}
	return db.pool.BeginTx(ctx, options)
}

// guarded runs fn, and undoes the transaction when it panics, for otherwise SQLite's only writer would be
// lost.
func (tx *Tx) guarded(end ending, fn func(*Tx) error) error {
	finished := false
	defer func() {
		if !finished {
			tx.over = true
			end.Rollback()
		}
	}()
	err := fn(tx)
	finished = true
	return err
}

// finish commits, unless fn or a statement failed.
func (tx *Tx) finish(end ending, err error) error {
	tx.over = true
	if err == nil {
		err = tx.failed
	}
	if err != nil {
		end.Rollback()
		if isContended(tx.failed) {
			return tx.failed // whatever fn made of it, the whole of it is worth another try
		}
		return err
	}
	if err := end.Commit(); err != nil {
		return tx.db.dialect.translate(err)
	}
	for _, fn := range tx.after {
		fn()
	}
	return nil
}

// retrying runs a whole transaction until it gets through.
func (db *DB) retrying(ctx context.Context, attempt func() error) error {
	for tries := 1; ; tries++ {
		err := attempt()
		if !isContended(err) || tries == triesPerTransaction {
			return err
		}
		// Whoever collided now waits for different times. Up to 1, 2, 4 … 64 ms.
		pause := time.NewTimer(rand.N(time.Millisecond << min(tries-1, 6)))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		}
	}
}

// triesPerTransaction is over two seconds of trying, after which the database is too busy.
const triesPerTransaction = 40

type txKey struct{ db *DB }

func (db *DB) joined(ctx context.Context) *Tx {
	tx, _ := ctx.Value(txKey{db}).(*Tx)
	return tx
}
