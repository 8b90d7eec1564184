package thread_test

import (
	"context"
	"sync"
	"testing"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/thread/threadtest"
)

func TestOfTwoEpochsAtOnceOneWins(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		people := []*threadtest.Person{f.ann, f.ben, f.cat}
		posts := make([]thread.EpochPost, len(people))
		made := make([]*envelope.MadeEpoch, len(people))
		for n, person := range people {
			made[n], posts[n] = f.talk.NewEpoch(person)
		}
		errs := make([]error, len(people))
		var group sync.WaitGroup
		for n, person := range people {
			group.Go(func() {
				_, _, errs[n] = f.room.Rotate(context.Background(), person.Actor(), f.talk.Thread, posts[n])
			})
		}
		group.Wait()
		winner := -1
		for n, err := range errs {
			if err == nil && winner < 0 {
				winner = n
				continue
			}
			f.refused("a loser", err, "epoch_taken")
			if epoch := fault.As(err).Details()["epoch"]; epoch != uint32(2) {
				f.Errorf("told of epoch %v", epoch)
			}
		}
		if winner < 0 {
			f.Fatal("nobody won")
		}
		if seq, epoch, err := f.room.Rotate(f.Context(), people[winner].Actor(), f.talk.Thread, posts[winner]); err != nil || seq != 5 || epoch != 2 {
			f.Errorf("the winner again: %d %d %v", seq, epoch, err)
		}
		// The losers discard theirs and seal again under the winner's.
		f.talk.Epoch = made[winner].Key
		f.say(people[(winner+1)%3], "under the winner's")
		f.verify(f.ann)
	})
}

func TestAnEpochIsForExactlyTheMembers(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		before, _ := f.talk.NewEpoch(f.ann)
		withDan := f.talk.Sign(f.ann, f.talk.Add(f.ann, f.dan))
		early := f.talk.Rotate(f.ann)
		_, _, err := f.room.Rotate(f.Context(), f.ann.Actor(), f.talk.Thread, early)
		f.refused("for a membership that is not here yet", err, "membership_moved")
		_, err = f.room.Append(f.Context(), f.ann.Actor(), f.talk.Thread, withDan, nil)
		f.must(err)

		core := early
		spoiled := func(change func(*envelope.EpochCore)) thread.EpochPost {
			post := core
			post.Record = f.record(f.ann, core.Record, change)
			return post
		}
		truncated, oversize := core, core
		truncated.Envelopes = append([][]byte{core.Envelopes[0][:100]}, core.Envelopes[1:]...)
		oversize.Envelopes = append([][]byte{append(core.Envelopes[0], 0)}, core.Envelopes[1:]...)
		missing, swapped, otherState := core, core, core
		missing.Envelopes = core.Envelopes[:len(core.Envelopes)-1]
		swapped.Envelopes = append([][]byte{core.Envelopes[1], core.Envelopes[0]}, core.Envelopes[2:]...)
		otherState.SealedState = encode(f.T, before.State)
		for name, row := range map[string]struct {
			by   *threadtest.Person
			post thread.EpochPost
			code string
		}{
			"a member left out": {f.ann, spoiled(func(c *envelope.EpochCore) { c.Members = c.Members[1:] }), "wrong_members"},
			"a guest": {f.ann, spoiled(func(c *envelope.EpochCore) {
				c.Members = append(c.Members, envelope.EpochMember{Person: id.Person{0xff}, Generation: 1})
			}), "wrong_members"},
			"another generation": {f.ann, spoiled(func(c *envelope.EpochCore) { c.Members[0].Generation++ }), "wrong_members"},
			"another identity":   {f.ann, spoiled(func(c *envelope.EpochCore) { c.Members[0].Identity = id.Hash{1} }), "wrong_identity"},
			"a seat left out":    {f.ann, spoiled(func(c *envelope.EpochCore) { c.Shares = c.Shares[1:] }), "wrong_share"},
			"another manifest":   {f.ann, spoiled(func(c *envelope.EpochCore) { c.Manifest = id.Hash{1} }), "broken_chain"},
			"another previous":   {f.ann, spoiled(func(c *envelope.EpochCore) { c.Previous = id.Hash{1} }), "broken_chain"},
			"an older epoch":     {f.ann, spoiled(func(c *envelope.EpochCore) { c.Epoch = 1 }), "epoch_taken"},
			"a later epoch":      {f.ann, spoiled(func(c *envelope.EpochCore) { c.Epoch = 3 }), "epoch_taken"},
			"another thread":     {f.ann, spoiled(func(c *envelope.EpochCore) { c.Thread = id.Thread{1} }), "wrong_sender"},
			"another's":          {f.ben, core, "wrong_sender"},
			"another's device":   {f.ann, spoiled(func(c *envelope.EpochCore) { c.Device = f.ben.Device.Device }), "wrong_sender"},
			"a missing envelope": {f.ann, missing, "wrong_envelopes"},
			"swapped envelopes":  {f.ann, swapped, "wrong_envelopes"},
			"a truncated one":    {f.ann, truncated, "malformed"},
			"an oversize one":    {f.ann, oversize, "malformed"},
			"another state":      {f.ann, otherState, "bad_commitment"},
			"no state":           {f.ann, thread.EpochPost{Record: core.Record, Envelopes: core.Envelopes}, "malformed"},
			"no record":          {f.ann, thread.EpochPost{}, "malformed"},
		} {
			_, _, err := f.room.Rotate(f.Context(), row.by.Actor(), f.talk.Thread, row.post)
			f.refused(name, err, row.code)
		}
		_, _, err = f.room.Rotate(f.Context(), f.ann.Actor(), f.talk.Thread, core)
		f.must(err)
		f.say(f.dan, "sealed to me too")
	})
}

