package client

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Officer is one disclosure officer's seat, with its keys.
type Officer struct {
	Seat uint8
	Sign envelope.Signer
	Keys *envelope.SealPair
}

// SeatEnvelope is what an officer is given of one epoch: the record as its author signed it, and the seat's own envelope with its path.
type SeatEnvelope struct {
	Record   *envelope.Signed
	Envelope *envelope.Envelope
	Proof    *envelope.EnvelopeProof
}

// Approve adds the seat's signature to an order. It opens nothing.
func (o Officer) Approve(order *envelope.Signed) error {
	return order.Countersign(envelope.BySeat(o.Seat, o.Sign))
}

// Open answers an order for one epoch. Nothing is opened that the order does not list, or before the order is in the audit log.
func (o Officer) Open(
	manifests *envelope.Manifests, order *envelope.VerifiedOrder, audit envelope.AuditLog, now time.Time, sealed SeatEnvelope,
) (*envelope.CaseShare, error) {
	return envelope.OpenForCase(envelope.OfficerInput{
		Manifests: manifests, Order: order, Audit: audit, Now: envelope.TimeOf(now), Record: sealed.Record, Envelope: sealed.Envelope,
		Proof: sealed.Proof, Seat: o.Seat, Keys: o.Keys,
	})
}

// Case is the reviewer's side of a disclosure: the key to which officers seal their shares. Drop it to close the case.
type Case struct {
	ID   id.Case
	keys *envelope.SealPair
}

// NewCase draws a case key.
func (c *Client) NewCase() (*Case, error) {
	seed, err := c.seed()
	if err != nil {
		return nil, err
	}
	return &Case{ID: id.New[id.Case](c.ids), keys: envelope.NewSealPair(seed)}, nil
}

// Key is what an order names.
func (c *Case) Key() envelope.SealKey { return c.keys.Public() }

// Open combines the officers' shares of one epoch that the order lists.
func (c *Case) Open(order *envelope.VerifiedOrder, epoch *envelope.Epoch, shares []envelope.CaseShare) (*envelope.EpochKey, error) {
	return envelope.CombineForCase(order, epoch, c.keys, shares)
}

// OrderInput is what a requester asks the officers to open.
type OrderInput struct {
	Case   *Case
	Kind   envelope.OrderKind
	Basis  string
	Expiry time.Duration
	// Epochs by thread, of threads that this session is in: their records are listed as they were verified here.
	Epochs   map[id.Thread][]uint32
	Messages map[id.Thread][]id.Message
}

// Order makes a disclosure order with this session's person as requester and reviewer, signed by this device. The seats sign next.
func (s *Session) Order(in OrderInput) (*envelope.Signed, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	now := s.client.now()
	order := &envelope.DisclosureOrder{
		Case: in.Case.ID, Kind: in.Kind, Basis: in.Basis, Requester: s.person, RequesterDevice: s.device.ID, CaseKey: in.Case.Key(),
		Reviewer: s.person, ReviewerDevice: s.device.ID, Manifest: s.manifests.Current().Hash, Issued: now, Expires: now.Add(in.Expiry),
	}
	for thread, numbers := range in.Epochs {
		for _, number := range numbers {
			record, err := s.record(thread, number)
			if err != nil {
				return nil, err
			}
			order.Epochs = append(order.Epochs, envelope.OrderEpoch{Thread: thread, Epoch: number, Record: record.Hash})
		}
	}
	slices.SortFunc(order.Epochs, func(a, b envelope.OrderEpoch) int {
		return cmp.Or(a.Thread.Compare(b.Thread), cmp.Compare(a.Epoch, b.Epoch))
	})
	for thread, messages := range in.Messages {
		for _, message := range messages {
			order.Messages = append(order.Messages, envelope.OrderMessage{Thread: thread, Message: message})
		}
	}
	slices.SortFunc(order.Messages, func(a, b envelope.OrderMessage) int {
		return cmp.Or(a.Thread.Compare(b.Thread), bytes.Compare(a.Message[:], b.Message[:]))
	})
	return envelope.SignObject(order, s.device.stamp())
}

// VerifyOrder checks an order's signatures against the logs and the manifest.
func (s *Session) VerifyOrder(ctx context.Context, signed *envelope.Signed) (*envelope.VerifiedOrder, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	object, err := envelope.Open[envelope.DisclosureOrder](signed)
	if err != nil {
		return nil, err
	}
	if err := s.refreshPeople(ctx, object.Requester); err != nil {
		return nil, err
	}
	return envelope.VerifyOrder(s.trust(nil), signed)
}

// Chain is the verified chain of manifests. It must not be changed.
func (s *Session) Chain() *envelope.Manifests {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.manifests
}

// Record is a verified epoch record, with the object that its author signed.
func (s *Session) Record(in id.Thread, number uint32) (*envelope.Epoch, *envelope.Signed, error) {
	if err := s.enter(); err != nil {
		return nil, nil, err
	}
	defer s.mu.Unlock()
	found, err := s.record(in, number)
	if err != nil {
		return nil, nil, err
	}
	return found.Epoch, found.signed, nil
}

func (s *Session) record(in id.Thread, number uint32) (*epoch, error) {
	t := s.threads[in]
	if t == nil {
		return nil, ErrThreadUnknown
	}
	found, ok := t.epochAt(number)
	if !ok {
		return nil, refuse(envelope.BrokenChain, "no such epoch")
	}
	return found, nil
}

// ReadForCase opens a message that an order names, with an epoch that officers opened and the half that the server released.
func (s *Session) ReadForCase(order *envelope.VerifiedOrder, key *envelope.EpochKey, raw []byte, half [32]byte) (*envelope.OpenedMessage, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	verified, err := envelope.VerifyMessage(s.trust(s.threads[key.Epoch().Core.Thread]), key.Epoch(), raw)
	if err != nil {
		return nil, err
	}
	return verified.OpenForCase(order, key, half)
}
