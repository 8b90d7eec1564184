package ehr

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/wardline/wardline/internal/fhir"
	"github.com/wardline/wardline/internal/id"
)

// statusInError is how FHIR says that a document should never have been written. The record keeps it and shows it as such.
const statusInError = "entered-in-error"

// Retract marks a filed document as entered in error, and reads back that it is. A document that is marked already is left alone.
// Errors: ErrNotInRecord, ErrRefused, ErrMismatch, ErrUnavailable, ErrUnintelligible.
func (d *Destination) Retract(ctx context.Context, filing id.Filing) error {
	document, err := d.find(ctx, filing)
	if err != nil || document.Status == statusInError {
		return err
	}
	version := ""
	if document.Meta != nil {
		version = document.Meta.VersionID
	}
	if !fhir.ValidID(version) {
		return ErrUnintelligible.Because(errors.New("ehr: a document without a version cannot be changed safely"))
	}
	document.Status = statusInError
	answer, err := d.client.Update(ctx, "DocumentReference/"+document.ID, version, document)
	switch {
	case err != nil:
		return failed(err)
	case answer.Status == http.StatusPreconditionFailed:
		// Somebody changed it between the two: the next attempt reads it again.
		return ErrUnavailable.Because(fmt.Errorf("ehr: status %d", answer.Status))
	case answer.Status != http.StatusOK && answer.Status != http.StatusCreated:
		return refusal(answer)
	}
	// Its word that it did is no proof here either.
	document, err = d.find(ctx, filing)
	if err != nil {
		return err
	}
	if document.Status != statusInError {
		return ErrUnavailable.Because(errors.New("ehr: the record said that it changed the document, and did not"))
	}
	return nil
}
