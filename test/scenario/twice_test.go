package scenario_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/demo/hospital"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/store/storetest"
)

// TestR19_TwoPeopleFileOneDecisionAtOnceOverHTTP: each on a device of their own, each with a document of their own. One is told that it is on its way, the other that
// somebody was faster; the record gets one document, and a repetition of either changes nothing.
func TestR19_TwoPeopleFileOneDecisionAtOnceOverHTTP(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		o := newOutage(t, dsn, "iti-65")
		ctx := t.Context()
		anita, grace := o.enrol("anita.patel"), o.enrol("grace.owusu")
		patient := hospital.Patients()[0]
		thread, err := anita.CreatePatient(ctx, client.Question{
			NHSNumber: patient.NHSNumber, Family: patient.Family, Given: patient.Given, BirthDate: patient.BirthDate,
		}, []id.Person{grace.Person()})
		o.must(err)
		o.must(grace.Sync(ctx))
		_, err = grace.ConfirmPatient(ctx, thread)
		o.must(err)
		const rounds = 6
		sessions := []*client.Session{anita, grace}
		for round := range rounds {
			decision, err := anita.Decide(ctx, thread, fmt.Sprintf("Decision %d", round), nil, nil, client.PatientCompared)
			o.must(err)
			o.must(grace.Sync(ctx))
			documents, errs := make([]*client.Document, 2), make([]error, 2)
			for n, session := range sessions {
				documents[n], err = session.PrepareFiling(thread, decision.ID, nil, "")
				o.must(err)
			}
			begin := make(chan struct{})
			var all sync.WaitGroup
			for n, session := range sessions {
				all.Go(func() {
					<-begin
					_, errs[n] = session.File(ctx, documents[n], client.PatientCompared)
				})
			}
			close(begin)
			all.Wait()
			for range 2 { // and once more, as after a lost answer
				first, second := errs[0], errs[1]
				if (first == nil) == (second == nil) {
					t.Fatalf("round %d: %v, %v", round, first, second)
				}
				if problem, _ := errors.AsType[*client.Problem](errors.Join(first, second)); problem == nil || problem.Code != "already_filed" || problem.Status != 409 || problem.Detail == "" {
					t.Fatalf("round %d: who was slower is told %v", round, errors.Join(first, second))
				}
				for n, session := range sessions {
					_, again := session.File(ctx, documents[n], client.PatientCompared)
					if (again == nil) != (errs[n] == nil) {
						t.Fatalf("round %d: %v, and then %v", round, errs[n], again)
					}
					errs[n] = again
				}
			}
		}
		o.pass(rounds*time.Minute, 30*time.Second)
		papers := o.papers([]id.Thread{thread})
		for filing, paper := range papers {
			if paper.State != record.Received {
				t.Errorf("%s is %v", filing, paper.State)
			}
		}
		if filed := o.demo.Hospital().Filed(); len(papers) != rounds || len(filed) != rounds {
			t.Errorf("%d decisions: %d filings, %d documents in the record", rounds, len(papers), len(filed))
		}
	})
}
