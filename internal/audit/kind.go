package audit

import "fmt"

// Kind says what happened. The numbers are in every leaf for ever: append, never renumber, never reuse.
type Kind uint16

// People and keys.
const (
	Manifest         Kind = 0x0101 // a root manifest took effect
	PersonLog        Kind = 0x0102 // an entry was appended to a person log
	PersonAdded      Kind = 0x0103
	PersonChanged    Kind = 0x0104
	PersonLeft       Kind = 0x0105
	EnrolmentIssued  Kind = 0x0106 // a one-time link was made
	EnrolmentRefused Kind = 0x0107
	Enrolled         Kind = 0x0108
	SignIn           Kind = 0x0109
	SignInRefused    Kind = 0x010a
	SignOut          Kind = 0x010b
	Lock             Kind = 0x010c
	Unlock           Kind = 0x010d
	DeviceRevoked    Kind = 0x010e
	VaultChanged     Kind = 0x010f
	DutyChanged      Kind = 0x0110
	NoticeSeen       Kind = 0x0111 // the person saw what is monitored and what may be disclosed
	ProofRefused     Kind = 0x0112 // a session's cookie came without the proof of its key
	UsedTwice        Kind = 0x0113 // two copies of one browser used a session
	UnlockerAdded    Kind = 0x0120
	UnlockerRemoved  Kind = 0x0121
	PasskeyAdded     Kind = 0x0122
	PasskeyRemoved   Kind = 0x0123
	PasskeyCloned    Kind = 0x0124 // its counter went back: there may be two of it
	PINDestroyed     Kind = 0x0125 // after too many wrong tries
)

// The organisation's policies.
const (
	PolicyPublished Kind = 0x0801 // a version entered the register
	PolicyAccepted  Kind = 0x0802
	PolicyDeferred  Kind = 0x0803 // the person is on duty and accepts at the end of it
)

// Threads.
const (
	ThreadCreated Kind = 0x0201
	Membership    Kind = 0x0202
	Epoch         Kind = 0x0203
	HistoryGrant  Kind = 0x0204
	ThreadFrozen  Kind = 0x0205
	Reported      Kind = 0x0206
	Complaint     Kind = 0x0207 // a member could not use the keys that were made for them
)

// Patients.
const (
	LookUp        Kind = 0x0301
	LookUpRefused Kind = 0x0302
	Assertion     Kind = 0x0303
	PatientLinked Kind = 0x0304
	NamesakeShown Kind = 0x0305

	Quarantined    Kind = 0x0310 // a thread was found to be linked to the wrong patient
	QuarantineRead Kind = 0x0311 // a reader of it has taken note
)

// Decisions and the health record.
const (
	Decision      Kind = 0x0401
	NoDecision    Kind = 0x0402 // the signed answer that a thread holds no decision
	Filing        Kind = 0x0403 // a decision was queued for the record
	FilingRefused Kind = 0x0404 // the record said no; a person must see it
	Receipt       Kind = 0x0405
	Retraction    Kind = 0x0406 // the record was told that a document was entered in error

	FilingStopped Kind = 0x0410 // before it went, because it is about the wrong patient
)

// Keeping and destroying.
const (
	Eligible     Kind = 0x0501
	Hold         Kind = 0x0502
	HoldReleased Kind = 0x0503
	Disposal     Kind = 0x0504
	Replay       Kind = 0x0505 // the destruction ledger was replayed after a restore
	RetentionSet Kind = 0x0510 // the period of a class in a space was changed
	Swept        Kind = 0x0511 // the retention sweep destroyed something
)

// Cases and control.
const (
	CaseOpened      Kind = 0x0601
	DisclosureOrder Kind = 0x0602
	Opening         Kind = 0x0603
	HalvesReleased  Kind = 0x0604
	CaseClosed      Kind = 0x0605
	Drill           Kind = 0x0606
	Review          Kind = 0x0607
)

// Operation.
const (
	Configuration Kind = 0x0701
	Backup        Kind = 0x0702
	Restore       Kind = 0x0703
	Quiet         Kind = 0x0704 // nothing happened for hours: the log is signed anew, so that its newest checkpoint is never old
)

// Known reports whether the kind is one of the constants above.
func (k Kind) Known() bool { return kindNames[k] != "" }

// String is the kind's name in exports and on screens.
func (k Kind) String() string {
	if name := kindNames[k]; name != "" {
		return name
	}
	return fmt.Sprintf("kind_%04x", uint16(k))
}

var kindNames = map[Kind]string{
	Manifest: "manifest", PersonLog: "person_log", PersonAdded: "person_added", PersonChanged: "person_changed", PersonLeft: "person_left",
	EnrolmentIssued: "enrolment_issued", EnrolmentRefused: "enrolment_refused", Enrolled: "enrolled",
	SignIn: "sign_in", SignInRefused: "sign_in_refused", SignOut: "sign_out", Lock: "lock", Unlock: "unlock",
	DeviceRevoked: "device_revoked", VaultChanged: "vault_changed", DutyChanged: "duty_changed", NoticeSeen: "notice_seen",
	ProofRefused: "proof_refused", UsedTwice: "used_twice",
	UnlockerAdded: "unlocker_added", UnlockerRemoved: "unlocker_removed", PasskeyAdded: "passkey_added", PasskeyRemoved: "passkey_removed",
	PasskeyCloned: "passkey_cloned", PINDestroyed: "pin_destroyed",
	PolicyPublished: "policy_published", PolicyAccepted: "policy_accepted", PolicyDeferred: "policy_deferred",
	ThreadCreated: "thread_created", Membership: "membership", Epoch: "epoch", HistoryGrant: "history_grant", ThreadFrozen: "thread_frozen",
	Reported: "reported", Complaint: "complaint",
	LookUp: "look_up", LookUpRefused: "look_up_refused", Assertion: "assertion", PatientLinked: "patient_linked",
	NamesakeShown: "namesake_shown", Quarantined: "quarantined", QuarantineRead: "quarantine_read", FilingStopped: "filing_stopped",
	Decision: "decision", NoDecision: "no_decision", Filing: "filing", FilingRefused: "filing_refused", Receipt: "receipt",
	Retraction: "retraction",
	Eligible:   "eligible", Hold: "hold", HoldReleased: "hold_released", Disposal: "disposal", Replay: "replay",
	RetentionSet: "retention_set", Swept: "swept",
	CaseOpened: "case_opened", DisclosureOrder: "disclosure_order", Opening: "opening", HalvesReleased: "halves_released",
	CaseClosed: "case_closed", Drill: "drill", Review: "review",
	Configuration: "configuration", Backup: "backup", Restore: "restore", Quiet: "quiet",
}
