package identity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/keyring"
)

// Founding is what version 1 of the root manifest says. No thread exists before all its seats have signed it.
type Founding struct {
	Organisation string
	Threshold    int
	Seats        []SeatPublic // in the order of their indexes, from 1
	Keys         keyring.PublicKeys
	Policy       envelope.Policy
	At           time.Time
}

var (
	errFewOfficers = fault.New(fault.Invalid, "too_few_officers",
		"Dual control needs at least two officers to agree and one more in reserve: three seats or more, a threshold of two or more.")
	errOrganisation  = fault.New(fault.Invalid, "organisation_missing", "The organisation needs a name of at most 200 letters.")
	errPolicyInvalid = fault.New(fault.Invalid, "policy_invalid", "The policy is outside what clients accept.")
	errFounded       = fault.New(fault.Conflict, "already_founded", "This server has been founded already.")
	errSameSeat      = fault.New(fault.Invalid, "seat_twice", "Each officer has a seat of their own; one was given twice.")
	errNotFounded    = fault.New(fault.Unavailable, "not_founded", "This server has not been founded. Run \"wardline init\", and again with --complete and the signature of every seat; it names those that are missing.")
	errOtherKeys     = fault.New(fault.Unavailable, "manifest_names_other_keys",
		"The root manifest names other server keys than the key directory holds. Restore the key files that belong to this database.")
)

// DefaultPolicy is what an organisation starts with.
func DefaultPolicy() envelope.Policy {
	const day = 24 * time.Hour
	ms := func(d time.Duration) uint64 { return uint64(d.Milliseconds()) }
	return envelope.Policy{
		ArgonMemoryKiB: 65536, ArgonPasses: 3,
		RotateAfterMillis: ms(7 * day), RotateAfterMessages: 1000,
		DeviceLifeMillis: ms(90 * day), IdleLockMillis: ms(5 * time.Minute),
		GraceMillis: ms(day), ShredHorizonMillis: ms(7 * day),
	}
}

// Draft builds the manifest.
func (f Founding) Draft() (Draft, error) {
	organisation := strings.Join(strings.Fields(norm.NFC.String(f.Organisation)), " ")
	if organisation == "" || len(organisation) > 200 {
		return Draft{}, errOrganisation
	}
	var seats []envelope.Seat
	for n, seat := range f.Seats {
		seats = append(seats, envelope.Seat{Index: uint8(n + 1), Name: seat.Name, Sign: seat.Sign, Seal: seat.Seal})
	}
	if err := checkSeats(seats, f.Threshold); err != nil {
		return Draft{}, err
	}
	if err := checkPolicy(f.Policy); err != nil {
		return Draft{}, err
	}
	policy, err := envelope.Encode(&f.Policy)
	if err != nil {
		return Draft{}, err
	}
	manifest := envelope.RootManifest{
		Organisation: organisation, Version: 1, Issued: envelope.TimeOf(f.At), ServerKeys: serverKeys(f.Keys),
		Seats: seats, Threshold: uint8(f.Threshold), MinSuite: envelope.SuiteOne, MinClient: 1,
		Policy: envelope.HashLabel(envelope.TypePolicy.Name(), policy),
	}
	encoded, err := envelope.Encode(&manifest)
	if err != nil {
		return Draft{}, err
	}
	return Draft{Manifest: encoded, Policy: policy}, nil
}

// Manifest is one version as the database keeps it.
type Manifest struct {
	Version uint32
	Hash    id.Hash
	Signed  []byte
	Policy  []byte
	At      time.Time
}

// ManifestStore keeps the chain.
type ManifestStore interface {
	// Manifests returns every version, ascending.
	Manifests(ctx context.Context) ([]Manifest, error)
	// AddManifest answers false when there is such a version already.
	AddManifest(ctx context.Context, manifest Manifest, event audit.Event) (bool, error)
}

// Found verifies the complete version 1 and makes it the server's.
func Found(ctx context.Context, store ManifestStore, signed, policy []byte, at time.Time) error {
	chain, err := readChain(Manifest{Signed: signed, Policy: policy})
	if err != nil {
		return err
	}
	added, err := add(ctx, store, chain.Current(), signed, policy, at)
	if err == nil && !added {
		return errFounded
	}
	return err
}

// add writes the newest version of a verified chain, with its leaf of the log.
func add(ctx context.Context, store ManifestStore, newest *envelope.Manifest, signed, policy []byte, at time.Time) (bool, error) {
	at = at.UTC().Truncate(time.Millisecond)
	event := audit.Event{Kind: audit.Manifest, Subject: audit.About(newest.Hash), At: at, Details: map[string]string{
		"version": fmt.Sprint(newest.Version), "seats": fmt.Sprint(len(newest.Seats)), "threshold": fmt.Sprint(newest.Threshold),
	}}
	return store.AddManifest(ctx, Manifest{Version: newest.Version, Hash: newest.Hash, Signed: signed, Policy: policy, At: at}, event)
}

