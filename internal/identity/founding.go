package identity

import (
	"context"
	"fmt"
	"slices"
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

// Draft is a manifest that waits for signatures, and the policy that it names: both are object bytes.
type Draft struct{ Manifest, Policy []byte }

var (
	errFewOfficers = fault.New(fault.Invalid, "too_few_officers",
		"Dual control needs at least two officers to agree and one more in reserve: three seats or more, a threshold of two or more.")
	errOrganisation  = fault.New(fault.Invalid, "organisation_missing", "The organisation needs a name of at most 200 letters.")
	errPolicyInvalid = fault.New(fault.Invalid, "policy_invalid", "The policy is outside what clients accept.")
	errSignatures    = fault.New(fault.Invalid, "signatures_incomplete", "Version 1 of the manifest needs the signature of every seat.")
	errOtherDraft    = fault.New(fault.Invalid, "signature_of_another_manifest", "That signature is for another manifest.")
	errNoSuchSeat    = fault.New(fault.Invalid, "signature_of_no_seat", "That signature is of a seat that this manifest does not name.")
	errBadSignature  = fault.New(fault.Invalid, "signature_wrong", "That signature does not verify: the file was altered, or another key made it.")
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
	for n, seat := range f.Seats {
		for _, other := range f.Seats[:n] {
			if seat.Sign == other.Sign || seat.Seal == other.Seal {
				return Draft{}, errSameSeat.With("seat", seat.Name)
			}
		}
	}
	if f.Threshold < 2 || len(f.Seats) < f.Threshold+1 || len(f.Seats) > 32 {
		return Draft{}, errFewOfficers
	}
	if err := checkPolicy(f.Policy); err != nil {
		return Draft{}, err
	}
	policy, err := envelope.Encode(&f.Policy)
	if err != nil {
		return Draft{}, err
	}
	manifest := envelope.RootManifest{
		Organisation: organisation, Version: 1, Issued: envelope.TimeOf(f.At),
		ServerKeys: []envelope.ServerKey{
			{Purpose: envelope.PurposeBind, Key: f.Keys.Bind}, {Purpose: envelope.PurposeRemove, Key: f.Keys.Remove},
			{Purpose: envelope.PurposeAssert, Key: f.Keys.Assert}, {Purpose: envelope.PurposeAudit, Key: f.Keys.Audit},
		},
		Threshold: uint8(f.Threshold), MinSuite: envelope.SuiteOne, MinClient: 1,
		Policy: envelope.HashLabel(envelope.TypePolicy.Name(), policy),
	}
	for n, seat := range f.Seats {
		manifest.Seats = append(manifest.Seats, envelope.Seat{Index: uint8(n + 1), Name: seat.Name, Sign: seat.Sign, Seal: seat.Seal})
	}
	encoded, err := envelope.Encode(&manifest)
	if err != nil {
		return Draft{}, err
	}
	return Draft{Manifest: encoded, Policy: policy}, nil
}

// Complete adds the signatures and returns the signed manifest. The error names the seats that are missing.
func (d Draft) Complete(signatures ...SeatSignature) ([]byte, error) {
	for _, signature := range signatures {
		if err := d.Check(signature); err != nil {
			return nil, err
		}
	}
	signed, missing, err := d.gather(signatures)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return nil, errSignatures.With("missing", missing)
	}
	return envelope.Encode(signed)
}

// Check refuses a signature of another manifest.
func (d Draft) Check(signature SeatSignature) error {
	fingerprint, err := envelope.HashBytes(d.Manifest)
	if err == nil && signature.Fingerprint != fingerprint {
		err = errOtherDraft
	}
	return err
}

// Judge says why a signature does not count for this manifest: it is of another one, of a seat that is not named, or does not verify.
func (d Draft) Judge(signature SeatSignature) error {
	if err := d.Check(signature); err != nil {
		return err
	}
	manifest, err := envelope.Parse[envelope.RootManifest](d.Manifest)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(manifest.Seats, func(seat envelope.Seat) bool { return seat.Index == signature.Index })
	if at < 0 {
		return errNoSuchSeat.With("seat", signature.Index)
	}
	if envelope.VerifyObject(d.Manifest, manifest.Seats[at].Sign, signature.Signature) != nil {
		return errBadSignature.With("seat", fmt.Sprintf("%d (%s)", signature.Index, manifest.Seats[at].Name))
	}
	return nil
}

// Missing names the seats whose signatures are not among these. It is empty too for a draft that cannot be read.
func (d Draft) Missing(signatures ...SeatSignature) []string {
	_, missing, err := d.gather(signatures)
	if err != nil {
		return nil
	}
	return missing
}

func (d Draft) gather(signatures []SeatSignature) (signed *envelope.Signed, missing []string, err error) {
	manifest, err := envelope.Parse[envelope.RootManifest](d.Manifest)
	if err != nil {
		return nil, nil, err
	}
	signed = &envelope.Signed{Object: d.Manifest}
	for _, seat := range manifest.Seats {
		right := slices.IndexFunc(signatures, func(s SeatSignature) bool {
			return s.Index == seat.Index && envelope.VerifyObject(d.Manifest, seat.Sign, s.Signature) == nil
		})
		if right < 0 {
			missing = append(missing, fmt.Sprintf("%d (%s)", seat.Index, seat.Name))
			continue
		}
		signed.Signatures = append(signed.Signatures, envelope.Signature{
			Kind: envelope.SignerSeat, Index: seat.Index, Signature: signatures[right].Signature,
		})
	}
	return signed, missing, nil
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
	first := chain.Current()
	at = at.UTC().Truncate(time.Millisecond)
	event := audit.Event{Kind: audit.Manifest, Subject: audit.About(first.Hash), At: at,
		Details: map[string]string{"version": "1", "seats": fmt.Sprint(len(first.Seats)), "threshold": fmt.Sprint(first.Threshold)}}
	added, err := store.AddManifest(ctx, Manifest{Version: 1, Hash: first.Hash, Signed: signed, Policy: policy, At: at}, event)
	if err == nil && !added {
		return errFounded
	}
	return err
}

// Trust is the verified chain of manifests and the current policy.
type Trust struct {
	Chain  *envelope.Manifests
	Policy *envelope.Policy
	// Signed is the chain as it travels, version 1 first; PolicyObject is the current policy as it travels.
	Signed       [][]byte
	PolicyObject []byte
}

// CheckFounded verifies the chain in the database from version 1 on, and that it names these server keys. A server does not start without.
func CheckFounded(ctx context.Context, store ManifestStore, keys keyring.PublicKeys) (*Trust, error) {
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
	var other []string
	for _, one := range []struct {
		purpose envelope.Purpose
		key     [32]byte
	}{
		{envelope.PurposeBind, keys.Bind}, {envelope.PurposeRemove, keys.Remove}, {envelope.PurposeAssert, keys.Assert}, {envelope.PurposeAudit, keys.Audit},
	} {
		if chain.Current().ServerKey(one.purpose) != one.key {
			other = append(other, one.purpose.String())
		}
	}
	if len(other) > 0 {
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
