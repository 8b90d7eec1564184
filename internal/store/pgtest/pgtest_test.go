package pgtest_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/internal/store/pgtest"
)

func TestEachTestHasASchemaOfItsOwn(t *testing.T) {
	ctx := context.Background()
	for range 2 {
		conn := connect(t, pgtest.DSN(t))
		if _, err := conn.Exec(ctx, "CREATE TABLE mark (n BIGINT)"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOwnClusterKeepsWhatWasCommittedThroughACrash(t *testing.T) {
	ctx := context.Background()
	c := pgtest.Own(t, pgtest.Options{Sync: true})
	dsn, err := c.Schema(ctx)
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, dsn)
	if _, err := conn.Exec(ctx, "CREATE TABLE mark AS SELECT 7 AS n"); err != nil {
		t.Fatal(err)
	}
	if err := c.Crash(); err != nil {
		t.Fatal(err)
	}
	if err := conn.Ping(ctx); err == nil {
		t.Fatal("a connection outlived the crash")
	}
	if err := c.Restart(); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := connect(t, dsn).QueryRow(ctx, "SELECT n FROM mark").Scan(&n); err != nil || n != 7 {
		t.Fatalf("after the crash: %d, %v", n, err)
	}
}

// TestClusterGoesWhenItsProcessIsKilled runs this test binary again as a child that starts a cluster, prints
// where, and waits to be killed.
func TestClusterGoesWhenItsProcessIsKilled(t *testing.T) {
	const child = "WARDLINE_PGTEST_CHILD"
	if os.Getenv(child) != "" {
		c, err := pgtest.Start(pgtest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString(c.DSN() + "\n")
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), child+"=1", pgtest.Variable+"=")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 4096)
	n, err := out.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	dsn := strings.TrimSpace(string(buffer[:n]))
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	if err := connect(t, dsn).Ping(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()

	deadline := time.Now().Add(30 * time.Second)
	for {
		if _, err := os.Stat(config.Host); os.IsNotExist(err) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there", config.Host)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}
