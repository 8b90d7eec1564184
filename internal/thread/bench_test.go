package thread_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/pgtest"
	"github.com/wardline/wardline/internal/store/shredstore"
	"github.com/wardline/wardline/internal/store/storetest"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/thread/threadtest"
)

// BenchmarkSend is the closed loop of docs: 32 senders in 20 threads of 50 members, each sending its next message when the last one is
// acknowledged, with writes synced to disk on both databases. Messages are sealed beforehand; delivery is counted and not made.
func BenchmarkSend(b *testing.B) {
	for _, kind := range []struct {
		name  string
		fresh func(*testing.B) string
	}{
		{"sqlite", func(b *testing.B) string { return storetest.SQLite(b) }},
		{"postgres", func(b *testing.B) string {
			dsn, err := pgtest.Own(b, pgtest.Options{Sync: true}).Schema(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			return dsn
		}},
	} {
		b.Run(kind.name, func(b *testing.B) {
			w := threadtest.NewWith(b, func(p *envelope.Policy) { p.RotateAfterMessages = math.MaxUint32 })
			counter := &deliveries{}
			halves, err := shredstore.Open(b.Context(), storetest.SQLite(b))
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { halves.Close() })
			db := storetest.Open(b, kind.fresh(b))
			room := w.RoomOn(db, halves.Halves(), counter)
			sendAll(b, w, room, db, counter)
		})
	}
}

const (
	benchSenders = 32
	benchThreads = 20
	benchMembers = 50
)

func sendAll(b *testing.B, w *threadtest.World, room *thread.Service, db *store.DB, counter *deliveries) {
	people := make([]*threadtest.Person, benchMembers)
	for n := range people {
		people[n] = w.Enrol(fmt.Sprint("Person ", n))
	}
	talks := make([]*threadtest.Talk, benchThreads)
	for n := range talks {
		talk, post := w.Begin(envelope.SpaceTeam, people[0], people[1:]...)
		if _, _, err := room.Create(b.Context(), people[0].Actor(), post); err != nil {
			b.Fatal(err)
		}
		talks[n] = talk
	}
	text := string(make([]byte, 250))
	posts := make([][]thread.Post, benchSenders)
	for n := range b.N {
		sender := n % benchSenders
		posts[sender] = append(posts[sender], talks[sender%benchThreads].Say(people[sender], text))
	}
	runtime.GC()
	before := cpu()
	counter.sent.Store(0)
	b.ResetTimer()
	var group sync.WaitGroup
	for n := range posts {
		group.Go(func() {
			for _, post := range posts[n] {
				if _, err := room.Send(context.Background(), people[n].Actor(), post); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric((cpu()-before).Seconds()*1000/float64(counter.sent.Load()), "cpu-s/1000-deliveries")
	if transactions, _ := db.Grouped(); transactions > 0 {
		b.ReportMetric(float64(transactions)/float64(b.N), "commits/message")
	}
}

// deliveries counts what a hub would write.
type deliveries struct {
	threadtest.Told
	sent atomic.Int64
}

// Publish implements thread.Publisher.
func (d *deliveries) Publish(_ id.Thread, people []id.Person, _ []byte) {
	d.sent.Add(int64(len(people)))
}

// cpu is what this process has used.
func cpu() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkCatchUp is one of many who come back: a page of a hundred messages with their halves, as it goes to the socket.
func BenchmarkCatchUp(b *testing.B) {
	w := threadtest.New(b)
	halves, err := shredstore.Open(b.Context(), storetest.SQLite(b))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { halves.Close() })
	room := w.RoomOn(storetest.Open(b, storetest.SQLite(b)), halves.Halves(), &deliveries{})
	ann, ben := w.Enrol("Ann"), w.Enrol("Ben")
	talk, post := w.Begin(envelope.SpaceTeam, ann, ben)
	if _, _, err := room.Create(b.Context(), ann.Actor(), post); err != nil {
		b.Fatal(err)
	}
	for range 100 {
		if _, err := room.Send(b.Context(), ann.Actor(), talk.Say(ann, string(make([]byte, 250)))); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		page, err := room.Log(b.Context(), ben.ID, talk.Thread, 3, 500)
		if err != nil || len(page.Entries) != 100 {
			b.Fatal(len(page.Entries), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/100, "us/entry")
}
