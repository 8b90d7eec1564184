package retention_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/work"
)

const grace = 24 * time.Hour

var officer = id.Person{8}

func personOf(n int) id.Person { return id.Person{0xaa, byte(n)} }
func deviceOf(n int) id.Device { return id.Device{0xdd, byte(n)} }
func tagOf(n int) id.Tag       { return id.Tag{0x7a, byte(n)} }

// world is the real room on a real database, with a shred store, a record and cases that do as they are told.
type world struct {
	tb     testing.TB
	db     *store.DB
	keeper *retention.Keeper
	clock  *clock.Manual
	ids    *id.Source
	made   int // everything that needs a name of its own
	sent   map[id.Thread]map[int]uint64
	halves map[id.Message]bool
	down   bool               // the health record
	cases  map[id.Thread]bool // open ones, by what they are about
	fail   int                // die at this step; 0 is never
	told   map[id.Message]bool
}

func newWorld(tb testing.TB, db *store.DB) *world {
	w := &world{
		tb: tb, db: db, clock: clock.NewManual(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)), sent: map[id.Thread]map[int]uint64{},
		halves: map[id.Message]bool{}, cases: map[id.Thread]bool{}, told: map[id.Message]bool{},
	}
	w.ids = id.NewSource(w.clock)
	w.keeper = retention.New(retention.Needs{Store: mortal{db, w}, Eraser: w, Announcer: w, Record: w, Guards: []retention.Guard{w}, Clock: w.clock})
	w.wipe()
	for n := 1; n <= 3; n++ {
		name := fmt.Sprint("person", n)
		w.exec(`INSERT INTO person (person, user_name, user_fold, display_name, role, ward, organisation, permissions, sort_name, search, added_at)
			VALUES ($1, $2, $2, $2, '', '', '', '', $3, '', 1)`, personOf(n), name, []byte(name))
	}
	return w
}

// wipe makes the database as good as new: a sweep is about all of it.
func (w *world) wipe() {
	for _, table := range []string{"quarantine_reader", "decision", "filing_source", "filing", "hold_tag", "hold", "destruction", "disposal", "retention_period", "due", "thread_device", "thread_member",
		"thread_log", "thread_link", "thread", "person"} {
		w.exec(`DELETE FROM ` + table)
	}
}

func (w *world) exec(query string, args ...any) {
	w.tb.Helper()
	if err := w.db.Tx(w.tb.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}); err != nil {
		w.tb.Fatal(reasons(err))
	}
}

// reasons is an error with its private causes.
func reasons(err error) string {
	text := ""
	for ; err != nil; err = errors.Unwrap(err) {
		text += err.Error() + "; "
	}
	return text
}

func (w *world) name() [32]byte {
	w.made++
	return sha256.Sum256(binary.BigEndian.AppendUint64([]byte("name"), uint64(w.made)))
}

func (w *world) newThread(space envelope.Space, patient int, members []int) id.Thread {
	w.tb.Helper()
	in := id.Thread(w.name())
	creation := thread.Creation{
		State:   thread.State{Thread: in, Space: space, AddBy: 1, PostBy: 2, Retention: 1, Creator: personOf(members[0]), MembershipHead: id.Hash(in)},
		Entries: []thread.NewEntry{{Kind: envelope.EntryCreate, Hash: id.Hash(in), Device: deviceOf(members[0]), Body: []byte("create")}},
		At:      w.clock.Now(),
	}
	for _, n := range members {
		creation.Members = append(creation.Members, thread.Member{Person: personOf(n), MemberRole: envelope.RoleMember, JoinedSeq: 1})
	}
	event := audit.Event{Kind: audit.ThreadCreated, Subject: audit.About(in), At: w.clock.Now()}
	if err := w.db.Threads().CreateThread(w.tb.Context(), creation, event, func(thread.Written) {}); err != nil {
		w.tb.Fatal(reasons(err))
	}
	if patient != 0 {
		w.exec(`UPDATE thread SET link_tag = $1 WHERE thread = $2`, tagOf(patient), in)
		w.exec(`INSERT INTO thread_link (thread, seq, tag, assertion) VALUES ($1, 0, $2, $3)`, in, tagOf(patient), id.Hash{1})
	}
	return in
}

