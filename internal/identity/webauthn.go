package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"github.com/wardline/wardline/internal/fault"
)

// What of WebAuthn goes through the library's parser and checks, and nothing else in this room knows that library.

// maxCredential bounds the JSON of a credential; real ones are a few kilobytes.
const maxCredential = 32 << 10

var (
	// errPasskeyRefused is the one answer to a credential that nobody has, one that does not check, one of another site and one of somebody who left.
	errPasskeyRefused  = fault.New(fault.Unauthenticated, "passkey_refused", "That passkey did not work. Please try again, or use your password.")
	errUserNotVerified = fault.New(fault.Unauthenticated, "user_not_verified", "Your device did not check that it is you. Please set up its screen lock, then try again.")
	errPRFSent         = fault.New(fault.Invalid, "prf_sent", "This browser sent a secret that it must keep. Nothing was done with it. Please reload the page.")
	errNoPasskeys      = fault.New(fault.Conflict, "passkeys_unavailable", "Passkeys do not work at this address. Please use your password.")
)

// PasskeyAlgorithms are the signatures that we check, best first: ES256, EdDSA, RS256.
var PasskeyAlgorithms = []int{-7, -8, -257}

// relyingParty is who we are to an authenticator.
type relyingParty struct {
	id, origin string
	decoy      []byte // a public key that nobody has the other half of
}

// newRelyingParty is nil where browsers would refuse passkeys: WebAuthn wants a name, and an IP address is none.
func newRelyingParty(origin string) *relyingParty {
	parsed, err := url.Parse(origin)
	if err != nil || parsed.Hostname() == "" || protocol.ValidateRPID(parsed.Hostname()) != nil {
		return nil
	}
	if _, err := netip.ParseAddr(parsed.Hostname()); err == nil {
		return nil
	}
	return &relyingParty{id: parsed.Hostname(), origin: origin, decoy: decoyKey()}
}

// decoyKey is what an unknown credential is checked with, so that it takes as long as a known one.
func decoyKey() []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	point, err := key.PublicKey.Bytes() // 4 ‖ x ‖ y
	if err != nil {
		panic(err)
	}
	encoded, err := webauthncbor.Marshal(&webauthncose.EC2PublicKeyData{
		PublicKeyData: webauthncose.PublicKeyData{KeyType: int64(webauthncose.EllipticKey), Algorithm: int64(webauthncose.AlgES256)},
		Curve:         int64(webauthncose.P256), XCoord: point[1:33], YCoord: point[33:],
	})
	if err != nil {
		panic(err)
	}
	return encoded
}

// assertion is a parsed answer to navigator.credentials.get().
type assertion struct {
	credential, handle []byte
	count              uint32
	verified           bool
	backupEligible     bool
	parsed             *protocol.ParsedCredentialAssertionData
}

func parseAssertion(credential []byte) (*assertion, error) {
	if err := checkCredential(credential); err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(credential)
	if err != nil {
		return nil, errPasskeyRefused
	}
	if prf := parsed.ClientExtensionResults.PRF; prf != nil && prf.Results != nil {
		return nil, errPRFSent
	}
	data := &parsed.Response.AuthenticatorData
	return &assertion{
		credential: parsed.RawID, handle: parsed.Response.UserHandle, count: data.Counter, verified: data.Flags.HasUserVerified(),
		backupEligible: data.Flags.HasBackupEligible(), parsed: parsed,
	}, nil
}

// check verifies type, challenge, origin, site, presence, user verification and signature.
func (r *relyingParty) check(a *assertion, challenge [32]byte, publicKey []byte) error {
	flags := a.parsed.Response.AuthenticatorData.Flags
	err := a.parsed.Verify(challengeText(challenge), r.id, "", []string{r.origin}, nil, nil, protocol.TopOriginExplicitVerificationMode, false, true, true,
		publicKey, protocol.SignaturePolicy{})
	if err != nil || flags.HasBackupState() && !flags.HasBackupEligible() {
		return errPasskeyRefused
	}
	return nil
}

// registration is a parsed answer to navigator.credentials.create().
type registration struct {
	verified bool
	parsed   *protocol.ParsedCredentialCreationData
}

