package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/pgtest"
	"github.com/wardline/wardline/internal/store/storetest"
)

func TestNewerSchemaIsRefused(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		db, err := store.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		write(t, db, `INSERT INTO schema_version (version_id, is_applied) VALUES (99999, TRUE)`)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		_, err = store.Open(t.Context(), dsn)
		if !errors.Is(err, store.ErrNewerSchema) || !strings.Contains(err.Error(), "99999") {
			t.Errorf("opened a schema from the future: %v", err)
		}
	})
}

func TestOpeningTogether(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		if strings.HasPrefix(dsn, "sqlite:") {
			storetest.Open(t, dsn) // nodes are PostgreSQL's; a SQLite file is made by one process
		}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				db, err := store.Open(context.Background(), dsn)
				if err != nil {
					t.Error(err)
					return
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	})
}

// TestMigrationsAreAlike compares the schemas that the two directories make, and the names of their files.
func TestMigrationsAreAlike(t *testing.T) {
	names := func(dir string) []string {
		entries, err := fs.ReadDir(store.Migrations, "migrations/"+dir)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		last := 0
		for _, entry := range entries {
			all = append(all, entry.Name())
			var number int
			if _, err := fmt.Sscanf(entry.Name(), "%05d_", &number); err != nil || number <= last {
				t.Errorf("%s after number %d: numbers ascend and are used once", entry.Name(), last)
			}
			last = number
		}
		return all
	}
	if diff := cmp.Diff(names("sqlite"), names("postgres")); diff != "" {
		t.Errorf("migration files, SQLite's and PostgreSQL's:\n%s", diff)
	}
	lite := describe(t, storetest.Open(t, storetest.SQLite(t)))
	post := describe(t, storetest.Open(t, pgtest.DSN(t)))
	if diff := cmp.Diff(lite, post); diff != "" {
		t.Errorf("schemas, SQLite's and PostgreSQL's:\n%s", diff)
	}
	if len(lite) < 10 {
		t.Errorf("only %d lines of schema were compared", len(lite))
	}
}

// describe lists the columns and the named indexes of a database in words that both databases share.
func describe(t *testing.T, db *store.DB) []string {
	t.Helper()
	columns, indexes := `
		SELECT m.name, c.name, lower(c.type), c."notnull" <> 0 OR c.pk <> 0, c.pk <> 0 FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`, `
		SELECT tbl_name, name, CASE WHEN upper(sql) LIKE 'CREATE UNIQUE%' THEN 'unique' ELSE '' END FROM sqlite_schema
		WHERE type = 'index' AND sql IS NOT NULL`
	if db.Dialect() == "postgres" {
		columns, indexes = `
			SELECT c.table_name, c.column_name, c.data_type, c.is_nullable = 'NO', EXISTS (
				SELECT FROM information_schema.table_constraints k JOIN information_schema.key_column_usage u USING (constraint_schema, constraint_name)
				WHERE k.constraint_type = 'PRIMARY KEY' AND k.table_schema = c.table_schema AND u.table_name = c.table_name AND u.column_name = c.column_name)
			FROM information_schema.columns c WHERE c.table_schema = current_schema()`, `
			SELECT tablename, indexname, CASE WHEN indexdef LIKE 'CREATE UNIQUE%' THEN 'unique' ELSE '' END FROM pg_indexes
			WHERE schemaname = current_schema() AND NOT EXISTS (
				SELECT FROM pg_constraint WHERE conname = indexname AND connamespace = current_schema()::regnamespace)`
	}
	var lines []string
	read := func(query string, line func(store.Scanner) (string, error)) {
		err := db.Read(t.Context()).Each(strings.TrimSpace(query), nil, func(row store.Scanner) error {
			text, err := line(row)
			if !strings.HasPrefix(text, "schema_version ") { // goose's own
				lines = append(lines, text)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	read(columns, func(row store.Scanner) (string, error) {
		var table, column, kind string
		var required, key bool
		err := row.Scan(&table, &column, &kind, &required, &key)
		if kind == "integer" {
			kind = "bigint" // SQLite's INTEGER PRIMARY KEY
		}
		return fmt.Sprintf("%s column %s %s required=%v key=%v", table, column, kind, required, key), err
	})
	read(indexes, func(row store.Scanner) (string, error) {
		var table, index, unique string
		err := row.Scan(&table, &index, &unique)
		return fmt.Sprintf("%s index %s %s", table, index, unique), err
	})
	slices.Sort(lines)
	return lines
}