// Trust is the verified chain of manifests and the current policy.
type Trust struct {
	Chain  *envelope.Manifests
	Policy *envelope.Policy
	// Signed is the chain as it travels, version 1 first; PolicyObject is the current policy as it travels.
	Signed       [][]byte
	PolicyObject []byte
}

// CheckFounded verifies the chain in the database from version 1 on, and has the keyring use the keys that its newest version names. A server does
// not start without.
func CheckFounded(ctx context.Context, store ManifestStore, keys *keyring.Keyring) (*Trust, error) {
	versions, err := store.Manifests(ctx)
	if err != nil {
		return nil, err
	}
	if len(versions) == 0 {
		return nil, errNotFounded
	}
	chain, err := readChain(versions...)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "manifest_broken", "The root manifest in the database does not verify.").Because(err)
	}
	if other := keys.Use(publicKeys(chain.Current())); len(other) > 0 {
		return nil, errOtherKeys.With("keys", other)
	}
	trust := &Trust{Chain: chain, PolicyObject: versions[len(versions)-1].Policy}
	for _, version := range versions {
		trust.Signed = append(trust.Signed, version.Signed)
	}
	policy, found := chain.Policy()
	if !found {
		return nil, errNotFounded.With("missing", []string{"policy"})
	}
	trust.Policy = policy
	return trust, nil
}

func serverKeys(keys keyring.PublicKeys) []envelope.ServerKey {
	return []envelope.ServerKey{
		{Purpose: envelope.PurposeBind, Key: keys.Bind}, {Purpose: envelope.PurposeRemove, Key: keys.Remove},
		{Purpose: envelope.PurposeAssert, Key: keys.Assert}, {Purpose: envelope.PurposeAudit, Key: keys.Audit},
	}
}

func publicKeys(manifest *envelope.Manifest) keyring.PublicKeys {
	return keyring.PublicKeys{
		Bind: manifest.ServerKey(envelope.PurposeBind), Remove: manifest.ServerKey(envelope.PurposeRemove),
		Assert: manifest.ServerKey(envelope.PurposeAssert), Audit: manifest.ServerKey(envelope.PurposeAudit),
	}
}

// readChain verifies the versions and takes in their policies.
func readChain(versions ...Manifest) (*envelope.Manifests, error) {
	var signed []*envelope.Signed
	for _, version := range versions {
		one, err := envelope.Parse[envelope.Signed](version.Signed)
		if err != nil {
			return nil, err
		}
		signed = append(signed, one)
	}
	chain, err := envelope.CheckManifestChain(envelope.Pin{}, signed...)
	if err != nil {
		return nil, err
	}
	for _, version := range versions {
		policy, err := chain.AddPolicy(version.Policy)
		if err != nil {
			return nil, err
		}
		if err := checkPolicy(*policy); err != nil {
			return nil, err
		}
	}
	return chain, nil
}

// checkPolicy refuses what clients would refuse, or what would lock everybody out.
func checkPolicy(p envelope.Policy) error {
	parameters := envelope.PasswordParameters{MemoryKiB: p.ArgonMemoryKiB, Passes: p.ArgonPasses}
	if err := parameters.Check(); err != nil {
		return errPolicyInvalid.With("field", "argon").Because(err)
	}
	for _, one := range []struct {
		field     string
		value     uint64
		low, high time.Duration
	}{
		{"rotateAfterMillis", p.RotateAfterMillis, time.Hour, 90 * 24 * time.Hour},
		{"deviceLifeMillis", p.DeviceLifeMillis, 12 * time.Hour, 2 * 366 * 24 * time.Hour},
		{"idleLockMillis", p.IdleLockMillis, 5 * time.Second, time.Hour},
		{"graceMillis", p.GraceMillis, 0, 30 * 24 * time.Hour},
		{"shredHorizonMillis", p.ShredHorizonMillis, 0, 90 * 24 * time.Hour},
	} {
		if one.value < uint64(one.low.Milliseconds()) || one.value > uint64(one.high.Milliseconds()) {
			return errPolicyInvalid.With("field", one.field)
		}
	}
	if p.RotateAfterMessages < 1 || p.RotateAfterMessages > 100_000 {
		return errPolicyInvalid.With("field", "rotateAfterMessages")
	}
	return nil
}
