package identity

import (
	"fmt"
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
)

// Draft is a manifest that waits for signatures, and the policy that it names: both are object bytes. Before is the manifest that it follows; a
// first version has none. The seats of version 1 all sign it; of a later one, as many as the threshold of the version before, by seats of that.
type Draft struct{ Manifest, Policy, Before []byte }

var (
	errSignatures = fault.New(fault.Invalid, "signatures_incomplete", "Version 1 of the manifest needs the signature of every seat.")
	errFewSigned  = fault.New(fault.Invalid, "signatures_incomplete",
		"The next manifest needs more signatures, by officers of the present one.")
	errOtherDraft   = fault.New(fault.Invalid, "signature_of_another_manifest", "That signature is for another manifest.")
	errNoSuchSeat   = fault.New(fault.Invalid, "signature_of_no_seat", "That signature is of a seat that this manifest does not name.")
	errBadSignature = fault.New(fault.Invalid, "signature_wrong", "That signature does not verify: the file was altered, or another key made it.")
	errOtherBefore  = fault.New(fault.Invalid, "manifest_follows_another",
		"This manifest does not follow the one that you gave as the one before. Do not sign it.")
	errBeforeNeeded = fault.New(fault.Invalid, "manifest_before_needed",
		"This is a later version of the manifest: give the one before with --before, so that you see what changes.")
)

// Complete adds the signatures and returns the signed manifest. The error names the seats that are missing.
func (d Draft) Complete(signatures ...SeatSignature) ([]byte, error) {
	for _, signature := range signatures {
		if err := d.Check(signature); err != nil {
			return nil, err
		}
	}
	signed, missing, needed, err := d.gather(signatures)
	if err != nil {
		return nil, err
	}
	switch {
	case needed > 0 && d.Before == nil:
		return nil, errSignatures.With("missing", missing)
	case needed > 0:
		return nil, errFewSigned.With("needed", needed).With("missing", missing)
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

// Judge says why a signature does not count for this manifest: it is of another one, of a seat that may not sign, or does not verify.
func (d Draft) Judge(signature SeatSignature) error {
	if err := d.Check(signature); err != nil {
		return err
	}
	signers, _, err := d.signers()
	if err != nil {
		return err
	}
	at := slices.IndexFunc(signers, func(seat envelope.Seat) bool { return seat.Index == signature.Index })
	if at < 0 {
		return errNoSuchSeat.With("seat", signature.Index)
	}
	if envelope.VerifyObject(d.Manifest, signers[at].Sign, signature.Signature) != nil {
		return errBadSignature.With("seat", fmt.Sprintf("%d (%s)", signature.Index, signers[at].Name))
	}
	return nil
}

// Missing names the seats whose signatures are not among these, when more are needed. It is empty too for a draft that cannot be read.
func (d Draft) Missing(signatures ...SeatSignature) []string {
	_, missing, needed, err := d.gather(signatures)
	if err != nil || needed == 0 {
		return nil
	}
	return missing
}

// signers are the seats that may sign, and how many of them have to.
func (d Draft) signers() (seats []envelope.Seat, least int, err error) {
	manifest, err := envelope.Parse[envelope.RootManifest](d.Manifest)
	if err != nil {
		return nil, 0, err
	}
	if manifest.Version == 1 {
		return manifest.Seats, len(manifest.Seats), nil
	}
	before, err := manifestBefore(manifest, d.Before)
	if err != nil {
		return nil, 0, err
	}
	return before.Seats, int(before.Threshold), nil
}

// manifestBefore opens the manifest that another one follows, and refuses any other.
func manifestBefore(next *envelope.RootManifest, object []byte) (*envelope.RootManifest, error) {
	if object == nil {
		return nil, errBeforeNeeded
	}
	before, err := envelope.Parse[envelope.RootManifest](object)
	if err != nil {
		return nil, err
	}
	hash, err := envelope.HashBytes(object)
	if err != nil {
		return nil, err
	}
	if next.Previous != hash || next.Version != before.Version+1 {
		return nil, errOtherBefore
	}
	return before, nil
}

func (d Draft) gather(signatures []SeatSignature) (signed *envelope.Signed, missing []string, needed int, err error) {
	seats, least, err := d.signers()
	if err != nil {
		return nil, nil, 0, err
	}
	signed = &envelope.Signed{Object: d.Manifest}
	for _, seat := range seats {
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
	return signed, missing, max(0, least-len(signed.Signatures)), nil
}
