package signon_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/signon"
)

var noon = time.Date(2026, 11, 24, 13, 18, 0, 0, time.UTC)

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func write(t *testing.T, kind string, der []byte, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func keyFile(t *testing.T, key any, mode os.FileMode) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "PRIVATE KEY", der, mode)
}

// platform is a token endpoint and an API behind it.
type platform struct {
	*httptest.Server
	t      *testing.T
	public crypto.PublicKey
	method string

	mu      sync.Mutex
	issued  int
	revoked bool // the API refuses every token
	answer  func(w http.ResponseWriter)
	seen    map[string]bool // jti
	bodies  []string
	expires string
}

func newPlatform(t *testing.T, public crypto.PublicKey, method string) *platform {
	t.Helper()
	p := &platform{t: t, public: public, method: method, seen: map[string]bool{}, expires: `"599"`}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("/api", p.api)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *platform) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answer != nil {
		p.answer(w)
		return
	}
	claims := jwt.MapClaims{}
	parsed, err := jwt.ParseWithClaims(r.PostFormValue("client_assertion"), claims, func(*jwt.Token) (any, error) { return p.public, nil },
		jwt.WithValidMethods([]string{p.method}), jwt.WithAudience(p.URL+"/token"), jwt.WithIssuer("wardline-rxx"), jwt.WithSubject("wardline-rxx"),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(func() time.Time { return noon.Add(time.Second) }))
	id, _ := claims["jti"].(string)
	switch {
	case err != nil:
		p.t.Errorf("the assertion: %v", err)
	case parsed.Header["kid"] != "rxx-1" || parsed.Header["typ"] != "JWT":
		p.t.Errorf("header %v", parsed.Header)
	case len(id) < 16 || p.seen[id]:
		p.t.Errorf("jti %q", id)
	case r.PostFormValue("grant_type") != "client_credentials" || r.PostFormValue("scope") != "filing" ||
		r.PostFormValue("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
		p.t.Errorf("form %v", r.PostForm)
	}
	p.seen[id] = true
	p.issued++
	fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":%s,"issued_at":"1","unknown":{}}`, p.issued, p.expires)
}

