package restore_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/backup"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/restore"
	"github.com/wardline/wardline/internal/server"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/shredstore"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// world is a founded server's data: people, conversations whose logs and halves are right, a decision that waits for the record.
type world struct {
	testing.TB
	clock    *clock.Manual
	db       *store.DB
	shred    *shredstore.Store
	keys     *keyring.Keyring
	trust    *identity.Trust
	identity *age.HybridIdentity
	backups  string
	ledgers  string
	person   id.Person
	ids      *id.Source
}

// message is one that was sent.
type message struct {
	thread id.Thread
	id     id.Message
	header envelope.Header
	entry  id.Hash
}

func newWorld(t testing.TB, fresh func(testing.TB) string) *world {
	t.Helper()
	w := &world{TB: t, clock: clock.NewManual(noon), backups: t.TempDir(), ledgers: t.TempDir()}
	var err error
	w.db, err = store.Open(t.Context(), fresh(t))
	w.must(err)
	w.shred, err = shredstore.Open(t.Context(), fresh(t))
	w.must(err)
	t.Cleanup(func() { w.must(w.db.Close()); w.must(w.shred.Close()) })
	w.keys, w.trust = identitytest.Found(t, w.db, w.clock)
	w.identity, err = age.GenerateHybridIdentity()
	w.must(err)
	w.ids = id.NewSource(w.clock)
	w.person = id.New[id.Person](w.ids)
	w.staff()
	return w
}

func (w *world) must(err error) {
	w.Helper()
	for cause := err; cause != nil; {
		w.Log(cause)
		inner, ok := cause.(interface{ Unwrap() error })
		if !ok {
			break
		}
		cause = inner.Unwrap()
	}
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) exec(query string, args ...any) {
	w.Helper()
	w.must(w.db.Tx(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}))
}

// staff is one person with everything that a person has: what belongs in a backup, and what does not.
func (w *world) staff() {
	w.Helper()
	login := w.keys.ForIdentity().Login
	w.exec(`INSERT INTO person (person, user_name, user_fold, display_name, role, ward, organisation, permissions, sort_name, search, added_at)
		VALUES ($1, 'Anita.Patel', 'anita.patel', 'Dr Anita Patel', 'Registrar', '', 'Northfield', '', $2, ' anita patel', 1)`, w.person, []byte("patel"))
	w.exec(`INSERT INTO account (person, salt, memory_kib, passes, auth_key, key_version, totp_secret, totp_step, vault_share, enrolled_at, notice_at)
		VALUES ($1, $2, 65536, 3, $3, 1, $4, 0, $5, 1, 1)`, w.person, make([]byte, 16), []byte{}, // a password that was removed: empty, not NULL
		login.Seal("totp", w.person[:], []byte("a TOTP secret")), login.Seal("vault-share", w.person[:], []byte("a vault share")))
	w.exec(`INSERT INTO session (session, token_hash, person, created_at, last_used_at, expires_at, failures) VALUES ($1, $2, $3, 1, 1, 1, 0)`,
		id.New[id.Session](w.ids), sessionToken, w.person)
	w.exec(`INSERT INTO pin (device, person, unlocker, verifier, key_version, share, tries) VALUES ($1, $2, $3, $4, 1, $5, 10)`,
		id.New[id.Device](w.ids), w.person, id.New[id.Unlocker](w.ids), []byte("a verifier of a PIN"), pinShare)
	w.exec(`INSERT INTO enrolment (enrolment, token_hash, person, issued_at, expires_at) VALUES ($1, $2, $3, 1, 9000000000000)`,
		id.New[id.Enrolment](w.ids), id.Hash{3}, w.person)
	w.exec(`INSERT INTO due (work, kind, at, subject, key, attempt, code, owner, leased_until, renewed)
		VALUES ($1, 'retention.dispose', 5, $2, 'k', 0, '', 'a node', 99, FALSE)`, id.New[id.Work](w.ids), []byte{})
}

var (
	sessionToken = bytes.Repeat([]byte{0x5e}, 32)
	pinShare     = []byte("the share of a PIN, which is in no backup")
)

// talk makes a conversation of so many messages.
func (w *world) talk(count int) []message {
	w.Helper()
	created := &envelope.Create{
		Space: envelope.SpaceDirect, Person: w.person, AddBy: envelope.WhoMember, PostBy: envelope.WhoMember, Retention: 1, Created: envelope.TimeOf(noon),
	}
	rand.Read(created.Nonce[:])
	object, err := envelope.Encode(created)
	w.must(err)
	signed := &envelope.Signed{Object: object}
	body, err := envelope.Encode(signed)
	w.must(err)
	hash, err := signed.Hash()
	w.must(err)
	thread := id.Thread(hash)
	log := envelope.LogHash(thread, 1, id.Hash{}, hash)
	w.exec(`INSERT INTO thread (thread, space, name, add_by, post_by, retention, creator, created_at, seq, log_hash, membership_seq, membership_head, epoch,
		epoch_membership_seq, epoch_issued, epoch_messages, epoch_stale, members, last_at, last_kind)
		VALUES ($1, 2, '', 2, 2, 1, $2, 1, 1, $3, 0, $1, 1, 0, 1, 0, FALSE, 1, 1, 1)`, thread, w.person, log)
	w.exec(`INSERT INTO thread_log (thread, seq, kind, at, entry, log_hash, body) VALUES ($1, 1, 1, 1, $2, $3, $4)`, thread, hash, log, body)
	var said []message
	for from := 0; from < count; from += 1000 {
		said = append(said, w.say(thread, 2+from, min(1000, count-from), &log)...)
	}
	w.exec(`UPDATE thread SET seq = $1, log_hash = $2 WHERE thread = $3`, count+1, log, thread)
	return said
}

