package envelope

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/wardline/wardline/internal/id"
)

// VerifiedOrder is a disclosure order that its requester and enough seats have signed.
type VerifiedOrder struct {
	Object DisclosureOrder
	Hash   id.Hash
}

// AuditLog tells whether an order is in the audit log, by a proof that the caller has checked against a signed checkpoint.
type AuditLog interface {
	Includes(order id.Hash) error
}

// VerifyOrder checks an order's signatures: section 10 of docs/protocol.md. An officer's client goes on with [OpenForCase], which checks
// the rest before it opens anything.
func VerifyOrder(trust Trust, signed *Signed) (*VerifiedOrder, error) {
	object, err := Open[DisclosureOrder](signed)
	if err != nil {
		return nil, err
	}
	hash, err := signed.Hash()
	if err != nil {
		return nil, err
	}
	manifest, ok := trust.Manifests.ByHash(object.Manifest)
	if !ok {
		return nil, refuse(BrokenChain, "unknown manifest")
	}
	requester, err := trust.person(object.Requester)
	if err != nil {
		return nil, err
	}
	device, err := requester.CheckAct(object.RequesterDevice, Act{At: object.Issued})
	if err != nil {
		return nil, err
	}
	err = signed.verify(
		needDevice(object.RequesterDevice, device.Key),
		need{kind: SignerSeat, seats: manifest.seatKeys(), least: int(manifest.Threshold)},
	)
	if err != nil {
		return nil, err
	}
	return &VerifiedOrder{Object: *object, Hash: hash}, nil
}

// Lists says whether the order lists this very record.
func (o *VerifiedOrder) Lists(epoch *Epoch) bool {
	_, found := slices.BinarySearchFunc(o.Object.Epochs, epoch, func(listed OrderEpoch, e *Epoch) int {
		return cmp.Or(
			listed.Thread.Compare(e.Core.Thread), cmp.Compare(listed.Epoch, e.Core.Epoch), bytes.Compare(listed.Record[:], e.Hash[:]),
		)
	})
	return found
}

// ListsMessage says whether a message is in the order's scope.
func (o *VerifiedOrder) ListsMessage(thread id.Thread, message id.Message) bool {
	_, found := slices.BinarySearchFunc(o.Object.Messages, message, func(listed OrderMessage, m id.Message) int {
		return cmp.Or(listed.Thread.Compare(thread), listed.Message.Compare(m))
	})
	return found
}

// OfficerInput is what an officer's client needs to answer an order for one epoch.
type OfficerInput struct {
	Manifests *Manifests
	Order     *VerifiedOrder
	Audit     AuditLog
	Now       Time
	// Record is the record as its author signed it; Envelope and Proof are the seat's own under it.
	Record   *Signed
	Envelope *Envelope
	Proof    *EnvelopeProof
	Seat     uint8
	Keys     *SealPair
}

// OpenForCase opens a seat's envelope and seals the share to the case key. Before it opens, it checks that the order is the present
// officers', has not expired, is in the audit log, and lists this record; out of scope, nothing is opened.
func OpenForCase(in OfficerInput) (*CaseShare, error) {
	order := &in.Order.Object
	switch {
	case order.Manifest != in.Manifests.Current().Hash:
		return nil, refuse(NotEntitled, "an order of earlier officers")
	case in.Now >= order.Expires:
		return nil, refuse(NotEntitled, "the order has expired")
	case in.Audit == nil:
		return nil, refuse(NotEntitled, "no audit log to find the order in")
	}
	if err := in.Audit.Includes(in.Order.Hash); err != nil {
		return nil, refuse(NotEntitled, "the order is not in the audit log")
	}
	epoch, err := readEpoch(in.Manifests, in.Record)
	if err != nil {
		return nil, err
	}
	if !in.Order.Lists(epoch) {
		return nil, refuse(NotEntitled, "the order does not list this record")
	}
	share, err := epoch.openShare(in)
	if err != nil {
		return nil, err
	}
	context := in.Order.caseContext(epoch, in.Seat)
	sealed, err := SealTo(order.CaseKey, context, share.Share)
	if err != nil {
		return nil, err
	}
	return &CaseShare{
		Order: context.Order, Thread: context.Thread, Epoch: context.Epoch, Seat: context.Seat, Sealed: sealed,
	}, nil
}

