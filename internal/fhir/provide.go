package fhir

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Addresses of the IHE MHD profiles that a Provide Document Bundle names.
const (
	ProfileProvideBundle     = mhd + "IHE.MHD.Minimal.ProvideBundle"
	ProfileSubmissionSet     = mhd + "IHE.MHD.Minimal.SubmissionSet"
	ProfileDocumentReference = mhd + "IHE.MHD.Minimal.DocumentReference"

	mhd             = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/"
	sourceExtension = mhd + "ihe-sourceId"
	listTypes       = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes"
	formatCodes     = "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode"
)

// ExtensionSHA256 carries base64 of the document's SHA-256 on its Attachment, beside the SHA-1 that R4 asks for.
const ExtensionSHA256 = "https://github.com/wardline/wardline/fhir/attachment-sha256"

// SystemStaff is the system of the author's identifier: a person's id within this Wardline.
const SystemStaff = "https://github.com/wardline/wardline/fhir/person"

// Provision is one document on its way into a record, in our words.
type Provision struct {
	Identifier  string // urn:uuid:…, the same for every attempt: the record files it once
	Title       string
	ContentType string
	Language    string // BCP 47; "en-GB" when empty
	Document    []byte
	PDF         []byte // the same as a PDF, for ProvidePlain only: IHE's profile has room for one rendering
	Patient     ProvisionPatient
	Author      ProvisionAuthor
	ODS         string // code of the organisation that sends and keeps the document
	Created     time.Time
	Submitted   time.Time
	Replaces    string // reference of the DocumentReference that this one corrects, or ""
}

// ProvisionPatient says whose document it is. One of NHSNumber and HospitalNumber is needed.
type ProvisionPatient struct {
	NHSNumber            string // ten digits
	HospitalNumber       string
	HospitalNumberSystem string
	Family, Given        string
	BirthDate            string // YYYY-MM-DD, or "" when not known
}

// ProvisionAuthor is the member of staff who decided.
type ProvisionAuthor struct{ Name, Role, PersonID string }

// Provided is what a record answered to a Provide Document Bundle.
type Provided struct {
	DocumentID string // id of the DocumentReference in the record
	Existing   bool   // it was there before: an earlier attempt had arrived
}

// ErrIncomplete means that a Provision lacks what a record needs; the wrapping says what.
var ErrIncomplete = errors.New("fhir: incomplete provision")

// ProvideBundle builds the ITI-65 transaction for one document: the SubmissionSet List, the DocumentReference and the Binary.
// List and DocumentReference are conditional creates, so that a repeated transaction files nothing twice.
func ProvideBundle(p Provision) (*Bundle, error) {
	if err := p.Complete(); err != nil {
		return nil, err
	}
	var (
		listURL   = derivedURN("submission", p.Identifier)
		docURL    = derivedURN("reference", p.Identifier)
		binaryURL = derivedURN("binary", p.Identifier)
		listID    = derivedURN("submission-entry", p.Identifier)
	)
	document, err := p.documentReference(binaryURL)
	if err != nil {
		return nil, err
	}
	list := &List{
		Meta:      &Meta{Profile: []string{ProfileSubmissionSet}},
		Extension: []Extension{{URL: sourceExtension, ValueIdentifier: &Identifier{System: SystemODSOrganisation, Value: p.ODS}}},
		Identifier: []Identifier{
			{Use: "official", System: SystemURI, Value: listID},
			{Use: "usual", System: SystemURI, Value: listURL},
		},
		Status:  "current",
		Mode:    "working",
		Title:   p.Title,
		Code:    &CodeableConcept{Coding: []Coding{{System: listTypes, Code: "submissionset"}}},
		Subject: p.Patient.reference(),
		Date:    instant(p.Submitted),
		Source:  &Reference{Type: "Practitioner", Identifier: &Identifier{System: SystemStaff, Value: p.Author.PersonID}, Display: p.Author.Name},
		Entry:   []ListEntry{{Item: Reference{Reference: docURL, Type: "DocumentReference"}}},
	}
	binary := &Binary{ContentType: p.ContentType, Data: base64.StdEncoding.EncodeToString(p.Document)}

	bundle := &Bundle{
		Meta:      &Meta{Profile: []string{ProfileProvideBundle}},
		Type:      "transaction",
		Timestamp: instant(p.Submitted),
	}
	for _, part := range []struct {
		url, kind, condition string
		resource             any
	}{
		{listURL, "List", listURL, list},
		{docURL, "DocumentReference", p.Identifier, document},
		{binaryURL, "Binary", "", binary},
	} {
		encoded, err := json.Marshal(part.resource)
		if err != nil {
			return nil, err
		}
		request := &EntryRequest{Method: "POST", URL: part.kind}
		if part.condition != "" {
			request.IfNoneExist = IdentifierQuery(part.condition).Encode()
		}
		bundle.Entry = append(bundle.Entry, BundleEntry{FullURL: part.url, Resource: encoded, Request: request})
	}
	return bundle, nil
}