func parseRegistration(credential []byte) (*registration, error) {
	if err := checkCredential(credential); err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(credential)
	if err != nil {
		return nil, errPasskeyRefused
	}
	if prf := parsed.ClientExtensionResults.PRF; prf != nil && prf.Results != nil {
		return nil, errPRFSent
	}
	// We ask for no attestation. Of what comes all the same, only what needs no certificates is looked at.
	format := protocol.AttestationFormat(parsed.Response.AttestationObject.Format)
	certified := parsed.Response.AttestationObject.AttStatement["x5c"] != nil
	if format != protocol.AttestationFormatNone && (format != protocol.AttestationFormatPacked || certified) {
		return nil, errPasskeyRefused
	}
	return &registration{verified: parsed.Response.AttestationObject.AuthData.Flags.HasUserVerified(), parsed: parsed}, nil
}

// check verifies everything that [relyingParty.check] does, and returns the new passkey without what we call it.
func (r *relyingParty) register(made *registration, challenge [32]byte) (StoredPasskey, error) {
	var parameters []protocol.CredentialParameter
	for _, algorithm := range PasskeyAlgorithms {
		parameters = append(parameters, protocol.CredentialParameter{
			Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.COSEAlgorithmIdentifier(algorithm),
		})
	}
	_, err := made.parsed.Verify(challengeText(challenge), r.id, []string{r.origin}, nil, nil, protocol.TopOriginExplicitVerificationMode, false, true, true,
		nil, parameters, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	data := &made.parsed.Response.AttestationObject.AuthData
	if err != nil || data.Flags.HasBackupState() && !data.Flags.HasBackupEligible() {
		return StoredPasskey{}, errPasskeyRefused
	}
	// A key that could not be read later would be a passkey that never works.
	if _, err := webauthncose.ParsePublicKey(data.AttData.CredentialPublicKey); err != nil {
		return StoredPasskey{}, errPasskeyRefused
	}
	return StoredPasskey{
		Credential: data.AttData.CredentialID, PublicKey: data.AttData.CredentialPublicKey, SignCount: data.Counter,
		BackupEligible: data.Flags.HasBackupEligible(), Transports: knownTransports(made.parsed.Response.Transports),
	}, nil
}

// knownTransports keeps the words that are defined, which help a browser to find the authenticator.
func knownTransports(said []protocol.AuthenticatorTransport) []string {
	var kept []string
	for _, word := range []string{"ble", "hybrid", "internal", "nfc", "smart-card", "usb"} {
		if slices.Contains(said, protocol.AuthenticatorTransport(word)) {
			kept = append(kept, word)
		}
	}
	return kept
}

func challengeText(challenge [32]byte) string {
	return base64.RawURLEncoding.EncodeToString(challenge[:])
}

// checkCredential refuses what is too long, and any PRF result wherever it stands and however its name is spelt: it opens the vault, and the browser
// must not have sent it.
func checkCredential(credential []byte) error {
	if len(credential) > maxCredential {
		return errPasskeyRefused
	}
	decoder := json.NewDecoder(bytes.NewReader(credential))
	sent, err := hasPRF(decoder, false, 0)
	if err != nil {
		return errPasskeyRefused
	}
	if sent {
		return errPRFSent
	}
	return nil
}

// maxNesting is deeper than any credential.
const maxNesting = 16

// hasPRF reads one value and reports whether a member "results" stands in a member "prf" anywhere in it. inPRF says that this value is such a member.
func hasPRF(decoder *json.Decoder, inPRF bool, depth int) (found bool, err error) {
	if depth > maxNesting {
		return false, errPasskeyRefused
	}
	token, err := decoder.Token()
	opening, nested := token.(json.Delim)
	if err != nil || !nested {
		return false, err
	}
	for decoder.More() {
		within := false
		if opening == '{' {
			name, err := decoder.Token()
			if err != nil {
				return false, err
			}
			text, _ := name.(string)
			within = strings.EqualFold(text, "prf")
			found = found || inPRF && strings.EqualFold(text, "results")
		}
		inside, err := hasPRF(decoder, within, depth+1)
		if err != nil {
			return false, err
		}
		found = found || inside
	}
	_, err = decoder.Token() // the end
	return found, err
}
