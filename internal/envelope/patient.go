package envelope

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/wardline/wardline/internal/id"
)

// PatientTag is the keyed hash under which a patient is indexed. The number is ten digits; checking its check digit is nhs's.
func PatientTag(indexKey [32]byte, nhsNumber string) (id.Tag, error) {
	if len(nhsNumber) != 10 {
		return id.Tag{}, refuse(Malformed, "an NHS number has ten digits")
	}
	for _, digit := range []byte(nhsNumber) {
		if digit < '0' || digit > '9' {
			return id.Tag{}, refuse(Malformed, "an NHS number has ten digits")
		}
	}
	mac := hmac.New(sha256.New, indexKey[:])
	mac.Write([]byte(nhsNumber))
	return id.Tag(mac.Sum(nil)), nil
}

// HospitalTag is the keyed hash of somebody who has no NHS number, of the hospital's own number in its folded form: capital letters and digits. It is
// never the tag of ten digits.
func HospitalTag(indexKey [32]byte, folded string) (id.Tag, error) {
	if folded == "" || len(folded) > 40 {
		return id.Tag{}, refuse(Malformed, "a hospital number has 1 to 40 letters and digits")
	}
	for _, c := range []byte(folded) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return id.Tag{}, refuse(Malformed, "a folded hospital number has capital letters and digits only")
		}
	}
	mac := hmac.New(sha256.New, indexKey[:])
	mac.Write([]byte("hospital-number " + folded))
	return id.Tag(mac.Sum(nil)), nil
}

// VerifyAssertion checks that a patient assertion is the one that the thread's link names, made for this thread by the server's assert
// key, and linked while it could be. An assertion of the same patient for another thread is refused.
func VerifyAssertion(manifests *Manifests, link Link, signed *Signed) (*PatientAssertion, error) {
	assertion, err := Open[PatientAssertion](signed)
	if err != nil {
		return nil, err
	}
	hash, err := signed.Hash()
	if err != nil {
		return nil, err
	}
	switch {
	case hash != link.Assertion || assertion.Tag != link.Tag:
		return nil, refuse(WrongIdentity, "not the assertion that the thread is linked to")
	case assertion.Thread != link.Thread:
		return nil, refuse(WrongIdentity, "an assertion that was made for another thread")
	case link.Issued > assertion.Expires:
		return nil, refuse(NotEntitled, "linked after the assertion had expired")
	}
	if err := assertion.check(); err != nil {
		return nil, err
	}
	if err := manifests.VerifyServer(signed, PurposeAssert); err != nil {
		return nil, err
	}
	return assertion, nil
}

// check refuses an assertion that names nobody.
func (p *PatientAssertion) check() error {
	switch {
	case p.NHSNumber == "" && p.HospitalNumber == "":
		return refuse(WrongIdentity, "an assertion of nobody: it has no number")
	case p.NHSNumber != "" && p.BirthDate == "":
		return refuse(WrongIdentity, "an assertion of an NHS number without a date of birth")
	case p.NHSNumber == "" && p.IdentifiedBy == IdentifiedByNHSNumber, p.HospitalNumber == "" && p.IdentifiedBy == IdentifiedByHospitalNumber:
		return refuse(WrongIdentity, "an assertion that was identified by a number which it does not have")
	}
	return nil
}

// Temporary says that the person is not identified: the hospital gave them a number and a name until they are.
func (p *PatientAssertion) Temporary() bool { return p.NHSNumber == "" && p.BirthDate == "" }

// SamePatient refuses an assertion that would take the place of another and is of another patient (section 9 of docs/protocol.md). An NHS number stays,
// or the index replaced it. Who had none may be found to be anybody: for that there is the server's word, and the person who compared.
func SamePatient(former, next *PatientAssertion) error {
	if err := next.check(); err != nil {
		return err
	}
	if former.NHSNumber != "" && (next.NHSNumber == "" || next.NHSNumber != former.NHSNumber && next.Superseded != former.NHSNumber) {
		return refuse(WrongIdentity, "an assertion of another patient than the one before")
	}
	return nil
}
