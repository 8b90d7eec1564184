package record

import (
	"context"
	"errors"
	"time"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/work"
)

// Overdue is the kind of work that sees whether a decision is in the record by now; its subject is thread and message.
const Overdue work.Kind = "record.overdue"

// After these waits somebody is told that a decision is not in the record: first its owner, then their deputy, then the organisation's worklist, and
// from then on every day until it is there. Nothing ages out (R19, H15).
var (
	untilDeputy       = 4 * time.Hour
	untilOrganisation = 12 * time.Hour
	untilTold         = 24 * time.Hour
)

// The reminders.
const (
	OwnerReminded        = 1
	DeputyReminded       = 2
	OrganisationReminded = 3
)

// WhenOverdue is the due that goes with a new decision.
func WhenOverdue(d Decision, row id.Work) work.Due {
	return work.Due{ID: row, Kind: Overdue, At: d.DueAt, Subject: append(d.Thread.Bytes(), d.Message.Bytes()...), Key: d.key()}
}

// Remind tells the next person that a decision is not in the record. It implements [work.Handler] for Overdue.
func (d *Desk) Remind(ctx context.Context, due work.Due) error {
	in, decision, err := SubjectOf(due)
	if err != nil {
		return err
	}
	at := d.clock.Now()
	told := false
	after, err := d.store.ChangeDecision(ctx, in, decision, id.Person{}, nil, func(now Decision, standing Standing) (Change, error) {
		told = false
		if !now.Stage.Outstanding() {
			return Change{Decision: now}, nil
		}
		told = true
		next := now
		next.Reminders++
		if !standing.OwnerHere {
			// Whoever had to see to it is gone: their deputy has it from now on.
			next.Owner, next.Deputy = standing.Deputy, id.Person{}
		}
		wait := untilDeputy
		switch {
		case next.Reminders == DeputyReminded:
			next.Deputy, wait = standing.Deputy, untilOrganisation
		case next.Reminders > DeputyReminded:
			wait = untilTold
		}
		event := next.event("overdue", id.Person{}, at)
		again := WhenOverdue(next, id.New[id.Work](d.works))
		again.At = at.Add(wait)
		return Change{Decision: next, Event: &event, Intent: work.Intent{}.Add(again)}, nil
	})
	if errors.Is(err, ErrDecisionUnknown) {
		return nil
	}
	if err == nil && told {
		d.announce.Decision(after)
	}
	return err
}

// Reassign gives the outstanding decisions of somebody who leaves to others of their threads. It may be repeated.
func (d *Desk) Reassign(ctx context.Context, leaver id.Person) error {
	owned, err := d.store.OwnedBy(ctx, leaver)
	if err != nil {
		return err
	}
	at := d.clock.Now()
	for _, one := range owned {
		after, err := d.store.ChangeDecision(ctx, one.Thread, one.Message, id.Person{}, nil, func(now Decision, standing Standing) (Change, error) {
			if now.Owner != leaver || standing.Deputy.IsZero() || standing.Deputy == leaver {
				return Change{Decision: now}, nil // nobody is left there: the organisation's worklist has it
			}
			next := now
			next.Owner, next.Deputy = standing.Deputy, id.Person{}
			event := next.event("reassign", id.Person{}, at)
			return Change{Decision: next, Event: &event}, nil
		})
		if err != nil {
			return err
		}
		d.announce.Decision(after)
	}
	return nil
}

// Settle makes sure that every outstanding decision of which nobody has been told is waited for: those from before there was this work, when a server
// starts. It may be repeated.
func (d *Desk) Settle(ctx context.Context) error {
	waiting, err := d.store.Unreminded(ctx)
	if err != nil || len(waiting) == 0 {
		return err
	}
	var intent work.Intent
	for _, one := range waiting {
		intent = intent.Add(WhenOverdue(one, id.New[id.Work](d.works)))
	}
	return d.store.Intend(ctx, intent)
}
