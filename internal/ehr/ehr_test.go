package ehr

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/fhir"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
)

const content = "<!doctype html><p>Change to IV flucloxacillin"

// answer is what a record in memory says to one kind of request.
type answer struct {
	status      int
	contentType string
	body        string
}

// scripted is a record in memory: one answer each for the search, the transaction and the bytes. Every request must go to it.
type scripted struct {
	t                       testing.TB
	search, provide, binary answer
	wait                    string
}

func (s scripted) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Host != "record.example" || request.Header.Get("Authorization") != "Bearer demo" {
		s.t.Errorf("a request went to %s", request.URL.Host)
	}
	a := s.search
	switch {
	case request.Method == http.MethodPost:
		a = s.provide
	case strings.Contains(request.URL.Path, "/Binary/"):
		a = s.binary
	}
	if a.status == 0 {
		return nil, errors.New("dial tcp: no route to host, while asking for " + request.URL.String())
	}
	contentType := a.contentType
	if contentType == "" {
		contentType = fhir.ContentType
	}
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {contentType}, "Retry-After": {s.wait}}, Body: io.NopCloser(strings.NewReader(a.body)),
	}, nil
}

func destination(t testing.TB, s scripted) *Destination {
	t.Helper()
	s.t = t
	d, err := New(Config{
		BaseURL: "https://record.example/fhir", HTTP: &http.Client{Transport: s}, Header: http.Header{"Authorization": {"Bearer demo"}},
		HospitalNumberSystem: "https://northbridge.example/id/hospital-number", Clock: clock.NewManual(time.Date(2026, 11, 24, 13, 20, 0, 0, time.UTC)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func document(t testing.TB) Document {
	t.Helper()
	filing, err := id.Parse[id.Filing]("0198c1de-0000-7000-8000-000000000001")
	if err != nil {
		t.Fatal(err)
	}
	number, err := nhs.ParseNumber("9434765919")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 24, 13, 18, 0, 0, time.UTC)
	return Document{
		Filing: filing, NHSNumber: number, Title: "Decision", ContentType: "text/html", Bytes: []byte(content),
		Author: Author{Name: "Dr Anita Patel", Role: "Medical Registrar"}, Organisation: "RXX01", CreatedAt: at, SubmittedAt: at,
	}
}

// kept is the document's description as a record gives it back, with what the case changes.
type kept struct {
	identifier, status, subject, url, hash, more string
}

func (k kept) json() string {
	or := func(value, otherwise string) string {
		if value == "" {
			return otherwise
		}
		return value
	}
	return `{"resourceType":"DocumentReference","id":"41","status":"` + or(k.status, "current") + `",` +
		`"identifier":[{"system":"urn:ietf:rfc:3986","value":"` + or(k.identifier, "urn:uuid:0198c1de-0000-7000-8000-000000000001") + `"},` +
		`{"system":"https://northbridge.example/id/document-number","value":"DOC-7741-2093"}],` +
		or(k.subject, `"subject":{"identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9434765919"}},`) + k.more +
		`"content":[{"attachment":{"contentType":"text/html","url":"` + or(k.url, "Binary/42") + `","hash":"` + or(k.hash, fhir.AttachmentHash([]byte(content))) + `"}}]}`
}

func searchset(documents ...string) answer {
	return answer{200, "", `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + strings.Join(documents, `},{"resource":`) + `}]}`}
}

func binary(data string) answer {
	return answer{200, "", `{"resourceType":"Binary","contentType":"text/html","data":"` + base64.StdEncoding.EncodeToString([]byte(data)) + `"}`}
}

var (
	empty    = answer{200, "", `{"resourceType":"Bundle","type":"searchset","total":0}`}
	accepted = answer{200, "", `{"resourceType":"Bundle","type":"transaction-response","entry":[{"response":{"status":"201 Created","location":"List/40/_history/1"}},` +
		`{"response":{"status":"201 Created","location":"DocumentReference/41/_history/1"}},{"response":{"status":"201 Created","location":"Binary/42/_history/1"}}]}`}
)

func TestH13_AReceiptIsMadeOfBytesReadBack(t *testing.T) {
	sum := sha256.Sum256([]byte(content))
	sha1sum := sha1.Sum([]byte(content))
	hexHash := base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sha1sum[:])))
	good := kept{}.json()
	cases := []struct {
		name   string
		record scripted
		want   *fault.Error
		what   string
	}{
		{"the same bytes", scripted{search: searchset(good), binary: binary(content)}, nil, ""},
		{"the bytes themselves", scripted{search: searchset(good), binary: answer{200, "text/html; charset=utf-8", content}}, nil, ""},
		{"the address in full", scripted{search: searchset(kept{url: "https://record.example/fhir/Binary/42"}.json()), binary: binary(content)}, nil, ""},
		{"a version of the address", scripted{search: searchset(kept{url: "Binary/42/_history/1"}.json()), binary: binary(content)}, nil, ""},
		{"IHE's reading of the hash", scripted{search: searchset(kept{hash: hexHash}.json()), binary: binary(content)}, nil, ""},
		{"a hash of something else", scripted{search: searchset(kept{hash: fhir.AttachmentHash([]byte("else"))}.json()), binary: binary(content)}, ErrMismatch, "hash"},
		{"SHA-256 where SHA-1 belongs", scripted{search: searchset(kept{hash: base64.StdEncoding.EncodeToString(sum[:])}.json()), binary: binary(content)}, nil, ""},
		{"a patient named by address only", scripted{search: searchset(kept{subject: `"subject":{"reference":"Patient/7"},`}.json()), binary: binary(content)}, nil, ""},
		{"other documents beside it", scripted{search: searchset(kept{identifier: "urn:uuid:0198c1de-0000-7000-8000-000000000009"}.json(), good), binary: binary(content)}, nil, ""},

		{"one byte more", scripted{search: searchset(good), binary: binary(content + "\n")}, ErrMismatch, "bytes"},
		{"no bytes", scripted{search: searchset(good), binary: binary("")}, ErrMismatch, "bytes"},
		{"the hash is right and the bytes are not", scripted{search: searchset(good), binary: binary("something else")}, ErrMismatch, "bytes"},
		{"another patient", scripted{search: searchset(kept{subject: `"subject":{"identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9000000025"}},`}.json()), binary: binary(content)}, ErrMismatch, "patient"},
		{"no patient", scripted{search: searchset(kept{subject: " "}.json()), binary: binary(content)}, ErrMismatch, "patient"},
		{"withdrawn", scripted{search: searchset(kept{status: "entered-in-error"}.json()), binary: binary(content)}, ErrMismatch, "status"},
		{"twice", scripted{search: searchset(good, good), binary: binary(content)}, ErrMismatch, "copies"},

		{"nothing there", scripted{search: empty}, ErrNotInRecord, ""},
		{"only others there", scripted{search: searchset(kept{identifier: "urn:uuid:0198c1de-0000-7000-8000-000000000009"}.json())}, ErrNotInRecord, ""},
		{"described, but its bytes are not there", scripted{search: searchset(good), binary: answer{404, "", `{"resourceType":"OperationOutcome","issue":[]}`}}, ErrNotInRecord, ""},

		{"bytes on another server", scripted{search: searchset(kept{url: "https://elsewhere.example/fhir/Binary/42"}.json())}, ErrUnintelligible, ""},
		{"bytes at a path that climbs", scripted{search: searchset(kept{url: "Binary/../../admin"}.json())}, ErrUnintelligible, ""},
		{"bytes that are not base64", scripted{search: searchset(good), binary: answer{200, "", `{"resourceType":"Binary","data":"%%%"}`}}, ErrUnintelligible, ""},
		{"a sign-in page for the bytes", scripted{search: searchset(good), binary: answer{200, "application/xhtml+xml", "<p>Sign in"}}, ErrUnintelligible, ""},
		{"a sign-in page for the search", scripted{search: answer{200, "text/html", "<p>Sign in"}}, ErrUnintelligible, ""},
		{"another bundle", scripted{search: answer{200, "", `{"resourceType":"Bundle","type":"history"}`}}, ErrUnintelligible, ""},
		{"no answer", scripted{}, ErrUnavailable, ""},
		{"no answer for the bytes", scripted{search: searchset(good)}, ErrUnavailable, ""},
		{"the search is not allowed", scripted{search: answer{403, "", `{"resourceType":"OperationOutcome","issue":[]}`}}, ErrUnavailable, ""},
		{"the bytes break", scripted{search: searchset(good), binary: answer{500, "", ""}}, ErrUnavailable, ""},
		{"a proxy does not find the bytes", scripted{search: searchset(good), binary: answer{404, "text/html", "Not Found"}}, ErrUnavailable, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			receipt, err := destination(t, c.record).ReadBack(t.Context(), document(t).Expected())
			if c.want == nil {
				if err != nil || receipt.Reference != "DOC-7741-2093" || receipt.Hash != sum || receipt.Document != "DocumentReference/41" || receipt.At.IsZero() {
					t.Errorf("%+v, %v", receipt, err)
				}
				return
			}
			if !errors.Is(err, c.want) || receipt != (Receipt{}) {
				t.Fatalf("%+v, %v; want %v", receipt, err, c.want)
			}
			if what, _ := fault.As(err).Details()["what"].(string); what != c.what {
				t.Errorf("what = %q, want %q", what, c.what)
			}
			if reason, _ := fault.As(err).Details()["reason"].(string); (reason != "") != (c.what != "") {
				t.Errorf("reason %q for a person", reason)
			}
			quotesNobody(t, err)
		})
	}
}

func TestH13_TheDocumentInsideTheDescription(t *testing.T) {
	with := func(data string) string {
		return strings.Replace(kept{}.json(), `"url":"Binary/42"`, `"data":"`+data+`"`, 1)
	}
	for data, want := range map[string]*fault.Error{
		base64.StdEncoding.EncodeToString([]byte(content)):       nil,
		base64.StdEncoding.EncodeToString([]byte(content + "!")): ErrMismatch,
		"%%%": ErrUnintelligible,
	} {
		_, err := destination(t, scripted{search: searchset(with(data))}).ReadBack(t.Context(), document(t).Expected())
		if (want == nil) != (err == nil) || (want != nil && !errors.Is(err, want)) {
			t.Errorf("%q: %v", data, err)
		}
	}
}

func TestR19_WhatARecordAnswersToAFiling(t *testing.T) {
	outcome := func(text string) string {
		return `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"business-rule","details":{"text":` + strconv.Quote(text) + `}}]}`
	}
	cases := []struct {
		name    string
		record  scripted
		want    *fault.Error
		reason  string
		existed bool
	}{
		{"accepted", scripted{search: empty, provide: accepted}, nil, "", false},
		{"there already: nothing is sent", scripted{search: searchset(kept{}.json())}, nil, "", true},
		{"addresses in full", scripted{search: empty, provide: answer{200, "", strings.ReplaceAll(accepted.body, `"location":"`, `"location":"https://record.example/fhir/`)}}, nil, "", false},
		{"created, by status", scripted{search: empty, provide: answer{201, "", accepted.body}}, nil, "", false},
		{"refused", scripted{search: empty, provide: answer{422, "", outcome("Record is closed.")}}, ErrRefused, "Record is closed.", false},
		{"refused as a conflict", scripted{search: empty, provide: answer{409, "", outcome("Being merged.")}}, ErrRefused, "Being merged.", false},
		{"refused without a word", scripted{search: empty, provide: answer{400, "", `{"resourceType":"OperationOutcome","issue":[]}`}}, ErrRefused, "It gave no reason.", false},
		{"refused by something in between", scripted{search: empty, provide: answer{413, "text/html", "<h1>413</h1>"}}, ErrUnintelligible, "", false},
		{"not allowed", scripted{search: empty, provide: answer{401, "", outcome("Token expired")}}, ErrUnavailable, "", false},
		{"later", scripted{search: empty, provide: answer{503, "", outcome("Maintenance")}, wait: "120"}, ErrUnavailable, "", false},
		{"redirected", scripted{search: empty, provide: answer{307, "", ""}}, ErrUnavailable, "", false},
		{"queued", scripted{search: empty, provide: answer{202, "", accepted.body}}, ErrUnavailable, "", false},
		{"no answer", scripted{search: empty}, ErrUnavailable, "", false},
		{"no answer to the search", scripted{provide: accepted}, ErrUnavailable, "", false},
		{"a page", scripted{search: empty, provide: answer{200, "text/html", "<p>Welcome"}}, ErrUnintelligible, "", false},
		{"an outcome and success", scripted{search: empty, provide: answer{200, "", outcome("All OK")}}, ErrUnintelligible, "", false},
		{"half an answer", scripted{search: empty, provide: answer{200, "", accepted.body[:90]}}, ErrUnintelligible, "", false},
		{"an address elsewhere", scripted{search: empty, provide: answer{200, "", strings.ReplaceAll(accepted.body, `"location":"`, `"location":"https://elsewhere.example/`)}}, ErrUnintelligible, "", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			submitted, err := destination(t, c.record).File(t.Context(), document(t))
			if c.want == nil {
				if err != nil || submitted != (Submitted{Document: "DocumentReference/41", Existing: c.existed}) {
					t.Errorf("%+v, %v", submitted, err)
				}
				return
			}
			if !errors.Is(err, c.want) || submitted != (Submitted{}) {
				t.Fatalf("%+v, %v; want %v", submitted, err, c.want)
			}
			if reason, _ := fault.As(err).Details()["reason"].(string); reason != c.reason {
				t.Errorf("reason = %q", reason)
			}
			quotesNobody(t, err)
		})
	}
	_, err := destination(t, scripted{search: empty, provide: answer{503, "", ""}, wait: "120"}).File(t.Context(), document(t))
	if fault.As(err).Wait() != 2*time.Minute {
		t.Errorf("wait %v", fault.As(err).Wait())
	}
}

