package thread

import (
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// State is where a thread stands: the head of its log and what follows from it.
type State struct {
	Thread         id.Thread
	Space          envelope.Space
	Name           string
	AddBy, PostBy  envelope.Who
	Retention      uint8
	Creator        id.Person
	Seq            uint64
	LogHash        id.Hash
	MembershipSeq  uint32
	MembershipHead id.Hash
	// Epoch is 0, and Record zero, before the first epoch.
	Epoch  uint32
	Record id.Hash
	// EpochMembershipSeq is the membership entry that the current epoch's record was made for.
	EpochMembershipSeq uint32
	EpochIssued        time.Time
	// EpochMessages is how many messages the epoch carries, and EpochStale says that a listed person's keys have moved on.
	EpochMessages uint32
	EpochStale    bool
	Link          Link
	// LinkSeq is the entry of the present link where it is not the one that the thread was made with, else 0.
	LinkSeq uint64
	// Quarantined is the entry of the message that stopped the thread, because it is about the wrong patient; 0 in the others.
	Quarantined uint64
	Members     int
}

// Member is one person's place in a thread, past or present.
type Member struct {
	Person     id.Person
	MemberRole envelope.ThreadRole
	Identity   id.Hash // the identity hash that the membership log pinned
	Standby    bool
	History    bool
	Until      time.Time // zero: no end
	JoinedSeq  uint64
	// Left is nil while the person is a member.
	Left *Left
}

// Left is the thread as it was when a person was removed, which is all that they are told from then on.
type Left struct {
	Seq            uint64
	At             time.Time
	LogHash        id.Hash
	MembershipSeq  uint32
	MembershipHead id.Hash
	Epoch          uint32
	Members        int
}

// Served reports whether the person gets what is sent now: a member who is not on standby and whose time is not over.
func (m Member) Served(now time.Time) bool {
	return m.Left == nil && !m.Standby && (m.Until.IsZero() || now.Before(m.Until))
}

// MayPost reports whether a member may send messages and make epochs.
func (m Member) MayPost(postBy envelope.Who, now time.Time) bool {
	if !m.Served(now) {
		return false
	}
	return m.MemberRole == envelope.RoleOwner || m.MemberRole == envelope.RoleMember && postBy == envelope.WhoMember
}

// halvesFrom is the seq after which the person is given shred halves, and whether they are given any.
func (m Member) halvesFrom(now time.Time) (after uint64, any bool) {
	if !m.Served(now) {
		return 0, false
	}
	if m.History {
		return 0, true
	}
	return m.JoinedSeq, true
}

// Head is a thread as one person sees it in a list. For somebody who left it is the thread as it was at the removal.
type Head struct {
	Thread         id.Thread `json:"thread"`
	Space          string    `json:"space" enum:"patient,team,role,direct,announcement,social"`
	Name           string    `json:"name" doc:"empty in patient and direct threads, whose name is in the sealed state"`
	Seq            uint64    `json:"seq"`
	LogHash        []byte    `json:"logHash"`
	MembershipSeq  uint32    `json:"membershipSeq"`
	MembershipHead []byte    `json:"membershipHead"`
	Epoch          uint32    `json:"epoch"`
	JoinedSeq      uint64    `json:"joinedSeq"`
	LeftSeq        *uint64   `json:"leftSeq,omitempty"`
	SeenSeq        uint64    `json:"seenSeq"`
	Unread         int       `json:"unread" doc:"messages by others after seenSeq, counted up to 1000"`
	LastAt         int64     `json:"lastAt"`
	LastKind       string    `json:"lastKind" enum:"create,membership,epoch,message" doc:"of the log entry at seq"`
	MemberCount    int       `json:"memberCount"`
	MyRole         string    `json:"myRole" enum:"owner,member,reader"`
	Unfiled        int       `json:"unfiled" doc:"decisions that the record does not hold yet"`
	Complaints     int       `json:"complaints" doc:"complaints about keys that members made"`
	DestroyedAt    int64     `json:"destroyedAt" doc:"when a message was last destroyed here; 0: never"`
	KeptDays       int64     `json:"keptDays" doc:"after how many days messages of the thread's class are removed; 0: kept until decided"`
	// Quarantine is there for those who left, too: they read what is about somebody else.
	Quarantine *HeadQuarantine `json:"quarantine,omitempty" doc:"the conversation is linked to the wrong patient"`
}

// Mark is how far a member got: two hints from the server, not signed acts.
type Mark struct {
	Person     id.Person `json:"person"`
	ReachedSeq uint64    `json:"reachedSeq" doc:"newest entry that a device of theirs has stored"`
	ReachedAt  int64     `json:"reachedAt"`
	SeenSeq    uint64    `json:"seenSeq"`
	SeenAt     int64     `json:"seenAt"`
}

// Accepted is the server's answer to a message: its place in the log.
type Accepted struct {
	Message id.Message `json:"message"`
	Seq     uint64     `json:"seq"`
	At      int64      `json:"at"`
	LogHash []byte     `json:"logHash"`
}

// Entry is one entry of a log as it is stored.
type Entry struct {
	Seq     uint64
	Kind    envelope.EntryKind
	At      time.Time
	Hash    id.Hash // entryHash
	LogHash id.Hash
	Body    []byte
	// Half is there only for a live message whose half the reader may have.
	Half *[32]byte
}

// Encode is the entry as a log-entry object.
func (e Entry) Encode(thread id.Thread) ([]byte, error) {
	object := envelope.LogEntry{
		Thread: thread, Seq: e.Seq, Kind: e.Kind, At: envelope.TimeOf(e.At), LogHash: e.LogHash, Body: e.Body,
	}
	if e.Half != nil {
		object.Half = &envelope.LogHalf{Half: *e.Half}
	}
	return envelope.Encode(&object)
}
