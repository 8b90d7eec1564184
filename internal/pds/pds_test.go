package pds

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/fhir"
	"github.com/wardline/wardline/internal/nhs"
)

const hospitalNumbers = "https://northbridge.example/id/hospital-number"

// answering is a server in memory that always says the same.
type answering struct {
	status int
	header http.Header
	body   string
}

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	header := http.Header{"Content-Type": {fhir.ContentType}}
	for name, values := range a.header {
		header[name] = values
	}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(strings.NewReader(a.body))}, nil
}

func indexAnswering(t testing.TB, a answering) *Index {
	t.Helper()
	index, err := New(Config{
		BaseURL: "https://index.example/fhir", HTTP: &http.Client{Transport: a}, HospitalNumberSystem: hospitalNumbers,
		WardExtension: "https://northbridge.example/fhir/ward-and-bed",
	})
	if err != nil {
		t.Fatal(err)
	}
	return index
}

func smith(t testing.TB) nhs.Number {
	t.Helper()
	n, err := nhs.ParseNumber("943 476 5919")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// patientJSON is John Smith with some members replaced.
func patientJSON(t testing.TB, change map[string]any) string {
	t.Helper()
	patient := map[string]any{
		"resourceType": "Patient", "id": "9434765919", "meta": map[string]any{"versionId": "7"},
		"identifier": []any{map[string]any{"system": fhir.SystemNHSNumber, "value": "9434765919"}},
		"name":       []any{map[string]any{"use": "usual", "family": "Smith", "given": []any{"John"}, "prefix": []any{"Mr"}}},
		"birthDate":  "1954-03-12",
		"extension":  []any{map[string]any{"url": "https://northbridge.example/fhir/ward-and-bed", "valueString": "Ward 7B, bed 14"}},
	}
	for name, value := range change {
		if value == nil {
			delete(patient, name)
			continue
		}
		patient[name] = value
	}
	data, err := json.Marshal(patient)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestNewRefusesAnUnsafeAddress(t *testing.T) {
	for _, address := range []string{"", "http://index.example/fhir", "https://user:password@index.example"} {
		if _, err := New(Config{BaseURL: address}); err == nil {
			t.Errorf("%q accepted", address)
		}
	}
}

func TestR11_OnlyTheIndexItselfSaysUnknown(t *testing.T) {
	outcome := func(code string) string {
		return `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"processing","details":{"coding":[{"code":"` + code + `"}]}}]}`
	}
	html := http.Header{"Content-Type": {"text/html"}}
	cases := []struct {
		name   string
		answer answering
		want   *fault.Error
	}{
		{"not found, in FHIR", answering{404, nil, outcome("RESOURCE_NOT_FOUND")}, ErrUnknown},
		{"not found, plain FHIR", answering{404, nil, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found"}]}`}, ErrUnknown},
		{"invalidated", answering{404, nil, outcome("INVALIDATED_RESOURCE")}, ErrInvalidated},
		{"gone", answering{410, nil, outcome("deleted")}, ErrInvalidated},
		{"the number is none there", answering{400, nil, outcome("INVALID_RESOURCE_ID")}, ErrUnknown},
		{"not found, by a proxy", answering{404, html, "<h1>Not Found</h1>"}, ErrUnavailable},
		{"not found, nothing said", answering{404, nil, ""}, ErrUnavailable},
		{"not found, something else said", answering{404, nil, outcome("UNSUPPORTED_SERVICE")}, ErrUnavailable},
		{"bad request", answering{400, nil, outcome("MISSING_VALUE")}, ErrUnavailable},
		{"access denied", answering{403, nil, outcome("ACCESS_DENIED")}, ErrUnavailable},
		{"too many requests", answering{429, nil, outcome("TOO_MANY_REQUESTS")}, ErrUnavailable},
		{"redirected", answering{302, http.Header{"Location": {"https://elsewhere.example/"}}, ""}, ErrUnavailable},
		{"broken", answering{500, html, "oops"}, ErrUnavailable},
		{"a sign-in page", answering{200, html, "<p>Sign in"}, ErrUnavailable},
		{"an outcome for a patient", answering{200, nil, outcome("RESOURCE_NOT_FOUND")}, ErrUnavailable},
		{"half a patient", answering{200, nil, patientJSON(t, nil)[:40]}, ErrUnavailable},
		{"a patient twice", answering{200, nil, patientJSON(t, nil) + patientJSON(t, nil)}, ErrUnavailable},
		{"too long", answering{200, nil, patientJSON(t, map[string]any{"text": strings.Repeat("x", 3<<20)})}, ErrUnavailable},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := indexAnswering(t, c.answer).LookUp(t.Context(), smith(t))
			if !errors.Is(err, c.want) {
				t.Fatalf("error = %v, want %v", err, c.want)
			}
			if cause := errors.Unwrap(err); strings.Contains(err.Error(), "9434765919") || cause != nil && strings.Contains(cause.Error(), "9434765919") {
				t.Errorf("the error or its cause names the patient: %v", cause)
			}
		})
	}
}

func TestRetryAfterIsBounded(t *testing.T) {
	for text, want := range map[string]time.Duration{"60": time.Minute, "999999999": longestWait, "-5": 0, "soon": 0, "": 0} {
		_, err := indexAnswering(t, answering{503, http.Header{"Retry-After": {text}}, ""}).LookUp(t.Context(), smith(t))
		if got := fault.As(err).Wait(); got != want {
			t.Errorf("%q: wait %v", text, got)
		}
	}
}

func TestR11_APatientThatContradictsItselfIsRefused(t *testing.T) {
	name := func(value map[string]any) []any { return []any{value} }
	number := func(value string) []any {
		return []any{map[string]any{"system": fhir.SystemNHSNumber, "value": value}}
	}
	cases := []struct {
		name   string
		change map[string]any
		ok     bool
	}{
		{"as it should be", nil, true},
		{"an id that is no number", map[string]any{"id": "p-17"}, true},
		{"no identifiers, but an id", map[string]any{"identifier": nil}, true},
		{"two numbers", map[string]any{"identifier": number("9000000025")}, false},
		{"a number with a wrong check digit", map[string]any{"identifier": number("9434765918")}, false},
		{"no number at all", map[string]any{"identifier": nil, "id": "p-17"}, false},
		{"no name", map[string]any{"name": nil}, false},
		{"only an old name", map[string]any{"name": name(map[string]any{"use": "old", "family": "Jones"})}, false},
		{"no last name", map[string]any{"name": name(map[string]any{"use": "usual", "given": []any{"John"}})}, false},
		{"a last name of nothing visible", map[string]any{"name": name(map[string]any{"use": "usual", "family": "\u200b\u202e"})}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found, err := indexAnswering(t, answering{200, nil, patientJSON(t, c.change)}).LookUp(t.Context(), smith(t))
			if (err == nil) != c.ok || (err != nil && !errors.Is(err, ErrUnavailable)) {
				t.Errorf("%+v, %v", found, err)
			}
		})
	}
}

func TestFoundTakesWhatIsUsed(t *testing.T) {
	flag := func(code string) map[string]any {
		return map[string]any{"meta": map[string]any{"security": []any{map[string]any{"code": code}}}}
	}
	communication := func(parts ...any) map[string]any {
		return map[string]any{"extension": []any{map[string]any{"url": fhir.ExtensionCommunication, "extension": parts}}}
	}
	language := map[string]any{"url": "language", "valueCodeableConcept": map[string]any{"coding": []any{map[string]any{"code": "pl", "display": "Polish"}}}}
	interpreter := map[string]any{"url": "interpreterRequired", "valueBoolean": true}
	cases := []struct {
		name   string
		change map[string]any
		holds  func(Found) bool
	}{
		{"ward", nil, func(f Found) bool { return f.Ward == "Ward 7B, bed 14" && !f.Restricted }},
		{"restricted: no ward even when it was sent", flag("R"), func(f Found) bool { return f.Ward == "" && f.Restricted }},
		{"very restricted", flag("V"), func(f Found) bool { return f.Ward == "" && f.Restricted }},
		{"unrestricted", flag("U"), func(f Found) bool { return !f.Restricted }},
		{"a year of birth is not a date of birth", map[string]any{"birthDate": "1954"}, func(f Found) bool { return f.BirthDate.IsZero() }},
		{"a month neither", map[string]any{"birthDate": "1954-03"}, func(f Found) bool { return f.BirthDate.IsZero() }},
		{"a day that does not exist", map[string]any{"birthDate": "1954-02-30"}, func(f Found) bool { return f.BirthDate.IsZero() }},
		{"died, with the time", map[string]any{"deceasedDateTime": "2026-02-01T00:00:00+01:00"}, func(f Found) bool { return f.Deceased && f.DiedOn == "2026-02-01" }},
		{"died, in a year", map[string]any{"deceasedDateTime": "2026"}, func(f Found) bool { return f.Deceased && f.DiedOn == "" }},
		{"died, date unknown", map[string]any{"deceasedBoolean": true}, func(f Found) bool { return f.Deceased && f.DiedOn == "" }},
		{"not dead", map[string]any{"deceasedBoolean": false}, func(f Found) bool { return !f.Deceased }},
		{"a strange gender", map[string]any{"gender": "<b>"}, func(f Found) bool { return f.Gender == "" }},
		{"interpreter", communication(language, interpreter), func(f Found) bool { return len(f.Needs) == 1 && f.Needs[0] == "Interpreter: Polish" }},
		{"language only", communication(language), func(f Found) bool { return f.Needs[0] == "Language: Polish" }},
		{"interpreter only", communication(interpreter), func(f Found) bool { return f.Needs[0] == "Interpreter needed" }},
		{"neither", communication(), func(f Found) bool { return f.Needs == nil }},
		{"a second name in use", map[string]any{"name": []any{
			map[string]any{"use": "usual", "family": "Smith", "given": []any{"John"}},
			map[string]any{"use": "official", "family": "Smith-Jones", "given": []any{"Jonathan"}},
			map[string]any{"use": "old", "family": "Jones", "given": []any{"John"}},
			map[string]any{"use": "official", "family": "Ended", "given": []any{"John"}, "period": map[string]any{"end": "2001-01-01"}},
		}}, func(f Found) bool {
			return f.Family == "Smith" && len(f.AlsoKnownAs) == 1 && f.AlsoKnownAs[0] == nhs.Name{Family: "Smith-Jones", Given: "Jonathan"}
		}},
		{"names become one line", map[string]any{"name": []any{map[string]any{"use": "usual", "family": "Sm\u202eith\n", "given": []any{" John ", "Paul"}}}},
			func(f Found) bool { return f.Family == "Smith" && f.Given == "John Paul" }},
		{"names are cut", map[string]any{"name": []any{map[string]any{"use": "usual", "family": strings.Repeat("x", 999)}}},
			func(f Found) bool { return len([]rune(f.Family)) == longestName }},
		{"a hostile version", map[string]any{"meta": map[string]any{"versionId": "../../x"}}, func(f Found) bool { return f.Version == "" && f.Reference == "Patient/9434765919" }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found, err := indexAnswering(t, answering{200, nil, patientJSON(t, c.change)}).LookUp(t.Context(), smith(t))
			if err != nil || !c.holds(found) {
				t.Errorf("%+v, %v", found, err)
			}
		})
	}
}

