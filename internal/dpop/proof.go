// Package dpop is proof, with each request, that its sender has the key to which their session is bound (RFC 9449).
//
//   - proof.go   reading and checking a proof: strict, one algorithm, one kind of key
//   - key.go     making one
//   - nonce.go   the server's nonces, which are stored nowhere
//   - seen.go    the proofs that a node has taken, for as long as they could be used again
//
// Invariants: a [Proof] exists only after its signature was verified by the key that it names. ES256 with a P-256 public key and nothing else:
// no other algorithm, no private part, no further member in the header. Nothing here reads a clock or the network; every time is given.
//
// The parser is our own because it has one algorithm and one key to accept: a general JWT library decides both by what the sender wrote,
// and is then configured to refuse the rest.
package dpop

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"slices"
	"strings"
	"time"
)

// Header and NonceHeader are the two header fields.
const (
	Header      = "DPoP"
	NonceHeader = "DPoP-Nonce"
)

const (
	// MaxSize is the longest proof that is read. Ours have some 450 bytes.
	MaxSize = 2048
	// Leeway is how far the time in a proof may be from the server's.
	Leeway = time.Minute
	// Life is how long after it was first taken a proof could be taken again, if it were not remembered.
	Life = 2 * Leeway
)

// Refusal says why a proof is not taken.
type Refusal string

// The refusals. Their texts are codes of the API.
const (
	Missing   Refusal = "proof_missing"   // there is none
	Malformed Refusal = "proof_malformed" // not a proof of the one accepted kind
	Wrong     Refusal = "proof_wrong"     // for another request, or signed by another key
	Time      Refusal = "proof_time"      // made too long ago, or in the future
	Replayed  Refusal = "proof_replayed"  // taken before
	UseNonce  Refusal = "use_dpop_nonce"  // without a nonce of ours, or with one that is too old
)

// Error implements error.
func (r Refusal) Error() string { return "dpop: " + string(r) }

// Proof is what a verified proof says.
type Proof struct {
	// Thumbprint is the key's (RFC 7638).
	Thumbprint [32]byte
	// ID is the proof's own, chosen by its maker; together with the thumbprint it names the proof.
	ID       string
	Method   string
	URL      string
	Nonce    string
	IssuedAt time.Time
}

// Use names the proof, so that it can be taken once.
func (p *Proof) Use() [32]byte {
	return sha256.Sum256(append(p.Thumbprint[:], p.ID...))
}

// Parse reads the values of the DPoP header and verifies the signature. It does not say whether the proof is for this request: see [Proof.Check].
func Parse(values []string) (*Proof, error) {
	switch {
	case len(values) == 0:
		return nil, Missing
	case len(values) > 1 || len(values[0]) > MaxSize:
		return nil, Malformed
	}
	parts := strings.Split(values[0], ".")
	if len(parts) != 3 {
		return nil, Malformed
	}
	key, ok := readHead(parts[0])
	if !ok {
		return nil, Malformed
	}
	proof, ok := readClaims(parts[1])
	if !ok {
		return nil, Malformed
	}
	signature, ok := decode(parts[2])
	if !ok || len(signature) != 64 {
		return nil, Malformed
	}
	signed := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(key, signed[:], r, s) {
		return nil, Wrong
	}
	if proof.Thumbprint, ok = thumbprint(key); !ok {
		return nil, Malformed
	}
	return proof, nil
}

// Request is what a proof has to be for.
type Request struct {
	Method string
	// URLs are the addresses under which this request may have been made, without query: one, but on a machine with several names for itself.
	URLs []string
	Now  time.Time
}

// Check says whether the proof is for this request and made now. A nonce that is too old comes before a clock that is wrong, because both are
// mended by the same answer.
func (p *Proof) Check(request Request, nonces Nonces) error {
	switch {
	case p.Method != request.Method || !slices.Contains(request.URLs, p.URL):
		return Wrong
	case !nonces.Accepts(p.Nonce, request.Now):
		return UseNonce
	case request.Now.Sub(p.IssuedAt).Abs() > Leeway:
		return Time
	}
	return nil
}

func readHead(part string) (*ecdsa.PublicKey, bool) {
	head, ok := members(part, "typ", "alg", "jwk")
	if !ok || head.text("typ") != "dpop+jwt" || head.text("alg") != "ES256" {
		return nil, false
	}
	// Exactly the public members: a private part in a header has been given away.
	jwk, ok := object(head["jwk"], "kty", "crv", "x", "y")
	if !ok || jwk.text("kty") != "EC" || jwk.text("crv") != "P-256" {
		return nil, false
	}
	x, right := decode(jwk.text("x"))
	y, left := decode(jwk.text("y"))
	if !right || !left || len(x) != 32 || len(y) != 32 {
		return nil, false
	}
	point := append(append([]byte{4}, x...), y...)
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	return key, err == nil
}

// readClaims reads what is claimed. The thumbprint is not claimed, it follows from the key.
func readClaims(part string) (*Proof, bool) {
	claims, ok := members(part, "jti", "htm", "htu", "iat")
	if !ok {
		if claims, ok = members(part, "jti", "htm", "htu", "iat", "nonce"); !ok {
			return nil, false
		}
	}
	p := &Proof{ID: claims.text("jti"), Method: claims.text("htm"), URL: claims.text("htu"), Nonce: claims.text("nonce")}
	var seconds int64
	if err := json.Unmarshal(claims["iat"], &seconds); err != nil || seconds <= 0 || seconds > maxSeconds {
		return nil, false
	}
	p.IssuedAt = time.Unix(seconds, 0)
	return p, len(p.ID) >= 16 && len(p.ID) <= 64 && p.Method != "" && p.URL != ""
}

const maxSeconds = 1 << 40

// fields are the members of a JSON object, as they stand.
type fields map[string]json.RawMessage

// text is a member's string, "" when it is none.
func (f fields) text(name string) (text string) {
	if raw := f[name]; len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

func members(part string, names ...string) (fields, bool) {
	decoded, ok := decode(part)
	if !ok {
		return nil, false
	}
	return object(decoded, names...)
}

// object reads a JSON object that has exactly these members, each once. encoding/json alone would take a member twice, or in other letters.
func object(data []byte, names ...string) (fields, bool) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if begin, err := decoder.Token(); err != nil || begin != json.Delim('{') {
		return nil, false
	}
	found := make(fields, len(names))
	for decoder.More() {
		token, err := decoder.Token()
		name, isText := token.(string)
		if err != nil || !isText || found[name] != nil || !slices.Contains(names, name) {
			return nil, false
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, false
		}
		found[name] = value
	}
	if end, err := decoder.Token(); err != nil || end != json.Delim('}') {
		return nil, false
	}
	_, err := decoder.Token()
	return found, errors.Is(err, io.EOF) && len(found) == len(names)
}

var text = base64.RawURLEncoding.Strict()

// decode reads unpadded base64url in its one spelling.
func decode(part string) ([]byte, bool) {
	decoded, err := text.DecodeString(part)
	return decoded, err == nil && len(part) == text.EncodedLen(len(decoded))
}
