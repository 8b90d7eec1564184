package restore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/backup"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/restore"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/pgtest"
	"github.com/wardline/wardline/internal/store/shredstore"
	"github.com/wardline/wardline/internal/store/storetest"
)

// eachPair runs a test from each database into each: one format serves both.
func eachPair(t *testing.T, test func(t *testing.T, from, to func(testing.TB) string)) {
	t.Helper()
	kinds := map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": pgtest.DSN}
	for from, source := range kinds {
		for to, target := range kinds {
			t.Run(from+" into "+to, func(t *testing.T) { test(t, source, target) })
		}
	}
}

// settled are the tables that the end of a restore writes to.
var settled = []string{"audit_event", "due", "enrolment", "restoration"}

func TestR20_ABackupBringsBackEveryRow(t *testing.T) {
	eachPair(t, func(t *testing.T, from, to func(testing.TB) string) {
		w := newWorld(t, from)
		first, second := w.talk(300), w.talk(70)
		w.file(false, second[0])
		w.destroy(w.file(true, first[3], first[4]), first[3], first[4])
		w.must(w.db.Audit(t.Context(), audit.Event{Kind: audit.LookUp, Actor: w.person, Subject: audit.About(w.person), At: noon}))
		w.settle()
		w.must(w.db.Audit(t.Context(), audit.Event{Kind: audit.LookUp, Actor: w.person, At: noon})) // and one that waits for its leaf
		made := w.backUpAsItIs()

		before, halves := contents(t, w.db, settled...), contents(t, w.shred.Source(), "sweep")
		report, db, shred := w.restored(w.options(made, to))
		if diff := cmp.Diff(before, contents(t, db, settled...)); diff != "" {
			t.Errorf("the main database came back otherwise:\n%.2000s", diff)
		}
		if diff := cmp.Diff(halves, contents(t, shred.Source(), "sweep")); diff != "" {
			t.Errorf("the halves came back otherwise:\n%.2000s", diff)
		}
		if len(halves["half"]) != 368 || len(before["thread_log"]) != 372 {
			t.Errorf("%d halves, %d entries: the comparison is of too little", len(halves["half"]), len(before["thread_log"]))
		}
		if report.Failed() || len(report.Checks) != 7 {
			t.Errorf("%+v", report.Checks)
		}
		for _, check := range report.Checks {
			if check.Count == 0 {
				t.Errorf("%s looked at nothing", check.Name)
			}
		}
		// Both databases count on after what was loaded.
		w.must(db.Audit(t.Context(), audit.Event{Kind: audit.LookUp, At: noon}))
		w.must(audit.NewSequencer(db.AuditLog(), w.keys.ForAudit(), w.clock).Drain(t.Context()))
		var export bytes.Buffer
		w.must(audit.Export(t.Context(), db.AuditLog(), &export))
		verified, err := audit.Verify(&export, w.keys.Public().Audit)
		if err != nil || verified.Kinds[audit.Restore] != 1 || verified.Kinds[audit.Replay] != 1 || verified.Leaves < report.Leaves+4 {
			t.Errorf("the audit log after a restore: %+v, %v", verified, err)
		}
		w.must(shred.Put(t.Context(), shredstore.Half{Ref: shredstore.Ref{Thread: first[0].thread, Message: id.Message{9}}, At: noon}))
	})
}

