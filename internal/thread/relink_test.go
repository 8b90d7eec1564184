package thread_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/thread/threadtest"
)

// renumber is what the index says of a patient whose number was replaced.
func renumber(a *envelope.PatientAssertion) {
	a.NHSNumber, a.Superseded, a.Tag = "9434765870", "9434765919", id.Tag{8, 7}
}

// relink links the patient again with the keys for it, as somebody's client does.
func (f *ward) relink(by *threadtest.Person, change func(*envelope.PatientAssertion)) error {
	f.Helper()
	fork := f.talk.Fork()
	body := fork.Sign(by, fork.Relink(by, change))
	post := fork.Rotate(by)
	if _, err := f.room.Append(f.Context(), by.Actor(), fork.Thread, body, &post); err != nil {
		return err
	}
	f.talk = fork
	return nil
}

func TestR12_ALinkedAgainThreadGoesOnUnderTheNewLink(t *testing.T) {
	each(t, envelope.SpacePatient, func(f *ward) {
		f.confirm(f.ben)
		_, err := f.act(f.ben, envelope.KindDecision)
		f.must(err)
		first, _ := f.talk.Membership.Link()
		before := f.head(f.ann)
		f.must(f.relink(f.ben, renumber))
		head := f.head(f.ann)
		if head.Seq != before.Seq+2 || head.Epoch != before.Epoch+1 || head.MembershipSeq != before.MembershipSeq+1 {
			f.Errorf("head %+v after %+v", head, before)
		}
		link, err := f.room.PresentLink(f.Context(), f.talk.Thread, f.cat.ID, true)
		f.must(err)
		if now, _ := f.talk.Membership.Link(); link != now.Assertion || link == first.Assertion {
			f.Error("not linked to the new assertion")
		}
		f.see(f.ben)
		f.say(f.ben, "what was said stays")
		_, err = f.act(f.ben, envelope.KindDecision)
		f.refused("a decision on a confirmation of before", err, "identity_unconfirmed")
		f.confirm(f.ben)
		_, err = f.act(f.ben, envelope.KindDecision)
		f.must(err)
		f.verify(f.cat)
	})
}