func TestVersionComesFromTheETag(t *testing.T) {
	for etag, want := range map[string]string{`W/"12"`: "12", `"12"`: "12", "": "7", `W/"a b"`: "7"} {
		found, err := indexAnswering(t, answering{200, http.Header{"Etag": {etag}}, patientJSON(t, nil)}).LookUp(t.Context(), smith(t))
		if err != nil || found.Version != want {
			t.Errorf("ETag %q: version %q, %v", etag, found.Version, err)
		}
	}
}

func TestH10_ASearchAnswerThatMakesNoSenseIsNotEmpty(t *testing.T) {
	born, err := nhs.ParseBirthDate("1954-03-12")
	if err != nil {
		t.Fatal(err)
	}
	query := Query{Family: "Smith", BirthDate: born}
	bundle := func(entry string) string {
		return `{"resourceType":"Bundle","type":"searchset","entry":[` + entry + `]}`
	}
	for name, c := range map[string]struct {
		body string
		want *fault.Error
	}{
		"another bundle":             {`{"resourceType":"Bundle","type":"history"}`, ErrUnavailable},
		"a patient":                  {patientJSON(t, nil), ErrUnavailable},
		"one entry is broken":        {bundle(`{"resource":` + patientJSON(t, nil) + `},{"resource":{"resourceType":"Patient","name":7}}`), ErrUnavailable},
		"one entry contradicts":      {bundle(`{"resource":` + patientJSON(t, map[string]any{"name": nil}) + `}`), ErrUnavailable},
		"an outcome with status 200": {`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception"}]}`, ErrUnavailable},
		"too many":                   {`{"resourceType":"OperationOutcome","issue":[{"severity":"error","details":{"coding":[{"code":"TOO_MANY_MATCHES"}]}}]}`, ErrTooMany},
	} {
		t.Run(name, func(t *testing.T) {
			if people, err := indexAnswering(t, answering{200, nil, c.body}).Search(t.Context(), query); !errors.Is(err, c.want) || people != nil {
				t.Errorf("%v, %v", people, err)
			}
		})
	}
	people, err := indexAnswering(t, answering{200, nil, bundle(
		`{"resource":` + patientJSON(t, nil) + `,"search":{"mode":"match","score":0.93}},{"resource":{"resourceType":"OperationOutcome"},"search":{"mode":"outcome"}}`)}).Search(t.Context(), query)
	if err != nil || len(people) != 1 || people[0].Score != 0.93 {
		t.Errorf("%+v, %v", people, err)
	}
}

