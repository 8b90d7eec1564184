package retention

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Reason is why a message stays.
type Reason string

// The reasons. What the database answers is in the same transaction as the destruction that they forbid.
const (
	NotDue      Reason = "not_due"
	Held        Reason = "held"
	OpenCase    Reason = "open_case"
	Quarantined Reason = "quarantined"
	Unfiled     Reason = "unfiled_decision"
	Unfinished  Reason = "filing_unfinished"
	Grace       Reason = "grace"
	Countersign Reason = "countersignature"
	TakenBack   Reason = "taken_back"
	Unreachable Reason = "record_unreachable"
	Awaited     Reason = "decision_first"
	Unswept     Reason = "unswept"
	NoClass     Reason = "no_class"
)

// Reasons tells each reason's end, for docs/operate/retention.md.
var Reasons = []struct {
	Code Reason
	Ends string
}{
	{NotDue, "its period is over, or is changed"},
	{Held, "the hold is released. What goes with one filing goes together, so a hold on any of it keeps all of it"},
	{OpenCase, "the case that needs it is closed (a case says so itself, in the transaction that would destroy)"},
	{Quarantined, "the doubt about the thread's patient is resolved: originals stay while the record may be wrong (H12)"},
	{Unfiled, "the decision is in the record or taken back. It may quote any earlier message of the thread, and the server cannot see which, so all of them wait"},
	{Unfinished, "the filing has its receipt"},
	{Grace, "the grace after the receipt is over"},
	{Countersign, "somebody countersigns the decision, or a later one corrects it"},
	{TakenBack, "never by time: a decision at or after it was filed and then taken back, as entered in error. The record holds what should not be there, and the originals are what shows why (H12)"},
	{Unreachable, "the health record answers and still has the document (H14)"},
	{Awaited, "the decision after it, which is in the record, has gone with what it quotes"},
	{Unswept, "somebody answers \"any decision here?\" for the conversation up to this message or later (R49)"},
	{NoClass, "never by time: it carries a class that this server does not know"},
}

// Candidate is a message that would be destroyed.
type Candidate struct {
	Thread  id.Thread
	Space   envelope.Space
	Seq     uint64
	Message id.Message
	Person  id.Person
	At      time.Time
}

// Guard is another room's word on what must stay: an open case, a dispute. It is asked in the transaction that would destroy, which ctx carries, so that its
// answer and the destruction are one decision.
type Guard interface {
	// Keeps says which of the messages must stay, and why.
	Keeps(ctx context.Context, candidates []Candidate) (map[id.Message]Reason, error)
}

// Record is the health record, as far as destruction depends on it.
type Record interface {
	// Holds returns nil when the record answers now and has the document of the filing.
	Holds(ctx context.Context, filing id.Filing) error
}

// keeps asks every guard.
func (k *Keeper) keeps(ctx context.Context, candidates []Candidate) (map[id.Message]Reason, error) {
	kept := map[id.Message]Reason{}
	for _, guard := range k.Guards {
		reasons, err := guard.Keeps(ctx, candidates)
		if err != nil {
			return nil, err
		}
		for message, reason := range reasons {
			kept[message] = reason
		}
	}
	return kept, nil
}
