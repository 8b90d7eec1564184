package httpapi

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/dpop"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
)

const testOrigin = "https://wardline.test"

// oneSession answers every token with the same session and error.
type oneSession struct {
	Sessions
	session identity.Session
	err     error
}

func (o oneSession) Authenticate(context.Context, []byte, id.Hash, bool) (identity.Session, error) {
	return o.session, o.err
}

type chain struct{ err error }

func (c chain) Manifests(context.Context) ([][]byte, []byte, error) {
	return [][]byte{[]byte("one")}, []byte("policy"), c.err
}

var boundSession = identity.Session{ID: id.Session{1}, Profile: identity.Profile{Person: id.Person{2}}, Device: id.Device{3}}

func call(t *testing.T, api http.Handler, method, path, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, testOrigin+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, apply := range change {
		apply(r)
	}
	if r.Header.Get(dpop.Header) == "" {
		proveBy(t, api, identitytest.SharedKey(), r)
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w
}

// proveBy signs a request as a browser does that knows the server's nonce and time.
func proveBy(t *testing.T, api http.Handler, key *dpop.Key, r *http.Request) {
	t.Helper()
	surface, ok := api.(*API)
	if !ok {
		return
	}
	now := surface.clock.Now()
	proof, err := key.Prove(r.Method, surface.origin+r.URL.EscapedPath(), surface.nonces.At(now), now)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(dpop.Header, proof)
}

// signedIn adds a cookie of the right shape.
func signedIn(r *http.Request) {
	r.Header.Set("Cookie", "__Host-wardline="+strings.Repeat("A", 43))
}

func problemOf(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("status %d, content type %q, body %s", w.Code, got, w.Body)
	}
	var p map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if int(p["status"].(float64)) != w.Code {
		t.Errorf("status %v in the document, %d on the wire", p["status"], w.Code)
	}
	return p
}

func TestNoPrivateCauseReachesAClient(t *testing.T) {
	const secret = "SMITH John 943 476 5919"
	cause := fmt.Errorf("query: %w", errors.New(secret))
	failures := []error{cause, fmt.Errorf("%s: %w", secret, fault.New(fault.Conflict, "moved", "It moved.").Because(cause))}
	for _, kind := range fault.Kinds() {
		failures = append(failures, fault.New(kind, "code", "A sentence.").Because(cause))
	}
	for _, failure := range failures {
		var logged bytes.Buffer
		api := New(Options{
			Rooms:  Rooms{Sessions: oneSession{session: boundSession}, Manifests: chain{err: failure}},
			Secure: true, Log: slog.New(slog.NewJSONHandler(&logged, nil)),
		})
		w := call(t, api, "GET", "/v1/manifests", "", signedIn)
		problemOf(t, w)
		if all := fmt.Sprint(w.Header(), w.Body, logged.String()); strings.Contains(all, "SMITH") {
			t.Errorf("%v: the cause is in %s", failure, all)
		}
	}
}

// TestWhatIsUnavailableIsLoggedByItsCode: an operator has to hear of a full disk before people call.
func TestWhatIsUnavailableIsLoggedByItsCode(t *testing.T) {
	for kind, want := range map[fault.Kind]bool{fault.Unavailable: true, fault.Conflict: false, fault.NotFound: false} {
		var logged bytes.Buffer
		failure := fault.New(kind, "storage_full", "A sentence.").Because(errors.New("SMITH John"))
		api := New(Options{
			Rooms:  Rooms{Sessions: oneSession{session: boundSession}, Manifests: chain{err: failure}},
			Secure: true, Log: slog.New(slog.NewJSONHandler(&logged, nil)),
		})
		call(t, api, "GET", "/v1/manifests", "", signedIn)
		if text := logged.String(); strings.Contains(text, `"code":"storage_full"`) != want || strings.Contains(text, "SMITH") {
			t.Errorf("%v: %s", kind, text)
		}
	}
}

func TestEveryKindOfFaultHasAStatus(t *testing.T) {
	for _, kind := range fault.Kinds() {
		if statusOf[kind] < 400 {
			t.Errorf("kind %v has status %d", kind, statusOf[kind])
		}
	}
}

func TestDetailsAndRetryAfterReachTheClient(t *testing.T) {
	failure := fault.New(fault.TooMany, "too_many_tries", "Wait.").With("epoch", 7).RetryAfter(1500 * time.Millisecond)
	api := New(Options{Rooms: Rooms{Sessions: oneSession{session: boundSession}, Manifests: chain{err: failure}}, Secure: true})
	w := call(t, api, "GET", "/v1/manifests", "", signedIn)
	p := problemOf(t, w)
	if w.Code != 429 || p["code"] != "too_many_tries" || p["epoch"] != 7.0 || w.Header().Get("Retry-After") != "2" {
		t.Errorf("%d %v %v", w.Code, p, w.Header())
	}
}

