package thread_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/thread/threadtest"
)

func TestAForgedMembershipEntryIsRefused(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		stolen := *f.cat.Device
		f.cat.NewDevice()
		f.cat.Revoke(stolen.Device, envelope.LastAccepted{Thread: f.talk.Thread})
		thief := *f.cat
		thief.Device = &stolen
		serverEntry := f.talk.Remove(f.ann, f.ben)
		serverEntry.Person, serverEntry.Device = id.Person{}, id.Device{}
		late := f.talk.Add(f.ann, f.dan)
		late.Issued = envelope.TimeOf(f.w.Clock.Now().Add(25 * time.Hour))
		wrongIdentity := f.talk.Add(f.ann, f.dan)
		wrongIdentity.Identity = f.ben.State().IdentityHash()
		previous := f.talk.Add(f.ann, f.dan)
		previous.Previous = id.Hash{1}
		ahead := f.talk.Add(f.ann, f.dan)
		ahead.Seq++
		unsigned, err := envelope.Encode(&envelope.Signed{Object: encode(f.T, f.talk.Add(f.ann, f.dan))})
		f.must(err)
		good := f.talk.Forge(f.ann, f.talk.Add(f.ann, f.dan))
		for name, row := range map[string]struct {
			by   *threadtest.Person
			body []byte
			code string
		}{
			"by a member where owners add":    {f.ben, f.talk.Forge(f.ben, f.talk.Add(f.ben, f.dan)), "not_entitled"},
			"a removal by a member":           {f.ben, f.talk.Forge(f.ben, f.talk.Remove(f.ben, f.cat)), "not_entitled"},
			"a promotion of oneself":          {f.ben, f.talk.Forge(f.ben, &envelope.MemberRole{EntryHead: f.talk.Head(f.ben), Target: f.ben.ID, MemberRole: envelope.RoleOwner}), "not_entitled"},
			"signed by another's device":      {f.ann, f.talk.Forge(f.ben, f.talk.Add(f.ann, f.dan)), "wrong_purpose"},
			"made by another":                 {f.ben, good, "wrong_sender"},
			"in the server's name":            {f.ben, f.talk.Forge(f.ben, serverEntry), "wrong_sender"},
			"by a revoked device":             {&thief, f.talk.Forge(&thief, f.talk.Remove(&thief, &thief)), "revoked_device"},
			"not signed":                      {f.ann, unsigned, "bad_signature"},
			"a day ahead":                     {f.ann, f.talk.Forge(f.ann, late), "clock_ahead"},
			"with another's identity":         {f.ann, f.talk.Forge(f.ann, wrongIdentity), "wrong_identity"},
			"after another entry":             {f.ann, f.talk.Forge(f.ann, previous), "membership_moved"},
			"after an entry that is not here": {f.ann, f.talk.Forge(f.ann, ahead), "membership_moved"},
			"of another thread":               {f.ann, f.elsewhere(), "wrong_sender"},
			"that is no entry":                {f.ann, f.start.Create, "malformed"},
			"truncated":                       {f.ann, good[:len(good)-1], "malformed"},
			"a link in a team":                {f.ann, f.talk.Forge(f.ann, f.talk.LinkPatient(f.ann)), "not_entitled"},
		} {
			_, err := f.room.Append(f.Context(), row.by.Actor(), f.talk.Thread, row.body, nil)
			f.refused(name, err, row.code)
		}
		if head := f.head(f.ann); head.MembershipSeq != 2 || head.Seq != 4 {
			f.Errorf("head %+v", head)
		}
	})
}

// elsewhere is a good entry of another thread.
func (f *ward) elsewhere() []byte {
	other, post := f.w.Begin(envelope.SpaceTeam, f.ann, f.ben)
	f.must(f.create(f.ann, post))
	return other.Forge(f.ann, other.Add(f.ann, f.dan))
}

