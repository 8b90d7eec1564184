package envelope

import "github.com/wardline/wardline/internal/id"

// OrderKind is the sort of case that an order belongs to.
type OrderKind uint8

// The kinds: subject access, freedom of information, legal hold, investigation, a reported message.
const (
	OrderSubjectAccess OrderKind = 1
	OrderFreedom       OrderKind = 2
	OrderHold          OrderKind = 3
	OrderInvestigation OrderKind = 4
	OrderReport        OrderKind = 5
)

var orderKinds = labels{"sar", "foi", "hold", "investigation", "report"}

// String is the word of the layout.
func (k OrderKind) String() string { return orderKinds.word(uint8(k)) }

// OrderEpoch is one epoch that an order lists.
type OrderEpoch struct {
	Thread id.Thread
	Epoch  uint32
	Record id.Hash
}

func (o *OrderEpoch) fields(c codec) {
	c.fixed("thread", o.Thread[:])
	c.u32("epoch", &o.Epoch)
	c.fixed("record", o.Record[:])
}

// OrderMessage is one message in an order's scope.
type OrderMessage struct {
	Thread  id.Thread
	Message id.Message
}

func (o *OrderMessage) fields(c codec) {
	c.fixed("thread", o.Thread[:])
	c.fixed("message", o.Message[:])
}

// DisclosureOrder lists what officers may open, for whom and until when.
type DisclosureOrder struct {
	Case            id.Case
	Kind            OrderKind
	Basis           string
	Requester       id.Person
	RequesterDevice id.Device
	CaseKey         SealKey
	Reviewer        id.Person
	ReviewerDevice  id.Device
	Manifest        id.Hash
	Issued          Time
	Expires         Time
	Epochs          []OrderEpoch
	Messages        []OrderMessage
}

// Type implements [Object].
func (*DisclosureOrder) Type() Type { return TypeDisclosureOrder }

func (o *DisclosureOrder) fields(c codec) {
	c.fixed("case", o.Case[:])
	c.enum("kind", orderKinds, (*uint8)(&o.Kind))
	c.text("basis", 400, &o.Basis)
	c.fixed("requester", o.Requester[:])
	c.fixed("requesterDevice", o.RequesterDevice[:])
	c.fixed("caseKey", o.CaseKey[:])
	c.fixed("reviewer", o.Reviewer[:])
	c.fixed("reviewerDevice", o.ReviewerDevice[:])
	c.fixed("manifest", o.Manifest[:])
	c.time("issued", &o.Issued)
	c.time("expires", &o.Expires)
	list(c, "epochs", 4096, []string{"thread", "epoch"}, &o.Epochs)
	list(c, "messages", 16384, []string{"thread", "message"}, &o.Messages)
}

// CaseContext is the HPKE info of a share sealed to a case key. Order is the order's hash.
type CaseContext struct {
	Order  id.Hash
	Thread id.Thread
	Epoch  uint32
	Seat   uint8
}

// Type implements [Object].
func (*CaseContext) Type() Type { return TypeCaseContext }

func (s *CaseContext) fields(c codec) {
	c.fixed("order", s.Order[:])
	c.fixed("thread", s.Thread[:])
	c.u32("epoch", &s.Epoch)
	c.u8("seat", &s.Seat)
}

// CaseShare is one seat's share of one epoch, sealed to the case key.
type CaseShare struct {
	Order  id.Hash
	Thread id.Thread
	Epoch  uint32
	Seat   uint8
	Sealed [1168]byte
}

// Type implements [Object].
func (*CaseShare) Type() Type { return TypeCaseShare }

func (s *CaseShare) fields(c codec) {
	c.fixed("order", s.Order[:])
	c.fixed("thread", s.Thread[:])
	c.u32("epoch", &s.Epoch)
	c.u8("seat", &s.Seat)
	c.fixed("sealed", s.Sealed[:])
}
