package thread_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/thread/threadtest"
)

func (f *ward) complaint(by *threadtest.Person, change func(*envelope.Complaint)) []byte {
	now := f.talk.Epoch.Epoch()
	object := &envelope.Complaint{
		Thread: f.talk.Thread, Epoch: now.Core.Epoch, Record: now.Hash, Problem: envelope.ProblemWrongSecret, Envelope: id.Hash{1},
		Person: by.ID, Device: by.Device.Device, Issued: envelope.TimeOf(f.w.Clock.Now()),
	}
	if change != nil {
		change(object)
	}
	return f.talk.Forge(by, object)
}

func (f *ward) complain(by *threadtest.Person, body []byte) error {
	return f.room.Complain(f.Context(), by.Actor(), f.talk.Thread, body)
}

func TestP8_AComplaintIsKeptToldAndStopsNobody(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		f.say(f.ann, "before")
		told := len(f.told.ChangedFor(f.ann.ID))
		said := f.complaint(f.ben, nil)
		f.must(f.complain(f.ben, said))
		f.must(f.complain(f.ben, said))
		f.must(f.complain(f.ben, f.complaint(f.ben, func(c *envelope.Complaint) { c.Problem = envelope.ProblemWrongShare })))
		kept, err := f.room.Complaints(f.Context(), f.cat.ID, f.talk.Thread)
		f.must(err)
		if len(kept) != 1 || string(kept[0].Complaint) != string(said) || kept[0].Answered {
			f.Errorf("kept %d complaints of one", len(kept))
		}
		if got := len(f.told.ChangedFor(f.ann.ID)); got != told+1 {
			f.Errorf("ann was told %d times", got-told)
		}
		if head := f.head(f.cat); head.Complaints != 1 {
			f.Errorf("the head says %d complaints", head.Complaints)
		}
		// Nobody else has to do anything: the same keys go on carrying messages.
		f.say(f.cat, "after")
		f.must(f.room.Grant(f.Context(), f.cat.Actor(), f.talk.Thread, f.grant(f.cat, f.ben, f.talk.Epoch)))
		kept, err = f.room.Complaints(f.Context(), f.ann.ID, f.talk.Thread)
		f.must(err)
		if !kept[0].Answered {
			f.Error("a complaint that was answered is not shown so")
		}
		if n := f.audited(audit.Complaint); n != 1 {
			f.Errorf("%d audit events", n)
		}
	})
}

func TestP8_ComplaintsThatAreRefused(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		f.must(f.entry(f.ann, f.talk.Add(f.ann, f.dan)))
		for name, row := range map[string]struct {
			by   *threadtest.Person
			body []byte
			code string
		}{
			"about one's own keys":  {f.ann, f.complaint(f.ann, nil), "not_entitled"},
			"by somebody unlisted":  {f.dan, f.complaint(f.dan, nil), "not_entitled"},
			"somebody else's":       {f.ben, f.complaint(f.cat, nil), "wrong_sender"},
			"of another thread":     {f.ben, f.complaint(f.ben, func(c *envelope.Complaint) { c.Thread = id.Thread{1} }), "wrong_sender"},
			"about another record":  {f.ben, f.complaint(f.ben, func(c *envelope.Complaint) { c.Record = id.Hash{1} }), "broken_chain"},
			"about keys not there":  {f.ben, f.complaint(f.ben, func(c *envelope.Complaint) { c.Epoch = 7 }), "rolled_back"},
			"from the day after":    {f.ben, f.complaint(f.ben, func(c *envelope.Complaint) { c.Issued += 49 * 3600 * 1000 }), "clock_ahead"},
			"something else":        {f.ben, f.talk.Forge(f.ben, f.talk.Remove(f.ben, f.cat)), "malformed"},
			"nothing":               {f.ben, nil, "malformed"},
			"signed by another key": {f.ben, f.talk.Forge(&threadtest.Person{ID: f.ben.ID, Device: &threadtest.Device{Device: f.ben.Device.Device, Key: f.cat.Key}}, f.object(f.complaint(f.ben, nil))), "bad_signature"},
		} {
			f.refused(name, f.complain(row.by, row.body), row.code)
		}
	})
}

// object is the object inside a signed body.
func (f *ward) object(body []byte) envelope.Object {
	signed, err := envelope.Parse[envelope.Signed](body)
	f.must(err)
	object, err := envelope.DecodeAny(signed.Object)
	f.must(err)
	return object
}

func TestP8_ComplaintsAndReportsHaveADailyLimit(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		for n := 0; n < thread.MaxReports; n++ {
			f.must(f.complain(f.ben, f.complaint(f.ben, nil)))
			f.must(f.report(f.ben, f.talk.Thread, nil))
			f.rotate(f.ann)
		}
		f.refused("one more complaint", f.complain(f.ben, f.complaint(f.ben, nil)), "too_many_reports")
		f.refused("one more report", f.report(f.ben, f.talk.Thread, nil), "too_many_reports")
		f.must(f.complain(f.cat, f.complaint(f.cat, nil)))
		f.say(f.ann, "nothing has stopped")
		f.w.Clock.Advance(25 * time.Hour)
		f.must(f.complain(f.ben, f.complaint(f.ben, nil)))
		f.must(f.report(f.ben, f.talk.Thread, nil))
	})
}

