package hospital

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fhir"
)

// mostBytes is the largest transaction that the record reads.
const mostBytes = 16 << 20

// Filed is one document in the record, for programs that check a story.
type Filed struct {
	Number     string // DOC-7741-2093
	Identifier string // urn:uuid:… as it was sent
	Patient    string // NHS number, or hospital number of a temporary identity
	Title      string
	Author     string
	SHA256     [32]byte // of the bytes that are kept
	At         time.Time
}

// Filed lists what is in the record, the oldest first.
func (h *Hospital) Filed() []Filed {
	var list []Filed
	for _, document := range h.shelf.all() {
		list = append(list, document.summary())
	}
	return list
}

// recordGate is in front of every exchange with the record: the faults that do not depend on what is asked.
func (h *Hospital) recordGate(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch h.RecordMode() {
		case RecordDown:
			writeDown(w)
		case RecordGarbage:
			writeGarbage(w)
		default:
			next(w, r)
		}
	})
}

// provide takes one Provide Document Bundle transaction (ITI-65).
func (h *Hospital) provide(w http.ResponseWriter, r *http.Request) {
	mode := h.currently()
	if mode.Record == RecordDropBefore {
		hangUp(w)
		return
	}
	data, err := fhir.ReadAll(r.Body, mostBytes)
	if err != nil {
		writeOutcome(w, http.StatusRequestEntityTooLarge, "too-long", "TOO_LARGE", "The document is too large", "")
		return
	}
	sent, err := readTransaction(data)
	if err != nil {
		writeRefusal(w, http.StatusBadRequest, "invalid", err.Error())
		return
	}
	h.take(w, r, mode, sent, func(document filedDocument, existing bool) { writeProvided(w, document, existing) })
}

// take files what has been understood, in the mood of the moment, and has answer say so.
func (h *Hospital) take(w http.ResponseWriter, r *http.Request, mode modes, sent *transaction, answer func(filedDocument, bool)) {
	patient, ok := sent.patient(h.people(HospitalView))
	switch {
	case mode.Record == RecordRefuse:
		writeRefusal(w, http.StatusUnprocessableEntity, "business-rule", mode.Reason)
		return
	case !ok:
		writeRefusal(w, http.StatusUnprocessableEntity, "not-found", "This record has no patient with that number.")
		return
	case h.isLocked(patient):
		writeRefusal(w, http.StatusUnprocessableEntity, "business-rule", refusal)
		return
	case mode.Record == RecordFalseReceipt:
		answer(filedDocument{Sequence: len(h.shelf.all()) + 1, FiledAt: h.config.Clock.Now()}, false)
		return
	}
	document, existing, err := h.shelf.put(sent.identifier, func(sequence int) filedDocument {
		switch mode.Record {
		case RecordAlter:
			sent.alter()
		case RecordMisfile:
			patient = patients[(indexOf(patient)+1)%len(patients)]
		}
		return sent.filed(sequence, patient, h.config.Clock.Now())
	})
	if err != nil {
		h.config.Log.Error("demonstration record cannot write", "error", err)
		writeOutcome(w, http.StatusInternalServerError, "exception", "INTERNAL", "The record cannot write", "")
		return
	}
	switch mode.Record {
	case RecordDropAfter:
		hangUp(w)
		return
	case RecordDelay:
		if clock.Until(r.Context(), h.config.Clock, h.config.Clock.Now().Add(h.config.Delay)) != nil {
			return
		}
	}
	answer(document, existing)
}

func (h *Hospital) searchDocuments(w http.ResponseWriter, r *http.Request) {
	identifier := r.URL.Query().Get("identifier")
	if identifier == "" {
		writeRefusal(w, http.StatusBadRequest, "required", "Search by identifier.")
		return
	}
	system, value, both := strings.Cut(identifier, "|")
	if !both {
		system, value = "", identifier
	}
	found := h.shelf.carrying(system, value)
	total := len(found)
	bundle := &fhir.Bundle{Type: "searchset", Total: &total}
	for _, document := range found {
		encoded, err := json.Marshal(document.Reference)
		if err != nil {
			http.Error(w, "The answer cannot be written.", http.StatusInternalServerError)
			return
		}
		bundle.Entry = append(bundle.Entry, fhir.BundleEntry{
			FullURL: h.RecordURL() + "/DocumentReference/" + document.id(), Resource: encoded, Search: &fhir.EntrySearch{Mode: "match"},
		})
	}
	writeResource(w, http.StatusOK, bundle)
}

