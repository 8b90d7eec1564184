package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// Login protects what the server must keep about sign-in: TOTP seeds and vault shares sealed, authentication keys as keyed hashes.
type Login struct{ box }

// Filing protects documents that wait for the health record.
type Filing struct{ box }

// box is a purpose's symmetric keys, the newest last.
type box struct {
	purpose  purpose
	versions []secret
}

// String hides the keys from fmt and slog.
func (b box) String() string { return "[key]" }

// GoString hides the keys from %#v.
func (b box) GoString() string { return "[key]" }

// Seal encrypts a value for the database under the newest key. what names the kind of value ("totp", "vault-share", "document") and record
// is the id of the row: both must be given again to open it, so that a value moved to another row or column does not open.
//
// The result is u8 1 ‖ u32 key version ‖ nonce (12) ‖ AES-256-GCM ciphertext, 33 bytes longer than the value.
func (b box) Seal(what string, record, value []byte) []byte {
	key := b.versions[len(b.versions)-1]
	sealed := binary.BigEndian.AppendUint32([]byte{sealFormat}, key.version)
	return key.aead().Seal(sealed, nil, value, b.context(what, record))
}

// Open decrypts what Seal made, under whichever key version made it. The error wraps [ErrSealed].
func (b box) Open(what string, record, sealed []byte) ([]byte, error) {
	const header = 5
	if len(sealed) < header || sealed[0] != sealFormat {
		return nil, ErrSealed.Because(errNotOurs)
	}
	version := binary.BigEndian.Uint32(sealed[1:header])
	for _, key := range b.versions {
		if key.version != version {
			continue
		}
		value, err := key.aead().Open(nil, nil, sealed[header:], b.context(what, record))
		if err != nil {
			return nil, ErrSealed.Because(errNotOurs)
		}
		return value, nil
	}
	return nil, ErrSealed.Because(errNotOurs)
}

// Digest is a keyed hash of the parts under the newest key, for values that are compared and never read back. Each label is a hash function of its
// own, and the parts keep their borders. It returns the key version, which has to be stored beside it.
func (l Login) Digest(label string, parts ...[]byte) (digest [32]byte, version uint32) {
	key := l.versions[len(l.versions)-1]
	return key.digest(label, parts), key.version
}

// SameDigest reports, in constant time, whether an earlier digest was made of these parts.
func (l Login) SameDigest(digest []byte, version uint32, label string, parts ...[]byte) bool {
	for _, key := range l.versions {
		if key.version == version {
			again := key.digest(label, parts)
			return hmac.Equal(digest, again[:])
		}
	}
	return false
}

// Steady is a keyed hash under the oldest key, for answers that must stay the same over a change of keys, such as the salt that is made up for
// a name that nobody has.
func (l Login) Steady(label string, parts ...[]byte) [32]byte {
	return l.versions[0].digest(label, parts)
}

const sealFormat = 1

// context binds a sealed value to its place. Every part but the last has an end mark or a length, so no two places have the same context.
func (b box) context(what string, record []byte) []byte {
	context := []byte("wardline/v1/at-rest\x00" + string(b.purpose) + "\x00")
	context = binary.BigEndian.AppendUint32(context, uint32(len(what)))
	context = append(context, what...)
	return append(context, record...)
}

// secret is one version of a symmetric key: for login and filing an AES-256 key first, for login a HMAC key after it.
type secret struct {
	version uint32
	bytes   hidden
}

func (s secret) aead() cipher.AEAD {
	block, err := aes.NewCipher(s.bytes()[:32])
	if err != nil {
		panic(err) // the length is fixed
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (s secret) digest(label string, parts [][]byte) [32]byte {
	mac := hmac.New(sha256.New, s.bytes()[32:])
	mac.Write([]byte("wardline/v1/login\x00"))
	for _, part := range append([][]byte{[]byte(label)}, parts...) {
		mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		mac.Write(part)
	}
	return [32]byte(mac.Sum(nil))
}
