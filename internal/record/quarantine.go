package record

import (
	"context"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/work"
)

// A quarantined thread's filings are in the wrong patient's record, or may be (R51). What has not gone is stopped, and for the rest the record is
// owed a word, both in the transaction of the quarantine. The server has destroyed whose record it was with the receipt (P1), so a member's device says
// it again, with the assertion that the thread is linked to; from then on it is due work. Until the record holds the document as
// entered in error, every member sees that it does not.

// AskRetraction has the record told what it is owed, or told again after it refused. signed is the assertion that the thread is linked to.
func (d *Desk) AskRetraction(ctx context.Context, by Clinician, in id.Thread, filing id.Filing, signed []byte) (Paper, error) {
	standing, err := d.store.Standing(ctx, in, by.Person, nil)
	if err != nil {
		return Paper{}, err
	}
	if !standing.Member {
		return Paper{}, ErrThreadUnknown
	}
	paper, _, err := d.store.Paper(ctx, filing)
	if err != nil {
		return Paper{}, err
	}
	if paper.Thread != in {
		return Paper{}, ErrFilingUnknown
	}
	if paper.Retraction != RetractOwed && paper.Retraction != RetractRefused {
		return Paper{}, ErrNothingToDo
	}
	assertion, hash, err := d.assertions.Verify(ctx, in, signed)
	if err != nil {
		return Paper{}, err
	}
	if !standing.linked(hash) {
		return Paper{}, ErrNotLinked
	}
	now := d.clock.Now()
	sealed, err := d.sealIdentity(filing, assertion, now)
	if err != nil {
		return Paper{}, err
	}
	intent := work.Intent{}.Add(work.Due{ID: id.New[id.Work](d.works), Kind: Retract, At: now, Subject: filing.Bytes(), Key: filing.String()})
	event := audit.Event{
		Kind: audit.Retraction, Actor: by.Person, Subject: audit.About(in, filing), At: now, Details: map[string]string{"state": Retracting.String()},
	}
	if err := d.store.AskRetraction(ctx, filing, sealed, intent, event); err != nil {
		return Paper{}, err
	}
	paper.Retraction = Retracting
	d.announce.Filing(paper)
	return paper, nil
}
