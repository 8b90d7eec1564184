package client_test

import (
	"encoding/base64"
	"slices"
	"testing"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// garbageFor puts garbage into one member's envelope of an epoch that is being posted, and signs the record for it: no server can see that.
func (p *person) garbageFor(victim id.Person) rule {
	stamp := p.stamp()
	return rule{method: "POST", path: "/epochs", times: 1, request: func(m map[string]any) {
		record := decoded[envelope.Signed](p.w, m["record"])
		opened, err := envelope.Open[envelope.EpochRecord](record)
		p.w.check(err)
		var leaves [][]byte
		for n, one := range m["envelopes"].([]any) {
			sealed := decoded[envelope.Envelope](p.w, one)
			if sealed.Recipient == envelope.PersonRecipient(victim) {
				sealed.Sealed[1167] ^= 1
				m["envelopes"].([]any)[n] = encoded(p.w, sealed)
			}
			hash, err := envelope.Hash(sealed)
			p.w.check(err)
			leaf, err := envelope.Encode(&envelope.EnvelopeLeaf{Purpose: sealed.Purpose, Recipient: sealed.Recipient, Envelope: hash})
			p.w.check(err)
			leaves = append(leaves, leaf)
		}
		opened.EnvelopeRoot = envelope.MerkleRoot(leaves)
		signed, err := envelope.SignObject(opened, stamp)
		p.w.check(err)
		m["record"] = encoded(p.w, signed)
	}}
}

func TestAnEnvelopeWithGarbageIsToldAndTheNextSenderRotates(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	anita.say(in, "one")
	anita.wire.bend(anita.garbageFor(leila.Person()))
	w.check(anita.Rotate(w.ctx, in))
	anita.say(in, "two, which leila cannot read")
	w.refused("garbage", leila.Sync(w.ctx), envelope.WrongSecret)
	leila.sync() // it is told once
	shown := leila.view(in)
	if got := leila.texts(in); !slices.Equal(got, []string{"one", "[unopened]"}) || shown.Refused != nil {
		t.Errorf("leila reads %q, refused %v", got, shown.Refused)
	}
	if envelope.CodeOf(shown.Messages[1].Err) != envelope.WrongSecret {
		t.Errorf("the reason is %v", shown.Messages[1].Err)
	}
	leila.say(in, "three")
	if epoch := leila.view(in).Epoch; epoch != 3 {
		t.Errorf("leila sent under epoch %d", epoch)
	}
	anita.sync()
	if got := anita.texts(in); got[2] != "three" {
		t.Errorf("anita reads %q", got)
	}
}

func TestWhatAnAuthorGetsWrongStopsNothing(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	first := anita.say(in, "one")
	nobody := `{"message":"01920000-0000-7000-8000-000000000001","entry":"` + first.Entry.String() + `"}`
	otherHash := `{"message":"` + first.ID.String() + `","entry":"` + id.Hash{1}.String() + `"}`
	for inner, code := range map[string]envelope.Code{
		`not JSON`:          envelope.Malformed,
		`{"v":1,"text":""}`: envelope.Malformed,
		`{"v":1,"text":"a","replyTo":` + nobody + `}`:    envelope.BrokenChain,
		`{"v":1,"text":"a","replyTo":` + otherHash + `}`: envelope.BrokenChain,
	} {
		sent, err := anita.SayRaw(w.ctx, in, envelope.KindText, []byte(inner))
		w.check(err)
		w.refused(inner, leila.Sync(w.ctx), code)
		leila.sync()
		shown, err := leila.Message(in, sent)
		w.check(err)
		if shown.State != client.Refused || envelope.CodeOf(shown.Err) != code || shown.Text != "" {
			t.Errorf("%s shows as %+v", inner, shown)
		}
	}
	later, err := anita.SayRaw(w.ctx, in, envelope.KindText, []byte(`{"v":2,"words":["a"]}`))
	w.check(err)
	anita.say(in, "two")
	leila.sync()
	if shown, err := leila.Message(in, later); err != nil || shown.State != client.Later {
		t.Errorf("what needs a newer Wardline shows as %+v, %v", shown, err)
	}
	if got := leila.texts(in); got[len(got)-1] != "two" {
		t.Errorf("leila reads %q", got)
	}
}

func TestAStateOfAnotherPatientIsNotShown(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in, err := anita.CreatePatient(w.ctx, john, []id.Person{leila.Person()})
	w.check(err)
	leila.sync()
	w.check(anita.Rotate(w.ctx, in))
	// The server gives the state of the first epoch for the second, which is another ciphertext than the record commits to.
	leila.wire.bend(rule{method: "GET", path: "/epochs", body: func(m map[string]any) {
		for _, one := range listOf(t, m, "epochs") {
			raw, err := base64.StdEncoding.DecodeString(one.(map[string]any)["sealedState"].(string))
			w.check(err)
			raw[len(raw)-1] ^= 1
			one.(map[string]any)["sealedState"] = base64.StdEncoding.EncodeToString(raw)
		}
	}})
	w.refused("another state", leila.Sync(w.ctx), envelope.BadCommitment)
	if open, err := leila.SpoilState(in, 1); open || envelope.CodeOf(err) != envelope.BadCommitment {
		t.Errorf("an epoch with a wrong state is open: %v, %v", open, err)
	}
	if shown := leila.view(in); shown.Patient == nil || shown.Patient.Number.Digits() != "9434765919" {
		t.Errorf("the banner shows %+v", shown.Patient)
	}
}
