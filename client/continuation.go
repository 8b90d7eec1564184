package client

import (
	"context"
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
)

// Continuation is a thread in which the talk of a frozen one goes on, and who said so.
type Continuation struct {
	Thread id.Thread
	By     id.Person
}

// claim is what a message says of the thread that it goes on from. It is believed only by whoever knows that thread: see continues.
type claim struct {
	from id.Thread
	by   id.Person
}

// opening is how many messages of a thread may be the one that opens it: people write at once.
const opening = 8

// GoOn starts a thread in the place of a frozen one: the same space and patient, the people who are still there under the identity that is known
// here, and a first message that says where the talk came from. leftOut are the others; who has a new identity is let in by somebody who has made
// sure of it. When the talk goes on somewhere already, that is the answer, and nothing is said.
func (s *Session) GoOn(ctx context.Context, in id.Thread, text string) (made id.Thread, leftOut []id.Person, err error) {
	t, err := s.enterThread(in)
	if err != nil {
		return id.Thread{}, nil, err
	}
	defer s.mu.Unlock()
	if s.frozen[in] == nil {
		return id.Thread{}, nil, ErrNotFrozen
	}
	if next := s.goesOn(t, s.claims()); next != nil {
		return next.Thread, nil, nil
	}
	s.report(ctx) // two people may start another direct thread when the server has heard of it
	made, opened := s.goneOn[in]
	if !opened {
		var people []id.Person
		if people, leftOut, err = s.companions(ctx, t); err != nil {
			return id.Thread{}, nil, err
		}
		if made, err = s.replace(ctx, t, people); err != nil {
			return id.Thread{}, leftOut, err
		}
		s.goneOn[in] = made
	}
	next := s.threads[made]
	if _, err := s.queue(ctx, next, Draft{Text: text, continues: &in}); err != nil {
		return made, leftOut, err
	}
	return made, leftOut, s.flush(ctx, next)
}

// companions are the members who come along, and those who cannot for now.
func (s *Session) companions(ctx context.Context, t *thread) (people, leftOut []id.Person, err error) {
	if err := s.refreshPeople(ctx, membersOf(t.membership)...); err != nil && !isPersonError(err) {
		return nil, nil, err
	}
	for _, member := range t.membership.Members() {
		if member.Person == s.person {
			continue
		}
		state := s.people[member.Person]
		same := state != nil && state.IdentityHash() == member.Identity
		if same {
			_, same = state.CurrentGeneration()
		}
		if same {
			var entry Person
			if err := s.call(ctx, "GET", "/v1/people/"+member.Person.String(), nil, &entry); err != nil {
				return nil, nil, err
			}
			same = !entry.Left
		}
		if same {
			people = append(people, member.Person)
		} else {
			leftOut = append(leftOut, member.Person)
		}
	}
	return people, leftOut, nil
}

// replace starts the thread. A patient is looked up afresh, and must be who they were.
func (s *Session) replace(ctx context.Context, t *thread, people []id.Person) (id.Thread, error) {
	if t.membership.Space() == envelope.SpacePatient {
		_, assertion := t.state()
		if assertion == nil {
			return id.Thread{}, ErrMismatch
		}
		patient := describePatient(assertion)
		return s.replacePatient(ctx, patient, people)
	}
	create := t.membership.Create()
	f, err := s.found(envelope.Create{Space: create.Space, Name: t.nameInTheOpen(), AddBy: create.AddBy, PostBy: create.PostBy})
	if err != nil {
		return id.Thread{}, err
	}
	if err := s.invite(ctx, f, people, envelope.AddFounding); err != nil {
		return id.Thread{}, err
	}
	return s.start(ctx, f)
}

func (t *thread) nameInTheOpen() string {
	if t.membership.Space() == envelope.SpaceDirect {
		return ""
	}
	return t.membership.Name()
}

func (s *Session) replacePatient(ctx context.Context, patient Patient, people []id.Person) (id.Thread, error) {
	identified, err := s.identify(ctx, Question{
		NHSNumber: patient.Number.Digits(), Family: patient.Name.Family, Given: patient.Name.Given, BirthDate: patient.Born.String(),
		HospitalNumber: hospitalNumberAlone(patient), Temporary: patient.Temporary,
	})
	if err != nil {
		return id.Thread{}, err
	}
	if identified.Matched && (identified.Patient.Number != patient.Number || !nhs.SameName(identified.Patient.Name, patient.Name)) {
		return id.Thread{}, ErrMismatch // the index says something else now: somebody has to look
	}
	return s.createIdentified(ctx, identified, people)
}

// hospitalNumberAlone is the hospital's number of somebody who is found by nothing else.
func hospitalNumberAlone(patient Patient) string {
	if patient.Number.IsZero() {
		return patient.HospitalNumber
	}
	return ""
}

// claims are what all threads say that they go on from, by the thread that they name.
func (s *Session) claims() map[id.Thread][]Continuation {
	all := map[id.Thread][]Continuation{}
	for _, t := range s.threads {
		for _, one := range t.claims {
			all[one.from] = append(all[one.from], Continuation{t.id, one.by})
		}
	}
	return all
}

// goesOn finds the thread that goes on from another: it says so itself, by somebody who was there, in the same space and about the same patient.
// Of several the oldest counts.
func (s *Session) goesOn(from *thread, claims map[id.Thread][]Continuation) *Continuation {
	var found *Continuation
	for _, one := range claims[from.id] {
		if from.isContinuedBy(s.threads[one.Thread], one.By) && (found == nil || s.threads[one.Thread].before(s.threads[found.Thread])) {
			found = &one
		}
	}
	return found
}

// before orders threads by when they were made, as far as their makers say.
func (t *thread) before(other *thread) bool {
	a, b := t.membership.Create().Created, other.membership.Create().Created
	return a < b || a == b && t.id.Compare(other.id) < 0
}

func (t *thread) isContinuedBy(next *thread, author id.Person) bool {
	if next == t || next.membership.Space() != t.membership.Space() || !slices.Contains(t.people(), author) {
		return false
	}
	if t.membership.Space() != envelope.SpacePatient {
		return true
	}
	return slices.ContainsFunc(t.membership.Links(), func(was envelope.Link) bool { // as they were first known, and as it was said better since
		return slices.ContainsFunc(next.membership.Links(), func(is envelope.Link) bool { return was.Tag == is.Tag })
	})
}

// claimed notes what one of the first messages says.
func (t *thread) claimed(m *message) {
	if m.inner.continues == nil {
		return
	}
	for n, first := range t.messages {
		if n == opening {
			return
		}
		if first == m {
			t.claims = append(t.claims, claim{*m.inner.continues, m.person})
		}
	}
}
