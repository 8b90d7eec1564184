package thread_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/thread/threadtest"
)

// spoil changes one thing of a message that is otherwise good.
type spoil func(f *ward, header *envelope.Header)

func TestWhatIsRefusedOfAMessage(t *testing.T) {
	headers := map[string]struct {
		spoil spoil
		code  string
	}{
		"another person":         {func(f *ward, h *envelope.Header) { h.Person = f.ann.ID }, "wrong_sender"},
		"another device":         {func(f *ward, h *envelope.Header) { h.Device = f.ann.Device.Device }, "wrong_sender"},
		"an id that is no UUID":  {func(_ *ward, h *envelope.Header) { h.Message = id.Message{1} }, "malformed"},
		"a count that skips":     {func(_ *ward, h *envelope.Header) { h.DeviceSeq++ }, "device_order"},
		"a count that repeats":   {func(_ *ward, h *envelope.Header) { h.DeviceSeq-- }, "broken_chain"},
		"another previous":       {func(_ *ward, h *envelope.Header) { h.Previous = id.Hash{1} }, "device_order"},
		"a start over":           {func(_ *ward, h *envelope.Header) { h.DeviceSeq, h.Previous = 1, id.Hash{} }, "device_order"},
		"a head that is to come": {func(f *ward, h *envelope.Header) { h.SeenSeq = 100 }, "broken_chain"},
		"another history":        {func(_ *ward, h *envelope.Header) { h.SeenSeq, h.SeenHash = 2, id.Hash{1} }, "broken_chain"},
		"a day ahead": {func(f *ward, h *envelope.Header) {
			h.Time = envelope.TimeOf(f.w.Clock.Now().Add(24*time.Hour + time.Second))
		}, "clock_ahead"},
		"a kind that has no rules yet": {func(_ *ward, h *envelope.Header) { h.Kind = envelope.KindEdit }, "not_in_this_space"},
		"a decision without a patient": {func(_ *ward, h *envelope.Header) { h.Kind = envelope.KindDecision }, "not_in_this_space"},
	}
	posts := map[string]struct {
		spoil func(*ward, *thread.Post)
		code  string
	}{
		"empty":              {func(_ *ward, p *thread.Post) { p.Message = nil }, "malformed"},
		"truncated":          {func(_ *ward, p *thread.Post) { p.Message = p.Message[:len(p.Message)-1] }, "malformed"},
		"trailing":           {func(_ *ward, p *thread.Post) { p.Message = append(p.Message, 0) }, "malformed"},
		"oversize":           {func(_ *ward, p *thread.Post) { p.Message = make([]byte, thread.MaxMessage+1) }, "message_too_large"},
		"unsigned":           {func(_ *ward, p *thread.Post) { clear(p.Message[len(p.Message)-64:]) }, "bad_signature"},
		"another ciphertext": {func(_ *ward, p *thread.Post) { p.Message[len(p.Message)-70] ^= 1 }, "bad_signature"},
		"another half":       {func(_ *ward, p *thread.Post) { p.Half[0] ^= 1 }, "wrong_half"},
		"another thread":     {func(_ *ward, p *thread.Post) { p.Thread = id.Thread{1} }, "wrong_sender"},
	}
	each(t, envelope.SpaceTeam, func(f *ward) {
		f.say(f.ben, "first") // so that repeating and starting over are different things
		before := f.head(f.ann)
		for name, row := range headers {
			header := f.talk.Header(f.ben)
			row.spoil(f, &header)
			_, err := f.send(f.ben, f.talk.Seal(f.ben, header, name))
			f.refused(name, err, row.code)
			f.talk.Unsay(f.ben)
		}
		for name, row := range posts {
			post := f.talk.Say(f.ben, name)
			row.spoil(f, &post)
			_, err := f.send(f.ben, post)
			f.refused(name, err, row.code)
			f.talk.Unsay(f.ben)
		}
		if after := f.head(f.ann); after.Seq != before.Seq || !bytes.Equal(after.LogHash, before.LogHash) {
			f.Errorf("the log went from %d to %d", before.Seq, after.Seq)
		}
		f.say(f.ben, "and the next one is accepted")
	})
}

