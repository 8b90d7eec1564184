package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/store"
)

// benchCommand is one subcommand for each thing that is measured. Each makes a Wardline and a hospital of its own on this machine, is bounded in count and in
// time, and measures the machine's limits in the same run: machines differ, and one machine differs from hour to hour.
type benchCommand struct {
	Filing benchFiling `cmd:"" help:"Decisions filed into the record: how many a second, how long each takes, and that each is there exactly once."`
}

// benched is what every subcommand takes.
type benched struct {
	Addr     string        `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"Where the Wardline that is measured listens; loopback only."`
	Database string        `placeholder:"ADDRESS" help:"An empty PostgreSQL database on this machine; empty is SQLite in the scratch directory."`
	Scratch  string        `placeholder:"DIR" help:"Where a scratch directory is made and removed again; empty is the system's. Databases and documents go there, so it decides which disk is measured."`
	Duration time.Duration `default:"1m" help:"Nothing is begun after this long, and what was begun is waited for as long again."`
	JSON     bool          `name:"json" help:"Print the report in JSON."`
}

// Bounds of every run.
const (
	maxBenchWorkers  = 64
	maxBenchDuration = time.Hour
)

var (
	errBenchAddress = fault.New(fault.Invalid, "bench_address", "A measurement goes to this machine only: 127.0.0.1, ::1, localhost, or PostgreSQL's socket.")
	errBenchBounds  = fault.New(fault.Invalid, "bench_bounds", "A measurement has bounds.")
)

func (b benched) check() error {
	host, _, err := net.SplitHostPort(b.Addr)
	if err != nil || !thisMachine(host) {
		return errBenchAddress.With("addr", b.Addr)
	}
	if b.Duration <= 0 || b.Duration > maxBenchDuration {
		return errBenchBounds.With("duration", "up to an hour")
	}
	if b.Database != "" && !benchDatabase(b.Database) {
		return errBenchAddress.With("flag", "database")
	}
	return nil
}

// benchDatabase reports whether an address is of PostgreSQL on this machine, in every place where an address can name a host.
func benchDatabase(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "postgres" && parsed.Scheme != "postgresql" {
		return false
	}
	query := parsed.Query()
	for _, elsewhere := range []string{"hostaddr", "service", "servicefile"} {
		if query.Has(elsewhere) {
			return false
		}
	}
	hosts := query["host"]
	if parsed.Hostname() != "" {
		hosts = append(hosts, parsed.Hostname())
	}
	return len(hosts) > 0 && !slices.ContainsFunc(hosts, func(host string) bool { return !strings.HasPrefix(host, "/") && !thisMachine(host) })
}

func thisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// scratch makes the directory of a run. A database that is not in it has to be empty: a run fills it, and takes nothing away.
func (b benched) scratch(ctx context.Context) (dir string, remove func() error, err error) {
	if b.Database != "" {
		if err := store.CheckEmpty(ctx, b.Database); err != nil {
			return "", nil, err
		}
	}
	if dir, err = os.MkdirTemp(b.Scratch, "wardline-bench-"); err != nil {
		return "", nil, err
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

// benchMachine is where a run took place.
type benchMachine struct {
	Program  string `json:"program"`
	Go       string `json:"go"`
	System   string `json:"system"`
	Cores    int    `json:"cores"`
	Database string `json:"database"`
}

func (b benched) machine() benchMachine {
	m := benchMachine{Program: version(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.GOMAXPROCS(0), Database: "sqlite"}
	if b.Database != "" {
		m.Database = "postgres"
	}
	return m
}

// cpuSeconds is what this process has used: the server, the hospital and those who file are all in it, PostgreSQL is not.
func cpuSeconds() (float64, error) {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0, err
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds(), nil
}

// quantiles are times in milliseconds.
type quantiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func quantilesOf(times []time.Duration) quantiles {
	if len(times) == 0 {
		return quantiles{}
	}
	sorted := slices.Sorted(slices.Values(times))
	at := func(part float64) float64 { // the smallest time that so large a part of them does not exceed
		n := int(part*float64(len(sorted))+0.999999) - 1
		return float64(sorted[min(max(n, 0), len(sorted)-1)].Microseconds()) / 1000
	}
	return quantiles{at(0.50), at(0.95), at(0.99), at(1)}
}

func (q quantiles) String() string {
	return fmt.Sprintf("p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, longest %.1f ms", q.P50, q.P95, q.P99, q.Max)
}

func perSecond(count int, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return float64(count) / took.Seconds()
}

// ratio is nothing where there is nothing to compare with.
func ratio(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return part / whole
}

// everyone runs one function for each of n at once, and returns what went wrong.
func everyone(n int, do func(one int) error) error {
	errs := make(chan error, n)
	for one := range n {
		go func() { errs <- do(one) }()
	}
	var all []error
	for range n {
		all = append(all, <-errs)
	}
	return errors.Join(all...)
}
