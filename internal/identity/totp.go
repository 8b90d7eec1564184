package identity

import (
	"crypto/subtle"
	"net/url"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// Codes are RFC 6238 with the defaults that every authenticator app has: SHA-1, six digits, 30 seconds. One step before and after
// the present one is taken too, for clocks that differ.
const (
	totpPeriod = 30 * time.Second
	totpSkew   = 1
)

func totpStep(at time.Time) int64 { return at.Unix() / int64(totpPeriod/time.Second) }

// totpMatch finds the step of a code. All steps are compared whichever matches.
func totpMatch(secret []byte, code string, now time.Time) (step int64, found bool) {
	present := totpStep(now)
	for candidate := present - totpSkew; candidate <= present+totpSkew; candidate++ {
		if subtle.ConstantTimeCompare([]byte(totpCode(secret, candidate)), []byte(code)) == 1 {
			step, found = candidate, true
		}
	}
	return step, found
}

// TOTPCode is the code of a secret at a time: what the authenticator app shows. The demonstration shows it too.
func TOTPCode(secret []byte, at time.Time) string { return totpCode(secret, totpStep(at)) }

func totpCode(secret []byte, step int64) string {
	code, err := hotp.GenerateCodeCustom(base32Text.EncodeToString(secret), uint64(step),
		hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		panic("identity: a code cannot be made: " + err.Error()) // the secret is ours and well formed
	}
	return code
}

// otpauth is the address that a QR code carries to an authenticator app.
func otpauth(userName string, secret []byte) string {
	query := url.Values{
		"secret": {base32Text.EncodeToString(secret)}, "issuer": {"Wardline"}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"},
	}
	return "otpauth://totp/Wardline:" + url.PathEscape(userName) + "?" + query.Encode()
}
