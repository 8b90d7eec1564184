package record_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
	"github.com/wardline/wardline/internal/work"
)

func reveal(t *testing.T, err error) {
	t.Helper()
	for err != nil {
		t.Log(err)
		err = errors.Unwrap(err)
	}
}

// health is a health record that does as it is told.
type health struct {
	mu      sync.Mutex
	trouble error // of File
	lose    bool  // says yes, keeps nothing
	alter   error // instead of a receipt
	kept    map[id.Filing][]byte
	filed   int
	errors  []record.Document // entered in error
	refuse  error             // of Retract

	refusals map[id.Filing]error // of File
	order    []record.Document   // as they arrived
}

func (h *health) Retract(_ context.Context, d record.Document) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refuse == nil {
		h.errors = append(h.errors, d)
	}
	return h.refuse
}

func (h *health) File(_ context.Context, d record.Document) (record.Receipt, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.trouble != nil {
		return record.Receipt{}, h.trouble
	}
	if refusal := h.refusals[d.Filing]; refusal != nil {
		return record.Receipt{}, refusal
	}
	if _, again := h.kept[d.Filing]; !h.lose && !again {
		h.kept[d.Filing] = d.Bytes
		h.filed++
		h.order = append(h.order, d)
	}
	if h.alter != nil {
		return record.Receipt{}, h.alter
	}
	bytes, found := h.kept[d.Filing]
	if !found {
		return record.Receipt{}, fault.New(fault.Unavailable, "record_lost_it", "The record does not have it.")
	}
	return record.Receipt{Reference: "DOC-1", Hash: sha256.Sum256(bytes), At: d.FiledAt.Add(time.Minute), Proof: record.ReadBack}, nil
}

// Holds implements retention.Record: the record answers, unless it is down.
func (h *health) Holds(context.Context, id.Filing) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.trouble
}

// vouched is the patient room: every assertion is good, and of the thread's patient.
type vouched struct{ hash id.Hash }

func (v vouched) Verify(_ context.Context, in id.Thread, _ []byte) (*envelope.PatientAssertion, id.Hash, error) {
	return &envelope.PatientAssertion{
		Thread: in, NHSNumber: "9434765919", Family: "Smith", Given: "John", Title: "Mr", BirthDate: "1954-03-12",
		IdentifiedBy: envelope.IdentifiedByNHSNumber,
	}, v.hash, nil
}

// told collects what members hear.
type told struct {
	mu        sync.Mutex
	papers    []record.Paper
	decisions []record.Decision
	gone      []retention.Doomed
}

func (t *told) Filing(p record.Paper) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.papers = append(t.papers, p)
}

func (t *told) Decision(d record.Decision) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.decisions = append(t.decisions, d)
}

func (t *told) Destroyed(_ id.Filing, gone []retention.Doomed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gone = append(t.gone, gone...)
}

// halves is the shred store.
type halves struct {
	erased []id.Message
	fail   error
}

func (h *halves) Erase(_ context.Context, doomed []retention.Doomed) error {
	for _, one := range doomed {
		h.erased = append(h.erased, one.Tombstone.Message)
	}
	return h.fail
}

type ward struct {
	db     *store.DB
	desk   *record.Desk
	keeper *retention.Keeper
	health *health
	told   *told
	halves *halves
	clock  *clock.Manual
	by     record.Clinician
	thread id.Thread
	ids    *id.Source
	sealer record.Sealer
	pdf    bool
}

const (
	grace = time.Hour
	duty  = 12 * time.Hour
)

func newWard(t *testing.T, db *store.DB) *ward {
	t.Helper()
	return newWardWith(t, db, false)
}

