package envelope

import (
	"slices"

	"github.com/wardline/wardline/internal/id"
)

// VerifiedMessage is a message whose signature, author, device and record have been checked. Nothing has been decrypted, so a server can
// have one too.
type VerifiedMessage struct {
	Header Header
	// Entry is the message's entry hash in the thread's log.
	Entry   id.Hash
	Bytes   []byte
	message *Message
}

// OpenedMessage is what a receiver shows, and what a report is made from.
type OpenedMessage struct {
	*VerifiedMessage
	Inner []byte
	KF    [32]byte
}

// VerifyMessage checks everything about a message that needs no key: that its ciphertext has a size that a message can have, that it was
// written under this record by somebody whom the record lists and who may post, and that a device of theirs signed it while it was
// live.
func VerifyMessage(trust Trust, epoch *Epoch, raw []byte) (*VerifiedMessage, error) {
	message, err := Parse[Message](raw)
	if err != nil {
		return nil, err
	}
	return verifyMessage(trust, epoch, message, raw)
}

func verifyMessage(trust Trust, epoch *Epoch, message *Message, raw []byte) (*VerifiedMessage, error) {
	header, err := Parse[Header](message.Header)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(buckets, len(message.Ciphertext)-gcmTag) {
		return nil, refuse(Malformed, "no message has this size")
	}
	if header.Thread != epoch.Core.Thread || header.Epoch != epoch.Core.Epoch || header.Record != epoch.Hash {
		return nil, refuse(BrokenChain, "not written under this record")
	}
	if header.DeviceSeq < 1 || (header.DeviceSeq == 1) != header.Previous.IsZero() {
		return nil, refuse(BrokenChain, "device sequence and previous do not agree")
	}
	author, ok := epoch.Lists(header.Person)
	if !ok || !epoch.Membership.MayPost(header.Person) {
		return nil, refuse(NotEntitled, "the author may not post")
	}
	digest, err := message.digest()
	if err != nil {
		return nil, err
	}
	verified := &VerifiedMessage{
		Header: *header, Entry: HashLabel(TypeMessageDigest.Name(), digest), Bytes: raw, message: message,
	}
	state, err := trust.person(header.Person)
	if err != nil {
		return nil, err
	}
	act := Act{Thread: header.Thread, Entry: verified.Entry, At: header.Time, DeviceSeq: header.DeviceSeq, Order: trust.Order}
	device, err := state.CheckAct(header.Device, act)
	if err != nil {
		return nil, err
	}
	if device.Identity != author.Identity {
		return nil, refuse(WrongIdentity, "the device belongs to another identity than the record lists")
	}
	if err := VerifyStrict(device.Key, signingInput(TypeMessageDigest, digest), message.Signature); err != nil {
		return nil, err
	}
	return verified, nil
}

// CheckHalf checks that a shred half is the one that the header commits to.
func (v *VerifiedMessage) CheckHalf(half [32]byte) error {
	if shredCommit(&v.Header, half) != v.Header.ShredCommit {
		return refuse(BadCommitment, "not the half that the header commits to")
	}
	return nil
}

// Open decrypts, and checks commitment, length and padding.
func (v *VerifiedMessage) Open(key *EpochKey, half [32]byte) (*OpenedMessage, error) {
	if key.epoch.Hash != v.Header.Record {
		return nil, refuse(BrokenChain, "the key of another record")
	}
	if err := v.CheckHalf(half); err != nil {
		return nil, err
	}
	aesKey, nonce, err := messageKey(key.secret, half, v.message)
	if err != nil {
		return nil, err
	}
	plain, err := openGCM(aesKey, nonce, v.message.bound(), v.message.Ciphertext, WrongSecret)
	if err != nil {
		return nil, err
	}
	kf, inner, err := unpad(plain)
	if err != nil {
		return nil, err
	}
	if err := v.message.checkFranking(kf, inner); err != nil {
		return nil, err
	}
	return &OpenedMessage{VerifiedMessage: v, Inner: inner, KF: kf}, nil
}

func (m *Message) checkFranking(kf [32]byte, inner []byte) error {
	commitment := frank(kf, m.Header, inner)
	if !sameBytes(commitment[:], m.Commitment[:]) {
		return refuse(BadCommitment, "not the content that the author committed to")
	}
	return nil
}

// NewReport makes the proof of what a message said, to be sealed to a reviewer.
func NewReport(opened *OpenedMessage) ([]byte, error) {
	return Encode(&Report{Message: opened.Bytes, KF: opened.KF, Inner: opened.Inner})
}

// VerifyReport checks a reported message: its signature, its record, and that this is the content that the author committed to. It takes
// no key of the thread.
func VerifyReport(trust Trust, epoch *Epoch, raw []byte) (*OpenedMessage, error) {
	report, err := Parse[Report](raw)
	if err != nil {
		return nil, err
	}
	verified, err := VerifyMessage(trust, epoch, report.Message)
	if err != nil {
		return nil, err
	}
	if err := verified.message.checkFranking(report.KF, report.Inner); err != nil {
		return nil, err
	}
	return &OpenedMessage{VerifiedMessage: verified, Inner: report.Inner, KF: report.KF}, nil
}
