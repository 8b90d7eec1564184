package envelope

import (
	"crypto/hpke"
)

// SealPair is an X-Wing private key, loaded. The private key is its 32-byte seed: HPKE's DeriveKeyPair is never called, because
// implementations disagree about it.
type SealPair struct {
	private hpke.PrivateKey
	public  SealKey
}

// NewSealPair loads a private key from its seed. It panics only where the platform has no X-Wing.
func NewSealPair(seed [32]byte) *SealPair {
	private, err := hpke.MLKEM768X25519().NewPrivateKey(seed[:])
	if err != nil {
		panic("envelope: X-Wing: " + err.Error())
	}
	return &SealPair{private: private, public: SealKey(private.PublicKey().Bytes())}
}

// Public is the public key.
func (p *SealPair) Public() SealKey { return p.public }

// SealTo seals 32 bytes to a key. Each call is one HPKE context and one seal; no context can be had from outside, so none can seal
// twice or be shared. The context object is the HPKE info, so the result opens for nothing else.
func SealTo(to SealKey, context Object, secret [32]byte) (sealed [1168]byte, err error) {
	info, err := hpkeInfo(context)
	if err != nil {
		return sealed, err
	}
	public, err := hpke.MLKEM768X25519().NewPublicKey(to[:])
	if err != nil {
		return sealed, refuse(Malformed, "not an X-Wing public key")
	}
	out, err := hpke.Seal(public, hpke.HKDFSHA256(), hpke.AES256GCM(), info, secret[:])
	if err != nil || len(out) != len(sealed) {
		return sealed, refuse(Malformed, "cannot be sealed to this key")
	}
	return [1168]byte(out), nil
}

// OpenFrom opens what [SealTo] sealed under the same context object.
func (p *SealPair) OpenFrom(context Object, sealed [1168]byte) (secret [32]byte, err error) {
	info, err := hpkeInfo(context)
	if err != nil {
		return secret, err
	}
	out, err := p.open(info, sealed[:])
	if err != nil || len(out) != len(secret) {
		return secret, refuse(WrongSecret, "does not open with this key and context")
	}
	return [32]byte(out), nil
}

func (p *SealPair) open(info, sealed []byte) ([]byte, error) {
	return hpke.Open(p.private, hpke.HKDFSHA256(), hpke.AES256GCM(), info, sealed)
}

func hpkeInfo(context Object) ([]byte, error) {
	encoded, err := Encode(context)
	if err != nil {
		return nil, err
	}
	return signingInput(context.Type(), encoded), nil
}
