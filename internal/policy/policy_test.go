package policy_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/policy"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

var (
	start  = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	nobody id.Person
)

// office is the room on one database, with two members of staff.
type office struct {
	*testing.T
	db       *store.DB
	room     *policy.Service
	now      *clock.Manual
	ann, ben id.Person
}

func each(t *testing.T, test func(*office)) {
	t.Helper()
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		now := clock.NewManual(start)
		o := &office{T: t, db: db, room: policy.New(db, now), now: now}
		staff := people.New(db, now)
		for name, into := range map[string]*id.Person{"ann": &o.ann, "ben": &o.ben} {
			added, err := staff.Add(context.Background(), nobody, people.Person{UserName: name, DisplayName: name, Role: "Nurse", Organisation: "Northfield"})
			o.must(err)
			*into = added.ID
		}
		test(o)
	})
}

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatalf("%v (%v)", err, errors.Unwrap(err))
	}
}

func (o *office) refused(what string, err, want error) {
	o.Helper()
	if !errors.Is(err, want) {
		o.Errorf("%s: %v instead of %v", what, err, want)
	}
}

// draft is a required version in force now.
func (o *office) draft(title string, number uint32) policy.Version {
	return policy.Version{
		Number: number, Title: title, Kind: policy.Guidance, Text: "# " + title + "\n\nBe careful.", EffectiveAt: o.now.Now(),
		ReviewAt: o.now.Now().AddDate(1, 0, 0), Required: true, Grace: policy.DefaultGrace,
	}
}

func (o *office) publish(v policy.Version) policy.Version {
	o.Helper()
	published, err := o.room.Publish(o.Context(), nobody, v)
	o.must(err)
	return published
}

func (o *office) accept(person id.Person, v policy.Version) error {
	_, err := o.room.Accept(o.Context(), person, v.Policy, v.Number, v.Hash)
	return err
}

func TestR36_AcceptanceComesBeforeWritingAndIsAskedForAgainWithANewVersion(t *testing.T) {
	each(t, func(o *office) {
		o.must(o.room.MayWrite(o.Context(), o.ann))
		first := o.publish(o.draft("Messaging", 1))
		err := o.room.MayWrite(o.Context(), o.ann)
		o.refused("before accepting", err, policy.ErrNeeded)
		if ids, _ := fault.As(err).Details()["policies"].([]id.Policy); len(ids) != 1 || ids[0] != first.Policy {
			o.Errorf("the refusal names %v", ids)
		}
		o.must(o.accept(o.ann, first))
		o.must(o.room.MayWrite(o.Context(), o.ann))
		o.refused("somebody else", o.room.MayWrite(o.Context(), o.ben), policy.ErrNeeded)

		second := o.publish(o.draft("messaging", 2))
		if second.Policy != first.Policy || second.Supersedes != "Version 1" {
			o.Errorf("the second version is of %v and supersedes %q", second.Policy, second.Supersedes)
		}
		o.refused("a new version", o.room.MayWrite(o.Context(), o.ann), policy.ErrNeeded)
		o.must(o.accept(o.ann, second))
		o.must(o.room.MayWrite(o.Context(), o.ann))

		standings, err := o.room.For(o.Context(), o.ann)
		o.must(err)
		if len(standings) != 1 || standings[0].Number != 2 || standings[0].AcceptedAt.IsZero() || standings[0].Needed {
			o.Errorf("in force for Ann: %+v", standings)
		}
	})
}

func TestR36_WhatIsAcceptedIsTheTextInForce(t *testing.T) {
	each(t, func(o *office) {
		first := o.publish(o.draft("Messaging", 1))
		forged := first
		forged.Hash[0] ^= 1
		o.refused("another hash", o.accept(o.ann, forged), policy.ErrChanged)
		unknown := first
		unknown.Policy = id.Policy{9}
		o.refused("an unknown policy", o.accept(o.ann, unknown), policy.ErrUnknown)
		unknown = first
		unknown.Number = 2
		o.refused("an unknown version", o.accept(o.ann, unknown), policy.ErrUnknown)

		o.must(o.accept(o.ann, first))
		next := o.draft("Messaging", 2)
		next.Text += "\n\nMore careful."
		o.publish(next)
		o.refused("an older version, late", o.accept(o.ben, first), policy.ErrChanged)
		o.must(o.accept(o.ann, first)) // a lost answer is asked for again
		o.refused("an older version with another hash", o.accept(o.ann, forged), policy.ErrChanged)
	})
}

