package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"

	"github.com/pressly/goose/v3"
)

// ErrNewerSchema is wrapped when a newer Wardline has already migrated the database.
var ErrNewerSchema = errors.New("the database's schema is newer than this program")

// versions is the table in which goose writes what it has applied.
const versions = "schema_version"

// migrate brings the schema up to date. Nodes that start together take turns.
func (db *DB) migrate(ctx context.Context, schema fs.FS) error {
	return db.migrateTo(ctx, schema, math.MaxInt64)
}

// migrateTo brings the schema up to a version, for the backup of an earlier one.
func (db *DB) migrateTo(ctx context.Context, schema fs.FS, version int64) error {
	pool := db.pool
	if db.writer != nil {
		pool = db.writer.pool
	} else {
		unlock, err := lockSchema(ctx, pool)
		if err != nil {
			return err
		}
		defer unlock()
	}
	dir, err := fs.Sub(schema, db.dialect.name)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(db.dialect.goose, pool, dir,
		goose.WithTableName(versions), goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return fmt.Errorf("store: reading the migrations: %w", err)
	}
	have, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("store: reading the schema's version: %w", err)
	}
	if have > known {
		return fmt.Errorf("store: %w: it is at version %d and this program knows versions up to %d; "+
			"run the newer Wardline again, or restore the backup that was taken before the upgrade", ErrNewerSchema, have, known)
	}
	if version = min(version, known); version <= have {
		return nil
	}
	if _, err := provider.UpTo(ctx, version); err != nil {
		return fmt.Errorf("store: migrating the schema from version %d to %d: %w", have, version, err)
	}
	return nil
}

// knownVersion is the newest version that this program has migrations to.
func (db *DB) knownVersion(schema fs.FS) (int64, error) {
	names, err := fs.ReadDir(schema, db.dialect.name)
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("store: reading the migrations: %w", err)
	}
	var version int64
	_, err = fmt.Sscanf(names[len(names)-1].Name(), "%d_", &version)
	return version, err
}

// lockSchema takes PostgreSQL's advisory lock for this schema, so that of several nodes one migrates and the
// others then find it done. It belongs to a connection, and goes with it when the node dies.
func lockSchema(ctx context.Context, pool *sql.DB) (unlock func(), err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("store: connecting to PostgreSQL: %w", err)
	}
	const key = "hashtextextended('wardline schema ' || current_schema(), 0)"
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock("+key+")"); err != nil {
		conn.Close()
		return nil, fmt.Errorf("store: waiting for another node's migration: %w", err)
	}
	return func() {
		// A lock that cannot be given back goes when its connection does.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock("+key+")")
		conn.Close()
	}, nil
}
