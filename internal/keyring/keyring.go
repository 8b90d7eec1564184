// Package keyring reads the server's own keys from one file for each purpose and gives each room only those that it may use.
//
// Layout: keyring.go opening and who gets what, file.go the files, sign.go the signing keys, seal.go the keys for data at rest, index.go the
// patient index.
//
//	| purpose | what it is                    | for                                                          |
//	| bind    | Ed25519                       | person ↔ identity                                            |
//	| remove  | Ed25519                       | removals (thread) and revocations (identity), each half alone |
//	| assert  | Ed25519                       | who a patient is                                             |
//	| audit   | Ed25519                       | checkpoints of the audit log                                 |
//	| index   | HMAC-SHA256, versions         | patient tags                                                 |
//	| login   | AES-256-GCM and HMAC, versions | TOTP seeds, vault shares, authentication keys at rest        |
//	| filing  | AES-256-GCM, versions         | documents that wait for the record                           |
//
// Invariants: every purpose has a Go type of its own, so that one key cannot be passed where another is wanted, and each signing key refuses
// to sign an object that is not of its purpose. No key is ever printed, logged or marshalled. The files are never in a backup, and are
// refused when anyone but their owner may read them.
package keyring

import (
	"crypto/ed25519"
	"errors"

	"github.com/wardline/wardline/internal/fault"
)

// Keyring holds every key. Only server wiring sees it; rooms get the values of the For methods.
type Keyring struct {
	bind, remove, assert, audit signing
	index                       []secret
	login                       []secret
	filing                      []secret
}

// Create makes a new key for every purpose in the directory, which it makes too (0700) when it does not exist. It refuses a directory that
// holds any key file already, and then changes nothing.
func Create(dir string) (*Keyring, error) {
	if err := create(dir); err != nil {
		return nil, err
	}
	return Open(dir)
}

// Open reads the keys. The error names everything that is missing or too open, so that an operator can mend it at once.
func Open(dir string) (*Keyring, error) {
	files, err := readAll(dir)
	if err != nil {
		return nil, err
	}
	ring := &Keyring{index: files[purposeIndex], login: files[purposeLogin], filing: files[purposeFiling]}
	for purpose, into := range map[purpose]*signing{
		purposeBind: &ring.bind, purposeRemove: &ring.remove, purposeAssert: &ring.assert, purposeAudit: &ring.audit,
	} {
		keys := files[purpose]
		if len(keys) != 1 {
			return nil, errKeyFile.With("file", fileName(purpose)).With("why", "a signing key has exactly one version")
		}
		private := ed25519.NewKeyFromSeed(keys[0].bytes())
		into.private = hide(private)
	}
	if ring.sharesAKey() {
		return nil, errKeyFile.With("why", "two purposes have the same key")
	}
	return ring, nil
}

// String hides the keys from fmt and slog.
func (k Keyring) String() string { return "[keys]" }

// GoString hides the keys from %#v.
func (k Keyring) GoString() string { return "[keys]" }

// PublicKeys are what a root manifest states.
type PublicKeys struct{ Bind, Remove, Assert, Audit [32]byte }

// Public returns the public halves of the signing keys.
func (k *Keyring) Public() PublicKeys {
	return PublicKeys{Bind: k.bind.Public(), Remove: k.remove.Public(), Assert: k.assert.Public(), Audit: k.audit.Public()}
}

// Identity is what the identity room may use.
type Identity struct {
	Bind   Bind
	Revoke Revoke
	Login  Login
}

// Patient is what the patient room may use.
type Patient struct {
	Assert Assert
	Index  Index
}

// ForIdentity gives the identity room its keys.
func (k *Keyring) ForIdentity() Identity {
	return Identity{
		Bind:   Bind{limited{k.bind, []string{"bind", "reset"}}},
		Revoke: Revoke{limited{k.remove, []string{"revoke"}}},
		Login:  Login{box{purposeLogin, k.login}},
	}
}

// ForThread gives the thread room its key.
func (k *Keyring) ForThread() Remove {
	return Remove{limited{k.remove, []string{"remove"}}}
}

// ForPatient gives the patient room its keys.
func (k *Keyring) ForPatient() Patient {
	return Patient{
		Assert: Assert{limited{k.assert, []string{"patient-assertion"}}},
		Index:  Index{k.index},
	}
}

// ForRecord gives the record room its key.
func (k *Keyring) ForRecord() Filing { return Filing{box{purposeFiling, k.filing}} }

// ForAudit gives the audit log its key.
func (k *Keyring) ForAudit() Audit { return Audit{k.audit} }

var errNotOurs = errors.New("keyring: the sealed bytes are not of this key, purpose and record")

// ErrSealed is wrapped by every refusal to open sealed bytes, which says no more than that they are not what was sealed.
var ErrSealed = fault.New(fault.Internal, "sealed_data_unreadable", "Something went wrong on our side. It has been recorded.")

func (k *Keyring) sharesAKey() bool {
	seen := map[string]bool{}
	for _, one := range []signing{k.bind, k.remove, k.assert, k.audit} {
		seed := string(one.private()[:ed25519.SeedSize])
		if seen[seed] {
			return true
		}
		seen[seed] = true
	}
	for _, versions := range [][]secret{k.index, k.login, k.filing} {
		for _, one := range versions {
			if seen[string(one.bytes())] {
				return true
			}
			seen[string(one.bytes())] = true
		}
	}
	return false
}
