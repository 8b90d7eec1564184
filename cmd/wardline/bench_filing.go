package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/backup"
	"github.com/wardline/wardline/internal/demo"
	"github.com/wardline/wardline/internal/demo/hospital"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/work"
)

type benchFiling struct {
	benched
	Path     string `default:"iti-65" enum:"iti-65,fhir,hl7" help:"How decisions are filed: iti-65, fhir or hl7."`
	Filings  int    `default:"400" help:"How many decisions are filed."`
	Patients int    `default:"24" help:"About how many patients. One patient's go to the record one after the other."`
	Workers  int    `default:"8" help:"How many people hand over at once, each for patients of their own."`
	Profile  string `placeholder:"FILE" help:"Write a CPU profile of what is measured."`
}

const maxBenchFilings = 100_000

// benchGrace keeps what comes after a receipt out of what is measured.
const benchGrace = 24 * time.Hour

const benchPassword = "a password of nobody at all"

// benchWords is what is decided, about as long as such things are.
const benchWords = "Decision %d. Reviewed on the round with the night team and the nurse in charge: step down to four-hourly observations, stop intravenous fluids when the " +
	"present bag is through, oral antibiotics to complete five days, bloods in the morning, and outreach to look again at 16:00. Family informed."

var errBenchRecord = fault.New(fault.Conflict, "bench_record", "The record does not hold each filing exactly once.")

// Run measures, and fails when anything was lost or doubled.
func (c *benchFiling) Run(ctx context.Context, terminal *terminal) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	dir, remove, err := c.scratch(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	run := &filingRun{options: *c, dir: dir, report: filingReport{Machine: c.machine(), Path: c.Path, Patients: c.Patients, Workers: c.Workers}}
	progress, end := terminal.progress()
	run.progress = progress
	err = run.all(ctx)
	end()
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(terminal.out)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(run.report)
	} else {
		run.report.print(terminal)
	}
	if err == nil && !run.report.Check.Good() {
		return errBenchRecord
	}
	return err
}

func (c *benchFiling) check() error {
	if err := c.benched.check(); err != nil {
		return err
	}
	for _, one := range []struct {
		name          string
		value, atMost int
	}{
		{"filings", c.Filings, maxBenchFilings}, {"patients", c.Patients, len(benchPatients())}, {"workers", c.Workers, min(maxBenchWorkers, c.Patients)},
	} {
		if one.value < 1 || one.value > one.atMost {
			return errBenchBounds.With(one.name, fmt.Sprintf("from 1 to %d", one.atMost))
		}
	}
	return nil
}

// benchPatients are those of the demonstration hospital about whom anything may be filed.
func benchPatients() []hospital.Patient {
	var usable []hospital.Patient
	for _, p := range hospital.Patients() {
		if p.NHSNumber != "" && !p.Invalidated && !p.Restricted && p.DiedOn == "" {
			usable = append(usable, p)
		}
	}
	return usable
}

// filingRun is one run of the measurement.
type filingRun struct {
	options  benchFiling
	dir      string
	report   filingReport
	progress backup.Progress

	demo    *demo.Demo
	workers []*filer
}

// filer is one person who files, with the patients that are theirs.
type filer struct {
	session   *client.Session
	threads   []id.Thread
	documents []*client.Document // in the order in which they are handed over
	accepted  []time.Duration    // how long each hand-over took that was answered
	handed    []*client.Document // those
}