// say adds messages by raw inserts, with halves.
func (w *world) say(thread id.Thread, from, count int, log *id.Hash) (said []message) {
	var halves []shredstore.Half
	var rows [][]any
	for n := range count {
		m := message{thread: thread, id: id.New[id.Message](w.ids)}
		half := shredstore.Half{Ref: shredstore.Ref{Thread: thread, Message: m.id}, At: noon}
		rand.Read(half.Half[:])
		commit, err := envelope.Hash(&envelope.ShredHalf{Thread: thread, Message: m.id, Half: half.Half})
		w.must(err)
		half.Commit = commit
		m.header = envelope.Header{
			Thread: thread, Epoch: 1, Person: w.person, DeviceSeq: uint64(from + n - 1), Message: m.id, Time: envelope.TimeOf(noon),
			Retention: 1, Urgency: envelope.UrgencyRoutine, ShredCommit: commit, Kind: envelope.KindText,
		}
		header, err := envelope.Encode(&m.header)
		w.must(err)
		sealed := &envelope.Message{Header: header, Ciphertext: make([]byte, 256+16)}
		rand.Read(sealed.Ciphertext)
		body, err := envelope.Encode(sealed)
		w.must(err)
		m.entry, err = envelope.EntryHash(envelope.EntryMessage, thread, body)
		w.must(err)
		*log = envelope.LogHash(thread, uint64(from+n), *log, m.entry)
		rows = append(rows, []any{thread, from + n, 4, noon.UnixMilli(), m.entry, *log, m.id, w.person, id.Device{}, int64(m.header.DeviceSeq), 1,
			noon.UnixMilli(), 1, commit, body})
		halves, said = append(halves, half), append(said, m)
	}
	w.must(w.db.Tx(context.Background(), func(tx *store.Tx) error {
		for _, row := range rows {
			_, err := tx.Exec(`INSERT INTO thread_log (thread, seq, kind, at, entry, log_hash, message, person, device, device_seq, epoch, sent_at, content,
				commitment, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`, row...)
			if err != nil {
				return err
			}
		}
		return nil
	}))
	w.must(w.shred.Put(context.Background(), halves...))
	return said
}

// document is one that waits for the record, as it is before it is sealed.
var document = []byte(`{"document":"YSBkb2N1bWVudA=="}`)

// documentHash is that of its bytes.
var documentHash = id.Hash(sha256.Sum256([]byte("a document")))

// file puts a filing of messages into the database, the first of them a decision: waiting with a sealed document, or received.
func (w *world) file(received bool, messages ...message) id.Filing {
	w.Helper()
	filing := id.New[id.Filing](w.ids)
	state, reference, stage := 1, "", record.Filed
	sealed := any(w.keys.ForRecord().Seal(record.SealedAs, filing.Bytes(), document))
	if received {
		state, reference, stage, sealed = 3, "DOC-1", record.InRecord, nil
	}
	w.exec(`INSERT INTO decision (thread, message, entry, seq, marked_by, marked_at, urgency, stage, changed_at, owner, due_at, reminders, drafted_at, filing,
		countersign_wanted, countersigned_at, reason) VALUES ($1, $2, $3, 2, $4, 1, 1, $5, 1, $6, 1, 0, 0, $7, FALSE, 0, '')`,
		messages[0].thread, messages[0].id, messages[0].entry, w.person, int64(stage), w.person, filing)
	w.exec(`INSERT INTO filing (filing, thread, decision, state, code, reason, reference, document_hash, filed_by, filed_at, received_at, eligible_at,
		destroyed_at, next_try_at, attempts, sealed) VALUES ($1, $2, $3, $4, '', '', $5, $6, $7, 1, 1, 1, 0, 0, 0, $8)`,
		filing, messages[0].thread, messages[0].id, state, reference, documentHash, w.person, sealed)
	for n, m := range messages {
		w.exec(`INSERT INTO filing_source (filing, place, message, entry) VALUES ($1, $2, $3, $4)`, filing, n, m.id, m.entry)
	}
	return filing
}

