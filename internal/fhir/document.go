package fhir

import (
	"crypto/sha1" //nolint:gosec // FHIR R4 defines Attachment.hash as SHA-1; SHA-256 travels beside it and is what Wardline compares
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
)

// DocumentReference describes one document in a record: whose, by whom, where its bytes are and what they hash to.
type DocumentReference struct {
	ID               string                `json:"id"`
	Meta             *Meta                 `json:"meta"`
	Contained        []json.RawMessage     `json:"contained"`
	MasterIdentifier *Identifier           `json:"masterIdentifier"`
	Identifier       []Identifier          `json:"identifier"`
	Status           string                `json:"status"`
	Type             *CodeableConcept      `json:"type"`
	Subject          *Reference            `json:"subject"`
	Date             string                `json:"date"`
	Author           []Reference           `json:"author"`
	Custodian        *Reference            `json:"custodian"`
	RelatesTo        []RelatesTo           `json:"relatesTo"`
	Description      string                `json:"description"`
	SecurityLabel    []CodeableConcept     `json:"securityLabel"`
	Content          []DocumentContent     `json:"content"`
	Context          *DocumentCircumstance `json:"context"`
	Unknown          Unknown               `json:"-"`
}

// RelatesTo ties a document to another. Code is replaces, transforms, signs or appends.
type RelatesTo struct {
	Code    string    `json:"code"`
	Target  Reference `json:"target"`
	Unknown Unknown   `json:"-"`
}

// DocumentContent is one rendering of a document.
type DocumentContent struct {
	Attachment Attachment `json:"attachment"`
	Format     *Coding    `json:"format"`
	Unknown    Unknown    `json:"-"`
}

// DocumentCircumstance (DocumentReference.context) says who the patient was when the document was made.
type DocumentCircumstance struct {
	SourcePatientInfo *Reference `json:"sourcePatientInfo"`
	Unknown           Unknown    `json:"-"`
}

// Attachment describes the bytes of a rendering. Hash is base64 of their SHA-1, Size their number.
type Attachment struct {
	ContentType string      `json:"contentType"`
	Language    string      `json:"language"`
	Data        string      `json:"data"`
	URL         string      `json:"url"`
	Size        *int        `json:"size"`
	Hash        string      `json:"hash"`
	Title       string      `json:"title"`
	Creation    string      `json:"creation"`
	Extension   []Extension `json:"extension"`
	Unknown     Unknown     `json:"-"`
}

// Binary is the bytes of a document, base64 in Data.
type Binary struct {
	ID          string  `json:"id"`
	Meta        *Meta   `json:"meta"`
	ContentType string  `json:"contentType"`
	Data        string  `json:"data"`
	Unknown     Unknown `json:"-"`
}

// List is used as an IHE SubmissionSet: what was sent, together, when and by whom.
type List struct {
	ID         string           `json:"id"`
	Meta       *Meta            `json:"meta"`
	Extension  []Extension      `json:"extension"`
	Identifier []Identifier     `json:"identifier"`
	Status     string           `json:"status"`
	Mode       string           `json:"mode"`
	Title      string           `json:"title"`
	Code       *CodeableConcept `json:"code"`
	Subject    *Reference       `json:"subject"`
	Date       string           `json:"date"`
	Source     *Reference       `json:"source"`
	Entry      []ListEntry      `json:"entry"`
	Unknown    Unknown          `json:"-"`
}

// ListEntry is one thing that a List holds.
type ListEntry struct {
	Item    Reference `json:"item"`
	Unknown Unknown   `json:"-"`
}

// PractitionerRole is a member of staff in a role, carried inside a document as its author.
type PractitionerRole struct {
	ID           string            `json:"id"`
	Practitioner *Reference        `json:"practitioner"`
	Organization *Reference        `json:"organization"`
	Code         []CodeableConcept `json:"code"`
	Unknown      Unknown           `json:"-"`
}

// Bytes returns what the Binary holds.
func (b *Binary) Bytes() ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(b.Data)
	if err != nil {
		return nil, ErrShape
	}
	return data, nil
}

// AttachmentHash returns what R4 wants in Attachment.hash for these bytes.
func AttachmentHash(document []byte) string {
	sum := sha1.Sum(document)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// HashMatches reports whether a hash that a server states is that of the bytes. IHE's own examples, and servers made after
// them, put the base64 of the sum's hexadecimal digits there: that reading is accepted too. No hash at all does not match.
func HashMatches(stated string, document []byte) bool {
	sum := sha1.Sum(document)
	digits := hex.EncodeToString(sum[:])
	return stated == base64.StdEncoding.EncodeToString(sum[:]) || stated == base64.StdEncoding.EncodeToString([]byte(digits))
}

// Carries reports whether the document bears the identifier, as its master identifier or among the others.
func (d *DocumentReference) Carries(system, value string) bool {
	if d.MasterIdentifier != nil && d.MasterIdentifier.System == system && d.MasterIdentifier.Value == value {
		return true
	}
	for _, identifier := range d.Identifier {
		if identifier.System == system && identifier.Value == value {
			return true
		}
	}
	return false
}

// RecordNumber returns the number under which people in the record's own hospital find the document: the first identifier that
// is not a URI of the sender's; the resource's id when the record gives none.
func (d *DocumentReference) RecordNumber() string {
	for _, identifier := range d.Identifier {
		if identifier.System != SystemURI && identifier.Value != "" {
			return identifier.Value
		}
	}
	return d.ID
}

func (DocumentReference) ResourceType() string { return "DocumentReference" }

func (d *DocumentReference) UnmarshalJSON(b []byte) error { return split(b, d) }

func (d DocumentReference) MarshalJSON() ([]byte, error) { return join(d) }

func (r *RelatesTo) UnmarshalJSON(b []byte) error { return split(b, r) }

func (r RelatesTo) MarshalJSON() ([]byte, error) { return join(r) }

func (c *DocumentContent) UnmarshalJSON(b []byte) error { return split(b, c) }

func (c DocumentContent) MarshalJSON() ([]byte, error) { return join(c) }

func (c *DocumentCircumstance) UnmarshalJSON(b []byte) error { return split(b, c) }

func (c DocumentCircumstance) MarshalJSON() ([]byte, error) { return join(c) }

func (a *Attachment) UnmarshalJSON(b []byte) error { return split(b, a) }

func (a Attachment) MarshalJSON() ([]byte, error) { return join(a) }

func (Binary) ResourceType() string { return "Binary" }

func (b *Binary) UnmarshalJSON(data []byte) error { return split(data, b) }

func (b Binary) MarshalJSON() ([]byte, error) { return join(b) }

func (List) ResourceType() string { return "List" }

func (l *List) UnmarshalJSON(b []byte) error { return split(b, l) }

func (l List) MarshalJSON() ([]byte, error) { return join(l) }

func (e *ListEntry) UnmarshalJSON(b []byte) error { return split(b, e) }

func (e ListEntry) MarshalJSON() ([]byte, error) { return join(e) }

func (PractitionerRole) ResourceType() string { return "PractitionerRole" }

func (p *PractitionerRole) UnmarshalJSON(b []byte) error { return split(b, p) }

func (p PractitionerRole) MarshalJSON() ([]byte, error) { return join(p) }