// report says that a thread contradicts itself.
func (f *ward) report(by *threadtest.Person, in id.Thread, change func(*envelope.Conflict)) error {
	f.w.Clock.Advance(time.Second)
	object := &envelope.Conflict{
		Thread: in, Kind: envelope.ConflictForkedLog, Seq: 3, Seen: id.Hash{1}, Shown: id.Hash{2},
		Entries: []envelope.ConflictEntry{{Entry: id.Hash{3}}, {Entry: id.Hash{4}}}, Authors: []envelope.ConflictAuthor{{Person: f.ann.ID}},
		Person: by.ID, Device: by.Device.Device, Issued: envelope.TimeOf(f.w.Clock.Now()),
	}
	if change != nil {
		change(object)
	}
	return f.room.ReportConflict(f.Context(), by.Actor(), in, f.talk.Forge(by, object))
}

func TestH26_AReportOfAConflictIsAuditedAndLetsTwoStartAgain(t *testing.T) {
	each(t, envelope.SpaceDirect, func(f *ward) {
		_, second := f.w.Begin(envelope.SpaceDirect, f.ben, f.ann)
		f.refused("a second one", f.create(f.ben, second), "direct_exists")
		// A stranger's report is kept, and changes nothing; the answer does not say whether there is such a thread.
		f.must(f.report(f.dan, f.talk.Thread, nil))
		f.must(f.report(f.dan, id.Thread{9}, func(c *envelope.Conflict) { c.Kind = envelope.ConflictMissing }))
		f.refused("still", f.create(f.ben, second), "direct_exists")
		f.must(f.report(f.ben, f.talk.Thread, nil))
		f.must(f.create(f.ben, second))
		_, third := f.w.Begin(envelope.SpaceDirect, f.ann, f.ben)
		f.refused("a third one", f.create(f.ann, third), "direct_exists")
		f.refused("somebody else's", f.report(f.ann, f.talk.Thread, func(c *envelope.Conflict) { c.Person = f.ben.ID }), "wrong_sender")
		f.refused("of another thread", f.report(f.ann, f.talk.Thread, func(c *envelope.Conflict) { c.Thread = id.Thread{9} }), "wrong_sender")
		if n := f.audited(audit.ThreadFrozen); n != 3 {
			f.Errorf("%d audit events", n)
		}
	})
}

func TestP8_AfterAStolenPhoneNothingIsSealedToItsKeys(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		_, unaware := f.talk.NewEpoch(f.ann)
		stolen := f.ben.Device.Device
		f.ben.NewDevice()
		before := f.ben.State().Head()
		f.ben.Revoke(stolen)
		_, _, err := f.room.Rotate(f.Context(), f.ann.Actor(), f.talk.Thread, unaware)
		f.refused("by somebody who has not heard", err, "stale_epoch")

		good, post := f.talk.NewEpoch(f.ann)
		if _, listed := good.Epoch.Lists(f.ben.ID); listed {
			f.Error("an honest client lists the stolen phone's keys")
		}
		listing := func(head id.Hash, generation uint32) thread.EpochPost {
			forged := post
			forged.Record = f.record(f.ann, post.Record, func(c *envelope.EpochCore) {
				c.Members = append(c.Members, envelope.EpochMember{
					Person: f.ben.ID, Identity: f.ben.State().IdentityHash(), LogHead: head, Generation: generation,
				})
				slices.SortFunc(c.Members, func(a, b envelope.EpochMember) int { return a.Person.Compare(b.Person) })
			})
			return forged
		}
		_, _, err = f.room.Rotate(f.Context(), f.ann.Actor(), f.talk.Thread, listing(f.ben.State().Head(), 1))
		f.refused("the stolen keys", err, "wrong_members")
		_, _, err = f.room.Rotate(f.Context(), f.ann.Actor(), f.talk.Thread, listing(before, 1))
		f.refused("the stolen keys as they were before", err, "stale_epoch")

		_, _, err = f.room.Rotate(f.Context(), f.ann.Actor(), f.talk.Thread, post)
		f.must(err)
		f.talk.Epoch = good.Key
		f.say(f.ann, "without ben")
		grant := f.grantTo(f.ann, f.ben, 1, good.Key)
		f.refused("history to the stolen keys", f.room.Grant(f.Context(), f.ann.Actor(), f.talk.Thread, grant), "wrong_members")
		f.ben.NewGeneration()
		f.refused("to the stolen keys when there are new ones", f.room.Grant(f.Context(), f.ann.Actor(), f.talk.Thread, grant), "wrong_members")
		_, late := f.talk.NewEpoch(f.ann)
		f.must(f.room.Grant(f.Context(), f.ann.Actor(), f.talk.Thread, f.grant(f.ann, f.ben, good.Key)))
		_, _, err = f.room.Rotate(f.Context(), f.ann.Actor(), f.talk.Thread, late)
		f.must(err)
	})
}

// grantTo is a grant that no honest client makes: to any generation.
func (f *ward) grantTo(by, to *threadtest.Person, generation uint32, key *envelope.EpochKey) thread.Grant {
	member, _ := f.talk.Membership.Member(to.ID)
	object := &envelope.HistoryGrant{
		Thread: f.talk.Thread, Target: to.ID, Identity: member.Identity, Generation: generation, MembershipSeq: member.PinnedSeq,
		Person: by.ID, Device: by.Device.Device, Issued: envelope.TimeOf(f.w.Clock.Now()),
		Records: []envelope.GrantRecord{{Epoch: key.Epoch().Core.Epoch, Record: key.Epoch().Hash}},
	}
	return thread.Grant{Grant: f.talk.Forge(by, object), Envelopes: [][]byte{}}
}

// audited counts the events of a kind.
func (f *ward) audited(kind audit.Kind) (count int) {
	f.Helper()
	waiting, err := f.db.AuditLog().Waiting(f.Context(), 10_000)
	f.must(err)
	for _, one := range waiting {
		if one.Row.Kind == kind {
			count++
		}
	}
	return count
}
