package client

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Section 7.7 of docs/protocol.md: a complaint of somebody else makes nobody rotate and stops nothing.

const (
	// maxRenewals is how many epochs a session makes in a thread in an hour because those before did not open: a bad author must not get two people to
	// go on for ever.
	maxRenewals  = 3
	renewalsSpan = time.Hour
	// firstAnswer is how many members answer a complaint at once. The others answer what nobody has for a while.
	firstAnswer = 2
	patience    = time.Minute
)

// Complaint is what a member says of an epoch that lists them: a word against a word.
type Complaint struct {
	Epoch   uint32
	By      id.Person
	Author  id.Person // of the epoch
	Problem envelope.Problem
	At      time.Time
	// Answered: somebody has given them keys since, as the server says.
	Answered bool
}

// spoilt is what an author got wrong with an epoch. envelope is the hash of the one that was given.
type spoilt struct {
	problem  envelope.Problem
	envelope id.Hash
	said     bool // complained of
}

// complaint is one that was verified.
type complaint struct {
	said     *envelope.Complaint
	epoch    *epoch
	at       envelope.Time // the server's clock
	answered bool
}

// complained names a complaint: there is one by each person about each epoch.
type complained struct {
	epoch uint32
	by    id.Person
}

// settle does what a thread's log calls for beyond itself: complains of keys that do not open, makes new ones, and gives others what they are missing.
func (s *Session) settle(ctx context.Context, in id.Thread) error {
	t := s.threads[in]
	if t == nil || t.settling || s.stopped(t) != nil || !t.isMember(s.person) {
		return nil
	}
	t.settling = true
	defer func() { t.settling = false }()
	for _, step := range []func(context.Context, *thread) error{s.hearComplaints, s.complain, s.answer, s.giveReturned} {
		if err := step(ctx, t); err != nil || s.secrets == nil || s.stopped(t) != nil {
			return err
		}
	}
	t.settled = t.log.Seq()
	return nil
}

// hearComplaints asks for them when the server has more than were here.
func (s *Session) hearComplaints(ctx context.Context, t *thread) error {
	if t.head.Complaints <= t.heardOf {
		return nil
	}
	return s.fetchComplaints(ctx, t)
}

func (s *Session) fetchComplaints(ctx context.Context, t *thread) error {
	var body struct {
		Complaints []struct {
			Complaint []byte        `json:"complaint"`
			At        envelope.Time `json:"at"`
			Answered  bool          `json:"answered"`
		} `json:"complaints"`
	}
	if err := s.call(ctx, "GET", "/v1/threads/"+t.id.String()+"/complaints", nil, &body); err != nil {
		return err
	}
	t.complaints, t.heardOf = nil, max(len(body.Complaints), t.head.Complaints)
	for _, one := range body.Complaints {
		signed, err := envelope.Parse[envelope.Signed](one.Complaint)
		if err != nil {
			t.note(err)
			continue
		}
		said, about, err := envelope.VerifyComplaint(s.trust(t), t.membership, t.verified(), signed)
		if err != nil { // what is not genuine is nobody's complaint
			t.note(err)
			continue
		}
		epoch, _ := t.epochAt(about.Core.Epoch)
		t.complaints = append(t.complaints, complaint{said, epoch, one.At, one.Answered})
		if said.Person == s.person && epoch.spoilt != nil {
			epoch.spoilt.said = true
		}
	}
	return t.takeNoted()
}

// complain says of each epoch that was made for this person and does not open that it does not, and makes the next one.
func (s *Session) complain(ctx context.Context, t *thread) error {
	renew := false
	for _, epoch := range t.epochs {
		if _, listed := epoch.Lists(s.person); !listed || epoch.spoilt == nil || epoch.spoilt.said || epoch.key != nil || epoch.Core.Person == s.person {
			continue
		}
		encoded, err := s.signed(&envelope.Complaint{
			Thread: t.id, Epoch: epoch.Core.Epoch, Record: epoch.Hash, Problem: epoch.spoilt.problem, Envelope: epoch.spoilt.envelope,
			Person: s.person, Device: s.device.ID, Issued: s.client.now(),
		})
		if err != nil {
			return err
		}
		err = s.again(ctx, "POST", "/v1/threads/"+t.id.String()+"/complaints", map[string][]byte{"complaint": encoded}, nil)
		if err != nil && (uncertain(err) || s.secrets == nil) {
			return err // with the next sync
		}
		epoch.spoilt.said = true
		renew = renew || epoch == t.current()
		if err != nil { // it may be one too many for a day; the epoch is of no use all the same
			t.note(err)
		}
	}
	if !renew || !t.membership.MayPost(s.person) || !t.carriesPresent() || !s.mayRenew(t.id) {
		return nil // for a link to another patient there is no state that anybody here would seal
	}
	return s.rotate(ctx, t)
}

// mayRenew counts an epoch that is made because the present one did not open.
func (s *Session) mayRenew(in id.Thread) bool {
	now := s.client.now()
	recent := slices.DeleteFunc(s.renewed[in], func(at envelope.Time) bool { return at.Add(renewalsSpan) <= now })
	s.renewed[in] = recent
	if len(recent) >= maxRenewals {
		return false
	}
	s.renewed[in] = append(recent, now)
	return true
}

// answer gives the key of an epoch to those who complained of it, when this person is among those whose turn it is.
func (s *Session) answer(ctx context.Context, t *thread) error {
	turn := s.myTurn(t)
	if slices.ContainsFunc(turn, func(c complaint) bool { return s.isLate(c) }) {
		if err := s.fetchComplaints(ctx, t); err != nil { // somebody may have been faster
			return err
		}
		turn = s.myTurn(t)
	}
	var failed error
	for _, one := range turn {
		t.given[complained{one.said.Epoch, one.said.Person}] = true
		failed = errors.Join(failed, s.give(ctx, t, one.said.Person, func(e *epoch) bool { return e == one.epoch }))
	}
	return failed
}

func (s *Session) isLate(c complaint) bool { return s.client.now() >= c.at.Add(patience) }

func (s *Session) myTurn(t *thread) []complaint {
	return slices.DeleteFunc(slices.Clone(t.complaints), func(c complaint) bool {
		by, author := c.said.Person, c.epoch.Core.Person
		switch {
		case c.answered, t.given[complained{c.said.Epoch, by}], by == s.person, author == s.person, c.epoch.key == nil,
			c.said.Problem == envelope.ProblemWrongState: // whoever has the key has the same state
			return true
		}
		rank := t.rank(s.person, by, author)
		return rank < 0 || rank >= firstAnswer && !s.isLate(c)
	})
}

// rank is the place of a member among those who may give keys, without some; -1 when they may not.
func (t *thread) rank(person id.Person, without ...id.Person) int {
	able := slices.DeleteFunc(t.membership.Members(), func(m envelope.Member) bool {
		return m.Role == envelope.RoleReader || slices.Contains(without, m.Person)
	})
	return slices.IndexFunc(able, func(m envelope.Member) bool { return m.Person == person })
}

func (t *thread) describeComplaints() []Complaint {
	var all []Complaint
	for _, one := range t.complaints {
		all = append(all, Complaint{
			Epoch: one.said.Epoch, By: one.said.Person, Author: one.epoch.Core.Person, Problem: one.said.Problem, At: one.at.Time(),
			Answered: one.answered,
		})
	}
	return all
}
