package thread_test

import (
	"context"
	"testing"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

// closedTo is a gate that some people do not pass.
type closedTo map[id.Person]bool

var errClosed = fault.New(fault.Forbidden, "policy_needed", "First the policy.")

func (c closedTo) MayWrite(_ context.Context, person id.Person) error {
	if c[person] {
		return errClosed
	}
	return nil
}

func TestR36_BeforeAPolicyOnlyAnEmergencyIsSentAndEverythingIsRead(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		before := f.talk.Say(f.ben, "before the policy came")
		_, err := f.send(f.ben, before)
		f.must(err)
		gate := closedTo{f.ben.ID: true}
		f.room = thread.New(thread.Options{
			Store: f.db.Threads(), Halves: f.halves.Halves(), Keys: f.w, Staff: f.w, Links: f.w, Publisher: f.told, Gate: gate,
			Remover: f.w.Remover(), Clock: f.w.Clock,
		})
		_, err = f.send(f.ben, before)
		f.must(err) // a lost answer is asked for again

		for name, urgency := range map[string]envelope.Urgency{
			"routine": envelope.UrgencyRoutine, "action": envelope.UrgencyAction, "urgent": envelope.UrgencyUrgent,
		} {
			header := f.talk.Header(f.ben)
			header.Urgency = urgency
			_, err := f.send(f.ben, f.talk.Seal(f.ben, header, name))
			f.refused(name, err, "policy_needed")
			f.talk.Unsay(f.ben)
		}
		header := f.talk.Header(f.ben)
		header.Urgency = envelope.UrgencyEmergency
		_, err = f.send(f.ben, f.talk.Seal(f.ben, header, "help"))
		f.must(err)

		f.say(f.ann, "somebody else goes on")
		page, err := f.room.Log(f.Context(), f.ben.ID, f.talk.Thread, 0, 100)
		f.must(err)
		if head := f.head(f.ben); head.Seq != uint64(len(page.Entries)) {
			f.Errorf("reads %d of %d", len(page.Entries), head.Seq)
		}
		delete(gate, f.ben.ID)
		f.say(f.ben, "after accepting")
	})
}