func TestR51_H10_ALaterLinkThatIsNotProvedIsRefused(t *testing.T) {
	each(t, envelope.SpacePatient, func(f *ward) {
		f.must(f.entry(f.ann, addReader(f)))
		f.rotate(f.ann)
		first, _ := f.talk.Membership.Link()
		other, post := f.w.Begin(envelope.SpacePatient, f.ann, f.ben)
		f.must(f.create(f.ann, post))
		stolen, _ := other.Membership.Link()
		head := f.head(f.ann)
		for name, row := range map[string]struct {
			link func(*threadtest.Talk) *envelope.Link
			code string
		}{
			"an assertion of another thread": {func(t *threadtest.Talk) *envelope.Link {
				return &envelope.Link{EntryHead: t.Head(f.ben), Tag: stolen.Tag, Assertion: stolen.Assertion}
			}, "link_unproved"},
			"an assertion that the server never made": {func(t *threadtest.Talk) *envelope.Link {
				return &envelope.Link{EntryHead: t.Head(f.ben), Tag: first.Tag, Assertion: id.Hash{9}}
			}, "link_unproved"},
			"an assertion that continues nothing": {func(t *threadtest.Talk) *envelope.Link {
				return t.Relink(f.ben, func(a *envelope.PatientAssertion) { a.Continues = id.Hash{} })
			}, "link_unproved"},
			"an assertion that continues another": {func(t *threadtest.Talk) *envelope.Link {
				return t.Relink(f.ben, func(a *envelope.PatientAssertion) { a.Continues = stolen.Assertion })
			}, "link_unproved"},
			"another tag than the assertion's": {func(t *threadtest.Talk) *envelope.Link {
				link := t.Relink(f.ben, renumber)
				link.Tag = first.Tag
				return link
			}, "link_unproved"},
			"the link that there is, again": {func(t *threadtest.Talk) *envelope.Link {
				return &envelope.Link{EntryHead: t.Head(f.ben), Tag: first.Tag, Assertion: first.Assertion}
			}, "not_entitled"},
		} {
			fork := f.talk.Fork()
			body := fork.Forge(f.ben, row.link(fork))
			good := f.talk.Fork()
			good.Sign(f.ben, good.Relink(f.ben, renumber))
			keys := good.Rotate(f.ben)
			_, err := f.room.Append(f.Context(), f.ben.Actor(), fork.Thread, body, &keys)
			f.refused(name, err, row.code)
			_, err = f.room.Append(f.Context(), f.ben.Actor(), fork.Thread, body, nil)
			f.refused(name+", without keys", err, row.code)
		}
		fork := f.talk.Fork()
		_, err := f.room.Append(f.Context(), f.ben.Actor(), fork.Thread, fork.Sign(f.ben, fork.Relink(f.ben, renumber)), nil)
		f.refused("without its keys", err, "link_without_epoch")
		late := f.talk.Fork()
		body := late.Forge(f.dan, late.Relink(f.dan, renumber))
		keys := fork.Rotate(f.ben)
		_, err = f.room.Append(f.Context(), f.dan.Actor(), late.Thread, body, &keys)
		f.refused("by somebody who only reads", err, "not_entitled")
		_, err = f.room.PresentLink(f.Context(), f.talk.Thread, f.dan.ID, true)
		f.refused("a look-up by somebody who only reads", err, "may_not_post")
		if _, err := f.room.PresentLink(f.Context(), f.talk.Thread, f.dan.ID, false); err != nil {
			f.Errorf("a check by somebody who only reads: %v", err)
		}
		_, err = f.room.PresentLink(f.Context(), f.talk.Thread, f.w.Enrol("Stranger").ID, false)
		f.refused("a check by a stranger", err, "thread_unknown")
		f.must(f.entry(f.ann, f.talk.Remove(f.ann, f.dan)))
		f.rotate(f.ann)
		_, err = f.room.PresentLink(f.Context(), f.talk.Thread, f.dan.ID, false)
		f.refused("a check by somebody who left", err, "not_a_member")
		if now := f.head(f.ann); now.Seq != head.Seq+2 {
			f.Errorf("head %+v after %+v", now, head)
		}
		f.must(f.relink(f.ben, renumber))
		_, err = f.room.Append(f.Context(), f.ben.Actor(), f.talk.Thread, f.talk.Forge(f.ben, &envelope.Link{EntryHead: f.talk.Head(f.ben), Tag: first.Tag, Assertion: first.Assertion}), nil)
		f.refused("the first link once more", err, "link_unproved")
	})
}

func addReader(f *ward) *envelope.Add {
	add := f.talk.Add(f.ann, f.dan)
	add.MemberRole = envelope.RoleReader
	return add
}

func TestR51_AQuarantinedThreadIsNotLinkedAgain(t *testing.T) {
	each(t, envelope.SpacePatient, func(f *ward) {
		fork := f.talk.Fork()
		body := fork.Sign(f.ben, fork.Relink(f.ben, renumber))
		post := fork.Rotate(f.ben)
		_, err := f.act(f.cat, envelope.KindQuarantine)
		f.must(err)
		_, err = f.room.Append(f.Context(), f.ben.Actor(), f.talk.Thread, body, &post)
		f.refused("a link in a quarantined thread", err, "thread_quarantined")
		_, err = f.room.PresentLink(f.Context(), f.talk.Thread, f.ben.ID, true)
		f.refused("a look-up for it", err, "thread_quarantined")
		// The store asks again, for a quarantine that came while the link was judged.
		change := thread.Change{
			Thread: f.talk.Thread, Previous: f.talk.Membership.Head(), Seq: fork.Membership.Seq(), At: f.w.Clock.Now(),
			Entry:  thread.NewEntry{Kind: envelope.EntryMembership, Hash: fork.Membership.Head(), Device: f.ben.Device.Device, Body: body},
			Effect: thread.Effect{Link: thread.Link{Tag: id.Tag{8}, Assertion: id.Hash{8}}},
		}
		f.refused("in the transaction", f.db.Threads().ChangeMembers(f.Context(), change, audit.Event{Kind: audit.Membership, At: threadtest.Start}, func(thread.Written) {}), "thread_quarantined")
	})
}

