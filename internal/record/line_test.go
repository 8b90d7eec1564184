package record_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

var (
	down    = fault.New(fault.Unavailable, "record_unavailable", "The health record does not answer.")
	refuses = fault.New(fault.Invalid, "record_refused", "The health record refused the document.").With("reason", "No open episode.")
)

// file hands in a decision of its own, which may correct that of an earlier filing.
func (w *ward) file(t *testing.T, seq int64, corrects id.Filing) id.Filing {
	t.Helper()
	w.confirm(t, seq+1_000_000) // the tests let days pass, and a confirmation is good for one duty
	s := w.submission(w.say(t, seq, envelope.KindDecision))
	if !corrects.IsZero() {
		s = correcting(s, w.paper(t, corrects).Decision)
	}
	if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
		reveal(t, err)
		t.Fatal(err)
	}
	w.clock.Advance(time.Second)
	return s.Filing
}

// untilQuiet works through an hour or two of attempts.
func (w *ward) untilQuiet(t *testing.T) {
	t.Helper()
	for range 30 {
		w.work(t)
		w.clock.Advance(5 * time.Minute)
	}
}

func (h *health) arrived() []id.Filing {
	var order []id.Filing
	for _, one := range h.order {
		order = append(order, one.Filing)
	}
	return order
}

func same(got []id.Filing, want ...id.Filing) bool {
	if len(got) != len(want) {
		return false
	}
	for n := range got {
		if got[n] != want[n] {
			return false
		}
	}
	return true
}

func TestR19_FilingsOfOnePatientGoInTheirOrder(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		w.health.refusals = map[id.Filing]error{}
		first, second, third := w.file(t, 10, id.Filing{}), w.file(t, 11, id.Filing{}), w.file(t, 12, id.Filing{})
		w.health.refusals[first] = down // the others could go
		w.untilQuiet(t)
		if arrived := w.health.arrived(); len(arrived) != 0 {
			t.Fatalf("%d overtook the first", len(arrived))
		}
		if paper := w.paper(t, second); paper.State != record.Waiting || paper.Code != "behind_earlier" || paper.Reason == "" || paper.Attempts != 0 {
			t.Errorf("the second: %+v", paper)
		}
		delete(w.health.refusals, first)
		w.untilQuiet(t)
		if !same(w.health.arrived(), first, second, third) {
			t.Errorf("arrived %v, want %v", w.health.arrived(), []id.Filing{first, second, third})
		}
		if paper := w.paper(t, third); paper.State != record.Received || paper.Code != "" {
			t.Errorf("the third: %+v", paper)
		}
	})
}

func TestR19_TheNextIsWokenAtOnce(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		first, second := w.file(t, 10, id.Filing{}), w.file(t, 11, id.Filing{})
		w.health.trouble = down
		w.untilQuiet(t) // both have long waits by now
		w.health.trouble = nil
		w.clock.Advance(10 * time.Minute)
		w.work(t)
		w.work(t)
		if !same(w.health.arrived(), first, second) {
			t.Errorf("the second waited on after the first was received: %v", w.health.arrived())
		}
	})
}

func TestR19_AnotherPatientDoesNotWait(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		first := w.file(t, 10, id.Filing{})
		w.exec(t, `UPDATE thread SET link_tag = $1`, id.Tag{99})
		other := w.file(t, 11, id.Filing{})
		w.health.refusals = map[id.Filing]error{first: down}
		w.untilQuiet(t)
		if !same(w.health.arrived(), other) {
			t.Errorf("arrived: %v", w.health.arrived())
		}
	})
}

func TestR19_ARefusedFilingHoldsUpNobody(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		first, second := w.file(t, 10, id.Filing{}), w.file(t, 11, id.Filing{})
		w.health.refusals = map[id.Filing]error{first: refuses}
		w.work(t)
		w.work(t)
		if w.paper(t, first).State != record.Refused || !same(w.health.arrived(), second) {
			t.Errorf("the first is %s, arrived %v", w.paper(t, first).State, w.health.arrived())
		}
	})
}

func TestACorrectionGoesInThePlaceOfWhatTheRecordHas(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		wrong := w.file(t, 10, id.Filing{})
		w.work(t)
		right := w.file(t, 11, wrong)
		w.work(t)
		if !same(w.health.arrived(), wrong, right) || w.health.order[1].Replaces != wrong || w.paper(t, right).Replaces != wrong {
			t.Errorf("arrived: %+v", w.health.order)
		}
	})
}

