package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"

	"github.com/wardline/wardline/internal/id"
)

// What is kept under the login key. The words separate one use from another.
const (
	useAuthKey    = "auth-key"
	useTOTP       = SealedTOTP
	useVaultShare = SealedVaultShare
	useTicket     = "sign-in-ticket"
	useName       = "user-name"
	useTry        = "sign-in-try"
	useSalt       = "salt"
	useProof      = "proof-nonce"

	usePINVerifier = "pin-verifier"
	usePINShare    = "pin-share"
	useCeremony    = "passkey-ceremony"
)

// What is kept sealed for a person, for a restore to prove that the keys open it.
const (
	SealedTOTP       = "totp"
	SealedVaultShare = "vault-share"
)

const (
	totpSecretSize = 20
	vaultShareSize = 32
	tokenSize      = 32
)

// authKeyDigest is the keyed hash under which an authentication key is kept. It is fast on purpose: the key is already the output of
// Argon2id, made by the client, and a second one here would let anybody keep the server busy.
func (s *Service) authKeyDigest(person id.Person, authKey []byte) ([]byte, uint32) {
	digest, version := s.keys.Login.Digest(useAuthKey, person[:], authKey)
	return digest[:], version
}

func (s *Service) sameAuthKey(a Account, authKey []byte) bool {
	return s.keys.Login.SameDigest(a.AuthKey, a.KeyVersion, useAuthKey, a.Person[:], authKey)
}

// nameHash is how failed tries are counted without the table listing what people typed.
func (s *Service) nameHash(userFold string) id.Hash {
	return s.keys.Login.Steady(useName, []byte(userFold))
}

// saltOf is the salt of a name, whether or not anybody has it: always the same for that name, and no other's.
func (s *Service) saltOf(userFold string) [16]byte {
	full := s.keys.Login.Steady(useSalt, []byte(userFold))
	return [16]byte(full[:16])
}

// linkSecrets are the secrets of an enrolment. They follow from the link's token, which is kept nowhere, so that opening the link
// twice shows the same and changes nothing, and so that nobody can make them again from what is stored once it is spent.
func (s *Service) linkSecrets(token []byte) (vaultShare [vaultShareSize]byte, totpSecret []byte) {
	vaultShare = s.keys.Login.Steady(useVaultShare, token)
	full := s.keys.Login.Steady(useTOTP, token)
	return vaultShare, full[:totpSecretSize]
}

// makeDecoy is the account of everybody who has none: complete, so that every step runs, and matched by nothing.
func (s *Service) makeDecoy() Account {
	var decoy Account
	secret, share, key := make([]byte, totpSecretSize), make([]byte, vaultShareSize), make([]byte, tokenSize)
	rand.Read(secret)
	rand.Read(share)
	rand.Read(key)
	decoy.AuthKey, decoy.KeyVersion = s.authKeyDigest(decoy.Person, key)
	decoy.TOTPSecret = s.keys.Login.Seal(useTOTP, decoy.Person[:], secret)
	decoy.VaultShare = s.keys.Login.Seal(useVaultShare, decoy.Person[:], share)
	return decoy
}

// newToken makes a bearer secret and the hash that is kept of it.
func newToken() (token [tokenSize]byte, hash id.Hash) {
	rand.Read(token[:])
	return token, hashToken(token[:])
}

func hashToken(token []byte) id.Hash { return sha256.Sum256(token) }

// base32Text is RFC 4648 base32 without padding, as authenticator apps take it.
var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)
