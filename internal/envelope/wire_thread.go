package envelope

import "github.com/wardline/wardline/internal/id"

// Space is what a thread is for. It never changes.
type Space uint8

// The spaces.
const (
	SpacePatient      Space = 1
	SpaceTeam         Space = 2
	SpaceRole         Space = 3
	SpaceDirect       Space = 4
	SpaceAnnouncement Space = 5
	SpaceSocial       Space = 6
)

var spaces = labels{"patient", "team", "role", "direct", "announcement", "social"}

// String is the word of the layout.
func (s Space) String() string { return spaces.word(uint8(s)) }

// Who is which members a thread's rule lets do something.
type Who uint8

// Only owners, or every member that is not a reader.
const (
	WhoOwner  Who = 1
	WhoMember Who = 2
)

var whos = labels{"owner", "member"}

// String is the word of the layout.
func (w Who) String() string { return whos.word(uint8(w)) }

// ThreadRole is what a member is in a thread.
type ThreadRole uint8

// The roles.
const (
	RoleOwner  ThreadRole = 1
	RoleMember ThreadRole = 2
	RoleReader ThreadRole = 3
)

var threadRoles = labels{"owner", "member", "reader"}

// String is the word of the layout.
func (r ThreadRole) String() string { return threadRoles.word(uint8(r)) }

// AddReason is why somebody was added.
type AddReason uint8

// The reasons.
const (
	AddFounding    AddReason = 1
	AddCareTeam    AddReason = 2
	AddOnCall      AddReason = 3
	AddOpinion     AddReason = 4
	AddHandover    AddReason = 5
	AddCover       AddReason = 6
	AddSupervision AddReason = 7
	AddBreakGlass  AddReason = 8
	AddOther       AddReason = 9
)

var addReasons = labels{
	"founding", "care-team", "on-call", "opinion", "handover", "cover", "supervision", "break-glass", "other",
}

// String is the word of the layout.
func (r AddReason) String() string { return addReasons.word(uint8(r)) }

// RemoveReason is why somebody was removed.
type RemoveReason uint8

// The reasons.
const (
	RemoveOwnRequest       RemoveReason = 1
	RemoveLeftTeam         RemoveReason = 2
	RemoveAddedInError     RemoveReason = 3
	RemoveNoLongerInvolved RemoveReason = 4
	RemoveHandedOver       RemoveReason = 5
	RemoveLeaver           RemoveReason = 6
	RemoveMover            RemoveReason = 7
	RemoveLostDevice       RemoveReason = 8
	RemoveReview           RemoveReason = 9
	RemoveOther            RemoveReason = 10
)

var removeReasons = labels{
	"own-request", "left-team", "added-in-error", "no-longer-involved", "handed-over", "leaver", "mover", "lost-device", "review",
	"other",
}

// String is the word of the layout.
func (r RemoveReason) String() string { return removeReasons.word(uint8(r)) }

// Create is the first entry of a thread; its hash is the thread's id. Identity is the creator's identity hash.
type Create struct {
	Space     Space
	Person    id.Person
	Device    id.Device
	Identity  id.Hash
	Name      string
	AddBy     Who
	PostBy    Who
	Retention uint8
	Manifest  id.Hash
	Created   Time
	Nonce     [16]byte
}

// Type implements [Object].
func (*Create) Type() Type { return TypeCreate }

func (t *Create) fields(c codec) {
	c.enum("space", spaces, (*uint8)(&t.Space))
	c.fixed("person", t.Person[:])
	c.fixed("device", t.Device[:])
	c.fixed("identity", t.Identity[:])
	c.text("name", 200, &t.Name)
	c.enum("addBy", whos, (*uint8)(&t.AddBy))
	c.enum("postBy", whos, (*uint8)(&t.PostBy))
	c.u8("retention", &t.Retention)
	c.fixed("manifest", t.Manifest[:])
	c.time("created", &t.Created)
	c.fixed("nonce", t.Nonce[:])
}

