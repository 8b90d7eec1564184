package client

import (
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Held is everything that a session still has by which a message could be read. After a disposal nobody's is enough: demo --check and the tests try.
// It is made of secrets.
type Held struct {
	Epochs   []HeldEpoch
	Messages []HeldMessage

	trust envelope.Trust
}

// HeldEpoch is an open epoch.
type HeldEpoch struct {
	Thread id.Thread
	Epoch  uint32
	Record id.Hash
	Random [32]byte

	key *envelope.EpochKey
}

// HeldMessage is a message that is still here as it was sent, with its half where there is one.
type HeldMessage struct {
	Thread  id.Thread
	Message id.Message
	Entry   id.Hash
	Raw     []byte
	Half    *[32]byte
}

// Held gives everything out.
func (s *Session) Held() (*Held, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	held := &Held{trust: envelope.Trust{Manifests: s.manifests, People: s.people}}
	for _, t := range s.threads {
		for _, epoch := range t.epochs {
			if epoch.key != nil {
				held.Epochs = append(held.Epochs, HeldEpoch{t.id, epoch.Core.Epoch, epoch.Hash, epoch.key.Random(), epoch.key})
			}
		}
		for _, m := range t.messages {
			if m.verified != nil {
				held.Messages = append(held.Messages, HeldMessage{t.id, m.id, m.entry, m.verified.Bytes, m.half})
			}
		}
	}
	for in, waiting := range s.outbox {
		for _, one := range waiting {
			half := one.half
			held.Messages = append(held.Messages, HeldMessage{in, one.id, one.entry, one.raw, &half})
		}
	}
	return held, nil
}

// Open tries to read a message with every key and every half that is held, those of other messages too. The error is that of the nearest miss.
func (h *Held) Open(raw []byte) (text string, err error) {
	header, err := headerOf(raw)
	if err != nil {
		return "", err
	}
	halves := [][32]byte{{}}
	for _, one := range h.Messages {
		if one.Half != nil {
			halves = append(halves, *one.Half)
		}
	}
	err = refuse(envelope.WrongSecret, "no key of this epoch is held")
	for _, epoch := range h.Epochs {
		if epoch.Record != header.Record {
			continue
		}
		verified, refused := envelope.VerifyMessage(h.trust, epoch.key.Epoch(), raw)
		if refused != nil {
			return "", refused
		}
		for _, half := range halves {
			opened, refused := verified.Open(epoch.key, half)
			if refused != nil {
				err = refused
				continue
			}
			read, refused := decodeInner(header.Kind, opened.Inner)
			if refused != nil {
				return "", refused
			}
			return read.text, nil
		}
	}
	return "", err
}
