package restore_test

import (
	"flag"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/restore"
	"github.com/wardline/wardline/internal/store/pgtest"
	"github.com/wardline/wardline/internal/store/storetest"
)

var messages = flag.Int("messages", 20_000, "how many messages the benchmarks back up and restore")

// BenchmarkRestore backs up a server with -messages messages in conversations of a thousand and restores it, with every check:
//
//	go run ./internal/store/pgtest/cmd go test ./internal/restore -run '^$' -bench Restore -benchtime 1x -timeout 60m -messages 1000000
func BenchmarkRestore(b *testing.B) {
	for _, kind := range []struct {
		name  string
		fresh func(testing.TB) string
	}{{"sqlite", storetest.SQLite}, {"postgres", pgtest.DSN}} {
		b.Run(kind.name, func(b *testing.B) {
			w := newWorld(b, kind.fresh)
			for left := *messages; left > 0; left -= 1000 {
				w.talk(min(1000, left))
			}
			began := time.Now()
			made := w.backUp()
			took := time.Since(began)
			bytes := made.Main.Bytes + made.Shred.Bytes
			var memory runtime.MemStats
			busy := processor()
			for b.Loop() {
				o := w.options(made, kind.fresh)
				o.Clock = passing{w.clock}
				report, err := restore.Run(b.Context(), o)
				w.must(err)
				report.Print(os.Stderr)
			}
			runtime.ReadMemStats(&memory)
			b.ReportMetric((processor()-busy).Seconds()/float64(b.N), "cpu-s")
			b.ReportMetric(float64(bytes)/1e6/took.Seconds(), "backup-MB/s")
			b.ReportMetric(took.Seconds(), "backup-s")
			b.ReportMetric(float64(bytes)*float64(b.N)/1e6/b.Elapsed().Seconds(), "MB/s")
			b.ReportMetric(float64(*messages)*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
			b.ReportMetric(float64(memory.Sys)/1e6, "MB-of-memory")
		})
	}
}

// processor is how long this process has been computing, which a busy machine does not change. PostgreSQL's own is not in it.
func processor() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// passing is the world's clock, at the pace of the machine's: a report says how long a restore took.
type passing struct{ world *clock.Manual }

var started = time.Now()

func (p passing) Now() time.Time { return p.world.Now().Add(time.Since(started)) }