func (r *filingRun) all(ctx context.Context) (err error) {
	if r.report.Limits.Sync, err = syncLimit(ctx, r.dir); err != nil {
		return err
	}
	r.demo, err = demo.Start(ctx, demo.Options{
		Data: r.dir, Addr: r.options.Addr, HospitalAddr: "127.0.0.1:0", RecordPath: r.options.Path, Database: r.options.Database, Grace: benchGrace, Retry: work.Steady,
		Quiet: true, Version: version(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.demo.Close()) }()
	if r.report.Limits.CommitsPerSecond, err = commitLimit(ctx, r.demo.Server().Store()); err != nil {
		return err
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	r.report.DocumentBytes = len(r.workers[0].documents[0].HTML)
	r.report.Limits.ExchangesPerSecond, r.report.Limits.ExchangeCPUSeconds, err = exchangeLimit(ctx, r.options.Workers, r.workers[0].documents[0].HTML)
	if err != nil {
		return err
	}
	if err := r.measure(ctx); err != nil {
		return err
	}
	if r.report.Limits.SyncAfter, err = syncLimit(ctx, r.dir); err != nil {
		return err
	}
	return r.compare(ctx)
}

// prepare enrols the people, starts the patients' conversations, decides, and makes the documents, so that none of it is measured.
func (r *filingRun) prepare(ctx context.Context) error {
	for n := range r.options.Workers {
		r.progress("enrolling people", int64(n), int64(r.options.Workers))
		session, err := r.enrol(ctx, n)
		if err != nil {
			return fmt.Errorf("enrolling: %w", err)
		}
		r.workers = append(r.workers, &filer{session: session})
	}
	var made atomic.Int64
	return everyone(len(r.workers), func(n int) error {
		w := r.workers[n]
		for p, patient := range benchPatients()[:r.options.Patients] {
			if p%len(r.workers) != n {
				continue
			}
			thread, err := w.session.CreatePatient(ctx, client.Question{
				NHSNumber: patient.NHSNumber, Family: patient.Family, Given: patient.Given, BirthDate: patient.BirthDate,
			}, nil)
			if err != nil {
				return fmt.Errorf("a patient's conversation: %w", err)
			}
			w.threads = append(w.threads, thread)
		}
		for f := n; f < r.options.Filings; f += len(r.workers) {
			if err := w.decide(ctx, f, w.threads[len(w.documents)%len(w.threads)]); err != nil {
				return fmt.Errorf("deciding: %w", err)
			}
			r.progress("deciding", made.Add(1), int64(r.options.Filings))
		}
		return nil
	})
}

func (w *filer) decide(ctx context.Context, number int, in id.Thread) error {
	said, err := w.session.Decide(ctx, in, fmt.Sprintf(benchWords, number), nil, nil, client.PatientCompared)
	if err != nil {
		return err
	}
	document, err := w.session.PrepareFiling(in, said.ID, nil, "")
	if err == nil {
		w.documents = append(w.documents, document)
	}
	return err
}

// enrol employs somebody and has them come in by their link, as anybody would.
func (r *filingRun) enrol(ctx context.Context, n int) (*client.Session, error) {
	link, err := r.demo.Invite(ctx, fmt.Sprintf("bench.%d", n+1), fmt.Sprintf("Dr Measured %d", n+1), "Registrar")
	if err != nil {
		return nil, err
	}
	c, err := client.New(client.Config{BaseURL: r.demo.Origin()})
	if err != nil {
		return nil, err
	}
	session, err := c.Enrol(ctx, link, benchPassword, func(secret string) (string, error) { return client.TOTP(secret, time.Now()) },
		client.DeviceOptions{Kind: envelope.DeviceTrust, Label: "Bench", NoticeAccepted: true})
	if err != nil {
		return nil, err
	}
	return session, session.AcceptPolicies(ctx)
}

// measure hands everything over, as fast as the workers can, and waits until nothing is on its way any more.
func (r *filingRun) measure(ctx context.Context) (err error) {
	if r.options.Profile != "" {
		file, err := os.Create(r.options.Profile)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	used, err := cpuSeconds()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := r.handOver(ctx, began); err != nil {
		return err
	}
	accepted := time.Since(began)
	if err := r.settle(ctx); err != nil {
		return err
	}
	received := time.Since(began)
	usedThen, err := cpuSeconds()
	if err != nil {
		return err
	}
	var times []time.Duration
	for _, w := range r.workers {
		times = append(times, w.accepted...)
	}
	r.report.Filings = len(times)
	r.report.AcceptedPerSecond, r.report.HandOver = perSecond(len(times), accepted), quantilesOf(times)
	r.report.seconds, r.report.Seconds, r.report.CPUSeconds = received, received.Seconds(), ratio(100*(usedThen-used), float64(len(times)))
	return nil
}

func (r *filingRun) handOver(ctx context.Context, began time.Time) error {
	var done atomic.Int64
	var telling sync.Mutex
	return everyone(len(r.workers), func(n int) error {
		w := r.workers[n]
		for _, document := range w.documents {
			at := time.Now()
			if at.Sub(began) >= r.options.Duration {
				return nil
			}
			if _, err := w.session.File(ctx, document, client.PatientCompared); err != nil {
				return fmt.Errorf("handing over: %w", err)
			}
			w.accepted, w.handed = append(w.accepted, time.Since(at)), append(w.handed, document)
			telling.Lock()
			r.progress("handing over", done.Add(1), int64(r.options.Filings))
			telling.Unlock()
		}
		return nil
	})
}

// settle waits until no filing is on its way, for as long as handing over might have taken.
func (r *filingRun) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.options.Duration)
	defer cancel()
	r.progress("waiting for receipts", 0, 0)
	look := time.NewTicker(25 * time.Millisecond)
	defer look.Stop()
	for {
		left, err := r.demo.Server().Store().PapersIn(ctx, []record.State{record.Waiting, record.Filing}, record.LetterPlace{}, 1)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return nil // what has no receipt is in the report
		case err != nil || len(left) == 0:
			return err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return nil
			}
			return ctx.Err()
		}
	}
}

