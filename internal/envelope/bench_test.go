package envelope

import "testing"

func BenchmarkSealEnvelope(b *testing.B) {
	public, context := NewSealPair([32]byte{1}).Public(), &EnvelopeContext{Purpose: EnvelopeMember}
	for b.Loop() {
		if _, err := SealTo(public, context, [32]byte{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenEnvelope(b *testing.B) {
	pair, context := NewSealPair([32]byte{1}), &EnvelopeContext{Purpose: EnvelopeMember}
	sealed := must(SealTo(pair.Public(), context, [32]byte{}))
	for b.Loop() {
		if _, err := pair.OpenFrom(context, sealed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSealMessage(b *testing.B) {
	r, ann, _, _ := ward(b)
	in := r.messageInput(ann, "potassium 6.1, repeated, ECG on the way")
	for b.Loop() {
		if _, err := SealMessage(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyMessage(b *testing.B) {
	r, _, _, _ := ward(b)
	trust := r.w.trust()
	for b.Loop() {
		if _, err := VerifyMessage(trust, r.epoch().Epoch, r.messages[0].Bytes); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyAndOpenMessage(b *testing.B) {
	r, _, _, _ := ward(b)
	trust := r.w.trust()
	for b.Loop() {
		verified, err := VerifyMessage(trust, r.epoch().Epoch, r.messages[0].Bytes)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := verified.Open(r.epoch().Key, r.messages[0].Half); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewEpochOfThree(b *testing.B) {
	r, ann, _, _ := ward(b)
	in := r.epochInput(ann)
	for b.Loop() {
		if _, err := NewEpoch(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeMessage(b *testing.B) {
	r, _, _, _ := ward(b)
	for b.Loop() {
		if _, err := Parse[Message](r.messages[0].Bytes); err != nil {
			b.Fatal(err)
		}
	}
}
