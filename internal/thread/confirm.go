package thread

import (
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
)

// Duty is how long a confirmation of a patient's identity holds: one duty. Until duties are known here it is the length of the longest usual
// shift, by the server's clock. The record room is given the same (internal/server).
const Duty = 12 * time.Hour

// ErrUnconfirmed: who accepts, decides or files has compared the patient's identifiers first, once for each person, thread and duty (R12).
var ErrUnconfirmed = fault.New(fault.Forbidden, "identity_unconfirmed",
	"Compare the patient's name, date of birth and number first. Then this can be sent.")

// NeedsIdentity says which kinds of message need the author's own confirmation of the patient's identity.
func NeedsIdentity(kind envelope.MessageKind) bool {
	return kind == envelope.KindDecision || kind == envelope.KindAccept
}

// confirmed is R12 for a message of a patient thread.
func confirmed(s Standing, h *envelope.Header, now time.Time) error {
	if NeedsIdentity(h.Kind) && !Confirmed(s.Confirmed, now) {
		return ErrUnconfirmed
	}
	return nil
}

// Confirmed says whether a confirmation of a time still holds. One from after now is of a clock that was set back since, and holds.
func Confirmed(at, now time.Time) bool {
	return !at.IsZero() && now.Sub(at) < Duty
}
