package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/pgtest"
	"github.com/wardline/wardline/internal/store/storetest"
)

// TestAcknowledgedSurvivesKill runs this test binary again as a child that writes through Group and prints the number
// of each write when it is acknowledged, kills it in the middle (and, on PostgreSQL, the server with it), and finds
// every number that was printed.
func TestAcknowledgedSurvivesKill(t *testing.T) {
	const child = "WARDLINE_STORE_CHILD"
	if dsn := os.Getenv(child); dsn != "" {
		writeForEver(t, dsn)
	}
	for _, kind := range []struct {
		name  string
		start func(t *testing.T) (dsn string, crash, restart func() error)
	}{
		{"sqlite", func(t *testing.T) (string, func() error, func() error) {
			nothing := func() error { return nil }
			return storetest.SQLite(t), nothing, nothing
		}},
		{"postgres", func(t *testing.T) (string, func() error, func() error) {
			cluster := pgtest.Own(t, pgtest.Options{Sync: true})
			dsn, err := cluster.Schema(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return dsn, cluster.Crash, cluster.Restart
		}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			dsn, crash, restart := kind.start(t)
			db, err := store.Open(t.Context(), dsn)
			if err != nil {
				t.Fatal(err)
			}
			write(t, db, bed)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}

			var acknowledged []string
			for round := range 2 {
				cmd := exec.Command(os.Args[0], "-test.run=^TestAcknowledgedSurvivesKill$")
				cmd.Env = append(os.Environ(), child+"="+dsn, fmt.Sprintf("WARDLINE_STORE_ROUND=%d", round))
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				lines := bufio.NewScanner(out)
				for n := 0; lines.Scan(); n++ {
					acknowledged = append(acknowledged, lines.Text())
					if n == 200 {
						if err := crash(); err != nil {
							t.Error(err)
						}
						if err := cmd.Process.Kill(); err != nil {
							t.Error(err)
						}
					}
				}
				cmd.Wait()
				if err := restart(); err != nil {
					t.Fatal(err)
				}
			}

			there := map[string]bool{}
			err = storetest.Open(t, dsn).Read(t.Context()).Each(`SELECT label FROM bed`, nil, func(row store.Scanner) error {
				var label string
				err := row.Scan(&label)
				there[label] = true
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			lost := 0
			for _, label := range acknowledged {
				if !there[label] {
					lost++
				}
			}
			if lost > 0 || len(acknowledged) < 400 {
				t.Errorf("%d of %d acknowledged writes were lost", lost, len(acknowledged))
			}
		})
	}
}

func writeForEver(t *testing.T, dsn string) {
	db, err := store.Open(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for writer := range 16 {
		group.Go(func() {
			for n := 0; ; n++ {
				label := strings.Join([]string{os.Getenv("WARDLINE_STORE_ROUND"), fmt.Sprint(writer), fmt.Sprint(n)}, "-")
				err := db.Group(context.Background(), func(tx *store.Tx) error {
					_, err := tx.Exec(addBed, []byte(label), label, true, 0, nil)
					return err
				})
				if err == nil {
					os.Stdout.WriteString(label + "\n")
				}
			}
		})
	}
	group.Wait()
}

// TestThePoolOutlivesTheServer has connections die in the pool, and expects nobody to notice once the server is back.
func TestThePoolOutlivesTheServer(t *testing.T) {
	cluster := pgtest.Own(t, pgtest.Options{Sync: true})
	dsn, err := cluster.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db := storetest.Open(t, dsn)
	write(t, db, bed)
	var group, open sync.WaitGroup
	open.Add(8)
	for range 8 { // eight connections in the pool
		group.Go(func() {
			err := db.View(t.Context(), func(v *store.View) error {
				open.Done()
				open.Wait()
				return v.Row(`SELECT 1`).Scan(new(int))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()

	restart := func(meanwhile func()) {
		t.Helper()
		if err := cluster.Crash(); err != nil {
			t.Fatal(err)
		}
		meanwhile()
		if err := cluster.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	restart(func() {})
	for n := range 8 {
		if got := count(t, db); got != n {
			t.Errorf("%d rows after %d writes", got, n)
		}
		write(t, db, addBed, []byte{byte(n)}, fmt.Sprint(n), true, 0, nil)
	}
	restart(func() {
		if err := db.Ping(t.Context()); fault.As(err).Kind() != fault.Unavailable {
			t.Errorf("with the server away: %v", err)
		}
		if err := db.Group(t.Context(), func(*store.Tx) error { return nil }); fault.As(err).Kind() != fault.Unavailable {
			t.Errorf("with the server away: %v", err)
		}
	})
	if err := db.Group(t.Context(), func(*store.Tx) error { return nil }); err != nil {
		t.Error(err)
	}
}
