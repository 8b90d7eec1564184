package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/wardline/wardline/internal/backup"
	"github.com/wardline/wardline/internal/fault"
)

// markTable is in a database from the first step of a restore to its last. Open refuses a database that has it, so that nobody serves from half a
// database, or from one into which the destruction ledger was not replayed.
const markTable = "restoring"

var (
	errUnfinished = fault.New(fault.Unavailable, "restore_unfinished",
		"A restore into this database was begun and did not end. Nothing can be served from it: empty it and restore again.")
	errOccupied = fault.New(fault.Conflict, "restore_overwrites",
		"There is something already where this restore would go, and a restore overwrites nothing. Give it another place, or move what is there away.")
	errFilled = fault.New(fault.Conflict, "database_not_empty", "There is something in this database already. Give an empty one.")
	errUnlike = fault.New(fault.Invalid, "backup_unlike",
		"This backup has tables or columns that a database of its version does not have. It cannot be restored by this program.")
)

// MainSchema holds the migrations of the main database.
func MainSchema() (fs.FS, error) { return fs.Sub(embedded, "migrations") }

// Loader fills an empty database from a backup. Nothing can be served from it before Done.
type Loader struct {
	db     *DB
	schema fs.FS
	there  []backup.Table
}

// NewLoader makes an empty database at the schema version of a backup. It refuses a place where there is anything, and a schema that is newer than this
// program.
func NewLoader(ctx context.Context, dsn string, schema fs.FS, version int64) (*Loader, error) {
	path, lite := sqlitePath(dsn)
	if lite {
		for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
			if _, err := os.Lstat(path + suffix); !errors.Is(err, fs.ErrNotExist) {
				return nil, errOccupied.With("file", path+suffix)
			}
		}
	}
	db := newDB()
	if err := db.connect(ctx, dsn); err != nil {
		return nil, err
	}
	l := &Loader{db: db, schema: schema}
	if err := l.begin(ctx, version); err != nil {
		return nil, errors.Join(err, db.release())
	}
	db.group = newCommitter(db)
	return l, nil
}

func sqlitePath(dsn string) (string, bool) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return "", false
	}
	return strings.TrimPrefix(dsn, "sqlite:"), true
}

func (l *Loader) begin(ctx context.Context, version int64) error {
	known, err := l.db.knownVersion(l.schema)
	if err != nil {
		return err
	}
	if version > known {
		return backup.ErrNewer.With("schema", version).With("known", known)
	}
	occupied, err := l.db.occupied(ctx)
	if err != nil {
		return err
	}
	if occupied {
		return errOccupied.With("database", "it has tables")
	}
	if err := l.db.Tx(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`CREATE TABLE ` + markTable + ` (restore BIGINT NOT NULL)`)
		return err
	}); err != nil {
		return err
	}
	if err := l.db.migrateTo(ctx, l.schema, version); err != nil {
		return err
	}
	if l.db.writer != nil {
		// Nothing here is promised to anybody before Done, which syncs all of it.
		for _, pragma := range []string{"PRAGMA synchronous = OFF", "PRAGMA cache_size = -262144", "PRAGMA wal_autocheckpoint = 16384"} {
			if _, err := l.db.writer.ExecContext(ctx, pragma); err != nil {
				return l.db.dialect.translate(err)
			}
		}
	}
	return l.clear(ctx)
}

// clear empties the tables that migrations put rows into, for the backup has those too.
func (l *Loader) clear(ctx context.Context) error {
	return l.db.Tx(ctx, func(tx *Tx) (err error) {
		if l.there, err = (&dump{view: &tx.View}).tables(); err != nil {
			return err
		}
		for _, table := range slices.Backward(l.there) {
			if _, err := tx.Exec(`DELETE FROM ` + table.Name); err != nil {
				return err
			}
		}
		return nil
	})
}

