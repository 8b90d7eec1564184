package envelope

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/id"
)

// TestForgedMessagesAreRefused changes one thing of a message at a time.
func TestForgedMessagesAreRefused(t *testing.T) {
	r, ann, bea, _ := ward(t)
	good := r.messageInput(bea, "second")
	stranger := r.w.enrol("Dot")
	for name, test := range map[string]struct {
		code Code
		how  func(*Header)
	}{
		"another thread":                  {BrokenChain, func(h *Header) { h.Thread[0] ^= 1 }},
		"another epoch":                   {BrokenChain, func(h *Header) { h.Epoch++ }},
		"another record":                  {BrokenChain, func(h *Header) { h.Record[0] ^= 1 }},
		"an author who is no member":      {NotEntitled, func(h *Header) { h.Person, h.Device = stranger.id, stranger.device().id }},
		"another member's name":           {RevokedDevice, func(h *Header) { h.Person = ann.id }},
		"another member's device":         {RevokedDevice, func(h *Header) { h.Device = ann.device().id }},
		"an expired device":               {RevokedDevice, func(h *Header) { h.Time += 31 * day }},
		"deviceSeq 0":                     {BrokenChain, func(h *Header) { h.DeviceSeq = 0 }},
		"a first message with a previous": {BrokenChain, func(h *Header) { h.DeviceSeq = 1 }},
		"a later message without one":     {BrokenChain, func(h *Header) { h.Previous = id.Hash{} }},
	} {
		header := must(SealMessage(good)).Header
		test.how(&header)
		_, err := VerifyMessage(r.w.trust(), r.epoch().Epoch, resign(t, header, bea.device().key))
		refused(t, name, err, test.code)
	}
	sealed := must(SealMessage(good))
	_, err := VerifyMessage(r.w.trust(), r.epoch().Epoch, sealed.Bytes)
	check(t, err)
	message := must(Parse[Message](sealed.Bytes))
	for name, test := range map[string]struct {
		code Code
		how  func(*Message)
	}{
		"a changed commitment":  {BadSignature, func(m *Message) { m.Commitment[0] ^= 1 }},
		"a changed ciphertext":  {BadSignature, func(m *Message) { m.Ciphertext = append([]byte{1}, m.Ciphertext[1:]...) }},
		"a changed signature":   {BadSignature, func(m *Message) { m.Signature[40] ^= 1 }},
		"a shorter ciphertext":  {Malformed, func(m *Message) { m.Ciphertext = m.Ciphertext[1:] }},
		"no ciphertext":         {Malformed, func(m *Message) { m.Ciphertext = nil }},
		"a header that is none": {Malformed, func(m *Message) { m.Header = m.Header[1:] }},
	} {
		_, err := VerifyMessage(r.w.trust(), r.epoch().Epoch, mustEncode(t, change(message, test.how)))
		refused(t, name, err, test.code)
	}
}

// TestNewIdentityDoesNotWriteUnderAnOldRecord: after a reset, and before a member readmits the person, their new device is nobody's.
func TestNewIdentityDoesNotWriteUnderAnOldRecord(t *testing.T) {
	r, _, bea, _ := ward(t)
	bea.reset()
	bea.newGeneration()
	bea.newDevice()
	_, err := VerifyMessage(r.w.trust(), r.epoch().Epoch, must(SealMessage(r.messageInput(bea, "it is me"))).Bytes)
	refused(t, "by the new identity", err, WrongIdentity)
}

// TestAnyChangedByteInAMessageIsRefused is the property, for what a server checks.
func TestAnyChangedByteInAMessageIsRefused(t *testing.T) {
	r, _, _, _ := ward(t)
	rapid.Check(t, func(t *rapid.T) {
		raw := bytes.Clone(r.messages[0].Bytes)
		raw[rapid.IntRange(0, len(raw)-1).Draw(t, "byte")] ^= rapid.ByteRange(1, 255).Draw(t, "flip")
		if _, err := VerifyMessage(r.w.trust(), r.epoch().Epoch, raw); CodeOf(err) == "" {
			t.Fatal("a changed message was accepted")
		}
	})
}

