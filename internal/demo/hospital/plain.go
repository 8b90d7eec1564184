package hospital

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/wardline/wardline/internal/fhir"
)

// loose holds Binaries that no document names yet. They are lost at a restart, as a sender must expect who has not finished.
type loose struct {
	mu    sync.Mutex
	byTag map[string]*fhir.Binary
}

// keep returns the Binary that has the tag, and files the given one under it when there is none.
func (l *loose) keep(tag string, binary *fhir.Binary) (kept *fhir.Binary, existing bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if there, found := l.byTag[tag]; found {
		return there, true
	}
	if l.byTag == nil {
		l.byTag = map[string]*fhir.Binary{}
	}
	binary.ID = "loose-" + strconv.Itoa(len(l.byTag)+1)
	l.byTag[tag] = binary
	return binary, false
}

func (l *loose) find(id string) *fhir.Binary {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, binary := range l.byTag {
		if binary.ID == id {
			return binary
		}
	}
	return nil
}

// createBinary takes the bytes of a document that follows.
func (h *Hospital) createBinary(w http.ResponseWriter, r *http.Request) {
	binary, ok := readSent[fhir.Binary](h, w, r)
	if !ok {
		return
	}
	query, err := url.ParseQuery(r.Header.Get("If-None-Exist"))
	tag := query.Get("_tag")
	if _, bytesErr := binary.Bytes(); err != nil || tag == "" || bytesErr != nil {
		writeRefusal(w, http.StatusBadRequest, "invalid", "A Binary must be created on condition of its tag.")
		return
	}
	kept, existing := h.loose.keep(tag, binary)
	writeCreated(w, "Binary/"+kept.ID, existing)
}

// createDocument takes the description of bytes that came before, and files both.
func (h *Hospital) createDocument(w http.ResponseWriter, r *http.Request) {
	mode := h.currently()
	reference, ok := readSent[fhir.DocumentReference](h, w, r)
	if !ok {
		return
	}
	sent := &transaction{reference: reference}
	place := ""
	if len(reference.Content) > 0 {
		place = reference.Content[0].Attachment.URL
	}
	if sent.binary = h.loose.find(strings.TrimPrefix(place, "Binary/")); sent.binary == nil {
		writeRefusal(w, http.StatusBadRequest, "not-found", "The document names bytes that are not here.")
		return
	}
	bytesOnly := *sent.binary
	sent.binary = &bytesOnly
	if err := sent.check(place, r.Header.Get("If-None-Exist")); err != nil {
		writeRefusal(w, http.StatusBadRequest, "invalid", err.Error())
		return
	}
	h.take(w, r, mode, sent, func(document filedDocument, existing bool) {
		writeCreated(w, "DocumentReference/"+document.id(), existing)
	})
}

// updateDocument lets a sender withdraw a document; nothing else of it changes.
func (h *Hospital) updateDocument(w http.ResponseWriter, r *http.Request) {
	mode := h.currently()
	changed, ok := readSent[fhir.DocumentReference](h, w, r)
	if !ok {
		return
	}
	if mode.Record == RecordRefuse {
		writeRefusal(w, http.StatusUnprocessableEntity, "business-rule", mode.Reason)
		return
	}
	if changed.Status != enteredInError || changed.ID != r.PathValue("id") {
		writeRefusal(w, http.StatusUnprocessableEntity, "business-rule", "A document can only be marked as entered in error.")
		return
	}
	if mode.Record == RecordFalseReceipt {
		writeResource(w, http.StatusOK, changed)
		return
	}
	document, found, current, err := h.shelf.withdraw(r.PathValue("id"), r.Header.Get("If-Match"))
	switch {
	case err != nil:
		h.config.Log.Error("demonstration record cannot write", "error", err)
		writeOutcome(w, http.StatusInternalServerError, "exception", "INTERNAL", "The record cannot write", "")
	case !found:
		writeRefusal(w, http.StatusNotFound, "not-found", "There is no such document.")
	case !current:
		writeRefusal(w, http.StatusPreconditionFailed, "conflict", "The document has changed meanwhile.")
	case mode.Record == RecordDropAfter:
		hangUp(w)
	default:
		writeResource(w, http.StatusOK, document.Reference)
	}
}

// readSent reads one resource of a request, or answers for itself.
func readSent[T any, R interface {
	*T
	ResourceType() string
	UnmarshalJSON([]byte) error
}](h *Hospital, w http.ResponseWriter, r *http.Request) (R, bool) {
	if h.RecordMode() == RecordDropBefore {
		hangUp(w)
		return nil, false
	}
	data, err := fhir.ReadAll(r.Body, mostBytes)
	if err != nil {
		writeOutcome(w, http.StatusRequestEntityTooLarge, "too-long", "TOO_LARGE", "The document is too large", "")
		return nil, false
	}
	resource, err := fhir.Decode[T, R](data, fhir.Limits{Bytes: mostBytes})
	if err != nil {
		writeRefusal(w, http.StatusBadRequest, "invalid", "This is not the resource that belongs here.")
		return nil, false
	}
	return resource, true
}

func writeCreated(w http.ResponseWriter, place string, existing bool) {
	w.Header().Set("Location", place+"/_history/1")
	status := http.StatusCreated
	if existing {
		status = http.StatusOK
	}
	w.WriteHeader(status)
}