// record signs a changed record.
func (f *ward) record(by *threadtest.Person, body []byte, change func(*envelope.EpochCore)) []byte {
	f.Helper()
	signed, err := envelope.Parse[envelope.Signed](body)
	f.must(err)
	record, err := envelope.Open[envelope.EpochRecord](signed)
	f.must(err)
	core, err := envelope.Parse[envelope.EpochCore](record.Core)
	f.must(err)
	change(core)
	record.Core = encode(f.T, core)
	return f.talk.Forge(by, record)
}

func TestAnEpochMadeBeforeNewKeysIsStale(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		_, post := f.talk.NewEpoch(f.ann)
		f.ben.NewGeneration()
		_, _, err := f.room.Rotate(f.Context(), f.ann.Actor(), f.talk.Thread, post)
		f.refused("sealed to keys that are over", err, "stale_epoch")
		f.rotate(f.ann)
	})
}

func TestEarlierEpochsAreGrantedAsTheAddAllows(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		first := f.talk.Epoch
		f.say(f.ann, "before")
		with := f.talk.Add(f.ann, f.dan)
		with.History = true
		f.must(f.entry(f.ann, with))
		eve := f.w.Enrol("Eve")
		f.must(f.entry(f.ann, f.talk.Add(f.ann, eve)))
		f.rotate(f.ann)
		grant := f.grant(f.ben, f.dan, first)
		f.must(f.room.Grant(f.Context(), f.ben.Actor(), f.talk.Thread, grant))
		f.must(f.room.Grant(f.Context(), f.ben.Actor(), f.talk.Thread, grant))
		mine, err := f.room.Grants(f.Context(), f.dan.ID, f.talk.Thread)
		f.must(err)
		if len(mine) != 1 || len(mine[0].Envelopes) != 1 || string(mine[0].Envelopes[0]) != string(grant.Envelopes[0]) || string(mine[0].Grant) != string(grant.Grant) {
			f.Errorf("%d grants", len(mine))
		}
		if others, err := f.room.Grants(f.Context(), f.ben.ID, f.talk.Thread); err != nil || len(others) != 0 {
			f.Errorf("another got %d grants, %v", len(others), err)
		}
		f.refused("somebody else's", f.room.Grant(f.Context(), f.ann.Actor(), f.talk.Thread, grant), "wrong_sender")
		short := grant
		short.Envelopes = nil
		f.refused("without its envelopes", f.room.Grant(f.Context(), f.ben.Actor(), f.talk.Thread, short), "broken_chain")

		forged, err := envelope.Parse[envelope.Signed](grant.Grant)
		f.must(err)
		object, err := envelope.Open[envelope.HistoryGrant](forged)
		f.must(err)
		object.Target, object.Identity, object.MembershipSeq = eve.ID, eve.State().IdentityHash(), 4
		f.refused("to somebody without history", f.room.Grant(f.Context(), f.ben.Actor(), f.talk.Thread,
			thread.Grant{Grant: f.talk.Forge(f.ben, object), Envelopes: grant.Envelopes}), "not_entitled")
		object.Records = nil
		f.refused("of nothing", f.room.Grant(f.Context(), f.ben.Actor(), f.talk.Thread,
			thread.Grant{Grant: f.talk.Forge(f.ben, object)}), "grant_empty")
	})
}

// grant gives earlier epochs.
func (f *ward) grant(by, to *threadtest.Person, epochs ...*envelope.EpochKey) thread.Grant {
	f.Helper()
	signed, envelopes, err := envelope.NewGrant(envelope.GrantInput{
		Trust: f.w.Trust(), Membership: f.talk.Membership, Target: to.ID, Person: by.ID, Device: by.Device.Device, Key: by.Key,
		Issued: envelope.TimeOf(f.w.Clock.Now()), Epochs: epochs,
	})
	f.must(err)
	grant := thread.Grant{Grant: encode(f.T, signed)}
	for n := range envelopes {
		grant.Envelopes = append(grant.Envelopes, encode(f.T, &envelopes[n]))
	}
	return grant
}