// newWardWith is a ward whose record wants a PDF beside each document, or not.
func newWardWith(t *testing.T, db *store.DB, pdf bool) *ward {
	t.Helper()
	keys, err := keyring.Create(t.TempDir() + "/keys")
	if err != nil {
		t.Fatal(err)
	}
	clk := clock.NewManual(time.Date(2026, 11, 24, 13, 18, 0, 0, time.UTC))
	w := &ward{
		db: db, health: &health{kept: map[id.Filing][]byte{}}, told: &told{}, halves: &halves{}, clock: clk, ids: id.NewSource(clk),
		thread: id.Thread{7}, by: record.Clinician{Person: id.Person{1}, Name: "Dr Leila Haddad", Role: "Medical F2"},
	}
	w.sealer, w.pdf = keys.ForRecord(), pdf
	w.speak(w.health)
	w.keeper = retention.New(retention.Needs{Store: db, Eraser: w.halves, Announcer: w.told, Record: w.health, Clock: clk})
	w.exec(t, `INSERT INTO thread (thread, space, name, add_by, post_by, retention, creator, created_at, seq, log_hash, membership_seq,
		membership_head, epoch, epoch_membership_seq, epoch_issued, epoch_messages, epoch_stale, members, link_tag, link_assertion, last_at, last_kind)
		VALUES ($1, 1, '', 2, 2, 0, $2, 1, 9, $3, 0, $3, 1, 0, 1, 0, FALSE, 1, $3, $4, 1, 4)`, w.thread, w.by.Person, id.Hash{1}, id.Hash{5})
	w.exec(t, `INSERT INTO thread_member (thread, person, member_role, identity, standby, history, until_at, joined_seq, joined_at)
		VALUES ($1, $2, 1, $3, FALSE, TRUE, 0, 1, 1)`, w.thread, w.by.Person, id.Hash{2})
	w.confirm(t, 9)
	return w
}

// speak gives the desk a health record.
func (w *ward) speak(to record.Destination) {
	w.desk = record.New(record.Needs{
		Store: w.db, Assertions: vouched{id.Hash{5}}, Destination: to, Sealer: w.sealer, Announcer: w.told, Clock: w.clock,
		Grace: func(context.Context) (time.Duration, error) { return grace, nil }, Duty: duty, PDF: w.pdf,
	})
}

// confirm is the person's word, now, that the patient is the right one.
func (w *ward) confirm(t *testing.T, seq int64) {
	t.Helper()
	said := w.say(t, seq, envelope.KindConfirm)
	w.exec(t, `UPDATE thread_log SET at = $1 WHERE message = $2`, w.clock.Now().UnixMilli(), said.Message)
}

func (w *ward) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	err := w.db.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		reveal(t, err)
		t.Fatal()
	}
}

// say puts a message into the thread.
func (w *ward) say(t *testing.T, seq int64, kind envelope.MessageKind) record.Source {
	t.Helper()
	return w.sayAs(t, w.by.Person, seq, kind)
}

// sayAs is say for somebody else. A decision gets the row that the store writes with it.
func (w *ward) sayAs(t *testing.T, by id.Person, seq int64, kind envelope.MessageKind) record.Source {
	t.Helper()
	source := record.Source{Message: id.New[id.Message](w.ids), Entry: id.Hash{byte(seq), 9}}
	w.exec(t, `INSERT INTO thread_log (thread, seq, kind, at, entry, log_hash, message, person, device, device_seq, epoch, sent_at, content, unfiled,
		commitment, body) VALUES ($1, $2, 4, 1, $3, $3, $4, $5, $6, $2, 1, 1, $7, $8, $3, $9)`,
		w.thread, seq, source.Entry, source.Message, by, id.Device{3}, int64(kind), kind == envelope.KindDecision, []byte("ciphertext"))
	if kind == envelope.KindDecision {
		header := &envelope.Header{Thread: w.thread, Message: source.Message, Person: by, Urgency: envelope.UrgencyRoutine}
		d, _ := record.Mark(header, source.Entry, uint64(seq), w.clock.Now())
		w.exec(t, `INSERT INTO decision (thread, message, entry, seq, marked_by, marked_at, urgency, stage, changed_at, owner, due_at,
			reminders, drafted_at, countersign_wanted, countersigned_at, reason) VALUES ($1, $2, $3, $4, $5, $6, 1, 1, $6, $5, $7, 0, 0, FALSE, 0, '')`,
			d.Thread, d.Message, d.Entry, seq, by, d.MarkedAt.UnixMilli(), d.DueAt.UnixMilli())
	}
	return source
}

