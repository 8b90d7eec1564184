package hospital

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/nhs"
)

// noon is the moment at which the clocks of these tests stand.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// open starts a hospital in a directory, on a clock that stands still.
func open(t *testing.T, dir string, change ...func(*Config)) *Hospital {
	t.Helper()
	config := Config{Addr: "127.0.0.1:0", Dir: dir, Clock: clock.NewManual(noon), Delay: time.Hour}
	for _, c := range change {
		c(&config)
	}
	h, err := Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// page fetches a page and returns its status, header and text.
func page(t *testing.T, method, address string, body io.Reader, header http.Header) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	if host := header.Get("Host"); host != "" {
		request.Host = host
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

func TestStartListensOnThisMachineOnly(t *testing.T) {
	for address, accepted := range map[string]bool{
		"127.0.0.1:0":   true,
		"localhost:0":   true,
		"[::1]:0":       false, // set below when this machine has IPv6
		"0.0.0.0:0":     false,
		":0":            false,
		"[::]:0":        false,
		"192.0.2.7:0":   false,
		"example.com:0": false,
		"127.0.0.1":     false,
	} {
		_, err := loopbackAddress(address)
		if address == "[::1]:0" {
			if err != nil {
				t.Errorf("%s: %v", address, err)
			}
			continue
		}
		h, err := Start(t.Context(), Config{Addr: address, Dir: t.TempDir()})
		if (err == nil) != accepted {
			t.Errorf("%s: %v", address, err)
		}
		if err == nil {
			_ = h.Close()
		}
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h, err := Start(ctx, Config{Addr: "127.0.0.1:0", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-h.stopped
}

func TestOtherNamesAreRefused(t *testing.T) {
	h := open(t, t.TempDir(), func(c *Config) {
		c.Codes = func() []PersonCode { return []PersonCode{{"Dr Anita Patel", "287082", 12}} }
	})
	response, text := page(t, http.MethodGet, h.URL()+"/codes", nil, http.Header{"Host": {"rebound.example"}})
	if response.StatusCode != http.StatusMisdirectedRequest || strings.Contains(text, "287082") {
		t.Errorf("%d %q", response.StatusCode, text)
	}
	response, _ = page(t, http.MethodPost, h.URL()+"/control/record", strings.NewReader(`{"mode":"down"}`),
		http.Header{"Content-Type": {"application/json"}, "Origin": {"https://elsewhere.example"}, "Sec-Fetch-Site": {"cross-site"}})
	if response.StatusCode != http.StatusForbidden || h.RecordMode() != RecordAccept {
		t.Errorf("another site's page set the record: %d, %s", response.StatusCode, h.RecordMode())
	}
}

func TestPatientsAreFortyAndWellFormed(t *testing.T) {
	people := Patients()
	if len(people) != 40 {
		t.Errorf("%d patients", len(people))
	}
	numbers, hospitalNumbers := map[string]bool{}, map[string]bool{}
	temporary := 0
	for _, p := range people {
		if p.NHSNumber == "" {
			temporary++
		}
		for _, number := range []string{p.NHSNumber, p.Formerly} {
			if number == "" {
				continue
			}
			if parsed, err := nhs.ParseNumber(number); err != nil || parsed.Digits() != number {
				t.Errorf("%s: %q: %v", p.FullName(), number, err)
			}
			if numbers[number] {
				t.Errorf("%s twice", number)
			}
			numbers[number] = true
		}
		if hospitalNumbers[p.HospitalNumber] || len(p.HospitalNumber) != 8 {
			t.Errorf("hospital number %q", p.HospitalNumber)
		}
		hospitalNumbers[p.HospitalNumber] = true
		if _, err := nhs.ParseBirthDate(p.BirthDate); err != nil && p.NHSNumber != "" {
			t.Errorf("%s: born %q", p.FullName(), p.BirthDate)
		}
	}
	if temporary != 2 {
		t.Errorf("%d temporary identities", temporary)
	}
	people[0].Family = "changed"
	if Patients()[0].Family == "changed" {
		t.Error("a caller can change the index")
	}
}

func TestModesSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	if err := h.SetRecordMode(RecordDown); err != nil {
		t.Fatal(err)
	}
	if err := h.SetIndexMode(IndexSlow); err != nil {
		t.Fatal(err)
	}
	if err := h.SetRecordMode("sulk"); err == nil {
		t.Error("an unknown mode is accepted")
	}
	_ = h.Close()
	again := open(t, dir)
	if again.RecordMode() != RecordDown || again.IndexMode() != IndexSlow {
		t.Errorf("after a restart: %s, %s", again.RecordMode(), again.IndexMode())
	}
}

func TestControl(t *testing.T) {
	h := open(t, t.TempDir())
	asJSON := http.Header{"Content-Type": {"application/json"}}
	cases := []struct {
		path, body string
		header     http.Header
		status     int
		record     RecordMode
		index      IndexMode
	}{
		{"/control/record", `{"mode":"down"}`, asJSON, 200, RecordDown, IndexOK},
		{"/control/record", `{"mode":"drop"}`, asJSON, 200, RecordDropBefore, IndexOK},
		{"/control/record", `{"mode":"sulk"}`, asJSON, 400, RecordDropBefore, IndexOK},
		{"/control/record", `mode=accept`, asJSON, 400, RecordDropBefore, IndexOK},
		{"/control/record", `mode=accept`, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, 303, RecordAccept, IndexOK},
		{"/control/index", `{"mode":"garbage"}`, asJSON, 200, RecordAccept, IndexGarbage},
		{"/control/index", `{"mode":"refuse"}`, asJSON, 400, RecordAccept, IndexGarbage},
		{"/control/index", `{"mode":"` + strings.Repeat("x", 5000) + `"}`, asJSON, 400, RecordAccept, IndexGarbage},
	}
	for _, c := range cases {
		response, text := page(t, http.MethodPost, h.URL()+c.path, strings.NewReader(c.body), c.header)
		if response.StatusCode != c.status || h.RecordMode() != c.record || h.IndexMode() != c.index {
			t.Errorf("%s %.40s: %d, %s, %s (%.60s)", c.path, c.body, response.StatusCode, h.RecordMode(), h.IndexMode(), text)
		}
	}
	_, text := page(t, http.MethodGet, h.URL()+"/control", nil, nil)
	var state modes
	if err := json.Unmarshal([]byte(text), &state); err != nil || state.Index != IndexGarbage {
		t.Errorf("state %q: %v", text, err)
	}
}

func TestPagesEscapeAndCarryNoScript(t *testing.T) {
	h := open(t, t.TempDir(), func(c *Config) {
		c.Codes = func() []PersonCode { return []PersonCode{{`<img src=x onerror=alert(1)>`, "287082", 12}} }
	})
	if err := h.SetRefusal(`"><script>alert(1)</script>`); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/codes"} {
		response, text := page(t, http.MethodGet, h.URL()+path, nil, nil)
		if response.StatusCode != http.StatusOK || strings.Contains(text, "<script") || strings.Contains(text, "<img") {
			t.Errorf("%s: %d, or something is not escaped", path, response.StatusCode)
		}
		policy := response.Header.Get("Content-Security-Policy")
		style := text[strings.Index(text, "<style>")+len("<style>") : strings.Index(text, "</style>")]
		sum := sha256.Sum256([]byte(style))
		if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") || !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s: the policy does not fit the page's style: %s", path, policy)
		}
		if response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be stored", path)
		}
	}
	_, text := page(t, http.MethodGet, h.URL()+"/codes", nil, nil)
	if !strings.Contains(text, "287082") || !strings.Contains(text, "12 seconds") {
		t.Error("the code is not shown")
	}
	_, text = page(t, http.MethodGet, h.URL()+"/", nil, nil)
	for _, want := range []string{"SMITH, John (Mr)", "943\u00a0476\u00a05919", "12-Mar-1954", "none yet", "Nothing has been filed yet"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	if strings.Contains(text, "side room 1") {
		t.Error("the page shows where a restricted patient is")
	}
}

func TestNoCodesPageWithoutAHook(t *testing.T) {
	h := open(t, t.TempDir())
	if response, _ := page(t, http.MethodGet, h.URL()+"/codes", nil, nil); response.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestIndexInsistsOnARequestID(t *testing.T) {
	h := open(t, t.TempDir())
	for _, id := range []string{"", "1", "0198c1de-0000-7000-8000-00000000000z"} {
		response, text := page(t, http.MethodGet, h.IndexURL()+"/Patient/9434765919", nil, http.Header{"X-Request-Id": {id}})
		if response.StatusCode != http.StatusBadRequest || !strings.Contains(text, "MISSING_VALUE") {
			t.Errorf("id %q: %d %s", id, response.StatusCode, text)
		}
	}
}

func TestIndexAnswersLikeTheNationalOne(t *testing.T) {
	h := open(t, t.TempDir())
	header := http.Header{"X-Request-Id": {"0198c1de-0000-7000-8000-000000000001"}}
	cases := []struct {
		name, path string
		status     int
		has        []string
		hasNot     []string
	}{
		{"read", "/Patient/9434765919", 200, []string{`"id":"9434765919"`, `"family":"Smith"`, `"code":"U"`, "Ward 7B, bed 14"}, nil},
		{"superseded", "/Patient/9990475466", 200, []string{`"id":"9990421730"`, `"type":"replaces"`}, nil},
		{"restricted", "/Patient/9990681058", 200, []string{`"code":"R"`, "Fairweather"}, []string{`"address"`, "side room", `"telecom"`}},
		{"invalidated", "/Patient/9990741891", 404, []string{"INVALIDATED_RESOURCE"}, []string{"Nolan"}},
		{"unknown", "/Patient/9995446391", 404, []string{"RESOURCE_NOT_FOUND"}, nil},
		{"no number", "/Patient/9434765918", 400, []string{"INVALID_RESOURCE_ID"}, nil},
		{"dead", "/Patient/9990891710", 200, []string{`"deceasedDateTime":"2026-02-01"`}, nil},
		{"search", "/Patient?family=SMITH&birthdate=eq1954-03-12", 200, []string{`"total":2`, "Joan", "John", `"score":1`}, []string{"Smyth"}},
		{"search by first name too", "/Patient?family=smith&given=Jo&birthdate=1954-03-12", 200, []string{`"total":2`, `"score":0.95`}, nil},
		{"exact search", "/Patient?family=Smith&given=Jo&birthdate=1954-03-12&_exact-match=true", 200, []string{`"total":0`}, nil},
		{"fuzzy search", "/Patient?family=Smith&given=John&birthdate=1954-03-12&_fuzzy-match=true", 200, []string{`"total":3`, "Smyth"}, nil},
		{"fuzzy search without a first name", "/Patient?family=Smith&birthdate=1954-03-12&_fuzzy-match=true", 400, []string{"MISSING_VALUE"}, nil},
		{"too many", "/Patient?family=Smith&birthdate=1954-03-12&_max-results=1", 200, []string{"TOO_MANY_MATCHES"}, []string{"Joan"}},
		{"invalidated are not found", "/Patient?family=Nolan&birthdate=1971-07-25", 200, []string{`"total":0`}, nil},
		{"restricted are found, without whereabouts", "/Patient?family=Fairweather&birthdate=1990-02-17", 200, []string{`"total":1`}, []string{"side room", `"address"`}},
		{"no birth date", "/Patient?family=Smith", 400, []string{"MISSING_VALUE"}, nil},
		{"no day", "/Patient?family=Smith&birthdate=1954", 400, []string{"INVALID_SEARCH_DATA"}, nil},
		{"hospital number", "/Patient?identifier=" + url.QueryEscape(HospitalNumberSystem+"|N0099001"), 200, []string{"Kestrel", `"use":"temp"`}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			response, text := page(t, http.MethodGet, h.IndexURL()+c.path, nil, header)
			if response.StatusCode != c.status || response.Header.Get("Content-Type") != "application/fhir+json" {
				t.Errorf("%d %s", response.StatusCode, response.Header.Get("Content-Type"))
			}
			if response.Header.Get("X-Request-ID") != header.Get("X-Request-ID") {
				t.Error("the request id is not echoed")
			}
			for _, want := range c.has {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing in %s", want, text)
				}
			}
			for _, not := range c.hasNot {
				if strings.Contains(text, not) {
					t.Errorf("%q is in %s", not, text)
				}
			}
		})
	}
	response, _ := page(t, http.MethodGet, h.IndexURL()+"/Patient/9434765919", nil, header)
	if response.Header.Get("ETag") != `W/"1"` {
		t.Errorf("ETag %q", response.Header.Get("ETag"))
	}
}

func TestSoundex(t *testing.T) {
	for name, want := range map[string]string{
		"Robert": "R163", "Rupert": "R163", "Ashcraft": "A261", "Tymczak": "T522", "Pfister": "P236", "Honeyman": "H555",
		"Smith": "S530", "Smyth": "S530", "O'Sullivan": "O241", "": "", "Lee": "L000",
	} {
		if got := soundex(name); got != want {
			t.Errorf("soundex(%q) = %q, want %q", name, got, want)
		}
	}
}