// post sends a message the way the thread room does, after its checks.
func (w *world) post(in id.Thread, author int, kind envelope.MessageKind, class uint8, seen uint64, sent time.Time) id.Message {
	w.tb.Helper()
	if w.sent[in] == nil {
		w.sent[in] = map[int]uint64{}
	}
	w.sent[in][author]++
	hash := w.name()
	message := id.New[id.Message](w.ids)
	m := thread.NewMessage{
		Header: envelope.Header{
			Thread: in, Person: personOf(author), Device: deviceOf(author), DeviceSeq: w.sent[in][author], Message: message, Kind: kind, Retention: class,
			SeenSeq: seen, Time: envelope.TimeOf(sent), ShredCommit: hash,
		},
		Hash: hash, Body: []byte("ciphertext"), At: w.clock.Now(),
	}
	if kind == envelope.KindQuarantine {
		m.Event = audit.Event{Kind: audit.Quarantined, Actor: personOf(author), Subject: audit.About(in), At: w.clock.Now()}
	}
	_, err := w.db.Threads().AddMessage(w.tb.Context(), m, func(thread.Standing) (bool, error) { return false, nil }, func(thread.Written) {})
	if err != nil {
		w.tb.Fatal(reasons(err))
	}
	w.halves[message] = true
	return message
}

func (w *world) file(decision *modelMessage, sources []*modelMessage) id.Filing {
	w.tb.Helper()
	paper := record.Paper{
		ID: id.New[id.Filing](w.ids), Thread: decision.id, Decision: decision.name, State: record.Waiting, FiledBy: personOf(1), FiledAt: w.clock.Now(),
		DocumentHash: w.name(),
	}
	for _, one := range sources {
		paper.Sources = append(paper.Sources, record.Source{Message: one.name})
	}
	event := audit.Event{Kind: audit.Filing, Subject: audit.About(paper.ID), At: w.clock.Now()}
	if _, err := w.db.AddFiling(w.tb.Context(), record.NewFiling{Paper: paper, Sealed: []byte("sealed"), Event: event}); err != nil {
		w.tb.Fatal(reasons(err))
	}
	return paper.ID
}

func (w *world) receive(filing id.Filing, eligible time.Time) {
	w.tb.Helper()
	paper, _, err := w.db.Paper(w.tb.Context(), filing)
	if err != nil {
		w.tb.Fatal(err)
	}
	paper.Reference, paper.ReceivedAt, paper.EligibleAt = "DOC-1", w.clock.Now(), eligible
	event := audit.Event{Kind: audit.Receipt, Subject: audit.About(filing), At: w.clock.Now()}
	intent := work.Intent{}.Add(work.Due{
		ID: id.New[id.Work](w.ids), Kind: retention.Dispose, At: eligible, Subject: filing.Bytes(), Key: filing.String(),
	})
	if err := w.db.Receive(w.tb.Context(), paper, intent, event); err != nil {
		w.tb.Fatal(reasons(err))
	}
}

func (w *world) refuse(filing id.Filing) {
	w.tb.Helper()
	paper, _, err := w.db.Paper(w.tb.Context(), filing)
	if err != nil {
		w.tb.Fatal(err)
	}
	paper.State = record.Refused
	event := audit.Event{Kind: audit.FilingRefused, Subject: audit.About(filing), At: w.clock.Now()}
	if err := w.db.NoteTrouble(w.tb.Context(), paper, work.Intent{}, &event); err != nil {
		w.tb.Fatal(reasons(err))
	}
}

// step dies when its time has come.
func (w *world) step() error {
	if w.fail > 0 {
		if w.fail--; w.fail == 0 {
			return errKilled
		}
	}
	return nil
}

// Erase implements retention.Eraser: a crash may come before and after it.
func (w *world) Erase(_ context.Context, doomed []retention.Doomed) error {
	if err := w.step(); err != nil {
		return err
	}
	for _, one := range doomed {
		delete(w.halves, one.Tombstone.Message)
	}
	return w.step()
}

// Destroyed implements retention.Announcer.
func (w *world) Destroyed(_ id.Filing, doomed []retention.Doomed) {
	for _, one := range doomed {
		w.told[one.Tombstone.Message] = true
	}
}

// Holds implements retention.Record.
func (w *world) Holds(context.Context, id.Filing) error {
	if w.down {
		return fault.New(fault.Unavailable, "record_unavailable", "The health record does not answer.")
	}
	return nil
}

// Keeps implements retention.Guard: the cases.
func (w *world) Keeps(_ context.Context, candidates []retention.Candidate) (map[id.Message]retention.Reason, error) {
	kept := map[id.Message]retention.Reason{}
	for _, one := range candidates {
		if w.cases[one.Thread] {
			kept[one.Message] = retention.OpenCase
		}
	}
	return kept, nil
}

// mortal is the database with a process before it that may die at each commit.
type mortal struct {
	*store.DB
	w *world
}

