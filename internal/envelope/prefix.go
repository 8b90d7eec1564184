package envelope

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"

	"github.com/wardline/wardline/internal/id"
)

// domain begins everything that is signed, hashed or given to a derivation, so that no value of this protocol means anything in
// another protocol, and none of one type means anything as another type.
const domain = "wardline/v1/"

// HashBytes is H(object) for an object that is already bytes. The type is the one in the object's head.
func HashBytes(object []byte) (id.Hash, error) {
	kind, err := TypeOf(object)
	if err != nil {
		return id.Hash{}, err
	}
	if kind.Name() == "" {
		return id.Hash{}, refuse(Malformed, "unknown type")
	}
	return HashLabel(kind.Name(), object), nil
}

// Hash is H(object).
func Hash(object Object) (id.Hash, error) {
	encoded, err := Encode(object)
	if err != nil {
		return id.Hash{}, err
	}
	return HashLabel(object.Type().Name(), encoded), nil
}

// HashLabel is H_label, for bytes that are not an object.
func HashLabel(label string, data []byte) id.Hash {
	h := sha256.New()
	h.Write([]byte(domain + label + "/hash\x00"))
	h.Write(data)
	return id.Hash(h.Sum(nil))
}

// IdentityHash is what threads pin: the hash of a person's identity key.
func IdentityHash(person id.Person, key [32]byte) id.Hash {
	return HashLabel(TypeIdentityKey.Name(), fixedBytes(&IdentityKey{Person: person, Key: key}))
}

// KDF derives n bytes from a secret for one use. Salt may be nil. It panics only for n above 8160, the limit of RFC 5869.
func KDF(secret, salt []byte, label string, context []byte, n int) []byte {
	out, err := hkdf.Key(sha256.New, secret, salt, domain+label+"\x00"+string(context), n)
	if err != nil {
		panic("envelope: derivation: " + err.Error())
	}
	return out
}

func kdf32(secret, salt []byte, label string, context []byte) [32]byte {
	return [32]byte(KDF(secret, salt, label, context, 32))
}

// signingInput is what a signature covers: the prefix and the object.
func signingInput(kind Type, object []byte) []byte {
	return append([]byte(domain+kind.Name()+"\x00"), object...)
}

// fixedBytes encodes an object whose every value is valid by construction: fixed widths and listed enum values only.
func fixedBytes(object Object) []byte {
	encoded, err := Encode(object)
	if err != nil {
		panic("envelope: " + err.Error())
	}
	return encoded
}

// fixedHash is Hash for the same objects.
func fixedHash(object Object) id.Hash {
	return HashLabel(object.Type().Name(), fixedBytes(object))
}

// threadEpoch is threadID ‖ u32 n, the context of several derivations.
func threadEpoch(thread id.Thread, n uint32) []byte {
	return binary.BigEndian.AppendUint32(thread.Bytes(), n)
}