func TestWhatIsInNoBackup(t *testing.T) {
	storetest.EachKind(t, func(t *testing.T, fresh func(testing.TB) string) {
		w := newWorld(t, fresh)
		w.talk(3)
		made := w.backUp()
		for _, written := range []backup.Written{made.Main, made.Shred} {
			content, err := os.ReadFile(written.Path)
			w.must(err)
			if !bytes.HasPrefix(content, []byte("age-encryption.org/v1\n")) || bytes.Contains(content, []byte("Anita")) {
				t.Errorf("%s is not encrypted", written.Path)
			}
			plain, err := age.Decrypt(bytes.NewReader(content), w.identity)
			w.must(err)
			text, err := io.ReadAll(plain)
			w.must(err)
			for name, secret := range map[string][]byte{"a session": sessionToken, "a PIN's share": pinShare, "a PIN's verifier": []byte("a verifier of a PIN")} {
				if bytes.Contains(text, secret) {
					t.Errorf("%s is in the backup", name)
				}
			}
			if !bytes.Contains(text, []byte("Anita")) && written.Path == made.Main.Path {
				t.Error("the search does not find what is there")
			}
		}
		report, db, _ := w.restored(w.options(made, fresh))
		for _, query := range []string{
			`SELECT COUNT(*) FROM session`, `SELECT COUNT(*) FROM pin`, `SELECT COUNT(*) FROM known_browser`,
			`SELECT COUNT(*) FROM enrolment WHERE spent_at IS NULL`, // links that were out are void
			`SELECT COUNT(*) FROM due WHERE owner IS NOT NULL`,      // and nobody has work in hand
		} {
			var left int
			w.must(db.Read(t.Context()).Row(query).Scan(&left))
			if left != 0 {
				t.Errorf("%s: %d", query, left)
			}
		}
		var disposal int64
		w.must(db.Read(t.Context()).Row(`SELECT MIN(at) FROM due`).Scan(&disposal))
		restorations, err := db.Restorations(t.Context())
		w.must(err)
		if len(restorations) != 1 || disposal != restorations[0].DisposalFrom.UnixMilli() || restorations[0].DisposalFrom.Before(w.clock.Now().Add(restore.DisposalPause-time.Minute)) {
			t.Errorf("disposal goes on at %d, %+v", disposal, restorations)
		}
		if report.LeftOut["pin"] == "" {
			t.Error("the report does not say that PINs are gone")
		}
	})
}

