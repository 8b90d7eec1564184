package patient

import (
	"context"
	"errors"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/nhs"
)

// Source is who answered.
type Source string

// The two of them.
const (
	National     Source = "national"
	HospitalOnly Source = "hospital"
)

// sources are the hospital's index and the national one. An NHS number is the national one's word, with name, date of birth, death and restrictions;
// hospital numbers and temporary identities are the hospital's alone. When the national one is away the hospital's answers.
type sources struct{ hospital, national Index }

// found is a record, who answered, and what the hospital's index holds otherwise.
type found struct {
	Record
	source    Source
	disagrees []nhs.Identifier
}

// byNumber asks who has an NHS number. Where the hospital's number matters the hospital's index has to answer too; else it is left out when that is away.
func (s sources) byNumber(ctx context.Context, number nhs.Number, hospitalNumber bool) (found, error) {
	if s.national == nil {
		record, err := s.hospital.LookUp(ctx, number)
		return found{Record: record, source: HospitalOnly}, err
	}
	record, err := s.national.LookUp(ctx, number)
	if away(err) {
		record, err = s.hospital.LookUp(ctx, number)
		return found{Record: record, source: HospitalOnly}, err
	}
	if err != nil {
		return found{}, err
	}
	one := found{Record: record, source: National}
	local, err := s.hospital.LookUp(ctx, record.Number)
	if unknown(err) && record.Number != number { // the hospital may have the number that was replaced
		local, err = s.hospital.LookUp(ctx, number)
	}
	switch {
	case err == nil:
		one.join(local)
	case !unknown(err) && (hospitalNumber || !away(err)):
		return found{}, err
	}
	return one, nil
}

// join takes the hospital's number into what the national index said, unless that is of somebody else: then only that they disagree is said.
func (f *found) join(local Record) {
	f.disagrees = disagreement(f.Identifiers, local.Identifiers)
	if len(f.disagrees) > 1 || local.Temporary {
		return
	}
	f.HospitalNumber, f.FormerHospitalNumbers = local.HospitalNumber, local.FormerHospitalNumbers
	f.Restricted = f.Restricted || local.Restricted
	if f.DiedOn == "" {
		f.DiedOn = local.DiedOn
	}
}

// disagreement is what two indexes hold otherwise of one number.
func disagreement(national, local nhs.Identifiers) []nhs.Identifier {
	asked := nhs.Identifiers{Name: local.Name, Born: local.Born}
	return nhs.MatchIdentifiers(asked, national).Mismatches
}

// byHospitalNumber asks who has one of the hospital's numbers. What the national index says of their NHS number counts more, as long as it is the same person.
func (s sources) byHospitalNumber(ctx context.Context, asked nhs.Identifiers) (found, error) {
	local, err := s.local(ctx, asked.HospitalNumber)
	if err != nil {
		return found{}, err
	}
	one := found{Record: local, source: HospitalOnly}
	if s.national == nil || local.Number.IsZero() || local.Temporary {
		return one, nil
	}
	record, err := s.national.LookUp(ctx, local.Number)
	national := found{Record: record, source: National}
	switch {
	case away(err):
		return one, nil
	case err != nil && !unknown(err):
		return found{}, err
	case err == nil:
		national.join(local)
	}
	if err != nil || len(national.disagrees) > 1 {
		if match := nhs.MatchIdentifiers(asked, local.Identifiers); len(match.Mismatches) > 0 {
			return one, nil // who does not know whose number it is hears no more than that
		}
		return found{}, ErrIndexesDisagree.Because(err)
	}
	if match := nhs.MatchIdentifiers(nhs.Identifiers{Name: asked.Name, Born: asked.Born}, record.Identifiers); len(match.Mismatches) > 0 {
		// What was typed is compared with the hospital's record, whose number it is; that the national one differs is said beside it.
		national.Name, national.AlsoKnownAs, national.Born = local.Name, local.AlsoKnownAs, local.Born
	}
	return national, nil
}

// local asks the hospital's index by its own number, as it was typed and then as it would be without its spaces and dashes.
func (s sources) local(ctx context.Context, number string) (Record, error) {
	record, err := s.hospital.LookUpHospitalNumber(ctx, number)
	if folded := nhs.FoldHospitalNumber(number); kindIs(err, fault.NotFound) && folded != number {
		record, err = s.hospital.LookUpHospitalNumber(ctx, folded)
	}
	return record, err
}

// alike asks the hospital's index for namesakes, because they are in the next bed, and the national one when that is away.
func (s sources) alike(ctx context.Context, name nhs.Name, born nhs.BirthDate) ([]Record, error) {
	others, err := s.hospital.Alike(ctx, name, born)
	if away(err) && s.national != nil {
		return s.national.Alike(ctx, name, born)
	}
	return others, err
}

// away says that an index gave no answer, and unknown that it has nobody, or nobody any more, who may be used.
func away(err error) bool { return kindIs(err, fault.Unavailable) }

func unknown(err error) bool { return kindIs(err, fault.NotFound) || kindIs(err, fault.Gone) }

func kindIs(err error, kind fault.Kind) bool {
	known, ok := errors.AsType[*fault.Error](err)
	return ok && known.Kind() == kind
}
