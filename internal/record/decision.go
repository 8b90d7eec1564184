package record

import (
	"strconv"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Stage is where a decision stands in its life. The numbers are in the database: append only.
type Stage uint8

// The stages.
const (
	Marked        Stage = 1  // somebody said that this is a decision; the record does not have it
	Drafted       Stage = 2  // somebody is preparing its document
	Filed         Stage = 3  // handed over for the record, no receipt yet
	InRecord      Stage = 4  // the record's receipt is here
	Countersigned Stage = 5  // and somebody else stands by it
	Eligible      Stage = 6  // its originals are being destroyed
	Destroyed     Stage = 7  // they are
	RecordRefused Stage = 8  // the record said no, or keeps something else: waits for a person
	Corrected     Stage = 9  // a later decision took its place
	Withdrawn     Stage = 10 // taken back before it was filed
	InError       Stage = 11 // taken back after
)

var stageNames = [...]string{
	"", "marked", "drafted", "filed", "received", "countersigned", "eligible", "destroyed", "refused", "corrected", "withdrawn", "entered-in-error",
}

// String is the stage's name in the API and in the audit log.
func (s Stage) String() string {
	if int(s) < len(stageNames) {
		return stageNames[s]
	}
	return ""
}

// Outstanding reports whether the record still has to get it: what worklists show, and what is never destroyed whatever its age (H15, R19).
func (s Stage) Outstanding() bool {
	return s == Marked || s == Drafted || s == Filed || s == RecordRefused
}

// Transition is what happens to a decision.
type Transition uint8

// The transitions.
const (
	Draft        Transition = iota + 1 // somebody begins its document
	PutBack                            // and leaves it
	HandOver                           // a document is handed over for the record
	Refuse                             // the record said no
	TryAgain                           // a person sends it again
	Receive                            // the record's receipt came
	Countersign                        // somebody else stands by it
	Ripen                              // grace is over, nothing keeps the originals: their destruction begins
	Destroy                            // and is done
	Correct                            // a later decision is in the record in its place
	Withdraw                           // taken back, not filed yet
	MarkInError                        // taken back, filed
	WrongPatient                       // the thread turned out to be about somebody else
)

var transitionNames = [...]string{
	"", "draft", "put-back", "hand-over", "refuse", "try-again", "receive", "countersign", "ripen", "destroy", "correct", "withdraw", "mark-in-error", "wrong-patient",
}

// String is the transition's name in the audit log.
func (t Transition) String() string { return transitionNames[t] }

// Transitions is the whole machine: from where each transition leads where. What is not here is refused.
var Transitions = map[Transition]map[Stage]Stage{
	Draft:    {Marked: Drafted, Drafted: Drafted, RecordRefused: Drafted},
	PutBack:  {Drafted: Marked},
	HandOver: {Marked: Filed, Drafted: Filed, RecordRefused: Filed},
	Refuse:   {Filed: RecordRefused},
	TryAgain: {RecordRefused: Filed, Drafted: Filed, Filed: Filed},
	Receive:  {Filed: InRecord},
	// It may be countersigned when the originals are gone too: the document is what is countersigned.
	Countersign: {InRecord: Countersigned, Eligible: Eligible, Destroyed: Destroyed},
	Ripen:       {InRecord: Eligible, Countersigned: Eligible, Eligible: Eligible, Corrected: Corrected},
	Destroy:     {Eligible: Destroyed, Corrected: Corrected, InError: InError},
	// What the record never had is not corrected there: the later decision takes it back.
	Correct: {
		Marked: Withdrawn, Drafted: Withdrawn, RecordRefused: Withdrawn,
		InRecord: Corrected, Countersigned: Corrected, Eligible: Corrected, Destroyed: Corrected,
	},
	Withdraw:    {Marked: Withdrawn, Drafted: Withdrawn, RecordRefused: Withdrawn},
	MarkInError: {InRecord: InError, Countersigned: InError, Eligible: InError, Destroyed: InError, Corrected: InError},
	// What was on its way is stopped; whether it arrived all the same, its filing says.
	WrongPatient: {
		Marked: Withdrawn, Drafted: Withdrawn, RecordRefused: Withdrawn, Filed: Withdrawn,
		InRecord: InError, Countersigned: InError, Eligible: InError, Destroyed: InError, Corrected: InError,
	},
}

// Decision is one decision of a patient thread.
type Decision struct {
	Thread   id.Thread
	Message  id.Message
	Entry    id.Hash // of its message
	Seq      uint64
	MarkedBy id.Person
	MarkedAt time.Time
	Urgency  envelope.Urgency

	Stage     Stage
	ChangedAt time.Time
	// Owner has to see that it is filed: who marked it, until they leave.
	Owner id.Person
	// Deputy is who is told when the owner does not; zero before that.
	Deputy id.Person
	// DueAt is when it becomes overdue, and Reminders how often somebody was told since.
	DueAt     time.Time
	Reminders int

	DraftedBy id.Person
	DraftedAt time.Time
	// Filing is the one that was last handed over or sent again, and so the one that is received if any is; zero before the first.
	Filing id.Filing
	// CountersignWanted keeps the originals until somebody other than who marked and who filed it countersigns: CountersignBy, or anybody in the
	// thread when that is zero.
	CountersignWanted bool
	CountersignBy     id.Person
	CountersignedBy   id.Person
	CountersignedAt   time.Time
	// Corrects is the earlier decision that this one puts right, CorrectedBy the later one.
	Corrects    id.Message
	CorrectedBy id.Message
	// Act is the signed message that took it back, and Reason its reason.
	Act    id.Message
	Reason string
}

// Advance is the decision after a transition, or ErrTransition when there is no way from where it stands.
func (d Decision) Advance(t Transition, at time.Time) (Decision, error) {
	next, allowed := Transitions[t][d.Stage]
	if !allowed {
		return d, ErrTransition.With("from", d.Stage.String()).With("transition", t.String())
	}
	if t == Ripen && d.KeptForCountersigning() {
		return d, ErrCountersignFirst
	}
	if next != d.Stage {
		d.ChangedAt = at
	}
	if d.Stage == Drafted && next != Drafted {
		d.DraftedBy, d.DraftedAt = id.Person{}, time.Time{}
	}
	d.Stage = next
	return d, nil
}

// TakenBack is the decision after somebody took it back for a reason, and the step that this is. What was filed is not withdrawn, because the record would show
// what was right, and acted upon, as if it should never have been: it is corrected, or it was an error. On its way it can be neither, as nobody knows yet.
func (d Decision) TakenBack(reason string, at time.Time) (Decision, Transition, error) {
	step := MarkInError
	if d.Stage.Outstanding() {
		step = Withdraw
	}
	next, err := d.Advance(step, at)
	switch {
	case err != nil:
		return d, step, err
	case step == MarkInError && reason == "withdrawn":
		return d, step, ErrFiledStands.With("from", d.Stage.String())
	}
	next.Reason = reason
	return next, step, nil
}

// OfWrongPatient is the decision after somebody's act said that the thread is about the wrong patient, and the event that tells of it. What was taken
// back before stays as it is, and has none.
func (d Decision) OfWrongPatient(act id.Message, by id.Person, at time.Time) (Decision, *audit.Event) {
	next, err := d.Advance(WrongPatient, at)
	if err != nil {
		return d, nil
	}
	next.Act, next.Reason = act, "wrong-patient"
	event := next.event(WrongPatient.String(), by, at)
	return next, &event
}

// KeptForCountersigning reports whether the originals wait for somebody's countersignature.
func (d Decision) KeptForCountersigning() bool {
	return d.CountersignWanted && d.CountersignedAt.IsZero() && (d.Stage == InRecord || d.Stage == Filed)
}

// overdueAfter is how long a decision may be without the record having it, by its urgency (R19; facts.md section 4 has no national figures, so a
// Trust may differ).
var overdueAfter = map[envelope.Urgency]time.Duration{
	envelope.UrgencyRoutine:   4 * time.Hour,
	envelope.UrgencyAction:    4 * time.Hour,
	envelope.UrgencyUrgent:    time.Hour,
	envelope.UrgencyEmergency: time.Hour,
}

// Mark is a decision as it begins, and the event that tells of it.
func Mark(h *envelope.Header, entry id.Hash, seq uint64, at time.Time) (Decision, audit.Event) {
	d := Decision{
		Thread: h.Thread, Message: h.Message, Entry: entry, Seq: seq, MarkedBy: h.Person, MarkedAt: at, Urgency: h.Urgency,
		Stage: Marked, ChangedAt: at, Owner: h.Person, DueAt: at.Add(overdueAfter[h.Urgency]),
	}
	return d, d.event("mark", h.Person, at)
}

// event tells of one step of a decision's life: ids and codes only.
func (d Decision) event(step string, actor id.Person, at time.Time) audit.Event {
	event := audit.Event{
		Kind: audit.Decision, Actor: actor, Subject: audit.About(d.Thread, d.Message), At: at,
		Details: map[string]string{"step": step, "stage": d.Stage.String()},
	}
	if d.Reminders > 0 {
		event.Details["reminders"] = strconv.Itoa(d.Reminders)
	}
	if d.Reason != "" {
		event.Details["reason"] = d.Reason
	}
	if !d.Act.IsZero() {
		event.Details["act"] = d.Act.String()
	}
	return event
}