// TestP7_R20_DestroyedStaysDestroyed: what was destroyed after the backup is destroyed again, and what can still be read from the file of halves is named.
func TestP7_R20_DestroyedStaysDestroyed(t *testing.T) {
	eachPair(t, func(t *testing.T, from, to func(testing.TB) string) {
		w := newWorld(t, from)
		said := w.talk(30)
		early, late, waiting := w.file(true, said[1]), w.file(true, said[2], said[3]), w.file(false, said[4])
		w.destroy(early, said[1])
		w.exec(`INSERT INTO hold (hold, thread, reason, placed_by, placed_at, release_reason) VALUES ($1, $2, 'r', $3, 1, '')`,
			id.New[id.Hold](w.ids), said[0].thread, w.person)
		made := w.backUp()
		w.clock.Advance(time.Hour)
		w.destroy(late, said[2], said[3])
		w.exec(`UPDATE filing SET state = 3, reference = 'DOC-1', sealed = NULL WHERE filing = $1`, waiting) // the receipt came after the backup
		w.destroy(waiting, said[4])
		absent := w.talk(1) // sent and destroyed after the backup
		w.destroy(w.file(true, absent[0]), absent[0])

		report, db, shred := w.restored(w.options(made, to))
		want := restore.LedgerReport{Size: 5, At: report.Ledger.At, Destroyed: 3, Absent: 1, Held: 3}
		if diff := cmp.Diff(want, report.Ledger); diff != "" {
			t.Errorf("the replay:\n%s", diff)
		}
		names := []restore.Message{{Thread: said[2].thread, Message: said[2].id}, {Thread: said[3].thread, Message: said[3].id}, {Thread: said[4].thread, Message: said[4].id}}
		if diff := cmp.Diff(names, report.Halves.Messages); report.Halves.Inside != 3 || diff != "" {
			t.Errorf("inside the horizon: %d\n%s", report.Halves.Inside, diff)
		}
		if got := report.Halves.Until.Sub(report.Halves.TakenAt); got != 7*24*time.Hour {
			t.Errorf("the horizon is %v", got)
		}
		var text bytes.Buffer
		report.Print(&text)
		if !strings.Contains(text.String(), said[2].id.String()) || !strings.Contains(text.String(), "3 messages that were destroyed can still be read") {
			t.Errorf("the report does not say so:\n%s", &text)
		}
		for n, m := range said[:6] {
			var state int
			var body []byte
			w.must(db.Read(t.Context()).Row(`SELECT state, body FROM thread_log WHERE thread = $1 AND message = $2`, m.thread, m.id).Scan(&state, &body))
			gone := n >= 1 && n <= 4
			if (state == 2) != gone {
				t.Errorf("message %d has state %d", n, state)
			}
			if tombstone, err := envelope.Parse[envelope.Tombstone](body); gone && (err != nil || tombstone.Entry != m.entry || tombstone.Reference != "DOC-1") {
				t.Errorf("message %d has no tombstone of its own: %v", n, err)
			}
			halves, err := shred.Get(t.Context(), shredstore.Ref{Thread: m.thread, Message: m.id, Commit: m.header.ShredCommit})
			if err != nil || (len(halves) == 0) != gone {
				t.Errorf("message %d: %d halves, %v", n, len(halves), err)
			}
		}
		for _, filing := range []id.Filing{late, waiting} {
			var destroyed, state, stage int64
			var reference string
			var sealed []byte
			w.must(db.Read(t.Context()).Row(`SELECT f.destroyed_at, f.state, f.reference, f.sealed, d.stage FROM filing f
				JOIN decision d ON d.thread = f.thread AND d.message = f.decision WHERE f.filing = $1`, filing).Scan(&destroyed, &state, &reference, &sealed, &stage))
			if destroyed == 0 || state != 3 || reference != "DOC-1" || sealed != nil || record.Stage(stage) != record.Destroyed {
				t.Errorf("filing: destroyed at %d, state %d, %q, %d bytes sealed; decision: %v", destroyed, state, reference, len(sealed), record.Stage(stage))
			}
		}
		// The restored server goes on with the same ledger.
		copies := w.copies()
		copies.DB = db
		if head, err := copies.LedgerTo(w.ledgers).Copy(t.Context(), true); err != nil || head.Number != 5 {
			t.Errorf("the ledger after the restore: %+v, %v", head, err)
		}
	})
}

// TestP7_PastTheHorizonHalvesAreRefused, however the file was kept, and the rest can be restored without them.
func TestP7_PastTheHorizonHalvesAreRefused(t *testing.T) {
	w := newWorld(t, storetest.SQLite)
	w.talk(5)
	made := w.backUp()
	w.clock.Advance(7*24*time.Hour + time.Minute)
	o := w.options(made, storetest.SQLite)
	refused(w, o, "shred_backup_expired")
	o.Shred = ""
	report, _, _ := w.restored(o)
	var text bytes.Buffer
	report.Print(&text)
	if report.Halves != nil || !strings.Contains(text.String(), "No halves were restored") {
		t.Errorf("%s", &text)
	}
}

func TestR20_ADrillReportsAsJSON(t *testing.T) {
	w := newWorld(t, storetest.SQLite)
	w.talk(5)
	o := w.options(w.backUp(), storetest.SQLite)
	o.Drill = true
	report, _, _ := w.restored(o)
	text, err := json.Marshal(report)
	w.must(err)
	var read map[string]any
	w.must(json.Unmarshal(text, &read))
	for _, key := range []string{"drill", "tables", "checks", "ledger", "halves", "left_out", "taken_at"} {
		if read[key] == nil {
			t.Errorf("%s is missing from %s", key, text)
		}
	}
}

