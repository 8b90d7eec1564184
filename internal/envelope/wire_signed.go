package envelope

// SignerKind is what sort of key made a signature.
type SignerKind uint8

// The sorts of key. The first four are the server's, one purpose each.
const (
	SignerBind     SignerKind = 1
	SignerRemove   SignerKind = 2
	SignerAssert   SignerKind = 3
	SignerAudit    SignerKind = 4
	SignerSeat     SignerKind = 5
	SignerIdentity SignerKind = 6
	SignerDevice   SignerKind = 7
)

var signerKinds = labels{"bind", "remove", "assert", "audit", "seat", "identity", "device"}

// String is the word of the layout.
func (k SignerKind) String() string { return signerKinds.word(uint8(k)) }

// Signature is one signature beside the object that it covers. Signer is a device or person id, or zero; Index is a seat or zero.
type Signature struct {
	Kind      SignerKind
	Index     uint8
	Signer    [16]byte
	Signature [64]byte
}

func (s *Signature) fields(c codec) {
	c.enum("kind", signerKinds, (*uint8)(&s.Kind))
	c.u8("index", &s.Index)
	c.fixed("signer", s.Signer[:])
	c.fixed("signature", s.Signature[:])
}

// Signed is an object, as the bytes that were signed, with its signatures.
type Signed struct {
	Object     []byte
	Signatures []Signature
}

// Type implements [Object].
func (*Signed) Type() Type { return TypeSigned }

func (s *Signed) fields(c codec) {
	c.bytes("object", 262144, &s.Object)
	list(c, "signatures", 16, []string{"kind", "index", "signer"}, &s.Signatures)
}
