package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/demo/hospital"
	"github.com/wardline/wardline/internal/id"
)

// question is a patient of the hospital, as somebody who reads the wristband types it.
func question(number string) client.Question {
	for _, p := range hospital.Patients() {
		if p.NHSNumber == number {
			return client.Question{NHSNumber: number, Family: p.Family, Given: p.Given, BirthDate: p.BirthDate}
		}
	}
	return client.Question{}
}

func (s *story) misidentify(ctx context.Context) error {
	typo := question(patientNumber)
	typo.NHSNumber = "9912003889"
	if _, err := s.anita.Identify(ctx, typo); err == nil {
		return errors.New("a wrong check digit was taken")
	}
	wrong := question(patientNumber)
	wrong.BirthDate = "1987-09-03"
	answer, err := s.anita.Identify(ctx, wrong)
	if err == nil && answer.Matched {
		return errors.New("two of three identifiers identified somebody")
	}
	if err != nil && !errors.Is(err, client.ErrMismatch) {
		return err
	}
	namesake, err := s.anita.Identify(ctx, question(namesakeNumber))
	if err != nil {
		return err
	}
	warned := slices.ContainsFunc(namesake.Namesakes, func(n client.Namesake) bool { return n.LastFour == "0025" && n.SameBirth })
	return want(warned, "the near-namesake was not shown: %+v", namesake.Namesakes)
}

func (s *story) indexDown(ctx context.Context) error {
	if err := s.demo.Hospital().SetIndexMode(hospital.IndexDown); err != nil {
		return err
	}
	_, err := s.anita.Identify(ctx, question(patientNumber))
	return errors.Join(wantCode(err, "index_unavailable"), s.demo.Hospital().SetIndexMode(hospital.IndexOK))
}

func (s *story) identify(ctx context.Context) (err error) {
	if s.patient, err = s.anita.CreatePatient(ctx, question(patientNumber), []id.Person{s.grace.Person()}); err != nil {
		return err
	}
	if err := s.grace.Sync(ctx); err != nil {
		return err
	}
	seen, err := s.grace.Thread(s.patient)
	if err != nil {
		return err
	}
	if seen.Patient == nil || seen.Patient.Number.Digits() != patientNumber || seen.Patient.Name.Family != patientFamily {
		return fmt.Errorf("the other member's banner is %+v", seen.Patient)
	}
	if s.note, err = s.anita.Send(ctx, s.patient, noteText); err != nil {
		return err
	}
	if err := s.grace.Sync(ctx); err != nil {
		return err
	}
	s.aside, err = s.grace.Send(ctx, s.patient, heldText)
	return err
}

func (s *story) otherPatient(ctx context.Context) error {
	if _, err := s.anita.Send(ctx, s.patient, "Lactate of 900 000 0025 is 2.9"); !errors.Is(err, client.ErrOtherPatient) {
		return fmt.Errorf("in the patient's thread: %w", wantCode(err, "other_patient"))
	}
	if _, err := s.anita.Send(ctx, s.team, "Who has "+otherNumber+"?"); !errors.Is(err, client.ErrNumberOutside) {
		return fmt.Errorf("in a team's thread: %w", wantCode(err, "number_outside"))
	}
	return nil
}

func (s *story) decide(ctx context.Context) (err error) {
	if err := s.anita.Sync(ctx); err != nil {
		return err
	}
	if s.decision, err = s.anita.Decide(ctx, s.patient, decisionText, []id.Message{s.note.ID}, nil, client.PatientCompared); err != nil {
		return err
	}
	if err := s.grace.Sync(ctx); err != nil {
		return err
	}
	seen, err := s.grace.Thread(s.patient)
	if err != nil {
		return err
	}
	return want(seen.Unfiled == 1, "%d decisions count as not in the record", seen.Unfiled)
}

// current is where the filing stands, as the other member is told.
func (s *story) current(ctx context.Context) (client.Filing, error) {
	filings, err := s.grace.Filings(ctx, s.patient)
	if err != nil || len(filings) != 1 {
		return client.Filing{}, fmt.Errorf("%d filings: %w", len(filings), err)
	}
	return filings[0], nil
}