func encode(t *testing.T, object envelope.Object) []byte {
	t.Helper()
	encoded, err := envelope.Encode(object)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func TestOfTwoEntriesAtOnceOneIsRefused(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		mine := f.talk.Forge(f.ann, f.talk.Add(f.ann, f.dan))
		theirs := f.talk.Forge(f.ben, f.talk.Remove(f.ben, f.ben))
		seq, err := f.room.Append(f.Context(), f.ann.Actor(), f.talk.Thread, mine, nil)
		f.must(err)
		_, err = f.room.Append(f.Context(), f.ben.Actor(), f.talk.Thread, theirs, nil)
		f.refused("the second", err, "membership_moved")
		details := fault.As(err).Details()
		head := f.head(f.ann)
		if details["membershipSeq"] != head.MembershipSeq || string(details["membershipHead"].([]byte)) != string(head.MembershipHead) {
			f.Errorf("told %v", details)
		}
		if again, err := f.room.Append(f.Context(), f.ann.Actor(), f.talk.Thread, mine, nil); err != nil || again != seq {
			f.Errorf("the first again: %d, %v", again, err)
		}
	})
}

func TestOfManyEntriesAtOnceOneWins(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		const many = 8
		bodies := make([][]byte, many)
		for n := range bodies {
			bodies[n] = f.talk.Forge(f.ann, f.talk.Add(f.ann, f.w.Enrol("Somebody")))
		}
		errs := make([]error, many)
		var group sync.WaitGroup
		for n, body := range bodies {
			group.Go(func() {
				_, errs[n] = f.room.Append(context.Background(), f.ann.Actor(), f.talk.Thread, body, nil)
			})
		}
		group.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			f.refused("a loser", err, "membership_moved")
		}
		if head := f.head(f.ann); won != 1 || head.MembershipSeq != 3 || head.Seq != 5 || head.MemberCount != 4 {
			f.Errorf("%d won, head %+v", won, head)
		}
	})
}

func TestP8_ARemovedMemberGetsNothingNew(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		f.say(f.ann, "before")
		f.must(f.entry(f.ann, f.talk.Remove(f.ann, f.ben)))
		removed := f.head(f.ben)
		f.rotate(f.ann)
		after := f.say(f.ann, "after")

		head := f.head(f.ben)
		if head.LeftSeq == nil || *head.LeftSeq != 6 || head.Seq != 6 || head.Epoch != 1 || head.MemberCount != 2 || head.Unread != 0 ||
			string(head.LogHash) != string(removed.LogHash) || head.LastAt != removed.LastAt {
			f.Errorf("head %+v", head)
		}
		served := f.log(f.ben)
		if len(served) != 6 || served[5].Kind != envelope.EntryMembership {
			f.Errorf("%d entries are served", len(served))
		}
		for _, entry := range served {
			if entry.Half != nil {
				f.Errorf("the half of entry %d is served", entry.Seq)
			}
		}
		f.verify(f.ben)
		epochs, err := f.room.Epochs(f.Context(), f.ben.ID, f.talk.Thread, 1, 10)
		f.must(err)
		if len(epochs) != 1 || epochs[0].Envelope != nil || epochs[0].Proof != nil || epochs[0].Record == nil {
			f.Errorf("%d epochs are served", len(epochs))
		}
		if keys, err := f.room.PresentKeys(f.Context(), f.ben.ID, []id.Thread{f.talk.Thread}); err != nil || len(keys) != 0 {
			f.Errorf("%d present keys are served, %v", len(keys), err)
		}
		for _, entry := range f.told.Entries(f.ben.ID) {
			if entry.Seq > 5 {
				f.Errorf("entry %d was delivered", entry.Seq)
			}
		}
		if told := f.told.ChangedFor(f.ben.ID); len(told) != 2 {
			f.Errorf("told of %d changes", len(told))
		}
		_, err = f.room.Sent(f.Context(), f.ben.ID, f.talk.Thread, after.Message)
		f.refused("asking for a later message", err, "message_unknown")
		_, err = f.send(f.ben, f.talk.Say(f.ben, "still here"))
		f.refused("sending", err, "not_a_member")
		_, _, err = f.room.Rotate(f.Context(), f.ben.Actor(), f.talk.Thread, thread.EpochPost{})
		f.refused("renewing the keys", err, "not_a_member")
		if marks, err := f.room.Marks(f.Context(), f.ann.ID, f.talk.Thread); err != nil || len(marks) != 2 {
			f.Errorf("%d marks, %v", len(marks), err)
		}
	})
}

