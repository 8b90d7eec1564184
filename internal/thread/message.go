package thread

import (
	"context"
	"errors"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Post is a message on its way in.
type Post struct {
	// Thread is where it was posted to; zero when only its header says so.
	Thread  id.Thread
	Message []byte // message object
	Half    [32]byte
}

// MaxMessage is the size of the largest message object.
const MaxMessage = 7 + (4 + 1024) + 32 + (4 + 65552) + 64

const day = 24 * time.Hour

// Send accepts a message: it checks everything that needs no key, makes the half durable, then the message, and answers. Everybody is told after the
// commit. The same bytes again get the same answer.
func (s *Service) Send(ctx context.Context, actor Actor, post Post) (Accepted, error) {
	message, header, err := s.read(actor, post)
	if err != nil {
		return Accepted{}, err
	}
	if err := s.letWrite(ctx, actor.Person, header); err != nil {
		if kept, unknown := s.sentBefore(ctx, message, header, err); unknown == nil {
			return kept, nil
		}
		return Accepted{}, err
	}
	author := s.authors.get(actor.Person)
	for try := 0; ; try++ {
		accepted, err := s.sendBy(ctx, actor, author, message, header, post)
		if !errors.Is(err, errAuthorMoved) || try == authorTries {
			return accepted, err
		}
		author = nil // what is remembered of the author is out of date: ask
	}
}

const authorTries = 4

// letWrite asks the gate about a message that can wait (R36). An emergency cannot, nor can the answer to somebody else's request.
func (s *Service) letWrite(ctx context.Context, person id.Person, header *envelope.Header) error {
	if s.gate == nil || header.Urgency == envelope.UrgencyEmergency {
		return nil
	}
	switch header.Kind {
	case envelope.KindAcknowledge, envelope.KindAccept, envelope.KindDecline, envelope.KindDone, envelope.KindQuarantine, envelope.KindWithdraw:
		return nil // nor does taking back what is wrong
	}
	return s.gate.MayWrite(ctx, person)
}

// errAuthorMoved has Send try again with the author's log as it is now.
var errAuthorMoved = fault.New(fault.Unavailable, "database_busy", "Too much is happening at once. Please try again.")

// sendBy is Send with what is remembered of the author, or with their log asked for anew when that is nil.
func (s *Service) sendBy(
	ctx context.Context, actor Actor, author *envelope.PersonState, message *envelope.Message, header *envelope.Header, post Post,
) (Accepted, error) {
	trust, people := s.trustFor(ctx, actor.Person, author)
	verified, err := s.verifyMessage(ctx, trust, people, actor, header, post)
	if errors.Is(err, ErrStaleEpoch) {
		return s.sentBefore(ctx, message, header, err)
	}
	if err != nil {
		if author != nil {
			err = errAuthorMoved
		}
		return Accepted{}, err
	}
	now := s.now()
	half := Half{HalfRef: HalfRef{header.Thread, header.Message, header.ShredCommit}, Half: post.Half, At: now}
	if err := s.halves.Put(ctx, half); err != nil {
		return Accepted{}, err
	}
	made := NewMessage{Header: *header, Hash: verified.Entry, Body: post.Message, At: now, Event: eventOf(header, now)}
	policy, _ := s.keys.Chain().Policy()
	state, confirmed, warned := people.have[actor.Person], false, false
	entry, err := s.store.AddMessage(ctx, made,
		func(standing Standing) (bool, error) {
			confirmed = standing.PersonHead == state.Head()
			if !confirmed && (author != nil || !standing.PersonHead.IsZero()) {
				return false, errAuthorMoved
			}
			if err := admit(standing, header, verified.Entry, policy, now); err != nil {
				return false, err
			}
			warned = header.Kind == envelope.KindQuarantine || TakesNote(standing.State, header)
			return !s.audiences.has(header.Thread, standing.State.MembershipSeq), nil
		},
		func(w Written) { s.deliver(w, &post.Half) },
	)
	if err != nil {
		return Accepted{}, err
	}
	if confirmed {
		s.authors.put(state)
	}
	if warned {
		s.tellReaders(ctx, header.Thread)
	}
	if !entry.Live {
		// A message that was destroyed is sent again by somebody who kept it: its half must not come back.
		if err := s.halves.Delete(ctx, half.HalfRef); err != nil {
			return Accepted{}, err
		}
	}
	return accepted(header.Message, entry.Entry), nil
}

// verifyMessage checks a message before anything is written for it.
func (s *Service) verifyMessage(
	ctx context.Context, trust envelope.Trust, people *logs, actor Actor, header *envelope.Header, post Post,
) (*envelope.VerifiedMessage, error) {
	if err := s.live(people, actor); err != nil {
		return nil, err
	}
	epoch, err := s.epochFor(ctx, actor, header)
	if err != nil {
		return nil, err
	}
	if epoch.Core.Manifest != trust.Manifests.Current().Hash {
		// The officers have changed: what comes next is sealed to those who are there now (section 7.5 of docs/protocol.md).
		return nil, staleEpoch(State{Epoch: epoch.Core.Epoch})
	}
	verified, err := envelope.VerifyMessage(trust, epoch, post.Message)
	if err != nil {
		return nil, people.verdict(err)
	}
	if err := verified.CheckHalf(post.Half); err != nil {
		return nil, ErrWrongHalf.Because(err)
	}
	return verified, nil
}

// read parses a message and compares it with who sends it.
func (s *Service) read(actor Actor, post Post) (*envelope.Message, *envelope.Header, error) {
	if len(post.Message) > MaxMessage {
		return nil, nil, ErrTooLarge
	}
	message, err := envelope.Parse[envelope.Message](post.Message)
	if err != nil {
		return nil, nil, refusal(err)
	}
	header, err := envelope.Parse[envelope.Header](message.Header)
	if err != nil {
		return nil, nil, refusal(err)
	}
	if header.Person != actor.Person || header.Device != actor.Device || !post.Thread.IsZero() && header.Thread != post.Thread {
		return nil, nil, ErrWrongSender
	}
	if !header.Message.IsV7() {
		return nil, nil, refusal(&envelope.Refusal{Code: envelope.Malformed, Detail: "not a message id"})
	}
	if err := s.plausible(header.Time); err != nil {
		return nil, nil, err
	}
	return message, header, nil
}

// epochFor is the thread's present epoch, under which the message says that it is sealed, for somebody who is a member as far as is known here.
// The last word on both is admit's.
func (s *Service) epochFor(ctx context.Context, actor Actor, header *envelope.Header) (*envelope.Epoch, error) {
	k := s.members.get(header.Thread)
	if k.epoch != nil && k.epoch.Hash == header.Record && s.audiences.holds(header.Thread, actor.Person) {
		return k.epoch, nil
	}
	state, member, err := s.store.Place(ctx, header.Thread, actor.Person)
	if err != nil {
		return nil, err
	}
	if member.Left != nil {
		return nil, errNotMember
	}
	if header.Epoch != state.Epoch || header.Record != state.Record {
		return nil, staleEpoch(state)
	}
	records, err := s.store.Membership(ctx, header.Thread)
	if err != nil {
		return nil, err
	}
	if k, err = s.know(ctx, records); err != nil {
		return nil, err
	}
	if k.epoch == nil || k.epoch.Hash != header.Record {
		return nil, staleEpoch(records.State)
	}
	return k.epoch, nil
}

// sentBefore is for what was refused before the log was asked: a message that is there already, sent again after its epoch is over or after a
// new policy, keeps its answer.
func (s *Service) sentBefore(ctx context.Context, message *envelope.Message, header *envelope.Header, refused error) (Accepted, error) {
	there, err := s.store.MessageEntry(ctx, header.Thread, header.Message)
	if errors.Is(err, ErrUnknown) {
		return Accepted{}, refused
	}
	if err != nil {
		return Accepted{}, err
	}
	if hash, err := entryHash(message); err != nil || hash != there.Hash {
		// Another message, or this one sealed again, for which a new epoch does not help either.
		return Accepted{}, ErrMessageDiffers
	}
	return accepted(header.Message, there.Entry), nil
}

// admit is the rules of sending that depend on where the thread stands.
func admit(s Standing, h *envelope.Header, entry id.Hash, policy *envelope.Policy, now time.Time) error {
	switch {
	case s.Member.Person.IsZero():
		return ErrUnknown
	case s.There != nil && s.There.Hash == entry:
		return ErrAlreadyThere
	case s.There != nil:
		return ErrMessageDiffers
	case s.Member.Left != nil:
		return errNotMember
	case !s.Member.MayPost(s.State.PostBy, now):
		return ErrMayNotPost
	case h.Epoch != s.State.Epoch || h.Record != s.State.Record || stale(s.State, policy, now):
		return staleEpoch(s.State)
	case h.DeviceSeq != s.DeviceSeq+1 || h.Previous != s.DeviceEntry:
		return ErrOutOfOrder.With("deviceSeq", s.DeviceSeq).With("previous", s.DeviceEntry.Bytes())
	case h.SeenSeq > s.State.Seq || h.SeenHash != s.SeenHash:
		return refusal(&envelope.Refusal{Code: envelope.BrokenChain, Detail: "the author had seen another history"})
	}
	if err := belongs(s.State, h); err != nil {
		return err
	}
	if err := allowed(s.State, h.Kind); err != nil {
		return err
	}
	return confirmed(s, h, now)
}

// stale says whether the present epoch is over: section 7.5 of docs/protocol.md.
func stale(s State, policy *envelope.Policy, now time.Time) bool {
	switch {
	case s.EpochMembershipSeq != s.MembershipSeq || s.EpochStale:
		return true
	case policy == nil:
		return false
	}
	age := now.UnixMilli() - s.EpochIssued.UnixMilli()
	return age > 0 && uint64(age) > policy.RotateAfterMillis || s.EpochMessages >= policy.RotateAfterMessages
}

// belongs is what a space carries. A decision goes to a patient's record, so it is made in that patient's thread; urgency among
// friends would teach people to ignore it.
func belongs(s State, h *envelope.Header) error {
	switch h.Kind {
	case envelope.KindText, envelope.KindNotice, envelope.KindAcknowledge:
	case envelope.KindDecision, envelope.KindConfirm, envelope.KindQuarantine, envelope.KindWithdraw, envelope.KindCountersign:
		if s.Space != envelope.SpacePatient {
			return ErrNotHere
		}
	case envelope.KindSweep:
		if s.Space == envelope.SpaceSocial || s.Space == envelope.SpaceAnnouncement {
			return ErrNotHere // nobody decides there, so there is nothing to ask for
		}
	default: // kinds whose rules this server does not know
		return ErrNotHere
	}
	if s.Space == envelope.SpaceSocial && h.Urgency != envelope.UrgencyRoutine {
		return ErrNotHere
	}
	if h.Retention < s.Retention || !envelope.MayKeep(s.Space, h.Retention) {
		return ErrClass // a message may be kept longer than its thread, never shorter
	}
	return nil
}

// Sent is where a message of the thread is in the log.
func (s *Service) Sent(ctx context.Context, person id.Person, in id.Thread, message id.Message) (Accepted, error) {
	_, member, err := s.store.Place(ctx, in, person)
	if err != nil {
		return Accepted{}, err
	}
	there, err := s.store.MessageEntry(ctx, in, message)
	if errors.Is(err, ErrUnknown) || err == nil && member.Left != nil && there.Seq > member.Left.Seq {
		return Accepted{}, ErrMessageUnknown
	}
	if err != nil {
		return Accepted{}, err
	}
	return accepted(message, there.Entry), nil
}

func accepted(message id.Message, e Entry) Accepted {
	return Accepted{Message: message, Seq: e.Seq, At: e.At.UnixMilli(), LogHash: e.LogHash.Bytes()}
}

// entryHash is the entry hash of a message that was not verified.
func entryHash(m *envelope.Message) (id.Hash, error) {
	return envelope.Hash(&envelope.MessageDigest{
		Header: m.Header, Commitment: m.Commitment, Ciphertext: envelope.HashLabel("ciphertext", m.Ciphertext),
	})
}

// SweepHalves destroys the halves whose messages never came, or are there no more, when they are older than an hour: what a crash between
// the two databases leaves behind, and what a refusal after the half was written does. It returns how many.
func (s *Service) SweepHalves(ctx context.Context) (int, error) {
	return s.halves.Orphans(ctx, s.now().Add(-time.Hour), s.store.Strays)
}