func TestACorrectionFollowsWhatItCorrects(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		wrong := w.file(t, 10, id.Filing{})
		w.health.refusals = map[id.Filing]error{wrong: fault.New(fault.Conflict, "record_mismatch", "What the record holds is not what was filed.")}
		w.work(t)
		right := w.file(t, 11, wrong)
		later := w.file(t, 12, id.Filing{})
		w.untilQuiet(t)
		if paper := w.paper(t, right); paper.State != record.Waiting || paper.Code != "behind_corrected" || paper.Replaces != wrong {
			t.Errorf("the correction of what has failed: %+v", paper)
		}
		if !same(w.health.arrived(), later) {
			t.Errorf("a correction that waits for a person held up the next: %v", w.health.arrived())
		}
		delete(w.health.refusals, wrong)
		if _, err := w.desk.Retry(t.Context(), w.by, w.thread, wrong); err != nil {
			t.Fatal(err)
		}
		w.work(t)
		w.work(t)
		if !same(w.health.arrived(), later, wrong, right) || w.health.order[2].Replaces != wrong {
			t.Errorf("arrived: %v", w.health.arrived())
		}
	})
}

func TestACorrectionOfWhatWasRefusedReplacesNothing(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		wrong := w.file(t, 10, id.Filing{})
		w.health.refusals = map[id.Filing]error{wrong: refuses}
		w.work(t)
		right := w.file(t, 11, wrong)
		w.work(t)
		if !same(w.health.arrived(), right) || !w.health.order[0].Replaces.IsZero() {
			t.Errorf("arrived: %+v", w.health.order)
		}
	})
}

func TestAReceiptForAnotherDocumentFailsVisibly(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		filing := w.file(t, 10, id.Filing{})
		w.health.kept[filing] = []byte("another document")
		w.work(t)
		if paper := w.paper(t, filing); paper.State != record.Failed || paper.Code != "receipt_mismatch" || !paper.EligibleAt.IsZero() {
			t.Errorf("%+v", paper)
		}
	})
}

func TestWhatWaitsForAPersonIsListedAndSentAgain(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		w.health.refusals = map[id.Filing]error{}
		var want []id.Filing
		for n := range 5 {
			filing := w.file(t, int64(10+n), id.Filing{})
			w.health.refusals[filing] = refuses
			want = append(want, filing)
		}
		received := w.file(t, 20, id.Filing{})
		w.untilQuiet(t)
		if w.paper(t, received).State != record.Received {
			t.Fatal("the sixth was not received")
		}
		var listed []id.Filing
		pages := 0
		for after := (record.LetterPlace{}); ; pages++ {
			papers, next, err := w.desk.Letters(t.Context(), nil, after, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, paper := range papers {
				if paper.Reason != "No open episode." || len(paper.Sources) != 1 || paper.Thread != w.thread {
					t.Errorf("%+v", paper)
				}
				listed = append(listed, paper.ID)
			}
			if after = next; next == (record.LetterPlace{}) {
				break
			}
		}
		if !same(listed, want...) || pages != 2 {
			t.Errorf("%d pages: %v, want %v", pages+1, listed, want)
		}
		if papers, _, err := w.desk.Letters(t.Context(), []record.State{record.Received}, record.LetterPlace{}, 10); err != nil || len(papers) != 1 || papers[0].ID != received {
			t.Errorf("received: %+v, %v", papers, err)
		}

		outsider := record.Clinician{Person: id.Person{42}, Name: "Records", Role: "Health records"}
		if _, err := w.desk.Replay(t.Context(), outsider, received); !errors.Is(err, record.ErrNothingToDo) {
			t.Errorf("a replay of what was received: %v", err)
		}
		delete(w.health.refusals, want[3])
		if _, err := w.desk.Replay(t.Context(), outsider, want[3]); err != nil {
			t.Fatal(err)
		}
		w.work(t)
		if letter, err := w.desk.Letter(t.Context(), want[3]); err != nil || letter.State != record.Received || letter.Reference == "" {
			t.Errorf("what became of it: %+v, %v", letter, err)
		}
		if _, err := w.desk.Letter(t.Context(), id.Filing{99}); !errors.Is(err, record.ErrFilingUnknown) {
			t.Errorf("a filing that nobody made: %v", err)
		}
		if w.paper(t, want[3]).State != record.Received {
			t.Errorf("after the replay: %+v", w.paper(t, want[3]))
		}
		if n := w.count(t, `SELECT COUNT(*) FROM audit_event WHERE actor = $1`, outsider.Person); n != 1 {
			t.Errorf("%d events of the replay", n)
		}
	})
}

func TestARefusedFilingIsNotRevivedBesideItsSuccessor(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		s := w.submission(w.say(t, 10, envelope.KindDecision))
		w.health.refusals = map[id.Filing]error{s.Filing: refuses}
		if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
			t.Fatal(err)
		}
		w.work(t)
		anew := w.submission(s.Sources...)
		if _, err := w.desk.File(t.Context(), w.by, anew); err != nil {
			t.Fatal(err)
		}
		if _, err := w.desk.Retry(t.Context(), w.by, w.thread, s.Filing); !errors.Is(err, record.ErrAlreadyFiled) {
			t.Errorf("%v", err)
		}
	})
}