func TestR36_TwoAcceptancesAtOnceAreOne(t *testing.T) {
	each(t, func(o *office) {
		v := o.publish(o.draft("Messaging", 1))
		times := make([]time.Time, 8)
		var all sync.WaitGroup
		for n := range times {
			all.Go(func() {
				accepted, err := o.room.Accept(context.Background(), o.ann, v.Policy, v.Number, v.Hash)
				if err != nil {
					o.Error(err)
				}
				times[n] = accepted.At
			})
		}
		all.Wait()
		var rows, events int
		o.must(o.db.Read(o.Context()).Row(`SELECT COUNT(*) FROM policy_acceptance`).Scan(&rows))
		o.must(o.db.Read(o.Context()).Row(`SELECT COUNT(*) FROM audit_event WHERE kind = $1`, uint16(audit.PolicyAccepted)).Scan(&events))
		if rows != 1 || events != 1 {
			o.Errorf("%d acceptances, %d events", rows, events)
		}
		o.now.Advance(time.Hour)
		again, err := o.room.Accept(o.Context(), o.ann, v.Policy, v.Number, v.Hash)
		o.must(err)
		if !again.At.Equal(times[0]) {
			o.Errorf("accepted at %v, then at %v", times[0], again.At)
		}
	})
}

func TestR36_SomebodyOnDutyIsAskedAtTheEndOfIt(t *testing.T) {
	each(t, func(o *office) {
		v := o.publish(o.draft("Messaging", 1))
		put, err := o.room.Defer(o.Context(), o.ann, v.Policy, v.Number)
		o.must(err)
		if !put.Until.Equal(start.Add(policy.DefaultGrace)) {
			o.Errorf("put off until %v", put.Until)
		}
		o.must(o.room.MayWrite(o.Context(), o.ann))
		o.now.Advance(11 * time.Hour)
		again, err := o.room.Defer(o.Context(), o.ann, v.Policy, v.Number)
		o.must(err)
		if !again.Until.Equal(put.Until) {
			o.Errorf("asking again moved it to %v", again.Until)
		}
		o.must(o.room.MayWrite(o.Context(), o.ann))
		o.now.Advance(time.Hour)
		o.refused("over", o.room.MayWrite(o.Context(), o.ann), policy.ErrNeeded)
		_, err = o.room.Defer(o.Context(), o.ann, v.Policy, v.Number)
		o.refused("a second time", err, policy.ErrWaited)

		now := o.draft("Lost devices", 1)
		now.Grace = 0
		strict := o.publish(now)
		_, err = o.room.Defer(o.Context(), o.ann, strict.Policy, 1)
		o.refused("one that cannot wait", err, policy.ErrNoWaiting)
	})
}

func TestR36_AVersionGatesFromTheDayOnWhichItTakesEffect(t *testing.T) {
	each(t, func(o *office) {
		next := o.draft("Messaging", 1)
		next.EffectiveAt = start.Add(time.Hour)
		v := o.publish(next)
		o.must(o.room.MayWrite(o.Context(), o.ann))
		o.refused("before its day", o.accept(o.ann, v), policy.ErrUnknown)
		o.now.Advance(time.Hour)
		o.refused("on its day", o.room.MayWrite(o.Context(), o.ann), policy.ErrNeeded)
		o.must(o.accept(o.ann, v))
		o.must(o.room.MayWrite(o.Context(), o.ann))
	})
}

func TestR36_AnotherNodeLearnsOfAPolicyWithinHalfAMinute(t *testing.T) {
	each(t, func(o *office) {
		other := policy.New(o.db, o.now)
		o.must(other.MayWrite(o.Context(), o.ann))
		v := o.publish(o.draft("Messaging", 1))
		o.now.Advance(30 * time.Second)
		o.refused("on the other node", other.MayWrite(o.Context(), o.ann), policy.ErrNeeded)
		o.must(o.accept(o.ann, v))
		o.must(other.MayWrite(o.Context(), o.ann))
	})
}