func TestARevokedOrExpiredDeviceSendsNothing(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		f.say(f.ben, "while it was live")
		lost := *f.ben.Device
		last, err := f.room.LastAccepted(f.Context(), lost.Device)
		f.must(err)
		if len(last) != 1 || last[0].Thread != f.talk.Thread || last[0].DeviceSeq != 1 || last[0].Entry.IsZero() {
			f.Errorf("last accepted %+v", last)
		}
		f.ben.Revoke(lost.Device, last...)
		_, err = f.send(f.ben, f.talk.Say(f.ben, "from the thief"))
		f.refused("a revoked device", err, "revoked_device")

		f.w.Clock.Advance(31 * 24 * time.Hour)
		_, err = f.send(f.ann, f.talk.Say(f.ann, "from the past"))
		f.refused("an expired device", err, "revoked_device")
		stranger := f.ann.Actor()
		stranger.Device = id.Device{1}
		header := f.talk.Header(f.ann)
		header.Device = stranger.Device
		_, err = f.room.Send(f.Context(), stranger, f.talk.Seal(f.ann, header, "from nowhere"))
		f.refused("an unknown device", err, "revoked_device")
	})
}

// TestTheAuthorsLogIsTheOneInTheDatabase: what the room remembers of an author is not believed when their log has grown, whoever made it grow.
func TestTheAuthorsLogIsTheOneInTheDatabase(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		record := people.Record{Person: people.Person{ID: f.ben.ID, UserName: "ben", AddedAt: threadtest.Start}, UserFold: "ben"}
		f.must(f.db.AddPerson(f.Context(), record, audit.Event{Kind: audit.PersonAdded, At: threadtest.Start}))
		stored := 0
		persist := func() {
			f.must(f.db.Tx(f.Context(), func(tx *store.Tx) error {
				for ; stored < len(f.ben.Log()); stored++ {
					entry := f.ben.Log()[stored]
					if _, err := tx.Exec(`INSERT INTO person_log (person, seq, hash, at, entry) VALUES ($1, $2, $3, 1, $4)`,
						f.ben.ID, stored+1, entryOf(f.T, entry), entry); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		persist()
		asked := f.w.Asked()
		for n := range 3 {
			f.say(f.ben, fmt.Sprint("message ", n))
		}
		if more := f.w.Asked() - asked; more != 1 {
			f.Errorf("the log was asked for %d times", more)
		}
		old := *f.ben.Device
		f.ben.NewDevice()
		persist()
		f.say(f.ben, "from a new device")
		last, err := f.room.LastAccepted(f.Context(), old.Device)
		f.must(err)
		f.ben.Revoke(old.Device, last...)
		persist()
		thief := *f.ben
		thief.Device = &old
		_, err = f.send(&thief, f.talk.Say(&thief, "from the old one"))
		f.refused("a device that was revoked without a word to the room", err, "revoked_device")
	})
}

func TestOnlyThoseWhoMayPostDo(t *testing.T) {
	each(t, envelope.SpaceAnnouncement, func(f *ward) {
		_, err := f.send(f.ben, f.talk.Say(f.ben, "me too"))
		f.refused("a member where owners write", err, "not_entitled")
		f.say(f.ann, "to everyone")
	}, threadtest.OnlyOwnersWrite)
	each(t, envelope.SpaceSocial, func(f *ward) {
		header := f.talk.Header(f.ben)
		header.Urgency = envelope.UrgencyUrgent
		_, err := f.send(f.ben, f.talk.Seal(f.ben, header, "cake!"))
		f.refused("urgency among friends", err, "not_in_this_space")
	})
}

func TestTheSameBytesGetTheSameAnswer(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		post := f.talk.Say(f.ann, "once")
		first, err := f.send(f.ann, post)
		f.must(err)
		f.w.Clock.Advance(time.Minute)
		again, err := f.send(f.ann, post)
		f.must(err)
		found, err := f.room.Sent(f.Context(), f.ben.ID, f.talk.Thread, first.Message)
		f.must(err)
		for _, other := range []thread.Accepted{again, found} {
			if other.Seq != first.Seq || other.At != first.At || !bytes.Equal(other.LogHash, first.LogHash) || other.Message != first.Message {
				f.Errorf("%+v and %+v", first, other)
			}
		}
		if live := f.told.Entries(f.ben.ID); len(live) != int(first.Seq) {
			f.Errorf("%d entries were delivered", len(live))
		}

		header := f.talk.Header(f.ann)
		header.Message = first.Message
		_, err = f.send(f.ann, f.talk.Seal(f.ann, header, "twice"))
		f.refused("another message of the same id", err, "message_differs")
		f.talk.Unsay(f.ann)

		_, err = f.room.Sent(f.Context(), f.ben.ID, f.talk.Thread, id.New[id.Message](f.w.IDs))
		f.refused("an id that was not sent", err, "message_unknown")

		// Keys are renewed, and the answer was lost: the old bytes are still the message that was accepted.
		f.rotate(f.ben)
		late, err := f.send(f.ann, post)
		if err != nil || late.Seq != first.Seq {
			f.Errorf("after the epoch was over: %+v, %v", late, err)
		}
	})
}

func TestAStaleEpochIsRefusedAndNamed(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		check := func(why string, epoch uint32) {
			f.Helper()
			post := f.talk.Say(f.ann, why)
			_, err := f.send(f.ann, post)
			f.refused(why, err, "stale_epoch")
			if named := fault.As(err).Details()["epoch"]; named != epoch {
				f.Errorf("%s: epoch %v named", why, named)
			}
			f.talk.Unsay(f.ann)
			f.rotate(f.ann)
			f.say(f.ann, "under the new one")
		}
		old := f.talk.Epoch
		f.rotate(f.ben)
		next := f.talk.Epoch
		f.talk.Epoch = old
		_, err := f.send(f.ann, f.talk.Say(f.ann, "under the old one"))
		f.refused("another epoch since", err, "stale_epoch")
		f.talk.Unsay(f.ann)
		f.talk.Epoch = next

		f.must(f.entry(f.ann, f.talk.Add(f.ann, f.dan)))
		check("somebody was added", 2)
		f.must(f.entry(f.ann, f.talk.Remove(f.ann, f.dan)))
		check("somebody was removed", 3)
		f.w.Clock.Advance(8 * 24 * time.Hour)
		check("the record is a week old", 4)
		f.cat.NewGeneration()
		f.room.LogGrew(f.cat.ID)
		f.must(f.room.Flush(f.Context()))
		check("a member has new keys", 5)
		f.cat.NewDevice()
		f.room.LogGrew(f.cat.ID)
		f.must(f.room.Flush(f.Context()))
		f.say(f.ann, "a new device changes nothing")
		if grew := f.told.GrewFor(f.ann.ID); len(grew) != 2 || grew[0] != f.cat.ID {
			f.Errorf("told of %v", grew)
		}
		f.verify(f.ben)
	})
}

