// Package pgtest gives tests a real PostgreSQL: a throwaway cluster that is started on first use and goes
// away with the test process, and in it an empty schema for every test.
//
//   - pgtest.go   what tests call: DSN and Own
//   - cluster.go  starting, crashing, restarting and removing a cluster
//   - cmd/        runs a command with one cluster shared by all the test binaries under it
//
// Invariants: a test never skips because PostgreSQL is missing, it fails and says how to install it; a
// cluster outlives the process that started it by no more than its own shutdown, even when that process is
// killed, because the supervising shell sees its standard input close; two tests never share a schema.
package pgtest

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"testing"
)

// Variable names the environment variable that carries the address of a cluster that is already running
// (cmd/ sets it). Without it each test process starts a cluster of its own.
const Variable = "WARDLINE_TEST_POSTGRES"

// DSN returns the address of a new, empty schema, which is dropped when the test ends. The cluster behind it
// does not sync to disk: use Own with Sync for a test that kills something.
func DSN(t testing.TB) string {
	t.Helper()
	base, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	dsn, drop, err := newSchema(context.Background(), base)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Errorf("dropping the test's schema: %v", err)
		}
	})
	return dsn
}

// Own starts a cluster for this test alone and removes it when the test ends.
func Own(t testing.TB, options Options) *Cluster {
	t.Helper()
	c, err := Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("removing the test's cluster: %v", err)
		}
	})
	return c
}

// shared returns the address of the cluster that every test of this process uses. Nobody closes it: see the
// package's second invariant.
var shared = sync.OnceValues(func() (string, error) {
	if dsn := os.Getenv(Variable); dsn != "" {
		return dsn, nil
	}
	c, err := Start(Options{})
	if err != nil {
		return "", err
	}
	kept.Store(c)
	return c.DSN(), nil
})

// kept holds on to the shared cluster: were it collected, so would be the pipe that keeps it alive.
var kept atomic.Pointer[Cluster]
