package hospital

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fhir"
	"github.com/wardline/wardline/internal/nhs"
)

// mostResults is how many people one search may name before the index says "too many".
const mostResults = 50

var requestIDPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// indexGate is in front of every question to an index: the fault of the moment, then the header that the index insists on.
func (h *Hospital) indexGate(view View, next func(View, http.ResponseWriter, *http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch h.viewMode(view) {
		case IndexDown:
			writeDown(w)
			return
		case IndexGarbage:
			writeGarbage(w)
			return
		case IndexSlow:
			if clock.Until(r.Context(), h.config.Clock, h.config.Clock.Now().Add(h.config.Delay)) != nil {
				return
			}
		}
		request := r.Header.Get("X-Request-ID")
		if !requestIDPattern.MatchString(request) {
			writeOutcome(w, http.StatusBadRequest, "required", "MISSING_VALUE", "Required value is missing", "X-Request-ID must be a UUID")
			return
		}
		w.Header().Set("X-Request-ID", request)
		next(view, w, r)
	})
}

// readPatient answers for one NHS number, whose record may bear a newer one, or in the hospital's own index for the name of a record. A merged record says
// there which took its place; the national index answers with that one.
func (h *Hospital) readPatient(view View, w http.ResponseWriter, r *http.Request) {
	name, all := r.PathValue("name"), h.people(view)
	found, ok := all.byNumber(name)
	if number, err := nhs.ParseNumber(name); err != nil || number.Digits() != name {
		if found, ok = all.byHospitalNumber(name); !ok || view == NationalView {
			writeOutcome(w, http.StatusBadRequest, "value", "INVALID_RESOURCE_ID", "Resource Id is invalid", "")
			return
		}
	}
	if view == NationalView && ok {
		found, ok = all.survivor(found)
		ok = ok && found.NHSNumber != ""
	}
	switch {
	case !ok:
		writeOutcome(w, http.StatusNotFound, "not-found", "RESOURCE_NOT_FOUND", "Resource not found", "")
	case found.Invalidated:
		writeOutcome(w, http.StatusNotFound, "processing", "INVALIDATED_RESOURCE", "Resource that has been marked as invalid was requested", "")
	default:
		w.Header().Set("ETag", `W/"`+found.version()+`"`)
		writeResource(w, http.StatusOK, found.resource(view, all))
	}
}

// searchPatients finds people by name and date of birth, or one by hospital number.
func (h *Hospital) searchPatients(view View, w http.ResponseWriter, r *http.Request) {
	query, all := r.URL.Query(), h.people(view)
	if identifier := query.Get("identifier"); identifier != "" {
		system, value, _ := strings.Cut(identifier, "|")
		var found []match
		if p, ok := all.byHospitalNumber(value); ok && system == HospitalNumberSystem && view == HospitalView {
			found = append(found, match{p, 1})
		}
		writeMatches(w, found, view, all)
		return
	}
	asked := search{
		family: query.Get("family"), given: query.Get("given"), birthDate: strings.TrimPrefix(query.Get("birthdate"), "eq"),
		exact: query.Get("_exact-match") == "true", fuzzy: query.Get("_fuzzy-match") == "true",
	}
	if asked.family == "" || asked.birthDate == "" || (asked.fuzzy && asked.given == "") {
		writeOutcome(w, http.StatusBadRequest, "required", "MISSING_VALUE", "Required value is missing", "family and birthdate; given too for a fuzzy match")
		return
	}
	if _, err := time.Parse(time.DateOnly, asked.birthDate); err != nil || (asked.exact && asked.fuzzy) {
		writeOutcome(w, http.StatusBadRequest, "value", "INVALID_SEARCH_DATA", "Search data is invalid", "")
		return
	}
	most := mostResults
	if text := query.Get("_max-results"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostResults {
			writeOutcome(w, http.StatusBadRequest, "value", "INVALID_SEARCH_DATA", "Search data is invalid", "_max-results")
			return
		}
		most = n
	}
	found := asked.run(view, all)
	if len(found) > most {
		writeOutcome(w, http.StatusOK, "multiple-matches", "TOO_MANY_MATCHES", "Too many matches were found, please refine the search", "")
		return
	}
	writeMatches(w, found, view, all)
}

// search is one question to the index.
type search struct {
	family, given, birthDate string
	exact, fuzzy             bool
}

// match is one person with how well they fit, 0 to 1.
type match struct {
	Patient
	score float64
}

// run scores every person, best first. A plain match compares the beginnings of given names, a fuzzy one how names sound.
func (s search) run(view View, all people) []match {
	var found []match
	for _, p := range all {
		if p.BirthDate != s.birthDate || p.Invalidated || p.MergedInto != "" || view == NationalView && p.NHSNumber == "" {
			continue
		}
		score := 0.0
		sameFamily := strings.EqualFold(p.Family, s.family)
		switch {
		case sameFamily && (s.given == "" || strings.EqualFold(p.Given, s.given)):
			score = 1
		case s.exact:
		case sameFamily && beginsFold(p.Given, s.given):
			score = 0.95
		case s.fuzzy && strings.EqualFold(p.Family, s.given) && strings.EqualFold(p.Given, s.family):
			score = 0.9
		case s.fuzzy && soundex(p.Family) == soundex(s.family) && soundex(p.Given) == soundex(s.given):
			score = 0.8
		}
		if score > 0 {
			found = append(found, match{p, score})
		}
	}
	slices.SortStableFunc(found, func(a, b match) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return strings.Compare(a.NHSNumber, b.NHSNumber)
	})
	return found
}

