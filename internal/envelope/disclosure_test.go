package envelope

import (
	"errors"
	"slices"
	"testing"

	"github.com/wardline/wardline/internal/id"
)

// auditLog is an audit log that has, or has not, an order in it.
type auditLog bool

func (a auditLog) Includes(id.Hash) error {
	if !a {
		return errors.New("not there")
	}
	return nil
}

// order lists the first epoch of each room and its messages.
func (w *world) order(requester *staff, caseKey SealKey, rooms ...*room) *DisclosureOrder {
	now := w.tick()
	order := &DisclosureOrder{
		Case: newID[id.Case](w), Kind: OrderSubjectAccess, Basis: "UK GDPR article 15", Requester: requester.id,
		RequesterDevice: requester.device().id, CaseKey: caseKey, Reviewer: requester.id, ReviewerDevice: requester.device().id,
		Manifest: w.manifests.Current().Hash, Issued: now, Expires: now + 14*day,
	}
	for _, r := range rooms {
		order.Epochs = append(order.Epochs, OrderEpoch{r.membership.Thread(), 1, r.epochs[0].Epoch.Hash})
		for _, sealed := range r.messages {
			order.Messages = append(order.Messages, OrderMessage{r.membership.Thread(), sealed.Header.Message})
		}
	}
	slices.SortFunc(order.Epochs, func(a, b OrderEpoch) int { return a.Thread.Compare(b.Thread) })
	slices.SortFunc(order.Messages, func(a, b OrderMessage) int {
		if c := a.Thread.Compare(b.Thread); c != 0 {
			return c
		}
		return a.Message.Compare(b.Message)
	})
	return order
}

// officerInput is what the officer of a seat (counted from 0) has for an epoch.
func (w *world) officerInput(order *VerifiedOrder, made *MadeEpoch, seat int) OfficerInput {
	at := len(made.Epoch.Core.Members) + seat
	return OfficerInput{
		Manifests: w.manifests, Order: order, Audit: auditLog(true), Now: w.now, Record: made.Signed, Envelope: &made.Envelopes[at],
		Proof: &made.Proofs[at], Seat: w.seats[seat].index, Keys: w.seats[seat].seal,
	}
}

// inquiry is a ward with a verified order over its first epoch, and the case key.
func inquiry(t failer) (r *room, ann *staff, order *VerifiedOrder, casePair *SealPair) {
	r, ann, _, _ = ward(t)
	casePair = NewSealPair(r.w.seed())
	signed := r.w.sign(r.w.order(ann, casePair.Public(), r), append(r.w.seatStamps(r.w.seats[:2]), ann.byDevice())...)
	order, err := VerifyOrder(r.w.trust(), signed)
	check(t, err)
	return r, ann, order, casePair
}

// TestR39_TwoOfThreeSeatsOpenWhatAnOrderNames is P6, the part that works; TestR39_FewerSeatsOpenNothing is the rest.
func TestR39_TwoOfThreeSeatsOpenWhatAnOrderNames(t *testing.T) {
	r, _, order, casePair := inquiry(t)
	for _, pair := range [][]int{{0, 1}, {0, 2}, {2, 1}} {
		var shares []CaseShare
		for _, seat := range pair {
			shares = append(shares, *must(OpenForCase(r.w.officerInput(order, r.epoch(), seat))))
		}
		key, err := CombineForCase(order, r.epoch().Epoch, casePair, shares)
		if err != nil || key.random != r.epoch().Key.random {
			t.Fatalf("seats %v: %v", pair, err)
		}
		verified := must(VerifyMessage(r.w.trust(), r.epoch().Epoch, r.messages[0].Bytes))
		opened, err := verified.OpenForCase(order, key, r.messages[0].Half)
		if err != nil || string(opened.Inner) != `{"v":1,"text":"bloods are back"}` {
			t.Errorf("seats %v: %v", pair, err)
		}
	}
}

