package store_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

func TestOpenRefusesWhatIsNoAddress(t *testing.T) {
	for _, dsn := range []string{
		"", "sqlite:", ":memory:", "sqlite::memory:", "file:a.db?mode=memory", "postgres://user:secret@host:notaport/x",
		"postgres://user:secret@127.0.0.1:1/x?sslmode=disable", filepath.Join(t.TempDir(), "missing", "wardline.db"),
	} {
		db, err := store.Open(t.Context(), dsn)
		if err == nil {
			db.Close()
			t.Errorf("%q was opened", dsn)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the password is in the error: %v", err)
		}
	}
}

func TestOpenTakesAnyPath(t *testing.T) {
	for _, name := range []string{"plain.db", "with space.db", "what?mode=memory&x.db", "100%41#1.db", "ü+&;'\".db"} {
		for _, prefix := range []string{"", "sqlite:"} {
			path := filepath.Join(t.TempDir(), name)
			storetest.Open(t, prefix+path)
			info, err := os.Stat(path)
			if err != nil || info.Size() == 0 && !exists(path+"-wal") {
				t.Errorf("%s%s: %v", prefix, path, err)
				continue
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", path, info.Mode())
			}
			if wal, err := os.Stat(path + "-wal"); err == nil && wal.Mode().Perm() != 0o600 {
				t.Errorf("its log has mode %v", wal.Mode())
			}
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestSQLiteIsSetUpToLoseNothing(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	want := map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1", "query_only": "0", "trusted_schema": "0",
	}
	for pragma, value := range want {
		var writing, reading string
		if err := db.Tx(t.Context(), func(tx *store.Tx) error {
			return tx.Row("SELECT * FROM pragma_" + pragma).Scan(&writing)
		}); err != nil {
			t.Fatal(err)
		}
		if writing != value {
			t.Errorf("%s is %s where we write, want %s", pragma, writing, value)
		}
		if pragma == "query_only" {
			value = "1"
		}
		if err := db.Read(t.Context()).Row("SELECT * FROM pragma_" + pragma).Scan(&reading); err != nil {
			t.Fatal(err)
		}
		if reading != value && pragma != "synchronous" {
			t.Errorf("%s is %s where we read, want %s", pragma, reading, value)
		}
	}
}

func TestScrubLeavesNothingOfADeletedRow(t *testing.T) {
	dsn := storetest.SQLite(t)
	db := storetest.Open(t, dsn)
	if err := db.Scrub(t.Context()); err != nil {
		t.Fatalf("right after opening: %v", err)
	}
	secret := []byte("bytes that must not stay")
	write(t, db, bed)
	write(t, db, `INSERT INTO bed (bed, label, free, seq) VALUES (X'01', 'one', TRUE, 0)`)
	write(t, db, `CREATE TABLE letter (n BIGINT NOT NULL, body BYTEA NOT NULL)`)
	write(t, db, `INSERT INTO letter (n, body) VALUES (1, $1)`, bytes.Repeat(secret, 1000))
	if !found(t, dsn, secret) {
		t.Fatal("the search does not find what is there")
	}
	write(t, db, `DELETE FROM letter`)
	if err := db.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found(t, dsn, secret) {
		t.Error("still in a file")
	}
}

func TestScrubOnBoth(t *testing.T) {
	withBeds(t, func(t *testing.T, db *store.DB) {
		write(t, db, addBed, []byte{1}, "one", true, 0, nil)
		if err := db.Scrub(context.Background(), "bed"); err != nil {
			t.Fatal(err)
		}
		if count(t, db) != 1 {
			t.Error("scrubbed what was not deleted")
		}
	})
}

func found(t *testing.T, dsn string, secret []byte) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(strings.TrimPrefix(dsn, "sqlite:")), "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, secret) {
			return true
		}
	}
	return false
}
