package retention

import "github.com/wardline/wardline/internal/fault"

// What can go wrong.
var (
	ErrReason       = fault.New(fault.Invalid, "reason_needed", "Give a reason of at most 400 characters.")
	ErrHoldUnknown  = fault.New(fault.NotFound, "hold_unknown", "There is no such hold.")
	ErrHoldReleased = fault.New(fault.Conflict, "hold_released", "This hold has been released already.")
	ErrThread       = fault.New(fault.NotFound, "thread_unknown", "There is no such conversation.")
	ErrPerson       = fault.New(fault.NotFound, "person_unknown", "There is no such person.")
	ErrScope        = fault.New(fault.Invalid, "hold_scope", "Say what the hold is about: a conversation, a patient, a person or a time. A time ends after it begins.")
	ErrPeriod       = fault.New(fault.Invalid, "period_invalid", "A period is a number of days or years up to a hundred years, such as 30d or 8y, or never.")
	ErrClass        = fault.New(fault.Invalid, "class_unknown", "There is no such class in this space.")
	ErrUncertain    = fault.New(fault.Conflict, "drill_failed", "The drill could not show that a hold wins. Look at what it found.")
	ErrSubject      = fault.New(fault.Invalid, "certificate_subject", "Say what was destroyed: a filing, a conversation or a time.")
	errEarly        = fault.New(fault.Unavailable, "disposal_early", "The grace of this filing is not over.")
	errUnreachable  = fault.New(fault.Unavailable, "record_unreachable", "The health record does not answer, or has not got the document. The originals stay.")
)