// exchangesOf is how many exchanges with the record one filing is (docs/integrate/record.md).
func exchangesOf(path string) int { return map[string]int{"iti-65": 4, "fhir": 5, "hl7": 1}[path] }

// filingReport is what a run found.
type filingReport struct {
	Machine       benchMachine `json:"machine"`
	Path          string       `json:"path"`
	Patients      int          `json:"patients"`
	Workers       int          `json:"workers"`
	Filings       int          `json:"filings"` // handed over
	DocumentBytes int          `json:"documentBytes"`
	Seconds       float64      `json:"seconds"` // from the first hand-over to the last receipt
	// AcceptedPerSecond is handed over and durable, ReceivedPerSecond read back from the record (or acknowledged, over HL7) and the receipt written.
	AcceptedPerSecond float64 `json:"acceptedPerSecond"`
	ReceivedPerSecond float64 `json:"receivedPerSecond"`
	// HandOver is how long a person's device waits; ToReceipt is from there to the receipt, by the server's clock, and has whatever waits before it in it.
	HandOver   quantiles   `json:"handOverMilliseconds"`
	ToReceipt  quantiles   `json:"toReceiptMilliseconds"`
	CPUSeconds float64     `json:"cpuSecondsPer100Filings"`
	Limits     benchLimits `json:"limits"`
	Ratios     struct {
		AcceptedToCommits   float64 `json:"acceptedToCommits"`
		ReceivedToCommits   float64 `json:"receivedToCommits"`
		ReceivedToExchanges float64 `json:"receivedToExchanges"` // exchanges with the record a second, to those of which the machine is capable
		CPUToExchanges      float64 `json:"cpuToExchanges"`      // what a filing costs, to its bare exchanges
	} `json:"ratios"`
	Check filingCheck `json:"check"`

	seconds time.Duration
}

func (r *filingReport) print(terminal *terminal) {
	terminal.print("%d decisions about %d patients, %s, %s, %d at once, %d bytes each\n", r.Filings, r.Patients, r.Path, r.Machine.Database, r.Workers, r.DocumentBytes)
	terminal.print("%s, %s, %s, %d cores\n\n", r.Machine.Program, r.Machine.Go, r.Machine.System, r.Machine.Cores)
	for _, line := range [][2]string{
		{"accepted", fmt.Sprintf("%.0f a second", r.AcceptedPerSecond)},
		{"receipts", fmt.Sprintf("%.0f a second, over %.1f s", r.ReceivedPerSecond, r.Seconds)},
		{"handing over", r.HandOver.String()},
		{"handed over to receipt", r.ToReceipt.String()},
		{"CPU of this process", fmt.Sprintf("%.2f s for 100 filings; the hospital and those who file are in it, PostgreSQL is not", r.CPUSeconds)},
		{"", ""},
		{"limit: sync of 4 KiB", "before: " + r.Limits.Sync.String()},
		{"", "after:  " + r.Limits.SyncAfter.String()},
		{"limit: commits", fmt.Sprintf("%.0f a second, one after the other; accepted is %.2f of it, receipts %.2f",
			r.Limits.CommitsPerSecond, r.Ratios.AcceptedToCommits, r.Ratios.ReceivedToCommits)},
		{"limit: exchanges", fmt.Sprintf("%.0f a second, %.3f s of CPU for 100; a filing is %d, so receipts are %.2f of it, and a filing costs %.1f times its exchanges",
			r.Limits.ExchangesPerSecond, r.Limits.ExchangeCPUSeconds, exchangesOf(r.Path), r.Ratios.ReceivedToExchanges, r.Ratios.CPUToExchanges)},
		{"", ""},
		{"in the record", r.Check.String()},
	} {
		terminal.print("%s\n", strings.TrimRight(fmt.Sprintf("%-24s%s", line[0], line[1]), " "))
	}
}