func TestR20_WithoutTheHalfNothingOpens(t *testing.T) {
	r, ann, _, _ := ward(t)
	verified := must(VerifyMessage(r.w.trust(), r.epoch().Epoch, r.messages[0].Bytes))
	wrong := r.messages[0].Half
	wrong[31] ^= 1
	refused(t, "another half", verified.CheckHalf(wrong), BadCommitment)
	key := must(r.opens(r.epoch(), ann, ann.keys()))
	_, err := verified.Open(key, wrong)
	refused(t, "opening with another half", err, BadCommitment)
	// P7: with everything that a member keeps, but not the half, the ciphertext does not open.
	aesKey, nonce, err := messageKey(key.secret, wrong, verified.message)
	check(t, err)
	_, err = openGCM(aesKey, nonce, verified.message.bound(), verified.message.Ciphertext, WrongSecret)
	refused(t, "decrypting without the half", err, WrongSecret)
}

// TestCommitmentMismatchIsRefused is the invisible salamander: the author signs a commitment to one text and encrypts another, or
// lies about length or padding. The receiver shows neither.
func TestCommitmentMismatchIsRefused(t *testing.T) {
	r, ann, bea, _ := ward(t)
	kf := r.w.seed()
	inner := []byte(`{"v":1,"text":"what was encrypted"}`)
	plain := pad(kf, inner)
	for name, test := range map[string]struct {
		committed []byte
		plain     []byte
		code      Code
	}{
		"honest":                    {inner, plain, ""},
		"another text":              {[]byte(`{"v":1,"text":"what is reported"}`), plain, BadCommitment},
		"another kf":                {inner, pad(r.w.seed(), inner), BadCommitment},
		"a shorter length":          {inner[:10], append(append([]byte{}, pad(kf, inner[:10])[:46]...), plain[46:]...), BadCommitment},
		"a length past the end":     {inner, withLength(plain, 4000), BadCommitment},
		"a length of 2^32-1":        {inner, withLength(plain, 1<<32-1), BadCommitment},
		"padding that is not zero":  {inner, setLast(bytes.Clone(plain), 1), BadCommitment},
		"a bucket larger than need": {inner, append(bytes.Clone(plain), make([]byte, 256)...), BadCommitment},
	} {
		raw, half := sealByHand(t, r, bea, kf, test.committed, test.plain)
		verified := must(VerifyMessage(r.w.trust(), r.epoch().Epoch, raw))
		_, err := verified.Open(must(r.opens(r.epoch(), ann, ann.keys())), half)
		refused(t, name, err, test.code)
	}
	refused(t, "a plaintext without a length", third(unpad(make([]byte, 35))), BadCommitment)
}

// TestPaddingHidesTheLength: every length falls into the smallest bucket that holds it, the ends included.
func TestPaddingHidesTheLength(t *testing.T) {
	for _, bucket := range buckets {
		for _, n := range []int{bucket - innerStart, bucket - innerStart + 1} {
			want := bucket
			if n > bucket-innerStart {
				want = 2 * bucket
			}
			if n > MaxInner {
				want = 0
			}
			if got := PaddedSize(n); got != want {
				t.Errorf("%d bytes fall into %d, want %d", n, got, want)
			}
		}
	}
	r, ann, _, _ := ward(t)
	in := r.messageInput(ann, "")
	in.Inner = []byte(strings.Repeat("x", MaxInner+1))
	_, err := SealMessage(in)
	refused(t, "an inner that is too long", err, Malformed)
	in.Inner = in.Inner[1:]
	sealed, err := SealMessage(in)
	check(t, err)
	if text, err := r.reads(ann, r.epoch(), sealed); err != nil || len(text) != MaxInner {
		t.Errorf("the longest inner: %d bytes, %v", len(text), err)
	}
}

