package identity

import (
	"errors"
	"testing"

	"github.com/descope/virtualwebauthn"
)

// FuzzCredential: whatever a browser sends is parsed or refused with one of our words, and what has been parsed does not check without its challenge.
func FuzzCredential(f *testing.F) {
	site := virtualwebauthn.RelyingParty{ID: "wardline.test", Origin: "https://wardline.test"}
	auth, key := virtualwebauthn.NewAuthenticator(), virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	challenge := make([]byte, 32)
	f.Add([]byte(virtualwebauthn.CreateAssertionResponse(site, auth, key, virtualwebauthn.AssertionOptions{Challenge: challenge})))
	f.Add([]byte(virtualwebauthn.CreateAttestationResponse(site, auth, key, virtualwebauthn.AttestationOptions{Challenge: challenge})))
	f.Add([]byte(`{"clientExtensionResults":{"prf":{"results":{"first":""}}}}`))
	f.Add([]byte(`[[[[[[[[[[[[[[[[[[[[`))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{}}`))
	party := newRelyingParty("https://wardline.test")
	refused := func(t *testing.T, err error) {
		if !errors.Is(err, errPasskeyRefused) && !errors.Is(err, errPRFSent) {
			t.Errorf("refused with %v", err)
		}
	}
	f.Fuzz(func(t *testing.T, credential []byte) {
		if given, err := parseAssertion(credential); err != nil {
			refused(t, err)
		} else if err := party.check(given, [32]byte{1}, party.decoy); err == nil {
			t.Error("checked with a key that nobody has")
		}
		if made, err := parseRegistration(credential); err != nil {
			refused(t, err)
		} else if _, err := party.register(made, [32]byte{1}); err == nil {
			t.Error("registered for another challenge")
		}
	})
}
