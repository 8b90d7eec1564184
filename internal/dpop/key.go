package dpop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"time"
)

var errScalar = errors.New("dpop: not the scalar of a P-256 key")

// Key makes proofs. It is safe for concurrent use.
type Key struct {
	private    *ecdsa.PrivateKey
	thumbprint [32]byte
	head       string // encoded, the same for every proof
}

// NewKey makes a key.
func NewKey() (*Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return newKey(private)
}

// ParseKey reads what [Key.Bytes] wrote.
func ParseKey(scalar []byte) (*Key, error) {
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	if err != nil {
		return nil, errScalar
	}
	return newKey(private)
}

func newKey(private *ecdsa.PrivateKey) (*Key, error) {
	point, err := private.PublicKey.Bytes() // 4 ‖ x ‖ y
	if err != nil {
		return nil, err
	}
	jwk := jwkOf(point)
	head := `{"alg":"ES256","jwk":` + jwk + `,"typ":"dpop+jwt"}`
	return &Key{private: private, thumbprint: sha256.Sum256([]byte(jwk)), head: text.EncodeToString([]byte(head))}, nil
}

// Bytes is the private scalar.
func (k *Key) Bytes() ([]byte, error) { return k.private.Bytes() }

// Thumbprint is the SHA-256 thumbprint of the public key (RFC 7638), to which a session is bound.
func (k *Key) Thumbprint() [32]byte { return k.thumbprint }

// String keeps the key out of logs.
func (k *Key) String() string { return "[key]" }

// GoString implements fmt.GoStringer.
func (k *Key) GoString() string { return "[key]" }

// Prove makes a proof for one request. url has no query; an empty nonce is left out.
func (k *Key) Prove(method, url, nonce string, at time.Time) (string, error) {
	id := make([]byte, 16)
	rand.Read(id)
	claims, err := json.Marshal(struct {
		ID       string `json:"jti"`
		Method   string `json:"htm"`
		URL      string `json:"htu"`
		IssuedAt int64  `json:"iat"`
		Nonce    string `json:"nonce,omitempty"`
	}{text.EncodeToString(id), method, url, at.Unix(), nonce})
	if err != nil {
		return "", err
	}
	return k.sign(k.head + "." + text.EncodeToString(claims))
}

func (k *Key) sign(message string) (string, error) {
	digest := sha256.Sum256([]byte(message))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, digest[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return message + "." + text.EncodeToString(signature), nil
}

func thumbprint(key *ecdsa.PublicKey) ([32]byte, bool) {
	point, err := key.Bytes()
	if err != nil {
		return [32]byte{}, false
	}
	return sha256.Sum256([]byte(jwkOf(point))), true
}

// jwkOf has the required members in this order and no other byte, which is what RFC 7638 hashes.
func jwkOf(point []byte) string {
	return `{"crv":"P-256","kty":"EC","x":"` + text.EncodeToString(point[1:33]) + `","y":"` + text.EncodeToString(point[33:]) + `"}`
}
