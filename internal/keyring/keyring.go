// Package keyring reads the server's own keys from one file for each purpose and gives each room only those that it may use.
//
// Layout: keyring.go opening and who gets what, file.go the files, sign.go the signing keys, seal.go the keys for data at rest, index.go the
// patient index.
//
//	| purpose | what it is                    | for                                                          |
//	| bind    | Ed25519, versions             | person ↔ identity                                            |
//	| remove  | Ed25519, versions             | removals (thread) and revocations (identity), each half alone |
//	| assert  | Ed25519, versions             | who a patient is                                             |
//	| audit   | Ed25519, versions             | checkpoints of the audit log                                 |
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
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/wardline/wardline/internal/fault"
)

// Keyring holds every key. Only server wiring sees it; rooms get the values of the For methods. Of a signing key it may hold several versions,
// of which the root manifest names one: see Use.
type Keyring struct {
	bind, remove, assert, audit signing
	held                        map[purpose][]signing // ascending by version
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
	ring := &Keyring{
		index: files[purposeIndex], login: files[purposeLogin], filing: files[purposeFiling], held: map[purpose][]signing{},
	}
	for purpose, into := range ring.inUse() {
		for _, version := range files[purpose] {
			*into = signing{hide(ed25519.NewKeyFromSeed(version.bytes()))}
			ring.held[purpose] = append(ring.held[purpose], *into)
		}
	}
	if ring.sharesAKey() {
		return nil, errKeyFile.With("why", "two of the keys are the same")
	}
	return ring, nil
}

func (k *Keyring) inUse() map[purpose]*signing {
	return map[purpose]*signing{purposeBind: &k.bind, purposeRemove: &k.remove, purposeAssert: &k.assert, purposeAudit: &k.audit}
}

// Use takes, of each signing key, the version that the root manifest names: with the next manifest in the database the next start uses the next
// keys, and nothing has to change at the same moment. It returns the purposes whose key is not here, and then changes nothing. It comes before the
// For methods, whose values keep the keys that they have.
func (k *Keyring) Use(named PublicKeys) (missing []string) {
	found := map[purpose]signing{}
	for _, one := range []struct {
		purpose purpose
		key     [32]byte
	}{{purposeBind, named.Bind}, {purposeRemove, named.Remove}, {purposeAssert, named.Assert}, {purposeAudit, named.Audit}} {
		versions := k.held[one.purpose]
		at := slices.IndexFunc(versions, func(version signing) bool { return version.Public() == one.key })
		if at < 0 {
			missing = append(missing, string(one.purpose))
			continue
		}
		found[one.purpose] = versions[at]
	}
	if len(missing) > 0 {
		return missing
	}
	for purpose, into := range k.inUse() {
		*into = found[purpose]
	}
	return nil
}

// Newest are the public halves of the newest versions, which the next manifest may name.
func (k *Keyring) Newest() PublicKeys {
	newest := func(p purpose) [32]byte { return k.held[p][len(k.held[p])-1].Public() }
	return PublicKeys{Bind: newest(purposeBind), Remove: newest(purposeRemove), Assert: newest(purposeAssert), Audit: newest(purposeAudit)}
}

// Renew makes the next version of a signing key, "bind", "remove", "assert" or "audit". The ones before stay: the manifest says which is used.
func Renew(dir, signingKey string) error {
	p := purpose(signingKey)
	if _, signs := (&Keyring{}).inUse()[p]; !signs {
		return errKeyFile.With("why", "no signing key has that name")
	}
	files, err := readAll(dir)
	if err != nil {
		return err
	}
	return appendVersion(dir, p, files[p])
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

// CheckValues name the keys in use without telling them: of a signing key the public half, of the others a keyed hash of every version. A backup carries
// them, so that a restore can say which key file is not the one that belongs to it.
func (k *Keyring) CheckValues() map[string]string {
	values := map[string]string{}
	for purpose, key := range k.inUse() {
		values[string(purpose)] = key.check()
	}
	for purpose, versions := range map[purpose][]secret{purposeIndex: k.index, purposeLogin: k.login, purposeFiling: k.filing} {
		for _, one := range versions {
			mac := hmac.New(sha256.New, one.bytes())
			mac.Write([]byte("wardline/v1/key-check\x00"))
			values[fmt.Sprintf("%s.%d", purpose, one.version)] = base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
		}
	}
	return values
}

// Missing names those of the check values whose keys are not here, in whatever version.
func (k *Keyring) Missing(values map[string]string) (names []string) {
	here := k.CheckValues()
	for name, value := range values {
		held := slices.ContainsFunc(k.held[purpose(name)], func(version signing) bool { return version.check() == value })
		if !held && here[name] != value {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// AuditKeys are the public halves of every version of the key "audit", newest first.
func (k *Keyring) AuditKeys() (keys [][32]byte) {
	for _, version := range slices.Backward(k.held[purposeAudit]) {
		keys = append(keys, version.Public())
	}
	return keys
}

func (s signing) check() string {
	public := s.Public()
	return base64.RawURLEncoding.EncodeToString(public[:])
}

var errNotOurs = errors.New("keyring: the sealed bytes are not of this key, purpose and record")

// ErrSealed is wrapped by every refusal to open sealed bytes, which says no more than that they are not what was sealed.
var ErrSealed = fault.New(fault.Internal, "sealed_data_unreadable", "Something went wrong on our side. It has been recorded.")

func (k *Keyring) sharesAKey() bool {
	seen := map[string]bool{}
	for _, versions := range k.held {
		for _, one := range versions {
			seed := string(one.private()[:ed25519.SeedSize])
			if seen[seed] {
				return true
			}
			seen[seed] = true
		}
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