// ParseProvided reads the answer to a Provide Document Bundle: one response for each of its three entries, in their order.
// A record that answers anything else has not said that it filed the document.
func ParseProvided(answer *Bundle) (Provided, error) {
	if answer.Type != "transaction-response" || len(answer.Entry) != 3 {
		return Provided{}, ErrShape
	}
	var provided Provided
	for i, kind := range []string{"List", "DocumentReference", "Binary"} {
		response := answer.Entry[i].Response
		if response == nil {
			return Provided{}, ErrShape
		}
		created, existing := strings.HasPrefix(response.Status, "201"), strings.HasPrefix(response.Status, "200")
		if !created && !existing {
			return Provided{}, ErrShape
		}
		if kind != "DocumentReference" {
			continue
		}
		id, ok := IDFromReference(kind, response.Location)
		if !ok {
			return Provided{}, ErrShape
		}
		provided = Provided{DocumentID: id, Existing: existing}
	}
	return provided, nil
}

// Plain is a Provision without a transaction, for a record that knows the resources and not IHE's way of sending them: first the Binary, then the
// DocumentReference that names it. Each is created on a condition of its own, so that a repeated attempt files nothing twice.
type Plain struct {
	Binary       *Binary
	BinaryUnless url.Values // by tag: a Binary has no identifier to be searched by
	// Document is what describes the bytes, once the record has said where they are.
	Document       func(binaryID string) (*DocumentReference, error)
	DocumentUnless url.Values
}

// SystemFiling is the system of the tag on a Binary: the filing that it belongs to.
const SystemFiling = "https://github.com/wardline/wardline/fhir/filing"

// ProvidePlain builds the two resources.
func ProvidePlain(p Provision) (Plain, error) {
	if err := p.Complete(); err != nil {
		return Plain{}, err
	}
	tag := Coding{System: SystemFiling, Code: strings.TrimPrefix(p.Identifier, "urn:uuid:")}
	return Plain{
		Binary: &Binary{
			Meta: &Meta{Tag: []Coding{tag}}, ContentType: p.ContentType, Data: base64.StdEncoding.EncodeToString(p.Document),
		},
		BinaryUnless: url.Values{"_tag": {tag.System + "|" + tag.Code}},
		Document: func(binaryID string) (*DocumentReference, error) {
			document, err := p.documentReference("Binary/" + binaryID)
			if err != nil {
				return nil, err
			}
			document.Meta = nil // it claims no profile of IHE's
			if p.PDF != nil {
				size := len(p.PDF)
				document.Content = append(document.Content, DocumentContent{Attachment: Attachment{
					ContentType: "application/pdf", Language: document.Content[0].Attachment.Language, Data: base64.StdEncoding.EncodeToString(p.PDF),
					Size: &size, Hash: AttachmentHash(p.PDF), Title: p.Title, Creation: instant(p.Created),
				}})
			}
			return document, nil
		},
		DocumentUnless: IdentifierQuery(p.Identifier),
	}, nil
}

// IdentifierQuery is the search for a URI identifier.
func IdentifierQuery(uri string) url.Values {
	return url.Values{"identifier": {SystemURI + "|" + uri}}
}

// IDFromReference takes the id out of "Kind/id", with or without "/_history/n" after it. It refuses every absolute address: what a
// server names must be fetched from that same server, so a caller strips its own base address first.
func IDFromReference(kind, reference string) (string, bool) {
	rest, ok := strings.CutPrefix(reference, kind+"/")
	if !ok {
		return "", false
	}
	id, history, versioned := strings.Cut(rest, "/")
	if versioned && !historyPart.MatchString(history) {
		return "", false
	}
	return id, ValidID(id)
}

// ValidID reports whether the text may be a resource's id (and so a part of a path).
func ValidID(id string) bool { return idPattern.MatchString(id) && strings.Trim(id, ".") != "" }

var (
	idPattern   = regexp.MustCompile(`^[A-Za-z0-9\-.]{1,64}$`)
	historyPart = regexp.MustCompile(`^_history/[A-Za-z0-9\-.]{1,64}$`)
)

// Complete reports what a record needs and the provision lacks, as ErrIncomplete.
func (p Provision) Complete() error {
	for _, need := range []struct {
		what string
		have bool
	}{
		{"identifier", strings.HasPrefix(p.Identifier, "urn:uuid:")},
		{"document", len(p.Document) > 0},
		{"content type", p.ContentType != ""},
		{"title", p.Title != ""},
		{"patient number", p.Patient.NHSNumber != "" || p.Patient.HospitalNumber != ""},
		{"author", p.Author.Name != "" && p.Author.PersonID != ""},
		{"organisation", p.ODS != ""},
		{"times", !p.Created.IsZero() && !p.Submitted.IsZero()},
	} {
		if !need.have {
			return fmt.Errorf("%w: %s", ErrIncomplete, need.what)
		}
	}
	return nil
}

