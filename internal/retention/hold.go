package retention

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/work"
)

// Scope is what a hold is about: what everything that is set has in common.
type Scope struct {
	Thread id.Thread
	// Patient is the patient of the thread, by every tag that they may have.
	Patient []id.Tag
	// Person covers every thread that they are or ever were in: what was said to them is evidence as much as what they said, and a hold that is too
	// narrow destroys.
	Person id.Person
	// NHSNumber stands for Patient when a hold is placed, and is kept nowhere.
	NHSNumber string
	// From and Until bound the time of a message, by the server's clock or its author's. Until is not inside.
	From, Until time.Time
}

// Hold forbids destruction.
type Hold struct {
	ID id.Hold
	Scope
	Reason    string
	Requester string // who asked for it, as in "Legal services, 2026/114"
	PlacedBy  id.Person
	PlacedAt  time.Time
	// Covered is how many messages it covered when it was placed, counted in that transaction: none of them was being destroyed.
	Covered int64
	// Incomplete says that the patient index did not answer: numbers of the patient that were replaced are not covered. It is told once and not stored.
	Incomplete bool
	// NoIndex says of an incomplete one that no index is configured that could have been asked.
	NoIndex       bool
	ReleasedBy    id.Person
	ReleasedAt    time.Time
	ReleaseReason string
}

// HoldStore keeps holds.
type HoldStore interface {
	// PlaceHold writes a hold and counts what it covers, in one transaction. event is made of the hold as it is then. ErrThread, ErrPerson.
	PlaceHold(ctx context.Context, hold Hold, event func(Hold) audit.Event) (Hold, error)
	// ReleaseHold ends one, and makes due what it kept; ErrHoldUnknown, ErrHoldReleased. again is given the filings that may be due.
	ReleaseHold(ctx context.Context, hold Hold, again func(id.Filing) work.Due, event audit.Event) (Hold, error)
	// Holds are all holds, newest first.
	Holds(ctx context.Context) ([]Hold, error)
}

// Lead is the scope by which a hold is found; the numbers are in the database.
func (s Scope) Lead() int64 {
	switch {
	case !s.Thread.IsZero():
		return 1
	case len(s.Patient) > 0:
		return 2
	}
	return 3
}

func (s Scope) empty() bool {
	return s.Thread.IsZero() && len(s.Patient) == 0 && s.NHSNumber == "" && s.Person.IsZero() && s.From.IsZero() && s.Until.IsZero()
}

// Words is the scope in a sentence, without anything that names a patient.
func (s Scope) Words() string {
	var parts []string
	if !s.Thread.IsZero() {
		parts = append(parts, "in conversation "+s.Thread.String())
	}
	if len(s.Patient) > 0 {
		parts = append(parts, "in conversations about one patient (by "+plural(len(s.Patient), "keyed tag")+")")
	}
	if !s.Person.IsZero() {
		parts = append(parts, "in conversations that person "+s.Person.String()+" is or was in")
	}
	if !s.From.IsZero() {
		parts = append(parts, "from "+s.From.UTC().Format(stamp))
	}
	if !s.Until.IsZero() {
		parts = append(parts, "until "+s.Until.UTC().Format(stamp))
	}
	return "Messages " + strings.Join(parts, ", ") + "."
}

const stamp = "2 January 2006 15:04:05 UTC"

// Hold forbids destruction from now on: when it returns, every transaction that would destroy sees it.
func (k *Keeper) Hold(ctx context.Context, by id.Person, scope Scope, reason, requester string) (Hold, error) {
	reason, requester = strings.TrimSpace(reason), strings.TrimSpace(requester)
	switch {
	case reason == "" || len(reason) > maxReason || len(requester) > maxReason:
		return Hold{}, ErrReason
	case scope.empty(), !scope.Until.IsZero() && !scope.From.IsZero() && !scope.From.Before(scope.Until):
		return Hold{}, ErrScope
	}
	incomplete, err := k.findPatient(ctx, by, &scope)
	if err != nil {
		return Hold{}, err
	}
	hold := Hold{
		ID: id.New[id.Hold](k.ids), Scope: scope, Reason: reason, Requester: requester, PlacedBy: by, PlacedAt: k.Clock.Now(), Incomplete: incomplete,
		NoIndex: incomplete && k.NoIndex,
	}
	return k.Store.PlaceHold(ctx, hold, func(placed Hold) audit.Event {
		subject := audit.About(placed.ID)
		if !scope.Thread.IsZero() {
			subject = audit.About(scope.Thread, placed.ID)
		}
		return audit.Event{Kind: audit.Hold, Actor: by, Subject: subject, At: placed.PlacedAt, Details: placed.details()}
	})
}

