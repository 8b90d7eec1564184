package live_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/live"
	"github.com/wardline/wardline/internal/thread"
)

// BenchmarkDelivery publishes entries of 600 bytes to 50 of 1,000 sockets at a time, whose other ends throw away what comes. What the ends cost
// is in the figure, so it is above the server's own.
func BenchmarkDelivery(b *testing.B) {
	const sockets, members = 1000, 50
	hub, people, received := crowd(b, sockets)
	entry := make([]byte, 600)
	before := used()
	b.ResetTimer()
	for n := range b.N {
		at := n * members % sockets
		hub.Publish(id.Thread{}, people[at:at+members], entry)
		if n%64 == 63 {
			time.Sleep(time.Millisecond) // the pace of commits, or the queues would only fill
		}
	}
	want := int64(b.N) * members * (600 + 4)
	for received() < want {
		time.Sleep(time.Millisecond)
	}
	b.StopTimer()
	deliveries := float64(b.N) * members
	b.ReportMetric((used()-before).Seconds()*1000/deliveries, "cpu-s/1000-deliveries")
	b.ReportMetric(deliveries/b.Elapsed().Seconds(), "deliveries/s")
}

// crowd connects people over loopback, one socket each, with plain readers.
func crowd(b *testing.B, sockets int) (*live.Hub, []id.Person, func() int64) {
	b.Helper()
	hub := live.New(live.Options{Sessions: anyone{}, Origin: "https://wardline.test"})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: hub, ReadHeaderTimeout: time.Minute}
	go server.Serve(listener)
	b.Cleanup(func() {
		hub.Close()
		server.Close()
	})
	counts := make([]counter, sockets)
	people := make([]id.Person, sockets)
	for n := range people {
		people[n] = id.Person{byte(n >> 8), byte(n), 1}
		ticket, err := hub.Ticket(thread.Actor{Person: people[n], Session: id.Session(people[n])})
		if err != nil {
			b.Fatal(err)
		}
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { conn.Close() })
		fmt.Fprintf(conn, "GET /v1/live?ticket=%s HTTP/1.1\r\nHost: wardline.test\r\nOrigin: https://wardline.test\r\nUpgrade: websocket\r\n"+
			"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", ticket)
		answer := make([]byte, 0, 512)
		for !strings.HasSuffix(string(answer), "\r\n\r\n") {
			one := make([]byte, 1)
			if _, err := conn.Read(one); err != nil {
				b.Fatal(err)
			}
			answer = append(answer, one...)
		}
		if !strings.HasPrefix(string(answer), "HTTP/1.1 101") {
			b.Fatalf("%s", answer)
		}
		go io.Copy(&counts[n], conn)
	}
	return hub, people, func() (all int64) {
		for n := range counts {
			all += counts[n].n.Load()
		}
		return all
	}
}

func used() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// counter counts what is written to it.
type counter struct{ n atomic.Int64 }

// Write implements io.Writer.
func (c *counter) Write(b []byte) (int, error) {
	c.n.Add(int64(len(b)))
	return len(b), nil
}

// anyone is sessions that are always good.
type anyone struct{}

// Session implements live.Sessions.
func (anyone) UsedTwice(context.Context, id.Session) error { return nil }

func (anyone) Session(_ context.Context, session id.Session, _ bool) (identity.Session, error) {
	return identity.Session{ID: session}, nil
}
