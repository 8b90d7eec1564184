package envelope

import (
	"slices"
	"time"
)

// SuiteOne is the only suite of this version: section 1 of docs/protocol.md.
const SuiteOne = 0x01

// MaxObject is the size that no object exceeds, in bytes.
const MaxObject = 1 << 20

const (
	magic      = "WARD"
	headLength = len(magic) + 1 + 2
	// maxCount bounds every u64: a browser's numbers are exact only below it, and an entry that a browser cannot read would stop
	// a thread for everybody.
	maxCount = 1 << 53
)

// Type is the number of an object's type.
type Type uint16

// Object is one of the objects of docs/protocol.md. The set is closed: all of them are in this package.
type Object interface {
	// Type is the object's number; its name and layout follow from it.
	Type() Type
	fielder
}

// Time is milliseconds since 1970 UTC, below 2^53.
type Time uint64

// TimeOf cuts a time to milliseconds. Times before 1970 become 0.
func TimeOf(t time.Time) Time { return Time(max(0, t.UnixMilli())) }

// Time is the same instant as a time.Time in UTC.
func (t Time) Time() time.Time { return time.UnixMilli(int64(t)).UTC() }

// Add moves a time; the result is never below zero.
func (t Time) Add(d time.Duration) Time { return Time(max(0, int64(t)+d.Milliseconds())) }

// The types, by their numbers on the wire.
const (
	TypeSigned           Type = 0x0001
	TypeRootManifest     Type = 0x0101
	TypePolicy           Type = 0x0102
	TypeIdentityKey      Type = 0x0110
	TypeBind             Type = 0x0111
	TypeGeneration       Type = 0x0112
	TypeDevice           Type = 0x0113
	TypeRevoke           Type = 0x0114
	TypeReset            Type = 0x0115
	TypeVault            Type = 0x0201
	TypeVaultContext     Type = 0x0202
	TypeSealedVault      Type = 0x0203
	TypeIdentityContext  Type = 0x0204
	TypeSealedIdentity   Type = 0x0205
	TypeUnlockerSecret   Type = 0x0210
	TypeUnlockerContext  Type = 0x0211
	TypeUnlockerBlob     Type = 0x0212
	TypeWrapContext      Type = 0x0213
	TypeAKWrap           Type = 0x0214
	TypeCreate           Type = 0x0301
	TypeAdd              Type = 0x0311
	TypeRemove           Type = 0x0312
	TypeRekey            Type = 0x0313
	TypeMemberRole       Type = 0x0314
	TypeLink             Type = 0x0315
	TypeRename           Type = 0x0316
	TypeLogLink          Type = 0x0320
	TypeLogEntry         Type = 0x0321
	TypeTombstone        Type = 0x0322
	TypeEpochCore        Type = 0x0330
	TypeEpochRecord      Type = 0x0331
	TypeEpochSecret      Type = 0x0332
	TypeSeatShare        Type = 0x0333
	TypeEnvelopeContext  Type = 0x0334
	TypeEnvelope         Type = 0x0335
	TypeEnvelopeLeaf     Type = 0x0336
	TypeEnvelopeProof    Type = 0x0337
	TypeThreadState      Type = 0x0338
	TypeSealedState      Type = 0x0339
	TypeHistoryGrant     Type = 0x0340
	TypeComplaint        Type = 0x0341
	TypeConflict         Type = 0x0342
	TypeHeader           Type = 0x0350
	TypeMessage          Type = 0x0351
	TypeMessageDigest    Type = 0x0352
	TypeMessageBinding   Type = 0x0353
	TypeShredHalf        Type = 0x0354
	TypeReport           Type = 0x0360
	TypePatientAssertion Type = 0x0370
	TypeDisclosureOrder  Type = 0x0380
	TypeCaseContext      Type = 0x0381
	TypeCaseShare        Type = 0x0382
	TypeAuditLeaf        Type = 0x0401
)

// Name is the type's name, the word that separates its signatures and hashes from those of every other type.
func (t Type) Name() string { return registry[t].name }

// New makes an empty object of a type.
func New(kind Type) (Object, bool) {
	entry, ok := registry[kind]
	if !ok {
		return nil, false
	}
	return entry.make(), true
}

