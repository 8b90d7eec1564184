package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/id"
)

// fileDecision decides something in the unknown patient's thread and waits until the record has it, under the number that it should.
func (s *story) fileDecision(ctx context.Context, text, under string, check client.Check) (client.Filing, error) {
	decided, err := s.grace.Decide(ctx, s.unknown, text, nil, nil, check)
	if err != nil {
		return client.Filing{}, err
	}
	document, err := s.grace.PrepareFiling(s.unknown, decided.ID, nil, "")
	if err != nil {
		return client.Filing{}, err
	}
	filing, err := s.grace.File(ctx, document, client.NotCompared)
	if err != nil {
		return client.Filing{}, err
	}
	err = until(ctx, "the record to have it", func() (bool, error) {
		filings, err := s.grace.Filings(ctx, s.unknown)
		if err != nil {
			return false, err
		}
		at := slices.IndexFunc(filings, func(one client.Filing) bool { return one.Filing == filing.Filing })
		if at >= 0 {
			filing = filings[at]
		}
		return filing.State == "received", nil
	})
	if err != nil {
		return filing, err
	}
	filed := s.demo.Hospital().Filed()
	last := filed[len(filed)-1]
	return filing, want(last.SHA256 == document.Hash && last.Patient == under, "the record has it under %s", last.Patient)
}

func (s *story) unknownPatient(ctx context.Context) (err error) {
	q := client.Question{HospitalNumber: unknownNumber, Family: "Unknown", Given: "Kestrel", Temporary: true}
	if s.unknown, err = s.anita.CreatePatient(ctx, q, []id.Person{s.grace.Person()}); err != nil {
		return err
	}
	if _, err := s.anita.Send(ctx, s.unknown, foundText); err != nil {
		return err
	}
	if err := s.grace.Sync(ctx); err != nil {
		return err
	}
	seen, err := s.grace.Thread(s.unknown)
	if err != nil {
		return err
	}
	if seen.Patient == nil || !seen.Patient.Temporary || seen.Patient.HospitalNumber != unknownNumber {
		return fmt.Errorf("the other member's banner is %+v", seen.Patient)
	}
	if s.scan, err = s.fileDecision(ctx, scanText, unknownNumber, client.PatientCompared); err != nil {
		return err
	}
	check, err := s.grace.CheckPatient(ctx, s.unknown)
	return errors.Join(err, want(check.Outcome == client.IdentityCurrent, "the identity is %s", check.Outcome))
}

func (s *story) identifiedLater(ctx context.Context) error {
	if err := s.demo.Hospital().Merge(unknownNumber, laterNumber); err != nil {
		return err
	}
	check, err := s.grace.CheckPatient(ctx, s.unknown)
	if err != nil || check.Outcome != client.IdentityKnown {
		return errors.Join(err, fmt.Errorf("the identity is %s", check.Outcome))
	}
	if _, err := s.grace.Reidentify(ctx, s.unknown, question(otherNumber)); client.CodeOf(err) != "another_patient" {
		return fmt.Errorf("as somebody else: %w", wantCode(err, "another_patient"))
	}
	found, err := s.grace.Reidentify(ctx, s.unknown, question(laterNumber))
	if err != nil {
		return err
	}
	if err := s.grace.Relink(ctx, s.unknown, found); err != nil {
		return err
	}
	if err := s.anita.Sync(ctx); err != nil {
		return err
	}
	seen, err := s.anita.Thread(s.unknown)
	if err != nil {
		return err
	}
	if seen.Patient == nil || seen.Patient.Temporary || seen.Patient.Number.Digits() != laterNumber {
		return fmt.Errorf("the other member's banner is %+v", seen.Patient)
	}
	stays := slices.ContainsFunc(seen.Messages, func(m client.Message) bool { return m.Text == foundText })
	if err := want(stays, "what was said is gone"); err != nil {
		return err
	}
	if _, err := s.grace.Decide(ctx, s.unknown, admitText, nil, nil, client.NotCompared); client.CodeOf(err) != "identity_unconfirmed" {
		return fmt.Errorf("on the comparison of before: %w", wantCode(err, "identity_unconfirmed"))
	}
	_, err = s.fileDecision(ctx, admitText, laterNumber, client.PatientCompared)
	return err
}
