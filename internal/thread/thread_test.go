package thread_test

import (
	"errors"
	"testing"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/shredstore"
	"github.com/wardline/wardline/internal/store/storetest"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/thread/threadtest"
)

// ward is a team thread of Ann (who made it), Ben and Cat, with Dan outside, on one of the databases.
type ward struct {
	*testing.T
	w                  *threadtest.World
	db                 *store.DB
	room               *thread.Service
	halves             *shredstore.Store
	told               *threadtest.Told
	ann, ben, cat, dan *threadtest.Person
	talk               *threadtest.Talk
	start              thread.NewThread
}

func each(t *testing.T, space envelope.Space, test func(*ward), options ...threadtest.Option) {
	t.Helper()
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) { test(newWard(t, db, space, options...)) })
}

func newWard(t *testing.T, db *store.DB, space envelope.Space, options ...threadtest.Option) *ward {
	t.Helper()
	f := &ward{T: t, w: threadtest.New(t), db: db, told: &threadtest.Told{}}
	f.room, f.halves = f.w.Room(t, db, f.told)
	f.ann, f.ben, f.cat, f.dan = f.w.Enrol("Ann"), f.w.Enrol("Ben"), f.w.Enrol("Cat"), f.w.Enrol("Dan")
	others := []*threadtest.Person{f.ben, f.cat}
	if space == envelope.SpaceDirect {
		others = others[:1]
	}
	f.talk, f.start = f.w.BeginWith(options, space, f.ann, others...)
	f.must(f.create(f.ann, f.start))
	return f
}

func (f *ward) create(by *threadtest.Person, post thread.NewThread) error {
	_, _, err := f.room.Create(f.Context(), by.Actor(), post)
	return err
}

func (f *ward) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatalf("%v (%v)", err, errors.Unwrap(err))
	}
}

// refused checks the code of a refusal.
func (f *ward) refused(what string, err error, code string) {
	f.Helper()
	if err == nil {
		f.Errorf("%s: accepted", what)
		return
	}
	if got := fault.As(err).Code(); got != code {
		f.Errorf("%s: %s instead of %s (%v)", what, got, code, errors.Unwrap(err))
	}
}

func (f *ward) send(by *threadtest.Person, post thread.Post) (thread.Accepted, error) {
	return f.room.Send(f.Context(), by.Actor(), post)
}

func (f *ward) say(by *threadtest.Person, text string) thread.Accepted {
	f.Helper()
	accepted, err := f.send(by, f.talk.Say(by, text))
	f.must(err)
	return accepted
}

// act sends an act, whose words do not matter here.
func (f *ward) act(by *threadtest.Person, kind envelope.MessageKind) (thread.Accepted, error) {
	f.Helper()
	header := f.talk.Header(by)
	header.Kind = kind
	accepted, err := f.send(by, f.talk.Seal(by, header, "an act"))
	if err != nil {
		f.talk.Unsay(by)
	}
	return accepted, err
}

func (f *ward) confirm(by *threadtest.Person) {
	f.Helper()
	_, err := f.act(by, envelope.KindConfirm)
	f.must(err)
}

// entry posts a membership entry, which the talk takes in.
func (f *ward) entry(by *threadtest.Person, entry envelope.Object) error {
	f.Helper()
	_, err := f.room.Append(f.Context(), by.Actor(), f.talk.Thread, f.talk.Sign(by, entry), nil)
	return err
}

func (f *ward) rotate(by *threadtest.Person) {
	f.Helper()
	_, _, err := f.room.Rotate(f.Context(), by.Actor(), f.talk.Thread, f.talk.Rotate(by))
	f.must(err)
}

// log is everything that a person is served.
func (f *ward) log(of *threadtest.Person) []*envelope.LogEntry {
	f.Helper()
	var all []*envelope.LogEntry
	for after := uint64(0); ; {
		page, err := f.room.Log(f.Context(), of.ID, f.talk.Thread, after, 3)
		f.must(err)
		for _, encoded := range page.Entries {
			entry, err := envelope.Parse[envelope.LogEntry](encoded)
			f.must(err)
			all = append(all, entry)
		}
		if !page.More {
			return all
		}
		after += uint64(len(page.Entries))
	}
}