func (w *ward) submission(sources ...record.Source) record.Submission {
	s := record.Submission{
		Filing: id.New[id.Filing](w.ids), Thread: w.thread, Decision: sources[len(sources)-1].Message, Sources: sources, Assertion: []byte("signed"),
		Title: "Clinical decision",
	}
	var b strings.Builder
	b.WriteString("<!doctype html>\n<html lang=\"en-GB\"><head><meta name=\"wardline-document\" content=\"1\"><meta name=\"wardline-filing\" content=\"" +
		s.Filing.String() + "\"><meta name=\"wardline-thread\" content=\"" + s.Thread.String() + "\"></head><body>")
	for _, one := range sources {
		b.WriteString("<article data-message=\"" + one.Message.String() + "\" data-entry=\"" + one.Entry.String() + "\"><p>words</p></article>")
	}
	b.WriteString("</body></html>")
	s.Document = []byte(b.String())
	s.DocumentHash = sha256.Sum256(s.Document)
	return s
}

// work runs what is due at the moment, once, as jobs would.
func (w *ward) work(t *testing.T) {
	t.Helper()
	due, err := w.db.ClaimWork(t.Context(), "test", []work.Kind{record.Attempt, record.Overdue, record.Retract, retention.Dispose}, w.clock.Now(), time.Minute, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range due {
		handle := map[work.Kind]func(context.Context, work.Due) error{
			record.Attempt: w.desk.Handle, record.Overdue: w.desk.Remind, record.Retract: w.desk.HandleRetract, retention.Dispose: w.keeper.Handle,
		}[one.Kind]
		settled := work.Steady.Settle(one, handle(t.Context(), one), w.clock.Now())
		if err := w.db.SettleWork(t.Context(), "test", one.ID, settled, w.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *ward) paper(t *testing.T, filing id.Filing) record.Paper {
	t.Helper()
	paper, _, err := w.db.Paper(t.Context(), filing)
	if err != nil {
		t.Fatal(err)
	}
	return paper
}

func (w *ward) count(t *testing.T, query string, args ...any) (n int64) {
	t.Helper()
	if err := w.db.Read(t.Context()).Row(query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestR18_R19_FiledOnceThroughADayOfOutage(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		note, decision := w.say(t, 10, envelope.KindText), w.say(t, 11, envelope.KindDecision)
		s := w.submission(note, decision)
		w.health.trouble = fault.New(fault.Unavailable, "record_unavailable", "The health record does not answer.")
		if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
			reveal(t, err)
			t.Fatal(err)
		}
		if again, err := w.desk.File(t.Context(), w.by, s); err != nil || again.ID != s.Filing {
			t.Fatalf("the same filing again: %+v, %v", again, err)
		}
		for range 24 * 12 {
			w.work(t)
			w.clock.Advance(5 * time.Minute)
		}
		paper := w.paper(t, s.Filing)
		if paper.State != record.Filing || paper.Attempts < 100 || paper.Code != "record_unavailable" || paper.NextTryAt.IsZero() {
			t.Fatalf("during the outage: %+v", paper)
		}
		w.health.trouble = nil
		w.clock.Advance(time.Hour)
		w.work(t)
		if paper = w.paper(t, s.Filing); paper.State != record.Received || paper.Reference != "DOC-1" || w.health.filed != 1 {
			t.Fatalf("after it: %+v, filed %d times", paper, w.health.filed)
		}
		if sealed := w.count(t, `SELECT COUNT(*) FROM filing WHERE sealed IS NOT NULL`); sealed != 0 {
			t.Error("the document is still at rest after its receipt")
		}
		if unfiled := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE unfiled`); unfiled != 0 {
			t.Error("the decision still counts as not in the record")
		}
	})
}

func TestR18_H13_FalseReceiptIsNoReceipt(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		s := w.submission(w.say(t, 10, envelope.KindDecision))
		w.health.lose = true
		if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
			reveal(t, err)
			t.Fatal(err)
		}
		w.work(t)
		if paper := w.paper(t, s.Filing); paper.State != record.Filing || paper.Code != "record_lost_it" {
			t.Fatalf("after a false receipt: %+v", paper)
		}
		w.clock.Advance(365 * 24 * time.Hour)
		if err := w.keeper.Handle(t.Context(), work.Due{Kind: retention.Dispose, Subject: s.Filing.Bytes()}); err == nil {
			t.Error("originals were disposed of without a receipt")
		}
		if live := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE state <> 0`); live != 0 {
			t.Error("a message was touched")
		}
		w.health.lose = false
		w.work(t)
		if paper := w.paper(t, s.Filing); paper.State != record.Received {
			t.Errorf("once it keeps what it takes: %+v", paper)
		}
	})
}

func TestR19_ARefusalIsShownToAPersonAndCanBeRetried(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		s := w.submission(w.say(t, 10, envelope.KindDecision))
		w.health.trouble = fault.New(fault.Invalid, "record_refused", "The health record refused the document.").With("reason", "No open episode.")
		if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
			reveal(t, err)
			t.Fatal(err)
		}
		w.work(t)
		if paper := w.paper(t, s.Filing); paper.State != record.Refused || paper.Reason != "No open episode." {
			t.Fatalf("refused: %+v", paper)
		}
		w.health.trouble = nil
		w.clock.Advance(24 * time.Hour)
		w.work(t)
		if w.health.filed != 0 {
			t.Fatal("a refused filing was sent again by itself")
		}
		if _, err := w.desk.Retry(t.Context(), w.by, w.thread, s.Filing); err != nil {
			t.Fatal(err)
		}
		w.work(t)
		if paper := w.paper(t, s.Filing); paper.State != record.Received {
			t.Errorf("after the retry: %+v", paper)
		}
		if _, err := w.desk.Retry(t.Context(), w.by, w.thread, s.Filing); !errors.Is(err, record.ErrNothingToDo) {
			t.Errorf("a retry of what was received: %v", err)
		}
	})
}

