package scenario_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/demo"
	"github.com/wardline/wardline/internal/demo/hospital"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/store/storetest"
	"github.com/wardline/wardline/internal/work"
)

const password = "a password of nobody at all"

// outage is a demonstration on a clock that the story moves.
type outage struct {
	t       *testing.T
	options demo.Options
	clock   *clock.Manual
	demo    *demo.Demo
	codes   map[string]string // authenticator secrets
	clients map[string]*client.Client
}

func newOutage(t *testing.T, database, path string) *outage {
	t.Helper()
	if !strings.HasPrefix(database, "postgres") {
		database = ""
	}
	clk := clock.NewManual(time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC))
	o := &outage{t: t, clock: clk, codes: map[string]string{}, clients: map[string]*client.Client{}, options: demo.Options{
		Data: t.TempDir(), Database: database, Addr: freeAddr(t), HospitalAddr: freeAddr(t), RecordPath: path, Grace: time.Hour, Quiet: true, Clock: clk,
		Retry: work.Steady,
	}}
	o.start()
	t.Cleanup(func() { _ = o.demo.Close() })
	return o
}

func (o *outage) start() {
	o.t.Helper()
	started, err := demo.Start(o.t.Context(), o.options)
	if err != nil {
		o.t.Fatal(err)
	}
	o.demo = started
}

func (o *outage) restart() {
	o.t.Helper()
	if err := o.demo.Close(); err != nil {
		o.t.Fatal(err)
	}
	o.start()
}

func (o *outage) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *outage) code(userName string) func() (string, error) {
	return func() (string, error) { return client.TOTP(o.codes[userName], o.clock.Advance(time.Minute)) } // a code is good once
}

func (o *outage) enrol(userName string) *client.Session {
	o.t.Helper()
	c, err := client.New(client.Config{BaseURL: o.demo.Origin(), Clock: o.clock})
	o.must(err)
	o.clients[userName] = c
	for _, one := range o.demo.People() {
		if one.UserName != userName {
			continue
		}
		session, err := c.Enrol(o.t.Context(), one.Link, password, func(secret string) (string, error) {
			o.codes[userName] = secret
			return o.code(userName)()
		}, client.DeviceOptions{NoticeAccepted: true})
		o.must(err)
		o.must(session.AcceptPolicies(o.t.Context()))
		return session
	}
	o.t.Fatalf("nobody is called %s", userName)
	return nil
}

func (o *outage) signIn(userName string) *client.Session {
	o.t.Helper()
	session, err := o.clients[userName].SignIn(o.t.Context(), userName, password, o.code(userName), client.DeviceOptions{})
	o.must(err)
	return session
}

// pass lets time go by in steps, and what is due at each of them be done.
func (o *outage) pass(total, step time.Duration) {
	o.t.Helper()
	for gone := time.Duration(0); gone < total; gone += step {
		o.must(o.demo.Server().RunDue(o.t.Context(), o.clock.Advance(step)))
	}
}

// papers are the filings of some threads as the server has them.
func (o *outage) papers(threads []id.Thread) map[id.Filing]record.Paper {
	o.t.Helper()
	found := map[id.Filing]record.Paper{}
	for _, thread := range threads {
		papers, err := o.demo.Server().Store().Papers(o.t.Context(), thread)
		o.must(err)
		for _, paper := range papers {
			found[paper.ID] = paper
		}
	}
	return found
}

// untilSettled lets time go by until every filing has its receipt or waits for a person.
func (o *outage) untilSettled(threads []id.Thread) {
	o.t.Helper()
	for range 200 {
		settled := true
		for _, paper := range o.papers(threads) {
			settled = settled && (paper.State == record.Received || paper.State == record.Refused)
		}
		if settled {
			return
		}
		o.pass(time.Minute, time.Minute)
	}
	for _, paper := range o.papers(threads) {
		o.t.Logf("%s %s %s, attempt %d", paper.ID, paper.State, paper.Code, paper.Attempts)
	}
	o.t.Fatal("filings neither arrive nor are refused")
}

// TestStory9_R18_R19_H13_H14_RecordDownForADay: twelve decisions about four patients, the record down from 13:00 to 13:00, the server restarted twice. Eleven
// are filed once and in their order, one is refused where people see it, and nothing is destroyed before its receipt.
func TestStory9_R18_R19_H13_H14_RecordDownForADay(t *testing.T) {
	for _, path := range []string{"iti-65", "fhir", "hl7"} {
		t.Run(path, func(t *testing.T) {
			storetest.EachDSN(t, func(t *testing.T, dsn string) { recordDown(newOutage(t, dsn, path)) })
		})
	}
}