func writeMatches(w http.ResponseWriter, found []match, view View, all people) {
	total := len(found)
	bundle := &fhir.Bundle{Type: "searchset", Total: &total}
	for _, m := range found {
		encoded, err := json.Marshal(m.resource(view, all))
		if err != nil {
			http.Error(w, "The answer cannot be written.", http.StatusInternalServerError)
			return
		}
		bundle.Entry = append(bundle.Entry, fhir.BundleEntry{
			FullURL:  "https://northbridge.example/index/Patient/" + m.resourceID(),
			Resource: encoded,
			Search:   &fhir.EntrySearch{Mode: "match", Score: json.Number(strconv.FormatFloat(m.score, 'f', -1, 64))},
		})
	}
	writeResource(w, http.StatusOK, bundle)
}

// version changes with the record; the demonstration's people never change, but a merge has happened to some.
func (p Patient) version() string {
	if p.Formerly != "" {
		return "2"
	}
	return "1"
}

func (p Patient) resourceID() string {
	if p.NHSNumber != "" {
		return p.NHSNumber
	}
	return p.HospitalNumber
}

// resource is the person in FHIR, as an index gives them out: of a restricted record nothing that says where the person is.
func (p Patient) resource(view View, all people) *fhir.Patient {
	label := fhir.Coding{System: fhir.SystemConfidentiality, Code: "U", Display: "unrestricted"}
	if p.Restricted {
		label = fhir.Coding{System: fhir.SystemConfidentiality, Code: "R", Display: "restricted"}
	}
	resource := &fhir.Patient{
		ID:        p.resourceID(),
		Meta:      &fhir.Meta{VersionID: p.version(), Security: []fhir.Coding{label}},
		Gender:    p.Gender,
		BirthDate: p.BirthDate,
	}
	if p.NHSNumber != "" {
		resource.Identifier = append(resource.Identifier, fhir.Identifier{
			System: fhir.SystemNHSNumber, Value: p.NHSNumber,
			Extension: []fhir.Extension{{URL: fhir.ExtensionVerificationStatus, ValueCodeableConcept: &fhir.CodeableConcept{Coding: []fhir.Coding{{
				System: "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatus", Version: "1.0.0", Code: "01", Display: "Number present and verified",
			}}}}},
		})
	}
	no := false
	if p.Invalidated {
		resource.Active = &no
	}
	if into, ok := all.byHospitalNumber(p.MergedInto); ok {
		resource.Active = &no
		resource.Link = append(resource.Link, fhir.PatientLink{Type: "replaced-by", Other: fhir.Reference{Reference: "Patient/" + into.resourceID(), Type: "Patient"}})
	}
	if view == HospitalView {
		resource.Identifier = append(resource.Identifier, p.hospitalIdentifier())
	}
	name := fhir.HumanName{Use: "usual", Family: p.Family, Given: strings.Fields(p.Given)}
	if p.NHSNumber == "" {
		name.Use = "temp"
	}
	if p.Title != "" {
		name.Prefix = []string{p.Title}
	}
	resource.Name = []fhir.HumanName{name}
	if p.DiedOn != "" {
		resource.DeceasedDateTime = p.DiedOn
	}
	if p.Formerly != "" {
		resource.Link = append(resource.Link, fhir.PatientLink{Type: "replaces", Other: fhir.Reference{Identifier: &fhir.Identifier{System: fhir.SystemNHSNumber, Value: p.Formerly}}})
	}
	if code, language, needed := strings.Cut(p.Language, " "); needed {
		yes := true
		resource.Extension = append(resource.Extension, fhir.Extension{URL: fhir.ExtensionCommunication, Extension: []fhir.Extension{
			{URL: "language", ValueCodeableConcept: &fhir.CodeableConcept{Coding: []fhir.Coding{{
				System: "https://fhir.hl7.org.uk/CodeSystem/UKCore-HumanLanguage", Version: "1.0.0", Code: code, Display: language,
			}}}},
			{URL: "interpreterRequired", ValueBoolean: &yes},
		}})
	}
	if !p.Restricted && view == HospitalView {
		if p.Where != "" {
			resource.Extension = append(resource.Extension, fhir.Extension{URL: WardExtension, ValueString: p.Where})
		}
		resource.Address = []fhir.Address{{Use: "home", Line: []string{p.HospitalNumber[4:] + " Example Street", "Northbridge"}, PostalCode: "ZZ99 3WZ"}}
	}
	return resource
}

func (p Patient) hospitalIdentifier() fhir.Identifier {
	return fhir.Identifier{
		Use: "secondary", System: HospitalNumberSystem, Value: p.HospitalNumber,
		Type: &fhir.CodeableConcept{Coding: []fhir.Coding{{System: fhir.SystemIdentifierType, Code: "MR"}}},
	}
}

func beginsFold(text, beginning string) bool {
	return beginning != "" && len(text) >= len(beginning) && strings.EqualFold(text[:len(beginning)], beginning)
}

// soundex is the American algorithm that the national index names for its fuzzy search: one letter and three digits.
func soundex(name string) string {
	const codes = "01230120022455012623010202" // A to Z; 0 for vowels and for H and W, which are told apart below
	var code []byte
	last := byte('0')
	for _, r := range strings.ToUpper(name) {
		if r < 'A' || r > 'Z' {
			continue
		}
		digit := codes[r-'A']
		switch {
		case len(code) == 0:
			code = append(code, byte(r))
		case digit != '0' && digit != last:
			code = append(code, digit)
		}
		if r != 'H' && r != 'W' {
			last = digit
		}
		if len(code) == 4 {
			break
		}
	}
	for len(code) > 0 && len(code) < 4 {
		code = append(code, '0')
	}
	return string(code)
}
