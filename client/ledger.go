package client

import (
	"context"
	"slices"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Section 11 of docs/protocol.md: before a key is sealed to, it is proved to be in the Merkle log, and the log is the one that everybody sees.

const (
	// maxLogAge is how old the newest checkpoint may be, and how far in the future.
	maxLogAge = 24 * time.Hour
	// compareEvery is how often what colleagues tell is compared while messages come in.
	compareEvery = time.Minute
	// sizesAsked is how many sizes are compared at once.
	sizesAsked = 64
)

// Alarm says that this client was shown two logs that cannot both be true. Nothing is sealed any more to keys that had not been proved before.
type Alarm struct {
	// Own is the newest log that was accepted, Note its signed checkpoint.
	Own  envelope.LogHead
	Note []byte
	// Other is what contradicts it: a checkpoint by the same server, or what a colleague's client was shown, who is By.
	Other     envelope.LogHead
	OtherNote []byte
	By        id.Person
	// Err is the refusal.
	Err error `json:"-"`
}

// ledger is what a session knows of the Merkle log.
type ledger struct {
	head envelope.LogHead // zero before the first
	at   envelope.Time
	note []byte
	// proved is the head of each person's log that was found in it.
	proved map[id.Person]id.Hash
	// told is the largest log that each person's client has told of and that has not been compared yet; agreed is the largest that was.
	told, agreed map[id.Person]envelope.LogHead
	compared     envelope.Time
	trouble      error // why the newest answer proved nothing
	alarm        *Alarm
}

func newLedger(known envelope.LogHead, alarm *Alarm) *ledger {
	if alarm != nil && alarm.Err == nil { // from an earlier program
		kept := *alarm
		kept.Err = refuse(envelope.SplitView, "two logs were shown to this machine before")
		alarm = &kept
	}
	return &ledger{
		head: known, alarm: alarm, proved: map[id.Person]id.Hash{}, told: map[id.Person]envelope.LogHead{}, agreed: map[id.Person]envelope.LogHead{},
	}
}

// grownBody is a checkpoint as the server gives it, with the proof from the size that was asked about.
type grownBody struct {
	Checkpoint  string   `json:"checkpoint"`
	Consistency [][]byte `json:"consistency"`
}

// placeBody is where the last entry of a log stands.
type placeBody struct {
	Index uint64        `json:"index"`
	Actor id.Person     `json:"actor"`
	At    envelope.Time `json:"at"`
	Path  [][]byte      `json:"path"`
}

// accept takes a checkpoint that continues the log that is known. It is called with the answer to a question from the present head.
func (s *Session) accept(body grownBody) error {
	err := s.grow(body)
	if s.ledger.trouble = err; err == nil {
		s.client.rememberLog(s.ledger.head)
	}
	return err
}

func (s *Session) grow(body grownBody) error {
	l := s.ledger
	if body.Checkpoint == "" {
		return refuse(envelope.NotLogged, "the server gave no checkpoint")
	}
	next, err := envelope.OpenCheckpoint([]byte(body.Checkpoint), s.manifests.Current().ServerKey(envelope.PurposeAudit))
	if err != nil {
		return err
	}
	proof, err := hashesIn(body.Consistency)
	if err == nil && l.head.Size > 0 {
		err = envelope.CheckLogGrew(l.head, next.LogHead, proof)
	}
	switch envelope.CodeOf(err) {
	case envelope.SplitView, envelope.RolledBack:
		s.raise(Alarm{Other: next.LogHead, OtherNote: []byte(body.Checkpoint), Err: err})
		return err
	}
	if err != nil {
		return err
	}
	l.head, l.at, l.note = next.LogHead, next.At, []byte(body.Checkpoint)
	return nil
}

// raise keeps the first contradiction: what follows it is no news.
func (s *Session) raise(alarm Alarm) {
	if s.ledger.alarm == nil {
		alarm.Own, alarm.Note = s.ledger.head, s.ledger.note
		s.ledger.alarm = &alarm
		s.client.rememberAlarm(&alarm)
	}
}

// Alarm is the contradiction that was found on this machine, if there is one.
func (s *Session) Alarm() (Alarm, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ledger.alarm == nil {
		return Alarm{}, false
	}
	return *s.ledger.alarm, true
}

// Log is the newest log that was accepted.
func (s *Session) Log() envelope.LogHead {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.head
}

// unproved says whether the head of somebody's log, as it is known here, has still to be found in the Merkle log.
func (s *Session) unproved(person id.Person) bool {
	state := s.people[person]
	return state != nil && s.ledger.proved[person] != state.Head()
}

// prove checks the place of a person's head under the newest checkpoint.
func (s *Session) prove(person id.Person, place *placeBody) error {
	state := s.people[person]
	if state == nil || place == nil || s.ledger.alarm != nil {
		return nil
	}
	path, err := hashesIn(place.Path)
	if err == nil {
		err = envelope.CheckPersonLeaf(s.ledger.head, person, state.Seq(), state.Head(),
			envelope.Inclusion{Index: place.Index, Actor: place.Actor, At: place.At, Path: path})
	}
	if err == nil {
		s.ledger.proved[person] = state.Head()
	}
	return err
}

// mustBeLogged refuses before anything is sealed to the key of somebody whose head is not in the log. It asks once for what is missing.
func (s *Session) mustBeLogged(ctx context.Context, people ...id.Person) error {
	missing := slices.DeleteFunc(slices.Clone(people), func(one id.Person) bool { return !s.unproved(one) })
	if s.ledger.alarm == nil && (len(missing) > 0 || s.checkAge() != nil) {
		if err := s.askForProofs(ctx, missing); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(people, s.unproved) {
		switch {
		case s.ledger.alarm != nil:
			return s.ledger.alarm.Err
		case s.ledger.trouble != nil:
			return s.ledger.trouble
		}
		return refuse(envelope.NotLogged, "a key that is not in the Merkle log")
	}
	return s.checkAge()
}

// askForProofs asks again. After a new manifest the checkpoints may be by another key.
func (s *Session) askForProofs(ctx context.Context, missing []id.Person) error {
	if envelope.CodeOf(s.ledger.trouble) == envelope.BadSignature {
		if err := s.refreshManifests(ctx); err != nil {
			return err
		}
	}
	if len(missing) == 0 {
		_, err := s.fetchLogs(ctx, []id.Person{})
		return err
	}
	err := s.refreshPeople(ctx, missing...)
	if isPersonError(err) {
		return nil
	}
	return err
}

func (s *Session) checkAge() error {
	apart := s.client.clock.Now().Sub(s.ledger.at.Time()).Abs()
	if s.ledger.note == nil || apart > maxLogAge {
		return refuse(envelope.StaleLog, "the newest checkpoint is older than a day")
	}
	return nil
}

// hear notes what a colleague's client says of the log.
func (s *Session) hear(by id.Person, told envelope.LogHead) {
	if told.Size > max(s.ledger.agreed[by].Size, s.ledger.told[by].Size) {
		s.ledger.told[by] = told
	}
}

// compareSometimes is compare, but not with every message.
func (s *Session) compareSometimes(ctx context.Context) error {
	if s.secrets == nil || s.client.now() < s.ledger.compared.Add(compareEvery) {
		return nil
	}
	return s.compare(ctx)
}

// compare asks for proofs of what colleagues told, and raises the alarm when one of them was shown another log.
func (s *Session) compare(ctx context.Context) error {
	l := s.ledger
	for _, t := range s.threads {
		for _, one := range t.heard {
			s.hear(one.by, one.log)
		}
		t.heard = nil
	}
	if len(l.told) == 0 || l.alarm != nil {
		return nil
	}
	l.compared = s.client.now()
	var sizes []uint64
	for by, told := range l.told {
		if told == l.head {
			s.agree(by, told)
		} else if len(sizes) < sizesAsked && !slices.Contains(sizes, told.Size) {
			sizes = append(sizes, told.Size)
		}
	}
	if len(sizes) == 0 {
		return nil
	}
	var body struct {
		grownBody
		Sizes []struct {
			Size        uint64   `json:"size"`
			Consistency [][]byte `json:"consistency"`
		} `json:"sizes"`
	}
	if err := s.again(ctx, "POST", "/v1/log/compare", map[string]any{"from": l.head.Size, "sizes": sizes}, &body); err != nil {
		return err
	}
	if err := s.accept(body.grownBody); err != nil {
		return err
	}
	for _, answer := range body.Sizes {
		proof, err := hashesIn(answer.Consistency)
		if err != nil {
			return err
		}
		for by, told := range l.told {
			if told.Size != answer.Size {
				continue
			}
			if err := envelope.CheckLogGrew(told, l.head, proof); err != nil {
				s.raise(Alarm{Other: told, By: by, Err: err})
				return err
			}
			s.agree(by, told)
		}
	}
	return nil
}

func (s *Session) agree(by id.Person, told envelope.LogHead) {
	s.ledger.agreed[by] = told
	delete(s.ledger.told, by)
}

func hashesIn(raw [][]byte) ([]id.Hash, error) {
	hashes := make([]id.Hash, len(raw))
	for n, one := range raw {
		if len(one) != len(hashes[n]) {
			return nil, refuse(envelope.Malformed, "a hash that is not 32 bytes")
		}
		hashes[n] = id.Hash(one)
	}
	return hashes, nil
}

// rememberLog keeps the newest log for the next session on this machine.
func (c *Client) rememberLog(head envelope.LogHead) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if head.Size > c.memory.Log.Size {
		c.memory.Log = head
	}
}

func (c *Client) rememberAlarm(alarm *Alarm) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.memory.Alarm = alarm
}

func (c *Client) knownLedger() *ledger {
	c.mu.Lock()
	defer c.mu.Unlock()
	return newLedger(c.memory.Log, c.memory.Alarm)
}

// SafetyWords are what two people read to one another to be sure of each other's keys: the same on both sides.
func (s *Session) SafetyWords(ctx context.Context, person id.Person) ([2][]string, error) {
	found, err := s.Identity(ctx, person)
	if err != nil {
		return [2][]string{}, err
	}
	return envelope.SafetyPair(s.self.IdentityHash(), found.Fingerprint), nil
}
