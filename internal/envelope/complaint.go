package envelope

import (
	"slices"
)

// ProblemOf is the problem that a refusal of an epoch's key is; false for what is not the author's doing.
func ProblemOf(err error) (Problem, bool) {
	switch CodeOf(err) {
	case WrongSecret:
		return ProblemWrongSecret, true
	case WrongShare:
		return ProblemWrongShare, true
	case BadCommitment, WrongIdentity, WrongPurpose, BadSignature, Malformed, BrokenChain, NotEntitled:
		return ProblemWrongState, true
	}
	return 0, false
}

// VerifyComplaint checks a complaint: section 7.7 of docs/protocol.md. Epochs are the verified records of the thread. It says that this
// member signed this, about keys that were made for them by somebody else; whether it is true nobody else can tell.
func VerifyComplaint(trust Trust, membership *Membership, epochs []*Epoch, signed *Signed) (*Complaint, *Epoch, error) {
	fail := func(err error) (*Complaint, *Epoch, error) { return nil, nil, err }
	object, err := Open[Complaint](signed)
	if err != nil {
		return fail(err)
	}
	if object.Thread != membership.Thread() {
		return fail(refuse(BrokenChain, "a complaint about another thread"))
	}
	at := slices.IndexFunc(epochs, func(e *Epoch) bool { return e.Core.Epoch == object.Epoch })
	switch {
	case at < 0:
		return fail(refuse(RolledBack, "a complaint about keys that are not here"))
	case epochs[at].Hash != object.Record:
		return fail(refuse(BrokenChain, "a complaint about another record than the thread's"))
	}
	epoch := epochs[at]
	listed, ok := epoch.Lists(object.Person)
	if !ok {
		return fail(refuse(NotEntitled, "a complaint by somebody for whom the keys were not made"))
	}
	if object.Person == epoch.Core.Person {
		return fail(refuse(NotEntitled, "nobody complains about their own keys"))
	}
	act := Act{Thread: object.Thread, At: object.Issued}
	if err := verifyByDevice(trust, signed, object.Person, object.Device, listed.Identity, act); err != nil {
		return fail(err)
	}
	return object, epoch, nil
}

// VerifyConflict checks who signed a report of a contradiction. What it says cannot be checked by whoever is accused.
func VerifyConflict(trust Trust, signed *Signed) (*Conflict, error) {
	object, err := Open[Conflict](signed)
	if err != nil {
		return nil, err
	}
	state, err := trust.person(object.Person)
	if err != nil {
		return nil, err
	}
	device, err := state.CheckAct(object.Device, Act{Thread: object.Thread, At: object.Issued})
	if err != nil {
		return nil, err
	}
	return object, signed.verify(needDevice(object.Device, device.Key))
}
