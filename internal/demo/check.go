package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/demo/hospital"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/work"
)

// CheckOptions say how to play the story.
type CheckOptions struct {
	// Database is the main store's address; "" is SQLite in a directory of its own.
	Database string
	JSON     bool
	Out      io.Writer
}

// StepReport is one step of the story, as the report has it.
type StepReport struct {
	Step    string  `json:"step"`
	Seconds float64 `json:"seconds"`
	Error   string  `json:"error,omitempty"`
}

// Report is the whole story.
type Report struct {
	Database string       `json:"database"`
	Passed   bool         `json:"passed"`
	Seconds  float64      `json:"seconds"`
	Steps    []StepReport `json:"steps"`
}

// ErrCheck says that a step of the story failed; which one and why has been printed.
var ErrCheck = errors.New("the story did not go as it should")

// Check plays the main job against a fresh demonstration, through the client library, and ends with proofs: what is on disk, what officers can open,
// and what nobody can open any more.
func Check(ctx context.Context, o CheckOptions) error {
	dir, err := os.MkdirTemp("", "wardline-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := &story{options: o, dir: dir, log: &sharedBuffer{}, at: time.Now()}
	defer s.close()
	report := Report{Database: "sqlite", Passed: true}
	if strings.HasPrefix(o.Database, "postgres") {
		report.Database = "postgres"
	}
	for _, step := range s.steps() {
		began := time.Now()
		err := step.do(ctx)
		one := StepReport{Step: step.name, Seconds: time.Since(began).Seconds()}
		if err != nil {
			one.Error, report.Passed = err.Error(), false
		}
		report.Steps = append(report.Steps, one)
		if !o.JSON {
			printStep(o.Out, one)
		}
		if err != nil {
			break // each step stands on the ones before
		}
	}
	report.Seconds = time.Since(s.at).Seconds()
	return finish(o, report)
}

func printStep(to io.Writer, step StepReport) {
	if step.Error != "" {
		fmt.Fprintf(to, "FAIL %7.2f s  %s\n                %s\n", step.Seconds, step.Step, step.Error)
		return
	}
	fmt.Fprintf(to, "ok   %7.2f s  %s\n", step.Seconds, step.Step)
}

func finish(o CheckOptions, report Report) error {
	if o.JSON {
		encoder := json.NewEncoder(o.Out)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(report); err != nil {
			return err
		}
	} else {
		verdict := "passed"
		if !report.Passed {
			verdict = "failed"
		}
		fmt.Fprintf(o.Out, "\n%d steps on %s, %s in %.1f s\n", len(report.Steps), report.Database, verdict, report.Seconds)
	}
	if !report.Passed {
		return ErrCheck
	}
	return nil
}

// The sentences of the story, and what else must be nowhere in clear. Each is unlike anything that a program writes by itself.
const (
	secretWord     = "quince-lantern"
	directText     = "Can you come to bed 12 when you have a minute, quince-lantern?"
	teamText       = "Quince-lantern: two discharges before noon."
	noteText       = "Quince-lantern: redness past the pen line since nine, temperature 38.4."
	decisionText   = "Quince-lantern: change to IV flucloxacillin 2 g four times a day."
	heldText       = "Quince-lantern: surgical review if it spreads."
	checkPassword  = "quince-lantern password of nobody"
	patientFamily  = "Okafor-Williamson"
	patientNumber  = "9912003888"
	namesakeNumber = "9434765919"
	otherNumber    = "9000000025"
	unknownNumber  = "N0099001" // the hospital's, of somebody whom nobody knows
	laterNumber    = "9992716363"
	foundText      = "Quince-lantern: found at the bus station, GCS 12, no papers."
	scanText       = "Quince-lantern: CT head before anything else."
	admitText      = "Quince-lantern: admit under medicine."
)

// checkGrace is short because the check waits for it.
const checkGrace = time.Second

// story is the check while it runs.
type story struct {
	options CheckOptions
	dir     string
	log     *sharedBuffer
	at      time.Time
	demo    *Demo

	clients    map[string]*client.Client
	anita      *client.Session // the registrar, on two devices
	anitaPhone *client.Session
	grace      *client.Session // the charge nurse
	officer    *client.Session // information governance
	team       id.Thread
	patient    id.Thread
	note       client.Message
	aside      client.Message
	decision   client.Message
	filing     client.Filing
	before     map[string]*client.Held
	unknown    id.Thread // of the patient whom nobody knew
	scan       client.Filing
}

type step struct {
	name string
	do   func(context.Context) error
}

func (s *story) steps() []step {
	return []step{
		{"a hospital is founded: three seats sign the root manifest", s.found},
		{"a clinician enrols by a one-time link, with keys made on the device", s.enrol},
		{"a used link, a wrong code and a wrong password get nothing", s.badSignIns},
		{"a code that was used once is refused", s.replayedCode},
		{"colleagues enrol; similar names are told apart in the directory", s.enrolOthers},
		{"a direct message is delivered live and read by the other alone", s.direct},
		{"a team is founded, somebody joins with the history, somebody is removed", s.teamwork},
		{"a second device opens the vault and reads the history", s.secondDevice},
		{"a wrong check digit, and two of three identifiers, identify nobody", s.misidentify},
		{"the index is down, and says so", s.indexDown},
		{"three identifiers identify the patient; the banner reaches the others", s.identify},
		{"another patient's number stops the send", s.otherPatient},
		{"a decision is made, and is not in the record yet", s.decide},
		{"the record refuses, and the reason is shown", s.refusedByRecord},
		{"the record is down, answers garbage, loses what it took", s.troubledRecord},
		{"the record takes it once, and the receipt is by read-back", s.receive},
		{"a hold keeps the originals", s.hold},
		{"after the release the originals are destroyed; tombstones stay", s.dispose},
		{"nobody can read them any more, with everything that they still hold", s.unreadable},
		{"an unknown patient has a temporary identity; a decision is filed under the hospital number", s.unknownPatient},
		{"the hospital finds out who they are: the conversation follows, and is never anybody else's", s.identifiedLater},
		{"two officers open what an order names, one alone does not", s.disclose},
		{"the audit log verifies, and one altered byte is found", s.audit},
		{"everything is stopped, and no known sentence is in any file", s.nowhere},
	}
}

func (s *story) found(ctx context.Context) (err error) {
	s.demo, err = Start(ctx, Options{
		Data: s.dir, Addr: "127.0.0.1:0", HospitalAddr: "127.0.0.1:0", Database: s.options.Database, Grace: checkGrace, Quiet: true,
		Retry: work.Policy{First: 200 * time.Millisecond, Factor: 1.5, Max: 500 * time.Millisecond},
		Log:   slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	s.clients, s.before = map[string]*client.Client{}, map[string]*client.Held{}
	return err
}

func (s *story) close() {
	for _, session := range []*client.Session{s.anita, s.anitaPhone, s.grace, s.officer} {
		if session != nil && !session.Locked() {
			_ = session.End(context.Background()) // the server goes next
		}
	}
	if s.demo != nil {
		_ = s.demo.Close() // a second close, after the story's own, finds nothing to do
		s.demo = nil
	}
}

// hospitalMode puts the record into a mood.
func (s *story) recordMode(mode hospital.RecordMode) error {
	return s.demo.Hospital().SetRecordMode(mode)
}

// until waits for something that happens by itself, at most half a minute.
func until(ctx context.Context, what string, done func() (bool, error)) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		ok, err := done()
		if err != nil || ok {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited half a minute for %s", what)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// wantCode is an error when an error is missing or another.
func wantCode(err error, codes ...string) error {
	for _, code := range codes {
		if problem, ok := errors.AsType[*client.Problem](err); ok && problem.Code == code {
			return nil
		}
		if stopped, ok := errors.AsType[*client.Stopped](err); ok && stopped.Code == code {
			return nil
		}
	}
	if err == nil {
		return fmt.Errorf("it was let through, instead of %s", strings.Join(codes, " or "))
	}
	return fmt.Errorf("refused as %w, instead of %s", err, strings.Join(codes, " or "))
}

func want(truth bool, format string, values ...any) error {
	if truth {
		return nil
	}
	return fmt.Errorf(format, values...)
}

// sharedBuffer is the server's log, kept so that it can be searched for what must not be in it.
type sharedBuffer struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (b *sharedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	return len(p), nil
}

func (b *sharedBuffer) save(dir string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return os.WriteFile(filepath.Join(dir, "wardline.log"), b.text, 0o600)
}
