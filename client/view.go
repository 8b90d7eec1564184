package client

import (
	"cmp"
	"slices"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Thread is a thread as it is shown: everything in it has been verified, but for Unread and Unfiled, which the server counts.
type Thread struct {
	ID    id.Thread
	Space envelope.Space
	// Name is the thread's, the other person's in a direct thread, and the patient's in a patient thread.
	Name    string
	Patient *Patient // nil outside patient threads
	Members []Member
	Changes []Change
	// Messages are in the order of the log.
	Messages []Message

	Seq           uint64
	LogHash       id.Hash
	MembershipSeq uint32
	Epoch         uint32
	// Left: this person is no longer a member, and sees the thread as it was.
	Left bool
	// Refused is why the log goes no further than it does; sending is stopped meanwhile.
	Refused error
	// Frozen: sending has stopped for good. GoesOn is where the talk went on, when somebody who was here says so.
	Frozen *Freeze
	GoesOn *Continuation
	// Complaints are what members say of keys that were made for them.
	Complaints []Complaint
	// Quarantined: somebody said that it is linked to the wrong patient. Nothing more is sent there.
	Quarantined bool

	SeenSeq uint64
	Unread  int
	Unfiled int
	LastAt  time.Time
}

// Member is somebody in a thread.
type Member struct {
	Person      id.Person
	DisplayName string
	Role        string // at work
	ThreadRole  envelope.ThreadRole
	Identity    id.Hash
	History     bool
	Standby     bool
}

// Change is one line about members, between the messages.
type Change struct {
	Seq  uint64
	At   time.Time // the server's clock
	Kind string    // add, remove, rekey, member-role, link, rename
	// By is zero when the server removed somebody.
	By     id.Person
	Target id.Person
	Reason string
	// Note is empty when there is none, or when its epoch is not open here.
	Note    string
	History bool
	Name    string // of a rename
}

// MessageState says what can be seen of a message.
type MessageState string

// The states.
const (
	Readable  MessageState = "readable"
	Unopened  MessageState = "unopened"  // its key or its half was not given to this person
	Destroyed MessageState = "destroyed" // see Tombstone
	Refused   MessageState = "refused"   // its author did something wrong, see Err
	Later     MessageState = "later"     // it needs a newer Wardline
)

// Message is one message.
type Message struct {
	ID     id.Message
	Thread id.Thread
	Seq    uint64
	Entry  id.Hash
	Author id.Person
	Device id.Device
	// Time is the author's claim, At the server's.
	Time    time.Time
	At      time.Time
	Kind    envelope.MessageKind
	Urgency envelope.Urgency
	Epoch   uint32 // 0 when it was destroyed before it came
	State   MessageState
	Err     error

	Text       string
	ReplyTo    *Reference
	Statements []Reference
	Background []Reference
	Form       *Form // of a decision in a form
	// Corrects is the earlier decision that this one puts right, About what an act is about, and Reason why.
	Corrects  *Reference
	About     *Reference
	Reason    string
	Document  *id.Hash // of a countersignature: the SHA-256 of the document
	Assertion *id.Hash // of a confirmation: the hash of the assertion
	Tombstone *Tombstone
}

// Tombstone is what is left of a destroyed message.
type Tombstone struct {
	Destroyed    time.Time
	Reason       envelope.DestroyReason
	Filing       id.Filing
	DocumentHash id.Hash
	Reference    string // of the health record
}

// Threads are all threads, those with the latest news first.
func (s *Session) Threads() ([]Thread, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	all := make([]Thread, 0, len(s.threads))
	claims := s.claims()
	for _, t := range s.threads {
		all = append(all, s.describe(t, claims))
	}
	slices.SortFunc(all, func(a, b Thread) int { return cmp.Or(b.LastAt.Compare(a.LastAt), a.ID.Compare(b.ID)) })
	return all, nil
}

// Thread is one of them.
func (s *Session) Thread(in id.Thread) (Thread, error) {
	t, err := s.enterThread(in)
	if err != nil {
		return Thread{}, err
	}
	defer s.mu.Unlock()
	return s.describe(t, s.claims()), nil
}

// Message is one message.
func (s *Session) Message(in id.Thread, message id.Message) (Message, error) {
	t, err := s.enterThread(in)
	if err != nil {
		return Message{}, err
	}
	defer s.mu.Unlock()
	m := t.byID[message]
	if m == nil {
		return Message{}, ErrMessageUnknown
	}
	return s.describeMessage(t, m), nil
}

func (s *Session) describe(t *thread, claims map[id.Thread][]Continuation) Thread {
	shown := Thread{
		ID: t.id, Space: t.membership.Space(), Name: t.membership.Name(), Seq: t.log.Seq(), LogHash: t.log.Hash(),
		MembershipSeq: t.membership.Seq(), Epoch: uint32(len(t.epochs)), Left: !t.isMember(s.person), Refused: s.stopped(t), Quarantined: t.quarantine() != nil,
		SeenSeq: t.head.SeenSeq, Unread: t.head.Unread, Unfiled: t.head.Unfiled,
	}
	if frozen := s.frozen[t.id]; frozen != nil {
		kept := *frozen
		shown.Frozen = &kept
	}
	shown.GoesOn, shown.Complaints = s.goesOn(t, claims), t.describeComplaints()
	if last := len(t.served); last > 0 {
		shown.LastAt = t.served[last-1].At.Time()
	}
	for _, member := range t.membership.Members() {
		name, role := s.nameOf(member.Person)
		shown.Members = append(shown.Members, Member{
			Person: member.Person, DisplayName: name, Role: role, ThreadRole: member.Role, Identity: member.Identity, History: member.History,
			Standby: member.Standby,
		})
	}
	shown.Name, shown.Patient = s.nameThread(t)
	for _, one := range t.changes {
		shown.Changes = append(shown.Changes, t.describeChange(one))
	}
	for _, one := range t.messages {
		shown.Messages = append(shown.Messages, s.describeMessage(t, one))
	}
	return shown
}

func (s *Session) nameThread(t *thread) (string, *Patient) {
	if _, assertion := t.state(); assertion != nil {
		patient := describePatient(assertion)
		return patient.Name.Display(), &patient
	}
	if t.membership.Space() != envelope.SpaceDirect {
		return t.membership.Name(), nil
	}
	for _, other := range t.people() {
		if other != s.person {
			name, _ := s.nameOf(other)
			return name, nil
		}
	}
	return "", nil
}

func (t *thread) describeChange(one change) Change {
	kind := one.entry.Type().Name()
	head, _ := headOf(one.entry)
	shown := Change{Seq: one.seq, At: one.at.Time(), Kind: kind, By: head.Person, Target: targetOf(one.entry)}
	switch entry := one.entry.(type) {
	case *envelope.Add:
		shown.Reason, shown.History, shown.Note = entry.Reason.String(), entry.History, t.readNote(one.number, entry.Note)
	case *envelope.Remove:
		shown.Reason, shown.Note = entry.Reason.String(), t.readNote(one.number, entry.Note)
	case *envelope.MemberRole:
		shown.Reason = entry.MemberRole.String()
	case *envelope.Rename:
		shown.Name = entry.Name
	}
	return shown
}

func (t *thread) readNote(number uint32, note *envelope.Note) string {
	if note == nil {
		return ""
	}
	under, ok := t.epochAt(note.Epoch)
	if !ok || under.key == nil {
		return ""
	}
	text, err := under.key.OpenNote(number, note)
	if err != nil {
		return ""
	}
	return text
}

func (s *Session) describeMessage(t *thread, m *message) Message {
	shown := Message{
		ID: m.id, Thread: t.id, Seq: m.seq, Entry: m.entry, Author: m.person, Device: m.device, Time: m.time.Time(), At: m.at.Time(),
		Kind: m.kind, Urgency: m.urgency, Epoch: m.inEpoch, State: Unopened,
	}
	switch {
	case m.tombstone != nil:
		shown.State = Destroyed
		shown.Tombstone = &Tombstone{
			Destroyed: m.tombstone.Destroyed.Time(), Reason: m.tombstone.Reason, Filing: m.tombstone.Filing,
			DocumentHash: m.tombstone.DocumentHash, Reference: m.tombstone.Reference,
		}
	case m.refused != nil:
		shown.State, shown.Err = Refused, m.refused
	case m.inner != nil && m.inner.later:
		shown.State = Later
	case m.inner != nil:
		shown.State, shown.Text = Readable, m.inner.text
		shown.Statements, shown.Background = slices.Clone(m.inner.statements), slices.Clone(m.inner.background)
		shown.ReplyTo, shown.Corrects, shown.About = cloned(m.inner.replyTo), cloned(m.inner.corrects), cloned(m.inner.about)
		shown.Form = m.inner.form.clone()
		shown.Reason, shown.Document, shown.Assertion = m.inner.reason, cloned(m.inner.document), cloned(m.inner.assertion)
	default:
		if under, ok := t.epochAt(m.inEpoch); ok && under.refused != nil {
			shown.Err = under.refused
		}
	}
	return shown
}

func cloned[T any](value *T) *T {
	if value == nil {
		return nil
	}
	copied := *value
	return &copied
}

// spoken reports whether a message has been read and is words of the conversation, not an act.
func (m *message) spoken() bool {
	return m.inner != nil && !m.inner.later && (m.kind == envelope.KindText || m.kind == envelope.KindDecision)
}
