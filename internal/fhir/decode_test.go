package fhir

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func example(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPatientIsRead(t *testing.T) {
	patient, err := Decode[Patient](example(t, "patient.json"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	name, ok := patient.UsualName()
	if !ok || name.Family != "SMITH" || name.Given[0] != "John" || name.Prefix[0] != "Mr" {
		t.Errorf("usual name = %+v, %v", name, ok)
	}
	if got := IdentifierValue(patient.Identifier, SystemNHSNumber); got != "9434765919" {
		t.Errorf("NHS number = %q", got)
	}
	if patient.Meta.VersionID != "7" || patient.Restricted() || patient.BirthDate != "1954-03-12" {
		t.Errorf("meta %+v, restricted %v, born %s", patient.Meta, patient.Restricted(), patient.BirthDate)
	}
	if patient.Link[0].Type != "replaces" || patient.DeceasedDateTime != "2026-02-01T04:30:00+00:00" {
		t.Errorf("link %+v, deceased %q", patient.Link, patient.DeceasedDateTime)
	}
	communication := ExtensionNamed(patient.Extension, ExtensionCommunication)
	if communication == nil || len(communication.Extension) != 2 || !*communication.Extension[1].ValueBoolean {
		t.Errorf("communication = %+v", communication)
	}
	verified := ExtensionNamed(patient.Identifier[0].Extension, ExtensionVerificationStatus)
	if verified == nil || verified.ValueCodeableConcept.Coding[0].Code != "01" {
		t.Errorf("the older address of the verification status is not found: %+v", verified)
	}
}

func TestUnknownFieldsSurvive(t *testing.T) {
	for _, name := range []string{"patient.json", "documentreference.json"} {
		t.Run(name, func(t *testing.T) {
			in := example(t, name)
			var encoded []byte
			var err error
			if strings.HasPrefix(name, "patient") {
				patient, e := Decode[Patient](in, Limits{})
				if e != nil {
					t.Fatal(e)
				}
				encoded, err = json.Marshal(patient)
			} else {
				document, e := Decode[DocumentReference](in, Limits{})
				if e != nil {
					t.Fatal(e)
				}
				encoded, err = json.Marshal(document)
			}
			if err != nil {
				t.Fatal(err)
			}
			var want, got any
			if err := json.Unmarshal(in, &want); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(encoded, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("round trip changed the resource (-in +out):\n%s", diff)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	small := Limits{Bytes: 400, Depth: 6, Values: 40}
	cases := []struct {
		name, text string
		want       error
	}{
		{"nothing", ``, ErrNotJSON},
		{"half an object", `{"resourceType":"Patient"`, ErrNotJSON},
		{"a page of HTML", `<html><body>Gateway</body></html>`, ErrNotJSON},
		{"another resource", `{"resourceType":"Practitioner"}`, ErrResource},
		{"no resource type", `{"id":"9434765919"}`, ErrResource},
		{"a resource type of another case", `{"ResourceType":"Patient"}`, ErrResource},
		{"an array", `["Patient"]`, ErrShape},
		{"null", `null`, ErrShape},
		{"a name twice", `{"resourceType":"Patient","id":"1","id":"2"}`, ErrDuplicate},
		{"a name twice in disguise", `{"resourceType":"Patient","id":"1","\u0069d":"2"}`, ErrDuplicate},
		{"a name twice, deep", `{"resourceType":"Patient","name":[{"family":"A","family":"B"}]}`, ErrDuplicate},
		{"two resources", `{"resourceType":"Patient"}{"resourceType":"Patient"}`, ErrTrailing},
		{"words after it", `{"resourceType":"Patient"} thank you`, ErrTrailing},
		{"not UTF-8", "{\"resourceType\":\"Patient\",\"id\":\"\xff\"}", ErrNotUTF8},
		{"a number for a word", `{"resourceType":"Patient","id":9434765919}`, ErrShape},
		{"an object for a list", `{"resourceType":"Patient","name":{"family":"SMITH"}}`, ErrShape},
		{"a null among names", `{"resourceType":"Patient","name":[null]}`, ErrShape},
		{"too long", `{"resourceType":"Patient","id":"` + strings.Repeat("9", 400) + `"}`, ErrTooLarge},
		{"too deep", `{"resourceType":"Patient","x":` + strings.Repeat(`[`, 6) + strings.Repeat(`]`, 6) + `}`, ErrTooDeep},
		{"too many", `{"resourceType":"Patient","x":[` + strings.Repeat(`1,`, 60) + `1]}`, ErrTooMany},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Decode[Patient]([]byte(c.text), small)
			if !errors.Is(err, c.want) {
				t.Fatalf("error = %v, want %v", err, c.want)
			}
			for _, secret := range []string{"9434765919", "SMITH", "Gateway"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error quotes what it refused: %v", err)
				}
			}
		})
	}
}

func TestDecodeAcceptsUpToTheLimits(t *testing.T) {
	text := `{"resourceType":"Patient","x":` + strings.Repeat(`[`, 5) + strings.Repeat(`]`, 5) + `}`
	for _, l := range []Limits{{Bytes: len(text), Depth: 6, Values: 9}, {}} {
		if _, err := Decode[Patient]([]byte(text), l); err != nil {
			t.Errorf("limits %+v: %v", l, err)
		}
	}
}

func TestNamesMatchExactly(t *testing.T) {
	patient, err := Decode[Patient]([]byte(`{"resourceType":"Patient","ID":"9000000025","id":"9434765919"}`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if patient.ID != "9434765919" {
		t.Errorf("id = %q: taken from a field of another name", patient.ID)
	}
}

func TestUsualName(t *testing.T) {
	cases := []struct {
		name, text, want string
	}{
		{"the usual one, wherever it stands", `[{"use":"old","family":"A"},{"use":"official","family":"B"},{"use":"usual","family":"C"}]`, "C"},
		{"official before temporary", `[{"use":"temp","family":"A"},{"use":"official","family":"B"}]`, "B"},
		{"no use stated", `[{"use":"nickname","family":"A"},{"family":"B"}]`, "B"},
		{"never an old one", `[{"use":"old","family":"A"},{"use":"maiden","family":"B"}]`, ""},
		{"none", `[]`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			patient, err := Decode[Patient]([]byte(`{"resourceType":"Patient","name":`+c.text+`}`), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			name, ok := patient.UsualName()
			if name.Family != c.want || ok != (c.want != "") {
				t.Errorf("usual name = %q, %v", name.Family, ok)
			}
		})
	}
}

func TestRestricted(t *testing.T) {
	for code, want := range map[string]bool{"U": false, "N": false, "R": true, "V": true, "": false} {
		patient := Patient{Meta: &Meta{Security: []Coding{{Code: "U"}, {Code: code}}}}
		if got := patient.Restricted(); got != want {
			t.Errorf("code %q: restricted = %v", code, got)
		}
	}
	if (&Patient{}).Restricted() {
		t.Error("a record without labels is restricted")
	}
}

func TestOutcomeReasonIsPlainAndShort(t *testing.T) {
	cases := []struct{ name, issues, want string }{
		{"words before codes", `{"severity":"error","code":"business-rule","details":{"text":"The patient's record is closed."}}`, "The patient's record is closed."},
		{"display when there are no words", `{"severity":"error","details":{"coding":[{"code":"X","display":"Closed"}]}}`, "Closed"},
		{"diagnostics last", `{"severity":"error","diagnostics":"no such author"}`, "no such author"},
		{"the gravest first", `{"severity":"warning","diagnostics":"slow"},{"severity":"fatal","diagnostics":"closed"}`, "closed; slow"},
		{"the same only once", `{"severity":"error","diagnostics":"closed"},{"severity":"error","diagnostics":"closed"}`, "closed"},
		{"one line without controls", `{"severity":"error","diagnostics":"a\n\n\tb\u0007\u202Ec\u200B"}`, "a bc"},
		{"markup stays text", `{"severity":"error","diagnostics":"<b>closed</b>"}`, "<b>closed</b>"},
		{"cut with an ellipsis", `{"severity":"error","diagnostics":"` + strings.Repeat("é", 90) + `"}`, strings.Repeat("é", 59) + "…"},
		{"nothing said", ``, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			outcome, err := Decode[OperationOutcome]([]byte(`{"resourceType":"OperationOutcome","issue":[`+c.issues+`]}`), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if got := outcome.Reason(60); got != c.want {
				t.Errorf("reason = %q, want %q", got, c.want)
			}
		})
	}
}

func TestHashMatchesBothReadings(t *testing.T) {
	document := []byte("Hello World") // sum 0a4d55a8d778e5022fab701977c5d840bbc486d0, as in IHE's examples
	for stated, want := range map[string]bool{
		"Ck1VqNd45QIvq3AZd8XYQLvEhtA=":                             true,
		"MGE0ZDU1YThkNzc4ZTUwMjJmYWI3MDE5NzdjNWQ4NDBiYmM0ODZkMA==": true,
		"0a4d55a8d778e5022fab701977c5d840bbc486d0":                 false,
		"": false,
	} {
		if got := HashMatches(stated, document); got != want {
			t.Errorf("HashMatches(%q) = %v", stated, got)
		}
	}
	if AttachmentHash(document) != "Ck1VqNd45QIvq3AZd8XYQLvEhtA=" {
		t.Errorf("AttachmentHash = %q", AttachmentHash(document))
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(example(f, "patient.json"))
	f.Add(example(f, "documentreference.json"))
	f.Add(example(f, "provided.json"))
	f.Add([]byte(`{"resourceType":"OperationOutcome","issue":[{"severity":"error","details":{"text":"x"}}]}`))
	f.Add([]byte(`{"resourceType":"Patient","name":[{"given":[null,"a"],"_given":[{"id":"1"},null]}],"extra":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		again[Patient](t, data)
		again[Bundle](t, data)
		again[DocumentReference](t, data)
		again[OperationOutcome](t, data)
		if outcome, err := Decode[OperationOutcome](data, Limits{}); err == nil {
			if reason := outcome.Reason(80); len([]rune(reason)) > 80 || strings.ContainsAny(reason, "\n\r\t") {
				t.Errorf("reason %q", reason)
			}
		}
		if bundle, err := Decode[Bundle](data, Limits{}); err == nil {
			_, _ = ParseProvided(bundle)
			_ = Entries(bundle, func(_ BundleEntry, p *Patient) error { p.UsualName(); return nil })
		}
	})
}

// again proves that what was decoded encodes to something that decodes to the same.
func again[T any, R interface {
	*T
	resource
}](t *testing.T, data []byte) {
	first, err := Decode[T, R](data, Limits{})
	if err != nil {
		return
	}
	encoded, err := json.Marshal(first)
	if err != nil {
		t.Fatalf("decoded but does not encode: %v", err)
	}
	second, err := Decode[T, R](encoded, Limits{Bytes: 64 << 20})
	if err != nil {
		t.Fatalf("encoded but does not decode: %v\n%s", err, encoded)
	}
	reencoded, err := json.Marshal(second)
	if err != nil || string(encoded) != string(reencoded) {
		t.Fatalf("not stable (%v):\n%s\n%s", err, encoded, reencoded)
	}
}
