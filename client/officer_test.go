package client_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// written is an audit log in which orders are.
type written map[id.Hash]bool

func (w written) Includes(order id.Hash) error {
	if !w[order] {
		return errors.New("not there")
	}
	return nil
}

// sealedTo is what an officer is given of an epoch.
func (w *world) sealedTo(seat uint8, in id.Thread, number uint32) client.SeatEnvelope {
	w.t.Helper()
	epochs, err := w.server.Store().Threads().Epochs(w.ctx, in, id.Person(envelope.SeatRecipient(seat)), number, number, 1)
	w.check(err)
	record, err := envelope.Parse[envelope.Signed](epochs[0].Record)
	w.check(err)
	sealed, err := envelope.Parse[envelope.Envelope](epochs[0].Envelope)
	w.check(err)
	proof, err := envelope.Parse[envelope.EnvelopeProof](epochs[0].Proof)
	w.check(err)
	return client.SeatEnvelope{Record: record, Envelope: sealed, Proof: proof}
}

func (w *world) officer(seat uint8) client.Officer {
	one := w.seats[seat-1]
	return client.Officer{Seat: seat, Sign: one.Signer(), Keys: one.Pair()}
}

func TestR39_OfficersOpenWhatAnOrderListsAndNothingElse(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	wanted, other := anita.say(in, "in scope"), anita.say(in, "out of scope")
	w.check(anita.Rotate(w.ctx, in))
	anita.say(in, "another epoch")
	leila.sync()
	matter, err := anita.client.NewCase()
	w.check(err)
	signed, err := anita.Order(client.OrderInput{
		Case: matter, Kind: envelope.OrderInvestigation, Basis: "Investigation 7", Expiry: time.Hour,
		Epochs: map[id.Thread][]uint32{in: {1}}, Messages: map[id.Thread][]id.Message{in: {wanted.ID}},
	})
	w.check(err)
	w.check(w.officer(1).Approve(signed))
	_, err = leila.VerifyOrder(w.ctx, signed)
	w.refused("an order of one seat", err, envelope.NotEntitled)
	w.check(w.officer(3).Approve(signed))
	order, err := leila.VerifyOrder(w.ctx, signed)
	w.check(err)

	open := func(seat uint8, number uint32, audit envelope.AuditLog, now time.Time) (*envelope.CaseShare, error) {
		return w.officer(seat).Open(leila.Chain(), order, audit, now, w.sealedTo(seat, in, number))
	}
	logged := written{order.Hash: true}
	for name, test := range map[string]struct {
		number uint32
		audit  envelope.AuditLog
		now    time.Time
	}{
		"before it is in the audit log":  {1, written{}, w.clock.Now()},
		"after it has expired":           {1, logged, w.clock.Now().Add(2 * time.Hour)},
		"an epoch that it does not list": {2, logged, w.clock.Now()},
	} {
		_, err := open(1, test.number, test.audit, test.now)
		w.refused(name, err, envelope.NotEntitled)
	}
	first, err := open(1, 1, logged, w.clock.Now())
	w.check(err)
	second, err := open(2, 1, logged, w.clock.Now())
	w.check(err)
	record, _, err := leila.Record(in, 1)
	w.check(err)
	_, err = matter.Open(order, record, []envelope.CaseShare{*first})
	w.refused("one seat of two", err, envelope.NotEntitled)
	key, err := matter.Open(order, record, []envelope.CaseShare{*first, *second})
	w.check(err)
	w.read(leila, order, key, wanted.ID, other.ID)
}

// read opens the message that is in scope, and is refused the other.
func (w *world) read(by *person, order *envelope.VerifiedOrder, key *envelope.EpochKey, wanted, other id.Message) {
	w.t.Helper()
	held, err := by.Held()
	w.check(err)
	for _, one := range held.Messages {
		if one.Message != wanted && one.Message != other {
			continue
		}
		opened, err := by.ReadForCase(order, key, one.Raw, *one.Half)
		if one.Message == other {
			w.refused("a message out of scope", err, envelope.NotEntitled)
		} else if err != nil || !strings.HasPrefix(string(opened.Inner), `{"v":1,"text":"in scope"`) {
			w.t.Errorf("the message in scope: %v", err)
		}
	}
}