func TestHistoryIsForThoseWhoWereGivenIt(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		f.say(f.ann, "before")
		without := f.talk.Add(f.ann, f.dan)
		f.must(f.entry(f.ann, without))
		eve := f.w.Enrol("Eve")
		with := f.talk.Add(f.ann, eve)
		with.History = true
		f.must(f.entry(f.ann, with))
		f.rotate(f.ann)
		f.say(f.ann, "after")
		for _, row := range []struct {
			of     *threadtest.Person
			halves []uint64
		}{{f.ben, []uint64{5, 9}}, {f.dan, []uint64{9}}, {eve, []uint64{5, 9}}} {
			var got []uint64
			for _, entry := range f.log(row.of) {
				if entry.Half != nil {
					got = append(got, entry.Seq)
				}
			}
			if len(got) != len(row.halves) || got[0] != row.halves[0] {
				f.Errorf("halves of %v", got)
			}
			f.verify(row.of)
		}
		if head := f.head(f.dan); head.JoinedSeq != 6 || head.SeenSeq != 6 || head.Unread != 1 {
			f.Errorf("head %+v", head)
		}
		if epochs, err := f.room.Epochs(f.Context(), f.dan.ID, f.talk.Thread, 1, 10); err != nil || len(epochs) != 2 ||
			epochs[0].Envelope != nil || epochs[1].Envelope == nil {
			f.Errorf("epochs %v", err)
		}
	})
}

func TestTheKeysOfManyThreadsAreOneQuestion(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		threads := []id.Thread{f.talk.Thread, {9}}
		for range 70 { // more than one statement has
			talk, start := f.w.Begin(envelope.SpaceTeam, f.ann, f.ben)
			f.must(f.create(f.ann, start))
			threads = append(threads, talk.Thread)
		}
		f.rotate(f.ann)
		keys, err := f.room.PresentKeys(f.Context(), f.ben.ID, threads)
		f.must(err)
		if len(keys) != 71 {
			f.Fatalf("%d threads answer", len(keys))
		}
		for _, k := range keys {
			epochs, err := f.room.Epochs(f.Context(), f.ben.ID, k.Thread, 1, 10)
			f.must(err)
			newest := epochs[len(epochs)-1]
			same := bytes.Equal(k.Envelope, newest.Envelope) && bytes.Equal(k.Proof, newest.Proof) && bytes.Equal(k.SealedState, newest.SealedState)
			if k.Epoch != newest.Epoch || !same || k.Envelope == nil {
				f.Errorf("epoch %d of %s is not what a single question gets", k.Epoch, k.Thread)
			}
		}
		if keys, err := f.room.PresentKeys(f.Context(), f.cat.ID, threads); err != nil || len(keys) != 1 || keys[0].Epoch != 2 {
			f.Errorf("somebody who is in one of them gets %d, %v", len(keys), err)
		}
	})
}

func TestSomebodyMayComeBack(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		f.say(f.ann, "before")
		f.must(f.entry(f.ann, f.talk.Remove(f.ann, f.ben)))
		f.rotate(f.ann)
		f.say(f.ann, "without")
		f.must(f.entry(f.ann, f.talk.Add(f.ann, f.ben)))
		f.rotate(f.ann)
		f.say(f.ann, "with")
		head := f.head(f.ben)
		if head.LeftSeq != nil || head.JoinedSeq != 9 || head.Unread != 1 || head.Seq != 11 {
			f.Errorf("head %+v", head)
		}
		for _, entry := range f.log(f.ben) {
			if (entry.Half != nil) != (entry.Seq == 11) {
				f.Errorf("entry %d", entry.Seq)
			}
		}
		f.say(f.ben, "back")
	})
}

func TestAMembershipThatEndsByItself(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		guest := f.talk.Add(f.ann, f.dan)
		guest.Until = envelope.TimeOf(f.w.Clock.Now().Add(2 * time.Hour))
		f.must(f.entry(f.ann, guest))
		standby := f.w.Enrol("Stan")
		waiting := f.talk.Add(f.ann, standby)
		waiting.Standby = true
		f.must(f.entry(f.ann, waiting))
		f.rotate(f.ann)
		during := f.say(f.ann, "during")
		f.say(f.dan, "so I hear")
		f.w.Clock.Advance(2 * time.Hour)
		f.say(f.ann, "afterwards")
		delivered := f.told.Entries(f.dan.ID)
		if last := delivered[len(delivered)-1].Seq; last != during.Seq+1 {
			f.Errorf("the last that was delivered is %d", last)
		}
		for _, entry := range f.log(f.dan) {
			if entry.Half != nil {
				f.Errorf("the half of entry %d is served", entry.Seq)
			}
		}
		_, err := f.send(f.dan, f.talk.Say(f.dan, "still here"))
		f.refused("sending afterwards", err, "may_not_post")
		if delivered := f.told.Entries(standby.ID); len(delivered) != 0 {
			f.Errorf("%d entries were delivered to somebody on standby", len(delivered))
		}
	})
}