// Load fills one table; next gives its rows, and io.EOF after the last.
func (l *Loader) Load(ctx context.Context, table backup.Table, next func() (backup.Row, error)) (int64, error) {
	if err := l.fits(table); err != nil {
		return 0, err
	}
	if l.db.writer == nil {
		return l.copyIn(ctx, table, next)
	}
	return l.insert(ctx, table, next)
}

// fits refuses a table that this schema does not have in this form. Its names go into SQL, so they are those of the schema.
func (l *Loader) fits(table backup.Table) error {
	at := slices.IndexFunc(l.there, func(t backup.Table) bool { return t.Name == table.Name })
	if at < 0 || len(l.there[at].Columns) != len(table.Columns) {
		return errUnlike.With("table", table.Name)
	}
	for _, column := range table.Columns {
		if !slices.Contains(l.there[at].Columns, column) {
			return errUnlike.With("table", table.Name).With("column", column.Name)
		}
	}
	return nil
}

const (
	loadRows  = 4096
	loadBytes = 8 << 20
)

// insert loads a table of SQLite in transactions of a few thousand rows.
func (l *Loader) insert(ctx context.Context, table backup.Table, next func() (backup.Row, error)) (total int64, err error) {
	width := len(table.Columns)
	names := columnNames(table)
	for {
		args, bytes, ended := make([]any, 0, loadRows), 0, false
		for len(args) < loadRows*width && bytes < loadBytes {
			row, err := next()
			if errors.Is(err, io.EOF) {
				ended = true
				break
			}
			if err != nil {
				return total, err
			}
			for _, value := range row {
				kept, size := keep(value)
				args, bytes = append(args, kept), bytes+size
			}
		}
		count := len(args) / width
		err := l.db.Tx(ctx, func(tx *Tx) error {
			return chunks(count, func(from, to int) error {
				_, err := tx.Exec(`INSERT INTO `+table.Name+` (`+strings.Join(names, ", ")+`) VALUES `+marks(to-from, width), args[from*width:to*width]...)
				return err
			})
		})
		if err != nil {
			return total, err
		}
		total += int64(count)
		if ended {
			return total, nil
		}
	}
}

// marks is tuples with parameters by their place: SQLite alone runs it, and there a thousand names would have to be looked up for every statement.
func marks(rows, width int) string {
	row := "(" + strings.Repeat(", ?", width)[2:] + ")"
	return row + strings.Repeat(", "+row, rows-1)
}

// keep copies what the reader will write over.
func keep(value any) (any, int) {
	if b, ok := value.([]byte); ok {
		return append(make([]byte, 0, len(b)), b...), len(b)
	}
	if s, ok := value.(string); ok {
		return s, len(s)
	}
	return value, 8
}

// copyIn loads a table of PostgreSQL by COPY, which takes numbers that the database would give itself.
func (l *Loader) copyIn(ctx context.Context, table backup.Table, next func() (backup.Row, error)) (total int64, err error) {
	conn, err := l.db.pool.Conn(ctx)
	if err != nil {
		return 0, l.db.dialect.translate(err)
	}
	defer conn.Close()
	source := &copySource{next: next}
	err = conn.Raw(func(driver any) (err error) {
		total, err = driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{table.Name}, columnNames(table), source)
		return err
	})
	if source.err != nil {
		return total, source.err
	}
	return total, l.db.dialect.translate(err)
}

// copySource gives rows to COPY. A failure of the backup itself is kept, because the driver would wrap it.
type copySource struct {
	next func() (backup.Row, error)
	row  backup.Row
	err  error
}

// Next implements pgx.CopyFromSource.
func (c *copySource) Next() bool {
	c.row, c.err = c.next()
	if errors.Is(c.err, io.EOF) {
		c.err = nil
		return false
	}
	return c.err == nil
}

// Values implements pgx.CopyFromSource.
func (c *copySource) Values() ([]any, error) { return c.row, nil }

// Err implements pgx.CopyFromSource.
func (c *copySource) Err() error { return c.err }

