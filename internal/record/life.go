package record

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/work"
)

// draftLease is how long somebody has a document to themselves. Afterwards anybody takes it over without asking.
const draftLease = 30 * time.Minute

// Change is what becomes of a decision, and what is written with it.
type Change struct {
	Decision Decision
	Intent   work.Intent
	Event    *audit.Event // nil: nothing happened that anybody has to account for
	// Retract has the record told that the document was entered in error; Sealed is who the patient is, as Paper's is.
	Retract bool
	Sealed  []byte
}

// Decisions are the decisions of a thread that a person is a member of, in its order.
func (d *Desk) Decisions(ctx context.Context, in id.Thread, person id.Person) ([]Decision, error) {
	standing, err := d.store.Standing(ctx, in, person, nil)
	if err != nil {
		return nil, err
	}
	if !standing.Member {
		return nil, ErrThreadUnknown
	}
	return d.store.Decisions(ctx, in)
}

// Draft says that a person is preparing the document, so that two do not write it at once. Who does so already keeps it for half an hour, unless the
// other takes over.
func (d *Desk) Draft(ctx context.Context, by Clinician, in id.Thread, decision id.Message, takeOver bool) (Decision, error) {
	return d.change(ctx, by, in, decision, nil, func(now Decision, _ Standing, at time.Time) (Change, error) {
		others := now.Stage == Drafted && now.DraftedBy != by.Person
		if others && !takeOver && at.Before(now.DraftedAt.Add(draftLease)) {
			return Change{}, ErrBeingDrafted.With("by", now.DraftedBy).With("since", now.DraftedAt.UnixMilli())
		}
		again := now.Stage == Drafted && now.DraftedBy == by.Person
		next, err := now.Advance(Draft, at)
		if err != nil {
			return Change{}, err
		}
		next.DraftedBy, next.DraftedAt = by.Person, at
		if again {
			return Change{Decision: next}, nil
		}
		return changed(next, Draft, by.Person, at), nil
	})
}

// PutBack says that a person no longer prepares the document. Somebody else's stays.
func (d *Desk) PutBack(ctx context.Context, by Clinician, in id.Thread, decision id.Message) (Decision, error) {
	return d.change(ctx, by, in, decision, nil, func(now Decision, _ Standing, at time.Time) (Change, error) {
		if now.Stage != Drafted || now.DraftedBy != by.Person {
			return Change{Decision: now}, nil
		}
		next, err := now.Advance(PutBack, at)
		return changed(next, PutBack, by.Person, at), err
	})
}

// Withdrawal takes a decision back.
type Withdrawal struct {
	Act    id.Message // of kind withdraw, by the same person
	Reason string     // withdrawn, error, wrong-patient
	// Assertion is the signed patient-assertion; needed once the record has the document, which is then marked as entered in error.
	Assertion []byte
}

var withdrawReasons = map[string]bool{"withdrawn": true, "error": true, "wrong-patient": true}

// Withdraw takes a decision back: before it was filed it no longer stands; afterwards, and only where it was an error or about somebody else, the record is
// told that it was entered in error, and the originals are kept (H12).
func (d *Desk) Withdraw(ctx context.Context, by Clinician, in id.Thread, decision id.Message, w Withdrawal) (Decision, error) {
	if !withdrawReasons[w.Reason] {
		return Decision{}, ErrReason
	}
	return d.change(ctx, by, in, decision, []id.Message{w.Act}, func(now Decision, standing Standing, at time.Time) (Change, error) {
		if now.Act == w.Act && !now.Act.IsZero() {
			return Change{Decision: now}, nil // once more, after a lost answer
		}
		if err := standing.signed(w.Act, envelope.KindWithdraw, by.Person); err != nil {
			return Change{}, err
		}
		if by.Person != now.MarkedBy && !standing.Owner && by.Person != standing.FiledBy {
			return Change{}, ErrNotYours
		}
		next, step, err := now.TakenBack(w.Reason, at)
		if err != nil {
			return Change{}, err
		}
		next.Act = w.Act
		made := changed(next, step, by.Person, at)
		made.Intent = made.Intent.Without(Overdue, now.key())
		if step == MarkInError {
			return d.retracting(ctx, in, standing, made, w.Assertion, at)
		}
		return made, nil
	})
}

