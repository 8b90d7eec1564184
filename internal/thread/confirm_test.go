package thread_test

import (
	"testing"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/thread"
)

// TestR12_ADecisionNeedsTheAuthorsOwnConfirmation: once for each person, thread and duty.
func TestR12_ADecisionNeedsTheAuthorsOwnConfirmation(t *testing.T) {
	each(t, envelope.SpacePatient, func(f *ward) {
		decide := func() error {
			f.Helper()
			_, err := f.act(f.ben, envelope.KindDecision)
			return err
		}
		f.say(f.ben, "talk needs none")
		f.refused("before any confirmation", decide(), "identity_unconfirmed")
		f.confirm(f.ann)
		f.refused("after somebody else's", decide(), "identity_unconfirmed")
		f.confirm(f.ben)
		f.must(decide())
		f.w.Clock.Advance(thread.Duty - time.Millisecond)
		f.must(decide())
		f.w.Clock.Advance(time.Millisecond)
		f.refused("in the next duty", decide(), "identity_unconfirmed")
		f.confirm(f.ben)
		f.w.Clock.Advance(-time.Hour)
		f.must(decide()) // the server's clock was set back: what stands in the log still counts
		f.verify(f.cat)
	})
}

// TestR12_AConfirmationIsOfOneThread: a confirmation elsewhere is none.
func TestR12_AConfirmationIsOfOneThread(t *testing.T) {
	each(t, envelope.SpacePatient, func(f *ward) {
		f.confirm(f.ben)
		second, post := f.w.Begin(envelope.SpacePatient, f.ann, f.ben)
		f.must(f.create(f.ann, post))
		first := f.talk
		f.talk = second
		_, err := f.act(f.ben, envelope.KindDecision)
		f.refused("in another patient's thread", err, "identity_unconfirmed")
		f.talk = first
		_, err = f.act(f.ben, envelope.KindDecision)
		f.must(err)
	})
}

// TestR12_AConfirmationCountsForThePresentLink: one that was made for another patient says nothing about this one.
func TestR12_AConfirmationCountsForThePresentLink(t *testing.T) {
	each(t, envelope.SpacePatient, func(f *ward) {
		f.confirm(f.ben)
		f.must(f.db.Tx(f.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE thread SET link_seq = seq`)
			return err
		}))
		_, err := f.act(f.ben, envelope.KindDecision)
		f.refused("after the thread was linked anew", err, "identity_unconfirmed")
		f.confirm(f.ben)
		_, err = f.act(f.ben, envelope.KindDecision)
		f.must(err)
	})
}
