package client

import (
	"crypto/hmac"
	"crypto/sha1" // RFC 6238's default, and the only one that every authenticator app has
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// TOTPStep is how long a code lasts. Each is taken once.
const TOTPStep = 30 * time.Second

// TOTP is the six-digit code of a secret at a time (RFC 6238), as an authenticator app shows it: for programs that play a person.
func TOTP(secret string, at time.Time) (string, error) {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(strings.ToUpper(secret), "="))
	if err != nil {
		return "", fmt.Errorf("client: not a base32 secret")
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/int64(TOTPStep/time.Second))))
	sum := mac.Sum(nil)
	at4 := sum[len(sum)-1] & 0x0f
	number := binary.BigEndian.Uint32(sum[at4:]) & 0x7fffffff
	return fmt.Sprintf("%06d", number%1_000_000), nil
}
