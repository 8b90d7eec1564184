package thread_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/thread/threadtest"
)

// brokenStore fails every message after its half is durable, as a crash between the two databases does.
type brokenStore struct {
	thread.Store
	broken bool
}

var errCrash = errors.New("crash")

func (b *brokenStore) AddMessage(ctx context.Context, m thread.NewMessage, admit func(thread.Standing) (bool, error), done func(thread.Written)) (
	thread.StoredEntry, error) {
	if b.broken {
		return thread.StoredEntry{}, errCrash
	}
	return b.Store.AddMessage(ctx, m, admit, done)
}

func TestACrashBetweenTheStoresLosesNothing(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		crashing := &brokenStore{Store: f.db.Threads(), broken: true}
		room := thread.New(thread.Options{
			Store: crashing, Halves: f.halves.Halves(), Keys: f.w, Staff: f.w, Links: f.w, Publisher: f.told, Remover: f.w.Remover(), Clock: f.w.Clock,
		})
		first, second := f.talk.Say(f.ann, "never sent again"), f.talk.Say(f.ben, "sent again")
		for _, post := range []struct {
			by   *threadtest.Person
			post thread.Post
		}{{f.ann, first}, {f.ben, second}} {
			if _, err := room.Send(f.Context(), post.by.Actor(), post.post); !errors.Is(err, errCrash) {
				f.Fatal(err)
			}
		}
		if f.head(f.ann).Seq != 4 || len(f.told.Entries(f.cat.ID)) != 4 {
			f.Error("something was written or delivered")
		}
		// The outbox sends the same bytes once more.
		accepted, err := f.send(f.ben, second)
		f.must(err)
		if swept, err := f.room.SweepHalves(f.Context()); err != nil || swept != 0 {
			f.Errorf("swept %d at once, %v", swept, err)
		}
		f.w.Clock.Advance(time.Hour + time.Minute)
		if swept, err := f.room.SweepHalves(f.Context()); err != nil || swept != 1 {
			f.Errorf("swept %d after an hour, %v", swept, err)
		}
		entries := f.log(f.cat)
		if last := entries[len(entries)-1]; last.Seq != accepted.Seq || last.Half == nil {
			f.Error("the half of the message that came was swept")
		}
		// And even the first can still be sent: its half is put again.
		if _, err := f.send(f.ann, first); err != nil {
			f.Error(err)
		}
	})
}

func TestADestroyedMessageIsATombstoneAndStaysOne(t *testing.T) {
	each(t, envelope.SpacePatient, func(f *ward) {
		f.confirm(f.ann)
		header := f.talk.Header(f.ann)
		header.Kind = envelope.KindDecision
		post := f.talk.Seal(f.ann, header, "Start heparin")
		sent, err := f.send(f.ann, post)
		f.must(err)
		f.say(f.ann, "and this follows it")
		if head := f.head(f.ben); head.Unfiled != 1 || head.Unread != 3 {
			f.Errorf("head %+v", head)
		}
		was := f.log(f.ben)[sent.Seq-1]
		f.destroy(sent, header, was)
		now := f.log(f.ben)[sent.Seq-1]
		if now.Kind != envelope.EntryTombstone || now.Half != nil || now.LogHash != was.LogHash {
			f.Errorf("served as %v", now.Kind)
		}
		f.verify(f.ben)
		if head := f.head(f.ben); head.Unfiled != 0 || head.Unread != 2 {
			f.Errorf("head %+v", head)
		}
		f.must(f.room.Redeliver(f.Context(), f.talk.Thread, []id.Message{sent.Message}))
		live := f.told.Entries(f.cat.ID)
		if last := live[len(live)-1]; last.Kind != envelope.EntryTombstone || last.Seq != sent.Seq {
			f.Errorf("delivered %v", last.Kind)
		}
		// Somebody who kept the bytes sends them again.
		again, err := f.send(f.ann, post)
		if err != nil || again.Seq != sent.Seq {
			f.Errorf("%+v, %v", again, err)
		}
		if f.log(f.ben)[sent.Seq-1].Half != nil {
			f.Error("the half is served again")
		}
		f.w.Clock.Advance(2 * time.Hour)
		if swept, err := f.room.SweepHalves(f.Context()); err != nil || swept != 0 {
			f.Errorf("the half was there: %d, %v", swept, err)
		}
	})
}

// destroy does to a message what the retention room does.
func (f *ward) destroy(sent thread.Accepted, h envelope.Header, was *envelope.LogEntry) {
	f.Helper()
	message, err := envelope.Parse[envelope.Message](was.Body)
	f.must(err)
	entry, err := envelope.Hash(&envelope.MessageDigest{
		Header: message.Header, Commitment: message.Commitment, Ciphertext: envelope.HashLabel("ciphertext", message.Ciphertext),
	})
	f.must(err)
	tombstone, err := envelope.Encode(&envelope.Tombstone{
		Thread: f.talk.Thread, Entry: entry, Message: h.Message, Person: h.Person, Device: h.Device, DeviceSeq: h.DeviceSeq, Time: h.Time,
		Kind: uint8(h.Kind), Destroyed: h.Time, Reason: envelope.DestroyFiled,
	})
	f.must(err)
	f.must(f.db.Tx(f.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE thread_log SET state = 2, body = $1, unfiled = FALSE WHERE thread = $2 AND message = $3`,
			tombstone, f.talk.Thread, sent.Message)
		return err
	}))
	full, err := envelope.Parse[envelope.Header](message.Header)
	f.must(err)
	f.must(f.halves.Halves().Delete(f.Context(), thread.HalfRef{Thread: f.talk.Thread, Message: h.Message, Commit: full.ShredCommit}))
}