// verify checks that the log that a person is served is one chain.
func (f *ward) verify(of *threadtest.Person) *envelope.ThreadLog {
	f.Helper()
	log := envelope.NewThreadLog(f.talk.Thread)
	for _, entry := range f.log(of) {
		if _, err := log.Append(entry); err != nil {
			f.Fatalf("entry %d: %v", entry.Seq, err)
		}
	}
	return log
}

func (f *ward) head(of *threadtest.Person) thread.Head {
	f.Helper()
	head, err := f.room.Head(f.Context(), of.ID, f.talk.Thread)
	f.must(err)
	return head
}

func TestR01_WhatOneSaysTheOthersRead(t *testing.T) {
	each(t, envelope.SpacePatient, func(f *ward) {
		sent := f.say(f.ann, "She is in bed 4")
		if log := f.verify(f.ben); log.Seq() != sent.Seq || string(log.Hash().Bytes()) != string(sent.LogHash) {
			f.Errorf("the log ends at %d", log.Seq())
		}
		for _, reader := range []*threadtest.Person{f.ann, f.ben, f.cat} {
			epochs, err := f.room.Epochs(f.Context(), reader.ID, f.talk.Thread, 1, 10)
			f.must(err)
			entries := f.log(reader)
			text, err := f.talk.Read(reader, entries[len(entries)-1], epochs[0])
			if err != nil || text != "She is in bed 4" {
				f.Errorf("read %q, %v", text, err)
			}
			live := f.told.Entries(reader.ID)
			if last := live[len(live)-1]; last.Seq != sent.Seq || last.Half == nil {
				f.Errorf("the last that was delivered is %d", last.Seq)
			}
			if len(live) != int(sent.Seq) {
				f.Errorf("%d entries were delivered of %d", len(live), sent.Seq)
			}
		}
		if head := f.head(f.ben); head.Unread != 1 || head.Seq != sent.Seq || head.LastKind != "message" || head.MemberCount != 3 ||
			head.MyRole != "member" || head.Space != "patient" || head.Epoch != 1 {
			f.Errorf("head %+v", head)
		}
		if head := f.head(f.ann); head.Unread != 0 || head.MyRole != "owner" {
			f.Errorf("the author's head %+v", head)
		}
	})
}

func TestStartingTwiceIsStartingOnce(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		again, seq, err := f.room.Create(f.Context(), f.ann.Actor(), f.start)
		if err != nil || again != f.talk.Thread || seq != 4 {
			f.Errorf("%v %d %v", again, seq, err)
		}
		other, key := f.start, f.talk.Epoch
		f.talk.Epoch = nil
		_, other.Epoch = f.talk.NewEpoch(f.ann)
		f.talk.Epoch = key
		f.refused("another epoch", f.create(f.ann, other), "thread_exists")
		f.refused("somebody else's", f.create(f.ben, f.start), "wrong_sender")
	})
}

func TestOneDirectThreadForTwo(t *testing.T) {
	each(t, envelope.SpaceDirect, func(f *ward) {
		_, second := f.w.Begin(envelope.SpaceDirect, f.ben, f.ann)
		err := f.create(f.ben, second)
		f.refused("a second one", err, "direct_exists")
		if named := fault.As(err).Details()["thread"]; named != f.talk.Thread {
			f.Errorf("named %v", named)
		}
		_, third := f.w.Begin(envelope.SpaceDirect, f.ben, f.cat)
		f.must(f.create(f.ben, third))
		_, alone := f.w.Begin(envelope.SpaceDirect, f.dan)
		f.refused("one with oneself", f.create(f.dan, alone), "direct_pair")
	})
}

