package store_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/pgtest"
	"github.com/wardline/wardline/internal/store/storetest"
)

// BenchmarkCommit compares a transaction for each write with grouped ones, both synced to disk, from 1 to 256
// callers. An operation is what a message send needs: take a sequence number, insert a row of 400 bytes.
func BenchmarkCommit(b *testing.B) {
	for _, kind := range []struct {
		name  string
		fresh func(b *testing.B) string
	}{
		{"sqlite", func(b *testing.B) string { return storetest.SQLite(b) }},
		{"postgres", func(b *testing.B) string {
			dsn, err := durable(b).Schema(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			return dsn
		}},
	} {
		for _, callers := range []int{1, 32, 256} {
			for _, way := range []struct {
				name string
				run  func(*store.DB) func(context.Context, func(*store.Tx) error) error
			}{
				{"single", func(db *store.DB) func(context.Context, func(*store.Tx) error) error { return db.Tx }},
				{"grouped", func(db *store.DB) func(context.Context, func(*store.Tx) error) error { return db.Group }},
			} {
				b.Run(fmt.Sprintf("%s/%s/callers=%d", kind.name, way.name, callers), func(b *testing.B) {
					db := storetest.Open(b, kind.fresh(b))
					write(b, db, `CREATE TABLE head (thread BIGINT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL)`)
					write(b, db, `CREATE TABLE entry (thread BIGINT NOT NULL, seq BIGINT NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (thread, seq))`)
					for thread := range 20 {
						write(b, db, `INSERT INTO head (thread, seq) VALUES ($1, 0)`, thread)
					}
					sends(b, db, way.run(db), callers)
				})
			}
		}
	}
}

func sends(b *testing.B, db *store.DB, run func(context.Context, func(*store.Tx) error) error, callers int) {
	body := make([]byte, 400)
	var n atomic.Int64
	b.SetParallelism(max(1, callers/2)) // times GOMAXPROCS, which is 2 where the figures are quoted
	b.ResetTimer()
	send := func() {
		thread := n.Add(1) % 20
		err := run(context.Background(), func(tx *store.Tx) error {
			var seq int64
			if err := tx.Row(`UPDATE head SET seq = seq + 1 WHERE thread = $1 RETURNING seq`, thread).Scan(&seq); err != nil {
				return err
			}
			body := binary.BigEndian.AppendUint64(body[:392:392], uint64(seq))
			_, err := tx.Exec(`INSERT INTO entry (thread, seq, body) VALUES ($1, $2, $3)`, thread, seq, body)
			return err
		})
		if err != nil {
			b.Error(err)
		}
	}
	if callers == 1 {
		for b.Loop() {
			send()
		}
	} else {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				send()
			}
		})
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	if transactions, operations := db.Grouped(); operations > 0 {
		b.ReportMetric(float64(transactions)/float64(operations), "commits/op")
	}
}

func durable(b *testing.B) *pgtest.Cluster {
	b.Helper()
	return pgtest.Own(b, pgtest.Options{Sync: true})
}
