package pds

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/fhir"
)

// What can go wrong with a question to the index. A restricted record is none of it: Found says so.
var (
	ErrUnknown = fault.New(fault.NotFound, "patient_unknown",
		"The patient index has nobody with that number. Check it against the wristband.")
	ErrInvalidated = fault.New(fault.Gone, "patient_invalidated",
		"The patient index has marked that record as invalid. It may not be used; ask health records which one to use.")
	ErrUnavailable = fault.New(fault.Unavailable, "index_unavailable",
		"The patient index does not answer. Try again, or use the downtime procedure to identify the patient.")
	ErrTooMany = fault.New(fault.Invalid, "patient_search_too_wide",
		"Too many people fit. Give more of the name.")
	ErrSearch = fault.New(fault.Invalid, "patient_search_incomplete",
		"A search needs the whole last name and the date of birth.")
)

// refusal turns an index's refusal of a read into one of ours.
func refusal(answer *fhir.Answer) error {
	outcome := answer.Outcome()
	if outcome == nil {
		return unavailable(answer)
	}
	switch answer.Status {
	case http.StatusNotFound, http.StatusGone:
		if outcome.HasCode("INVALIDATED_RESOURCE") || answer.Status == http.StatusGone {
			return ErrInvalidated
		}
		if outcome.HasCode("RESOURCE_NOT_FOUND") || outcome.HasCode("not-found") {
			return ErrUnknown
		}
	case http.StatusBadRequest:
		if outcome.HasCode("INVALID_RESOURCE_ID") {
			return ErrUnknown
		}
	}
	return unavailable(answer)
}

// longestWait bounds what an index may ask for in Retry-After.
const longestWait = 10 * time.Minute

func unavailable(answer *fhir.Answer) error {
	refused := ErrUnavailable.Because(fmt.Errorf("pds: status %d", answer.Status))
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
		refused = refused.RetryAfter(min(time.Duration(min(seconds, 86_400))*time.Second, longestWait))
	}
	return refused
}