func TestAPanicIsAProblemAndItsValueIsNotLogged(t *testing.T) {
	var logged bytes.Buffer
	api := New(Options{Log: slog.New(slog.NewJSONHandler(&logged, nil)), Secure: true})
	api.mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("SMITH John") })
	w := call(t, api, "GET", "/panic", "")
	if p := problemOf(t, w); w.Code != 500 || p["code"] != "internal" {
		t.Errorf("%d %v", w.Code, p)
	}
	if strings.Contains(logged.String(), "SMITH") || !strings.Contains(logged.String(), `"panic"`) {
		t.Errorf("logged %s", logged.String())
	}
}

func TestTheRequestLogHoldsPatternsOnly(t *testing.T) {
	var logged bytes.Buffer
	api := New(Options{Log: slog.New(slog.NewJSONHandler(&logged, nil)), Secure: true})
	w := call(t, api, "GET", "/v1/manifests?query=SMITH", "")
	var line map[string]any
	if err := json.Unmarshal(logged.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["route"] != "GET /v1/manifests" || line["status"] != 401.0 || line["request"] != w.Header().Get("X-Request-Id") {
		t.Errorf("logged %v", line)
	}
	if strings.Contains(logged.String(), "SMITH") {
		t.Errorf("the query was logged: %s", logged.String())
	}
}

func TestUnknownRoutesAreProblems(t *testing.T) {
	api := New(Options{Secure: true})
	for _, path := range []string{"/v1/nothing", "/v1/"} {
		if w := call(t, api, "GET", path, ""); w.Code != 404 || problemOf(t, w)["code"] != "route_unknown" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestR07_SecurityHeaders(t *testing.T) {
	web := fstest.MapFS{
		"index.html":                  {Data: []byte("<!doctype html>")},
		"assets/app-1a2b.js":          {Data: []byte("//")},
		"assets/core.worker-3c4d.js":  {Data: []byte("//")},
		"assets/core.worker-3c4d.css": {Data: []byte("/**/")},
		"sw.js":                       {Data: []byte("//")},
	}
	api := New(Options{Web: web, Secure: true})
	for path, want := range map[string]struct{ cache, policy string }{
		"/":                            {"no-cache", pagePolicy},
		"/thread/abc":                  {"no-cache", pagePolicy},
		"/sw.js":                       {"no-cache", pagePolicy},
		"/assets/app-1a2b.js":          {"public, max-age=31536000, immutable", pagePolicy},
		"/assets/core.worker-3c4d.js":  {"public, max-age=31536000, immutable", workerPolicy},
		"/assets/core.worker-3c4d.css": {"public, max-age=31536000, immutable", pagePolicy},
		"/v1/manifests":                {"no-store", apiPolicy},
	} {
		w := call(t, api, "GET", path, "")
		if got := w.Header().Get("Cache-Control"); got != want.cache {
			t.Errorf("%s: cache %q", path, got)
		}
		if got := w.Header().Get("Content-Security-Policy"); got != want.policy {
			t.Errorf("%s: policy %q", path, got)
		}
		for _, name := range []string{"X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy",
			"Cross-Origin-Resource-Policy", "Permissions-Policy", "Strict-Transport-Security", "X-Request-Id"} {
			if w.Header().Get(name) == "" {
				t.Errorf("%s: no %s", path, name)
			}
		}
	}
	if strings.Count(workerPolicy, "wasm-unsafe-eval") != 1 || strings.Contains(pagePolicy, "unsafe") {
		t.Error("WebAssembly belongs to the worker's policy alone")
	}
	if w := call(t, api, "GET", "/assets/gone-9f9f.js", ""); w.Code != 404 {
		t.Errorf("a missing script got %d %s", w.Code, w.Body)
	}
	if w := call(t, api, "GET", "/assets/..%2f..%2fetc/passwd", ""); w.Code == 200 && !strings.HasPrefix(w.Body.String(), "<!doctype") {
		t.Errorf("a path outside the app got %d %s", w.Code, w.Body)
	}
}

func TestTheAppIsCompressedAndRevalidated(t *testing.T) {
	script := strings.Repeat("const ward = '7B';\n", 100)
	api := New(Options{Secure: true, Web: fstest.MapFS{
		"index.html": {Data: []byte("<!doctype html>")}, "assets/app-1a2b.js": {Data: []byte(script)},
	}})
	get := func(path, accept, tag string) *httptest.ResponseRecorder {
		return call(t, api, "GET", path, "", func(r *http.Request) {
			r.Header.Set("Accept-Encoding", accept)
			r.Header.Set("If-None-Match", tag)
		})
	}
	packed := get("/assets/app-1a2b.js", "br, gzip;q=1.0", "")
	reader, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(reader); err != nil || string(content) != script || packed.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("%v %v", err, packed.Header())
	}
	plain := get("/assets/app-1a2b.js", "gzip;q=0", "")
	if plain.Body.String() != script || plain.Header().Get("ETag") == packed.Header().Get("ETag") || plain.Header().Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("%v", plain.Header())
	}
	page := get("/", "gzip", "")
	if page.Header().Get("Content-Encoding") != "" || page.Body.String() != "<!doctype html>" {
		t.Errorf("%v", page.Header())
	}
	if again := get("/thread/x", "gzip", page.Header().Get("ETag")); again.Code != 304 {
		t.Errorf("asked again: %d", again.Code)
	}
	if posted := call(t, api, "POST", "/", "x"); posted.Code != 404 {
		t.Errorf("a write to the app: %d", posted.Code)
	}
}

func TestWritesFromOtherSitesAreRefused(t *testing.T) {
	api := New(Options{Secure: true, Origin: testOrigin})
	behindProxy := func(r *http.Request) {
		r.Host = "127.0.0.1:8080"
		r.Header.Set("Origin", testOrigin)
	}
	if w := call(t, api, "POST", "/v1/anything", "{}", behindProxy); w.Code != 404 {
		t.Errorf("our own page behind a proxy: %d %s", w.Code, w.Body)
	}
	for name, header := range map[string][2]string{
		"fetch metadata": {"Sec-Fetch-Site", "cross-site"},
		"a sibling":      {"Sec-Fetch-Site", "same-site"},
		"origin":         {"Origin", "https://elsewhere.test"},
	} {
		w := call(t, api, "POST", "/v1/anything", "{}", func(r *http.Request) { r.Header.Set(header[0], header[1]) })
		if w.Code != 403 || problemOf(t, w)["code"] != "cross_origin" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestTheCookieIsBoundToTheTransport(t *testing.T) {
	expires := time.Unix(2_000_000_000, 0)
	for secure, want := range map[bool]string{true: "__Host-wardline=", false: "wardline="} {
		api := New(Options{Secure: secure})
		c := api.cookie(make([]byte, tokenBytes), expires)
		text := c.String()
		if !strings.HasPrefix(text, want) || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure != secure {
			t.Errorf("%s", text)
		}
		gone := api.cookie(nil, expires)
		if gone.MaxAge != -1 {
			t.Errorf("an ended session leaves %s", gone.String())
		}
	}
}

func TestTheAddressLimitHoldsAndForgets(t *testing.T) {
	now := clock.NewManual(time.Unix(1_700_000_000, 0))
	l := newLimiter[netip.Addr](now, addressBurst, addressInterval)
	l.capacity = 4
	from := netip.MustParseAddr("2001:db8::1")
	neighbour := netip.MustParseAddr("2001:db8::2")
	for range addressBurst {
		if l.take(householdOf(from)) != 0 {
			t.Fatal("refused within the burst")
		}
	}
	if wait := l.take(householdOf(neighbour)); wait <= 0 || wait > addressInterval {
		t.Errorf("one /64 has two buckets, or the wait is wrong: %v", wait)
	}
	now.Advance(addressInterval)
	if l.take(householdOf(from)) != 0 {
		t.Error("still refused after the wait")
	}
	for n := range 100 {
		l.take(netip.AddrFrom4([4]byte{10, 0, byte(n), 1}))
	}
	if len(l.young)+len(l.old) > 2*l.capacity {
		t.Errorf("%d buckets kept", len(l.young)+len(l.old))
	}
}

func TestOnlyATrustedProxyNamesTheClient(t *testing.T) {
	api := New(Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for name, test := range map[string]struct{ remote, forwarded, want string }{
		"no proxy":          {"192.0.2.1:99", "203.0.113.9", "192.0.2.1"},
		"one proxy":         {"10.1.1.1:99", "203.0.113.9", "203.0.113.9"},
		"a forged first":    {"10.1.1.1:99", "198.51.100.1, 203.0.113.9", "203.0.113.9"},
		"two proxies":       {"10.1.1.1:99", "203.0.113.9, 10.2.2.2", "203.0.113.9"},
		"nonsense":          {"10.1.1.1:99", "nonsense", "10.1.1.1"},
		"no header":         {"10.1.1.1:99", "", "10.1.1.1"},
		"mapped":            {"[::ffff:192.0.2.1]:99", "", "192.0.2.1"},
		"no parsable place": {"pipe", "", "invalid IP"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = test.remote
		if test.forwarded != "" {
			r.Header.Set("X-Forwarded-For", test.forwarded)
		}
		if got := api.clientAddress(r).String(); got != test.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestR07_PlainHTTPAnswersToNamesOfThisMachineOnly(t *testing.T) {
	for host, want := range map[string]int{
		"localhost": http.StatusOK, "localhost:8480": http.StatusOK, "127.0.0.1:8480": http.StatusOK, "[::1]:8480": http.StatusOK,
		"evil.example": http.StatusForbidden, "evil.example:8480": http.StatusForbidden, "192.168.0.7": http.StatusForbidden, "": http.StatusForbidden,
	} {
		for _, secure := range []bool{false, true} {
			request := httptest.NewRequest("GET", "/healthz", nil)
			request.Host = host
			answer := httptest.NewRecorder()
			New(Options{Secure: secure}).ServeHTTP(answer, request)
			if secure {
				want = http.StatusOK // the certificate decides
			}
			if answer.Code != want {
				t.Errorf("Host %q, secure %v: %d, want %d", host, secure, answer.Code, want)
			}
		}
	}
}
