package thread_test

import (
	"context"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

func TestMarksOnlyEverRise(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		f.say(f.ann, "one")
		f.say(f.ann, "two")
		mark := func() thread.Mark {
			marks, err := f.room.Marks(f.Context(), f.ann.ID, f.talk.Thread)
			f.must(err)
			for _, m := range marks {
				if m.Person == f.ben.ID {
					return m
				}
			}
			return thread.Mark{}
		}
		f.must(f.room.MarkNow(f.Context(), f.ben.ID, f.talk.Thread, 6, 0))
		reached := f.w.Clock.Now().UnixMilli()
		if m := mark(); m.ReachedSeq != 6 || m.ReachedAt != reached || m.SeenSeq != 2 || m.SeenAt != 0 {
			f.Errorf("reached: %+v", m)
		}
		f.w.Clock.Advance(time.Minute)
		f.must(f.room.MarkNow(f.Context(), f.ben.ID, f.talk.Thread, 0, 5))
		seen := f.w.Clock.Now().UnixMilli()
		for _, late := range []struct{ reached, seen uint64 }{{4, 0}, {0, 4}, {99, 0}, {0, 99}} {
			f.must(f.room.MarkNow(f.Context(), f.ben.ID, f.talk.Thread, late.reached, late.seen))
		}
		if m := mark(); m.ReachedSeq != 6 || m.ReachedAt != reached || m.SeenSeq != 5 || m.SeenAt != seen {
			f.Errorf("seen: %+v", m)
		}
		if head := f.head(f.ben); head.SeenSeq != 5 || head.Unread != 1 {
			f.Errorf("head %+v", head)
		}
		told := f.told.MarksFor(f.ann.ID)
		if len(told) != 2 || told[1].SeenSeq != 5 || told[1].Person != f.ben.ID {
			f.Errorf("told %+v", told)
		}
		if told := f.told.MarksFor(f.dan.ID); len(told) != 0 {
			f.Errorf("an outsider was told %+v", told)
		}
	})
}

func TestManyMarksAreOne(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		for range 20 {
			f.say(f.ann, "many")
		}
		for seq := uint64(5); seq <= 24; seq++ {
			f.room.Mark(f.ben.ID, f.talk.Thread, seq, 0)
		}
		f.room.Mark(f.dan.ID, f.talk.Thread, 24, 24)
		f.room.Mark(f.ben.ID, id.Thread{1}, 24, 24)
		f.must(f.room.Flush(f.Context()))
		if told := f.told.MarksFor(f.ann.ID); len(told) != 1 || told[0].ReachedSeq != 24 || told[0].SeenSeq != 2 {
			f.Errorf("told %+v", told)
		}
	})
}

func TestWhatIsPendingIsWrittenAtTheEnd(t *testing.T) {
	each(t, envelope.SpaceTeam, func(f *ward) {
		ctx, stop := context.WithCancel(f.Context())
		done := make(chan struct{})
		f.room.Mark(f.ben.ID, f.talk.Thread, 0, 4)
		stop()
		go func() {
			defer close(done)
			f.room.Run(ctx)
		}()
		<-done
		if told := f.told.MarksFor(f.ann.ID); len(told) != 1 || told[0].SeenSeq != 4 {
			f.Errorf("told %+v", told)
		}
	})
}