func (h *Hospital) readDocument(w http.ResponseWriter, r *http.Request) {
	document, ok := h.shelf.find(r.PathValue("id"))
	if !ok {
		writeRefusal(w, http.StatusNotFound, "not-found", "There is no such document.")
		return
	}
	writeResource(w, http.StatusOK, document.Reference)
}

func (h *Hospital) readBinary(w http.ResponseWriter, r *http.Request) {
	document, ok := h.shelf.find(r.PathValue("id"))
	if !ok {
		writeRefusal(w, http.StatusNotFound, "not-found", "There is no such document.")
		return
	}
	writeResource(w, http.StatusOK, document.Binary)
}

// transaction is a Provide Document Bundle that has been understood.
type transaction struct {
	identifier string
	list       *fhir.List
	reference  *fhir.DocumentReference
	binary     *fhir.Binary
	bytes      []byte
}

// readTransaction checks a transaction as a careful record does: its parts, its conditions, and that the bytes are those described.
func readTransaction(data []byte) (*transaction, error) {
	bundle, err := fhir.Decode[fhir.Bundle](data, fhir.Limits{Bytes: mostBytes})
	if err != nil {
		return nil, errors.New("this is not a Bundle")
	}
	if bundle.Type != "transaction" || len(bundle.Entry) != 3 {
		return nil, errors.New("this is not a Provide Document Bundle of one document")
	}
	sent := &transaction{}
	condition := ""
	binaryURL := ""
	for _, entry := range bundle.Entry {
		if entry.Request == nil || entry.Request.Method != http.MethodPost {
			return nil, errors.New("every entry must be a POST")
		}
		switch entry.Request.URL {
		case "List":
			sent.list, err = fhir.Decode[fhir.List](entry.Resource, fhir.Limits{})
		case "DocumentReference":
			condition = entry.Request.IfNoneExist
			sent.reference, err = fhir.Decode[fhir.DocumentReference](entry.Resource, fhir.Limits{})
		case "Binary":
			binaryURL = entry.FullURL
			sent.binary, err = fhir.Decode[fhir.Binary](entry.Resource, fhir.Limits{Bytes: mostBytes})
		default:
			err = errors.New("unexpected resource")
		}
		if err != nil {
			return nil, errors.New("an entry is not what a Provide Document Bundle holds")
		}
	}
	if sent.list == nil || sent.reference == nil || sent.binary == nil {
		return nil, errors.New("a part of the Provide Document Bundle is missing")
	}
	return sent, sent.check(binaryURL, condition)
}

// check is what every way of filing has to pass: the bytes are those described, and a repeated attempt files nothing twice.
func (t *transaction) check(binaryURL, condition string) (err error) {
	if n := len(t.reference.Content); n != 1 && (n != 2 || t.list != nil) || t.reference.Subject == nil {
		return errors.New("the document has no content or no patient")
	}
	attachment := t.reference.Content[0].Attachment
	if t.bytes, err = t.binary.Bytes(); err != nil || attachment.URL != binaryURL {
		return errors.New("the document's bytes are missing")
	}
	if !fhir.HashMatches(attachment.Hash, t.bytes) || attachment.Size == nil || *attachment.Size != len(t.bytes) {
		return errors.New("the document's bytes are not those that it describes")
	}
	query, err := url.ParseQuery(condition)
	if err != nil {
		return errors.New("the condition cannot be read")
	}
	_, t.identifier, _ = strings.Cut(query.Get("identifier"), "|")
	if t.identifier == "" || !t.reference.Carries(fhir.SystemURI, t.identifier) {
		return errors.New("the document must be created on condition of its own identifier")
	}
	return nil
}

// patient finds whose document it is.
func (t *transaction) patient(all people) (Patient, bool) {
	identifier := t.reference.Subject.Identifier
	if identifier == nil {
		return Patient{}, false
	}
	switch identifier.System {
	case fhir.SystemNHSNumber:
		p, ok := all.byNumber(identifier.Value)
		return p, ok && !p.Invalidated && p.MergedInto == ""
	case HospitalNumberSystem:
		p, ok := all.byHospitalNumber(identifier.Value)
		return p, ok && p.MergedInto == ""
	}
	return Patient{}, false
}

