package thread

import (
	"context"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// A patient thread may be linked again, to say better who the patient is: the index replaced a number, or somebody unknown was identified. The room sees
// neither patient. It sees that the patient room signed the new assertion in the place of the present one, and that the keys that carry it come in the same
// transaction, so that nobody ever reads a thread whose link and sealed state are of two assertions.

// ErrLinkWithoutEpoch: a later link is nothing without the sealed state that has its assertion.
var ErrLinkWithoutEpoch = fault.New(fault.Invalid, "link_without_epoch", "Who the patient is and the keys that carry it are changed together. Please try again.")

// PresentLink is the assertion that a thread is linked to, for somebody who is in it now; relink, for one who may link it again.
func (s *Service) PresentLink(ctx context.Context, in id.Thread, person id.Person, relink bool) (id.Hash, error) {
	state, member, err := s.store.Place(ctx, in, person)
	switch {
	case err != nil:
		return id.Hash{}, err
	case !member.Served(s.now()):
		return id.Hash{}, errNotMember
	case state.Space != envelope.SpacePatient:
		return id.Hash{}, ErrNotHere
	case relink && !member.MayPost(state.PostBy, s.now()):
		return id.Hash{}, ErrMayNotPost
	case state.Quarantined > 0:
		return id.Hash{}, ErrQuarantined
	}
	return state.Link.Assertion, nil
}

// allowsRelink is what a later link needs besides its own signature. The store asks again, in the transaction, whether the thread is quarantined.
func allowsRelink(before State, link Link, post *EpochPost) error {
	switch {
	case before.Link == (Link{}) || before.Link == link:
		return nil
	case before.Quarantined > 0:
		return ErrQuarantined
	case post == nil:
		return ErrLinkWithoutEpoch
	}
	return nil
}
