package record

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/id"
)

// Scope says whose outstanding decisions a worklist shows.
type Scope string

// The scopes.
const (
	Mine         Scope = "mine"         // that I have to see to, that fell to me as deputy, or that I was asked to countersign
	Ward         Scope = "ward"         // of people of my ward
	Organisation Scope = "organisation" // all of them
)

// Reader is who looks at a worklist.
type Reader struct {
	Person id.Person
	Ward   string
	// Records may see the organisation's.
	Records bool
}

// Item is one line of a worklist.
type Item struct {
	Decision Decision
	// Member: the reader is in the conversation. Who is not learns that there is a decision, whose and since when, and nothing else.
	Member bool
	// ToCountersign: the record has it, and the reader was asked to countersign it.
	ToCountersign bool
	// Of the decision's filing.
	Code, Reason string
	Attempts     int
	NextTryAt    time.Time
	Retraction   Retraction // of what was entered in error
	Reference    string     // the record's own
}

// Place is where a page ended: the next begins after it.
type Place struct {
	Urgency  uint8
	MarkedAt time.Time
	Message  id.Message
}

// WorklistQuery is one page of a worklist.
type WorklistQuery struct {
	Scope Scope
	Reader
	After *Place
	Limit int
}

// WorklistPage is the most that one page has.
const WorklistPage = 100

// Worklist lists outstanding decisions, the most urgent first and among those the oldest. more says that there is a next page, which begins after
// the last item of this one.
func (d *Desk) Worklist(ctx context.Context, q WorklistQuery) (items []Item, more bool, err error) {
	switch {
	case q.Scope == Organisation && !q.Records:
		return nil, false, ErrOrganisationScope
	case q.Scope == Ward && q.Reader.Ward == "":
		return nil, false, ErrNoWard
	case q.Scope != Mine && q.Scope != Ward && q.Scope != Organisation:
		return nil, false, ErrScope
	}
	limit := min(max(q.Limit, 1), WorklistPage)
	q.Limit = limit + 1
	items, err = d.store.Worklist(ctx, q)
	if err != nil {
		return nil, false, err
	}
	if len(items) > limit {
		return items[:limit], true, nil
	}
	return items, false, nil
}
