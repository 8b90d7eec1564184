package ehr

import (
	"context"
	"errors"
	"net/http"

	"github.com/wardline/wardline/internal/fhir"
)

// sendBundle is the ITI-65 transaction.
func (d *Destination) sendBundle(ctx context.Context, provision fhir.Provision) (Submitted, error) {
	bundle, err := fhir.ProvideBundle(provision)
	if err != nil {
		return Submitted{}, ErrIncomplete.Because(err)
	}
	answer, err := d.client.Post(ctx, "", bundle)
	if err != nil {
		return Submitted{}, failed(err)
	}
	if answer.Status != http.StatusOK && answer.Status != http.StatusCreated {
		return Submitted{}, refusal(answer)
	}
	response, err := fhir.Read[fhir.Bundle](answer)
	if err != nil {
		return Submitted{}, ErrUnintelligible.Because(err)
	}
	for i := range response.Entry {
		if response.Entry[i].Response != nil {
			response.Entry[i].Response.Location = d.client.Relative(response.Entry[i].Response.Location)
		}
	}
	provided, err := fhir.ParseProvided(response)
	if err != nil {
		return Submitted{}, ErrUnintelligible.Because(err)
	}
	return Submitted{Document: "DocumentReference/" + provided.DocumentID, Existing: provided.Existing}, nil
}

// sendPlain creates the bytes, then what describes them. A crash between the two leaves bytes that nothing names, and the next attempt finds them by
// their tag; a record that ignores the condition keeps them twice, which nobody sees.
func (d *Destination) sendPlain(ctx context.Context, provision fhir.Provision) (Submitted, error) {
	plain, err := fhir.ProvidePlain(provision)
	if err != nil {
		return Submitted{}, ErrIncomplete.Because(err)
	}
	answer, err := d.client.CreateUnless(ctx, "Binary", plain.BinaryUnless, plain.Binary)
	if err != nil {
		return Submitted{}, failed(err)
	}
	binary, _, err := d.created(answer, "Binary")
	if err != nil {
		return Submitted{}, err
	}
	document, err := plain.Document(binary)
	if err != nil {
		return Submitted{}, ErrIncomplete.Because(err)
	}
	answer, err = d.client.CreateUnless(ctx, "DocumentReference", plain.DocumentUnless, document)
	if err != nil {
		return Submitted{}, failed(err)
	}
	reference, existing, err := d.created(answer, "DocumentReference")
	if err != nil {
		return Submitted{}, err
	}
	return Submitted{Document: "DocumentReference/" + reference, Existing: existing}, nil
}

// created reads the id of what a conditional create made or found: from Location, or where a record leaves that out, from the resource in the answer.
func (d *Destination) created(answer *fhir.Answer, kind string) (id string, existing bool, err error) {
	if answer.Status != http.StatusOK && answer.Status != http.StatusCreated {
		return "", false, refusal(answer)
	}
	existing = answer.Status == http.StatusOK
	if id, ok := fhir.IDFromReference(kind, d.client.Relative(answer.Header.Get("Location"))); ok {
		return id, existing, nil
	}
	switch kind {
	case "Binary":
		var binary *fhir.Binary
		if binary, err = fhir.Read[fhir.Binary](answer); err == nil {
			id = binary.ID
		}
	case "DocumentReference":
		var document *fhir.DocumentReference
		if document, err = fhir.Read[fhir.DocumentReference](answer); err == nil {
			id = document.ID
		}
	}
	if err == nil && !fhir.ValidID(id) {
		err = errors.New("ehr: a resource was created and has no id")
	}
	if err != nil {
		return "", false, ErrUnintelligible.Because(err)
	}
	return id, existing, nil
}
