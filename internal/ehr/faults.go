package ehr

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/fhir"
)

// What can go wrong with a filing. ErrRefused carries the detail "reason", ErrMismatch that and "what".
var (
	// ErrRefused: the record says no. Sending the same again cannot help; "reason" is what it said, as one line of plain text.
	ErrRefused = fault.New(fault.Invalid, "record_refused", "The health record refused the document.")
	// ErrUnavailable: no answer in time, or one that says not now. Whether the document arrived is not known.
	ErrUnavailable = fault.New(fault.Unavailable, "record_unavailable", "The health record does not answer. Wardline keeps trying.")
	// ErrUnintelligible: an answer that makes no sense. Whether the document arrived is not known.
	ErrUnintelligible = fault.New(fault.Upstream, "record_unintelligible",
		"The health record gave an answer that Wardline cannot read. Wardline keeps trying.")
	// ErrNotInRecord: the record knows nothing of the document. After an acceptance that makes the acceptance a false receipt.
	ErrNotInRecord = fault.New(fault.NotFound, "not_in_record", "The document is not in the health record.")
	// errLost: after an acceptance, ErrNotInRecord. It is sent again.
	errLost = fault.New(fault.Unavailable, "record_lost_it",
		"The record said that it took the document, but does not have it. Wardline sends it again.")
	// ErrMismatch: what the record holds is not what was sent. "what" is bytes, hash, pdf, patient, status or copies.
	ErrMismatch = fault.New(fault.Conflict, "record_mismatch",
		"What the health record holds is not what was filed. Ask health records to look at it; nothing is deleted.")
	// errOtherPatient is the ErrMismatch that harms somebody else: it has a code of its own, so that people are told which it is.
	errOtherPatient = fault.New(fault.Conflict, "record_other_patient",
		"The health record keeps the document under another patient. Tell health records now; nothing is deleted.")
	// ErrNothingToReplace: the document that this one corrects was received, and is not there now.
	ErrNothingToReplace = fault.New(fault.Conflict, "record_nothing_to_replace",
		"The document that this one corrects is no longer in the health record. Ask health records to look at it; nothing is deleted.")
	// ErrIncomplete: the document lacks what a record needs, which is our own mistake.
	ErrIncomplete = fault.New(fault.Internal, "document_incomplete", "The document could not be put together for the health record.")
)

// longestReason bounds what a refusing record may say.
const longestReason = 300

// reasons say in words for a person what a mismatch is.
var reasons = map[string]string{
	"bytes":   "The record holds other text than was sent.",
	"hash":    "The record describes the document with a checksum that is not its own.",
	"pdf":     "The record holds another PDF than was sent.",
	"patient": "The record keeps the document under another patient.",
	"status":  "The record has withdrawn the document.",
	"copies":  "The record holds the document more than once.",
}

func mismatch(what string) error {
	found := ErrMismatch
	if what == "patient" {
		found = errOtherPatient.Because(ErrMismatch)
	}
	return found.With("what", what).With("reason", reasons[what])
}

// failed tells a silent record from one that talks nonsense.
func failed(err error) error {
	if errors.Is(err, fhir.ErrUnintelligible) {
		return ErrUnintelligible.Because(err)
	}
	return ErrUnavailable.Because(err)
}

// refusal turns the answer to a transaction that was not filed into one of ours. Only a record that refuses in FHIR has refused:
// a bare status may come from anything that stands in between. A sign-in that fails (401, 403) is for the engineer, and once it
// is mended the document goes.
func refusal(answer *fhir.Answer) error {
	status := fmt.Errorf("ehr: status %d", answer.Status)
	switch answer.Status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusNotFound, http.StatusGone:
		outcome := answer.Outcome()
		if outcome == nil {
			return ErrUnintelligible.Because(status)
		}
		reason := outcome.Reason(longestReason)
		if reason == "" {
			reason = "It gave no reason."
		}
		return ErrRefused.With("reason", reason).Because(status)
	}
	late := ErrUnavailable.Because(status)
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
		late = late.RetryAfter(time.Duration(min(seconds, 3600)) * time.Second)
	}
	return late
}
