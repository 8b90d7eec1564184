package thread_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/shredstore"
	"github.com/wardline/wardline/internal/store/storetest"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/thread/threadtest"
)

// killedVariable makes this test binary a server that sends to itself until it is killed. It carries the addresses of its two databases.
const killedVariable = "WARDLINE_TEST_KILLED"

func TestMain(m *testing.M) {
	if addresses := os.Getenv(killedVariable); addresses != "" {
		main, halves, _ := strings.Cut(addresses, "\n")
		sendUntilKilled(main, halves)
	}
	os.Exit(m.Run())
}

// outside is what threadtest needs of a test where there is none.
type outside struct{ testing.TB }

func (outside) Helper() {}

func (outside) Fatal(args ...any) {
	fmt.Fprintln(os.Stderr, args...)
	os.Exit(1)
}

func sendUntilKilled(main, halvesAt string) {
	ctx, t := context.Background(), outside{}
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := store.Open(ctx, main)
	check(err)
	halves, err := shredstore.Open(ctx, halvesAt)
	check(err)
	w := threadtest.New(t)
	room := w.RoomOn(db, halves.Halves(), &threadtest.Told{})
	people := []*threadtest.Person{w.Enrol("Ann"), w.Enrol("Ben"), w.Enrol("Cat"), w.Enrol("Dan")}
	talk, post := w.Begin(envelope.SpaceTeam, people[0], people[1:]...)
	_, _, err = room.Create(ctx, people[0].Actor(), post)
	check(err)
	var mu sync.Mutex
	fmt.Println("thread", talk.Thread)
	for _, person := range people {
		go func() {
			for {
				mu.Lock()
				post := talk.Say(person, "am I there?")
				mu.Unlock()
				accepted, err := room.Send(ctx, person.Actor(), post)
				check(err)
				mu.Lock()
				fmt.Println("accepted", accepted.Seq, accepted.Message)
				mu.Unlock()
			}
		}()
	}
	select {}
}

// TestKilledInTheMiddleOfSends kills a server with SIGKILL while it accepts messages, and looks for every message that it had
// acknowledged: it is in the log, the log is one chain, and its half is there. What is left over are halves, which are swept.
func TestKilledInTheMiddleOfSends(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		halvesAt := filepath.Join(t.TempDir(), "halves.db")
		for _, acknowledged := range []int{1, 17, 60} {
			in, accepted := killAfter(t, dsn, halvesAt, acknowledged)
			db := storetest.Open(t, dsn)
			halves, err := shredstore.Open(t.Context(), halvesAt)
			if err != nil {
				t.Fatal(err)
			}
			found := wholeLog(t, db, halves, in)
			for seq, message := range accepted {
				if found[seq] != message {
					t.Errorf("message %v was acknowledged at %d and is not there", message, seq)
				}
			}
			room := thread.New(thread.Options{
				Store: db.Threads(), Halves: halves.Halves(), Clock: clock.NewManual(threadtest.Start.Add(24 * time.Hour)),
			})
			if swept, err := room.SweepHalves(t.Context()); err != nil || swept > 4 {
				t.Errorf("%d halves were left over by four senders, %v", swept, err)
			}
			if again := wholeLog(t, db, halves, in); len(again) != len(found) {
				t.Errorf("sweeping left %d messages of %d", len(again), len(found))
			}
			if err := halves.Close(); err != nil {
				t.Error(err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// killAfter runs a server and kills it after so many acknowledgements. It returns what was acknowledged, by seq.
func killAfter(t *testing.T, dsn, halvesAt string, acknowledged int) (id.Thread, map[uint64]id.Message) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), killedVariable+"="+dsn+"\n"+halvesAt)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var in id.Thread
	accepted := map[uint64]id.Message{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var seq uint64
		var name string
		if text, ok := strings.CutPrefix(lines.Text(), "thread "); ok {
			if in, err = id.ParseDigest[id.Thread](text); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if _, err := fmt.Sscanf(lines.Text(), "accepted %d %s", &seq, &name); err != nil {
			break // cut off by the kill
		}
		if accepted[seq], err = id.Parse[id.Message](name); err != nil {
			delete(accepted, seq)
			break
		}
		if len(accepted) == acknowledged {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the server ended by itself")
	}
	if len(accepted) < acknowledged {
		t.Fatalf("%d messages were acknowledged", len(accepted))
	}
	return in, accepted
}

// wholeLog checks the chain and the halves of a log, and returns its messages by seq.
func wholeLog(t *testing.T, db *store.DB, halves *shredstore.Store, in id.Thread) map[uint64]id.Message {
	t.Helper()
	entries, err := db.Threads().Entries(t.Context(), in, 0, 1<<40, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	log, found := envelope.NewThreadLog(in), map[uint64]id.Message{}
	for _, entry := range entries {
		served := &envelope.LogEntry{Thread: in, Seq: entry.Seq, Kind: entry.Kind, At: envelope.TimeOf(entry.At), LogHash: entry.LogHash, Body: entry.Body}
		if _, err := log.Append(served); err != nil {
			t.Fatalf("entry %d: %v", entry.Seq, err)
		}
		if entry.Kind != envelope.EntryMessage {
			continue
		}
		ref := thread.HalfRef{Thread: in, Message: entry.Message, Commit: entry.Commitment}
		if got, err := halves.Halves().Get(t.Context(), in, []thread.HalfRef{ref}); err != nil || len(got) != 1 {
			t.Errorf("message %d has no half (%v)", entry.Seq, err)
		}
		found[entry.Seq] = entry.Message
	}
	return found
}