// destroy does to messages what a disposal does: the ledger's row with the mark, the half, the tombstone.
func (w *world) destroy(filing id.Filing, messages ...message) {
	w.Helper()
	for _, m := range messages {
		now := w.clock.Advance(time.Millisecond)
		w.must(w.db.Tx(context.Background(), func(tx *store.Tx) error {
			if _, err := tx.Exec(`UPDATE thread_log SET state = 1 WHERE thread = $1 AND message = $2`, m.thread, m.id); err != nil {
				return err
			}
			_, err := tx.Exec(`INSERT INTO destruction (thread, message, entry, filing, reason, at, done_at) VALUES ($1, $2, $3, $4, 1, $5, 0)`,
				m.thread, m.id, m.entry, filing, now.UnixMilli())
			return err
		}))
		w.must(w.shred.Delete(context.Background(), shredstore.Ref{Thread: m.thread, Message: m.id}))
		body, err := envelope.Encode(&envelope.Tombstone{
			Thread: m.thread, Entry: m.entry, Message: m.id, Person: w.person, DeviceSeq: m.header.DeviceSeq, Time: m.header.Time,
			Kind: uint8(m.header.Kind), Destroyed: envelope.TimeOf(now), Reason: envelope.DestroyFiled, Filing: filing, DocumentHash: documentHash, Reference: "DOC-1",
		})
		w.must(err)
		w.exec(`UPDATE thread_log SET state = 2, body = $1 WHERE thread = $2 AND message = $3`, body, m.thread, m.id)
		w.exec(`UPDATE destruction SET done_at = $1 WHERE thread = $2 AND message = $3`, now.UnixMilli(), m.thread, m.id)
	}
}

// settle gives audit events their leaves.
func (w *world) settle() {
	w.Helper()
	w.must(audit.NewSequencer(w.db.AuditLog(), w.keys.ForAudit(), w.clock).Drain(context.Background()))
}

func (w *world) copies() server.Copies {
	return server.Copies{DB: w.db, Shred: w.shred, Keys: w.keys, Trust: w.trust, Program: "test", Clock: w.clock}
}

// copyLedger copies the ledger as it is now, a moment later than all that was.
func (w *world) copyLedger() string {
	w.Helper()
	w.clock.Advance(time.Millisecond)
	copier := w.copies().LedgerTo(w.ledgers)
	_, err := copier.Copy(context.Background(), true)
	w.must(err)
	return copier.Path()
}

// backUp makes a set.
func (w *world) backUp() backup.Made {
	w.Helper()
	w.settle()
	return w.backUpAsItIs()
}

// backUpAsItIs is backUp while an event waits for its leaf.
func (w *world) backUpAsItIs() backup.Made {
	w.Helper()
	w.clock.Advance(time.Second)
	maker, err := w.copies().Maker(w.backups, []age.Recipient{w.identity.Recipient()}, nil)
	w.must(err)
	made, err := maker.Make(context.Background())
	w.must(err)
	return made
}

// options restore a set to two fresh places.
func (w *world) options(made backup.Made, fresh func(testing.TB) string) restore.Options {
	w.Helper()
	return restore.Options{
		Main: made.Main.Path, Shred: made.Shred.Path, Ledger: w.copyLedger(), Identities: []age.Identity{w.identity}, Keys: w.keys,
		Database: fresh(w), ShredDatabase: fresh(w), Clock: w.clock,
	}
}

// restored restores and opens what came of it.
func (w *world) restored(o restore.Options) (*restore.Report, *store.DB, *shredstore.Store) {
	w.Helper()
	report, err := restore.Run(context.Background(), o)
	if err != nil && report != nil {
		for _, check := range report.Checks {
			w.Logf("%+v", check)
		}
	}
	w.must(err)
	db, err := store.Open(context.Background(), o.Database)
	w.must(err)
	shred, err := shredstore.Open(context.Background(), o.ShredDatabase)
	w.must(err)
	w.Cleanup(func() { w.must(db.Close()); w.must(shred.Close()) })
	return report, db, shred
}

// contents is every row of every table of a backup, as text, by table.
func contents(t testing.TB, source backup.Source, without ...string) map[string]map[string]int {
	t.Helper()
	all := map[string]map[string]int{}
	err := source.Snapshot(context.Background(), func(s backup.Snapshot) error {
		_, tables, err := s.Schema()
		if err != nil {
			return err
		}
		for _, table := range tables {
			rows := map[string]int{}
			err := s.Rows(table, func(row backup.Row) error {
				rows[fmt.Sprintf("%q", []any(row))]++
				return nil
			})
			if err != nil {
				return err
			}
			all[table.Name] = rows
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range without {
		delete(all, table)
	}
	return all
}

// nothing proves that a failed restore left nothing that could be served, or that is in the way.
func (w *world) nothing(o restore.Options) {
	w.Helper()
	for _, dsn := range []string{o.Database, o.ShredDatabase} {
		if path, lite := strings.CutPrefix(dsn, "sqlite:"); lite {
			left, err := filepath.Glob(path + "*")
			if err != nil || len(left) > 0 {
				w.Errorf("left behind: %v, %v", left, err)
			}
			continue
		}
		schema, err := store.MainSchema()
		w.must(err)
		loader, err := store.NewLoader(context.Background(), dsn, schema, 1) // refuses a database with tables
		w.must(err)
		w.must(errors.Join(loader.Discard(context.Background()), loader.Close(dsn)))
	}
}
