package dpop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

const (
	nonceEvery   = time.Minute
	noncesTaken  = 5 // minutes before the present one
	nonceMACSize = 16
)

// Nonces are the server's. A nonce is the minute that it was made in under a MAC, so nothing is stored and every node that has the key takes it.
type Nonces struct{ key [32]byte }

// NewNonces are those of a key.
func NewNonces(key [32]byte) Nonces { return Nonces{key} }

// At is the nonce of a time.
func (n Nonces) At(now time.Time) string { return n.of(minute(now)) }

// Accepts says whether the nonce is one of ours and no more than some five minutes old. One minute ahead is for another node's clock.
func (n Nonces) Accepts(nonce string, now time.Time) bool {
	made, ok := decode(nonce)
	if !ok || len(made) != 4+nonceMACSize {
		return false
	}
	then, present := binary.BigEndian.Uint32(made), minute(now)
	return then <= present+1 && then+noncesTaken >= present && hmac.Equal([]byte(n.of(then)), []byte(nonce))
}

func (n Nonces) of(minute uint32) string {
	made := binary.BigEndian.AppendUint32(nil, minute)
	mac := hmac.New(sha256.New, n.key[:])
	mac.Write([]byte("wardline/v1/dpop-nonce\x00"))
	mac.Write(made)
	return text.EncodeToString(append(made, mac.Sum(nil)[:nonceMACSize]...))
}

func minute(at time.Time) uint32 { return uint32(at.Unix() / int64(nonceEvery/time.Second)) }
