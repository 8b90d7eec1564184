package envelope

import (
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/wardline/wardline/internal/id"
)

// The floor and ceiling of password parameters. Below the floor a server could ask for something that it can guess; above the ceiling
// it could hang a browser.
const (
	ArgonMemoryFloorKiB   = 65536
	ArgonMemoryCeilingKiB = 1048576
	ArgonPassesFloor      = 3
	ArgonPassesCeiling    = 10
)

// PasswordParameters are how a password is stretched. They come from the server and are not trusted.
type PasswordParameters struct {
	Salt      [16]byte
	MemoryKiB uint32
	Passes    uint32
}

// Check refuses parameters outside the floor and ceiling, whoever sends them.
func (p PasswordParameters) Check() error {
	if p.MemoryKiB < ArgonMemoryFloorKiB || p.MemoryKiB > ArgonMemoryCeilingKiB {
		return refuse(WeakParameters, "memory is outside the floor and ceiling")
	}
	if p.Passes < ArgonPassesFloor || p.Passes > ArgonPassesCeiling {
		return refuse(WeakParameters, "passes are outside the floor and ceiling")
	}
	return nil
}

// PasswordKey is a stretched password. It gives what the server may see and what it may not, and never itself.
type PasswordKey struct {
	x [32]byte
}

// StretchPassword derives with Argon2id (RFC 9106), version 0x13, parallelism 1, over the password in NFKC.
func StretchPassword(password string, p PasswordParameters) (*PasswordKey, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	x := argon2.IDKey([]byte(norm.NFKC.String(password)), p.Salt[:], p.Passes, p.MemoryKiB, 1, 32)
	return &PasswordKey{x: [32]byte(x)}, nil
}

// AuthKey is what the server is shown.
func (k *PasswordKey) AuthKey() [32]byte { return kdf32(k.x[:], nil, "auth", nil) }

// WrapKey opens the person's password unlocker. The server gives the share only after the second factor.
func (k *PasswordKey) WrapKey(vaultShare [32]byte, person id.Person, unlocker id.Unlocker) [32]byte {
	secret := append(append(make([]byte, 0, 64), k.x[:]...), vaultShare[:]...)
	return kdf32(secret, nil, "wrap", append(person.Bytes(), unlocker[:]...))
}
