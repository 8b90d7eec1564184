package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/id"
)

//go:embed migrations
var embedded embed.FS

// DB is one database: the pools, the group committer, and a method for everything that the rooms ask of it.
// It is safe for concurrent use.
type DB struct {
	dialect *dialect
	pool    *sql.DB    // PostgreSQL: everything. SQLite: reading only.
	reads   statements // prepared statements of pool, kept for SQLite only
	writer  *oneWriter // SQLite only: the one connection that writes
	group   *committer
	onAudit func()     // called after commits that wrote an event
	onDue   func()     // and work
	works   *id.Source // names the work that the store itself intends
	close   sync.Once
}

// Open opens the main database at dsn, bringing its schema up to date. A dsn is "sqlite:PATH", a plain path,
// or a "postgres://" address. It fails, changing nothing, when the schema is newer than this program.
func Open(ctx context.Context, dsn string) (*DB, error) {
	schema, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return nil, err
	}
	return OpenSchema(ctx, dsn, schema)
}

// OpenSchema is Open for a database with another schema: the shred store has one. The file system holds a
// directory of goose migrations for each dialect, "sqlite" and "postgres".
func OpenSchema(ctx context.Context, dsn string, schema fs.FS) (*DB, error) {
	db := newDB()
	if err := db.connect(ctx, dsn); err != nil {
		return nil, err
	}
	if err := db.checkMark(ctx, db.pool); err != nil {
		return nil, errors.Join(err, db.release())
	}
	if err := db.migrate(ctx, schema); err != nil {
		return nil, errors.Join(err, db.release())
	}
	db.group = newCommitter(db)
	return db, nil
}

func newDB() *DB { return &DB{works: id.NewSource(clock.System{})} }

// connect opens the pools.
func (db *DB) connect(ctx context.Context, dsn string) error {
	if path, lite := sqlitePath(dsn); lite {
		return db.openSQLite(ctx, path)
	}
	return db.openPostgres(dsn)
}

// Dialect is the database's kind: "sqlite" or "postgres".
func (db *DB) Dialect() string { return db.dialect.name }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	return db.dialect.translate(db.pool.PingContext(ctx))
}

// Close waits for the writes that are already queued, refuses new ones and releases every connection.
func (db *DB) Close() error {
	var err error
	db.close.Do(func() {
		db.group.close()
		err = db.release()
	})
	return err
}

// Scrub makes what was deleted from the tables unreadable, as far as the database can: SQLite has zeroed deleted rows
// already, so its write-ahead log is moved into the database file and emptied; PostgreSQL is made to reclaim dead rows.
// On SQLite it fails when a reader stays in the way for ten seconds; doing it again later is right.
func (db *DB) Scrub(ctx context.Context, tables ...string) error {
	if db.writer != nil {
		return db.dialect.translate(db.writer.checkpoint(ctx))
	}
	for _, table := range tables {
		if _, err := db.pool.ExecContext(ctx, "VACUUM "+table); err != nil {
			return db.dialect.translate(err)
		}
	}
	return nil
}

func (db *DB) openPostgres(dsn string) error {
	u, err := url.Parse(dsn)
	if err != nil {
		return errors.New("store: the PostgreSQL address is not a URL") // the parser's error quotes the password
	}
	q := u.Query()
	if !q.Has("application_name") {
		q.Set("application_name", "wardline")
	}
	u.RawQuery = q.Encode()
	pool, err := sql.Open("pgx", u.String())
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	pool.SetMaxOpenConns(postgresConnections)
	pool.SetMaxIdleConns(postgresConnections)
	db.dialect, db.pool = &postgres, pool
	return nil
}

func (db *DB) openSQLite(ctx context.Context, path string) error {
	if path == "" || strings.Contains(path, ":memory:") || strings.HasPrefix(path, "file:") {
		return fmt.Errorf("store: %q is not the path of a database file", path)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	// SQLite would create it readable by everyone; its log and index files take their mode from it.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("store: %w", err)
	}

	useOpenFileLocks()
	pool, err := sql.Open("sqlite", sqliteAddress(path, readerPragmas))
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	readers := max(4, 2*runtime.GOMAXPROCS(0))
	pool.SetMaxOpenConns(readers)
	pool.SetMaxIdleConns(readers)
	writer, err := newOneWriter(ctx, sqliteAddress(path, writerPragmas))
	if err != nil {
		return errors.Join(fmt.Errorf("store: opening %s: %w", path, err), pool.Close())
	}
	db.dialect, db.pool, db.writer = &sqlite, pool, writer
	db.reads.enabled = true
	return nil
}

func (db *DB) release() error {
	db.reads.close()
	err := db.pool.Close()
	if db.writer != nil {
		err = errors.Join(err, db.writer.close())
	}
	return err
}

// postgresConnections bounds one node's share of the server's connections.
const postgresConnections = 16

// Pragmas of SQLite. FULL syncs the log at every commit, which is what an acknowledgement promises.
var (
	commonPragmas = []string{
		"busy_timeout(10000)", "foreign_keys(1)", "secure_delete(1)", "temp_store(2)", "trusted_schema(0)", "cache_size(-8192)",
	}
	writerPragmas = append([]string{"journal_mode(wal)", "synchronous(full)"}, commonPragmas...)
	readerPragmas = append([]string{"query_only(1)"}, commonPragmas...)
)

func sqliteAddress(path string, pragmas []string) string {
	q := url.Values{"_pragma": pragmas, "_dqs": {"0"}, "_error_rc": {"1"}}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}