func recordDown(o *outage) {
	t, ctx := o.t, o.t.Context()
	anita, jean := o.enrol("anita.patel"), o.enrol("jean.morrison")
	o.must(jean.End(ctx))
	var threads []id.Thread
	patients := hospital.Patients()[:4]
	for _, patient := range patients {
		thread, err := anita.CreatePatient(ctx, client.Question{
			NHSNumber: patient.NHSNumber, Family: patient.Family, Given: patient.Given, BirthDate: patient.BirthDate,
		}, nil)
		o.must(err)
		threads = append(threads, thread)
	}
	o.must(o.demo.Hospital().SetRecordMode(hospital.RecordDown))

	// Three patients have eleven decisions, the fourth has the one that will be refused.
	var filed []id.Filing
	said := map[id.Filing]id.Message{}
	for n := range 12 {
		thread := threads[n%3]
		if n == 11 {
			thread = threads[3]
		}
		decision, err := anita.Decide(ctx, thread, fmt.Sprintf("Decision %d", n), nil, nil, client.PatientCompared)
		o.must(err)
		document, err := anita.PrepareFiling(thread, decision.ID, nil, "")
		o.must(err)
		filing, err := anita.File(ctx, document, client.PatientCompared)
		o.must(err)
		filed, said[filing.Filing] = append(filed, filing.Filing), decision.ID
		o.pass(5*time.Second, 5*time.Second)
	}
	nothingGone := func(when string) {
		t.Helper()
		for filing, paper := range o.papers(threads) {
			if paper.State != record.Waiting && paper.State != record.Filing || !paper.EligibleAt.IsZero() || !paper.DestroyedAt.IsZero() {
				t.Errorf("%s: %s is %s, eligible %s, destroyed %s", when, filing, paper.State, paper.EligibleAt, paper.DestroyedAt)
			}
		}
		if filed := o.demo.Hospital().Filed(); len(filed) != 0 {
			t.Errorf("%s: %d documents in a record that is down", when, len(filed))
		}
	}
	o.pass(8*time.Hour, 20*time.Minute)
	nothingGone("in the evening")
	o.restart()
	o.pass(8*time.Hour, 20*time.Minute)
	nothingGone("at night")
	o.restart()
	o.pass(8*time.Hour, 20*time.Minute)
	nothingGone("in the morning")
	if again := o.signIn("anita.patel"); t.Failed() || len(filed) != 12 {
		t.Fatal("the outage was not survived")
	} else {
		for _, thread := range threads { // the conversations can be read all through it
			o.must(again.SyncThread(ctx, thread))
			got, err := again.Thread(thread)
			o.must(err)
			for _, message := range got.Messages {
				if message.State != client.Readable {
					t.Errorf("%q is %s", message.Text, message.State)
				}
			}
		}
		o.must(again.End(ctx))
	}

	o.demo.Hospital().LockPatient(patients[3].NHSNumber)
	o.must(o.demo.Hospital().SetRecordMode(hospital.RecordAccept))
	o.untilSettled(threads)
	papers := o.papers(threads)
	for n, filing := range filed {
		paper := papers[filing]
		if want := map[bool]record.State{true: record.Refused, false: record.Received}[n == 11]; paper.State != want {
			t.Errorf("filing %d is %s (%s), not %s", n, paper.State, paper.Code, want)
		}
	}
	if paper := papers[filed[11]]; paper.Code != "record_refused" || !strings.Contains(paper.Reason, "locked while two records are merged") {
		t.Errorf("the refused one: %s, %q", paper.Code, paper.Reason)
	}

	// Each once, and those of a patient in their order.
	arrived := map[string][]string{}
	for _, document := range o.demo.Hospital().Filed() {
		arrived[document.Patient] = append(arrived[document.Patient], strings.TrimPrefix(document.Identifier, "urn:uuid:"))
	}
	for p, patient := range patients[:3] {
		var want []string
		for n := p; n < 11; n += 3 {
			want = append(want, filed[n].String())
		}
		if got := arrived[patient.NHSNumber]; !slices.Equal(got, want) {
			t.Errorf("of %s %s arrived %v, want %v", patient.Given, patient.Family, got, want)
		}
	}
	if total := len(o.demo.Hospital().Filed()); total != 11 {
		t.Errorf("%d documents in the record", total)
	}

	// Whoever answers for the record sees the one that waits for a person, and sends it again once health records have unlocked the patient.
	jean = o.signIn("jean.morrison")
	letters, next, err := jean.Letters(ctx, "")
	o.must(err)
	if len(letters) != 1 || next != "" || letters[0].Filing.Filing != filed[11] || letters[0].Thread != threads[3] || letters[0].Filing.State != "refused" {
		t.Fatalf("the worklist: %+v", letters)
	}
	o.pass(2*time.Hour, 20*time.Minute) // the grace of the eleven
	for n, filing := range filed {
		paper := o.papers(threads)[filing]
		if gone := !paper.DestroyedAt.IsZero(); gone != (n != 11) {
			t.Errorf("filing %d, %s: destroyed %v", n, paper.State, gone)
		}
	}
	o.restart() // which unlocks the patient
	jean = o.signIn("jean.morrison")
	if _, err := jean.Replay(ctx, filed[11]); err != nil {
		t.Fatal(err)
	}
	o.untilSettled(threads)
	if paper := o.papers(threads)[filed[11]]; paper.State != record.Received {
		t.Errorf("after the replay: %s, %s", paper.State, paper.Code)
	}
	if total := len(o.demo.Hospital().Filed()); total != 12 {
		t.Errorf("%d documents in the end", total)
	}
}