// TestSealingTwiceSharesNothing: the same content, sealed again after a stale epoch, has another half, kf and ciphertext.
func TestSealingTwiceSharesNothing(t *testing.T) {
	r, ann, _, _ := ward(t)
	in := r.messageInput(ann, "again")
	one, two := must(SealMessage(in)), must(SealMessage(in))
	a, b := must(Parse[Message](one.Bytes)), must(Parse[Message](two.Bytes))
	if one.Half == two.Half || a.Commitment == b.Commitment || bytes.Equal(a.Ciphertext, b.Ciphertext) || one.Entry == two.Entry {
		t.Error("two sealings share something")
	}
}

// TestR38_ReportProvesWhatWasSent is P9: the reviewer needs no key of the thread, and the reporter cannot lie.
func TestR38_ReportProvesWhatWasSent(t *testing.T) {
	r, ann, _, _ := ward(t)
	epoch := r.epoch().Epoch
	verified := must(VerifyMessage(r.w.trust(), epoch, r.messages[0].Bytes))
	opened := must(verified.Open(must(r.opens(r.epoch(), ann, ann.keys())), r.messages[0].Half))
	raw := must(NewReport(opened))
	proved, err := VerifyReport(r.w.trust(), epoch, raw)
	if err != nil || string(proved.Inner) != `{"v":1,"text":"bloods are back"}` || proved.Header.Person == ann.id {
		t.Fatalf("the report: %v", err)
	}
	report := must(Parse[Report](raw))
	for name, test := range map[string]struct {
		code Code
		how  func(*Report)
	}{
		"another text":    {BadCommitment, func(r *Report) { r.Inner = []byte(`{"v":1,"text":"bloods are bad!"}`) }},
		"another kf":      {BadCommitment, func(r *Report) { r.KF[0] ^= 1 }},
		"another message": {BadSignature, func(r *Report) { r.Message = setLast(bytes.Clone(r.Message), r.Message[len(r.Message)-1]^1) }},
		"no message":      {Malformed, func(r *Report) { r.Message = nil }},
	} {
		_, err := VerifyReport(r.w.trust(), epoch, mustEncode(t, change(report, test.how)))
		refused(t, name, err, test.code)
	}
}

// resign seals nothing: it signs a header as the device would, with a ciphertext of the right size.
func resign(t *testing.T, header Header, key Signer) []byte {
	message := &Message{Header: mustEncode(t, &header), Ciphertext: make([]byte, 256+gcmTag)}
	message.Signature = key.Sign(signingInput(TypeMessageDigest, must(message.digest())))
	return mustEncode(t, message)
}

// sealByHand is a dishonest author: the commitment is to one inner, the plaintext is whatever it is.
func sealByHand(t *testing.T, r *room, by *staff, kf [32]byte, committed, plain []byte) ([]byte, [32]byte) {
	half := r.w.seed()
	header := r.messageInput(by, "").Header
	core := r.epoch().Epoch.Core
	header.Thread, header.Epoch, header.Record = core.Thread, core.Epoch, r.epoch().Epoch.Hash
	header.ShredCommit = shredCommit(&header, half)
	message := &Message{Header: mustEncode(t, &header)}
	message.Commitment = frank(kf, message.Header, committed)
	key, nonce, err := messageKey(r.epoch().Key.secret, half, message)
	check(t, err)
	message.Ciphertext = sealGCM(key, nonce, message.bound(), plain)
	message.Signature = by.device().key.Sign(signingInput(TypeMessageDigest, must(message.digest())))
	return mustEncode(t, message), half
}

func withLength(plain []byte, length uint32) []byte {
	changed := bytes.Clone(plain)
	copy(changed[32:], []byte{byte(length >> 24), byte(length >> 16), byte(length >> 8), byte(length)})
	return changed
}

func third[A, B any](_ A, _ B, err error) error { return err }