func TestR19_KindsTellARetryFromAPerson(t *testing.T) {
	for _, c := range []struct {
		fault *fault.Error
		kind  fault.Kind
	}{
		{ErrUnavailable, fault.Unavailable}, {ErrUnintelligible, fault.Upstream}, {ErrNotInRecord, fault.NotFound},
		{ErrRefused, fault.Invalid}, {ErrMismatch, fault.Conflict}, {ErrIncomplete, fault.Internal},
	} {
		if c.fault.Kind() != c.kind {
			t.Errorf("%s is %v; the package comment promises %v", c.fault.Code(), c.fault.Kind(), c.kind)
		}
	}
}

func TestNewRefusesAnUnsafeAddress(t *testing.T) {
	for _, address := range []string{"", "http://record.example/fhir", "https://user:password@record.example"} {
		if _, err := New(Config{BaseURL: address}); err == nil {
			t.Errorf("%q accepted", address)
		}
	}
}

func FuzzReadBack(f *testing.F) {
	f.Add(searchset(kept{}.json()).body, binary(content).body)
	f.Add(searchset(kept{}.json(), kept{}.json()).body, content)
	f.Add(strings.Replace(searchset(kept{}.json()).body, `"url":"Binary/42"`, `"data":"PHA+"`, 1), "")
	f.Add(accepted.body, accepted.body)
	f.Fuzz(func(t *testing.T, search, bytes string) {
		d := destination(t, scripted{search: answer{200, "", search}, provide: answer{200, "", bytes}, binary: answer{200, "", bytes}})
		want := document(t)
		receipt, err := d.ReadBack(t.Context(), want.Expected())
		if err == nil && (receipt.Hash != want.Expected().SHA256 || receipt.Reference == "" || strings.ContainsAny(receipt.Reference, "\r\n\t")) {
			t.Errorf("receipt %+v", receipt)
		}
		if submitted, err := d.File(t.Context(), want); err == nil && !strings.HasPrefix(submitted.Document, "DocumentReference/") {
			t.Errorf("submitted %+v", submitted)
		}
	})
}

// quotesNobody fails when an error, or its private cause, holds the patient's number or the filing's name.
func quotesNobody(t *testing.T, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		if strings.Contains(e.Error(), "9434765919") || strings.Contains(e.Error(), "0198c1de") {
			t.Errorf("an error quotes an identifier: %v", e)
		}
	}
}