// retracting adds to a change what the record is told.
func (d *Desk) retracting(ctx context.Context, in id.Thread, standing Standing, made Change, signed []byte, at time.Time) (Change, error) {
	assertion, hash, err := d.assertions.Verify(ctx, in, signed)
	if err != nil {
		return Change{}, err
	}
	if !standing.linked(hash) {
		return Change{}, ErrNotLinked
	}
	filing := made.Decision.Filing
	if made.Sealed, err = d.sealIdentity(filing, assertion, at); err != nil {
		return Change{}, err
	}
	made.Retract = true
	made.Intent = made.Intent.Add(work.Due{ID: id.New[id.Work](d.works), Kind: Retract, At: at, Subject: filing.Bytes(), Key: filing.String()})
	return made, nil
}

// Countersign notes that somebody stands by a decision as it is in the document with that hash, which the record holds.
func (d *Desk) Countersign(ctx context.Context, by Clinician, in id.Thread, decision, act id.Message, document id.Hash) (Decision, error) {
	return d.change(ctx, by, in, decision, []id.Message{act}, func(now Decision, standing Standing, at time.Time) (Change, error) {
		if !now.CountersignedAt.IsZero() {
			if now.CountersignedBy == by.Person {
				return Change{Decision: now}, nil
			}
			return Change{}, ErrTransition.With("from", now.Stage.String()).With("transition", Countersign.String())
		}
		if err := standing.signed(act, envelope.KindCountersign, by.Person); err != nil {
			return Change{}, err
		}
		switch {
		case by.Person == now.MarkedBy || by.Person == standing.FiledBy:
			return Change{}, ErrOwnCountersign
		case !now.CountersignBy.IsZero() && by.Person != now.CountersignBy:
			return Change{}, ErrNotAsked
		}
		next, err := now.Advance(Countersign, at)
		if err != nil {
			return Change{}, err
		}
		if document != standing.FiledHash {
			return Change{}, ErrWrongDocument
		}
		next.CountersignedBy, next.CountersignedAt = by.Person, at
		made := changed(next, Countersign, by.Person, at)
		if now.KeptForCountersigning() {
			made.Intent = made.Intent.Add(d.disposeAt(now.Filing, laterOf(at, standing.EligibleAt)))
		}
		return made, nil
	})
}

// change does one thing with a decision, for somebody who may write in its thread.
func (d *Desk) change(ctx context.Context, by Clinician, in id.Thread, decision id.Message, acts []id.Message,
	rule func(now Decision, standing Standing, at time.Time) (Change, error)) (Decision, error) {
	at := d.clock.Now()
	var quiet bool
	after, err := d.store.ChangeDecision(ctx, in, decision, by.Person, acts, func(now Decision, standing Standing) (Change, error) {
		if !standing.Member {
			return Change{}, ErrThreadUnknown
		}
		made, err := rule(now, standing, at)
		quiet = made.Event == nil
		return made, err
	})
	if err == nil && !quiet {
		d.announce.Decision(after)
	}
	return after, err
}

func changed(next Decision, step Transition, by id.Person, at time.Time) Change {
	event := next.event(step.String(), by, at)
	return Change{Decision: next, Event: &event}
}

// signed checks that somebody signed an act of this kind in the thread.
func (s Standing) signed(act id.Message, kind envelope.MessageKind, by id.Person) error {
	there, found := s.Sources[act]
	if !found || there.Kind != kind || there.Author != by {
		return ErrAct
	}
	return nil
}

// key is the decision's key among due work.
func (d Decision) key() string { return overdueKey(d.Thread, d.Message) }

func overdueKey(in id.Thread, decision id.Message) string {
	return in.String() + "/" + decision.String()
}

// SubjectOf reads which decision a due is about.
func SubjectOf(due work.Due) (id.Thread, id.Message, error) {
	const threadBytes, messageBytes = 32, 16
	if len(due.Subject) != threadBytes+messageBytes {
		return id.Thread{}, id.Message{}, errSubject
	}
	return id.Thread(due.Subject[:threadBytes]), id.Message(due.Subject[threadBytes:]), nil
}

var errSubject = fault.New(fault.Invalid, "bad_subject", "This work names no decision.")

func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