// TestR20_NothingIsRestoredFrom what does not fit. After each refusal nothing is left that could be served.
func TestR20_NothingIsRestoredFrom(t *testing.T) {
	w := newWorld(t, storetest.SQLite)
	said := w.talk(400)
	w.destroy(w.file(true, said[0]), said[0])
	made := w.backUp()
	other := newWorld(t, storetest.SQLite)
	foreign := other.talk(2)
	other.destroy(other.file(true, foreign[0]), foreign[0])
	others := other.backUp()
	for _, test := range []struct {
		name, code string
		change     func(o *restore.Options)
	}{
		{"a file that is not there", "backup_missing", func(o *restore.Options) { o.Main += ".gone" }},
		{"a file that is no backup", "not_a_backup", func(o *restore.Options) {
			o.Main = w.altered(o.Main, func([]byte) []byte { return []byte("a letter") })
		}},
		{"an empty file", "not_a_backup", func(o *restore.Options) { o.Main = w.altered(o.Main, func([]byte) []byte { return nil }) }},
		{"another key", "backup_wrong_key", func(o *restore.Options) { o.Identities = []age.Identity{other.identity} }},
		{"the files exchanged", "backup_other_kind", func(o *restore.Options) { o.Main, o.Shred = o.Shred, o.Main }},
		{"the main file as halves", "backup_other_kind", func(o *restore.Options) { o.Shred = o.Main }},
		{"another server's keys", "keys_do_not_fit", func(o *restore.Options) { o.Keys = other.keys }},
		{"another server's backup", "keys_do_not_fit", func(o *restore.Options) {
			o.Main, o.Identities = others.Main.Path, append(o.Identities, other.identity)
		}},
		{"another server's halves", "backup_files_differ", func(o *restore.Options) {
			o.Shred, o.Identities = others.Shred.Path, append(o.Identities, other.identity)
		}},
		{"no ledger", "ledger_missing", func(o *restore.Options) { o.Ledger = "" }},
		{"a ledger that is not there", "ledger_missing", func(o *restore.Options) { o.Ledger += ".gone" }},
		{"another server's ledger", "ledger_altered", func(o *restore.Options) { o.Ledger = other.copyLedger() }},
		{"an altered ledger", "ledger_altered", func(o *restore.Options) {
			o.Ledger = w.altered(o.Ledger, func(b []byte) []byte { return bytes.Replace(b, []byte("entry 1 V"), []byte("entry 1 W"), 1) })
		}},
		{"halves that are cut off", "backup_damaged", func(o *restore.Options) {
			o.Shred = w.altered(o.Shred, func(b []byte) []byte { return b[:len(b)/2] })
		}},
		{"a main file that is cut off", "backup_damaged", func(o *restore.Options) {
			o.Main = w.altered(o.Main, func(b []byte) []byte { return b[:len(b)-100] })
		}},
		{"a main file that ends at a border of age", "backup_damaged", func(o *restore.Options) {
			o.Main = w.altered(o.Main, func(b []byte) []byte { return b[:bytes.Index(b, []byte("\n--- "))+1+4+43+1+16+2*(64<<10+16)] })
		}},
		{"one byte of the main file", "backup_damaged", func(o *restore.Options) {
			o.Main = w.altered(o.Main, func(b []byte) []byte { b[len(b)*2/3] ^= 1; return b })
		}},
		{"something behind the main file", "backup_damaged", func(o *restore.Options) {
			o.Main = w.altered(o.Main, func(b []byte) []byte { return append(b, 0) })
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			targets := []func(testing.TB) string{storetest.SQLite}
			if test.code == "backup_damaged" { // found while something has been written already
				targets = append(targets, pgtest.DSN)
			}
			for _, fresh := range targets {
				o := w.options(made, fresh)
				test.change(&o)
				refused(w, o, test.code)
				w.nothing(o)
			}
		})
	}
}

