package patient

import (
	"errors"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/nhs"
)

// What can go wrong. The index's own faults (patient_unknown, patient_invalidated, index_unavailable) pass through.
var (
	ErrNumber    = fault.New(fault.Invalid, "nhs_number_invalid", "This is not a valid NHS number. Check each digit against the wristband.")
	ErrBirthDate = fault.New(fault.Invalid, "birth_date_invalid", "This is not a date of birth. Give day, month and year.")
	ErrName      = fault.New(fault.Invalid, "name_incomplete", "Give both the last name and the first name.")
	ErrThread    = fault.New(fault.Invalid, "thread_missing", "Look the patient up from the conversation that it is for.")
	ErrAssertion = fault.New(fault.Forbidden, "patient_not_identified", "The patient of this thread was not identified here, or too long ago. Look the patient up again.")
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