func (s *story) reach(ctx context.Context, state string, codes ...string) error {
	var last client.Filing
	err := until(ctx, "the filing to be "+state, func() (done bool, err error) {
		last, err = s.current(ctx)
		return err == nil && last.State == state && (len(codes) == 0 || slices.Contains(codes, last.Code)), err
	})
	if err != nil {
		return fmt.Errorf("%w; it is %s, %s", err, last.State, last.Code)
	}
	s.filing = last
	return nil
}

func (s *story) refusedByRecord(ctx context.Context) error {
	if err := s.demo.Hospital().SetRefusal("No open episode for this patient."); err != nil {
		return err
	}
	document, err := s.grace.PrepareFiling(s.patient, s.decision.ID, nil, "")
	if err != nil {
		return err
	}
	if _, err := s.grace.File(ctx, document, client.PatientCompared); err != nil {
		return err
	}
	if err := s.reach(ctx, "refused"); err != nil {
		return err
	}
	return want(s.filing.Reason != "" && s.filing.Code == "record_refused", "the reason is %q, %s", s.filing.Reason, s.filing.Code)
}

func (s *story) troubledRecord(ctx context.Context) error {
	for _, one := range []struct {
		mode hospital.RecordMode
		code string
	}{
		{hospital.RecordDown, "record_unavailable"}, {hospital.RecordGarbage, "record_unintelligible"},
		{hospital.RecordDropBefore, "record_unavailable"}, {hospital.RecordFalseReceipt, "record_lost_it"},
	} {
		if err := s.recordMode(one.mode); err != nil {
			return err
		}
		if s.filing.State == "refused" {
			if _, err := s.anita.RetryFiling(ctx, s.patient, s.filing.Filing); err != nil {
				return err
			}
		}
		if err := s.reach(ctx, "filing", one.code); err != nil {
			return fmt.Errorf("record %s: %w", one.mode, err)
		}
	}
	return want(len(s.demo.Hospital().Filed()) == 0, "the record has %d documents", len(s.demo.Hospital().Filed()))
}

// hold is placed while the filing still waits, so that no grace can end before it.
func (s *story) hold(ctx context.Context) error {
	time.Sleep(checkGrace + 500*time.Millisecond) // well past the grace
	filing, err := s.current(ctx)
	if err != nil {
		return err
	}
	if filing.DestroyedAt != 0 || !filing.Held {
		return fmt.Errorf("destroyed at %d, held %v", filing.DestroyedAt, filing.Held)
	}
	got, err := s.grace.Message(s.patient, s.note.ID)
	if err != nil || got.State != client.Readable {
		return fmt.Errorf("under a hold the original is %s: %w", got.State, err)
	}
	return nil
}

func (s *story) receive(ctx context.Context) error {
	if _, err := s.officer.PlaceHold(ctx, client.HoldScope{Thread: s.patient}, "Subject access request", ""); err != nil {
		return err
	}
	if _, err := s.grace.PlaceHold(ctx, client.HoldScope{Thread: s.patient}, "Not my place", ""); err == nil {
		return errors.New("a nurse placed a hold")
	}
	if err := s.recordMode(hospital.RecordAccept); err != nil {
		return err
	}
	if err := s.reach(ctx, "received"); err != nil {
		return err
	}
	filed := s.demo.Hospital().Filed()
	if len(filed) != 1 || filed[0].SHA256 != s.filing.DocumentHash || filed[0].Patient != patientNumber || s.filing.Reference != filed[0].Number {
		return fmt.Errorf("the record has %d documents, the receipt says %s", len(filed), s.filing.Reference)
	}
	if err := s.grace.Sync(ctx); err != nil {
		return err
	}
	seen, err := s.grace.Thread(s.patient)
	if err != nil {
		return err
	}
	return want(seen.Unfiled == 0, "%d decisions still count as not in the record", seen.Unfiled)
}