// TestOfTwoWhoLinkAgainAtOnceOneWins: the other is told, and makes theirs anew, in the place of the one that won.
func TestOfTwoWhoLinkAgainAtOnceOneWins(t *testing.T) {
	each(t, envelope.SpacePatient, func(f *ward) {
		people := []*threadtest.Person{f.ann, f.ben, f.cat}
		forks, bodies, posts := make([]*threadtest.Talk, 3), make([][]byte, 3), make([]thread.EpochPost, 3)
		for n, by := range people {
			forks[n] = f.talk.Fork()
			bodies[n] = forks[n].Sign(by, forks[n].Relink(by, renumber))
			posts[n] = forks[n].Rotate(by)
		}
		said := f.talk.Say(f.ben, "raced by the links")
		errs, sent := make([]error, 3), error(nil)
		var group sync.WaitGroup
		group.Go(func() { _, sent = f.room.Send(context.Background(), f.ben.Actor(), said) })
		for n, by := range people {
			group.Go(func() {
				_, errs[n] = f.room.Append(context.Background(), by.Actor(), f.talk.Thread, bodies[n], &posts[n])
			})
		}
		group.Wait()
		won := -1
		for n, err := range errs {
			if err == nil && won < 0 {
				won = n
				continue
			}
			f.refused("a loser", err, "membership_moved")
		}
		if won < 0 {
			f.Fatal("nobody won")
		}
		if sent != nil {
			f.refused("a message under the keys of before", sent, "stale_epoch")
			f.talk.Unsay(f.ben)
		}
		if again, err := f.room.Append(f.Context(), people[won].Actor(), f.talk.Thread, bodies[won], &posts[won]); err != nil || again == 0 {
			f.Errorf("the first again: %d, %v", again, err)
		}
		f.talk = forks[won]
		f.must(f.relink(people[(won+1)%3], func(*envelope.PatientAssertion) {}))
		f.verify(f.cat)
	})
}

// TestALinkAndItsKeysAreOneTransaction: where the keys cannot be written the link is not there either, and the same bytes are taken later.
func TestALinkAndItsKeysAreOneTransaction(t *testing.T) {
	each(t, envelope.SpacePatient, func(f *ward) {
		exec := func(query string, args ...any) {
			f.must(f.db.Tx(f.Context(), func(tx *store.Tx) error { _, err := tx.Exec(query, args...); return err }))
		}
		exec(`INSERT INTO thread_epoch (thread, epoch, seq, record, sealed_state) VALUES ($1, 2, 99, $2, $2)`, f.talk.Thread, id.Hash{1})
		before := f.head(f.ann)
		fork := f.talk.Fork()
		body := fork.Sign(f.ben, fork.Relink(f.ben, renumber))
		post := fork.Rotate(f.ben)
		if _, err := f.room.Append(f.Context(), f.ben.Actor(), f.talk.Thread, body, &post); err == nil {
			f.Fatal("taken")
		}
		if now := f.head(f.ann); now.Seq != before.Seq || now.MembershipSeq != before.MembershipSeq {
			f.Errorf("half of it is there: %+v", now)
		}
		exec(`DELETE FROM thread_epoch WHERE seq = 99`)
		f.w.Clock.Advance(time.Minute)
		_, err := f.room.Append(f.Context(), f.ben.Actor(), f.talk.Thread, body, &post)
		f.must(err)
		f.talk = fork
		f.verify(f.cat)
	})
}

func TestAThreadIsNotMadeWithTwoLinks(t *testing.T) {
	each(t, envelope.SpacePatient, func(f *ward) {
		talk, post := f.w.Begin(envelope.SpacePatient, f.ann, f.ben)
		post.Entries = append(post.Entries, talk.Sign(f.ann, talk.Relink(f.ann, renumber)))
		talk.Epoch = nil
		post.Epoch = talk.Rotate(f.ann)
		f.refused("two links", f.create(f.ann, post), "link_without_epoch")
	})
}