func (m mortal) BeginFiled(ctx context.Context, filing id.Filing, as id.Disposal, now time.Time, keeps retention.Keeps,
	event func(retention.Disposal) audit.Event) (retention.Disposal, retention.Verdict, error) {
	d, verdict, err := m.DB.BeginFiled(ctx, filing, as, now, keeps, event)
	if err == nil && verdict == retention.Go {
		err = m.w.step()
	}
	return d, verdict, err
}

func (m mortal) Expired(ctx context.Context, class retention.Class, after retention.Cursor, _ int, now time.Time) ([]retention.Candidate, error) {
	return m.DB.Expired(ctx, class, after, 3, now) // small batches, so that there are several
}

func (m mortal) BeginExpired(ctx context.Context, class retention.Class, found []retention.Candidate, now time.Time, made func() id.Disposal,
	keeps retention.Keeps, event func(retention.Disposal) audit.Event) ([]retention.Disposal, error) {
	begun, err := m.DB.BeginExpired(ctx, class, found, now, made, keeps, event)
	if err == nil && len(begun) > 0 {
		err = m.w.step()
	}
	return begun, err
}

func (m mortal) EndDisposal(ctx context.Context, d retention.Disposal, now time.Time, event audit.Event, done func([]retention.Doomed)) error {
	if err := m.DB.EndDisposal(ctx, d, now, event, done); err != nil {
		return err
	}
	return m.w.step()
}

// work does what is due now, as the jobs runner does, each row in its own name so that what a crash left claimed is free. A killed handler's row is not settled.
func (w *world) work() error {
	for range 1000 {
		owner := fmt.Sprint("runner ", w.name())
		due, err := w.db.ClaimWork(w.tb.Context(), owner, []work.Kind{retention.Dispose, retention.Sweep}, w.clock.Now(), 0, 1)
		if err != nil {
			return err
		}
		if len(due) == 0 {
			return nil
		}
		handle := w.keeper.Handle
		if due[0].Kind == retention.Sweep {
			handle = w.keeper.Sweep
		}
		err = handle(w.tb.Context(), due[0])
		if errors.Is(err, errKilled) {
			return err
		}
		if err != nil && fault.As(err).Code() != "record_unreachable" && fault.As(err).Code() != "disposal_early" {
			return errors.New(reasons(err))
		}
		if err := w.db.SettleWork(w.tb.Context(), owner, due[0].ID, work.Steady.Settle(due[0], err, w.clock.Now()), w.clock.Now()); err != nil {
			return err
		}
	}
	return errors.New("the work does not end")
}

// restart is the next process: what the last one had claimed is free, at once on SQLite, after the lease on PostgreSQL.
func (w *world) restart() { w.exec(`UPDATE due SET owner = NULL, leased_until = 0`) }

func (w *world) sweepOnce() error {
	if err := w.keeper.Ensure(w.tb.Context(), 0); err != nil {
		return err
	}
	return w.work()
}

// runSweeps sweeps until nothing moves: a decision that goes lets what it may have quoted go at the next sweep.
func (w *world) runSweeps(rt *rapid.T) {
	for range 100 {
		before := w.states()
		if err := w.sweepOnce(); err != nil {
			rt.Fatal(reasons(err))
		}
		if maps.Equal(before, w.states()) {
			return
		}
	}
	rt.Fatal("the sweeps do not end")
}

func (w *world) states() map[id.Message]int64 {
	w.tb.Helper()
	states := map[id.Message]int64{}
	err := w.db.Read(w.tb.Context()).Each(`SELECT message, state FROM thread_log WHERE kind = 4`, nil, func(row store.Scanner) error {
		var message id.Message
		var state int64
		err := row.Scan(&message, &state)
		states[message] = state
		return err
	})
	if err != nil {
		w.tb.Fatal(reasons(err))
	}
	return states
}

func (w *world) destroyedFilings() map[id.Filing]bool {
	w.tb.Helper()
	destroyed := map[id.Filing]bool{}
	err := w.db.Read(w.tb.Context()).Each(`SELECT filing, destroyed_at FROM filing`, nil, func(row store.Scanner) error {
		var filing id.Filing
		var at int64
		err := row.Scan(&filing, &at)
		destroyed[filing] = at > 0
		return err
	})
	if err != nil {
		w.tb.Fatal(reasons(err))
	}
	return destroyed
}

func (w *world) count(query string, args ...any) (n int64) {
	w.tb.Helper()
	if err := w.db.Read(w.tb.Context()).Row(query, args...).Scan(&n); err != nil {
		w.tb.Fatal(reasons(err))
	}
	return n
}
