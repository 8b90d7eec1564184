package identity

import (
	"context"
	"slices"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/keyring"
)

// Change is what the next version of the root manifest says anew: section 4 of docs/protocol.md. The organisation and the policy stay.
type Change struct {
	// Keys are the server's; those that have not been renewed stay.
	Keys keyring.PublicKeys
	// Add are new officers, Retire the seats of those who leave.
	Add    []SeatPublic
	Retire []uint8
	// Threshold is how many officers have to agree from then on; 0: as many as before.
	Threshold int
	At        time.Time
}

var (
	errNothingChanges = fault.New(fault.Invalid, "nothing_changes", "The next manifest would say what the present one says.")
	errNoSeatToRetire = fault.New(fault.Invalid, "no_such_seat", "No officer of the present manifest has that seat.")
	errSeatsSpent     = fault.New(fault.Invalid, "seats_spent", "There are no seat numbers left.")
	errNotNext        = fault.New(fault.Conflict, "manifest_not_next", "This manifest does not follow the one that the server has now.")
)

// Propose drafts the version after the current one. A new officer gets a number that no officer had before: a share of an old key must never be
// taken for theirs.
func (t *Trust) Propose(change Change) (Draft, error) {
	current := t.Chain.Current()
	next := current.RootManifest
	next.Version, next.Previous, next.Issued = current.Version+1, current.Hash, envelope.TimeOf(change.At)
	next.ServerKeys, next.Seats = serverKeys(change.Keys), slices.Clone(current.Seats)
	for _, index := range change.Retire {
		before := len(next.Seats)
		next.Seats = slices.DeleteFunc(next.Seats, func(seat envelope.Seat) bool { return seat.Index == index })
		if len(next.Seats) == before {
			return Draft{}, errNoSeatToRetire.With("seat", index)
		}
	}
	last := t.lastSeat()
	for n, seat := range change.Add {
		if int(last)+n+1 > 255 {
			return Draft{}, errSeatsSpent
		}
		next.Seats = append(next.Seats, envelope.Seat{Index: last + uint8(n) + 1, Name: seat.Name, Sign: seat.Sign, Seal: seat.Seal})
	}
	if change.Threshold != 0 {
		next.Threshold = uint8(min(change.Threshold, 255))
	}
	if err := checkSeats(next.Seats, int(next.Threshold)); err != nil {
		return Draft{}, err
	}
	if change.Keys == publicKeys(current) && next.Threshold == current.Threshold && len(change.Add)+len(change.Retire) == 0 {
		return Draft{}, errNothingChanges
	}
	var err error
	draft := Draft{Policy: t.PolicyObject}
	if draft.Manifest, err = envelope.Encode(&next); err != nil {
		return Draft{}, err
	}
	draft.Before, err = t.CurrentObject()
	return draft, err
}

// CurrentObject is the current version's bytes, which is what its fingerprint is of.
func (t *Trust) CurrentObject() ([]byte, error) {
	signed, err := envelope.Parse[envelope.Signed](t.Signed[len(t.Signed)-1])
	if err != nil {
		return nil, err
	}
	return signed.Object, nil
}

// lastSeat is the highest number that any version has given.
func (t *Trust) lastSeat() (last uint8) {
	for _, version := range t.Chain.Versions() {
		for _, seat := range version.Seats {
			last = max(last, seat.Index)
		}
	}
	return last
}

// checkSeats refuses what dual control does not stand on.
func checkSeats(seats []envelope.Seat, threshold int) error {
	for n, seat := range seats {
		for _, other := range seats[:n] {
			if seat.Sign == other.Sign || seat.Seal == other.Seal {
				return errSameSeat.With("seat", seat.Name)
			}
		}
	}
	if threshold < 2 || len(seats) < threshold+1 || len(seats) > 32 {
		return errFewOfficers
	}
	return nil
}

// Adopt verifies the next version on top of the chain and makes it the server's. The keyring has to hold the keys that it names: a server whose
// manifest names others does not start. What has been adopted already is adopted again without a change.
func Adopt(ctx context.Context, store ManifestStore, keys *keyring.Keyring, signed, policy []byte, at time.Time) (*Trust, error) {
	versions, err := store.Manifests(ctx)
	if err != nil {
		return nil, err
	}
	if len(versions) == 0 {
		return nil, errNotFounded
	}
	if slices.ContainsFunc(versions, func(there Manifest) bool { return slices.Equal(there.Signed, signed) }) {
		return CheckFounded(ctx, store, keys)
	}
	chain, err := readChain(append(versions, Manifest{Signed: signed, Policy: policy})...)
	if err != nil {
		return nil, errNotNext.Because(err)
	}
	if missing := keys.Use(publicKeys(chain.Current())); len(missing) > 0 {
		return nil, errOtherKeys.With("keys", missing)
	}
	added, err := add(ctx, store, chain.Current(), signed, policy, at)
	if err != nil {
		return nil, err
	}
	if !added {
		return nil, errNotNext
	}
	return CheckFounded(ctx, store, keys)
}
