package retention

import "github.com/wardline/wardline/internal/fault"

// What can go wrong.
var (
	ErrReason       = fault.New(fault.Invalid, "reason_needed", "Give a reason of at most 400 characters.")
	ErrHoldUnknown  = fault.New(fault.NotFound, "hold_unknown", "There is no such hold.")
	ErrHoldReleased = fault.New(fault.Conflict, "hold_released", "This hold has been released already.")
	ErrThread       = fault.New(fault.NotFound, "thread_unknown", "There is no such conversation.")
	errEarly        = fault.New(fault.Unavailable, "disposal_early", "The grace of this filing is not over.")
)
