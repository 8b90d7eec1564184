package ehr

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/wardline/wardline/internal/fhir"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
)

// Expected is what must be in the record for a receipt.
type Expected struct {
	Filing         id.Filing
	SHA256         [sha256.Size]byte
	PDF            [sha256.Size]byte // of the PDF beside it, zero when none was sent
	NHSNumber      nhs.Number
	HospitalNumber string
}

// Receipt is the proof that the document is in the record: it was read back and is the same, byte for byte.
type Receipt struct {
	Reference string // as people in the hospital name the document, "DOC-7741-2093"
	Document  string // the record's resource, "DocumentReference/41"
	Hash      id.Hash
	At        time.Time // when it was read back
}

// longestReference bounds the record's name for a document.
const longestReference = 64

// ReadBack fetches a filed document from the record and compares it with what was sent.
// Errors: ErrNotInRecord, ErrMismatch, ErrUnavailable, ErrUnintelligible.
func (d *Destination) ReadBack(ctx context.Context, expected Expected) (Receipt, error) {
	document, err := d.find(ctx, expected.Filing)
	if err != nil {
		return Receipt{}, err
	}
	if document.Status != "current" {
		return Receipt{}, mismatch("status")
	}
	if !d.isOf(document, expected) {
		return Receipt{}, mismatch("patient")
	}
	if want := map[bool]int{true: 1, false: 2}[expected.PDF == [sha256.Size]byte{}]; len(document.Content) != want {
		return Receipt{}, ErrUnintelligible.Because(errors.New("ehr: not the renderings of the document that were sent"))
	}
	if len(document.Content) == 2 {
		pdf, err := d.fetch(ctx, document.Content[1].Attachment)
		if err != nil {
			return Receipt{}, err
		}
		if sha256.Sum256(pdf) != expected.PDF {
			return Receipt{}, mismatch("pdf")
		}
	}
	attachment := document.Content[0].Attachment
	data, err := d.fetch(ctx, attachment)
	if err != nil {
		return Receipt{}, err
	}
	sum := sha256.Sum256(data)
	if sum != expected.SHA256 {
		return Receipt{}, mismatch("bytes")
	}
	if attachment.Hash != "" && !fhir.HashMatches(attachment.Hash, data) && attachment.Hash != base64.StdEncoding.EncodeToString(sum[:]) {
		return Receipt{}, mismatch("hash")
	}
	reference := fhir.PlainText(document.RecordNumber(), longestReference)
	if reference == "" {
		return Receipt{}, ErrUnintelligible.Because(errors.New("ehr: the record has no name for the document"))
	}
	return Receipt{Reference: reference, Document: "DocumentReference/" + document.ID, Hash: sum, At: d.clock.Now()}, nil
}

// find asks the record for the one document of a filing.
func (d *Destination) find(ctx context.Context, filing id.Filing) (*fhir.DocumentReference, error) {
	answer, err := d.client.Get(ctx, "DocumentReference", fhir.IdentifierQuery(Identifier(filing)))
	if err != nil {
		return nil, failed(err)
	}
	if answer.Status != http.StatusOK {
		return nil, ErrUnavailable.Because(fmt.Errorf("ehr: status %d", answer.Status))
	}
	bundle, err := fhir.Read[fhir.Bundle](answer)
	if err != nil {
		return nil, ErrUnintelligible.Because(err)
	}
	if bundle.Type != "searchset" {
		return nil, ErrUnintelligible.Because(errors.New("ehr: the answer to a search is no searchset"))
	}
	var found []*fhir.DocumentReference
	err = fhir.Entries(bundle, func(_ fhir.BundleEntry, document *fhir.DocumentReference) error {
		// A server that does not know a search parameter ignores it and returns everything: what does not carry the name is not ours.
		if document.Carries(fhir.SystemURI, Identifier(filing)) {
			found = append(found, document)
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, ErrUnintelligible.Because(err)
	case len(found) == 0:
		return nil, ErrNotInRecord
	case len(found) > 1:
		return nil, mismatch("copies")
	case !fhir.ValidID(found[0].ID):
		return nil, ErrUnintelligible.Because(errors.New("ehr: a document without an id"))
	}
	return found[0], nil
}

// isOf reports whether the record keeps the document under the patient meant. A record that names the patient only by an
// address of its own cannot be checked here, and is not refused for it.
func (d *Destination) isOf(document *fhir.DocumentReference, expected Expected) bool {
	if document.Subject == nil {
		return false
	}
	identifier := document.Subject.Identifier
	switch {
	case identifier == nil:
		return true
	case identifier.System == fhir.SystemNHSNumber:
		return !expected.NHSNumber.IsZero() && identifier.Value == expected.NHSNumber.Digits()
	case identifier.System == d.hospitalNumberSystem && expected.HospitalNumber != "":
		return identifier.Value == expected.HospitalNumber
	}
	return true
}

// fetch returns the bytes that an attachment describes, from this record and no other server.
func (d *Destination) fetch(ctx context.Context, attachment fhir.Attachment) ([]byte, error) {
	if attachment.Data != "" {
		data, err := base64.StdEncoding.DecodeString(attachment.Data)
		if err != nil {
			return nil, ErrUnintelligible.Because(errors.New("ehr: the document is not base64"))
		}
		return data, nil
	}
	binary, ok := fhir.IDFromReference("Binary", d.client.Relative(attachment.URL))
	if !ok {
		return nil, ErrUnintelligible.Because(errors.New("ehr: the document lies outside the record"))
	}
	answer, err := d.client.Get(ctx, "Binary/"+binary, nil)
	if err != nil {
		return nil, failed(err)
	}
	switch {
	case answer.Status == http.StatusNotFound && answer.Outcome() != nil, answer.Status == http.StatusGone:
		return nil, ErrNotInRecord
	case answer.Status != http.StatusOK:
		return nil, ErrUnavailable.Because(fmt.Errorf("ehr: status %d", answer.Status))
	case !answer.IsFHIR() && answer.MediaType != "" && answer.MediaType == attachment.ContentType:
		return bytes.Clone(answer.Body), nil // FHIR lets a server answer with the bytes themselves
	}
	resource, err := fhir.Read[fhir.Binary](answer)
	if err != nil {
		return nil, ErrUnintelligible.Because(err)
	}
	data, err := resource.Bytes()
	if err != nil {
		return nil, ErrUnintelligible.Because(err)
	}
	return data, nil
}
