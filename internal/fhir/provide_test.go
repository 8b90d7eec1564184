package fhir

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func provision() Provision {
	return Provision{
		Identifier: "urn:uuid:0198c1de-0000-7000-8000-000000000001", Title: "Clinical decision by secure message",
		ContentType: "text/html", Document: []byte("<!doctype html><p>Change to IV flucloxacillin"),
		Patient: ProvisionPatient{NHSNumber: "9434765919", HospitalNumber: "N0041192", HospitalNumberSystem: "https://northbridge.example/id/hospital-number",
			Family: "SMITH", Given: "John", BirthDate: "1954-03-12"},
		Author:    ProvisionAuthor{Name: "Dr Anita Patel", Role: "Medical Registrar", PersonID: "0198c1de-0000-7000-8000-0000000000aa"},
		ODS:       "RXX01",
		Created:   time.Date(2026, 11, 24, 13, 18, 0, 0, time.UTC),
		Submitted: time.Date(2026, 11, 24, 14, 18, 0, 5e6, time.FixedZone("CET", 3600)),
	}
}

func TestR21_ProvideBundleSaysWhatIsFiled(t *testing.T) {
	p := provision()
	bundle, err := ProvideBundle(p)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, entry := range bundle.Entry {
		order = append(order, entry.Request.Method+" "+entry.Request.URL)
	}
	if diff := cmp.Diff([]string{"POST List", "POST DocumentReference", "POST Binary"}, order); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if got, want := bundle.Entry[1].Request.IfNoneExist, "identifier="+url.QueryEscape(SystemURI+"|"+p.Identifier); got != want {
		t.Errorf("the document is not a conditional create by its identifier: %q, want %q", got, want)
	}
	if bundle.Type != "transaction" || bundle.Timestamp != "2026-11-24T13:18:00.005Z" {
		t.Errorf("bundle %q at %q", bundle.Type, bundle.Timestamp)
	}

	list, err := Decode[List](bundle.Entry[0].Resource, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	document, err := Decode[DocumentReference](bundle.Entry[1].Resource, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	binary, err := Decode[Binary](bundle.Entry[2].Resource, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := binary.Bytes()
	if err != nil || string(data) != string(p.Document) {
		t.Errorf("the Binary does not hold the document: %v", err)
	}
	attachment := document.Content[0].Attachment
	sum := sha256.Sum256(p.Document)
	switch {
	case list.Entry[0].Item.Reference != bundle.Entry[1].FullURL:
		t.Error("the submission set does not hold the document")
	case attachment.URL != bundle.Entry[2].FullURL:
		t.Error("the document does not point to its bytes")
	case !HashMatches(attachment.Hash, p.Document) || *attachment.Size != len(p.Document):
		t.Errorf("hash %q, size %d", attachment.Hash, *attachment.Size)
	case ExtensionNamed(attachment.Extension, ExtensionSHA256).ValueBase64Binary != base64.StdEncoding.EncodeToString(sum[:]):
		t.Error("SHA-256 is missing")
	case !document.Carries(SystemURI, p.Identifier) || document.MasterIdentifier.Value != p.Identifier:
		t.Error("the document does not carry its identifier")
	case document.Subject.Identifier.Value != "9434765919" || document.Subject.Identifier.System != SystemNHSNumber:
		t.Errorf("subject %+v", document.Subject)
	case len(list.Identifier) != 2 || list.Identifier[0].Value == list.Identifier[1].Value:
		t.Errorf("submission set identifiers %+v", list.Identifier)
	}

	author, err := Decode[PractitionerRole](document.Contained[0], Limits{})
	if err != nil || author.Practitioner.Display != "Dr Anita Patel" || author.Code[0].Text != "Medical Registrar" {
		t.Errorf("author %+v: %v", author, err)
	}
	patient, err := Decode[Patient](document.Contained[1], Limits{})
	if err != nil || patient.BirthDate != "1954-03-12" || patient.Name[0].Family != "SMITH" || len(patient.Identifier) != 2 {
		t.Errorf("patient as known then %+v: %v", patient, err)
	}
}

func TestR19_EveryAttemptIsTheSameTransaction(t *testing.T) {
	first, err := ProvideBundle(provision())
	if err != nil {
		t.Fatal(err)
	}
	second, err := ProvideBundle(provision())
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(first)
	b, _ := json.Marshal(second)
	if string(a) != string(b) {
		t.Error("two attempts at one filing differ")
	}
	other := provision()
	other.Identifier = "urn:uuid:0198c1de-0000-7000-8000-000000000002"
	third, err := ProvideBundle(other)
	if err != nil {
		t.Fatal(err)
	}
	if third.Entry[0].Request.IfNoneExist == first.Entry[0].Request.IfNoneExist {
		t.Error("two filings share a submission set")
	}
}

func TestProvideBundleForATemporaryIdentity(t *testing.T) {
	p := provision()
	p.Patient.NHSNumber = ""
	bundle, err := ProvideBundle(p)
	if err != nil {
		t.Fatal(err)
	}
	document, err := Decode[DocumentReference](bundle.Entry[1].Resource, Limits{})
	if err != nil || document.Subject.Identifier.Value != "N0041192" {
		t.Errorf("subject %+v: %v", document.Subject, err)
	}
}

func TestProvideBundleReplaces(t *testing.T) {
	p := provision()
	p.Replaces = "DocumentReference/41"
	bundle, err := ProvideBundle(p)
	if err != nil {
		t.Fatal(err)
	}
	document, err := Decode[DocumentReference](bundle.Entry[1].Resource, Limits{})
	if err != nil || document.RelatesTo[0].Code != "replaces" || document.RelatesTo[0].Target.Reference != "DocumentReference/41" {
		t.Errorf("relatesTo %+v: %v", document.RelatesTo, err)
	}
}

func TestProvideBundleRefusesTheIncomplete(t *testing.T) {
	for name, spoil := range map[string]func(*Provision){
		"identifier":     func(p *Provision) { p.Identifier = "0198c1de-0000-7000-8000-000000000001" },
		"document":       func(p *Provision) { p.Document = nil },
		"content type":   func(p *Provision) { p.ContentType = "" },
		"title":          func(p *Provision) { p.Title = "" },
		"patient number": func(p *Provision) { p.Patient = ProvisionPatient{Family: "SMITH"} },
		"author":         func(p *Provision) { p.Author.PersonID = "" },
		"organisation":   func(p *Provision) { p.ODS = "" },
		"times":          func(p *Provision) { p.Submitted = time.Time{} },
	} {
		t.Run(name, func(t *testing.T) {
			p := provision()
			spoil(&p)
			_, err := ProvideBundle(p)
			if !errors.Is(err, ErrIncomplete) || !strings.Contains(err.Error(), name) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

func TestH13_OnlyAWholeAnswerIsAnAcceptance(t *testing.T) {
	good := `{"response":{"status":"201 Created","location":"List/1/_history/1"}},` +
		`{"response":{"status":"201 Created","location":"DocumentReference/41/_history/1"}},` +
		`{"response":{"status":"201","location":"Binary/42"}}`
	cases := []struct {
		name, bundle string
		want         Provided
		fails        bool
	}{
		{"created", `{"resourceType":"Bundle","type":"transaction-response","entry":[` + good + `]}`, Provided{DocumentID: "41"}, false},
		{"there already", `{"resourceType":"Bundle","type":"transaction-response","entry":[` + strings.ReplaceAll(good, "201 Created", "200 OK") + `]}`,
			Provided{DocumentID: "41", Existing: true}, false},
		{"nothing", `{"resourceType":"Bundle","type":"transaction-response"}`, Provided{}, true},
		{"the request echoed", `{"resourceType":"Bundle","type":"transaction","entry":[` + good + `]}`, Provided{}, true},
		{"two of three", `{"resourceType":"Bundle","type":"transaction-response","entry":[` + good[:strings.LastIndex(good, ",{")] + `]}`, Provided{}, true},
		{"queued only", `{"resourceType":"Bundle","type":"transaction-response","entry":[` + strings.ReplaceAll(good, "201 Created", "202 Accepted") + `]}`, Provided{}, true},
		{"no location", `{"resourceType":"Bundle","type":"transaction-response","entry":[` + strings.ReplaceAll(good, "DocumentReference/41", "") + `]}`, Provided{}, true},
		{"a location that climbs", `{"resourceType":"Bundle","type":"transaction-response","entry":[` + strings.ReplaceAll(good, "DocumentReference/41", "DocumentReference/..") + `]}`, Provided{}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			bundle, err := Decode[Bundle]([]byte(c.bundle), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := ParseProvided(bundle)
			if (err != nil) != c.fails || got != c.want {
				t.Errorf("provided = %+v, error %v", got, err)
			}
		})
	}
}

func TestIDFromReference(t *testing.T) {
	for reference, want := range map[string]string{
		"Binary/b1":                           "b1",
		"Binary/b1/_history/3":                "b1",
		"Binary/":                             "",
		"Binary/..":                           "",
		"Binary/../Patient/1":                 "",
		"Binary/b1/../../admin":               "",
		"Binary/b1?x=1":                       "",
		"Binary/b%2F1":                        "",
		"/Binary/b1":                          "",
		"DocumentReference/b1":                "",
		"https://elsewhere.example/Binary/b1": "",
		"urn:uuid:0198c1de-0000-7000-8000-000000000001": "",
		"Binary/" + strings.Repeat("a", 65):             "",
	} {
		got, ok := IDFromReference("Binary", reference)
		if ok != (want != "") || (ok && got != want) {
			t.Errorf("%q: %q, %v", reference, got, ok)
		}
	}
}
