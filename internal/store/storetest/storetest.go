// Package storetest runs a test on both databases.
//
// Invariant: a test that uses it fails where PostgreSQL is missing; it never skips.
package storetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/pgtest"
)

// EachDatabase runs the test on an empty, migrated SQLite database and on an empty, migrated PostgreSQL schema.
func EachDatabase(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, Open(t, migrated(t))) })
	t.Run("postgres", func(t *testing.T) { test(t, Open(t, pgtest.DSN(t))) })
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

// migrated is SQLite with the schema there already: a copy is a tenth of the work of migrating.
func migrated(t testing.TB) string {
	t.Helper()
	content, err := template()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "wardline.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "wardline-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "wardline.db")
	db, err := store.Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	if err := db.Scrub(context.Background()); err != nil { // all of it into the one file
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
