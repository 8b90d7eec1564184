package envelope

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEd25519Traps: signatures on which verifiers disagree. Only the honest one is accepted.
func TestEd25519Traps(t *testing.T) {
	var traps struct {
		Message string `json:"message"`
		Cases   []struct {
			Name   string `json:"name"`
			Public hexed  `json:"pk"`
			Sig    hexed  `json:"sig"`
		} `json:"cases"`
	}
	readVectors(t, "ed25519-traps.json", &traps)
	if len(traps.Cases) < 3 {
		t.Fatalf("%d cases", len(traps.Cases))
	}
	for _, c := range traps.Cases {
		err := VerifyStrict(c.Public.b32(t), []byte(traps.Message), [64]byte(c.Sig))
		if (err == nil) != (c.Name == "honest") {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

type smallOrderVectors struct {
	About  string             `json:"about"`
	Points []smallOrderVector `json:"points"`
}

type smallOrderVector struct {
	Name      string `json:"name"`
	Encoding  hexed  `json:"encoding"`
	Message   hexed  `json:"message"`
	Signature hexed  `json:"signature"`
	// Platform says whether crypto/ed25519 accepts the signature with the encoding as the public key.
	Platform bool `json:"platform"`
}

// TestSmallOrderPointsAreRefused: every encoding of the eight points, as a key and as R. For the canonical ones there is a signature that
// the platform's own verifier accepts without anybody having a private key.
func TestSmallOrderPointsAreRefused(t *testing.T) {
	if *update {
		writeVectors(t, "ed25519-small-order.json", smallOrderVectors{
			About: "the eight points of small order, in canonical and non-canonical encodings, each as a public key with a signature " +
				"made without a private key; every one must be refused, as a key and as the R of a signature, even where the platform accepts it",
			Points: generateSmallOrder(t),
		})
	}
	var vectors smallOrderVectors
	readVectors(t, "ed25519-small-order.json", &vectors)
	honest := NewSigner([32]byte{1})
	universal := 0
	for _, v := range vectors.Points {
		refused(t, v.Name+" as a key", VerifyStrict(v.Encoding.b32(t), v.Message, [64]byte(v.Signature)), BadSignature)
		if got := ed25519.Verify(ed25519.PublicKey(v.Encoding), v.Message, v.Signature); got != v.Platform {
			t.Errorf("%s: the platform says %v", v.Name, got)
		}
		if v.Platform {
			universal++
		}
		if !badPoint(v.Encoding.b32(t)) {
			t.Errorf("%s is not on the block list", v.Name)
		}
		signature := honest.Sign(v.Message)
		copy(signature[:32], v.Encoding)
		refused(t, v.Name+" as R", VerifyStrict(honest.Public(), v.Message, signature), BadSignature)
	}
	if len(vectors.Points) != 14 || universal != 14 {
		t.Errorf("%d encodings, %d of which the platform accepts", len(vectors.Points), universal)
	}
}

// generateSmallOrder lists the encodings: five y below p with either sign of x, and the two y from p up that fit 255 bits and are of small
// order (p and p+1) with either sign.
func generateSmallOrder(t *testing.T) (all []smallOrderVector) {
	var encodings [][32]byte
	for _, y := range smallOrderY {
		encodings = append(encodings, fromWords(y))
	}
	encodings = append(encodings, fromWords(fieldPrime))
	plusOne := fieldPrime
	plusOne[0]++
	encodings = append(encodings, fromWords(plusOne))
	names := []string{"y = 0", "y = 1", "y = p-1", "order 8, first", "order 8, second", "y = p (non-canonical 0)", "y = p+1 (non-canonical 1)"}
	for n, encoding := range encodings {
		for _, sign := range []byte{0, 0x80} {
			encoding[31] = encoding[31]&0x7f | sign
			v := smallOrderVector{Name: names[n], Encoding: append(hexed{}, encoding[:]...)}
			if sign != 0 {
				v.Name += ", sign bit set"
			}
			v.Message, v.Signature, v.Platform = universalSignature(encoding)
			all = append(all, v)
		}
	}
	return all
}

// universalSignature looks for a message that the platform accepts for a key, without anybody having a private key to it: with R = s·B it does
// wherever the challenge times the key is the neutral point, for one message in eight at most. R is an ordinary point, so what must refuse
// the signature is the key.
func universalSignature(key [32]byte) (message, signature hexed, accepted bool) {
	known := NewSigner([32]byte{7})
	public, s := known.Public(), secretScalar([32]byte{7})
	signature = append(append(hexed{}, public[:]...), s[:]...)
	for try := range uint32(500) {
		message = binary.BigEndian.AppendUint32([]byte("any message at all, number "), try)
		if ed25519.Verify(key[:], message, signature) {
			return message, signature, true
		}
	}
	return message, signature, false
}

// secretScalar is the number behind a seed, reduced (RFC 8032 section 5.1.5).
func secretScalar(seed [32]byte) [32]byte {
	hash := sha512.Sum512(seed[:])
	hash[0] &= 248
	hash[31] = hash[31]&63 | 64
	return reduced(hash[:32])
}

// reduced is a little-endian number modulo the group order.
func reduced(little []byte) (out [32]byte) {
	order, number := fromWords(groupOrder), bytes.Clone(little)
	slices.Reverse(order[:])
	slices.Reverse(number)
	new(big.Int).Mod(new(big.Int).SetBytes(number), new(big.Int).SetBytes(order[:])).FillBytes(out[:])
	slices.Reverse(out[:])
	return out
}

// TestNeutralRIsRefused: who has a key can sign with the neutral point as R, and the platform accepts it; such a signature shows the secret
// scalar, and verifiers disagree about it.
func TestNeutralRIsRefused(t *testing.T) {
	signer, neutral, message := NewSigner([32]byte{7}), fromWords([4]uint64{1}), []byte("message")
	public := signer.Public()
	challenge := sha512.Sum512(slices.Concat(neutral[:], public[:], message))
	k, a := reduced(challenge[:]), secretScalar([32]byte{7})
	slices.Reverse(k[:])
	slices.Reverse(a[:])
	product := new(big.Int).Mul(new(big.Int).SetBytes(k[:]), new(big.Int).SetBytes(a[:])).Bytes()
	slices.Reverse(product)
	s := reduced(product)
	signature := [64]byte(slices.Concat(neutral[:], s[:]))
	if !ed25519.Verify(public[:], message, signature[:]) {
		t.Fatal("the platform refuses it by itself")
	}
	refused(t, "R is the neutral point", VerifyStrict(public, message, signature), BadSignature)
}

func fromWords(w [4]uint64) (out [32]byte) {
	for n := range w {
		binary.LittleEndian.PutUint64(out[8*n:], w[n])
	}
	return out
}

func TestSMustBeBelowTheGroupOrder(t *testing.T) {
	signer := NewSigner([32]byte{1})
	message := []byte("message")
	for name, s := range map[string][4]uint64{
		"the group order":  groupOrder,
		"one above":        {groupOrder[0] + 1, groupOrder[1], groupOrder[2], groupOrder[3]},
		"all bits":         {^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)},
		"above in the top": {0, 0, 0, groupOrder[3] + 1},
	} {
		signature := signer.Sign(message)
		encoded := fromWords(s)
		copy(signature[32:], encoded[:])
		refused(t, name, VerifyStrict(signer.Public(), message, signature), BadSignature)
	}
	check(t, VerifyStrict(signer.Public(), message, signer.Sign(message)))
	if !below(fromWords([4]uint64{groupOrder[0] - 1, groupOrder[1], groupOrder[2], groupOrder[3]}), groupOrder) {
		t.Error("one below the group order is not below it")
	}
}

// TestRFC8032Signs holds signing and verifying against the first test vectors of RFC 8032 section 7.1.
func TestRFC8032Signs(t *testing.T) {
	seed := decodeHex(t, "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
	signature := NewSigner([32]byte(seed)).Sign([]byte{0x72})
	want := "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
	same(t, "signature", signature[:], decodeHex(t, want))
}

// TestNobodyCallsDeriveKeyPair: implementations disagree about it for X-Wing, so it appears nowhere in this package but in its name.
func TestNobodyCallsDeriveKeyPair(t *testing.T) {
	call := regexp.MustCompile(`\.DeriveKeyPair\(`)
	files, err := filepath.Glob("*.go")
	check(t, err)
	for _, file := range files {
		source, err := os.ReadFile(file)
		check(t, err)
		if !strings.HasSuffix(file, "_test.go") && call.Match(source) {
			t.Errorf("%s calls DeriveKeyPair", file)
		}
	}
}

func decodeHex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	check(t, err)
	return raw
}
