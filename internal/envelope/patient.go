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
	if err := manifests.VerifyServer(signed, PurposeAssert); err != nil {
		return nil, err
	}
	return assertion, nil
}
