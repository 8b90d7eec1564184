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

	verified *envelope.VerifiedMessage
}

// Held gives everything out.
func (s *Session) Held() (*Held, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	held := &Held{}
	for _, t := range s.threads {
		for _, epoch := range t.epochs {
			if epoch.key != nil {
				held.Epochs = append(held.Epochs, HeldEpoch{t.id, epoch.Core.Epoch, epoch.Hash, epoch.key.Random(), epoch.key})
			}
		}
		for _, m := range t.messages {
			if m.verified != nil {
				held.Messages = append(held.Messages, HeldMessage{t.id, m.id, m.entry, m.verified.Bytes, m.half, m.verified})
			}
		}
	}
	return held, nil
}

// Open tries to read a message with every key and every half that is held, whoever's half it is, but not with a half that only the message brings
// along: so a message of an earlier Held shows what somebody who had kept the ciphertext could still do. The error is that of the nearest miss.
func (h *Held) Open(m HeldMessage) (text string, err error) {
	err = refuse(envelope.WrongSecret, "no key of this epoch is held")
	for _, epoch := range h.Epochs {
		if epoch.Record != m.verified.Header.Record {
			continue
		}
		err = refuse(envelope.BadCommitment, "no half of this message is held")
		for _, one := range h.Messages {
			if one.Half == nil {
				continue
			}
			opened, refused := m.verified.Open(epoch.key, *one.Half)
			if refused != nil {
				continue
			}
			read, refused := decodeInner(m.verified.Header.Kind, opened.Inner)
			if refused != nil {
				return "", refused
			}
			return read.text, nil
		}
	}
	return "", err
}
