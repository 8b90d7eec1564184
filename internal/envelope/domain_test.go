package envelope

import (
	"bytes"
	"sync"
	"testing"

	"github.com/wardline/wardline/internal/id"
)

// TestUnknownSuiteIsRefusedEverywhere: there is no path that reads another suite, signed or sealed, old or new.
func TestUnknownSuiteIsRefusedEverywhere(t *testing.T) {
	w := newWorld(t)
	ann := w.enrol("Ann")
	object := mustEncode(t, w.policy)
	for _, suite := range []byte{0, 2, 255} {
		other := bytes.Clone(object)
		other[len(magic)] = suite
		kind, err := TypeOf(other)
		refused(t, "its type", err, UnsupportedSuite)
		if kind != 0 {
			t.Error("a type was read all the same")
		}
		signature := ann.identity.Sign(append([]byte("wardline/v1/policy\x00"), other...))
		refused(t, "its signature", VerifyObject(other, ann.identity.Public(), signature), UnsupportedSuite)
		refused(t, "its hash", second(HashBytes(other)), UnsupportedSuite)
		refused(t, "its fields", second(Parse[Policy](other)), UnsupportedSuite)
		refused(t, "in a log", ann.state.Append(&Signed{Object: other, Signatures: []Signature{{Kind: SignerIdentity}}}), UnsupportedSuite)
		refused(t, "in a membership log", second(NewMembership(w.trust(), &Signed{Object: other})), UnsupportedSuite)
		_, err = w.manifests.AddPolicy(other)
		refused(t, "as a policy", err, UnsupportedSuite)
	}
}

// TestUnknownTypeIsRefused: a type without a name has no domain, so it is neither hashed nor verified.
func TestUnknownTypeIsRefused(t *testing.T) {
	object := mustEncode(t, &Policy{})
	object[5], object[6] = 0x77, 0x77
	signer := NewSigner([32]byte{1})
	signature := signer.Sign(append([]byte("wardline/v1/\x00"), object...))
	refused(t, "its signature", VerifyObject(object, signer.Public(), signature), Malformed)
	refused(t, "its hash", second(HashBytes(object)), Malformed)
	refused(t, "in a container", second((&Signed{Object: object}).Kind()), Malformed)
}

// TestDomainsAreApart: the same bytes mean something else as another type, as a hash, as a signature, under another label.
func TestDomainsAreApart(t *testing.T) {
	seen := map[id.Hash]string{}
	for _, kind := range Types() {
		hash := HashLabel(kind.Name(), []byte("bytes"))
		if other, twice := seen[hash]; twice {
			t.Errorf("%s and %s hash alike", kind.Name(), other)
		}
		seen[hash] = kind.Name()
		if bytes.HasPrefix(signingInput(kind, nil), []byte(domain+kind.Name()+"/hash")) {
			t.Errorf("what is signed as %s begins like what is hashed", kind.Name())
		}
	}
	labels := []string{"epoch", "escrow", "state", "note", "message", "vault", "identity-seed", "auth", "wrap"}
	derived := map[string]string{}
	for _, label := range labels {
		key := string(KDF([]byte("secret"), nil, label, []byte("context"), 32))
		if other, twice := derived[key]; twice {
			t.Errorf("%s and %s derive alike", label, other)
		}
		derived[key] = label
	}
	if string(KDF([]byte("s"), nil, "a", []byte("b"), 32)) == string(KDF([]byte("s"), nil, "ab", nil, 32)) {
		t.Error("label and context run into each other")
	}
	if HashLabel("a", []byte("b")) == HashLabel("ab", nil) {
		t.Error("label and bytes run into each other")
	}
}

// TestConcurrentSealsShareNoContext: every seal is an HPKE context of its own, which nobody outside can reach; so sealing at once, to one key,
// under one context object, gives unrelated encapsulations.
func TestConcurrentSealsShareNoContext(t *testing.T) {
	pair, context := NewSealPair([32]byte{1}), &EnvelopeContext{Purpose: EnvelopeMember}
	var wait sync.WaitGroup
	sealed := make([][1168]byte, 16)
	for n := range sealed {
		wait.Go(func() { sealed[n] = must(SealTo(pair.Public(), context, [32]byte{9})) })
	}
	wait.Wait()
	seen := map[string]bool{}
	for _, one := range sealed {
		enc, ciphertext := string(one[:1120]), string(one[1120:])
		if seen[enc] || seen[ciphertext] {
			t.Fatal("two seals share an encapsulation or a ciphertext")
		}
		seen[enc], seen[ciphertext] = true, true
		if opened, err := pair.OpenFrom(context, one); err != nil || opened != [32]byte{9} {
			t.Fatal(err)
		}
	}
}

// TestSealingRefusesWhatIsNoKeyOrContext.
func TestSealingRefusesWhatIsNoKeyOrContext(t *testing.T) {
	pair, context := NewSealPair([32]byte{1}), &EnvelopeContext{Purpose: EnvelopeMember}
	var noKey SealKey
	for n := range noKey {
		noKey[n] = 0xff // coefficients above the modulus of ML-KEM
	}
	_, err := SealTo(noKey, context, [32]byte{})
	refused(t, "a key that is none", err, Malformed)
	_, err = SealTo(pair.Public(), &EnvelopeContext{}, [32]byte{})
	refused(t, "a context that is none", err, Malformed)
	sealed := must(SealTo(pair.Public(), context, [32]byte{}))
	_, err = pair.OpenFrom(&EnvelopeContext{}, sealed)
	refused(t, "opening under a context that is none", err, Malformed)
	sealed[1167] ^= 1
	_, err = pair.OpenFrom(context, sealed)
	refused(t, "a changed tag", err, WrongSecret)
}