// EntryHead is what every membership entry after the first begins with. Person and Device are zero when the server removes.
type EntryHead struct {
	Thread   id.Thread
	Seq      uint32
	Previous id.Hash
	Person   id.Person
	Device   id.Device
	Issued   Time
}

func (h *EntryHead) fields(c codec) {
	c.fixed("thread", h.Thread[:])
	c.u32("seq", &h.Seq)
	c.fixed("previous", h.Previous[:])
	c.fixed("person", h.Person[:])
	c.fixed("device", h.Device[:])
	c.time("issued", &h.Issued)
}

// head gives the common fields of any membership entry.
func (h *EntryHead) head() *EntryHead { return h }

// Note is free text sealed under an epoch. Salt keeps two notes for one seq from sharing a key and nonce.
type Note struct {
	Epoch      uint32
	Salt       [16]byte
	Ciphertext []byte
}

func (n *Note) fields(c codec) {
	c.u32("epoch", &n.Epoch)
	c.fixed("salt", n.Salt[:])
	c.bytes("ciphertext", 1040, &n.Ciphertext)
}

// Add brings a person in. Identity is the identity hash that the thread pins for them.
type Add struct {
	EntryHead
	Target     id.Person
	Identity   id.Hash
	MemberRole ThreadRole
	History    bool
	Standby    bool
	Until      Time
	Reason     AddReason
	Note       *Note
}

// Type implements [Object].
func (*Add) Type() Type { return TypeAdd }

func (a *Add) fields(c codec) {
	a.EntryHead.fields(c)
	c.fixed("target", a.Target[:])
	c.fixed("identity", a.Identity[:])
	c.enum("memberRole", threadRoles, (*uint8)(&a.MemberRole))
	c.flag("history", &a.History)
	c.flag("standby", &a.Standby)
	c.time("until", &a.Until)
	c.enum("reason", addReasons, (*uint8)(&a.Reason))
	optional(c, "note", &a.Note)
}

// Remove takes a person out.
type Remove struct {
	EntryHead
	Target id.Person
	Reason RemoveReason
	Note   *Note
}

// Type implements [Object].
func (*Remove) Type() Type { return TypeRemove }

func (r *Remove) fields(c codec) {
	r.EntryHead.fields(c)
	c.fixed("target", r.Target[:])
	c.enum("reason", removeReasons, (*uint8)(&r.Reason))
	optional(c, "note", &r.Note)
}

// Rekey admits a person's new identity.
type Rekey struct {
	EntryHead
	Target   id.Person
	Identity id.Hash
}

// Type implements [Object].
func (*Rekey) Type() Type { return TypeRekey }

func (r *Rekey) fields(c codec) {
	r.EntryHead.fields(c)
	c.fixed("target", r.Target[:])
	c.fixed("identity", r.Identity[:])
}

// MemberRole changes what a member is.
type MemberRole struct {
	EntryHead
	Target     id.Person
	MemberRole ThreadRole
}

// Type implements [Object].
func (*MemberRole) Type() Type { return TypeMemberRole }

func (m *MemberRole) fields(c codec) {
	m.EntryHead.fields(c)
	c.fixed("target", m.Target[:])
	c.enum("memberRole", threadRoles, (*uint8)(&m.MemberRole))
}

// Link ties a patient thread to the patient whose assertion has this hash.
type Link struct {
	EntryHead
	Tag       id.Tag
	Assertion id.Hash
}

// Type implements [Object].
func (*Link) Type() Type { return TypeLink }

func (l *Link) fields(c codec) {
	l.EntryHead.fields(c)
	c.fixed("tag", l.Tag[:])
	c.fixed("assertion", l.Assertion[:])
}

// Rename gives a thread another name.
type Rename struct {
	EntryHead
	Name string
}

// Type implements [Object].
func (*Rename) Type() Type { return TypeRename }

func (r *Rename) fields(c codec) {
	r.EntryHead.fields(c)
	c.text("name", 200, &r.Name)
}