func (e *Epoch) openShare(in OfficerInput) (*SeatShare, error) {
	seat, ok := e.seatIndex(in.Seat)
	if !ok {
		return nil, refuse(NotEntitled, "no such seat in this record")
	}
	if err := e.checkProof(len(e.Core.Members)+seat, in.Envelope, in.Proof); err != nil {
		return nil, err
	}
	opened, err := in.Keys.OpenFrom(e.context(EnvelopeSeat, in.Envelope.Recipient), in.Envelope.Sealed)
	if err != nil {
		return nil, err
	}
	return e.checkShare(seat, opened)
}

// checkShare holds a share against the record's commitment.
func (e *Epoch) checkShare(seat int, opened [32]byte) (*SeatShare, error) {
	commit := e.Core.Shares[seat]
	share := &SeatShare{Thread: e.Core.Thread, Epoch: e.Core.Epoch, Seat: commit.Seat, Share: opened}
	if fixedHash(share) != commit.Commit {
		return nil, refuse(WrongShare, "not the share that the record commits to")
	}
	return share, nil
}

func (e *Epoch) seatIndex(seat uint8) (int, bool) {
	return slices.BinarySearchFunc(e.Core.Shares, seat, func(s ShareCommit, wanted uint8) int { return cmp.Compare(s.Seat, wanted) })
}

func (o *VerifiedOrder) caseContext(epoch *Epoch, seat uint8) *CaseContext {
	return &CaseContext{Order: o.Hash, Thread: epoch.Core.Thread, Epoch: epoch.Core.Epoch, Seat: seat}
}

// CombineForCase opens the officers' shares with the case key, checks each against the record, combines them and checks the result. The
// epoch has been verified with [VerifyEpoch], as the reviewer does for every record whose messages are read.
func CombineForCase(order *VerifiedOrder, epoch *Epoch, caseKeys *SealPair, sealed []CaseShare) (*EpochKey, error) {
	if !order.Lists(epoch) {
		return nil, refuse(NotEntitled, "the order does not list this record")
	}
	var shares []SeatShare
	used := map[uint8]bool{}
	for n := range sealed {
		share, err := order.openShare(epoch, caseKeys, &sealed[n])
		if err != nil {
			return nil, err
		}
		if used[share.Seat] {
			return nil, refuse(WrongShare, "a seat's share twice")
		}
		used[share.Seat] = true
		shares = append(shares, *share)
	}
	threshold := int(epoch.Manifest.Threshold)
	if len(shares) < threshold {
		return nil, refuse(NotEntitled, "too few seats")
	}
	return epoch.Recover(combineShares(shares[:threshold]))
}

func (o *VerifiedOrder) openShare(epoch *Epoch, caseKeys *SealPair, sealed *CaseShare) (*SeatShare, error) {
	context := o.caseContext(epoch, sealed.Seat)
	if sealed.Order != context.Order || sealed.Thread != context.Thread || sealed.Epoch != context.Epoch {
		return nil, refuse(WrongShare, "a share for another order or epoch")
	}
	seat, ok := epoch.seatIndex(sealed.Seat)
	if !ok {
		return nil, refuse(WrongShare, "no such seat in this record")
	}
	opened, err := caseKeys.OpenFrom(context, sealed.Sealed)
	if err != nil {
		return nil, err
	}
	return epoch.checkShare(seat, opened)
}

// OpenForCase opens a message for a reviewer, and only one that the order names.
func (v *VerifiedMessage) OpenForCase(order *VerifiedOrder, key *EpochKey, half [32]byte) (*OpenedMessage, error) {
	if !order.ListsMessage(v.Header.Thread, v.Header.Message) {
		return nil, refuse(NotEntitled, "the order does not name this message")
	}
	return v.Open(key, half)
}
