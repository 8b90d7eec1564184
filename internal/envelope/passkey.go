package envelope

import (
	"crypto/sha256"

	"github.com/wardline/wardline/internal/id"
)

// PRFInput is what every passkey is asked to evaluate (WebAuthn extension "prf", eval.first): the same for everybody, because an
// authenticator mixes in a secret of its own.
func PRFInput() [32]byte { return sha256.Sum256([]byte(domain + "prf\x00")) }

// PasskeyWrapKey opens a passkey's unlocker: section 5.5 of docs/protocol.md. prfFirst is what the authenticator answered, which is
// never sent anywhere.
func PasskeyWrapKey(prfFirst [32]byte, person id.Person, unlocker id.Unlocker) [32]byte {
	return kdf32(prfFirst[:], nil, "passkey-wrap", append(person.Bytes(), unlocker[:]...))
}
