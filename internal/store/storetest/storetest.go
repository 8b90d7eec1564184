// Package storetest runs a test on both databases.
//
// Invariant: a test that uses it fails where PostgreSQL is missing; it never skips.
package storetest

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/pgtest"
)

// EachDatabase runs the test on an empty, migrated SQLite database and on an empty, migrated PostgreSQL schema.
func EachDatabase(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	EachDSN(t, func(t *testing.T, dsn string) { test(t, Open(t, dsn)) })
}

// EachDSN is EachDatabase for tests that open the database themselves, perhaps more than once.
func EachDSN(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Helper()
	EachKind(t, func(t *testing.T, fresh func(testing.TB) string) { test(t, fresh(t)) })
}

// EachKind is EachDSN for tests that need several databases of one kind: fresh gives the address of a new one.
func EachKind(t *testing.T, test func(t *testing.T, fresh func(testing.TB) string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite) })
	t.Run("postgres", func(t *testing.T) { test(t, pgtest.DSN) })
}

// SQLite is the address of a database file that does not exist yet, in the test's own directory.
func SQLite(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "wardline.db") }

// Open opens the database and closes it when the test ends.
func Open(t testing.TB, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing the database: %v", err)
		}
	})
	return db
}
