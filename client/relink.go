package client

import (
	"context"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
)

// ErrRelinked: somebody else linked the thread again first. Whoever wanted to looks at who the patient is now.
var ErrRelinked = &Stopped{"link_moved", "somebody else has linked this thread again"}

// Standings of a patient's identity with the index: see [Session.CheckPatient].
const (
	IdentityCurrent    = "current"
	IdentitySuperseded = "superseded" // another number: Identified can be linked at once
	IdentityChanged    = "changed"    // name or date of birth are others now
	IdentityKnown      = "identified" // who was unknown is known
	IdentityGone       = "gone"       // the index does not know the number any more
)

// PatientCheck is how the identity of a thread's patient stands with the index.
type PatientCheck struct {
	Outcome  string
	Compared []Compared
	// Identified is set only where the number was superseded.
	Identified *Identified
}

// Reidentify asks the patient index about the patient of a thread, to say better who they are: an unknown patient was identified, or something about them
// changed. What comes back is for [Session.Relink]. It is of the same patient, or it is refused (R51).
func (s *Session) Reidentify(ctx context.Context, in id.Thread, q Question) (*Identified, error) {
	t, err := s.enterThread(in)
	if err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	state, former, err := t.present()
	if err != nil {
		return nil, err
	}
	identified, assertion, err := s.lookUp(ctx, in, q, state.Assertion.Assertion)
	if err != nil || assertion == nil {
		return identified, err
	}
	return identified, identified.takesPlaceOf(former, assertion, in)
}

// CheckPatient asks the index whether the identity that a thread is linked to still stands.
func (s *Session) CheckPatient(ctx context.Context, in id.Thread) (PatientCheck, error) {
	t, err := s.enterThread(in)
	if err != nil {
		return PatientCheck{}, err
	}
	defer s.mu.Unlock()
	state, former, err := t.present()
	if err != nil {
		return PatientCheck{}, err
	}
	var body struct {
		Outcome   string     `json:"outcome"`
		Compared  []Compared `json:"compared"`
		Assertion []byte     `json:"assertion"`
		Source    string     `json:"source"`
		Disagrees []string   `json:"disagrees"`
	}
	asked := map[string]any{"assertion": state.Assertion.Assertion}
	if err := s.call(ctx, "POST", "/v1/threads/"+in.String()+"/patient/check", asked, &body); err != nil {
		return PatientCheck{}, err
	}
	checked := PatientCheck{Outcome: body.Outcome, Compared: body.Compared}
	if body.Outcome != IdentitySuperseded {
		return checked, nil
	}
	assertion, err := s.readAssertion(in, body.Assertion)
	if err != nil {
		return PatientCheck{}, err
	}
	was := describePatient(former)
	if !nhs.SameName(was.Name, nhs.Name{Family: assertion.Family, Given: assertion.Given}) || was.Born.String() != assertion.BirthDate {
		return PatientCheck{}, refuse(envelope.WrongIdentity, "a superseded number with another name or date of birth")
	}
	checked.Identified = &Identified{
		Matched: true, Compared: body.Compared, Restricted: assertion.Restricted, Source: body.Source, Disagrees: body.Disagrees,
		Patient: describePatient(assertion), assertion: body.Assertion,
	}
	return checked, checked.Identified.takesPlaceOf(former, assertion, in)
}

// Relink links a thread to what was found out about its patient, with keys that carry it. Everything that was said stays; whoever decides or files compares
// the patient anew.
func (s *Session) Relink(ctx context.Context, in id.Thread, identified *Identified) error {
	t, err := s.enterThread(in)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	if !identified.Matched {
		return &MismatchError{identified.Compared}
	}
	if identified.thread != in {
		return refuse(envelope.WrongIdentity, "the patient was identified for another thread")
	}
	assertion, err := s.readAssertion(in, identified.assertion)
	if err != nil {
		return err
	}
	hash, err := envelope.Hash(assertion)
	if err != nil {
		return err
	}
	state := &envelope.ThreadState{Assertion: &envelope.StateAssertion{Assertion: identified.assertion}}
	return s.changeState(ctx, t, state, func(head envelope.EntryHead) (envelope.Object, error) {
		if t.quarantine() != nil {
			return nil, ErrQuarantined
		}
		if link, linked := t.membership.Link(); !linked || link.Assertion != assertion.Continues {
			return nil, ErrRelinked
		}
		return &envelope.Link{EntryHead: head, Tag: assertion.Tag, Assertion: hash}, nil
	})
}

// takesPlaceOf refuses what cannot take the place of a thread's assertion.
func (i *Identified) takesPlaceOf(former, next *envelope.PatientAssertion, in id.Thread) error {
	hash, err := envelope.Hash(former)
	if err != nil {
		return err
	}
	if next.Continues != hash {
		return refuse(envelope.WrongIdentity, "an assertion that does not take the place of the thread's")
	}
	i.thread = in
	return envelope.SamePatient(former, next)
}

// present is the state whose assertion the thread's present link names. Where it did not open, or was refused, nobody here can say better who that is.
func (t *thread) present() (*envelope.ThreadState, *envelope.PatientAssertion, error) {
	state, assertion := t.state()
	if assertion == nil {
		return nil, nil, refuse(envelope.WrongIdentity, "a thread without a patient")
	}
	hash, err := envelope.Hash(assertion)
	if err != nil {
		return nil, nil, err
	}
	if link, linked := t.membership.Link(); !linked || link.Assertion != hash {
		return nil, nil, refuse(envelope.WrongIdentity, "the patient of the present link could not be read here")
	}
	return state, assertion, nil
}

// isPresent says whether a signed assertion is the one that the thread is linked to.
func (t *thread) isPresent(raw []byte) bool {
	signed, err := envelope.Parse[envelope.Signed](raw)
	if err != nil {
		return false
	}
	hash, err := signed.Hash()
	link, linked := t.membership.Link()
	return err == nil && linked && link.Assertion == hash
}

// comparePatients holds the patient of each epoch against the newest before it that was taken: the server vouches for a later link, and nobody takes its word
// for another patient (section 9 of docs/protocol.md). An epoch that names one is used as little as any whose state is wrong.
func (t *thread) comparePatients() {
	var former *envelope.PatientAssertion
	for _, e := range t.epochs {
		if e.patient == nil {
			continue
		}
		if former != nil && former != e.patient {
			if err := envelope.SamePatient(former, e.patient); err != nil {
				e.key, e.state, e.patient, e.refused = nil, nil, nil, err
				if e.spoilt == nil {
					e.spoilt = &spoilt{problem: envelope.ProblemWrongState, envelope: e.given}
				}
				continue
			}
		}
		former = e.patient
	}
}
