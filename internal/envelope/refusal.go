package envelope

import "errors"

// Code is why something was refused; section 12 of docs/protocol.md has the meanings.
type Code string

// The codes. They are stable: servers answer with them and clients translate them.
const (
	Malformed        Code = "malformed"
	UnsupportedSuite Code = "unsupported_suite"
	BadSignature     Code = "bad_signature"
	WrongPurpose     Code = "wrong_purpose"
	NotEntitled      Code = "not_entitled"
	BrokenChain      Code = "broken_chain"
	WrongMembers     Code = "wrong_members"
	WrongShare       Code = "wrong_share"
	WrongSecret      Code = "wrong_secret"
	StaleEpoch       Code = "stale_epoch"
	RevokedDevice    Code = "revoked_device"
	WrongIdentity    Code = "wrong_identity"
	RolledBack       Code = "rolled_back"
	BadCommitment    Code = "bad_commitment"
	WeakParameters   Code = "weak_parameters"
	NotLogged        Code = "not_logged"
	SplitView        Code = "split_view"
	StaleLog         Code = "stale_log"
)

// Refusal is the only error that checks in this package return. Detail is for developers: it names fields and rules and never
// carries content.
type Refusal struct {
	Code   Code
	Detail string
}

// Error is the code and the detail.
func (r *Refusal) Error() string { return string(r.Code) + ": " + r.Detail }

// Is matches a refusal of the same code, so that errors.Is(err, &Refusal{Code: BrokenChain}) holds whatever the detail.
func (r *Refusal) Is(target error) bool {
	other, ok := target.(*Refusal)
	return ok && other.Code == r.Code
}

// CodeOf is the code of the refusal in err's chain, and empty when there is none.
func CodeOf(err error) Code {
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		return refusal.Code
	}
	return ""
}

func refuse(code Code, detail string) *Refusal { return &Refusal{Code: code, Detail: detail} }