func (p *platform) api(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	p.bodies = append(p.bodies, string(body))
	if p.revoked || r.Header.Get("Authorization") != fmt.Sprintf("Bearer token-%d", p.issued) {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

func (p *platform) options(t *testing.T, key any, algorithm string, clk clock.Clock) signon.Options {
	t.Helper()
	return signon.Options{Clock: clk, Credentials: signon.Credentials{
		TokenURL: p.URL + "/token", ClientID: "wardline-rxx", Key: keyFile(t, key, 0o600), KeyID: "rxx-1", Algorithm: algorithm, Scope: "filing",
	}}
}

func client(t *testing.T, o signon.Options) *http.Client {
	t.Helper()
	c, err := signon.Client(o)
	if err != nil {
		t.Fatal(err, fault.As(err).Details())
	}
	return c
}

func post(t *testing.T, c *http.Client, to string) int {
	t.Helper()
	response, err := c.Post(to, "text/plain", strings.NewReader("a document"))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func TestTokensAreSignedForAndKept(t *testing.T) {
	elliptic256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for algorithm, key := range map[string]crypto.Signer{"RS512": rsaKey(), "RS384": rsaKey(), "ES256": elliptic256} {
		clk := clock.NewManual(noon)
		p := newPlatform(t, key.Public(), algorithm)
		c := client(t, p.options(t, key, algorithm, clk))
		for range 3 {
			if status := post(t, c, p.URL+"/api"); status != http.StatusOK {
				t.Fatalf("%s: %d", algorithm, status)
			}
		}
		if p.issued != 1 {
			t.Errorf("%s: %d tokens for three requests", algorithm, p.issued)
		}
	}
}

func TestATokenIsRenewedBeforeItRunsOut(t *testing.T) {
	for expires, renewedAfter := range map[string]time.Duration{`"599"`: 569 * time.Second, `60`: 54 * time.Second, `null`: 54 * time.Second, `-1`: 54 * time.Second} {
		clk := clock.NewManual(noon)
		p := newPlatform(t, rsaKey().Public(), "RS512")
		p.expires = expires
		c := client(t, p.options(t, rsaKey(), "", clk))
		post(t, c, p.URL+"/api")
		clk.Advance(renewedAfter - time.Second)
		post(t, c, p.URL+"/api")
		if p.issued != 1 {
			t.Errorf("%s: renewed too early", expires)
		}
		p.answer = func(w http.ResponseWriter) { // the platform's clock is not what is looked at here
			p.issued++
			fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"bearer","expires_in":60}`, p.issued)
		}
		clk.Advance(time.Second)
		if status := post(t, c, p.URL+"/api"); status != http.StatusOK || p.issued != 2 {
			t.Errorf("%s: %d, %d tokens", expires, status, p.issued)
		}
	}
}

func TestARejectedTokenIsReplacedOnce(t *testing.T) {
	p := newPlatform(t, rsaKey().Public(), "RS512")
	c := client(t, p.options(t, rsaKey(), "RS512", clock.NewManual(noon)))
	post(t, c, p.URL+"/api")
	p.mu.Lock()
	p.issued++ // the platform has forgotten the token that we keep
	p.mu.Unlock()
	if status := post(t, c, p.URL+"/api"); status != http.StatusOK || p.issued != 3 {
		t.Errorf("%d, %d tokens", status, p.issued)
	}
	if last := p.bodies[len(p.bodies)-1]; last != "a document" {
		t.Errorf("the second try sent %q", last)
	}
	p.revoked = true
	asked := len(p.bodies)
	if status := post(t, c, p.URL+"/api"); status != http.StatusUnauthorized || len(p.bodies) != asked+2 || p.issued != 4 {
		t.Errorf("%d after %d requests, %d tokens", status, len(p.bodies)-asked, p.issued)
	}
}

func TestManyRequestsShareOneToken(t *testing.T) {
	p := newPlatform(t, rsaKey().Public(), "RS512")
	c := client(t, p.options(t, rsaKey(), "RS512", clock.NewManual(noon)))
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { post(t, c, p.URL+"/api") })
	}
	all.Wait()
	if p.issued != 1 {
		t.Errorf("%d tokens", p.issued)
	}
}

func TestAFailedSignOnTellsNoSecret(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"refused":              {400, `{"error":"invalid_client","error_description":"secret-echo"}`, "status 400, invalid_client"},
		"a strange code":       {400, `{"error":"secret-echo <b>"}`, "status 400, no error code"},
		"not JSON":             {502, `<p>secret-echo`, "status 502 and not JSON"},
		"no token":             {200, `{"token_type":"Bearer"}`, "no bearer token"},
		"another type":         {200, `{"access_token":"secret-echo","token_type":"mac"}`, "no bearer token"},
		"a header in it":       {200, "{\"access_token\":\"secret-echo\\r\\nX: y\",\"token_type\":\"Bearer\"}", "no bearer token"},
		"a token far too long": {200, `{"access_token":"` + strings.Repeat("x", 20_000) + `","token_type":"Bearer"}`, "no bearer token"},
	} {
		var log bytes.Buffer
		p := newPlatform(t, rsaKey().Public(), "RS512")
		p.answer = func(w http.ResponseWriter) { w.WriteHeader(c.status); _, _ = io.WriteString(w, c.body) }
		o := p.options(t, rsaKey(), "RS512", clock.NewManual(noon))
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		_, err := client(t, o).Get(p.URL + "/api")
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(log.String(), c.want) {
			t.Errorf("%s: %v; log %s", name, err, &log)
		}
		if strings.Contains(fmt.Sprint(err, log.String()), "secret-echo") || strings.Contains(fmt.Sprint(err, log.String()), "eyJ") {
			t.Errorf("%s: a secret is told: %v %s", name, err, &log)
		}
		if len(p.bodies) != 0 {
			t.Errorf("%s: the API was asked without a token", name)
		}
	}
}

func TestKeyFilesAreChecked(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := signon.Credentials{TokenURL: "https://token.example", ClientID: "a", Key: keyFile(t, rsaKey(), 0o600), KeyID: "k", Algorithm: "RS512"}
	for name, c := range map[string]struct {
		change func(*signon.Credentials)
		code   string
	}{
		"good": {func(*signon.Credentials) {}, ""},
		"PKCS #1": {func(c *signon.Credentials) {
			c.Key = write(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey()), 0o400)
		}, ""},
		"others may read it":   {func(c *signon.Credentials) { c.Key = keyFile(t, rsaKey(), 0o640) }, "key_file_too_open"},
		"not there":            {func(c *signon.Credentials) { c.Key = "/nowhere" }, "oauth_key_unusable"},
		"a directory":          {func(c *signon.Credentials) { c.Key = t.TempDir() }, "oauth_key_unusable"},
		"not a key":            {func(c *signon.Credentials) { c.Key = write(t, "PRIVATE KEY", []byte("no"), 0o600) }, "oauth_key_unusable"},
		"too short":            {func(c *signon.Credentials) { c.Key = keyFile(t, small, 0o600) }, "oauth_key_unusable"},
		"the wrong curve":      {func(c *signon.Credentials) { c.Key, c.Algorithm = keyFile(t, p384, 0o600), "ES256" }, "oauth_key_unusable"},
		"RSA for ES256":        {func(c *signon.Credentials) { c.Algorithm = "ES256" }, "oauth_key_unusable"},
		"no algorithm at all":  {func(c *signon.Credentials) { c.Algorithm = "none" }, "oauth_key_unusable"},
		"a shared secret":      {func(c *signon.Credentials) { c.Algorithm = "HS256" }, "oauth_key_unusable"},
		"plain HTTP":           {func(c *signon.Credentials) { c.TokenURL = "http://token.example" }, "oauth_incomplete"},
		"no client id":         {func(c *signon.Credentials) { c.ClientID = "" }, "oauth_incomplete"},
		"no key id":            {func(c *signon.Credentials) { c.KeyID = "" }, "oauth_incomplete"},
		"everything but where": {func(c *signon.Credentials) { c.TokenURL = "" }, "oauth_incomplete"},
	} {
		credentials := good
		c.change(&credentials)
		_, err := signon.Client(signon.Options{Credentials: credentials})
		if code := codeOf(err); code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c, err := signon.Client(signon.Options{}); c != nil || err != nil {
		t.Errorf("nothing configured: %v, %v", c, err)
	}
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.As(err).Code()
}

// pair is a certificate in files, signed by itself.
func pair(t *testing.T, keyMode os.FileMode) (certificate, key string, parsed *x509.Certificate, private *ecdsa.PrivateKey) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	if parsed, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return write(t, "CERTIFICATE", der, 0o644), keyFile(t, private, keyMode), parsed, private
}

func TestClientCertificates(t *testing.T) {
	ours, key, parsed, _ := pair(t, 0o600)
	theirs, _, theirParsed, theirKey := pair(t, 0o600)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.TLS = &tls.Config{
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS12,
		Certificates: []tls.Certificate{{Certificate: [][]byte{theirParsed.Raw}, PrivateKey: theirKey}},
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	response, err := client(t, signon.Options{Certificate: signon.Certificate{File: ours, Key: key, CA: theirs}}).Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	for name, c := range map[string]signon.Certificate{"no certificate": {CA: theirs}, "an authority that we do not know": {File: ours, Key: key}} {
		made := client(t, signon.Options{Certificate: c})
		if response, err := made.Get(server.URL); err == nil {
			_ = response.Body.Close()
			t.Errorf("%s: connected", name)
		}
	}
	_, open, _, _ := pair(t, 0o644)
	for name, c := range map[string]struct {
		certificate signon.Certificate
		code        string
	}{
		"half a pair":        {signon.Certificate{File: ours}, "client_certificate_incomplete"},
		"the other half":     {signon.Certificate{Key: key}, "client_certificate_incomplete"},
		"others may read it": {signon.Certificate{File: ours, Key: open}, "key_file_too_open"},
		"not a pair":         {signon.Certificate{File: theirs, Key: key}, "client_certificate_unusable"},
		"no authority":       {signon.Certificate{CA: key}, "client_certificate_unusable"},
	} {
		if _, err := signon.Client(signon.Options{Certificate: c.certificate}); codeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWaitingForATokenEndsWithTheRequest(t *testing.T) {
	release := make(chan struct{})
	entered := make(chan struct{}, 1)
	endpoint := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		entered <- struct{}{}
		<-release
	}))
	t.Cleanup(func() { close(release); endpoint.Close() })
	c := client(t, signon.Options{Credentials: signon.Credentials{
		TokenURL: endpoint.URL, ClientID: "a", Key: keyFile(t, rsaKey(), 0o600), KeyID: "k", Algorithm: "RS512",
	}})
	go func() {
		if response, err := c.Get("http://127.0.0.1:1/"); err == nil {
			_ = response.Body.Close()
		}
	}()
	<-entered // the first has the turn
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:1/", nil)
	if err != nil {
		t.Fatal(err)
	}
	second := *c
	second.Timeout = 20 * time.Millisecond
	if _, err := second.Do(request); err == nil || !os.IsTimeout(errors.Unwrap(err)) && !strings.Contains(err.Error(), "deadline") {
		t.Errorf("%v", err)
	}
}
