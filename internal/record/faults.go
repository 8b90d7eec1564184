package record

import "github.com/wardline/wardline/internal/fault"

// What can go wrong with a filing.
var (
	ErrThreadUnknown  = fault.New(fault.NotFound, "thread_unknown", "There is no such conversation, or you are not in it.")
	ErrFilingUnknown  = fault.New(fault.NotFound, "filing_unknown", "There is no such filing in this conversation.")
	ErrNotLinked      = fault.New(fault.Forbidden, "not_linked", "Only decisions about an identified patient can go to the record. This conversation is not linked to that patient.")
	ErrNotDecision    = fault.New(fault.Invalid, "not_a_decision", "What is filed must be a decision that was marked in this conversation.")
	ErrSource         = fault.New(fault.Conflict, "source_changed", "A message of this document is not in the conversation as the document says. Prepare the document again.")
	ErrSourceGone     = fault.New(fault.Gone, "source_destroyed", "A message of this document is already in the record and deleted here. Prepare the document again.")
	ErrAlreadyFiled   = fault.New(fault.Conflict, "already_filed", "This decision is already on its way to the record, or in it.")
	ErrFilingDiffers  = fault.New(fault.Conflict, "filing_differs", "This filing was sent before with other content. Prepare the document again.")
	ErrDocument       = fault.New(fault.Invalid, "document_invalid", "Wardline cannot file this document as it is. Prepare it again.")
	ErrNotFiledHere   = fault.New(fault.Invalid, "not_a_document", "This file is not one that Wardline files, or it was changed.") // said to whoever examines it
	ErrDocumentHash   = fault.New(fault.Invalid, "document_hash", "The document did not arrive as it was sent. Try again.")
	ErrTooLarge       = fault.New(fault.TooLarge, "document_too_large", "The document is larger than a megabyte. File fewer messages at a time.")
	ErrNothingToDo    = fault.New(fault.Conflict, "nothing_to_retry", "This filing needs nothing from anybody now.")
	errOtherReceipt   = fault.New(fault.Conflict, "receipt_mismatch", "The health record gave a receipt for another document. Ask health records to look at it; nothing is deleted.")
	errBehind         = fault.New(fault.Unavailable, "behind_earlier", "An earlier document of this patient is on its way to the record. This one follows it.")
	errBehindReplaced = fault.New(fault.Unavailable, "behind_corrected", "The document that this one corrects is not in the record yet. This one follows it.")
	ErrUnconfirmed    = fault.New(fault.Forbidden, "identity_unconfirmed", "Compare the patient's name, date of birth and number first. Then this can be filed.")
	ErrQuarantined    = fault.New(fault.Conflict, "thread_quarantined", "This conversation is linked to the wrong patient. Nothing of it goes to the record.")
)

// What can go wrong with a decision.
var (
	ErrDecisionUnknown   = fault.New(fault.NotFound, "decision_unknown", "There is no such decision in this conversation.")
	ErrTransition        = fault.New(fault.Conflict, "decision_moved_on", "This cannot be done with the decision as it stands now. Look at it again.")
	ErrCountersignFirst  = fault.New(fault.Conflict, "countersign_first", "The originals stay until the decision has been countersigned.")
	ErrBeingDrafted      = fault.New(fault.Conflict, "being_drafted", "Somebody else is preparing this document. You may take over.")
	ErrNotYours          = fault.New(fault.Forbidden, "not_yours", "Only somebody who marked or filed the decision, or who runs the conversation, can do this.")
	ErrOwnCountersign    = fault.New(fault.Forbidden, "own_countersignature", "A decision is countersigned by somebody who neither marked nor filed it.")
	ErrNotAsked          = fault.New(fault.Forbidden, "countersignature_of_another", "Somebody else was asked to countersign this decision.")
	ErrAct               = fault.New(fault.Invalid, "act_missing", "This was not signed in the conversation, so it was not done. Please try again.")
	ErrCorrects          = fault.New(fault.Invalid, "corrects_unknown", "The decision that is to be corrected is not one of this conversation.")
	ErrCorrectsGone      = fault.New(fault.Conflict, "corrects_over", "The decision that is to be corrected was taken back or corrected already.")
	ErrFiledStands       = fault.New(fault.Conflict, "decision_filed", "The record has this decision, so it cannot be withdrawn. File a correction that replaces it, or, if it was wrong from the start, say that it was entered in error.")
	ErrReason            = fault.New(fault.Invalid, "reason_unknown", "Say why the decision is taken back.")
	ErrWrongDocument     = fault.New(fault.Conflict, "another_document", "The record holds another document of this decision than the one that was countersigned.")
	ErrScope             = fault.New(fault.Invalid, "scope_unknown", "A worklist is mine, ward or organisation.")
	ErrCursor            = fault.New(fault.Invalid, "cursor_unknown", "That list has changed. Please start again.")
	ErrNoWard            = fault.New(fault.Invalid, "no_ward", "The directory has no ward for you. Ask the service desk to add it.")
	ErrOrganisationScope = fault.New(fault.Forbidden, "not_permitted", "The worklist of the organisation is for its records staff.")
)