func TestR20_ALedgerOlderThanTheBackupIsRefused(t *testing.T) {
	w := newWorld(t, storetest.SQLite)
	said := w.talk(10)
	w.destroy(w.file(true, said[0]), said[0])
	early := w.altered(w.copyLedger(), func(b []byte) []byte { return b })
	w.clock.Advance(time.Minute)
	w.destroy(w.file(true, said[1]), said[1])
	fewer := w.backUp() // knows of an entry that the copy does not have
	o := w.options(fewer, storetest.SQLite)
	o.Ledger = early
	refused(w, o, "ledger_older")

	late := w.altered(w.copyLedger(), func(b []byte) []byte { return b })
	w.clock.Advance(time.Minute)
	same := w.backUp() // knows of no more, but was made later: what was destroyed between cannot be known
	o = w.options(same, storetest.SQLite)
	o.Ledger = late
	refused(w, o, "ledger_older")
	w.nothing(o)
}

// TestR20_ALedgerOfAnEarlierLife: a server that was restored without its ledger, or forked, has another chain under the same key.
func TestR20_ALedgerOfAnEarlierLife(t *testing.T) {
	w := newWorld(t, storetest.SQLite)
	said := w.talk(10)
	made := w.backUp()
	_, db, shred := w.restored(w.options(made, storetest.SQLite))
	w.destroy(w.file(true, said[0]), said[0]) // the old server goes on
	twin := *w
	twin.db, twin.shred, twin.ledgers, twin.backups = db, shred, t.TempDir(), t.TempDir()
	twin.destroy(twin.file(true, said[1]), said[1]) // and so does the new one
	forked := twin.backUp()
	o := twin.options(forked, storetest.SQLite)
	w.clock.Advance(time.Minute)
	o.Ledger = w.altered(w.copyLedger(), func(b []byte) []byte { return b })
	refused(w, o, "ledger_of_another")
}

func TestR20_ARestoreOverwritesNothing(t *testing.T) {
	storetest.EachKind(t, func(t *testing.T, fresh func(testing.TB) string) {
		w := newWorld(t, fresh)
		w.talk(3)
		made := w.backUp()
		for _, occupied := range []func(o *restore.Options) *string{
			func(o *restore.Options) *string { return &o.Database }, func(o *restore.Options) *string { return &o.ShredDatabase },
		} {
			o := w.options(made, fresh)
			db, err := store.Open(t.Context(), *occupied(&o))
			w.must(err)
			w.must(db.Audit(t.Context(), audit.Event{Kind: audit.LookUp, At: noon}))
			w.must(db.Close())
			refused(w, o, "restore_overwrites")
			db, err = store.Open(t.Context(), *occupied(&o))
			w.must(err)
			if waiting, err := db.AuditLog().Waiting(t.Context(), 10); err != nil || len(waiting) != 1 {
				t.Errorf("what was there is not any more: %d rows, %v", len(waiting), err)
			}
			w.must(db.Close())
		}
	})
}

