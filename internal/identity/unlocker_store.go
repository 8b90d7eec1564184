package identity

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
)

// UnlockerStore keeps passkeys, PINs and the changes of what opens a vault.
type UnlockerStore interface {
	// SpendChallenge takes a challenge; false when it was taken before. It is forgotten when it has run out.
	SpendChallenge(ctx context.Context, challenge [32]byte, at, until time.Time) (bool, error)
	// PasskeyHandle is the user handle of a person's passkeys: the one there is, or else the one that is given.
	PasskeyHandle(ctx context.Context, person id.Person, given []byte) ([]byte, error)
	// Passkey finds a passkey and the handle that its authenticator knows the person by; false when there is none.
	Passkey(ctx context.Context, credential []byte) (StoredPasskey, bool, error)
	PasskeysOf(ctx context.Context, person id.Person) ([]StoredPasskey, error)
	// AddPasskey answers false when the credential is there already.
	AddPasskey(ctx context.Context, passkey StoredPasskey, event audit.Event) (bool, error)
	// UsePasskey notes a use and that the counter went on to this; false when the passkey is gone or the counter was there before.
	UsePasskey(ctx context.Context, credential []byte, count uint32, at time.Time) (bool, error)
	// RemovePasskey removes one that opens nothing; false when the person has none such.
	RemovePasskey(ctx context.Context, person id.Person, credential []byte, event audit.Event) (bool, error)
	// BeginSession writes a session that needed no code.
	BeginSession(ctx context.Context, session NewSession, event audit.Event) error

	// SpendPIN spends a try, and answers false when none is left or there is no PIN.
	SpendPIN(ctx context.Context, person id.Person, device id.Device) (StoredPIN, bool, error)
	// RestorePIN gives back all tries after the right PIN; false when it was replaced or destroyed meanwhile.
	RestorePIN(ctx context.Context, pin StoredPIN) (bool, error)
	// DestroyPIN deletes a PIN that has no try left; false when there is none such.
	DestroyPIN(ctx context.Context, person id.Person, device id.Device, event audit.Event) (bool, error)
	// PINsOf lists the unlockers whose PIN has not been destroyed.
	PINsOf(ctx context.Context, person id.Person) ([]id.Unlocker, error)

	// ChangeUnlockers writes a change inside the transaction that has moved the vault.
	ChangeUnlockers(ctx context.Context, change StoredChange, events []audit.Event) error
}

// StoredPasskey is a passkey.
type StoredPasskey struct {
	Credential     []byte
	Person         id.Person
	Handle         []byte // the person's
	PublicKey      []byte // COSE
	SignCount      uint32
	BackupEligible bool
	Transports     []string
	Unlocker       id.Unlocker // zero: it opens nothing
	Label          string
	AddedAt        time.Time
	LastUsedAt     time.Time // zero: never
}

// StoredPIN is a device's PIN.
type StoredPIN struct {
	Device     id.Device
	Person     id.Person
	Unlocker   id.Unlocker
	Verifier   []byte // keyed hash
	KeyVersion uint32 // of the login key that made it
	Share      []byte // sealed
	Tries      int    // left
}

// StoredChange is a change of unlockers beside the vault.
type StoredChange struct {
	Person id.Person
	// Remove go with everything that belongs to them. Of a password that is not replaced nothing is kept that could be compared.
	Remove         []id.Unlocker
	RemovePassword bool
	// Wraps replace those of the unlockers that stay.
	Wraps map[id.Unlocker][]byte
	// Add comes with what belongs to its kind; nil: none.
	Add      *StoredUnlocker
	Password *Account // its password columns
	PIN      *StoredPIN
	Passkey  *StoredPasskey
}