func TestR11_APatientThreadStartsWithItsPatient(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		talk, post := f.w.Begin(envelope.SpacePatient, f.ann, f.ben)
		without := post
		without.Entries = post.Entries[:1]
		f.refused("without a link", f.create(f.ann, without), "link_needed")

		link := &envelope.Link{EntryHead: talk.Head(f.ann), Tag: id.Tag{1}, Assertion: id.Hash{2}}
		link.Seq, link.Previous = 2, entryOf(f.T, post.Entries[0])
		unproved := post
		unproved.Entries = [][]byte{post.Entries[0], talk.Forge(f.ann, link)}
		f.refused("a patient who was not looked up", f.create(f.ann, unproved), "link_unproved")
		f.must(f.create(f.ann, post))
	})
}

func TestR31_OnlyStaffCanBeAdded(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		stranger := &envelope.Add{
			EntryHead: f.talk.Head(f.ann), Target: id.New[id.Person](f.w.IDs), Identity: id.Hash{1}, MemberRole: envelope.RoleMember,
			Reason: envelope.AddCareTeam,
		}
		_, err := f.room.Append(f.Context(), f.ann.Actor(), f.talk.Thread, f.talk.Forge(f.ann, stranger), nil)
		f.refused("somebody whom the organisation does not know", err, "wrong_identity")
		f.w.Leave(f.dan.ID)
		_, err = f.room.Append(f.Context(), f.ann.Actor(), f.talk.Thread, f.talk.Forge(f.ann, f.talk.Add(f.ann, f.dan)), nil)
		f.refused("somebody who has left", err, "not_staff")
		if seq := f.head(f.ann).MembershipSeq; seq != 2 {
			f.Errorf("membership is at %d", seq)
		}
	})
}

func TestR05_NobodyElseLearnsThatAThreadExists(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		sent := f.say(f.ann, "hello")
		_, rotation := f.talk.NewEpoch(f.ann)
		post := f.talk.Say(f.ann, "again")
		ctx, out, in := f.Context(), f.dan, f.talk.Thread
		header := f.talk.Header(f.dan)
		intrusion := f.talk.Seal(f.dan, header, "let me in")
		for _, unknown := range []id.Thread{in, {9}} {
			tries := map[string]error{}
			_, tries["head"] = f.room.Head(ctx, out.ID, unknown)
			_, tries["log"] = f.room.Log(ctx, out.ID, unknown, 0, 10)
			_, tries["epochs"] = f.room.Epochs(ctx, out.ID, unknown, 1, 10)
			_, tries["grants"] = f.room.Grants(ctx, out.ID, unknown)
			_, tries["complaints"] = f.room.Complaints(ctx, out.ID, unknown)
			tries["complain"] = f.room.Complain(ctx, out.Actor(), unknown, nil)
			_, tries["marks"] = f.room.Marks(ctx, out.ID, unknown)
			tries["mark"] = f.room.MarkNow(ctx, out.ID, unknown, 1, 1)
			_, tries["sent"] = f.room.Sent(ctx, out.ID, unknown, sent.Message)
			_, tries["append"] = f.room.Append(ctx, out.Actor(), unknown, f.talk.Forge(f.dan, f.talk.Add(f.dan, f.dan)), nil)
			_, _, tries["rotate"] = f.room.Rotate(ctx, out.Actor(), unknown, rotation)
			tries["grant"] = f.room.Grant(ctx, out.Actor(), unknown, thread.Grant{})
			for what, err := range tries {
				f.refused(what, err, "thread_unknown")
			}
		}
		if keys, err := f.room.PresentKeys(ctx, out.ID, []id.Thread{in, {9}}); err != nil || len(keys) != 0 {
			f.Errorf("%d present keys, %v", len(keys), err)
		}
		_, err := f.send(f.dan, intrusion)
		f.refused("sending", err, "thread_unknown")
		_, err = f.send(f.dan, post)
		f.refused("sending what another made", err, "wrong_sender")
		heads, err := f.room.Heads(ctx, out.ID)
		if err != nil || len(heads) != 0 {
			f.Errorf("%d heads, %v", len(heads), err)
		}
		if told := f.told.Entries(out.ID); len(told) != 0 {
			f.Errorf("%d entries were delivered", len(told))
		}
	})
}

func entryOf(t *testing.T, signedEntry []byte) id.Hash {
	t.Helper()
	signed, err := envelope.Parse[envelope.Signed](signedEntry)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := signed.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return hash
}
