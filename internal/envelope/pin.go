package envelope

import (
	"golang.org/x/crypto/argon2"

	"github.com/wardline/wardline/internal/id"
)

// How a PIN is stretched. A PIN is short whatever is done to it: what protects it is that the server counts the tries and that the
// local key does not leave the device. So these are fixed, and nobody can ask for less.
const (
	PINMemoryKiB = 19456
	PINPasses    = 2
	PINLeast     = 6
	PINMost      = 12
)

// PINKey is a stretched PIN, bound to a device's local key. It gives what the server compares and what it may not see, and never itself.
type PINKey struct {
	t [32]byte
}

// StretchPIN derives with Argon2id, version 0x13, parallelism 1, over the digits, with the device's id as salt, and runs the result through
// local, which is HMAC-SHA256 under the device's key: section 5.6 of docs/protocol.md.
func StretchPIN(pin string, device id.Device, local func(data []byte) [32]byte) (*PINKey, error) {
	if len(pin) < PINLeast || len(pin) > PINMost {
		return nil, refuse(WeakParameters, "a PIN has 6 to 12 digits")
	}
	for _, digit := range []byte(pin) {
		if digit < '0' || digit > '9' {
			return nil, refuse(WeakParameters, "a PIN has digits only")
		}
	}
	return &PINKey{t: local(argon2.IDKey([]byte(pin), device[:], PINPasses, PINMemoryKiB, 1, 32))}, nil
}

// Verifier is what the server is shown.
func (k *PINKey) Verifier(person id.Person, unlocker id.Unlocker) [32]byte {
	return kdf32(k.t[:], nil, "pin-verify", append(person.Bytes(), unlocker[:]...))
}

// WrapKey opens the PIN's unlocker. The server gives the share only for the right verifier.
func (k *PINKey) WrapKey(share [32]byte, person id.Person, unlocker id.Unlocker) [32]byte {
	secret := append(append(make([]byte, 0, 64), k.t[:]...), share[:]...)
	return kdf32(secret, nil, "pin-wrap", append(person.Bytes(), unlocker[:]...))
}