func TestLookUpHospitalNumberRefusesAnotherPatient(t *testing.T) {
	body := `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + patientJSON(t, map[string]any{
		"identifier": []any{map[string]any{"system": hospitalNumbers, "value": "N0000002"}}, "id": "2"}) + `}]}`
	if found, err := indexAnswering(t, answering{200, nil, body}).LookUpHospitalNumber(t.Context(), "N0000001"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("%+v, %v", found, err)
	}
}

func FuzzLookUp(f *testing.F) {
	f.Add(patientJSON(f, nil))
	f.Add(patientJSON(f, map[string]any{"meta": map[string]any{"security": []any{map[string]any{"code": "R"}}}, "deceasedDateTime": "2026-02-01T04:00:00Z"}))
	f.Add(`{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + patientJSON(f, nil) + `,"search":{"score":1}}]}`)
	f.Add(`{"resourceType":"Patient","id":"9434765919","name":[{"family":"x","given":[null]}]}`)
	born, err := nhs.ParseBirthDate("1954-03-12")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		index := indexAnswering(t, answering{200, nil, body})
		sound := func(found Found) {
			if found.Family == "" || strings.ContainsAny(found.Name().Display()+found.Ward+found.HospitalNumber, "\r\n\t\u202e") || found.Restricted && found.Ward != "" {
				t.Errorf("%+v", found)
			}
		}
		found, err := index.LookUp(t.Context(), smith(t))
		switch {
		case err == nil && found.NHSNumber.IsZero():
			t.Errorf("found without a number: %+v", found)
		case err == nil:
			sound(found)
		case !errors.Is(err, ErrUnavailable):
			t.Errorf("error = %v", err)
		}
		people, err := index.Search(t.Context(), Query{Family: "Smith", BirthDate: born})
		if err != nil && !errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrTooMany) {
			t.Errorf("error = %v", err)
		}
		for _, found := range people {
			sound(found)
		}
	})
}
