package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/internal/backup"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/ledger"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

// inBackups are the tables that somebody has decided belong in a backup. A new table goes here, or with its reason into leftOut of dump.go. It is in
// backups until then: forgetting to decide loses nothing.
var inBackups = []string{
	"account", "audit_checkpoint", "audit_event", "audit_hash", "decision", "destruction", "device", "disposal", "due", "enrolment", "filing", "filing_source", "hold", "hold_tag", "ledger",
	"manifest", "passkey", "patient_assertion", "person", "person_log", "policy_acceptance", "policy_deferral", "policy_version", "proof_spent", "quarantine_reader",
	"restoration", "retention_period", "spent_challenge", "thread", "thread_complaint", "thread_conflict", "thread_device", "thread_envelope", "thread_epoch", "thread_grant",
	"thread_link", "thread_log", "thread_member", "unlocker", "vault",
}

func TestEveryTableIsInBackupsOrLeftOutForAReason(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		var dumped []string
		version := int64(0)
		err := db.Snapshot(t.Context(), func(s backup.Snapshot) error {
			at, tables, err := s.Schema()
			version = at
			for _, table := range tables {
				dumped = append(dumped, table.Name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(dumped)
		if diff := cmp.Diff(inBackups, dumped); diff != "" {
			t.Errorf("nobody has decided whether these belong in a backup (inBackups here, or leftOut in dump.go):\n%s", diff)
		}
		for table, reason := range store.LeftOut() {
			if reason == "" || slices.Contains(dumped, table) {
				t.Errorf("%s is left out for %q", table, reason)
			}
		}
		if version < 20 {
			t.Errorf("schema version %d", version)
		}
	})
}

func TestTablesComeAfterThoseTheyReferTo(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		place := map[string]int{}
		err := db.Snapshot(t.Context(), func(s backup.Snapshot) error {
			_, tables, err := s.Schema()
			for n, table := range tables {
				place[table.Name] = n
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, pair := range [][2]string{{"person", "account"}, {"thread", "thread_log"}, {"thread_epoch", "thread_envelope"}, {"filing", "filing_source"}, {"policy_version", "policy_acceptance"}} {
			if place[pair[0]] >= place[pair[1]] {
				t.Errorf("%s comes after %s", pair[0], pair[1])
			}
		}
	})
}

// TestASnapshotIsOneState: what is written while it is read is not in it, and writers do not wait for it.
func TestASnapshotIsOneState(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		write(t, db, bed)
		write(t, db, addBed, []byte{1}, "one", true, 0, nil)
		count := 0
		err := db.Snapshot(t.Context(), func(s backup.Snapshot) error {
			_, tables, err := s.Schema()
			if err != nil {
				return err
			}
			write(t, db, addBed, []byte{2}, "two", true, 0, nil)
			at := slices.IndexFunc(tables, func(table backup.Table) bool { return table.Name == "bed" })
			return s.Rows(tables[at], func(backup.Row) error { count++; return nil })
		})
		if err != nil || count != 1 {
			t.Errorf("%d rows, %v", count, err)
		}
	})
}

// TestABackupOfAnEarlierSchemaIsBroughtUpToDate: what the program of yesterday wrote, today's restores.
func TestABackupOfAnEarlierSchemaIsBroughtUpToDate(t *testing.T) {
	storetest.EachKind(t, func(t *testing.T, fresh func(testing.TB) string) {
		old, err := store.OpenAt(t.Context(), fresh(t), 11)
		if err != nil {
			t.Fatal(err)
		}
		defer old.Close()
		write(t, old, `INSERT INTO destruction (thread, message, entry, filing, reason, at, done_at) VALUES ($1, $2, $3, $4, 1, 1, 1)`,
			id.Thread{1}, id.Message{2}, id.Hash{3}, id.Filing{4})
		for range 3 {
			if err := old.Audit(t.Context(), seedEvent); err != nil {
				t.Fatal(err)
			}
		}
		dsn := fresh(t)
		loader := load(t, old, dsn, 11)
		db, err := loader.Loaded(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := loader.Done(t.Context(), func(*store.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(describe(t, storetest.Open(t, fresh(t))), describe(t, db)); diff != "" {
			t.Errorf("its schema is not today's:\n%s", diff)
		}
		if err := loader.Close(dsn); err != nil {
			t.Fatal(err)
		}
		opened := storetest.Open(t, dsn)
		var waiting, numbered int
		err = opened.Read(t.Context()).Row(`SELECT (SELECT COUNT(*) FROM destruction WHERE place IS NULL), (SELECT COUNT(*) FROM audit_event)`).Scan(&waiting, &numbered)
		if err != nil || waiting != 1 || numbered != 3 {
			t.Errorf("%d destroyed, %d events, %v", waiting, numbered, err)
		}
	})
}

func TestANewerBackupIsRefused(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		schema, err := store.MainSchema()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.NewLoader(t.Context(), dsn, schema, 99_999); !errors.Is(err, backup.ErrNewer) {
			t.Errorf("%v", err)
		}
	})
}

// TestAnUnfinishedRestoreIsNotServed: between its first step and its last, nobody opens the database.
func TestAnUnfinishedRestoreIsNotServed(t *testing.T) {
	storetest.EachKind(t, func(t *testing.T, fresh func(testing.TB) string) {
		from := storetest.Open(t, fresh(t))
		dsn := fresh(t)
		loader := load(t, from, dsn, version(t, from))
		refused := func() {
			t.Helper()
			if db, err := store.Open(context.Background(), dsn); fault.As(err).Code() != "restore_unfinished" {
				t.Errorf("%v, %v", db, err)
			}
		}
		refused()
		if _, err := loader.Loaded(t.Context()); err != nil {
			t.Fatal(err)
		}
		refused()
		late := errors.New("the disk is full")
		if err := loader.Done(t.Context(), func(*store.Tx) error { return late }); !errors.Is(err, late) {
			t.Errorf("%v", err)
		}
		refused()
		if err := loader.Done(t.Context(), func(*store.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if err := loader.Close(dsn); err != nil {
			t.Fatal(err)
		}
		storetest.Open(t, dsn)
	})
}

// TestATableOfAnotherFormIsRefused: names of a backup go into SQL only when this schema has them.
func TestATableOfAnotherFormIsRefused(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		schema, err := store.MainSchema()
		if err != nil {
			t.Fatal(err)
		}
		loader, err := store.NewLoader(t.Context(), dsn, schema, 11)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range []backup.Table{
			{Name: "no_such_table", Columns: []backup.Column{{Name: "a", Kind: backup.Text}}},
			{Name: "filing_source", Columns: []backup.Column{{Name: "filing", Kind: backup.Bytes}}},
			{Name: "audit_hash", Columns: []backup.Column{{Name: "position", Kind: backup.Text}, {Name: "hash", Kind: backup.Bytes}}},
			{Name: "session", Columns: []backup.Column{{Name: "session", Kind: backup.Bytes}}},
		} {
			if _, err := loader.Load(t.Context(), table, func() (backup.Row, error) { return nil, io.EOF }); fault.As(err).Code() != "backup_unlike" {
				t.Errorf("%s: %v", table.Name, err)
			}
		}
		if err := errors.Join(loader.Discard(t.Context()), loader.Close(dsn)); err != nil {
			t.Error(err)
		}
	})
}

// TestR20_TheLedgerTakesWhatWasDestroyed, also while the disposal has only begun, once and in one chain.
func TestR20_TheLedgerTakesWhatWasDestroyed(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		seed(t, db)
		destroy := func(n int) {
			write(t, db, `INSERT INTO thread_log (thread, seq, kind, at, entry, log_hash, state, message, person, device, device_seq, epoch, sent_at, content, body)
				VALUES ($1, $2, 4, 1, $3, $3, 1, $4, $5, $6, 1, 1, 1, 1, $3)`, seedPaper.Thread, n, id.Hash{byte(n)}, id.Message{byte(n), byte(n >> 8)}, seedPerson.ID, id.Device{6})
			write(t, db, `INSERT INTO destruction (thread, message, entry, filing, reason, at, done_at) VALUES ($1, $2, $3, $4, 1, $5, 0)`,
				seedPaper.Thread, id.Message{byte(n), byte(n >> 8)}, id.Hash{byte(n)}, seedPaper.ID, n)
		}
		for n := 10; n < 310; n++ {
			destroy(n)
		}
		head, err := db.PlaceDestroyed(t.Context())
		if err != nil || head.Number != 300 {
			t.Fatalf("%+v, %v", head, err)
		}
		destroy(310)
		if again, err := db.PlaceDestroyed(t.Context()); err != nil || again.Number != 301 {
			t.Fatalf("%+v, %v", again, err)
		}
		entries, err := db.LedgerEntries(t.Context(), 0, 1000)
		if err != nil || len(entries) != 301 {
			t.Fatalf("%d entries, %v", len(entries), err)
		}
		hash := id.Hash{}
		for n, e := range entries {
			if hash = ledger.Next(hash, int64(n)+1, e.Tombstone); e.Number != int64(n)+1 || e.Hash != hash {
				t.Fatalf("entry %d breaks the chain", n+1)
			}
			tombstone, err := e.Read()
			if err != nil || tombstone.Entry != (id.Hash{byte(n + 10)}) || tombstone.Filing != seedPaper.ID || tombstone.DocumentHash != seedPaper.DocumentHash ||
				tombstone.Reason != envelope.DestroyFiled || tombstone.Person != seedPerson.ID {
				t.Fatalf("entry %d: %+v, %v", n+1, tombstone, err)
			}
		}
	})
}

func version(t *testing.T, db *store.DB) (at int64) {
	t.Helper()
	err := db.Snapshot(t.Context(), func(s backup.Snapshot) (err error) { at, _, err = s.Schema(); return err })
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// load copies a database into an empty one without a file between them.
func load(t *testing.T, from *store.DB, dsn string, at int64) *store.Loader {
	t.Helper()
	schema, err := store.MainSchema()
	if err != nil {
		t.Fatal(err)
	}
	loader, err := store.NewLoader(t.Context(), dsn, schema, at)
	if err != nil {
		t.Fatal(err)
	}
	err = from.Snapshot(t.Context(), func(s backup.Snapshot) error {
		_, tables, err := s.Schema()
		if err != nil {
			return err
		}
		for _, table := range tables {
			var rows []backup.Row
			if err := s.Rows(table, func(row backup.Row) error { rows = append(rows, slices.Clone(row)); return nil }); err != nil {
				return err
			}
			next := func() (backup.Row, error) {
				if len(rows) == 0 {
					return nil, io.EOF
				}
				row := rows[0]
				rows = rows[1:]
				return row, nil
			}
			if _, err := loader.Load(t.Context(), table, next); err != nil {
				return fmt.Errorf("%s: %w", table.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return loader
}
