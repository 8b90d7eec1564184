package patient

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
)

// linkWithin bounds the time between a look-up and the thread that it is for.
const linkWithin = time.Hour

// assert signs what the index said, for one thread, in the place of the assertion before when there is one. number is the one that was compared.
func (d *Desk) assert(in id.Thread, by id.Person, record Record, number envelope.IdentifiedBy, before *former) ([]byte, Issued, error) {
	if record.Number.IsZero() && nhs.FoldHospitalNumber(record.HospitalNumber) == "" {
		return nil, Issued{}, ErrNobody
	}
	now := d.clock.Now()
	tag := d.tag(record.Number, cut(record.HospitalNumber, 40))
	assertion := &envelope.PatientAssertion{
		Tag: tag.Tag, TagKey: tag.Version, Thread: in, Requester: by,
		NHSNumber: record.Number.Digits(), Family: cut(record.Name.Family, 200), Given: cut(record.Name.Given, 200), Title: cut(record.Name.Title, 50),
		BirthDate: record.Born.String(), HospitalNumber: cut(record.HospitalNumber, 40), Needs: cut(strings.Join(record.Needs, "\n"), 400),
		Restricted: record.Restricted, Deceased: cut(record.DiedOn, 10), Reference: cut(record.Reference, 200), Version: cut(record.Version, 100),
		Issued: envelope.TimeOf(now), Expires: envelope.TimeOf(now.Add(linkWithin)), IdentifiedBy: number,
	}
	if record.Temporary {
		assertion.BirthDate = "" // an index has to have one, and makes it up
	}
	if before != nil {
		assertion.Continues = before.hash
	}
	if record.Superseded {
		for _, old := range record.Identifiers.Superseded {
			assertion.Superseded = old.Digits()
		}
	}
	if before != nil {
		if err := envelope.SamePatient(before.assertion, assertion); err != nil {
			return nil, Issued{}, ErrAnotherPatient.Because(err)
		}
	}
	signed, err := envelope.SignObject(assertion, envelope.ByServer(envelope.PurposeAssert, d.keys.Assert))
	if err != nil {
		return nil, Issued{}, err
	}
	hash, err := signed.Hash()
	if err != nil {
		return nil, Issued{}, err
	}
	encoded, err := signedBytes(signed)
	return encoded, Issued{
		Hash: hash, Thread: in, Tag: tag.Tag, TagKey: tag.Version, Requester: by, Continues: assertion.Continues, IssuedAt: now, ExpiresAt: now.Add(linkWithin),
	}, err
}

// CheckLink says whether a thread may be linked to a tag by an assertion: it must have been issued here, for this thread and patient, in the place of the
// assertion that the thread is linked to (zero for none), and not have expired.
func (d *Desk) CheckLink(ctx context.Context, thread id.Thread, tag id.Tag, assertion, before id.Hash) error {
	issued, err := d.store.Assertion(ctx, assertion)
	if err != nil {
		return err
	}
	if issued.Thread != thread || issued.Tag != tag || issued.Continues != before || d.clock.Now().After(issued.ExpiresAt) {
		return ErrAssertion
	}
	return nil
}

// Verify reads an assertion that a client hands back, and checks that it was signed and issued here for this thread. Its expiry does not
// matter: it bounds linking only.
func (d *Desk) Verify(ctx context.Context, thread id.Thread, signed []byte) (*envelope.PatientAssertion, id.Hash, error) {
	container, err := envelope.Parse[envelope.Signed](signed)
	if err != nil {
		return nil, id.Hash{}, ErrAssertion.Because(err)
	}
	assertion, err := envelope.Open[envelope.PatientAssertion](container)
	if err != nil {
		return nil, id.Hash{}, ErrAssertion.Because(err)
	}
	if len(container.Signatures) != 1 || container.Signatures[0].Kind != envelope.SignerKind(envelope.PurposeAssert) {
		return nil, id.Hash{}, ErrAssertion
	}
	if err := envelope.VerifyObject(container.Object, d.keys.Assert.Public(), container.Signatures[0].Signature); err != nil {
		return nil, id.Hash{}, ErrAssertion.Because(err)
	}
	hash, err := container.Hash()
	if err != nil {
		return nil, id.Hash{}, ErrAssertion.Because(err)
	}
	issued, err := d.store.Assertion(ctx, hash)
	if err != nil {
		return nil, id.Hash{}, err
	}
	if issued.Thread != thread || assertion.Thread != thread {
		return nil, id.Hash{}, ErrAssertion
	}
	return assertion, hash, nil
}

// cut shortens a text to a number of bytes without breaking a letter.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	text = text[:most]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text
}
