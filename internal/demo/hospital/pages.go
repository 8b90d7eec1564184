package hospital

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"slices"
	"strings"
)

//go:embed pages.html
var pagesHTML string

//go:embed pages.css
var pagesCSS string

var (
	pages = template.Must(template.New("pages").Funcs(template.FuncMap{
		"css": func() template.CSS { return template.CSS(pagesCSS) }, // our own file, nothing of a stranger's
	}).Parse(pagesHTML))

	// pagePolicy lets a page use its own style and its own forms and nothing else: there is no script to run.
	pagePolicy = func() string {
		sum := sha256.Sum256([]byte(pagesCSS))
		return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	}()
)

// documentPolicy lets a filed document show its own style and its own pictures, in an origin of nobody's.
const documentPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'"

type frontPage struct {
	Modes       modes
	RecordModes []described[RecordMode]
	IndexModes  []described[IndexMode]
	Documents   []pageDocument
	Patients    []Patient
	HasCodes    bool
}

// pageDocument is one row of the record's table, already in words.
type pageDocument struct {
	ID, Number, Patient, PatientNumber, Title, Author, At, Status string
}

func (h *Hospital) pageFront(w http.ResponseWriter, _ *http.Request) {
	page := frontPage{
		Modes: h.currently(), RecordModes: recordModes, IndexModes: indexModes, Patients: h.people(HospitalView), HasCodes: h.config.Codes != nil,
	}
	documents := h.shelf.all()
	replaced := replacements(documents)
	for _, document := range slices.Backward(documents) {
		filed := document.summary()
		row := pageDocument{
			ID: document.id(), Number: filed.Number, PatientNumber: spaced(filed.Patient), Title: filed.Title, Author: filed.Author,
			At: filed.At.UTC().Format("02-Jan-2006 15:04:05 UTC"),
		}
		row.Status = document.status(replaced[document.id()])
		if document.Reference.Subject != nil {
			row.Patient = document.Reference.Subject.Display
		}
		page.Documents = append(page.Documents, row)
	}
	h.show(w, "front", page)
}

// replacements are by the id of a document the numbers of those that were filed in its place and stand.
func replacements(documents []filedDocument) map[string][]string {
	called := map[string]string{}
	for _, document := range documents {
		called["DocumentReference/"+document.id()] = document.id()
		if master := document.Reference.MasterIdentifier; master != nil {
			called[master.Value] = document.id()
		}
	}
	replaced := map[string][]string{}
	for _, document := range documents {
		for _, relates := range document.Reference.RelatesTo {
			target := relates.Target.Reference
			if target == "" && relates.Target.Identifier != nil {
				target = relates.Target.Identifier.Value
			}
			if of, found := called[target]; found && relates.Code == "replaces" && document.Reference.Status != enteredInError {
				replaced[of] = append(replaced[of], document.number())
			}
		}
	}
	return replaced
}

const enteredInError = "entered-in-error"

// status is what became of a document, in words.
func (d filedDocument) status(replacedBy []string) string {
	var words []string
	if d.Reference.Status == enteredInError {
		words = append(words, "Entered in error")
	}
	if len(replacedBy) > 0 {
		words = append(words, "Replaced by "+strings.Join(replacedBy, ", "))
	}
	if len(words) == 0 {
		return "Current"
	}
	return strings.Join(words, ". ")
}

func (h *Hospital) pageCodes(w http.ResponseWriter, _ *http.Request) {
	h.show(w, "codes", h.config.Codes())
}

// pageDocument shows one filed document as it was sent, shut off from everything else here.
func (h *Hospital) pageDocument(w http.ResponseWriter, r *http.Request) {
	document, ok := h.shelf.find(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	data, err := document.Binary.Bytes()
	if err != nil {
		http.Error(w, "The document cannot be read.", http.StatusInternalServerError)
		return
	}
	contentType := "text/plain; charset=utf-8"
	if document.Binary.ContentType == "text/html" || document.Binary.ContentType == "text/html; charset=utf-8" {
		contentType = "text/html; charset=utf-8"
	}
	header := pageHeader(w)
	header.Set("Content-Security-Policy", documentPolicy)
	header.Set("Content-Type", contentType)
	_, _ = w.Write(data)
}

func (h *Hospital) show(w http.ResponseWriter, name string, data any) {
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, name, data); err != nil {
		h.config.Log.Error("demonstration page", "page", name, "error", err)
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	header := pageHeader(w)
	header.Set("Content-Security-Policy", pagePolicy)
	header.Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page.Bytes())
}

func pageHeader(w http.ResponseWriter) http.Header {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	return header
}