// TestR20_WhatIsDamagedInTheDatabaseIsFound by the checks, whose refusal names it: a backup of a damaged database is no backup.
func TestR20_WhatIsDamagedInTheDatabaseIsFound(t *testing.T) {
	for check, damage := range map[string]func(w *world, said []message){
		"thread logs": func(w *world, said []message) {
			w.exec(`UPDATE thread_log SET body = (SELECT body FROM thread_log WHERE seq = 4) WHERE seq = 5`)
		},
		"thread logs ": func(w *world, said []message) { w.exec(`UPDATE thread_log SET log_hash = entry WHERE seq = 5`) },
		"thread logs  ": func(w *world, said []message) {
			w.exec(`DELETE FROM thread_log WHERE seq = (SELECT MAX(seq) FROM thread_log)`)
		},
		"tombstones and documents": func(w *world, said []message) {
			w.exec(`UPDATE filing SET document_hash = $1 WHERE state = 3`, id.Hash{8})
		},
		"Merkle log": func(w *world, said []message) {
			w.exec(`UPDATE audit_event SET actor = $1 WHERE number = 1`, w.person)
		},
		"sealed sign-in secrets": func(w *world, said []message) { w.exec(`UPDATE account SET totp_secret = vault_share`) },
		"sealed documents":       func(w *world, said []message) { w.exec(`UPDATE filing SET sealed = $1 WHERE state = 1`, []byte("x")) },
		"sealed documents ": func(w *world, said []message) {
			w.exec(`UPDATE filing SET document_hash = $1 WHERE state = 1`, id.Hash{8})
		},
		"halves of messages": func(w *world, said []message) {
			ref := shredstore.Ref{Thread: said[7].thread, Message: said[7].id}
			w.must(w.shred.Delete(w.Context(), ref))
			ref.Commit = said[7].header.ShredCommit
			w.must(w.shred.Put(w.Context(), shredstore.Half{Ref: ref, Half: [32]byte{1}, At: noon}))
		},
	} {
		t.Run(check, func(t *testing.T) {
			w := newWorld(t, storetest.SQLite)
			said := w.talk(20)
			w.file(false, said[9])
			w.destroy(w.file(true, said[0]), said[0])
			w.settle()
			damage(w, said)
			o := w.options(w.backUp(), storetest.SQLite)
			report, err := restore.Run(t.Context(), o)
			if code(err) != "restore_failed_checks" {
				t.Fatalf("%v", err)
			}
			for _, one := range report.Checks {
				if one.OK == (one.Name == strings.TrimSpace(check)) {
					t.Errorf("%+v", one)
				}
			}
			w.nothing(o)
		})
	}
}

// TestNothingIsDisposedOfUntilHoldsCanBePlacedAgain: those that were placed after the backup are not in it.
func TestNothingIsDisposedOfUntilHoldsCanBePlacedAgain(t *testing.T) {
	storetest.EachKind(t, func(t *testing.T, fresh func(testing.TB) string) {
		w := newWorld(t, fresh)
		said := w.talk(3)
		filing := w.file(true, said[0])
		_, db, _ := w.restored(w.options(w.backUp(), fresh))
		for _, test := range []struct {
			wait time.Duration
			want retention.Verdict
		}{{restore.DisposalPause - time.Second, retention.Early}, {restore.DisposalPause, retention.Go}} {
			nothing := func(context.Context, []retention.Candidate) (map[id.Message]retention.Reason, error) { return nil, nil }
			event := func(retention.Disposal) audit.Event { return audit.Event{Kind: audit.Disposal, At: noon} }
			_, verdict, err := db.BeginFiled(t.Context(), filing, id.Disposal{1}, w.clock.Now().Add(test.wait), nothing, event)
			if err != nil || verdict != test.want {
				t.Errorf("after %v: %v, %v", test.wait, verdict, err)
			}
		}
	})
}

func TestMessagesWithoutHalvesAreCounted(t *testing.T) {
	w := newWorld(t, storetest.SQLite)
	w.talk(5)
	early := w.backUp()
	w.talk(3)
	made := w.backUp()
	o := w.options(made, storetest.SQLite)
	o.Shred = early.Shred.Path
	report, _, _ := w.restored(o)
	last := report.Checks[len(report.Checks)-1]
	if !last.OK || last.Count != 8 || !strings.HasPrefix(last.Detail, "3 messages have no half") {
		t.Errorf("%+v", last)
	}
}

func refused(w *world, o restore.Options, want string) {
	w.Helper()
	report, err := restore.Run(context.Background(), o)
	if code(err) != want {
		w.Errorf("refused with %q and not with %q: %v", code(err), want, err)
	}
	if report != nil {
		w.Errorf("%s, and a report of nothing: %+v", want, report)
	}
}

func (w *world) altered(path string, change func([]byte) []byte) string {
	w.Helper()
	content, err := os.ReadFile(path)
	w.must(err)
	file, err := os.CreateTemp(w.TempDir(), "altered")
	w.must(err)
	_, err = file.Write(change(content))
	w.must(err)
	w.must(file.Close())
	return file.Name()
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.As(err).Code()
}
