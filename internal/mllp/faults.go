package mllp

import "github.com/wardline/wardline/internal/fault"

// What can go wrong. ErrRefused carries the detail "reason". The codes are those of the record over FHIR: to people it is one record.
var (
	// ErrRefused: AE, AR, CE or CR. Sending the same again cannot help; "reason" is what was said, as one line of plain text.
	ErrRefused = fault.New(fault.Invalid, "record_refused", "The health record refused the document.")
	// ErrUnavailable: no connection, or no answer in time. Whether the document arrived is not known.
	ErrUnavailable = fault.New(fault.Unavailable, "record_unavailable", "The health record does not answer. Wardline keeps trying.")
	// ErrUnintelligible: an answer that makes no sense. Whether the document arrived is not known.
	ErrUnintelligible = fault.New(fault.Upstream, "record_unintelligible",
		"The health record gave an answer that Wardline cannot read. Wardline keeps trying.")
	// ErrNoReceipt: something answered, and it was not the record's application: an engine that has put the message in its queue. Whether the document
	// arrived is not known.
	ErrNoReceipt = fault.New(fault.Unavailable, "record_not_confirmed",
		"The document was taken over on the way, and the health record itself has not confirmed it. Wardline keeps trying.")
	// ErrIncomplete: the document lacks what a record needs, such as a patient's number that it knows.
	ErrIncomplete = fault.New(fault.Invalid, "document_incomplete", "The document lacks a patient's number that the health record knows.")
)

// longestReason bounds what a refusing record may say.
const longestReason = 300