func (p Provision) documentReference(binaryURL string) (*DocumentReference, error) {
	contained, err := p.contained()
	if err != nil {
		return nil, err
	}
	language := p.Language
	if language == "" {
		language = "en-GB"
	}
	size, sum := len(p.Document), sha256.Sum256(p.Document)
	document := &DocumentReference{
		Meta:             &Meta{Profile: []string{ProfileDocumentReference}},
		Contained:        contained,
		MasterIdentifier: &Identifier{System: SystemURI, Value: p.Identifier},
		Identifier:       []Identifier{{Use: "official", System: SystemURI, Value: p.Identifier}},
		Status:           "current",
		Type: &CodeableConcept{
			Coding: []Coding{{System: "http://loinc.org", Code: "34109-9", Display: "Note"}},
			Text:   "Clinical decision by secure message",
		},
		Subject:       p.Patient.reference(),
		Date:          instant(p.Submitted),
		Author:        []Reference{{Reference: "#author", Display: p.Author.Name}},
		Custodian:     &Reference{Type: "Organization", Identifier: &Identifier{System: SystemODSOrganisation, Value: p.ODS}},
		Description:   p.Title,
		SecurityLabel: []CodeableConcept{{Coding: []Coding{{System: SystemConfidentiality, Code: "N", Display: "normal"}}}},
		Content: []DocumentContent{{
			Attachment: Attachment{
				ContentType: p.ContentType,
				Language:    language,
				URL:         binaryURL,
				Size:        &size,
				Hash:        AttachmentHash(p.Document),
				Title:       p.Title,
				Creation:    instant(p.Created),
				Extension:   []Extension{{URL: ExtensionSHA256, ValueBase64Binary: base64.StdEncoding.EncodeToString(sum[:])}},
			},
			Format: &Coding{System: formatCodes, Code: "urn:ihe:iti:xds:2017:mimeTypeSufficient", Display: "mimeType Sufficient"},
		}},
		Context: &DocumentCircumstance{SourcePatientInfo: &Reference{Reference: "#patient"}},
	}
	if p.Replaces != "" {
		document.RelatesTo = []RelatesTo{{Code: "replaces", Target: Reference{Reference: p.Replaces}}}
	}
	return document, nil
}

// contained carries the author with their role, and the patient as they were known when the document was made.
func (p Provision) contained() ([]json.RawMessage, error) {
	author := &PractitionerRole{
		ID:           "author",
		Practitioner: &Reference{Type: "Practitioner", Identifier: &Identifier{System: SystemStaff, Value: p.Author.PersonID}, Display: p.Author.Name},
		Organization: &Reference{Type: "Organization", Identifier: &Identifier{System: SystemODSOrganisation, Value: p.ODS}},
	}
	if p.Author.Role != "" {
		author.Code = []CodeableConcept{{Text: p.Author.Role}}
	}
	patient := &Patient{ID: "patient", Identifier: p.Patient.identifiers(), BirthDate: p.Patient.BirthDate}
	if p.Patient.Family != "" || p.Patient.Given != "" {
		patient.Name = []HumanName{{Use: "usual", Family: p.Patient.Family, Given: given(p.Patient.Given)}}
	}
	var contained []json.RawMessage
	for _, resource := range []any{author, patient} {
		encoded, err := json.Marshal(resource)
		if err != nil {
			return nil, err
		}
		contained = append(contained, encoded)
	}
	return contained, nil
}

func (p ProvisionPatient) identifiers() []Identifier {
	var identifiers []Identifier
	if p.NHSNumber != "" {
		identifiers = append(identifiers, Identifier{System: SystemNHSNumber, Value: p.NHSNumber})
	}
	if p.HospitalNumber != "" {
		identifiers = append(identifiers, Identifier{System: p.HospitalNumberSystem, Value: p.HospitalNumber})
	}
	return identifiers
}

// reference names the patient by number: the record finds its own resource for it.
func (p ProvisionPatient) reference() *Reference {
	first := p.identifiers()[0]
	return &Reference{Type: "Patient", Identifier: &first}
}

func given(names string) []string {
	if names == "" {
		return nil
	}
	return strings.Fields(names)
}

// derivedURN makes a UUID (version 8, RFC 9562) that is the same for every attempt at one provision.
func derivedURN(part, identifier string) string {
	sum := sha256.Sum256([]byte("wardline/fhir/" + part + "\x00" + identifier))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// instant is FHIR's form of a moment.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