// Types lists every type, ascending.
func Types() []Type {
	all := make([]Type, 0, len(registry))
	for kind := range registry {
		all = append(all, kind)
	}
	slices.Sort(all)
	return all
}

type registered struct {
	name string
	make func() Object
}

func of[T any, P objectPointer[T]](name string) registered {
	return registered{name: name, make: func() Object { return P(new(T)) }}
}

// registry is filled in init because New, which fields methods may reach, reads it.
var registry map[Type]registered

func init() {
	registry = map[Type]registered{
		TypeSigned:           of[Signed]("signed"),
		TypeRootManifest:     of[RootManifest]("root-manifest"),
		TypePolicy:           of[Policy]("policy"),
		TypeIdentityKey:      of[IdentityKey]("identity-key"),
		TypeBind:             of[Bind]("bind"),
		TypeGeneration:       of[Generation]("generation"),
		TypeDevice:           of[Device]("device"),
		TypeRevoke:           of[Revoke]("revoke"),
		TypeReset:            of[Reset]("reset"),
		TypeVault:            of[Vault]("vault"),
		TypeVaultContext:     of[VaultContext]("vault-context"),
		TypeSealedVault:      of[SealedVault]("sealed-vault"),
		TypeIdentityContext:  of[IdentityContext]("identity-context"),
		TypeSealedIdentity:   of[SealedIdentity]("sealed-identity"),
		TypeUnlockerSecret:   of[UnlockerSecret]("unlocker-secret"),
		TypeUnlockerContext:  of[UnlockerContext]("unlocker-context"),
		TypeUnlockerBlob:     of[UnlockerBlob]("unlocker-blob"),
		TypeWrapContext:      of[WrapContext]("wrap-context"),
		TypeAKWrap:           of[AKWrap]("ak-wrap"),
		TypeCreate:           of[Create]("create"),
		TypeAdd:              of[Add]("add"),
		TypeRemove:           of[Remove]("remove"),
		TypeRekey:            of[Rekey]("rekey"),
		TypeMemberRole:       of[MemberRole]("member-role"),
		TypeLink:             of[Link]("link"),
		TypeRename:           of[Rename]("rename"),
		TypeLogLink:          of[LogLink]("log-link"),
		TypeLogEntry:         of[LogEntry]("log-entry"),
		TypeTombstone:        of[Tombstone]("tombstone"),
		TypeEpochCore:        of[EpochCore]("epoch-core"),
		TypeEpochRecord:      of[EpochRecord]("epoch-record"),
		TypeEpochSecret:      of[EpochSecret]("epoch-secret"),
		TypeSeatShare:        of[SeatShare]("seat-share"),
		TypeEnvelopeContext:  of[EnvelopeContext]("envelope-context"),
		TypeEnvelope:         of[Envelope]("envelope"),
		TypeEnvelopeLeaf:     of[EnvelopeLeaf]("envelope-leaf"),
		TypeEnvelopeProof:    of[EnvelopeProof]("envelope-proof"),
		TypeThreadState:      of[ThreadState]("thread-state"),
		TypeSealedState:      of[SealedState]("sealed-state"),
		TypeHistoryGrant:     of[HistoryGrant]("history-grant"),
		TypeComplaint:        of[Complaint]("complaint"),
		TypeConflict:         of[Conflict]("conflict"),
		TypeHeader:           of[Header]("header"),
		TypeMessage:          of[Message]("message"),
		TypeMessageDigest:    of[MessageDigest]("message-digest"),
		TypeMessageBinding:   of[MessageBinding]("message-binding"),
		TypeShredHalf:        of[ShredHalf]("shred-half"),
		TypeReport:           of[Report]("report"),
		TypePatientAssertion: of[PatientAssertion]("patient-assertion"),
		TypeDisclosureOrder:  of[DisclosureOrder]("disclosure-order"),
		TypeCaseContext:      of[CaseContext]("case-context"),
		TypeCaseShare:        of[CaseShare]("case-share"),
		TypeAuditLeaf:        of[AuditLeaf]("audit-leaf"),
	}
}
