package hospital

import (
	"encoding/json"
	"net/http"

	"github.com/wardline/wardline/internal/fhir"
)

// spineCodes is the code system of the codes that the national index puts in its refusals.
const spineCodes = "https://fhir.hl7.org.uk/CodeSystem/Spine-ErrorOrWarningCode"

func writeAnswer(w http.ResponseWriter, status int, contentType string, value any) {
	data, err := json.Marshal(value)
	if err != nil {
		http.Error(w, "The answer cannot be written.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(data)
}

func writeResource(w http.ResponseWriter, status int, resource any) {
	writeAnswer(w, status, fhir.ContentType, resource)
}

// writeOutcome refuses in FHIR. kind is FHIR's issue type, code and display are what the system calls the fault.
func writeOutcome(w http.ResponseWriter, status int, kind, code, display, diagnostics string) {
	writeResource(w, status, &fhir.OperationOutcome{Issue: []fhir.Issue{{
		Severity: "error", Code: kind, Diagnostics: diagnostics,
		Details: &fhir.CodeableConcept{Coding: []fhir.Coding{{System: spineCodes, Version: "1", Code: code, Display: display}}},
	}}})
}

// writeGarbage is what a proxy in front of a record says when it has a bad day: success, and a page of HTML.
func writeGarbage(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte("<!doctype html><title>Welcome</title><p>Please sign in to the clinical portal.</p>"))
}

// writeDown is what a load balancer says when nothing stands behind it.
func writeDown(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "60")
	http.Error(w, "No server is available to handle this request.", http.StatusServiceUnavailable)
}

// hangUp closes the connection without a word.
func hangUp(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/1.1 on our own listener can always be taken over; this cuts it in any case
	}
	_ = connection.Close()
}