func TestAMismatchOnReadBackFailsVisibly(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		s := w.submission(w.say(t, 10, envelope.KindDecision))
		w.health.alter = fault.New(fault.Conflict, "record_mismatch", "What the record holds is not what was filed.")
		if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
			reveal(t, err)
			t.Fatal(err)
		}
		w.work(t)
		if paper := w.paper(t, s.Filing); paper.State != record.Failed || !paper.EligibleAt.IsZero() {
			t.Errorf("got %+v", paper)
		}
	})
}

func TestR20_FiledSourcesAreDestroyedAfterGraceAndNothingElse(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		note, aside, decision := w.say(t, 10, envelope.KindText), w.say(t, 11, envelope.KindText), w.say(t, 12, envelope.KindDecision)
		s := w.submission(note, decision)
		if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
			reveal(t, err)
			t.Fatal(err)
		}
		w.work(t)
		w.clock.Advance(grace - time.Minute)
		w.work(t)
		if gone := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE state <> 0`); gone != 0 {
			t.Fatal("destroyed within grace")
		}
		w.clock.Advance(time.Hour)
		w.work(t)
		if left := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE state = 0 AND message = $1`, aside.Message); left != 1 {
			t.Error("a message that was not filed is gone")
		}
		if gone := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE state = 2 AND message <> $1`, aside.Message); gone != 2 {
			t.Errorf("%d of 2 sources are tombstones", gone)
		}
		if len(w.halves.erased) != 2 || len(w.told.gone) != 2 {
			t.Errorf("erased %d halves, told of %d", len(w.halves.erased), len(w.told.gone))
		}
		if ledger := w.count(t, `SELECT COUNT(*) FROM destruction WHERE done_at > 0`); ledger != 2 {
			t.Errorf("the destruction ledger has %d lines", ledger)
		}
		tomb := w.told.gone[0].Tombstone
		if tomb.Entry != note.Entry || tomb.Reference != "DOC-1" || tomb.DocumentHash != s.DocumentHash {
			t.Errorf("tombstone = %+v", tomb)
		}
		if w.paper(t, s.Filing).DestroyedAt.IsZero() {
			t.Error("the filing does not say that its originals are gone")
		}
	})
}

func TestR20_AHoldForbidsDestructionUntilItIsReleased(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		s := w.submission(w.say(t, 10, envelope.KindDecision))
		if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
			reveal(t, err)
			t.Fatal(err)
		}
		w.work(t)
		officer := id.Person{8}
		hold, err := w.keeper.Hold(t.Context(), officer, retention.Scope{Thread: w.thread}, "Subject access request 2026/114", "")
		if err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(30 * 24 * time.Hour)
		w.work(t)
		if gone := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE state <> 0`); gone != 0 || len(w.halves.erased) != 0 {
			t.Fatal("a hold did not hold")
		}
		if !w.paper(t, s.Filing).Held {
			t.Error("the filing does not say that it is held")
		}
		if _, err := w.keeper.Release(t.Context(), officer, hold.ID, "Answered"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.keeper.Release(t.Context(), officer, hold.ID, "Again"); !errors.Is(err, retention.ErrHoldReleased) {
			t.Errorf("released twice: %v", err)
		}
		w.work(t)
		if gone := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE state = 2`); gone != 1 {
			t.Error("the release did not let it go")
		}
	})
}

func TestR20_AHoldAndADisposalThatRaceNeverBothWin(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		for round := range int64(12) {
			w.confirm(t, 10+2*round)
			s := w.submission(w.say(t, 11+2*round, envelope.KindDecision))
			if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
				t.Fatal(err)
			}
			w.work(t)
			w.clock.Advance(2 * grace)
			var wait sync.WaitGroup
			var hold retention.Hold
			var errHold, errDispose error
			wait.Go(func() {
				hold, errHold = w.keeper.Hold(t.Context(), id.Person{8}, retention.Scope{Thread: w.thread}, "Case", "")
			})
			wait.Go(func() {
				errDispose = w.keeper.Handle(t.Context(), work.Due{Kind: retention.Dispose, Subject: s.Filing.Bytes()})
			})
			wait.Wait()
			if errHold != nil || errDispose != nil {
				t.Fatalf("hold: %v, dispose: %v", errHold, errDispose)
			}
			paper := w.paper(t, s.Filing)
			begun := w.count(t, `SELECT COUNT(*) FROM destruction WHERE filing = $1`, s.Filing)
			if (begun == 1) == paper.DestroyedAt.IsZero() {
				t.Fatalf("round %d: begun %d, destroyed %v", round, begun, paper.DestroyedAt)
			}
			if _, err := w.keeper.Release(t.Context(), id.Person{8}, hold.ID, "Over"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestADisposalThatWasInterruptedIsFinished(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		s := w.submission(w.say(t, 10, envelope.KindDecision))
		if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
			reveal(t, err)
			t.Fatal(err)
		}
		w.work(t)
		w.clock.Advance(2 * grace)
		w.halves.fail = errors.New("killed")
		due := work.Due{Kind: retention.Dispose, Subject: s.Filing.Bytes()}
		if err := w.keeper.Handle(t.Context(), due); err == nil {
			t.Fatal("a failed erasure was called done")
		}
		w.halves.fail = nil
		for range 2 { // the second finds nothing left to do
			if err := w.keeper.Handle(t.Context(), due); err != nil {
				t.Fatal(err)
			}
		}
		if gone := w.count(t, `SELECT COUNT(*) FROM thread_log WHERE state = 2`); gone != 1 || len(w.told.gone) != 1 {
			t.Errorf("%d tombstones, told of %d", gone, len(w.told.gone))
		}
	})
}

func TestBadSubmissionsAreRefused(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		note, decision := w.say(t, 10, envelope.KindText), w.say(t, 11, envelope.KindDecision)
		stranger := record.Clinician{Person: id.Person{99}}
		wrongEntry := decision
		wrongEntry.Entry = id.Hash{66}
		for name, test := range map[string]struct {
			by   record.Clinician
			s    record.Submission
			want error
		}{
			"not a member":   {stranger, w.submission(note, decision), record.ErrThreadUnknown},
			"not a decision": {w.by, w.submission(decision, note), record.ErrNotDecision},
			"another entry":  {w.by, w.submission(note, wrongEntry), record.ErrSource},
			"unknown source": {w.by, w.submission(record.Source{Message: id.New[id.Message](w.ids)}, decision), record.ErrSource},
			"out of order":   {w.by, reorder(w.submission(note, decision)), record.ErrDocument},
			"hash":           {w.by, rehash(w.submission(note, decision)), record.ErrDocumentHash},
			"too large":      {w.by, enlarge(w.submission(note, decision)), record.ErrTooLarge},
		} {
			t.Run(name, func(t *testing.T) {
				if _, err := w.desk.File(t.Context(), test.by, test.s); !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
			})
		}
		first, second := w.submission(note, decision), w.submission(decision)
		if _, err := w.desk.File(t.Context(), w.by, first); err != nil {
			t.Fatal(err)
		}
		if _, err := w.desk.File(t.Context(), w.by, second); !errors.Is(err, record.ErrAlreadyFiled) {
			t.Errorf("the same decision twice: %v", err)
		}
		second.Filing = first.Filing
		second = w.submissionAs(first.Filing, decision)
		if _, err := w.desk.File(t.Context(), w.by, second); !errors.Is(err, record.ErrFilingDiffers) {
			t.Errorf("another document under the same filing: %v", err)
		}
	})
}

func TestOnlyThatThreadsPatientIsFiledFor(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		w.exec(t, `UPDATE thread SET link_assertion = $1 WHERE thread = $2`, id.Hash{6}, w.thread)
		if _, err := w.desk.File(t.Context(), w.by, w.submission(w.say(t, 10, envelope.KindDecision))); !errors.Is(err, record.ErrNotLinked) {
			t.Errorf("another patient's assertion: %v", err)
		}
		w.exec(t, `UPDATE thread SET link_assertion = NULL WHERE thread = $1`, w.thread)
		if _, err := w.desk.File(t.Context(), w.by, w.submission(w.say(t, 11, envelope.KindDecision))); !errors.Is(err, record.ErrNotLinked) {
			t.Errorf("a thread without a patient: %v", err)
		}
	})
}

func (w *ward) submissionAs(filing id.Filing, sources ...record.Source) record.Submission {
	s := w.submission(sources...)
	s.Document = []byte(strings.ReplaceAll(string(s.Document), s.Filing.String(), filing.String()))
	s.Filing, s.DocumentHash = filing, sha256.Sum256(s.Document)
	return s
}

// correcting makes a submission say, in its document too, that it corrects a decision.
func correcting(s record.Submission, decision id.Message) record.Submission {
	s.Corrects = decision
	return reworded(s, "</head>", `<meta name="wardline-corrects" content="`+decision.String()+`"></head>`)
}

func reworded(s record.Submission, old, with string) record.Submission {
	s.Document = []byte(strings.Replace(string(s.Document), old, with, 1))
	s.DocumentHash = sha256.Sum256(s.Document)
	return s
}

func reorder(s record.Submission) record.Submission {
	s.Sources = []record.Source{s.Sources[1], s.Sources[0]}
	return s
}

func rehash(s record.Submission) record.Submission {
	s.DocumentHash[0] ^= 1
	return s
}

func enlarge(s record.Submission) record.Submission {
	s.Document = make([]byte, 1<<20+1)
	return s
}
