package patient

import (
	"context"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
)

// former is the assertion whose place the next one is to take.
type former struct {
	hash      id.Hash
	assertion *envelope.PatientAssertion
}

// formerOf is the one that a question is to continue; nil for a thread that does not exist yet, as far as the requester may know.
func (d *Desk) formerOf(ctx context.Context, q Question) (*former, error) {
	if len(q.Former) > 0 {
		return d.present(ctx, q.Thread, q.Requester, q.Former, true)
	}
	_, err := d.threads.PresentLink(ctx, q.Thread, q.Requester, false)
	if kind, failed := fault.KindOf(err); !failed || kind == fault.Conflict {
		return nil, ErrLinked
	} else if kind != fault.NotFound {
		return nil, err
	}
	return nil, nil
}

// present reads an assertion that has to be the one that a thread is linked to now.
func (d *Desk) present(ctx context.Context, in id.Thread, person id.Person, signed []byte, relink bool) (*former, error) {
	link, err := d.threads.PresentLink(ctx, in, person, relink)
	if err != nil {
		return nil, err
	}
	assertion, hash, err := d.Verify(ctx, in, signed)
	if err != nil {
		return nil, err
	}
	if hash != link {
		return nil, ErrNotPresent
	}
	return &former{hash, assertion}, nil
}

// continues decides, by what the index says, whether a record is of the patient of a former assertion, or of who somebody unknown was found to be. It
// writes into the record which number it replaced.
func (d *Desk) continues(ctx context.Context, before *envelope.PatientAssertion, record *Record) error {
	if before.NHSNumber == "" {
		return d.identifies(ctx, before, record)
	}
	number, err := nhs.ParseNumber(before.NHSNumber)
	if err != nil {
		return ErrAnotherPatient
	}
	if record.Number == number {
		return nil
	}
	if record.Number.IsZero() {
		return ErrAnotherPatient
	}
	if !hasNumber(record.Identifiers.Superseded, number) {
		now, err := d.sources.byNumber(ctx, number, false)
		if unknown(err) || err == nil && now.Number != record.Number {
			return ErrAnotherPatient
		}
		if err != nil {
			return err
		}
	}
	record.Superseded, record.Identifiers.Superseded = true, []nhs.Number{number}
	return nil
}

// identifies decides about somebody who had no NHS number. An unknown patient may turn out to be anybody, unless the hospital has joined their record
// with somebody else's; one whom the hospital knew stays who they were there.
func (d *Desk) identifies(ctx context.Context, before *envelope.PatientAssertion, record *Record) error {
	now, err := d.sources.local(ctx, before.HospitalNumber)
	if err != nil && !unknown(err) {
		return err
	}
	gone := err != nil
	same := !gone && samePerson(now, *record)
	switch {
	case same && !now.Temporary && len(disagreement(record.Identifiers, now.Identifiers)) > 1:
		return ErrIndexesDisagree // one number, and two people: as in a look-up by the hospital's number
	case same:
		return nil
	case !before.Temporary():
		return ErrAnotherPatient
	case record.Temporary:
		return ErrAnotherPatient // two people whom nobody knows are two people, until the hospital says otherwise
	case gone || now.Temporary && !merged(now):
		return nil
	}
	return ErrAnotherPatient
}

// samePerson says whether two records are of one number, of the NHS where both have it.
func samePerson(a, b Record) bool {
	if !a.Number.IsZero() && !b.Number.IsZero() {
		return a.Number == b.Number || hasNumber(b.Identifiers.Superseded, a.Number) || hasNumber(a.Identifiers.Superseded, b.Number)
	}
	one, other := nhs.FoldHospitalNumber(a.HospitalNumber), nhs.FoldHospitalNumber(b.HospitalNumber)
	return one != "" && one == other
}

func merged(r Record) bool { return len(r.FormerHospitalNumbers) > 0 }

func hasNumber(numbers []nhs.Number, number nhs.Number) bool {
	for _, one := range numbers {
		if one == number {
			return true
		}
	}
	return false
}
