package patient

import (
	"errors"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/nhs"
)

// What can go wrong. The index's own faults (patient_unknown, patient_invalidated, index_unavailable) pass through.
var (
	ErrNumber         = fault.New(fault.Invalid, "nhs_number_invalid", "This is not a valid NHS number. Check each digit against the wristband.")
	ErrHospitalNumber = fault.New(fault.Invalid, "hospital_number_invalid", "This is not a hospital number. Check it against the wristband.")
	// ErrKnown and ErrTemporary: the hospital's record is not of the kind that was asked for.
	ErrKnown     = fault.New(fault.Conflict, "identity_known", "The hospital knows who this is. Enter the three identifiers.")
	ErrTemporary = fault.New(fault.Conflict, "identity_temporary", "The hospital does not know yet who this is. Enter the temporary name and the hospital number from the wristband.")
	// ErrAnotherPatient: what the index says cannot take the place of what the thread is linked to.
	ErrAnotherPatient = fault.New(fault.Conflict, "another_patient", "This is not the patient of this conversation. If the conversation is linked to the wrong patient, say so there.")
	// ErrLinked: a thread that exists is linked again only in the place of the link that it has.
	ErrLinked = fault.New(fault.Conflict, "already_linked", "This conversation has its patient already.")
	// ErrNotPresent: the assertion is not the one that the thread is linked to now.
	ErrNotPresent = fault.New(fault.Conflict, "not_linked", "This conversation has been linked again. Look at who the patient is now.")
	// ErrIndexesDisagree: the hospital's index gives a patient an NHS number that the national index gives to somebody else, or to nobody.
	ErrIndexesDisagree = fault.New(fault.Conflict, "indexes_disagree", "The hospital's index and the national one do not agree about whose NHS number that is. Ask health records, and identify the patient by the NHS number.")
	ErrNobody          = fault.New(fault.Unavailable, "index_unavailable", "The patient index does not answer with a number by which the patient can be found. Use the downtime procedure to identify the patient.")
	ErrBirthDate       = fault.New(fault.Invalid, "birth_date_invalid", "This is not a date of birth. Give day, month and year.")
	ErrName            = fault.New(fault.Invalid, "name_incomplete", "Give both the last name and the first name.")
	ErrThread          = fault.New(fault.Invalid, "thread_missing", "A look-up belongs to one thread.")
	ErrAssertion       = fault.New(fault.Forbidden, "patient_not_identified", "The patient of this thread was not identified here, or too long ago. Look the patient up again.")
)

// numberReason is a stable word for what is wrong with a number, without the number.
func numberReason(err error) string {
	switch {
	case errors.Is(err, nhs.ErrNumberCharacters):
		return "characters"
	case errors.Is(err, nhs.ErrNumberLength):
		return "length"
	case errors.Is(err, nhs.ErrNumberRepeated):
		return "repeated"
	default:
		return "check_digit"
	}
}
