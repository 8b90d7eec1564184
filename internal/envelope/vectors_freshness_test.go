package envelope

import (
	"testing"

	"github.com/wardline/wardline/internal/id"
)

// TestP3_P8_FreshnessVectors: both sides agree about who is listed, who is left out, what ends an epoch, who may be given it and who may
// complain.
func TestP3_P8_FreshnessVectors(t *testing.T) {
	bothSides(t, "freshness", generateFreshness, func(t *testing.T, vectors freshVectors) {
		f := readFreshness(t, vectors)
		for _, one := range vectors.Rotation {
			f.checkRotation(t, one)
		}
		for _, one := range vectors.Records {
			_, err := VerifyEpoch(f.trust, f.membership, f.epochs[0], parsed(t, one.Record))
			wanted(t, "record: "+one.What, err, one.Code)
		}
		for _, one := range vectors.Grants {
			wanted(t, "grant: "+one.What, f.open(t, one), one.Code)
		}
		for _, one := range vectors.Complaints {
			_, _, err := VerifyComplaint(f.trust, f.membership, f.epochs, parsed(t, one.Complaint))
			wanted(t, "complaint: "+one.What, err, one.Code)
		}
		if len(vectors.Rotation) < 18 || len(vectors.Records) < 10 || len(vectors.Grants) < 6 || len(vectors.Complaints) < 8 {
			t.Errorf("too few vectors: %d, %d, %d, %d", len(vectors.Rotation), len(vectors.Records), len(vectors.Grants), len(vectors.Complaints))
		}
	})
}

func wanted(t *testing.T, what string, err error, code Code) {
	t.Helper()
	if CodeOf(err) != code || code == "" && err != nil {
		t.Errorf("%s: %v, want %q", what, err, code)
	}
}

type freshness struct {
	vectors    freshVectors
	trust      Trust
	membership *Membership
	epochs     []*Epoch
}

func readFreshness(t *testing.T, vectors freshVectors) *freshness {
	f := &freshness{vectors: vectors}
	f.trust = Trust{Manifests: f.manifests(t, len(vectors.Manifests))}
	f.trust.People = f.people(t, nil)
	f.membership = f.members(t, len(vectors.Entries))
	var previous *Epoch
	for _, raw := range vectors.Epochs {
		epoch, err := VerifyEpoch(f.trust, f.membership, previous, parsed(t, raw))
		check(t, err)
		f.epochs = append(f.epochs, epoch)
		previous = epoch
	}
	return f
}

func parsed(t *testing.T, raw hexed) *Signed {
	t.Helper()
	signed, err := Parse[Signed](raw)
	check(t, err)
	return signed
}

func (f *freshness) manifests(t *testing.T, count int) *Manifests {
	var chain []*Signed
	for _, raw := range f.vectors.Manifests[:count] {
		chain = append(chain, parsed(t, raw))
	}
	manifests, err := CheckManifestChain(Pin{}, chain...)
	check(t, err)
	_, err = manifests.AddPolicy(f.vectors.Policy)
	check(t, err)
	return manifests
}

// people are the logs, as far as they are known.
func (f *freshness) people(t *testing.T, known []freshPlace) PersonMap {
	people := PersonMap{}
	for n, one := range f.vectors.People {
		count := len(one.Log)
		if known != nil {
			count = known[n].Seq
		}
		person := id.Person(one.Person)
		state := NewPersonState(f.trust.Manifests, person)
		for _, raw := range one.Log[:count] {
			check(t, state.Append(parsed(t, raw)))
		}
		people[person] = state
	}
	return people
}

func (f *freshness) members(t *testing.T, count int) *Membership {
	log := []*Signed{parsed(t, f.vectors.Create)}
	for _, raw := range f.vectors.Entries[:count] {
		log = append(log, parsed(t, raw))
	}
	membership, err := VerifyMembershipLog(f.trust, log...)
	check(t, err)
	return membership
}

func (f *freshness) checkRotation(t *testing.T, one freshRotation) {
	t.Helper()
	trust := Trust{Manifests: f.manifests(t, one.Manifests), People: f.people(t, one.People)}
	policy, err := Parse[Policy](f.vectors.Policy)
	check(t, err)
	err = f.epochs[one.Epoch-1].CheckFresh(trust, f.members(t, one.Membership), policy, one.Now, one.Messages)
	code := Code("")
	if one.Due {
		code = StaleEpoch
	}
	wanted(t, "rotation: "+one.What, err, code)
}

func (f *freshness) open(t *testing.T, one freshGrant) error {
	var envelopes []Envelope
	for _, raw := range one.Envelopes {
		envelope, err := Parse[Envelope](raw)
		check(t, err)
		envelopes = append(envelopes, *envelope)
	}
	grant, err := VerifyGrant(f.trust, f.membership, f.epochs, parsed(t, one.Grant), envelopes)
	if err != nil {
		return err
	}
	_, err = grant.Open(NewSealPair(one.Seed.b32(t)))
	return err
}