// TestR19_OrderAndOnceThroughRandomWeather: whatever the record does and whenever, each filing arrives once, and of those that were never refused an earlier one
// arrives before a later one.
func TestR19_OrderAndOnceThroughRandomWeather(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w, seq := newWard(t, db), int64(10)
		rapid.Check(t, func(r *rapid.T) {
			w.health.order, w.health.refusals = nil, map[id.Filing]error{}
			var filed []id.Filing
			everRefused, corrected := map[id.Filing]bool{}, map[id.Filing]bool{}
			for range rapid.IntRange(1, 12).Draw(r, "steps") {
				switch rapid.IntRange(0, 5).Draw(r, "step") {
				case 0, 1:
					var corrects id.Filing
					if len(filed) > 0 && rapid.Bool().Draw(r, "correction") {
						// One can be corrected that is in the record or was refused, and once.
						one := rapid.SampledFrom(filed).Draw(r, "corrected")
						if state := w.paper(t, one).State; (state == record.Received || state == record.Refused) && !corrected[one] {
							corrects, corrected[one] = one, true
						}
					}
					filed = append(filed, w.file(t, seq, corrects))
					seq++
				case 2:
					if len(filed) > 0 {
						w.health.refusals[rapid.SampledFrom(filed).Draw(r, "down for")] = down
					}
				case 3:
					if len(filed) > 0 {
						one := rapid.SampledFrom(filed).Draw(r, "refused")
						w.health.refusals[one] = refuses
						everRefused[one] = true
					}
				default:
					w.work(t)
					w.clock.Advance(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, time.Hour}).Draw(r, "wait"))
				}
			}
			w.health.refusals = nil
			for range 3 * (len(filed) + 1) { // a person replays what was refused, until nothing is
				for _, one := range filed {
					if w.paper(t, one).State == record.Refused {
						if _, err := w.desk.Replay(t.Context(), w.by, one); err != nil && !(corrected[one] && errors.Is(err, record.ErrTransition)) {
							r.Fatal(err)
						}
					}
				}
				w.work(t)
				w.clock.Advance(time.Hour)
			}
			place := map[id.Filing]int{}
			for n, document := range w.health.order {
				if _, twice := place[document.Filing]; twice {
					r.Fatalf("a filing arrived twice")
				}
				place[document.Filing] = n
			}
			for n, one := range filed {
				paper := w.paper(t, one)
				if paper.State != record.Received {
					if corrected[one] && everRefused[one] {
						continue // taken back by what corrects it
					}
					r.Fatalf("filing %d of %d is %s (%s)", n, len(filed), paper.State, paper.Code)
				}
				if replaced := w.health.order[place[one]].Replaces; !replaced.IsZero() {
					if before, found := place[replaced]; !found || before > place[one] {
						r.Fatalf("a correction arrived before what it replaces")
					}
				}
				for _, earlier := range filed[:n] {
					if !everRefused[earlier] && place[earlier] > place[one] {
						r.Fatalf("filing %d overtook an earlier one", n)
					}
				}
			}
		})
	})
}

// TestR21_H16_ADocumentReplacesTheDocumentOfTheDecisionThatItCorrects: a program of the record may read what it takes the place of, so the server lets
// nobody name a document of another decision, or of another patient.
func TestR21_H16_ADocumentReplacesTheDocumentOfTheDecisionThatItCorrects(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		other, earlier := w.file(t, 10, id.Filing{}), w.file(t, 11, id.Filing{})
		w.untilQuiet(t)
		w.exec(t, `UPDATE filing SET reference = 'DOC-2' WHERE filing = $1`, other)
		reference := w.paper(t, earlier).Reference
		if reference == "" || reference == w.paper(t, other).Reference {
			t.Fatalf("the references are %q and %q", reference, w.paper(t, other).Reference)
		}
		w.confirm(t, 1_000_012)
		plain := correcting(w.submission(w.say(t, 12, envelope.KindDecision)), w.paper(t, earlier).Decision)
		for _, named := range []string{w.paper(t, other).Reference, "DOC-OF-ANOTHER-PATIENT"} {
			s := reworded(plain, "</head>", `<meta name="wardline-replaces" content="`+named+`"></head>`)
			if _, err := w.desk.File(t.Context(), w.by, s); !errors.Is(err, record.ErrDocument) || fault.As(err).Details()["reason"] != "replaces" {
				t.Errorf("in the place of %s: %v", named, err)
			}
		}
		s := reworded(plain, "</head>", `<meta name="wardline-replaces" content="`+reference+`"></head>`)
		if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
			t.Errorf("in the place of its own: %v", err)
		}
	})
}
