package record

import "github.com/wardline/wardline/internal/fault"

// What can go wrong with a filing.
var (
	ErrThreadUnknown = fault.New(fault.NotFound, "thread_unknown", "There is no such conversation, or you are not in it.")
	ErrFilingUnknown = fault.New(fault.NotFound, "filing_unknown", "There is no such filing in this conversation.")
	ErrNotLinked     = fault.New(fault.Forbidden, "not_linked", "Only decisions about an identified patient can go to the record. This conversation is not linked to that patient.")
	ErrNotDecision   = fault.New(fault.Invalid, "not_a_decision", "What is filed must be a decision that was marked in this conversation.")
	ErrSource        = fault.New(fault.Conflict, "source_changed", "A message of this document is not in the conversation as the document says. Prepare the document again.")
	ErrSourceGone    = fault.New(fault.Gone, "source_destroyed", "A message of this document is already in the record and deleted here. Prepare the document again.")
	ErrAlreadyFiled  = fault.New(fault.Conflict, "already_filed", "This decision is already on its way to the record, or in it.")
	ErrFilingDiffers = fault.New(fault.Conflict, "filing_differs", "This filing was handed over before with another content.")
	ErrDocument      = fault.New(fault.Invalid, "document_invalid", "The document is not one that Wardline files.")
	ErrDocumentHash  = fault.New(fault.Invalid, "document_hash", "The document did not arrive as it was sent. Try again.")
	ErrTooLarge      = fault.New(fault.TooLarge, "document_too_large", "The document is larger than a megabyte. File fewer messages at a time.")
	ErrNothingToDo   = fault.New(fault.Conflict, "nothing_to_retry", "This filing is not waiting for anybody.")
	errLostByRecord  = fault.New(fault.Unavailable, "record_lost_it", "The record said that it took the document, but does not have it. Wardline sends it again.")
)
