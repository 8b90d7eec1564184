package client

import (
	"context"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// SayRaw sends an inner as it is, as a hostile member's client could.
func (s *Session) SayRaw(ctx context.Context, in id.Thread, kind envelope.MessageKind, plain []byte) (id.Message, error) {
	t, err := s.enterThread(in)
	if err != nil {
		return id.Message{}, err
	}
	defer s.mu.Unlock()
	if err := s.freshen(ctx, t); err != nil {
		return id.Message{}, err
	}
	one := &pending{id: id.New[id.Message](s.client.ids), kind: kind, urgency: envelope.UrgencyRoutine}
	if err := s.seal(t, one, s.lastOf(t), plain); err != nil {
		return id.Message{}, err
	}
	s.outbox[t.id] = append(s.outbox[t.id], one)
	return one.id, s.flush(ctx, t)
}

// Hear lets a live connection hear something that the server did not say.
func (l *Live) Hear(binary bool, data []byte) {
	heard, err := readFrame(binary, data)
	if err != nil {
		heard = frame{refused: err}
	}
	l.frames.push(heard)
}

// SpoilState reads a state under an epoch that is not the one its record commits to, and tells what is left of the epoch.
func (s *Session) SpoilState(in id.Thread, number uint32) (open bool, refused error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	spoilt := *s.threads[in].epochs[number-1]
	spoilt.state, spoilt.patient = nil, nil
	other := *spoilt.sealed
	other.Ciphertext = append([]byte{1}, other.Ciphertext...)
	spoilt.readState(s.manifests, &other)
	return spoilt.key != nil, spoilt.refused
}

// Telling counts the messages of a thread that tell of the Merkle log, and gives the sizes of all their ciphertexts.
func (s *Session) Telling(in id.Thread) (telling int, sizes []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.threads[in].messages {
		if m.inner.log != nil {
			telling++
		}
		message, _ := envelope.Parse[envelope.Message](m.verified.Bytes)
		sizes = append(sizes, len(message.Ciphertext))
	}
	return telling, sizes
}

// CookieOf is what somebody has who copied a session's cookie.
func CookieOf(s *Session) string { return s.requests.cookieNow() }

// MadeRandom is what an epoch that is being posted was made from. It is called from inside the request, which has the session.
func (s *Session) MadeRandom(record id.Hash) [32]byte { return s.made[record].Key.Random() }

// SealKey is the key to which something is sealed for a person now. It is called from inside a request, like MadeRandom.
func (s *Session) SealKey(person id.Person) envelope.SealKey {
	key, _ := s.people[person].CurrentGeneration()
	return key.Seal
}

// Accuse complains of an epoch, with cause or without.
func (s *Session) Accuse(ctx context.Context, in id.Thread, number uint32, problem envelope.Problem) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	epoch := s.threads[in].epochs[number-1]
	encoded, err := s.signed(&envelope.Complaint{
		Thread: in, Epoch: number, Record: epoch.Hash, Problem: problem, Person: s.person, Device: s.device.ID, Issued: s.client.now(),
	})
	if err != nil {
		return err
	}
	return s.call(ctx, "POST", "/v1/threads/"+in.String()+"/complaints", map[string][]byte{"complaint": encoded}, nil)
}

// SealedBytes is a message of the outbox as it would be sent.
func (s *Session) SealedBytes(in id.Thread, message id.Message) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.outbox[in] {
		if one.id == message {
			return one.raw
		}
	}
	return nil
}

// MembershipHead is the newest membership entry.
func (s *Session) MembershipHead(in id.Thread) id.Hash {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.threads[in].membership.Head()
}

// NewestRecord is the hash of the newest record.
func (s *Session) NewestRecord(in id.Thread) id.Hash {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.threads[in].current().Hash
}

// AssertionOf is the signed assertion of a thread, as its newest state has it.
func (s *Session) AssertionOf(in id.Thread) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	state, _ := s.threads[in].state()
	return state.Assertion.Assertion
}

// AssertionBytes is the signed assertion of an answer.
func (i *Identified) AssertionBytes() []byte { return i.assertion }

// ForceRelink links a thread to whatever a signed assertion says, as a hostile member's client could.
func (s *Session) ForceRelink(ctx context.Context, in id.Thread, raw []byte) error {
	t, err := s.enterThread(in)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	signed, err := envelope.Parse[envelope.Signed](raw)
	if err != nil {
		return err
	}
	assertion, err := envelope.Open[envelope.PatientAssertion](signed)
	if err != nil {
		return err
	}
	hash, err := signed.Hash()
	if err != nil {
		return err
	}
	return s.changeState(ctx, t, &envelope.ThreadState{Assertion: &envelope.StateAssertion{Assertion: raw}}, func(head envelope.EntryHead) (envelope.Object, error) {
		return &envelope.Link{EntryHead: head, Tag: assertion.Tag, Assertion: hash}, nil
	})
}