func TestAnEpochCarriesAThousandMessages(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		f.must(f.db.Tx(f.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE thread SET epoch_messages = 999`)
			return err
		}))
		f.say(f.ann, "the last one")
		_, err := f.send(f.ann, f.talk.Say(f.ann, "one too many"))
		f.refused("one more", err, "stale_epoch")
		f.talk.Unsay(f.ann)
		f.rotate(f.ann)
		f.say(f.ann, "the first one")
	})
}

// TestManyAtOnceLeaveNoGap sends from several devices at once, in several threads, and then reads the logs as a client does.
func TestManyAtOnceLeaveNoGap(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		f := newWard(t, db, envelope.SpaceTeam)
		second, post := f.w.Begin(envelope.SpaceTeam, f.ben, f.ann, f.cat)
		f.must(f.create(f.ben, post))
		const each = 25
		type line struct {
			by    *threadtest.Person
			posts []thread.Post
		}
		var lines []line
		for _, talk := range []*threadtest.Talk{f.talk, second} {
			for _, by := range []*threadtest.Person{f.ann, f.ben, f.cat} {
				l := line{by: by}
				for range each {
					l.posts = append(l.posts, talk.Say(by, "all at once"))
				}
				lines = append(lines, l)
			}
		}
		var group sync.WaitGroup
		for _, l := range lines {
			group.Go(func() {
				for _, post := range l.posts {
					if _, err := f.room.Send(context.Background(), l.by.Actor(), post); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		group.Wait()
		if log := f.verify(f.cat); log.Seq() != 4+3*each {
			t.Errorf("%d entries", log.Seq())
		}
		// What was delivered is every entry once, in the order of the log.
		next := map[id.Thread]uint64{}
		for _, entry := range f.told.Entries(f.cat.ID) {
			if next[entry.Thread]++; entry.Seq != next[entry.Thread] {
				t.Fatalf("entry %d was delivered where %d was due", entry.Seq, next[entry.Thread])
			}
		}
		if next[f.talk.Thread] != 4+3*each || next[second.Thread] != 4+3*each {
			t.Errorf("delivered %v", next)
		}
	})
}

// TestAnyOrderOfActsLeavesOneChain is a property: whatever members do, served logs are one chain, and marks and counts agree with them.
func TestAnyOrderOfActsLeavesOneChain(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	rapid.Check(t, func(rt *rapid.T) {
		f := newWard(t, db, envelope.SpaceTeam)
		unread := 0
		for range rapid.IntRange(1, 12).Draw(rt, "acts") {
			switch rapid.IntRange(0, 4).Draw(rt, "act") {
			case 0:
				f.say(f.ann, "a")
				unread++
			case 1:
				f.say(f.ben, "b")
			case 2:
				f.rotate(f.cat)
			case 3:
				var entry envelope.Object = f.talk.Add(f.ann, f.dan)
				if _, in := f.talk.Membership.Member(f.dan.ID); in {
					entry = f.talk.Remove(f.ann, f.dan)
				}
				f.must(f.entry(f.ann, entry))
				f.rotate(f.ann)
			case 4:
				f.must(f.room.MarkNow(f.Context(), f.ben.ID, f.talk.Thread, 0, f.head(f.ben).Seq))
				unread = 0
			}
		}
		log, head := f.verify(f.cat), f.head(f.ben)
		if log.Seq() != head.Seq || !bytes.Equal(log.Hash().Bytes(), head.LogHash) || head.Unread != unread {
			rt.Errorf("log of %d, head %+v, unread %d", log.Seq(), head, unread)
		}
	})
}

func TestSendsAreNoAuditEventsAndChangesAre(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		kinds := func() map[audit.Kind]int {
			rows, err := f.db.AuditLog().Waiting(f.Context(), 100)
			f.must(err)
			counted := map[audit.Kind]int{}
			for _, row := range rows {
				counted[row.Row.Kind]++
			}
			return counted
		}
		before := kinds()
		f.say(f.ann, "no event")
		f.must(f.entry(f.ann, f.talk.Add(f.ann, f.dan)))
		f.rotate(f.ann)
		after := kinds()
		if before[audit.ThreadCreated] != 1 || after[audit.ThreadCreated] != 1 || after[audit.Membership] != 1 || after[audit.Epoch] != 1 || len(after) != 3 {
			f.Errorf("%v, then %v", before, after)
		}
	})
}