// findPatient puts tags in the place of a number.
func (k *Keeper) findPatient(ctx context.Context, by id.Person, scope *Scope) (incomplete bool, err error) {
	if scope.NHSNumber == "" {
		return false, nil
	}
	if k.Patients == nil {
		return false, ErrScope
	}
	tags, complete, err := k.Patients.Tags(ctx, by, scope.NHSNumber)
	scope.NHSNumber, scope.Patient = "", append(scope.Patient, tags...)
	return !complete, err
}

// details are the scope for the audit log: that there is a patient, not who.
func (h Hold) details() map[string]string {
	details := map[string]string{"covered": strconv.FormatInt(h.Covered, 10)}
	if len(h.Patient) > 0 {
		details["patient"] = "yes"
	}
	if !h.Person.IsZero() {
		details["person"] = h.Person.String()
	}
	if !h.From.IsZero() {
		details["from"] = strconv.FormatInt(h.From.UnixMilli(), 10)
	}
	if !h.Until.IsZero() {
		details["until"] = strconv.FormatInt(h.Until.UnixMilli(), 10)
	}
	return details
}

// Release ends a hold with a reason, and lets what it kept be disposed of. One person may: what is destroyed then has to be due anyway.
func (k *Keeper) Release(ctx context.Context, by id.Person, which id.Hold, reason string) (Hold, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" || len(reason) > maxReason {
		return Hold{}, ErrReason
	}
	now := k.Clock.Now()
	event := audit.Event{Kind: audit.HoldReleased, Actor: by, Subject: audit.About(which), At: now}
	return k.Store.ReleaseHold(ctx, Hold{ID: which, ReleasedBy: by, ReleasedAt: now, ReleaseReason: reason}, k.disposeAt(now), event)
}

// Holds are all holds, newest first.
func (k *Keeper) Holds(ctx context.Context) ([]Hold, error) { return k.Store.Holds(ctx) }

// Receipt is what whoever asked for the hold gets to keep.
func (h Hold) Receipt(organisation string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "RECEIPT FOR A HOLD\n%s\n\n", organisation)
	line := func(name, value string) { fmt.Fprintf(&b, "%-14s %s\n", name, value) }
	line("Hold", h.ID.String())
	line("Placed", h.PlacedAt.UTC().Format(stamp))
	line("Placed by", who(h.PlacedBy))
	if h.Requester != "" {
		line("Requested by", h.Requester)
	}
	line("Reason", h.Reason)
	line("Scope", h.Words())
	line("Covers now", plural(int(h.Covered), "message"))
	switch {
	case h.NoIndex:
		line("Not looked up", "no patient index is configured here, so other numbers of the patient are not covered; place a hold for each of them too")
	case h.Incomplete:
		line("Not looked up", "the patient index did not answer, so NHS numbers that were replaced are not covered; place the hold again for them")
	}
	if !h.ReleasedAt.IsZero() {
		line("Released", h.ReleasedAt.UTC().Format(stamp)+" by "+who(h.ReleasedBy)+": "+h.ReleaseReason)
		return b.String()
	}
	b.WriteString("\nNothing in this scope is destroyed until the hold is released, whatever is due: messages that come later included.\n" +
		"What had been destroyed before the hold was placed is not counted and cannot be brought back.\n")
	return b.String()
}

func who(person id.Person) string {
	if person.IsZero() {
		return "the operator of the server"
	}
	return "person " + person.String()
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

const maxReason = 400
