package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/audit/audittest"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/patient"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/pgtest"
	"github.com/wardline/wardline/internal/store/storetest"
	"github.com/wardline/wardline/internal/work"
)

// freeze writes testdata/schema-v1 anew from today's migrations and seed. It is for before the first release; after
// it the files are never written again.
var freeze = flag.Bool("freeze", false, "write testdata/schema-v1 anew")

// TestUpgrade opens databases that the first release left behind, with their rows, and finds them whole and their
// schema the same as that of a new database.
func TestUpgrade(t *testing.T) {
	for _, kind := range []struct {
		name  string
		fresh func(testing.TB) string
		dump  func(t *testing.T, dsn string) string
		load  func(t *testing.T, dsn, dump string)
	}{
		{"sqlite", storetest.SQLite, dumpSQLite, loadSQLite},
		{"postgres", pgtest.DSN, dumpPostgres, loadPostgres},
	} {
		t.Run(kind.name, func(t *testing.T) {
			file := filepath.Join("testdata", "schema-v1", kind.name+".sql")
			if *freeze {
				dsn := kind.fresh(t)
				seed(t, storetest.Open(t, dsn))
				if err := os.WriteFile(file, []byte(kind.dump(t, dsn)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			dump, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dsn := kind.fresh(t)
			kind.load(t, dsn, string(dump))
			upgraded := storetest.Open(t, dsn)
			findSeed(t, upgraded)
			if diff := cmp.Diff(describe(t, storetest.Open(t, kind.fresh(t))), describe(t, upgraded)); diff != "" {
				t.Errorf("a new database and an upgraded one differ; was a released migration changed?\n%s", diff)
			}
		})
	}
}

var (
	seedEvent = audit.Event{
		Kind: audit.Membership, Actor: id.Person{1, 2}, Subject: []byte{0, 255}, At: time.UnixMilli(1_772_366_400_123).UTC(), Details: map[string]string{"act": "add"},
	}
	seedDue = work.Due{ID: id.Work{3}, Kind: "test.seed", At: time.UnixMilli(1_772_366_400_456).UTC(), Subject: []byte{7}, Key: "k", Attempt: 4}
)

var (
	seedPerson = people.Record{
		Person: people.Person{
			ID: id.Person{5}, UserName: "Anita.Patel", DisplayName: "Dr Anita Patel", Role: "Medical Registrar", Ward: "Ward 7B", Organisation: "Northbridge",
			Permissions: []string{people.InformationGovernance}, AddedAt: time.UnixMilli(1_772_366_400_789).UTC(),
		},
		UserFold: "anita.patel", SortName: "patel anita", Search: " anita patel",
	}
	seedAssertion = patient.Issued{
		Hash: id.Hash{6}, Thread: id.Thread{7}, Tag: id.Tag{8}, TagKey: 1, Requester: id.Person{5},
		IssuedAt: time.UnixMilli(1_772_366_400_001).UTC(), ExpiresAt: time.UnixMilli(1_772_370_000_001).UTC(),
	}
	seedPaper = record.Paper{
		ID: id.Filing{9}, Thread: id.Thread{7}, Decision: id.Message{10}, Patient: id.Tag{8}, Sources: []record.Source{{Message: id.Message{10}, Entry: id.Hash{11}}},
		State: record.Waiting, DocumentHash: id.Hash{12}, FiledBy: id.Person{5}, FiledAt: time.UnixMilli(1_772_366_400_002).UTC(),
		NextTryAt: time.UnixMilli(1_772_366_400_002).UTC(),
	}
)

func seed(t *testing.T, db *store.DB) {
	t.Helper()
	ctx := t.Context()
	for range 3 {
		if err := db.Audit(ctx, seedEvent); err != nil {
			t.Fatal(err)
		}
	}
	if err := audit.NewSequencer(db.AuditLog(), audittest.NewKey(1), clock.NewManual(noon)).Drain(ctx); err != nil {
		t.Fatal(err)
	}
	if err := db.Audit(ctx, seedEvent); err != nil { // and one that waits
		t.Fatal(err)
	}
	if err := db.Tx(ctx, func(tx *store.Tx) error { return tx.Intend(work.Intent{}.Add(seedDue)) }); err != nil {
		t.Fatal(err)
	}
	if err := db.AddPerson(ctx, seedPerson, seedEvent); err != nil {
		t.Fatal(err)
	}
	if err := db.KeepAssertion(ctx, seedAssertion, seedEvent); err != nil {
		t.Fatal(err)
	}
	err := db.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO thread (thread, space, name, add_by, post_by, retention, creator, created_at, seq, log_hash, membership_seq,
			membership_head, epoch, epoch_membership_seq, epoch_issued, epoch_messages, epoch_stale, members, link_tag, link_assertion, last_at, last_kind)
			VALUES ($1, 1, '', 2, 2, 1, $2, 1, 1, $3, 0, $3, 1, 0, 1, 0, FALSE, 1, $4, $5, 1, 4)`,
			seedPaper.Thread, seedPerson.ID, id.Hash{4}, seedAssertion.Tag, seedAssertion.Hash)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO thread_link (thread, seq, tag, assertion) VALUES ($1, 0, $2, $3)`, seedPaper.Thread, seedAssertion.Tag, seedAssertion.Hash); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO decision (thread, message, entry, seq, marked_by, marked_at, urgency, stage, changed_at, owner, due_at,
			reminders, drafted_at, countersign_wanted, countersigned_at, reason) VALUES ($1, $2, $3, 1, $4, 1, 1, 1, 1, $4, 1, 0, 0, FALSE, 0, '')`,
			seedPaper.Thread, seedPaper.Decision, id.Hash{4}, seedPerson.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.AddFiling(ctx, record.NewFiling{Paper: seedPaper, Sealed: []byte("sealed"), Event: seedEvent}); err != nil {
		t.Fatal(err)
	}
}

func findSeed(t *testing.T, db *store.DB) {
	t.Helper()
	ctx := t.Context()
	if err := audit.NewSequencer(db.AuditLog(), audittest.NewKey(1), clock.NewManual(noon)).Drain(ctx); err != nil {
		t.Fatal(err)
	}
	var export bytes.Buffer
	if err := audit.Export(ctx, db.AuditLog(), &export); err != nil {
		t.Fatal(err)
	}
	if report, err := audit.Verify(&export, audittest.NewKey(1).Public()); err != nil || report.Leaves != 7 {
		t.Errorf("the audit log of the first release: %d leaves, %v", report.Leaves, err)
	}
	if err := db.Audit(ctx, seedEvent); err != nil { // numbering goes on
		t.Error(err)
	}
	got, err := db.ClaimWork(ctx, "me", []work.Kind{seedDue.Kind}, noon.AddDate(1, 0, 0), lease, 10)
	if err != nil || len(got) != 1 {
		t.Fatalf("the work of the first release: %+v, %v", got, err)
	}
	if diff := cmp.Diff(seedDue, got[0]); diff != "" {
		t.Error(diff)
	}
	person, err := db.PersonNamed(ctx, seedPerson.UserFold)
	if diff := cmp.Diff(seedPerson.Person, person); diff != "" || err != nil {
		t.Errorf("the person of the first release: %v\n%s", err, diff)
	}
	assertion, err := db.Assertion(ctx, seedAssertion.Hash)
	if diff := cmp.Diff(seedAssertion, assertion); diff != "" || err != nil {
		t.Errorf("the assertion of the first release: %v\n%s", err, diff)
	}
	papers, err := db.Papers(ctx, seedPaper.Thread)
	if err != nil || len(papers) != 1 {
		t.Fatalf("the filing of the first release: %+v, %v", papers, err)
	}
	if diff := cmp.Diff(seedPaper, papers[0]); diff != "" {
		t.Error(diff)
	}
	standing, err := db.Standing(ctx, seedPaper.Thread, seedPerson.ID, nil)
	if err != nil || len(standing.Links) != 1 || standing.Links[0] != seedAssertion.Hash {
		t.Errorf("the link of the first release: %v, %v", standing.Links, err)
	}
}

func dumpSQLite(t *testing.T, dsn string) string {
	t.Helper()
	db := openRaw(t, "sqlite", strings.TrimPrefix(dsn, "sqlite:"))
	var dump strings.Builder
	each := func(query string, row func(values []any)) {
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for n := range values {
				into[n] = &values[n]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			row(values)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	var tables []string
	each(`SELECT sql, name, type FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid`, func(values []any) {
		fmt.Fprintf(&dump, "%s;\n", values[0])
		if values[2] == "table" {
			tables = append(tables, values[1].(string))
		}
	})
	for _, table := range tables {
		each(`SELECT * FROM `+table, func(values []any) {
			var literals []string
			for _, value := range values {
				literals = append(literals, literal(value))
			}
			fmt.Fprintf(&dump, "INSERT INTO %s VALUES (%s);\n", table, strings.Join(literals, ", "))
		})
	}
	return dump.String()
}

func literal(value any) string {
	switch v := value.(type) {
	case nil:
		return "NULL"
	case []byte:
		return "X'" + hex.EncodeToString(v) + "'"
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case time.Time: // goose's own column
		return "'" + v.Format(time.DateTime) + "'"
	case bool:
		return map[bool]string{true: "1", false: "0"}[v]
	}
	return fmt.Sprint(value)
}

func loadSQLite(t *testing.T, dsn, dump string) {
	t.Helper()
	if _, err := openRaw(t, "sqlite", strings.TrimPrefix(dsn, "sqlite:")).Exec(dump); err != nil {
		t.Fatal(err)
	}
}

func dumpPostgres(t *testing.T, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	schema := query.Get("search_path")
	query.Del("search_path")
	u.RawQuery = query.Encode()
	program, err := pgtest.Program("pg_dump")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "--inserts", "--no-owner", "--no-privileges", "--no-comments", "-n", schema, "-d", u.String()).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var dump strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(string(out), schema+".", "")) {
		switch {
		case strings.TrimSpace(line) == "", strings.HasPrefix(line, "--"), strings.HasPrefix(line, `\`), strings.HasPrefix(line, "SET "),
			strings.HasPrefix(line, "CREATE SCHEMA"), strings.HasPrefix(line, "SELECT pg_catalog.set_config"):
		default:
			dump.WriteString(line)
		}
	}
	return dump.String()
}

func loadPostgres(t *testing.T, dsn, dump string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.PgConn().Exec(t.Context(), dump).ReadAll(); err != nil {
		t.Fatal(err)
	}
}

func openRaw(t *testing.T, driver, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
