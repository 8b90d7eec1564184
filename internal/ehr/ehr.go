// Package ehr files documents into the organisation's health record over FHIR, and reads them back.
//
// Filing is an IHE MHD Provide Document Bundle transaction (ITI-65), or plain conditional creates of a Binary and a DocumentReference. The record's
// word that it took a document is no receipt: a receipt is made here, by fetching the document again and finding the same bytes under the
// same patient (H13).
//
// Layout: ehr.go the destination and what it takes, send.go the two ways of sending, readback.go the receipt, retract.go entered in error, room.go
// what the record room sees, faults.go what can go wrong.
//
// Invariants:
//   - One filing is one document, however often it is sent: every attempt carries the same identifier, urn:uuid:<filing>, the
//     record creates on condition of it, and File asks for it first so that a lost answer leaves nothing behind twice.
//   - ReadBack returns a receipt only for the bytes whose SHA-256 the caller names. What the record says of itself can only lose a
//     receipt, never earn one.
//   - Bytes are fetched from the configured server alone, whatever address the record names.
//   - The kind of an error tells what to do: Unavailable, Upstream and NotFound mean try again, Invalid and Conflict mean that a
//     person must look. Nothing here logs, and no error text holds an identifier.
//
// Source: IHE ITI MHD, ITI-65 and ITI-68; R18, R19, R20; H12, H13.
package ehr

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fhir"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
)

// Path is the way in which a record takes documents.
type Path string

const (
	// ITI65 is one transaction of SubmissionSet, DocumentReference and Binary.
	ITI65 Path = "iti-65"
	// Plain is a Binary and a DocumentReference, each a conditional create.
	Plain Path = "fhir"
)

// Config says where the record is and what is particular to it.
type Config struct {
	Path    Path          // "": ITI65
	BaseURL string        // https, or http to this machine
	Timeout time.Duration // for one exchange; 0: 30 s
	HTTP    *http.Client  // nil: one of our own
	Header  http.Header   // sent with every exchange, such as an API key
	// HospitalNumberSystem is the identifier system of the hospital's own patient numbers; needed to file for temporary identities.
	HospitalNumberSystem string
	Clock                clock.Clock // nil: the system's
}

// Destination is one health record. It is safe for concurrent use.
type Destination struct {
	client               *fhir.Client
	send                 func(context.Context, fhir.Provision) (Submitted, error)
	plain                bool // there is room for a second rendering
	clock                clock.Clock
	hospitalNumberSystem string
}

// Document is what is filed: one rendered, self-contained document about one patient.
type Document struct {
	Filing         id.Filing
	NHSNumber      nhs.Number // zero for a temporary identity, which then needs a hospital number
	HospitalNumber string
	PatientName    nhs.Name
	BirthDate      nhs.BirthDate
	Title          string
	ContentType    string // "text/html"
	Bytes          []byte
	PDF            []byte // the same words as a PDF; sent by Plain only
	Author         Author
	Organisation   nhs.ODSCode
	CreatedAt      time.Time // when the decision was made
	SubmittedAt    time.Time // when it was filed, the same at every attempt
	Replaces       id.Filing // the filing whose document this one corrects, or zero
}

// Author is who decided.
type Author struct {
	Person id.Person
	Name   string
	Role   string
}

// Submitted is the record's word that it has taken a document. It is not a receipt.
type Submitted struct {
	Document string // the record's resource, "DocumentReference/41"
	Existing bool   // it was there before this attempt
}

// maxAnswer bounds what one answer may hold: a document of a few megabytes in base64, with what describes it.
var maxAnswer = fhir.Limits{Bytes: 16 << 20, Depth: 24, Values: 20_000}

// New checks the configuration. It does not connect.
func New(config Config) (*Destination, error) {
	if config.Timeout == 0 {
		config.Timeout = 30 * time.Second
	}
	if config.Clock == nil {
		config.Clock = clock.System{}
	}
	requests := id.NewSource(config.Clock)
	client, err := fhir.NewClient(fhir.ClientConfig{
		BaseURL: config.BaseURL, HTTP: config.HTTP, Header: config.Header, Timeout: config.Timeout, Limits: maxAnswer,
		NewRequestID: func() string { return id.New[id.Request](requests).String() },
	})
	if err != nil {
		return nil, err
	}
	d := &Destination{client: client, clock: config.Clock, hospitalNumberSystem: config.HospitalNumberSystem}
	switch config.Path {
	case ITI65, "":
		d.send = d.sendBundle
	case Plain:
		d.send, d.plain = d.sendPlain, true
	default:
		return nil, errors.New("ehr: the path is iti-65 or fhir")
	}
	return d, nil
}

// Identifier is the name under which every attempt at a filing goes.
func Identifier(filing id.Filing) string { return "urn:uuid:" + filing.String() }

// Expected is what ReadBack must find of this document.
func (d Document) Expected() Expected {
	expected := Expected{Filing: d.Filing, SHA256: sha256.Sum256(d.Bytes), NHSNumber: d.NHSNumber, HospitalNumber: d.HospitalNumber}
	if d.PDF != nil {
		expected.PDF = sha256.Sum256(d.PDF)
	}
	return expected
}

// File sends a document, unless the record has it already from an attempt whose answer was lost.
// Errors: ErrRefused, ErrUnavailable, ErrUnintelligible, ErrMismatch, ErrIncomplete, ErrNothingToReplace.
func (d *Destination) File(ctx context.Context, document Document) (Submitted, error) {
	provision := d.provision(document)
	if err := provision.Complete(); err != nil {
		return Submitted{}, ErrIncomplete.Because(err)
	}
	there, err := d.find(ctx, document.Filing)
	switch {
	case err == nil:
		return Submitted{Document: "DocumentReference/" + there.ID, Existing: true}, nil
	case !errors.Is(err, ErrNotInRecord):
		return Submitted{}, err
	}
	if !document.Replaces.IsZero() {
		earlier, err := d.find(ctx, document.Replaces)
		if errors.Is(err, ErrNotInRecord) {
			return Submitted{}, ErrNothingToReplace.Because(err)
		}
		if err != nil {
			return Submitted{}, err
		}
		provision.Replaces = "DocumentReference/" + earlier.ID
	}
	return d.send(ctx, provision)
}

func (d *Destination) provision(document Document) fhir.Provision {
	return fhir.Provision{
		Identifier: Identifier(document.Filing), Title: document.Title, ContentType: document.ContentType, Document: document.Bytes, PDF: document.PDF,
		Patient: fhir.ProvisionPatient{
			NHSNumber: document.NHSNumber.Digits(), HospitalNumber: document.HospitalNumber, HospitalNumberSystem: d.hospitalNumberSystem,
			Family: document.PatientName.Family, Given: document.PatientName.Given, BirthDate: document.BirthDate.String(),
		},
		Author:  fhir.ProvisionAuthor{Name: document.Author.Name, Role: document.Author.Role, PersonID: document.Author.Person.String()},
		ODS:     string(document.Organisation),
		Created: document.CreatedAt, Submitted: document.SubmittedAt,
	}
}
