package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
	"github.com/wardline/wardline/internal/thread"
)

var threadStart = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func numbered[T ~[16]byte](n int) T {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return T(sum[:16])
}

// startThread makes a thread of two people. The store does not read what it keeps, so the bodies need not be objects.
func startThread(t *testing.T, db *store.DB, n int) id.Thread {
	t.Helper()
	in := id.Thread{1, byte(n)}
	creation := thread.Creation{
		State:   thread.State{Thread: in, Space: envelope.SpaceTeam, AddBy: 1, PostBy: 2, Creator: numbered[id.Person](1), MembershipHead: id.Hash(in)},
		Entries: []thread.NewEntry{{Kind: envelope.EntryCreate, Hash: id.Hash(in), Device: numbered[id.Device](1), Body: []byte("create")}},
		Members: []thread.Member{
			{Person: numbered[id.Person](1), MemberRole: envelope.RoleOwner, JoinedSeq: 1},
			{Person: numbered[id.Person](2), MemberRole: envelope.RoleMember, JoinedSeq: 1},
		},
		At: threadStart,
	}
	event := audit.Event{Kind: audit.ThreadCreated, Subject: audit.About(in), At: threadStart}
	if err := db.Threads().CreateThread(t.Context(), creation, event, func(thread.Written) {}); err != nil {
		t.Fatal(err)
	}
	return in
}

// message is the n-th of a device in a thread.
func message(in id.Thread, device, n int) thread.NewMessage {
	name := device*1_000_000 + n
	return thread.NewMessage{
		Header: envelope.Header{
			Thread: in, Person: numbered[id.Person](1), Device: numbered[id.Device](device), DeviceSeq: uint64(n), Message: numbered[id.Message](name),
			Kind: envelope.KindText, ShredCommit: sha256.Sum256(fmt.Append(nil, name)),
		},
		Hash: sha256.Sum256(fmt.Append(nil, in, name)), Body: fmt.Append(nil, "message ", name), At: threadStart,
	}
}

// TestMessagesThatWaitTogether: each sees those before it, one that is refused leaves no trace, and the rows agree with the chain. The
// counts cross every size of piece that queries are made of.
func TestMessagesThatWaitTogether(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		errRefused := errors.New("refused")
		for round, count := range []int{1, 2, 3, 5, 31, 64, 97} {
			one, other := startThread(t, db, 2*round), startThread(t, db, 2*round+1)
			var messages []thread.NewMessage
			for n := range count {
				messages = append(messages, message(one, 1, n+1), message(other, 1+n%3, n/3+1))
			}
			refused, unknown := len(messages), len(messages)+1
			messages = append(messages, message(one, 9, 1), message(id.Thread{9}, 1, 1), messages[0])
			var told []uint64
			answers, err := db.Threads().AddTogether(messages, func(n int, s thread.Standing) (bool, error) {
				h := messages[n].Header
				switch {
				case n == refused:
					return false, errRefused
				case s.There != nil:
					return false, thread.ErrAlreadyThere
				case s.DeviceSeq != h.DeviceSeq-1:
					return false, fmt.Errorf("device %v is at %d before %d", h.Device, s.DeviceSeq, h.DeviceSeq)
				}
				return n == 0, nil
			}, func(n int, w thread.Written) {
				if w.State.Thread == one {
					told = append(told, w.Entries[0].Seq)
				}
				if n == 0 && len(w.Members) != 2 {
					t.Errorf("%d members", len(w.Members))
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			for n, answer := range answers {
				switch {
				case n == refused && errors.Is(answer.Err, errRefused), n == unknown && errors.Is(answer.Err, thread.ErrUnknown):
				case n > unknown && answer.Err == nil && answer.Entry.Seq == 2:
				case n >= refused || answer.Err != nil || answer.Entry.Seq != uint64(n/2+2):
					t.Errorf("round %d: message %d at %d, %v", round, n, answer.Entry.Seq, answer.Err)
				}
			}
			for n, seq := range told {
				if seq != uint64(n+2) {
					t.Fatalf("told of %d as number %d", seq, n)
				}
			}
			for _, in := range []id.Thread{one, other} {
				chained(t, db, in, uint64(count)+1)
			}
			last, err := db.Threads().LastAccepted(t.Context(), numbered[id.Device](9))
			if err != nil || len(last) != 0 {
				t.Errorf("the refused message left %v, %v", last, err)
			}
		}
	})
}

// chained checks a log's hashes against its head.
func chained(t *testing.T, db *store.DB, in id.Thread, length uint64) {
	t.Helper()
	entries, err := db.Threads().Entries(t.Context(), in, 0, 1<<40, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var hash id.Hash
	for n, entry := range entries {
		hash = envelope.LogHash(in, uint64(n+1), hash, entry.Hash)
		if entry.Seq != uint64(n+1) || entry.LogHash != hash {
			t.Fatalf("entry %d of %v does not follow", entry.Seq, in)
		}
	}
	state, _, err := db.Threads().Place(t.Context(), in, numbered[id.Person](1))
	if err != nil || state.Seq != length || uint64(len(entries)) != length || state.LogHash != hash || uint64(state.EpochMessages) != length-1 {
		t.Errorf("the head is at %d of %d (%d messages), %v", state.Seq, len(entries), state.EpochMessages, err)
	}
}

// TestAMessageThatCannotBeWrittenFailsAlone: an id that was admitted twice breaks a unique index, and takes nobody with it.
func TestAMessageThatCannotBeWrittenFailsAlone(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		in := startThread(t, db, 1)
		threads := db.Threads()
		anything := func(thread.Standing) (bool, error) { return false, nil }
		if _, err := threads.AddMessage(t.Context(), message(in, 1, 1), anything, func(thread.Written) {}); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		errs := make([]error, 20)
		for n := range errs {
			group.Go(func() {
				made := message(in, 2, n+1)
				if n%5 == 0 {
					made.Header.Message = message(in, 1, 1).Header.Message
				}
				_, errs[n] = threads.AddMessage(context.Background(), made, anything, func(thread.Written) {})
			})
		}
		group.Wait()
		for n, err := range errs {
			if (err != nil) != (n%5 == 0) {
				t.Errorf("message %d: %v", n, err)
			}
		}
		chained(t, db, in, 18)
	})
}

func TestAPanicBelongsToWhoeverCausedIt(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	in := startThread(t, db, 1)
	threads := db.Threads()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		threads.AddMessage(t.Context(), message(in, 1, 1), func(thread.Standing) (bool, error) { panic("a bug") }, func(thread.Written) {})
	}()
	if _, err := threads.AddMessage(t.Context(), message(in, 1, 1), func(thread.Standing) (bool, error) { return false, nil }, func(thread.Written) {}); err != nil {
		t.Error(err)
	}
}

func TestWhoGivesUpBeforeTheirTurnIsNotWritten(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	in := startThread(t, db, 1)
	threads := db.Threads()
	begun, release := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		_, err := threads.AddMessage(context.Background(), message(in, 1, 1), func(thread.Standing) (bool, error) {
			close(begun)
			<-release
			return false, nil
		}, func(thread.Written) {})
		if err != nil {
			t.Error(err)
		}
	})
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := threads.AddMessage(ctx, message(in, 1, 2), nil, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	waiting, stop := context.WithCancel(t.Context())
	group.Go(func() {
		_, err := threads.AddMessage(waiting, message(in, 1, 2), func(thread.Standing) (bool, error) { return false, nil }, func(thread.Written) {})
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	stop()
	close(release)
	group.Wait()
}
