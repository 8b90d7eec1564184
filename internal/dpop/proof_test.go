package dpop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

var (
	at     = time.Unix(1_772_438_400, 0).UTC()
	nonces = NewNonces([32]byte{1})
	here   = Request{Method: "POST", URLs: []string{url}, Now: at}
)

const url = "https://wardline.test/v1/threads"

func madeKey(t testing.TB) *Key {
	t.Helper()
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func prove(t testing.TB, key *Key, method, url, nonce string, at time.Time) string {
	t.Helper()
	proof, err := key.Prove(method, url, nonce, at)
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

// take does with a header what a server does.
func take(request Request, values ...string) error {
	proof, err := Parse(values)
	if err != nil {
		return err
	}
	return proof.Check(request, nonces)
}

func TestR22_AProofIsTakenAndNamesItsKey(t *testing.T) {
	key := madeKey(t)
	scalar, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseKey(scalar)
	if err != nil || again.Thumbprint() != key.Thumbprint() {
		t.Fatalf("read again: %v", err)
	}
	header := prove(t, again, "POST", url, nonces.At(at), at)
	if len(header) > MaxSize/2 {
		t.Errorf("a proof has %d bytes", len(header))
	}
	proof, err := Parse([]string{header})
	if err != nil || proof.Thumbprint != key.Thumbprint() || proof.Method != "POST" || proof.URL != url || !proof.IssuedAt.Equal(at) {
		t.Fatalf("%+v, %v", proof, err)
	}
	if err := proof.Check(here, nonces); err != nil {
		t.Error(err)
	}
	other, err := Parse([]string{prove(t, key, "POST", url, nonces.At(at), at)})
	if err != nil || other.Use() == proof.Use() {
		t.Errorf("two proofs are one: %v", err)
	}
	if _, err := ParseKey(nil); err == nil {
		t.Error("no scalar is a key")
	}
}

// RFC 9449 section 4.1 has this proof, section 6.1 the thumbprint of its key.
func TestTheProofOfTheRFC(t *testing.T) {
	const proof = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19." +
		"eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ." +
		"2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
	got, err := Parse([]string{proof})
	if err != nil {
		t.Fatal(err)
	}
	if print := text.EncodeToString(got.Thumbprint[:]); print != "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" {
		t.Errorf("thumbprint %s", print)
	}
	if got.Method != "POST" || got.URL != "https://server.example.com/token" || got.IssuedAt.Unix() != 1562262616 || got.Nonce != "" {
		t.Errorf("%+v", got)
	}
}

func TestR22_AProofForSomethingElseIsRefused(t *testing.T) {
	key, fresh := madeKey(t), nonces.At(at)
	for name, test := range map[string]struct {
		method, url, nonce string
		at                 time.Time
		want               error
	}{
		"right":                    {"POST", url, fresh, at, nil},
		"another method":           {"GET", url, fresh, at, Wrong},
		"a method in other case":   {"post", url, fresh, at, Wrong},
		"another path":             {"POST", url + "/x", fresh, at, Wrong},
		"another host":             {"POST", "https://other.test/v1/threads", fresh, at, Wrong},
		"another scheme":           {"POST", "http://wardline.test/v1/threads", fresh, at, Wrong},
		"a query":                  {"POST", url + "?limit=1", fresh, at, Wrong},
		"an old time":              {"POST", url, fresh, at.Add(-Leeway - time.Second), Time},
		"a time to come":           {"POST", url, fresh, at.Add(Leeway + time.Second), Time},
		"a clock a little off":     {"POST", url, fresh, at.Add(-Leeway), nil},
		"no nonce":                 {"POST", url, "", at, UseNonce},
		"an old nonce":             {"POST", url, nonces.At(at.Add(-6 * time.Minute)), at, UseNonce},
		"a nonce to come":          {"POST", url, nonces.At(at.Add(2 * time.Minute)), at, UseNonce},
		"a nonce of some minutes":  {"POST", url, nonces.At(at.Add(-5 * time.Minute)), at, nil},
		"a nonce of a faster node": {"POST", url, nonces.At(at.Add(time.Minute)), at, nil},
		"another server's nonce":   {"POST", url, NewNonces([32]byte{2}).At(at), at, UseNonce},
		"a nonce cut off":          {"POST", url, fresh[:20], at, UseNonce},
		"a nonce made up":          {"POST", url, "AAAA", at, UseNonce},
	} {
		if err := take(here, prove(t, key, test.method, test.url, test.nonce, test.at)); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

// forge signs any header and claims with a key.
func forge(t testing.TB, key *Key, head, claims string) string {
	t.Helper()
	made, err := key.sign(text.EncodeToString([]byte(head)) + "." + text.EncodeToString([]byte(claims)))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestR22_AForgedProofIsRefused(t *testing.T) {
	key, other := madeKey(t), madeKey(t)
	point, err := key.private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	jwk := jwkOf(point)
	x, y := text.EncodeToString(point[1:33]), text.EncodeToString(point[33:])
	scalar, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	head := func(alg, jwk string) string { return `{"typ":"dpop+jwt","alg":"` + alg + `","jwk":` + jwk + `}` }
	claims := `{"jti":"0123456789abcdef","htm":"POST","htu":"` + url + `","iat":1772438400,"nonce":"` + nonces.At(at) + `"}`
	good := forge(t, key, head("ES256", jwk), claims)
	if err := take(here, good); err != nil {
		t.Fatalf("the measure of all the others: %v", err)
	}
	parts := strings.Split(good, ".")
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := p384.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	offCurve := append([]byte(nil), point...)
	offCurve[64] ^= 1
	with := func(change func(map[string]any)) string {
		var m map[string]any
		if err := json.Unmarshal([]byte(claims), &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		changed, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return forge(t, key, head("ES256", jwk), string(changed))
	}
	hs256 := func() string {
		signed := text.EncodeToString([]byte(head("HS256", jwk))) + "." + text.EncodeToString([]byte(claims))
		mac := hmac.New(sha256.New, point)
		mac.Write([]byte(signed))
		return signed + "." + text.EncodeToString(mac.Sum(nil))
	}
	for name, test := range map[string]struct {
		header []string
		want   Refusal
	}{
		"none":                       {nil, Missing},
		"two":                        {[]string{good, good}, Malformed},
		"empty":                      {[]string{""}, Malformed},
		"two parts":                  {[]string{parts[0] + "." + parts[1]}, Malformed},
		"four parts":                 {[]string{good + ".AAAA"}, Malformed},
		"another key's signature":    {[]string{forge(t, other, head("ES256", jwk), claims)}, Wrong},
		"a changed claim":            {[]string{parts[0] + "." + text.EncodeToString([]byte(strings.Replace(claims, "POST", "PUTS", 1))) + "." + parts[2]}, Wrong},
		"no signature":               {[]string{parts[0] + "." + parts[1] + "."}, Malformed},
		"a signature of zeros":       {[]string{parts[0] + "." + parts[1] + "." + text.EncodeToString(make([]byte, 64))}, Wrong},
		"a short signature":          {[]string{parts[0] + "." + parts[1] + "." + text.EncodeToString(make([]byte, 63))}, Malformed},
		"a padded signature":         {[]string{good + "=="}, Malformed},
		"a line break":               {[]string{parts[0] + "\n." + parts[1] + "." + parts[2]}, Malformed},
		"alg none":                   {[]string{text.EncodeToString([]byte(head("none", jwk))) + "." + parts[1] + "."}, Malformed},
		"alg none with a signature":  {[]string{forge(t, key, head("none", jwk), claims)}, Malformed},
		"alg HS256":                  {[]string{hs256()}, Malformed},
		"alg ES384":                  {[]string{forge(t, key, head("ES384", jwk), claims)}, Malformed},
		"alg in other case":          {[]string{forge(t, key, head("es256", jwk), claims)}, Malformed},
		"a private part":             {[]string{forge(t, key, head("ES256", strings.Replace(jwk, "{", `{"d":"`+text.EncodeToString(scalar)+`",`, 1)), claims)}, Malformed},
		"a curve that is not P-256":  {[]string{forge(t, key, head("ES256", strings.Replace(jwk, "P-256", "P-384", 1)), claims)}, Malformed},
		"a point of another curve":   {[]string{forge(t, key, head("ES256", `{"crv":"P-256","kty":"EC","x":"`+text.EncodeToString(wide[1:49])+`","y":"`+text.EncodeToString(wide[49:])+`"}`), claims)}, Malformed},
		"a point beside the curve":   {[]string{forge(t, key, head("ES256", jwkOf(offCurve)), claims)}, Malformed},
		"a point of zeros":           {[]string{forge(t, key, head("ES256", jwkOf(make([]byte, 65))), claims)}, Malformed},
		"an RSA key":                 {[]string{forge(t, key, head("ES256", `{"kty":"RSA","crv":"P-256","x":"`+x+`","y":"`+y+`"}`), claims)}, Malformed},
		"a key beside the key":       {[]string{forge(t, key, `{"typ":"dpop+jwt","alg":"ES256","kid":"1","jwk":`+jwk+`}`, claims)}, Malformed},
		"the key twice":              {[]string{forge(t, key, `{"typ":"dpop+jwt","alg":"ES256","jwk":`+jwk+`,"jwk":`+jwk+`}`, claims)}, Malformed},
		"no key":                     {[]string{forge(t, key, `{"typ":"dpop+jwt","alg":"ES256"}`, claims)}, Malformed},
		"a null key":                 {[]string{forge(t, key, head("ES256", "null"), claims)}, Malformed},
		"a token of another kind":    {[]string{forge(t, key, strings.Replace(head("ES256", jwk), "dpop+jwt", "JWT", 1), claims)}, Malformed},
		"names in other case":        {[]string{forge(t, key, strings.Replace(head("ES256", jwk), `"alg"`, `"ALG"`, 1), claims)}, Malformed},
		"something after the object": {[]string{forge(t, key, head("ES256", jwk)+"{}", claims)}, Malformed},
		"a list":                     {[]string{forge(t, key, head("ES256", jwk), "[]")}, Malformed},
		"no jti":                     {[]string{with(func(m map[string]any) { delete(m, "jti") })}, Malformed},
		"a short jti":                {[]string{with(func(m map[string]any) { m["jti"] = "short" })}, Malformed},
		"a long jti":                 {[]string{with(func(m map[string]any) { m["jti"] = strings.Repeat("a", 65) })}, Malformed},
		"no iat":                     {[]string{with(func(m map[string]any) { delete(m, "iat") })}, Malformed},
		"iat a text":                 {[]string{with(func(m map[string]any) { m["iat"] = "1772438400" })}, Malformed},
		"iat with a fraction":        {[]string{with(func(m map[string]any) { m["iat"] = 1772438400.5 })}, Malformed},
		"iat before 1970":            {[]string{with(func(m map[string]any) { m["iat"] = -1 })}, Malformed},
		"iat null":                   {[]string{with(func(m map[string]any) { m["iat"] = nil })}, Malformed},
		"htm a number":               {[]string{with(func(m map[string]any) { m["htm"] = 1 })}, Malformed},
		"an unknown claim":           {[]string{with(func(m map[string]any) { m["ath"] = "x" })}, Malformed},
		"oversized":                  {[]string{with(func(m map[string]any) { m["htu"] = url + strings.Repeat("x", MaxSize) })}, Malformed},
	} {
		if err := take(here, test.header...); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func TestR22_AProofIsTakenOnceInBoundedMemory(t *testing.T) {
	seen := NewSeen()
	seen.capacity = 8
	use := func(n int) (use [32]byte) {
		use[0], use[1], use[2] = byte(n), byte(n>>8), 1
		return use
	}
	if !seen.Take(use(0), at) || seen.Take(use(0), at.Add(time.Second)) || !seen.Has(use(0)) {
		t.Error("taken twice")
	}
	if !seen.Take(use(1), at.Add(Life)) || seen.Take(use(0), at.Add(Life)) {
		t.Error("forgotten while it could be used")
	}
	if seen.Take(use(0), at.Add(-time.Hour)) {
		t.Error("forgotten because the clock was set back")
	}
	for n := range 1000 {
		seen.Take(use(n+2), at.Add(Life))
	}
	if kept := len(seen.young) + len(seen.old); kept > 2*seen.capacity {
		t.Errorf("%d are kept", kept)
	}
	if !seen.Take(use(2000), at.Add(time.Hour)) || len(seen.young)+len(seen.old) != 1 {
		t.Error("what is of no use is kept")
	}
}

func TestKeysDoNotPrintThemselves(t *testing.T) {
	if key := madeKey(t); key.String() != "[key]" || key.GoString() != "[key]" {
		t.Error("a key prints itself")
	}
}

func FuzzParse(f *testing.F) {
	key := madeKey(f)
	good := prove(f, key, "POST", url, nonces.At(at), at)
	f.Add(good)
	f.Add("..")
	f.Add(strings.Replace(good, ".", ".A", 1))
	f.Fuzz(func(t *testing.T, header string) {
		proof, err := Parse([]string{header})
		if err != nil {
			if _, ok := errors.AsType[Refusal](err); !ok || proof != nil {
				t.Fatalf("%v with %v", proof, err)
			}
			return
		}
		// What is taken has one spelling of its parts, and its claims are what it says.
		parts := strings.Split(header, ".")
		for _, part := range parts {
			decoded, ok := decode(part)
			if !ok || text.EncodeToString(decoded) != part {
				t.Fatalf("a second spelling of %q", part)
			}
		}
		if len(header) > MaxSize || proof.ID == "" || proof.Method == "" || proof.URL == "" {
			t.Fatalf("%+v", proof)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	header := []string{prove(b, madeKey(b), "POST", url, nonces.At(at), at)}
	seen := NewSeen()
	b.ReportAllocs()
	for b.Loop() {
		proof, err := Parse(header)
		if err == nil {
			err = proof.Check(here, nonces)
		}
		if err != nil {
			b.Fatal(err)
		}
		seen.Take(proof.Use(), at)
	}
}

func BenchmarkProve(b *testing.B) {
	key, nonce := madeKey(b), nonces.At(at)
	b.ReportAllocs()
	for b.Loop() {
		prove(b, key, "POST", url, nonce, at)
	}
}
