package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	sqlitedriver "modernc.org/sqlite"
	sqlitecode "modernc.org/sqlite/lib"
)

// dialect is everything that differs between the two databases besides how a transaction begins. The queries
// themselves do not differ.
type dialect struct {
	name  string
	goose goose.Dialect
	// snapshot is the isolation at which a read-only transaction sees one state throughout.
	snapshot sql.IsolationLevel
	// classify says what a driver's error means, and describes it without any value that a row or a
	// parameter holds.
	classify func(error) (class, string)
	// columns lists table, column and type of every column in order, references lists tables with those that they refer to, tables counts them.
	columns, references, tables string
}

var (
	sqlite = dialect{
		name: "sqlite", goose: goose.DialectSQLite3, snapshot: sql.LevelDefault, classify: classifySQLite,
		columns: `SELECT m.name, c.name, c.type FROM sqlite_schema m, pragma_table_info(m.name) c
			WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`,
		references: `SELECT m.name, f."table" FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`,
		tables:     `SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = $1`,
	}
	postgres = dialect{
		name: "postgres", goose: goose.DialectPostgres, snapshot: sql.LevelRepeatableRead, classify: classifyPostgres,
		columns: `SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
			JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
			WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position`,
		references: `SELECT c.conrelid::regclass::text, c.confrelid::regclass::text FROM pg_constraint c
			WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace`,
		tables: `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1`,
	}
)

// class is what a driver's error means to us.
type class uint8

const (
	classOther       class = iota // our bug, or a database that is broken
	classDuplicate                // a unique index refused the row
	classReference                // a foreign key refused it
	classContended                // another transaction won; the same work may succeed if done again
	classUnavailable              // no connection, no disk, shutting down
	classFull                     // the disk is full
)

// isLost says that a connection which had been there is not any more. A server that cannot be reached at all is something else.
func (d *dialect) isLost(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok || d != &postgres {
		return false
	}
	class, _ := d.classify(err)
	return class == classUnavailable
}

func classifyPostgres(err error) (class, string) {
	if p, ok := errors.AsType[*pgconn.PgError](err); ok {
		where := strings.Join([]string{"postgres", p.Code, p.TableName, p.ConstraintName}, " ")
		switch {
		case p.Code == "23505" || p.Code == "23P01":
			return classDuplicate, where
		case p.Code == "23503":
			return classReference, where
		case p.Code == "40001" || p.Code == "40P01" || p.Code == "55P03":
			return classContended, where
		case p.Code == "53100":
			return classFull, where
		case strings.HasPrefix(p.Code, "08"), strings.HasPrefix(p.Code, "53"), strings.HasPrefix(p.Code, "57P"):
			return classUnavailable, where
		case strings.HasPrefix(p.Code, "42"):
			// Syntax and names: the text quotes our own query and never a parameter.
			return classOther, where + ": " + p.Message
		}
		return classOther, where + p.ColumnName
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return classUnavailable, "postgres: network"
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return classUnavailable, "postgres: cannot connect"
	}
	for _, lost := range []error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, lost) {
			return classUnavailable, "postgres: connection lost"
		}
	}
	if strings.Contains(err.Error(), "conn closed") { // pgx has no exported value for it
		return classUnavailable, "postgres: connection lost"
	}
	return classOther, "postgres: " + beginning(err)
}

func classifySQLite(err error) (class, string) {
	e, ok := errors.AsType[*sqlitedriver.Error](err)
	if !ok {
		return classOther, "sqlite: " + beginning(err)
	}
	// SQLite's messages name tables, columns and pieces of our own query, never a value.
	text := "sqlite: " + e.Error()
	switch e.Code() {
	case sqlitecode.SQLITE_CONSTRAINT_UNIQUE, sqlitecode.SQLITE_CONSTRAINT_PRIMARYKEY, sqlitecode.SQLITE_CONSTRAINT_ROWID:
		return classDuplicate, text
	case sqlitecode.SQLITE_CONSTRAINT_FOREIGNKEY:
		return classReference, text
	}
	switch e.Code() & 0xff {
	case sqlitecode.SQLITE_BUSY, sqlitecode.SQLITE_LOCKED:
		return classContended, text
	case sqlitecode.SQLITE_FULL:
		return classFull, text
	case sqlitecode.SQLITE_IOERR, sqlitecode.SQLITE_CANTOPEN, sqlitecode.SQLITE_READONLY:
		return classUnavailable, text
	}
	return classOther, text
}

// useOpenFileLocks makes SQLite's locks survive another part of this process opening and closing the same
// file, as a backup or a scan of the data directory does. Where the system has no such locks the ordinary
// ones stay.
var useOpenFileLocks = sync.OnceFunc(func() {
	// The error says only that the ordinary locks stay in use.
	_, _ = sqlitedriver.OFDLocking(true)
})

// beginning keeps of a client-side error what names our own query, and drops the rest, which may quote a value.
func beginning(err error) string {
	text := err.Error()
	for _, pattern := range safeBeginnings {
		if found := pattern.FindString(text); found != "" {
			return found
		}
	}
	return fmt.Sprintf("%T", err)
}

var safeBeginnings = []*regexp.Regexp{
	regexp.MustCompile(`^sql: Scan error on column index \d+, name "[a-z0-9_?]*"`),
	regexp.MustCompile(`^sql: expected \d+ .*arguments.*$`),
	regexp.MustCompile(`^sql: converting argument \$\d+ type`),
	regexp.MustCompile(`^failed to encode args\[\d+\]`),
	regexp.MustCompile(`^expected \d+ arguments, got \d+`),
	regexp.MustCompile(`^missing argument with index \d+`),
}
