package record

import (
	"context"
	"errors"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/pdf"
	"github.com/wardline/wardline/internal/work"
)

// Handle is one attempt to file, or to find out that an earlier one succeeded. It implements [work.Handler] for Attempt.
func (d *Desk) Handle(ctx context.Context, due work.Due) error {
	filing, err := id.FromBytes[id.Filing](due.Subject)
	if err != nil {
		return fault.New(fault.Invalid, "bad_subject", "This work names no filing.").Because(err)
	}
	paper, sealed, err := d.store.Paper(ctx, filing)
	if err != nil {
		return err
	}
	if paper.State != Waiting && paper.State != Filing {
		return nil // done before, or waiting for a person
	}
	wait, replaces, err := d.mustWait(ctx, paper)
	switch {
	case err != nil:
		return err
	case wait != nil:
		return wait
	}
	document, err := d.open(paper, sealed)
	if err != nil {
		return err
	}
	document.Replaces = replaces
	if d.pdf {
		if document.PDF, err = render(document); err != nil && !errors.Is(err, pdf.ErrCharacter) {
			return err
		}
	}
	receipt, err := d.destination.File(ctx, document)
	if err == nil && receipt.Hash != paper.DocumentHash {
		err = errOtherReceipt
	}
	if err != nil {
		err = d.trouble(ctx, due, paper, err)
	} else {
		err = d.receive(ctx, paper, receipt)
	}
	return errors.Join(err, d.store.Next(ctx, paper.ID, d.attempt))
}

func (d *Desk) receive(ctx context.Context, paper Paper, receipt Receipt) error {
	grace, err := d.grace(ctx)
	if err != nil {
		return err
	}
	paper.State, paper.Code, paper.Reason = Received, "", ""
	paper.Reference, paper.ReceivedAt, paper.EligibleAt = receipt.Reference, receipt.At, receipt.At.Add(grace)
	paper.Attempts, paper.NextTryAt = paper.Attempts+1, time.Time{}
	event := audit.Event{
		Kind: audit.Receipt, Subject: audit.About(paper.Thread, paper.ID), At: receipt.At,
		Details: map[string]string{"document": paper.DocumentHash.String(), string(receipt.Proof): receipt.Hash.String()},
	}
	intent := work.Intent{}.Add(d.disposeAt(paper.ID, paper.EligibleAt)).Without(Overdue, overdueKey(paper.Thread, paper.Decision))
	if err := d.store.Receive(ctx, paper, intent, event); err != nil {
		return err
	}
	d.announce.Filing(paper)
	return nil
}

// disposeAt makes the destruction of a filing's originals due.
func (d *Desk) disposeAt(filing id.Filing, at time.Time) work.Due {
	return work.Due{ID: id.New[id.Work](d.works), Kind: Dispose, At: at, Subject: filing.Bytes(), Key: filing.String()}
}

// trouble notes an attempt that brought no receipt. What needs a person ends the work; the rest is tried again.
func (d *Desk) trouble(ctx context.Context, due work.Due, paper Paper, why error) error {
	known, ok := errors.AsType[*fault.Error](why)
	if !ok || known.Kind() == fault.Internal {
		return why
	}
	now := d.clock.Now()
	paper.Attempts++
	paper.Code, paper.Reason = known.Code(), reasonOf(known)
	settled := d.retry.Settle(due, why, now)
	var event *audit.Event
	if settled.Outcome == work.Refused {
		paper.State, paper.NextTryAt = Refused, time.Time{}
		if known.Kind() == fault.Conflict {
			paper.State = Failed
		}
		event = &audit.Event{
			Kind: audit.FilingRefused, Subject: audit.About(paper.Thread, paper.ID), At: now, Details: map[string]string{"code": paper.Code},
		}
	} else {
		paper.State, paper.NextTryAt = Filing, settled.At
	}
	if err := d.store.NoteTrouble(ctx, paper, work.Intent{}, event); err != nil {
		return err
	}
	d.announce.Filing(paper)
	if settled.Outcome == work.Refused {
		return nil // the filing itself waits for a person; the work is over
	}
	return why
}

// reasonOf is why the record said no, in its own words where it gave some.
func reasonOf(known *fault.Error) string {
	if reason, ok := known.Details()["reason"].(string); ok && reason != "" {
		return reason
	}
	return known.Message()
}

// ignore swallows one expected error.
func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}
