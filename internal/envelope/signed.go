package envelope

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/wardline/wardline/internal/id"
)

// Stamp is a key together with what its signatures are called. Use [ByServer], [BySeat], [ByIdentity] or [ByDevice].
type Stamp struct {
	kind   SignerKind
	index  uint8
	signer [16]byte
	key    Signer
}

// ByServer signs as the server, for one purpose.
func ByServer(purpose Purpose, key Signer) Stamp { return Stamp{kind: SignerKind(purpose), key: key} }

// BySeat signs as an officer's seat.
func BySeat(index uint8, key Signer) Stamp { return Stamp{kind: SignerSeat, index: index, key: key} }

// ByIdentity signs with a person's identity key.
func ByIdentity(person id.Person, key Signer) Stamp {
	return Stamp{kind: SignerIdentity, signer: person, key: key}
}

// ByDevice signs with a device's key.
func ByDevice(device id.Device, key Signer) Stamp {
	return Stamp{kind: SignerDevice, signer: device, key: key}
}

// SignObject encodes an object and signs it.
func SignObject(object Object, by ...Stamp) (*Signed, error) {
	encoded, err := Encode(object)
	if err != nil {
		return nil, err
	}
	signed := &Signed{Object: encoded}
	for _, stamp := range by {
		if err := signed.Countersign(stamp); err != nil {
			return nil, err
		}
	}
	return signed, nil
}

// Countersign adds a signature, or replaces the one that the same signer made before.
func (s *Signed) Countersign(by Stamp) error {
	kind, err := s.Kind()
	if err != nil {
		return err
	}
	made := Signature{
		Kind: by.kind, Index: by.index, Signer: by.signer,
		Signature: by.key.Sign(signingInput(kind, s.Object)),
	}
	at, found := slices.BinarySearchFunc(s.Signatures, made, compareSigners)
	if found {
		s.Signatures[at] = made
	} else {
		s.Signatures = slices.Insert(s.Signatures, at, made)
	}
	return nil
}

// Kind is the type of the object inside.
func (s *Signed) Kind() (Type, error) {
	kind, err := TypeOf(s.Object)
	if err != nil {
		return 0, err
	}
	if kind.Name() == "" {
		return 0, refuse(Malformed, "unknown type")
	}
	return kind, nil
}

// Hash is H of the object inside; the signatures are not part of it.
func (s *Signed) Hash() (id.Hash, error) { return HashBytes(s.Object) }

// Open parses the object inside without looking at the signatures, as in Open[Create](signed). What comes out is not to be believed
// before the function that checks it has run.
func Open[T any, P objectPointer[T]](s *Signed) (*T, error) { return Parse[T, P](s.Object) }

func compareSigners(a, b Signature) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Index, b.Index), bytes.Compare(a.Signer[:], b.Signer[:]))
}

// need is a signature that an object must carry: at least one by any of the keys, or, for seats, at least so many.
type need struct {
	kind   SignerKind
	signer [16]byte
	keys   [][32]byte
	seats  map[uint8][32]byte
	least  int
}

// verify checks that the object carries exactly the signatures that it needs. Anything missing, failing or besides is refused, so
// that two readers never disagree about which signatures count.
func (s *Signed) verify(needs ...need) error {
	if len(s.Signatures) == 0 {
		return refuse(BadSignature, "not signed")
	}
	counts := make([]int, len(needs))
	for n := range s.Signatures {
		signature := &s.Signatures[n]
		at := slices.IndexFunc(needs, func(wanted need) bool { return wanted.kind == signature.Kind })
		if at < 0 {
			return refuse(WrongPurpose, "a "+signature.Kind.String()+" signature does not belong here")
		}
		if err := needs[at].verify(s.Object, signature); err != nil {
			return err
		}
		counts[at]++
	}
	for at, wanted := range needs {
		switch {
		case counts[at] == 0:
			return refuse(WrongPurpose, "no "+wanted.kind.String()+" signature")
		case counts[at] < wanted.least:
			return refuse(NotEntitled, "too few seats signed")
		}
	}
	return nil
}

func (w *need) verify(object []byte, signature *Signature) error {
	if w.kind == SignerSeat {
		key, ok := w.seats[signature.Index]
		if !ok || signature.Signer != [16]byte{} {
			return refuse(NotEntitled, "no such seat")
		}
		return VerifyObject(object, key, signature.Signature)
	}
	if signature.Index != 0 || signature.Signer != w.signer {
		return refuse(WrongPurpose, "signed by another "+w.kind.String())
	}
	var failed error = refuse(BadSignature, "no key of this purpose is known")
	for _, key := range w.keys {
		if failed = VerifyObject(object, key, signature.Signature); failed == nil {
			return nil
		}
	}
	return failed
}

func needIdentity(person id.Person, key [32]byte) need {
	return need{kind: SignerIdentity, signer: person, keys: [][32]byte{key}}
}

func needDevice(device id.Device, key [32]byte) need {
	return need{kind: SignerDevice, signer: device, keys: [][32]byte{key}}
}