// alter spoils the document the way a well-meaning interface engine does, description and all.
func (t *transaction) alter() {
	t.bytes = append(t.bytes[:len(t.bytes):len(t.bytes)], "\n<!-- reformatted -->\n"...)
	t.binary.Data = base64.StdEncoding.EncodeToString(t.bytes)
	size := len(t.bytes)
	t.reference.Content[0].Attachment.Size = &size
	t.reference.Content[0].Attachment.Hash = fhir.AttachmentHash(t.bytes)
}

// filed completes the resources with what the record adds: ids, its own number, the patient's resource.
func (t *transaction) filed(sequence int, patient Patient, at time.Time) filedDocument {
	document := filedDocument{Sequence: sequence, FiledAt: at, List: t.list, Reference: t.reference, Binary: t.binary}
	meta := func(from *fhir.Meta) *fhir.Meta {
		next := fhir.Meta{}
		if from != nil {
			next = *from
		}
		next.VersionID, next.LastUpdated = "1", at.UTC().Format(time.RFC3339)
		return &next
	}
	t.binary.ID, t.binary.Meta = document.id(), meta(t.binary.Meta)
	t.reference.ID, t.reference.Meta = document.id(), meta(t.reference.Meta)
	t.reference.Identifier = append(t.reference.Identifier, fhir.Identifier{Use: "secondary", System: DocumentNumberSystem, Value: document.number()})
	t.reference.Content[0].Attachment.URL = "Binary/" + document.id()
	subject := &fhir.Reference{Reference: "Patient/" + patient.resourceID(), Type: "Patient", Display: patient.FullName()}
	if patient.NHSNumber != "" {
		subject.Identifier = &fhir.Identifier{System: fhir.SystemNHSNumber, Value: patient.NHSNumber}
	} else {
		subject.Identifier = &fhir.Identifier{System: HospitalNumberSystem, Value: patient.HospitalNumber}
	}
	t.reference.Subject = subject
	if t.list != nil { // a transaction
		t.list.ID, t.list.Meta, t.list.Subject = document.id(), meta(t.list.Meta), subject
		t.list.Entry = []fhir.ListEntry{{Item: fhir.Reference{Reference: "DocumentReference/" + document.id(), Type: "DocumentReference"}}}
	}
	return document
}

func (d filedDocument) summary() Filed {
	filed := Filed{Number: d.number(), Title: d.Reference.Description, At: d.FiledAt}
	if d.Reference.MasterIdentifier != nil {
		filed.Identifier = d.Reference.MasterIdentifier.Value
	}
	if d.Reference.Subject != nil && d.Reference.Subject.Identifier != nil {
		filed.Patient = d.Reference.Subject.Identifier.Value
	}
	if len(d.Reference.Author) > 0 {
		filed.Author = d.Reference.Author[0].Display
	}
	if data, err := d.Binary.Bytes(); err == nil {
		filed.SHA256 = sha256.Sum256(data)
	}
	return filed
}

func writeProvided(w http.ResponseWriter, document filedDocument, existing bool) {
	status := "201 Created"
	if existing {
		status = "200 OK"
	}
	answer := &fhir.Bundle{Type: "transaction-response"}
	for _, kind := range []string{"List", "DocumentReference", "Binary"} {
		answer.Entry = append(answer.Entry, fhir.BundleEntry{Response: &fhir.EntryResponse{
			Status: status, Location: kind + "/" + document.id() + "/_history/1", Etag: `W/"1"`, LastModified: document.FiledAt.UTC().Format(time.RFC3339),
		}})
	}
	writeResource(w, http.StatusOK, answer)
}

func writeRefusal(w http.ResponseWriter, status int, kind, reason string) {
	writeResource(w, status, &fhir.OperationOutcome{Issue: []fhir.Issue{{Severity: "error", Code: kind, Details: &fhir.CodeableConcept{Text: reason}}}})
}

func indexOf(patient Patient) int {
	for i, p := range patients {
		if p.HospitalNumber == patient.HospitalNumber {
			return i
		}
	}
	return 0
}
