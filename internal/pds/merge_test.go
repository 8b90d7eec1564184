package pds

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/fhir"
	"github.com/wardline/wardline/internal/nhs"
)

// shelf is an index in memory: what it answers at each address.
type shelf map[string]string

func (s shelf) RoundTrip(r *http.Request) (*http.Response, error) {
	body, ok := s[strings.TrimPrefix(r.URL.Path, "/fhir/")]
	if r.URL.RawQuery != "" {
		body, ok = s["?"], true
	}
	status := http.StatusOK
	switch {
	case !ok:
		status, body = http.StatusNotFound, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found"}]}`
	case body == "slow":
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {fhir.ContentType}}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func indexOf(t testing.TB, s shelf) *Index {
	t.Helper()
	index, err := New(Config{
		BaseURL: "https://index.example/fhir", HTTP: &http.Client{Transport: s}, HospitalNumberSystem: hospitalNumbers, Timeout: 200 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return index
}

func replacedBy(names ...string) map[string]any {
	links := []any{}
	for _, name := range names {
		links = append(links, map[string]any{"type": "replaced-by", "other": map[string]any{"reference": name}})
	}
	return map[string]any{"active": false, "link": links}
}

func local(t testing.TB, name, number string, change map[string]any) string {
	all := map[string]any{
		"id": name, "identifier": []any{map[string]any{"system": hospitalNumbers, "value": number}},
		"name": []any{map[string]any{"use": "temp", "family": "Unknown", "given": []any{"Kestrel"}}},
	}
	for key, value := range change {
		all[key] = value
	}
	return patientJSON(t, all)
}

func matches(resources ...string) string {
	return `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + strings.Join(resources, `},{"resource":`) + `}]}`
}

// TestR11_AMergedRecordLeadsToTheOneInUse: at most three steps, never round in a circle, never to another index, and never to nobody.
func TestR11_AMergedRecordLeadsToTheOneInUse(t *testing.T) {
	smithJSON := patientJSON(t, nil)
	for name, test := range map[string]struct {
		shelf shelf
		want  error
	}{
		"in use":                        {shelf{"?": matches(local(t, "p1", "N1", nil))}, nil},
		"merged":                        {shelf{"?": matches(local(t, "p1", "N1", replacedBy("Patient/p2"))), "Patient/p2": smithJSON}, nil},
		"merged, to a version":          {shelf{"?": matches(local(t, "p1", "N1", replacedBy("Patient/p2/_history/3"))), "Patient/p2": smithJSON}, nil},
		"merged, active said":           {shelf{"?": matches(local(t, "p1", "N1", map[string]any{"active": true, "link": replacedBy("Patient/p2")["link"]})), "Patient/p2": smithJSON}, nil},
		"merged three times":            {shelf{"?": matches(local(t, "p1", "N1", replacedBy("Patient/p2"))), "Patient/p2": local(t, "p2", "N2", replacedBy("Patient/p3")), "Patient/p3": local(t, "p3", "N3", replacedBy("Patient/p4")), "Patient/p4": smithJSON}, nil},
		"merged four times":             {shelf{"?": matches(local(t, "p1", "N1", replacedBy("Patient/p2"))), "Patient/p2": local(t, "p2", "N2", replacedBy("Patient/p3")), "Patient/p3": local(t, "p3", "N3", replacedBy("Patient/p4")), "Patient/p4": local(t, "p4", "N4", replacedBy("Patient/p5")), "Patient/p5": smithJSON}, ErrUnavailable},
		"merged into itself":            {shelf{"?": matches(local(t, "p1", "N1", replacedBy("Patient/p1"))), "Patient/p1": local(t, "p1", "N1", replacedBy("Patient/p1"))}, ErrUnavailable},
		"in a circle":                   {shelf{"?": matches(local(t, "p1", "N1", replacedBy("Patient/p2"))), "Patient/p2": local(t, "p2", "N2", replacedBy("Patient/p1")), "Patient/p1": local(t, "p1", "N1", replacedBy("Patient/p2"))}, ErrUnavailable},
		"into two":                      {shelf{"?": matches(local(t, "p1", "N1", replacedBy("Patient/p2", "Patient/p3"))), "Patient/p2": smithJSON, "Patient/p3": smithJSON}, ErrUnavailable},
		"into nobody":                   {shelf{"?": matches(local(t, "p1", "N1", replacedBy("Patient/p2")))}, ErrUnavailable},
		"into another index":            {shelf{"?": matches(local(t, "p1", "N1", replacedBy("https://elsewhere.example/Patient/p2"))), "Patient/p2": smithJSON}, ErrUnavailable},
		"into a path":                   {shelf{"?": matches(local(t, "p1", "N1", replacedBy("Patient/../Patient"))), "Patient/p2": smithJSON}, ErrUnavailable},
		"into nothing":                  {shelf{"?": matches(local(t, "p1", "N1", replacedBy("")))}, ErrUnavailable},
		"out of use, nothing said":      {shelf{"?": matches(local(t, "p1", "N1", map[string]any{"active": false}))}, ErrInvalidated},
		"into garbage":                  {shelf{"?": matches(local(t, "p1", "N1", replacedBy("Patient/p2"))), "Patient/p2": `{"resourceType":"Patient"`}, ErrUnavailable},
		"into something cut off":        {shelf{"?": matches(local(t, "p1", "N1", replacedBy("Patient/p2"))), "Patient/p2": smithJSON[:len(smithJSON)/2]}, ErrUnavailable},
		"into something slow":           {shelf{"?": matches(local(t, "p1", "N1", replacedBy("Patient/p2"))), "Patient/p2": "slow"}, ErrUnavailable},
		"into a patient without a name": {shelf{"?": matches(local(t, "p1", "N1", replacedBy("Patient/p2"))), "Patient/p2": patientJSON(t, map[string]any{"name": nil})}, ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := indexOf(t, test.shelf).LookUpHospitalNumber(t.Context(), "N1")
			if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Fatalf("%+v, %v", found, err)
			}
			if err != nil {
				return
			}
			if merged := name != "in use"; merged != (found.AskedHospitalNumber == "N1") || merged != (found.NHSNumber == smith(t)) || found.Retired {
				t.Errorf("%+v", found)
			}
		})
	}
}

func TestR11_AMergedNumberLeadsToTheOneInUse(t *testing.T) {
	next, err := nhs.ParseNumber("9000000025")
	if err != nil {
		t.Fatal(err)
	}
	index := indexOf(t, shelf{
		"Patient/9434765919": patientJSON(t, replacedBy("Patient/p2")),
		"Patient/p2":         patientJSON(t, map[string]any{"id": "p2", "identifier": []any{map[string]any{"system": fhir.SystemNHSNumber, "value": "9000000025"}}}),
		"?":                  matches(patientJSON(t, replacedBy("Patient/p2")), patientJSON(t, map[string]any{"id": "p3"})),
	})
	found, err := index.LookUp(t.Context(), smith(t))
	if err != nil || found.NHSNumber != next || !found.Superseded || found.AskedNumber != smith(t) {
		t.Errorf("%+v, %v", found, err)
	}
	born, _ := nhs.ParseBirthDate("1954-03-12")
	if people, err := index.Search(t.Context(), Query{Family: "Smith", BirthDate: born}); err != nil || len(people) != 1 || people[0].Reference != "Patient/p3/_history/7" {
		t.Errorf("a record that is not in use is among the namesakes: %+v, %v", people, err)
	}
}

// FuzzMerge: whatever links records have, nobody is found who is not in use, and it comes to an end.
func FuzzMerge(f *testing.F) {
	f.Add(local(f, "p1", "N1", replacedBy("Patient/p2")), patientJSON(f, nil))
	f.Add(local(f, "p1", "N1", replacedBy("Patient/p1")), local(f, "p1", "N1", nil))
	f.Add(local(f, "p1", "N1", map[string]any{"active": false}), "{}")
	f.Fuzz(func(t *testing.T, first, second string) {
		index := indexOf(t, shelf{"?": matches(first), "Patient/p1": first, "Patient/p2": second})
		found, err := index.LookUpHospitalNumber(t.Context(), "N1")
		switch {
		case err == nil && (found.Retired || found.Family == "" || found.AskedHospitalNumber == "" && found.HospitalNumber != "N1"):
			t.Errorf("%+v", found)
		case err != nil && !errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrInvalidated) && !errors.Is(err, ErrUnknown) && !errors.Is(err, ErrTooMany):
			t.Errorf("error = %v", err)
		}
	})
}
