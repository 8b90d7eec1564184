package thread

import (
	"context"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Grant keeps earlier epochs that a member gives to somebody who was added with history, after checking that the add allows it and that the
// records are the thread's own. The same again changes nothing.
func (s *Service) Grant(ctx context.Context, actor Actor, in id.Thread, g Grant) error {
	records, err := s.recordsFor(ctx, actor, in)
	if err != nil {
		return err
	}
	signed, said, err := parseSigned[envelope.HistoryGrant](g.Grant)
	if err != nil {
		return err
	}
	if said.Thread != in || said.Person != actor.Person || said.Device != actor.Device {
		return ErrWrongSender
	}
	trust, people := s.trust(ctx, actor.Person, said.Target)
	if err := s.live(people, actor); err != nil {
		return err
	}
	if err := s.plausible(said.Issued); err != nil {
		return err
	}
	k, err := s.know(ctx, records)
	if err != nil {
		return err
	}
	named, err := s.namedEpochs(ctx, actor, k, said)
	if err != nil {
		return err
	}
	envelopes := make([]envelope.Envelope, 0, len(g.Envelopes))
	for _, body := range g.Envelopes {
		one, err := envelope.Parse[envelope.Envelope](body)
		if err != nil {
			return refusal(err)
		}
		envelopes = append(envelopes, *one)
	}
	if err := currentKeys(people, said); err != nil {
		return err
	}
	if _, err := envelope.VerifyGrant(trust, k.membership, named, signed, envelopes); err != nil {
		return people.verdict(err)
	}
	hash, err := signed.Hash()
	if err != nil {
		return refusal(err)
	}
	made := NewGrant{Hash: hash, Target: said.Target, Grant: g, At: s.now()}
	err = s.store.AddGrant(ctx, in, made, audit.Event{
		Kind: audit.HistoryGrant, Actor: actor.Person, Subject: audit.About(in), At: made.At,
		Details: map[string]string{"target": said.Target.String(), "epochs": decimal(len(said.Records))},
	})
	if err == nil {
		// The add was announced before there was anything to read: now there is.
		s.publisher.Changed(in, []id.Person{said.Target})
	}
	return err
}

// currentKeys: nothing is given to keys that may be lost, or that there are newer ones of.
func currentKeys(people *logs, said *envelope.HistoryGrant) error {
	state, ok := people.Person(said.Target)
	if people.failed != nil {
		return people.failed
	}
	if ok && state.Ready(said.Identity) {
		if generation, ok := state.CurrentGeneration(); ok && generation.Generation == said.Generation {
			return nil
		}
	}
	return refusal(&envelope.Refusal{Code: envelope.WrongMembers, Detail: "not the keys that can be sealed to now"})
}

// namedEpochs are the records that a grant names, as they were when they were accepted.
func (s *Service) namedEpochs(ctx context.Context, actor Actor, k known, said *envelope.HistoryGrant) ([]*envelope.Epoch, error) {
	if len(said.Records) == 0 {
		return nil, errNoEpochs
	}
	wanted := make(map[uint32]bool, len(said.Records))
	for _, record := range said.Records {
		wanted[record.Epoch] = true
	}
	var named []*envelope.Epoch
	from, until := said.Records[0].Epoch, said.Records[len(said.Records)-1].Epoch
	for from <= until {
		page, err := s.store.Epochs(ctx, said.Thread, actor.Person, from, until, MaxPage)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			break
		}
		for _, one := range page {
			if !wanted[one.Epoch] {
				continue
			}
			epoch, err := s.stored(k.membership, one.Record)
			if err != nil {
				return nil, err
			}
			named = append(named, epoch)
		}
		from = page[len(page)-1].Epoch + 1
	}
	return named, nil
}

var errNoEpochs = fault.New(fault.Invalid, "grant_empty", "There are no earlier messages in this to pass on.")

// Grants are those made to the person.
func (s *Service) Grants(ctx context.Context, person id.Person, in id.Thread) ([]Grant, error) {
	member, err := s.place(ctx, in, person)
	if err != nil {
		return nil, err
	}
	if member.Left != nil {
		return []Grant{}, nil
	}
	return s.store.Grants(ctx, in, person)
}

// SplitEnvelopes takes apart envelope objects that were stored one after another: they are all of one size.
func SplitEnvelopes(joined []byte) [][]byte {
	split := [][]byte{}
	for len(joined) >= envelopeSize {
		split = append(split, joined[:envelopeSize:envelopeSize])
		joined = joined[envelopeSize:]
	}
	return split
}

const envelopeSize = 7 + 1 + 16 + 1168
