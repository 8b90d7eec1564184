package envelope

import (
	"crypto/ed25519"
	"encoding/binary"
)

// Signer holds an Ed25519 private key. Implementations keep it where they like: in memory, in a key file, in a module.
type Signer interface {
	// Public is the public key.
	Public() [32]byte
	// Sign signs a message that already carries its prefix. Callers use [SignObject], which adds it.
	Sign(message []byte) [64]byte
}

// SeedSigner is a Signer in memory.
type SeedSigner struct {
	key ed25519.PrivateKey
}

var _ Signer = (*SeedSigner)(nil)

// NewSigner makes a signer from a 32-byte seed (RFC 8032 section 5.1.5).
func NewSigner(seed [32]byte) *SeedSigner {
	return &SeedSigner{key: ed25519.NewKeyFromSeed(seed[:])}
}

// Public implements [Signer].
func (s *SeedSigner) Public() [32]byte { return [32]byte(s.key.Public().(ed25519.PublicKey)) }

// Sign implements [Signer].
func (s *SeedSigner) Sign(message []byte) [64]byte { return [64]byte(ed25519.Sign(s.key, message)) }

// VerifyObject checks a signature over an object as it arrived.
func VerifyObject(object []byte, public [32]byte, signature [64]byte) error {
	kind, err := TypeOf(object)
	if err != nil {
		return err
	}
	if kind.Name() == "" {
		return refuse(Malformed, "unknown type")
	}
	return VerifyStrict(public, signingInput(kind, object), signature)
}

// VerifyStrict checks a signature over a message that carries its prefix. Verifiers disagree about malformed signatures, so what
// they disagree about is refused first: section 1.2 of docs/protocol.md.
func VerifyStrict(public [32]byte, message []byte, signature [64]byte) error {
	switch {
	case badPoint(public):
		return refuse(BadSignature, "public key is not canonical or of small order")
	case badPoint([32]byte(signature[:32])):
		return refuse(BadSignature, "R is not canonical or of small order")
	case !below([32]byte(signature[32:]), groupOrder):
		return refuse(BadSignature, "S is not below the group order")
	case !ed25519.Verify(public[:], message, signature[:]):
		return refuse(BadSignature, "signature does not verify")
	}
	return nil
}

// Little-endian 64-bit words of the numbers that encodings are compared with.
var (
	fieldPrime = [4]uint64{0xffffffffffffffed, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff}
	groupOrder = [4]uint64{0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000}

	// The y coordinates of the eight points of small order: 0 and ±1 (orders 4, 1 and 2), and two of order 8. The sign of x does not
	// matter: both signs are of small order, and for x = 0 the negative sign is an encoding that only some verifiers take.
	smallOrderY = [5][4]uint64{
		{0, 0, 0, 0},
		{1, 0, 0, 0},
		{0xffffffffffffffec, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff},
		{0xb027b2c28f95e826, 0xf098eff289f4c345, 0x3933c6d305acdfd5, 0x05fc536d880238b1},
		{0x4fd84d3d706a17c7, 0x0f67100d760b3cba, 0xc6cc392cfa53202a, 0x7a03ac9277fdc74e},
	}
)

// badPoint says whether an encoded point has a non-canonical y or is of small order. Public keys and signatures are public, so this
// need not take constant time.
func badPoint(encoded [32]byte) bool {
	encoded[31] &= 0x7f
	if !below(encoded, fieldPrime) {
		return true
	}
	y := words(encoded)
	for _, small := range smallOrderY {
		if y == small {
			return true
		}
	}
	return false
}

func below(encoded [32]byte, bound [4]uint64) bool {
	value := words(encoded)
	for n := 3; n >= 0; n-- {
		if value[n] != bound[n] {
			return value[n] < bound[n]
		}
	}
	return false
}

func words(encoded [32]byte) (out [4]uint64) {
	for n := range out {
		out[n] = binary.LittleEndian.Uint64(encoded[8*n:])
	}
	return out
}
