package client

import (
	"context"
	"errors"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// pending is a message on its way: ciphertext only. Its words are to be had through the epoch's key, as long as that is here.
type pending struct {
	id      id.Message
	kind    envelope.MessageKind
	urgency envelope.Urgency
	header  envelope.Header
	raw     []byte
	half    [32]byte
	entry   id.Hash
	// asked: an answer was lost, so the server is asked whether it has the message before these bytes go again.
	asked bool
}

type messageBody struct {
	Message []byte `json:"message"`
	Half    []byte `json:"half"`
}

// accepted is the server's answer: the message's place in the log.
type accepted struct {
	Message id.Message `json:"message"`
	Seq     uint64     `json:"seq"`
	At      int64      `json:"at"`
	LogHash []byte     `json:"logHash"`
}

// lastOf is this device's newest message in a thread, waiting ones among them.
func (s *Session) lastOf(t *thread) envelope.DeviceHead {
	if waiting := s.outbox[t.id]; len(waiting) > 0 {
		last := waiting[len(waiting)-1]
		return envelope.DeviceHead{Seq: last.header.DeviceSeq, Entry: last.entry}
	}
	return t.log.Device(s.device.ID)
}

// seal makes a message's bytes, after another one of this device.
func (s *Session) seal(t *thread, one *pending, after envelope.DeviceHead, plain []byte) error {
	create := t.membership.Create()
	sealed, err := envelope.SealMessage(envelope.MessageInput{
		Key: t.current().key, Inner: plain, Device: s.device.signer(), Entropy: s.client.entropy,
		Header: envelope.Header{
			Person: s.person, Device: s.device.ID, DeviceSeq: after.Seq + 1, Previous: after.Entry, SeenSeq: t.log.Seq(), SeenHash: t.log.Hash(),
			Message: one.id, Time: s.client.now(), Retention: create.Retention, Urgency: one.urgency, Kind: one.kind,
		},
	})
	if err != nil {
		return err
	}
	one.header, one.raw, one.half, one.entry, one.asked = sealed.Header, sealed.Bytes, sealed.Half, sealed.Entry, false
	return nil
}

// flush sends what waits, in order: section 8.1 of docs/protocol.md.
func (s *Session) flush(ctx context.Context, t *thread) error {
	lost := 0
	for race := 0; len(s.outbox[t.id]) > 0; {
		if err := s.stopped(t); err != nil {
			return err
		}
		first := s.outbox[t.id][0]
		answer, err := s.deliver(ctx, t, first)
		switch {
		case err == nil:
			if err := s.adopt(ctx, t, first, answer); err != nil {
				return err
			}
			lost = 0
		case uncertain(err):
			first.asked = true
			if lost++; lost >= tries || ctx.Err() != nil {
				return err
			}
		case hasCode(err, "message_differs"):
			// It was accepted as it was sealed before.
			if synced := s.syncThread(ctx, t.id); synced != nil || t.byID[first.id] == nil {
				return errors.Join(err, synced)
			}
			s.outbox[t.id] = s.outbox[t.id][1:]
		case hasCode(err, "stale_epoch", "device_order") && race < races:
			race++
			if err := s.sealAgain(ctx, t); err != nil {
				return err
			}
		case s.secrets == nil || hasCode(err, "too_many_tries"):
			return err // it may go later
		default: // a definite no; those behind it are chained again when they are refused for their order
			s.outbox[t.id] = s.outbox[t.id][1:]
			return err
		}
	}
	return nil
}

// deliver sends a message, or finds out that it had arrived.
func (s *Session) deliver(ctx context.Context, t *thread, one *pending) (accepted, error) {
	var answer accepted
	path := "/v1/threads/" + t.id.String() + "/messages"
	if one.asked {
		err := s.call(ctx, "GET", path+"/"+one.id.String(), nil, &answer)
		if !hasCode(err, "message_unknown") {
			return answer, err
		}
		one.asked = false
	}
	if s.live != nil {
		answer, err := s.live.post(ctx, one)
		if !errors.Is(err, errNotLive) {
			return answer, s.heed(err)
		}
	}
	return answer, s.callMessage(ctx, path, one, &answer)
}

func (s *Session) callMessage(ctx context.Context, path string, one *pending, answer *accepted) error {
	return s.call(ctx, "POST", path, messageBody{Message: one.raw, Half: one.half[:]}, answer)
}

// adopt takes an accepted message into the log. When it is the next entry, the answer is enough; else what came before it is asked for. What the
// log then has under this id must be ours.
func (s *Session) adopt(ctx context.Context, t *thread, one *pending, answer accepted) error {
	if answer.Message != one.id || len(answer.LogHash) != 32 {
		return refuse(envelope.BrokenChain, "the answer to another message")
	}
	next := &envelope.LogEntry{
		Thread: t.id, Seq: answer.Seq, Kind: envelope.EntryMessage, At: envelope.Time(max(0, answer.At)), LogHash: id.Hash(answer.LogHash), Body: one.raw,
		Half: &envelope.LogHalf{Half: one.half},
	}
	if s.live != nil && answer.Seq > t.log.Seq()+1 {
		s.heedWaiting(ctx, s.live) // what came before it is often here already
	}
	switch {
	case answer.Seq == t.log.Seq()+1 && s.take(t, next) == nil:
		t.openMessages()
		s.note(t)
	case t.byID[one.id] == nil:
		if err := s.syncThread(ctx, t.id); err != nil {
			return err
		}
	}
	there := t.byID[one.id]
	if there == nil || there.person != s.person || there.device != s.device.ID || there.seq != answer.Seq {
		return refuse(envelope.BrokenChain, "the log does not have what was accepted")
	}
	s.outbox[t.id] = s.outbox[t.id][1:]
	return nil
}

// sealAgain is for after a definite refusal: the first waiting message was not accepted and cannot be as it is. It gets the present epoch and place, and
// those behind it, which follow from it, are chained again. Ids stay, halves are new. A confirmation of the patient as they were known before the thread was
// linked again is not sent: what needs one is refused, and the person compares anew.
func (s *Session) sealAgain(ctx context.Context, t *thread) error {
	plain, err := s.wordsOf(t, s.outbox[t.id])
	if err != nil {
		return err
	}
	if err := s.syncThread(ctx, t.id); err != nil {
		return err
	}
	if err := s.freshen(ctx, t); err != nil {
		return err
	}
	after := t.log.Device(s.device.ID)
	var waiting []*pending
	var words [][]byte
	for n, one := range s.outbox[t.id] {
		if one.kind != envelope.KindConfirm || t.confirms(plain[n]) {
			waiting, words = append(waiting, one), append(words, plain[n])
		}
	}
	s.outbox[t.id] = waiting
	for n, one := range waiting {
		if err := s.seal(t, one, after, words[n]); err != nil {
			return err
		}
		after = envelope.DeviceHead{Seq: one.header.DeviceSeq, Entry: one.entry}
	}
	return nil
}

// wordsOf opens waiting messages with the keys that sealed them.
func (s *Session) wordsOf(t *thread, waiting []*pending) ([][]byte, error) {
	plain := make([][]byte, len(waiting))
	for n, one := range waiting {
		under, ok := t.epochAt(one.header.Epoch)
		if !ok || under.key == nil {
			return nil, refuse(envelope.WrongSecret, "the epoch of a waiting message is not open")
		}
		verified, err := envelope.VerifyMessage(envelope.Trust{Manifests: s.manifests, People: s.people}, under.Epoch, one.raw)
		if err != nil {
			return nil, err
		}
		opened, err := verified.Open(under.key, one.half)
		if err != nil {
			return nil, err
		}
		plain[n] = opened.Inner
	}
	return plain, nil
}
