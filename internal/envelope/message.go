package envelope

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/wardline/wardline/internal/id"
)

// MaxInner is the longest inner, in bytes.
const MaxInner = 65536 - innerStart

const (
	innerStart = 32 + 4 // kf, length
	gcmTag     = 16
)

// buckets are the plaintext sizes. A message is padded to the smallest that holds it, and to no other.
var buckets = []int{256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536}

// MessageInput is what a message is made from.
type MessageInput struct {
	Key *EpochKey
	// Header is filled in by the caller but for thread, epoch, record and shredCommit, which follow from the key and the half.
	Header  Header
	Inner   []byte
	Device  Signer
	Entropy Entropy
}

// SealedMessage is a message to send. Half goes beside it, to be kept where it can be destroyed.
type SealedMessage struct {
	Header Header
	Bytes  []byte
	Half   [32]byte
	Entry  id.Hash
}

// SealMessage seals and signs a message under an epoch: section 8 of docs/protocol.md. Every call draws a new half and a new kf, so
// sealing the same content twice gives two unrelated messages.
func SealMessage(in MessageInput) (*SealedMessage, error) {
	if len(in.Inner) > MaxInner {
		return nil, refuse(Malformed, "inner is too long")
	}
	var half, kf [32]byte
	if err := draw(in.Entropy, half[:]); err != nil {
		return nil, err
	}
	if err := draw(in.Entropy, kf[:]); err != nil {
		return nil, err
	}
	header := in.Header
	core := &in.Key.epoch.Core
	header.Thread, header.Epoch, header.Record = core.Thread, core.Epoch, in.Key.epoch.Hash
	header.ShredCommit = shredCommit(&header, half)
	headerBytes, err := Encode(&header)
	if err != nil {
		return nil, err
	}
	message := &Message{Header: headerBytes, Commitment: frank(kf, headerBytes, in.Inner)}
	key, nonce, err := messageKey(in.Key.secret, half, message)
	if err != nil {
		return nil, err
	}
	message.Ciphertext = sealGCM(key, nonce, message.bound(), pad(kf, in.Inner))
	digest, err := message.digest()
	if err != nil {
		return nil, err
	}
	message.Signature = in.Device.Sign(signingInput(TypeMessageDigest, digest))
	encoded, err := Encode(message)
	if err != nil {
		return nil, err
	}
	return &SealedMessage{Header: header, Bytes: encoded, Half: half, Entry: HashLabel(TypeMessageDigest.Name(), digest)}, nil
}

// digest is the message-digest object: what is signed, and what the entry hash is the hash of.
func (m *Message) digest() ([]byte, error) {
	return Encode(&MessageDigest{
		Header: m.Header, Commitment: m.Commitment, Ciphertext: HashLabel("ciphertext", m.Ciphertext),
	})
}

// bound is header ‖ commitment, the additional data of the ciphertext.
func (m *Message) bound() []byte {
	return append(slices.Clip(m.Header), m.Commitment[:]...)
}

func shredCommit(header *Header, half [32]byte) id.Hash {
	return fixedHash(&ShredHalf{Thread: header.Thread, Message: header.Message, Half: half})
}

// frank is the commitment by which a recipient can prove what was sent. kf is exactly 32 bytes, because HMAC pads shorter keys.
func frank(kf [32]byte, header, inner []byte) [32]byte {
	mac := hmac.New(sha256.New, kf[:])
	mac.Write(header)
	mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(inner))))
	mac.Write(inner)
	return [32]byte(mac.Sum(nil))
}

// messageKey follows from the epoch, the half, and header and commitment; so one ciphertext opens to one content only.
func messageKey(secret, half [32]byte, m *Message) (key [32]byte, nonce [12]byte, err error) {
	salt, err := Hash(&MessageBinding{Header: m.Header, Commitment: m.Commitment})
	if err != nil {
		return key, nonce, err
	}
	both := append(append(make([]byte, 0, 64), secret[:]...), half[:]...)
	key, nonce = keyNonce(KDF(both, salt[:], "message", nil, 44))
	return key, nonce, nil
}

// PaddedSize is the plaintext size for an inner of n bytes; 0 when there is none.
func PaddedSize(n int) int {
	for _, bucket := range buckets {
		if innerStart+n <= bucket {
			return bucket
		}
	}
	return 0
}

func pad(kf [32]byte, inner []byte) []byte {
	plain := make([]byte, PaddedSize(len(inner)))
	copy(plain, kf[:])
	binary.BigEndian.PutUint32(plain[32:], uint32(len(inner)))
	copy(plain[innerStart:], inner)
	return plain
}

func unpad(plain []byte) (kf [32]byte, inner []byte, err error) {
	if len(plain) < innerStart {
		return kf, nil, refuse(BadCommitment, "plaintext is too short")
	}
	length := binary.BigEndian.Uint32(plain[32:])
	if length > uint32(len(plain)-innerStart) || PaddedSize(int(length)) != len(plain) {
		return kf, nil, refuse(BadCommitment, "length does not fit the padding")
	}
	for _, b := range plain[innerStart+int(length):] {
		if b != 0 {
			return kf, nil, refuse(BadCommitment, "padding is not zero")
		}
	}
	return [32]byte(plain[:32]), plain[innerStart : innerStart+int(length)], nil
}