func TestR39_FewerSeatsOpenNothing(t *testing.T) {
	r, _, order, casePair := inquiry(t)
	one := *must(OpenForCase(r.w.officerInput(order, r.epoch(), 0)))
	_, err := CombineForCase(order, r.epoch().Epoch, casePair, []CaseShare{one})
	refused(t, "one share", err, NotEntitled)
	_, err = CombineForCase(order, r.epoch().Epoch, casePair, []CaseShare{one, one})
	refused(t, "one share twice", err, WrongShare)
	opened := must(order.openShare(r.epoch().Epoch, casePair, &one))
	if combineShares([]SeatShare{*opened}) == r.epoch().Key.random {
		t.Error("one share is the secret")
	}
	wrong := one
	wrong.Seat = 2
	_, err = CombineForCase(order, r.epoch().Epoch, casePair, []CaseShare{one, wrong})
	refused(t, "a share under another seat", err, WrongSecret)
	_, err = CombineForCase(order, r.epoch().Epoch, NewSealPair(r.w.seed()), []CaseShare{one})
	refused(t, "with another case key", err, WrongSecret)
	_, err = CombineForCase(order, r.epoch().Epoch, casePair, []CaseShare{*change(&one, func(s *CaseShare) { s.Order[0] ^= 1 })})
	refused(t, "a share for another order", err, WrongShare)
	_, err = CombineForCase(order, r.epoch().Epoch, casePair, []CaseShare{*change(&one, func(s *CaseShare) { s.Seat = 9 })})
	refused(t, "a share of no seat", err, WrongShare)
}

// TestR39_OfficerOpensNothingOutOfScope is model D: the officer's client checks order, audit log, expiry and scope before it opens.
func TestR39_OfficerOpensNothingOutOfScope(t *testing.T) {
	r, ann, order, casePair := inquiry(t)
	w := r.w
	r.rotate(ann)
	good := w.officerInput(order, r.epochs[0], 0)
	_, err := OpenForCase(good)
	check(t, err)
	for name, test := range map[string]struct {
		code Code
		how  func(*OfficerInput)
	}{
		"another epoch of the thread": {NotEntitled, func(in *OfficerInput) { *in = w.officerInput(order, r.epochs[1], 0) }},
		"expired":                     {NotEntitled, func(in *OfficerInput) { in.Now = order.Object.Expires }},
		"not in the audit log":        {NotEntitled, func(in *OfficerInput) { in.Audit = auditLog(false) }},
		"no audit log":                {NotEntitled, func(in *OfficerInput) { in.Audit = nil }},
		"another seat's envelope":     {WrongMembers, func(in *OfficerInput) { in.Envelope = w.officerInput(order, r.epochs[0], 1).Envelope }},
		"a member's envelope":         {WrongMembers, func(in *OfficerInput) { in.Envelope = &r.epochs[0].Envelopes[0] }},
		"another epoch's envelope":    {BrokenChain, func(in *OfficerInput) { in.Envelope = w.officerInput(order, r.epochs[1], 0).Envelope }},
		"a seat that there is not":    {NotEntitled, func(in *OfficerInput) { in.Seat = 9 }},
		"another seat's keys":         {WrongSecret, func(in *OfficerInput) { in.Keys = w.seats[1].seal }},
	} {
		in := good
		test.how(&in)
		_, err := OpenForCase(in)
		refused(t, name, err, test.code)
	}
	forged := *r.epochs[0].Signed
	record := must(Open[EpochRecord](&forged))
	core := must(Parse[EpochCore](record.Core))
	core.Issued++
	forged.Object = mustEncode(t, &EpochRecord{Core: mustEncode(t, core), EnvelopeRoot: record.EnvelopeRoot})
	in := good
	in.Record = &forged
	_, err = OpenForCase(in)
	refused(t, "a record of the same epoch that is not the listed one", err, NotEntitled)
	w.newOfficers(w.seats)
	_, err = OpenForCase(good)
	refused(t, "after the officers changed", err, NotEntitled)

	key := r.epochs[0].Key
	later := r.send(ann, "later")
	verified := must(VerifyMessage(w.trust(), r.epoch().Epoch, later.Bytes))
	_, err = verified.OpenForCase(order, key, later.Half)
	refused(t, "a message that the order does not name", err, NotEntitled)
	var shares []CaseShare
	second := r.epochs[1]
	for _, share := range seatShares(second.Key.random, second.Epoch.Core.Thread, 2, &second.Epoch.Manifest.RootManifest) {
		context := order.caseContext(second.Epoch, share.Seat)
		shares = append(shares, CaseShare{
			Order: context.Order, Thread: context.Thread, Epoch: 2, Seat: share.Seat,
			Sealed: must(SealTo(casePair.Public(), context, share.Share)),
		})
	}
	_, err = CombineForCase(order, second.Epoch, casePair, shares)
	refused(t, "combining an epoch that the order does not list, with every officer's help", err, NotEntitled)
}

