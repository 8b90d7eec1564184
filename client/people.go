package client

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Person is one entry of the directory, as the server tells it.
type Person struct {
	Person       id.Person `json:"person"`
	UserName     string    `json:"userName"`
	DisplayName  string    `json:"displayName"`
	Role         string    `json:"role"`
	Ward         string    `json:"ward"`
	Organisation string    `json:"organisation"`
	Enrolled     bool      `json:"enrolled"`
	Left         bool      `json:"left"`
}

// Find searches the directory; no query lists everybody. after is the next of the page before, zero for the first. limit is from 1 to 100.
func (s *Session) Find(ctx context.Context, query string, after id.Person, limit int) (found []Person, next id.Person, err error) {
	if err := s.enter(); err != nil {
		return nil, id.Person{}, err
	}
	defer s.mu.Unlock()
	values := url.Values{"query": {query}, "limit": {strconv.Itoa(limit)}}
	if !after.IsZero() {
		values.Set("after", after.String())
	}
	var body struct {
		People []Person  `json:"people"`
		Next   id.Person `json:"next"`
	}
	err = s.call(ctx, "GET", "/v1/people?"+values.Encode(), nil, &body)
	return body.People, body.Next, err
}

// DirectoryEntry finds one by id.
func (s *Session) DirectoryEntry(ctx context.Context, person id.Person) (Person, error) {
	if err := s.enter(); err != nil {
		return Person{}, err
	}
	defer s.mu.Unlock()
	var found Person
	err := s.call(ctx, "GET", "/v1/people/"+person.String(), nil, &found)
	return found, err
}

// Identity is what a verified log says of a person.
type Identity struct {
	Person      id.Person
	DisplayName string
	Role        string
	// Fingerprint is what people compare to be sure of one another.
	Fingerprint id.Hash
	LogSeq      uint32
}

// Identity verifies a person's log, as it is now, and says who they are.
func (s *Session) Identity(ctx context.Context, person id.Person) (Identity, error) {
	if err := s.enter(); err != nil {
		return Identity{}, err
	}
	defer s.mu.Unlock()
	if err := s.refreshPeople(ctx, person); err != nil {
		return Identity{}, err
	}
	state, ok := s.people[person]
	if !ok {
		return Identity{}, ErrNotEnrolled
	}
	return Identity{person, state.DisplayName(), state.Role(), state.IdentityHash(), state.Seq()}, nil
}

// nameOf is the bound name of somebody whose log is here.
func (s *Session) nameOf(person id.Person) (name, role string) {
	if state, ok := s.people[person]; ok {
		return state.DisplayName(), state.Role()
	}
	return "", ""
}

// logsAsked is how many people's logs are asked for at once.
const logsAsked = 200

type wantedLog struct {
	Person   id.Person `json:"person"`
	AfterSeq uint32    `json:"afterSeq"`
	Prove    bool      `json:"prove,omitempty"`
}

// needPeople fetches the logs of those who are not known here.
func (s *Session) needPeople(ctx context.Context, people ...id.Person) error {
	return s.refreshPeople(ctx, slices.DeleteFunc(slices.Clone(people), func(one id.Person) bool { return s.people[one] != nil })...)
}

// refreshPeople fetches what is new in people's logs and verifies it. What was verified before cannot change: a log only grows. When some logs are
// refused the others have been taken in all the same, and the error is of [PersonError]s.
func (s *Session) refreshPeople(ctx context.Context, people ...id.Person) error {
	people = slices.Compact(slices.SortedFunc(slices.Values(people), id.Person.Compare))
	var refused []error
	for page := range slices.Chunk(people, logsAsked) {
		bad, err := s.fetchLogs(ctx, page)
		if err != nil {
			return err
		}
		refused = append(refused, bad...)
	}
	return errors.Join(refused...)
}

// PersonError says whose log was refused. Nothing of theirs is believed beyond what was verified before.
type PersonError struct {
	Person id.Person
	Err    error
}

// Error implements error.
func (p *PersonError) Error() string { return "person " + p.Person.String() + ": " + p.Err.Error() }

// Unwrap gives the cause.
func (p *PersonError) Unwrap() error { return p.Err }

func isPersonError(err error) bool {
	_, ok := errors.AsType[*PersonError](err)
	return ok
}

func (s *Session) fetchLogs(ctx context.Context, people []id.Person) (refused []error, err error) {
	wanted := make([]wantedLog, len(people))
	for n, person := range people {
		wanted[n].Person = person
		if state := s.people[person]; state != nil {
			wanted[n].AfterSeq, wanted[n].Prove = state.Seq(), s.unproved(person)
		}
	}
	var body struct {
		Logs []struct {
			Person  id.Person  `json:"person"`
			Entries [][]byte   `json:"entries"`
			Proof   *placeBody `json:"proof"`
		} `json:"logs"`
		ManifestVersion uint32 `json:"manifestVersion"`
		grownBody
	}
	asked := map[string]any{"people": wanted, "logFrom": s.ledger.head.Size}
	if err := s.again(ctx, "POST", "/v1/people/logs", asked, &body); err != nil {
		return nil, err
	}
	if body.ManifestVersion > s.manifests.Current().Version {
		if err := s.refreshManifests(ctx); err != nil {
			return nil, err
		}
	}
	// What is wrong with the proofs does not keep anything from being read: it is refused when something is to be sealed.
	logged := s.accept(body.grownBody) == nil
	for _, log := range body.Logs {
		err := refuse(envelope.WrongIdentity, "the log of somebody who was not asked for")
		if slices.Contains(people, log.Person) {
			err = s.growLog(log.Person, log.Entries)
		}
		if err == nil && logged {
			s.ledger.trouble = cmp.Or(s.prove(log.Person, log.Proof), s.ledger.trouble)
		}
		if err != nil {
			refused = append(refused, &PersonError{log.Person, err})
		}
	}
	return refused, nil
}

// growLog appends entries to a person's log. One that cannot be verified changes nothing.
func (s *Session) growLog(person id.Person, bodies [][]byte) error {
	entries, err := parseSigned(bodies)
	if err != nil || len(entries) == 0 {
		return err
	}
	state := s.people[person]
	if state == nil {
		if state, err = envelope.VerifyPersonLog(s.manifests, person, entries...); err != nil {
			return err
		}
		s.people[person] = state
		return nil
	}
	for _, entry := range entries {
		if err := state.Append(entry); err != nil {
			return err
		}
	}
	return nil
}

// everybody are the people whose logs are here.
func (s *Session) everybody() []id.Person {
	all := make([]id.Person, 0, len(s.people))
	for person := range s.people {
		all = append(all, person)
	}
	return all
}