func columnNames(table backup.Table) []string {
	names := make([]string, len(table.Columns))
	for n, column := range table.Columns {
		names[n] = column.Name
	}
	return names
}

// Loaded brings the schema up to this program's and gives the database for what remains to be done in it.
func (l *Loader) Loaded(ctx context.Context) (*DB, error) {
	if l.db.writer == nil {
		if err := l.number(ctx); err != nil {
			return nil, err
		}
	}
	return l.db, l.db.migrate(ctx, l.schema)
}

// number has PostgreSQL count on after the numbers that were loaded. SQLite does so by itself.
func (l *Loader) number(ctx context.Context) error {
	return l.db.Tx(ctx, func(tx *Tx) error {
		type numbered struct{ table, column string }
		columns, err := many(tx, func(row Scanner) (n numbered, err error) { return n, row.Scan(&n.table, &n.column) },
			`SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES'`)
		if err != nil {
			return err
		}
		for _, n := range columns {
			var last int64
			err := tx.Row(fmt.Sprintf(`SELECT setval(pg_get_serial_sequence('%[1]s', '%[2]s'), GREATEST((SELECT COALESCE(MAX(%[2]s), 0) FROM %[1]s), 1),
				EXISTS (SELECT 1 FROM %[1]s))`, n.table, n.column)).Scan(&last)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Done takes away the mark, in the transaction of what last does, and makes all of it durable. From then on the database can be served from.
func (l *Loader) Done(ctx context.Context, last func(*Tx) error) error {
	err := l.db.Tx(ctx, func(tx *Tx) error {
		if err := last(tx); err != nil {
			return err
		}
		_, err := tx.Exec(`DROP TABLE ` + markTable)
		return err
	})
	if err != nil || l.db.writer == nil {
		return err
	}
	if _, err := l.db.writer.ExecContext(ctx, "PRAGMA synchronous = FULL"); err != nil {
		return l.db.dialect.translate(err)
	}
	return l.db.writer.checkpoint(ctx)
}

// Close closes the database. A SQLite file is on the disk then, with its directory.
func (l *Loader) Close(dsn string) error {
	err := l.db.Close()
	path, lite := sqlitePath(dsn)
	if !lite || err != nil {
		return err
	}
	for _, name := range []string{path, filepath.Dir(path)} {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		if err := errors.Join(file.Sync(), file.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Discard takes back everything that a failed restore made in PostgreSQL. The place was empty before.
func (l *Loader) Discard(ctx context.Context) error {
	if l.db.writer != nil {
		return nil // its directory goes
	}
	return l.db.Tx(ctx, func(tx *Tx) error {
		names, err := many(tx, func(row Scanner) (name string, err error) { return name, row.Scan(&name) },
			`SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`)
		if err != nil {
			return err
		}
		for _, name := range names {
			if _, err := tx.Exec(`DROP TABLE ` + name + ` CASCADE`); err != nil {
				return err
			}
		}
		return nil
	})
}

// occupied says whether there is any table.
func (db *DB) occupied(ctx context.Context) (found bool, err error) {
	err = db.Read(ctx).Each(db.dialect.columns, nil, func(Scanner) error { found = true; return nil })
	return found, err
}

// CheckEmpty refuses a PostgreSQL database in which there is anything, without changing it.
func CheckEmpty(ctx context.Context, dsn string) error {
	db := newDB()
	if err := db.connect(ctx, dsn); err != nil {
		return err
	}
	occupied, err := db.occupied(ctx)
	if err == nil && occupied {
		err = errFilled
	}
	return errors.Join(err, db.release())
}

// checkMark refuses a database in which a restore did not end.
func (db *DB) checkMark(ctx context.Context, pool *sql.DB) error {
	var marks int
	if err := pool.QueryRowContext(ctx, db.dialect.tables, markTable).Scan(&marks); err != nil {
		return db.dialect.translate(err)
	}
	if marks > 0 {
		return errUnfinished
	}
	return nil
}