func TestR36_WhatIsOnlyToBeReadStopsNobody(t *testing.T) {
	each(t, func(o *office) {
		read := o.draft("Reading list", 1)
		read.Required = false
		v := o.publish(read)
		o.must(o.room.MayWrite(o.Context(), o.ann))
		_, err := o.room.Defer(o.Context(), o.ann, v.Policy, 1)
		o.refused("putting it off", err, policy.ErrNoWaiting)
	})
}

func TestR43_AVersionIsPublishedOnceAndInOrder(t *testing.T) {
	each(t, func(o *office) {
		v := o.publish(o.draft("Messaging", 1))
		for what, row := range map[string]struct {
			spoil func(*policy.Version)
			want  error
		}{
			"the same version":      {func(p *policy.Version) { p.Number = 1 }, policy.ErrVersion},
			"a gap":                 {func(p *policy.Version) { p.Number = 3 }, policy.ErrVersion},
			"a new one from two":    {func(p *policy.Version) { p.Title = "Another" }, policy.ErrVersion},
			"of an unknown policy":  {func(p *policy.Version) { p.Policy = id.Policy{7} }, policy.ErrUnknown},
			"effective before":      {func(p *policy.Version) { p.EffectiveAt = start.Add(-time.Hour) }, policy.ErrInvalid},
			"no title":              {func(p *policy.Version) { p.Title = " " }, policy.ErrInvalid},
			"a title that turns":    {func(p *policy.Version) { p.Title = "Messaging\u202e" }, policy.ErrInvalid},
			"no text":               {func(p *policy.Version) { p.Text = "\n" }, policy.ErrInvalid},
			"a text with a bell":    {func(p *policy.Version) { p.Text = "ding\a" }, policy.ErrInvalid},
			"a text of other bytes": {func(p *policy.Version) { p.Text = "\xff" }, policy.ErrInvalid},
			"a text too long":       {func(p *policy.Version) { p.Text = strings.Repeat("a", policy.MaxText+1) }, policy.ErrTooLarge},
			"another kind":          {func(p *policy.Version) { p.Kind = "poem" }, policy.ErrInvalid},
			"review before effect":  {func(p *policy.Version) { p.ReviewAt = p.EffectiveAt }, policy.ErrInvalid},
			"a wait of a month":     {func(p *policy.Version) { p.Grace = 720 * time.Hour }, policy.ErrInvalid},
			"a wait below nothing":  {func(p *policy.Version) { p.Grace = -1 }, policy.ErrInvalid},
		} {
			next := o.draft("Messaging", 2)
			row.spoil(&next)
			_, err := o.room.Publish(o.Context(), nobody, next)
			o.refused(what, err, row.want)
		}
		other := o.publish(o.draft("Devices", 1))
		renamed := o.draft("Messaging", 2)
		renamed.Policy = other.Policy
		_, err := o.room.Publish(o.Context(), nobody, renamed)
		o.refused("the title of another", err, policy.ErrTitleTaken)

		kept, err := o.room.Read(o.Context(), v.Policy, 1)
		o.must(err)
		if kept.Text != v.Text || kept.Hash != v.Hash || kept.Title != v.Title || !kept.ReviewAt.Equal(v.ReviewAt) {
			o.Errorf("published %+v, kept %+v", v, kept)
		}
		long := o.draft("Messaging", 2)
		long.Text = strings.Repeat("a", policy.MaxText)
		o.publish(long)
	})
}

// BenchmarkMayWrite is what the gate adds to every send: somebody who has accepted, asked by everybody at once.
func BenchmarkMayWrite(b *testing.B) {
	db, now := storetest.Open(b, storetest.SQLite(b)), clock.System{}
	room := policy.New(db, now)
	at := now.Now()
	v, err := room.Publish(b.Context(), nobody, policy.Version{
		Number: 1, Title: "Messaging", Kind: policy.Guidance, Text: "Be careful.", EffectiveAt: at, ReviewAt: at.AddDate(1, 0, 0), Required: true,
	})
	if err != nil {
		b.Fatal(err)
	}
	ann, err := people.New(db, now).Add(b.Context(), nobody, people.Person{UserName: "ann", DisplayName: "Ann", Role: "Nurse", Organisation: "Northfield"})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := room.Accept(b.Context(), ann.ID, v.Policy, 1, v.Hash); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := room.MayWrite(b.Context(), ann.ID); err != nil {
				b.Fatal(err)
			}
		}
	})
}
