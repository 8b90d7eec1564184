package thread_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread/threadtest"
)

// TestR51_H10_AQuarantinedThreadIsStill: from the act on nothing is said or decided there, also not by who said it, and it is not undone.
func TestR51_H10_AQuarantinedThreadIsStill(t *testing.T) {
	each(t, envelope.SpacePatient, func(f *ward) {
		f.confirm(f.ann)
		if f.head(f.ben).Quarantine != nil {
			f.Error("quarantined before anybody said so")
		}
		stopped, err := f.act(f.cat, envelope.KindQuarantine)
		f.must(err)
		for _, kind := range []envelope.MessageKind{
			envelope.KindText, envelope.KindDecision, envelope.KindConfirm, envelope.KindNotice, envelope.KindSweep, envelope.KindCountersign,
		} {
			for _, by := range []*threadtest.Person{f.ann, f.cat} {
				_, err := f.act(by, kind)
				f.refused(kind.String(), err, "thread_quarantined")
			}
		}
		f.see(f.ann)
		for _, kind := range []envelope.MessageKind{envelope.KindWithdraw, envelope.KindQuarantine, envelope.KindAcknowledge} {
			_, err := f.act(f.ann, kind)
			f.must(err)
		}
		head := f.head(f.ben).Quarantine
		if head == nil || head.Seq != stopped.Seq || head.Acknowledged || head.Waiting != 1 {
			f.Fatalf("%+v", head)
		}
		f.must(f.entry(f.ann, f.talk.Remove(f.ann, f.ben))) // people may still go, and keys may be renewed
		f.rotate(f.ann)
		f.verify(f.cat)
	})
}

// TestR51_EveryReaderIsToldUntilEachAcknowledges: also those who left and those who may not write; an acknowledgement that was signed before the
// quarantine is none.
func TestR51_EveryReaderIsToldUntilEachAcknowledges(t *testing.T) {
	each(t, envelope.SpacePatient, func(f *ward) {
		f.must(f.entry(f.ann, f.talk.Add(f.ann, f.dan)))
		f.must(f.entry(f.ann, f.talk.Remove(f.ann, f.dan)))
		f.rotate(f.ann)
		early := f.talk.Header(f.ben)
		early.Kind = envelope.KindAcknowledge
		before := f.talk.Seal(f.ben, early, "of something else")
		stopped, err := f.act(f.cat, envelope.KindQuarantine)
		f.must(err)
		for _, reader := range []*threadtest.Person{f.ann, f.ben, f.dan} {
			if told := f.told.ChangedFor(reader.ID); !slices.Contains(told, f.talk.Thread) {
				f.Errorf("%v was not told", reader.ID)
			}
			if head := f.head(reader); head.Quarantine == nil || head.Quarantine.Acknowledged || head.Quarantine.Waiting != 3 {
				f.Errorf("%+v", head.Quarantine)
			}
		}
		if head := f.head(f.cat); !head.Quarantine.Acknowledged {
			f.Error("who said it is asked to take note of it")
		}
		_, err = f.send(f.ben, before)
		f.must(err)
		f.waiting(3, f.ann, f.ben, f.dan)

		f.see(f.ben)
		_, err = f.act(f.ben, envelope.KindAcknowledge)
		f.must(err)
		f.waiting(2, f.ann, f.dan)
		f.must(f.room.TakeNote(f.Context(), f.dan.ID, f.talk.Thread))
		f.must(f.room.TakeNote(f.Context(), f.dan.ID, f.talk.Thread))
		f.waiting(1, f.ann)
		f.w.Clock.Advance(1000 * time.Hour)
		f.waiting(1, f.ann) // time alone does not end it
		if disputed, err := f.db.Threads().Disputed(f.Context(), f.talk.Thread); err != nil || !disputed {
			f.Errorf("disputed %t, %v", disputed, err)
		}
		f.must(f.room.TakeNote(f.Context(), f.ann.ID, f.talk.Thread))
		f.waiting(0)
		if disputed, err := f.db.Threads().Disputed(f.Context(), f.talk.Thread); err != nil || disputed {
			f.Errorf("disputed %t, %v", disputed, err)
		}
		known, err := f.room.Quarantine(f.Context(), f.dan.ID, f.talk.Thread)
		f.must(err)
		if known.By != f.cat.ID || known.Message != stopped.Message || len(known.Readers) != 4 {
			f.Errorf("%+v", known)
		}
		stranger := f.w.Enrol("Eve")
		_, err = f.room.Quarantine(f.Context(), stranger.ID, f.talk.Thread)
		f.refused("somebody who never was in it", err, "thread_unknown")
		f.refused("their acknowledgement", f.room.TakeNote(f.Context(), stranger.ID, f.talk.Thread), "thread_unknown")
	})
}

// see takes in what a person is served, so that what they sign from then on says that they saw it.
func (f *ward) see(by *threadtest.Person) {
	f.Helper()
	page, err := f.room.Log(f.Context(), by.ID, f.talk.Thread, f.talk.Log.Seq(), 100)
	f.must(err)
	for _, entry := range page.Entries {
		_, err := f.talk.Take(entry)
		f.must(err)
	}
}

// waiting checks who has not taken note.
func (f *ward) waiting(count int, people ...*threadtest.Person) {
	f.Helper()
	known, err := f.room.Quarantine(f.Context(), f.cat.ID, f.talk.Thread)
	f.must(err)
	var still []id.Person
	for _, reader := range known.Readers {
		if reader.AcknowledgedAt.IsZero() {
			still = append(still, reader.Person)
		}
	}
	for _, one := range people {
		if !slices.Contains(still, one.ID) {
			f.Errorf("%v is not waited for", one.ID)
		}
	}
	if len(still) != count {
		f.Errorf("%d are waited for, not %d", len(still), count)
	}
}

// TestR51_NothingIsTakenNoteOfWithoutAQuarantine: there is nothing to acknowledge in a thread about the right patient.
func TestR51_NothingIsTakenNoteOfWithoutAQuarantine(t *testing.T) {
	each(t, envelope.SpacePatient, func(f *ward) {
		f.refused("a word", f.room.TakeNote(f.Context(), f.ben.ID, f.talk.Thread), "not_quarantined")
		_, err := f.room.Quarantine(f.Context(), f.ben.ID, f.talk.Thread)
		f.refused("a look", err, "not_quarantined")
		_, err = f.act(f.ben, envelope.KindAcknowledge)
		f.must(err)
	})
}
