package record

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/work"
)

// Retract is the kind of work that tells the record that a document was entered in error; its subject and key are the filing's id.
const Retract work.Kind = "record.retract"

// Retraction says how far the record has been told.
type Retraction uint8

// The retractions. The numbers are in the database: append only.
const (
	NotRetracted   Retraction = 0
	Retracting     Retraction = 1 // the record has not been told yet
	Retracted      Retraction = 2 // it shows the document as entered in error
	RetractRefused Retraction = 3 // it said no: waits for a person
	RetractOwed    Retraction = 4 // it must be told, and nobody's device has said yet whose record it is
)

// String is the retraction's name in the API, "" for none.
func (r Retraction) String() string {
	return [...]string{"", "retracting", "retracted", "refused", "owed"}[r]
}

// sealIdentity seals who the patient of a filing is, for telling the record.
func (d *Desk) sealIdentity(filing id.Filing, a *envelope.PatientAssertion, at time.Time) ([]byte, error) {
	plain, err := json.Marshal(waiting{
		NHSNumber: a.NHSNumber, HospitalNumber: a.HospitalNumber, Family: a.Family, Given: a.Given, Title: a.Title, Born: a.BirthDate, FiledAt: at,
	})
	if err != nil {
		return nil, err
	}
	return d.sealer.Seal(sealedAs, filing.Bytes(), plain), nil
}

// HandleRetract is one attempt to tell the record. It implements [work.Handler] for Retract.
func (d *Desk) HandleRetract(ctx context.Context, due work.Due) error {
	filing, err := id.FromBytes[id.Filing](due.Subject)
	if err != nil {
		return fault.New(fault.Invalid, "bad_subject", "This work names no filing.").Because(err)
	}
	paper, sealed, err := d.store.Paper(ctx, filing)
	if err != nil {
		return err
	}
	if paper.Retraction != Retracting {
		return nil
	}
	document, err := d.open(paper, sealed)
	if err != nil {
		return err
	}
	at := d.clock.Now()
	state, code, reason := Retracted, "", ""
	if err := d.destination.Retract(ctx, document); err != nil {
		known, ok := errors.AsType[*fault.Error](err)
		if !ok || d.retry.Settle(due, err, at).Outcome != work.Refused {
			return err
		}
		state, code, reason = RetractRefused, known.Code(), reasonOf(known)
	}
	event := audit.Event{
		Kind: audit.Retraction, Subject: audit.About(paper.Thread, paper.ID), At: at, Details: map[string]string{"state": state.String(), "code": code},
	}
	if code == "" {
		delete(event.Details, "code")
	}
	paper.Retraction, paper.Code, paper.Reason = state, code, reason
	if err := d.store.NoteRetraction(ctx, paper, event); err != nil {
		return err
	}
	d.announce.Filing(paper)
	return nil
}