func TestR32_ALeaverIsRemovedEverywhere(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		second, post := f.w.Begin(envelope.SpacePatient, f.ben, f.ann)
		f.must(f.create(f.ben, post))
		third, post := f.w.Begin(envelope.SpaceDirect, f.ben, f.ann)
		f.must(f.create(f.ben, post))
		removed, err := f.room.RemoveEverywhere(f.Context(), f.ann.ID, envelope.RemoveLeaver)
		if err != nil || removed != 3 {
			f.Fatalf("removed from %d, %v", removed, err)
		}
		if again, err := f.room.RemoveEverywhere(f.Context(), f.ann.ID, envelope.RemoveLeaver); err != nil || again != 0 {
			f.Errorf("once more: %d, %v", again, err)
		}
		for _, in := range []id.Thread{f.talk.Thread, second.Thread, third.Thread} {
			head, err := f.room.Head(f.Context(), f.ann.ID, in)
			f.must(err)
			if head.LeftSeq == nil {
				f.Errorf("still in %v", in)
			}
		}
		// The thread whose only owner left has another one, on the server and on every device.
		entries := f.log(f.ben)
		signed, err := envelope.Parse[envelope.Signed](entries[4].Body)
		f.must(err)
		f.must(f.talk.Membership.Append(f.w.Trust(), signed))
		heir, other := f.ben, f.cat
		if member, _ := f.talk.Membership.Member(f.cat.ID); member.Role == envelope.RoleOwner {
			heir, other = f.cat, f.ben
		}
		if f.head(heir).MyRole != "owner" || f.head(other).MyRole != "member" {
			f.Errorf("%s and %s", f.head(heir).MyRole, f.head(other).MyRole)
		}
		post2 := f.talk.Rotate(heir)
		_, err = f.room.Append(f.Context(), heir.Actor(), f.talk.Thread, f.talk.Sign(heir, f.talk.Add(heir, f.dan)), nil)
		f.must(err)
		_, _, err = f.room.Rotate(f.Context(), heir.Actor(), f.talk.Thread, post2)
		f.refused("keys from before the add", err, "membership_moved")
	})
}

func TestEntriesAndKeysTogether(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		body := f.talk.Sign(f.ann, f.talk.Add(f.ann, f.dan))
		epoch := f.talk.Rotate(f.ann)
		bad := epoch
		bad.Envelopes = epoch.Envelopes[1:]
		_, err := f.room.Append(f.Context(), f.ann.Actor(), f.talk.Thread, body, &bad)
		f.refused("with an envelope missing", err, "wrong_envelopes")
		if f.head(f.ann).Seq != 4 {
			f.Error("half of it was written")
		}
		seq, err := f.room.Append(f.Context(), f.ann.Actor(), f.talk.Thread, body, &epoch)
		f.must(err)
		if head := f.head(f.dan); seq != 5 || head.Seq != 6 || head.Epoch != 2 || head.MembershipSeq != 3 {
			f.Errorf("%d, head %+v", seq, head)
		}
		f.say(f.dan, "hello")

		f.must(f.entry(f.ann, &envelope.Rename{EntryHead: f.talk.Head(f.ann), Name: "Night take"}))
		f.must(f.entry(f.ann, &envelope.MemberRole{EntryHead: f.talk.Head(f.ann), Target: f.cat.ID, MemberRole: envelope.RoleReader}))
		f.rotate(f.ann)
		if head := f.head(f.cat); head.Name != "Night take" || head.MyRole != "reader" {
			f.Errorf("head %+v", head)
		}
		_, err = f.send(f.cat, f.talk.Say(f.cat, "from a reader"))
		f.refused("a reader", err, "not_entitled")
	})
}

func TestPeopleWhoShareAThread(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		f.ben.NewDevice()
		f.room.LogGrew(f.ben.ID)
		f.must(f.room.Flush(f.Context()))
		if told := f.told.GrewFor(f.cat.ID); len(told) != 1 || told[0] != f.ben.ID {
			f.Errorf("told %v", told)
		}
		if told := f.told.GrewFor(f.dan.ID); len(told) != 0 {
			f.Errorf("an outsider was told %v", told)
		}
	})
}
