package patient

import (
	"context"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
)

// Standing is how the identity of a thread's patient stands with the index.
type Standing string

// The ways in which it can.
const (
	// Current: as the assertion says.
	Current Standing = "current"
	// Superseded: the number was replaced by another, and name and date of birth are the same.
	Superseded Standing = "superseded"
	// Changed: name or date of birth are others now. A person identifies the patient again.
	Changed Standing = "changed"
	// Known: who was unknown has been identified, or joined with another record. A person identifies them by the wristband.
	Known Standing = "identified"
	// Gone: the index does not know the number any more.
	Gone Standing = "gone"
)

// Checked is the answer to a check. Patient and Assertion are set only when Superseded.
type Checked struct {
	Standing  Standing
	Compared  []Compared
	Patient   *Record
	Assertion []byte
	Source    Source
	Disagrees []nhs.Identifier
}

// Check asks the index whether the identity that a thread is linked to still stands, for one of its members.
func (d *Desk) Check(ctx context.Context, in id.Thread, by id.Person, signed []byte) (Checked, error) {
	before, err := d.present(ctx, in, by, signed, false)
	if err != nil {
		return Checked{}, err
	}
	a := before.assertion
	about := subject{thread: in, by: by, hospitalNumber: a.HospitalNumber}
	about.number, _ = nhs.ParseNumber(a.NHSNumber)
	now, err := d.now(ctx, about)
	checked := Checked{Source: now.source, Disagrees: now.disagrees}
	switch {
	case unknown(err):
		checked = Checked{Standing: Gone}
	case err != nil:
		if noted := d.store.NoteLookUp(ctx, d.event(audit.LookUpRefused, about, "check_"+codeOf(err), false)); noted != nil {
			return Checked{}, noted
		}
		return Checked{}, err
	case about.number.IsZero():
		checked.Standing, checked.Compared = standingOfUnknown(a, now.Record)
	default:
		checked.Standing, checked.Compared = standing(a, now.Record)
	}
	event := d.event(audit.LookUp, about, "check_"+string(checked.Standing), now.Restricted)
	if checked.Standing != Superseded {
		checked.Disagrees = nil
		return checked, d.store.NoteLookUp(ctx, event)
	}
	now.Identifiers.Superseded = []nhs.Number{about.number}
	if a.IdentifiedBy == envelope.IdentifiedByHospitalNumber && now.HospitalNumber == "" { // the hospital's index is away
		now.HospitalNumber = a.HospitalNumber
	}
	encoded, issued, err := d.assert(in, by, now.Record, a.IdentifiedBy, before)
	if err != nil {
		return Checked{}, err
	}
	checked.Patient, checked.Assertion = &now.Record, encoded
	return checked, d.store.KeepAssertion(ctx, issued, event)
}

// now is what the index holds now of whom an assertion is about.
func (d *Desk) now(ctx context.Context, about subject) (found, error) {
	if about.number.IsZero() {
		record, err := d.sources.local(ctx, about.hospitalNumber)
		return found{Record: record, source: HospitalOnly}, err
	}
	return d.sources.byNumber(ctx, about.number, false)
}

// standing compares the name and the date of birth of an assertion with the index, and looks at whose number it is now.
func standing(a *envelope.PatientAssertion, now Record) (Standing, []Compared) {
	match := nhs.MatchIdentifiers(identifiersOf(a), now.Identifiers)
	all := compared(match)
	switch {
	case len(match.Mismatches) > 0:
		return Changed, all
	case now.Number.Digits() != a.NHSNumber:
		return Superseded, all
	}
	return Current, all
}

// standingOfUnknown is the same for somebody without an NHS number.
func standingOfUnknown(a *envelope.PatientAssertion, now Record) (Standing, []Compared) {
	if !now.Number.IsZero() || merged(now) || a.Temporary() && !now.Temporary {
		return Known, nil
	}
	match := nhs.MatchIdentifiers(identifiersOf(a), now.Identifiers)
	if len(match.Mismatches) > 0 {
		return Changed, compared(match)
	}
	return Current, compared(match)
}

// identifiersOf are name and date of birth, and the number that identified: an NHS number brings no hospital number, which may change by itself.
func identifiersOf(a *envelope.PatientAssertion) nhs.Identifiers {
	one := nhs.Identifiers{Name: nhs.Name{Family: a.Family, Given: a.Given}}
	one.Born, _ = nhs.ParseBirthDate(a.BirthDate)
	if one.Number, _ = nhs.ParseNumber(a.NHSNumber); one.Number.IsZero() {
		one.HospitalNumber = a.HospitalNumber
	}
	return one
}
