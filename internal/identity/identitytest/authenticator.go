package identitytest

import (
	"net/url"

	"github.com/descope/virtualwebauthn"
)

// Authenticator is a phone or security key with one passkey, and the browser in front of it.
type Authenticator struct {
	Site virtualwebauthn.RelyingParty
	Auth virtualwebauthn.Authenticator
	Key  virtualwebauthn.Credential
}

// NewAuthenticator makes a passkey for the host of an origin. No site has it yet.
func NewAuthenticator(origin string) *Authenticator {
	host := ""
	if parsed, err := url.Parse(origin); err == nil {
		host = parsed.Hostname()
	}
	return &Authenticator{
		Site: virtualwebauthn.RelyingParty{ID: host, Name: "Wardline", Origin: origin}, Auth: virtualwebauthn.NewAuthenticator(), Key: newKey(),
	}
}

// newKey draws a key until its coordinates fill their 32 bytes: the library does not pad those that begin with zeros, as authenticators do.
func newKey() virtualwebauthn.Credential {
	const whole = 77 // bytes of a COSE key on P-256
	for {
		if key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2); len(key.Key.AttestationData()) == whole {
			return key
		}
	}
}

// Create is the answer to a registration's challenge, for a user of this handle.
func (a *Authenticator) Create(challenge, handle []byte) []byte {
	a.Auth.Options.UserHandle = handle
	return []byte(virtualwebauthn.CreateAttestationResponse(a.Site, a.Auth, a.Key, virtualwebauthn.AttestationOptions{Challenge: challenge}))
}

// Get is the answer to another challenge, and counts. change may alter the authenticator and its browser for once.
func (a *Authenticator) Get(challenge []byte, change ...func(*Authenticator)) []byte {
	a.Key.Counter++
	once := *a
	for _, alter := range change {
		alter(&once)
	}
	return []byte(virtualwebauthn.CreateAssertionResponse(once.Site, once.Auth, once.Key, virtualwebauthn.AssertionOptions{Challenge: challenge}))
}