func TestShareThatIsNotTheCommittedOneIsRefused(t *testing.T) {
	r, _, order, casePair := inquiry(t)
	epoch := r.epoch().Epoch
	context := order.caseContext(epoch, 1)
	garbage := CaseShare{
		Order: context.Order, Thread: context.Thread, Epoch: 1, Seat: 1, Sealed: must(SealTo(casePair.Public(), context, r.w.seed())),
	}
	_, err := CombineForCase(order, epoch, casePair, []CaseShare{garbage, garbage})
	refused(t, "garbage from an officer", err, WrongShare)
	_, err = epoch.checkShare(0, r.w.seed())
	refused(t, "garbage from an author", err, WrongShare)
}

func TestOrdersAreSignedByRequesterAndSeats(t *testing.T) {
	r, ann, _, casePair := inquiry(t)
	w := r.w
	order := w.order(ann, casePair.Public(), r)
	seats := w.seatStamps(w.seats)
	ghost := w.officer(4)
	bea := w.enrol("Other")
	for name, test := range map[string]struct {
		signed *Signed
		code   Code
	}{
		"by two seats and the requester": {w.sign(order, seats[0], seats[2], ann.byDevice()), ""},
		"unsigned":                       {w.sign(order), BadSignature},
		"by one seat":                    {w.sign(order, seats[0], ann.byDevice()), NotEntitled},
		"by no seat":                     {w.sign(order, ann.byDevice()), WrongPurpose},
		"not by the requester":           {w.sign(order, seats[0], seats[1]), WrongPurpose},
		"by another device":              {w.sign(order, seats[0], seats[1], bea.byDevice()), WrongPurpose},
		"by a seat that there is not":    {w.sign(order, seats[0], BySeat(4, ghost.sign), ann.byDevice()), NotEntitled},
		"by one seat in two names":       {w.sign(order, seats[0], BySeat(2, w.seats[0].sign), ann.byDevice()), BadSignature},
		"by the server as well":          {w.sign(order, seats[0], seats[1], ann.byDevice(), ByServer(PurposeAudit, w.server[PurposeAudit])), WrongPurpose},
		"under an unknown manifest": {w.sign(change(order, func(o *DisclosureOrder) { o.Manifest[0] ^= 1 }), seats[0], seats[1], ann.byDevice()),
			BrokenChain},
		"in a stranger's name": {w.sign(change(order, func(o *DisclosureOrder) { o.Requester = id.Person{1} }), seats[0], seats[1], ann.byDevice()),
			WrongIdentity},
		"with a device that is not theirs": {w.sign(change(order, func(o *DisclosureOrder) { o.Requester = bea.id }), seats[0], seats[1],
			ann.byDevice()), RevokedDevice},
	} {
		_, err := VerifyOrder(w.trust(), test.signed)
		refused(t, name, err, test.code)
	}
}
