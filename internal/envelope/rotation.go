package envelope

// CheckFresh refuses an epoch under which nothing more may be sent: section 7.5 of docs/protocol.md. Clients ask before every send and
// make a new epoch by themselves; the server asks before it accepts. Messages is how many messages the epoch carries already.
func (e *Epoch) CheckFresh(trust Trust, membership *Membership, policy *Policy, now Time, messages uint32) error {
	switch {
	case membership.Thread() != e.Core.Thread:
		return refuse(BrokenChain, "the membership of another thread")
	case membership.Seq() != e.Core.MembershipSeq || membership.Head() != e.Core.MembershipHead:
		return refuse(StaleEpoch, "the membership has moved on")
	case trust.Manifests.Current().Hash != e.Core.Manifest:
		return refuse(StaleEpoch, "the manifest has moved on")
	case uint64(now) > uint64(e.Core.Issued)+policy.RotateAfterMillis:
		return refuse(StaleEpoch, "the record is old")
	case messages >= policy.RotateAfterMessages:
		return refuse(StaleEpoch, "the epoch carries enough messages")
	}
	for _, member := range membership.Members() {
		state, err := trust.person(member.Person)
		if err != nil {
			return err
		}
		listed, ok := e.Lists(member.Person)
		switch {
		case ok && state.movedSince(listed.LogHead):
			return refuse(StaleEpoch, "a member has new or revoked keys")
		case !ok && state.Ready(member.Identity):
			return refuse(StaleEpoch, "a member who was left out can be given keys")
		}
	}
	return nil
}
