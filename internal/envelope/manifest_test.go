package envelope

import (
	"testing"

	"github.com/wardline/wardline/internal/id"
)

func TestManifestChainIsFollowed(t *testing.T) {
	w := newWorld(t)
	first := w.manifests.Pin()
	w.newOfficers([]officer{w.seats[0], w.officer(4), w.officer(5)})
	again, err := CheckManifestChain(first, w.chain...)
	if err != nil || again.Current().Version != 2 || again.Pin() != w.manifests.Pin() {
		t.Fatalf("the chain as it was made: %v", err)
	}
	if seat, ok := again.Current().Seat(4); !ok || seat.Name != "Officer D" {
		t.Error("the new seat is not there")
	}
}

// TestManifestRollbackAndForkAreRefused: a pinned client takes neither an older manifest nor another one.
func TestManifestRollbackAndForkAreRefused(t *testing.T) {
	w := newWorld(t)
	w.newOfficers(w.seats)
	pin := w.manifests.Pin()
	_, err := CheckManifestChain(pin, w.chain[:1]...)
	refused(t, "a chain that ends before the pin", err, RolledBack)
	refused(t, "no manifest at all", second(CheckManifestChain(pin)), BrokenChain)
	fork := w.sign(w.manifest(2, w.manifests.versions[0].Hash, []officer{w.officer(7), w.officer(8), w.officer(9)}), w.seatStamps(w.seats)...)
	_, err = CheckManifestChain(pin, w.chain[0], fork)
	refused(t, "another version 2 than the pinned one", err, BrokenChain)
	_, err = CheckManifestChain(Pin{Version: 0, Fingerprint: pin.Fingerprint}, w.chain...)
	refused(t, "a pin of version 0", err, BrokenChain)
}

// TestSelfSignedManifestIsRefused: the next version is signed by seats of the version before, not by its own.
func TestSelfSignedManifestIsRefused(t *testing.T) {
	w := newWorld(t)
	mallory := []officer{w.officer(1), w.officer(2), w.officer(3)}
	next := w.manifest(2, w.manifests.Current().Hash, mallory)
	refused(t, "signed by its own seats", w.manifests.Append(w.sign(next, w.seatStamps(mallory)...)), BadSignature)
	if w.manifests.Current().Version != 1 {
		t.Error("a refused manifest was taken in")
	}
}

// TestManifestQuorum: version 1 needs every seat, a later one the threshold, and each signature counts once.
func TestManifestQuorum(t *testing.T) {
	w := newWorld(t)
	one := w.manifest(1, id.Hash{}, w.seats)
	refused(t, "version 1 without one of its seats", second(CheckManifestChain(Pin{}, w.sign(one, w.seatStamps(w.seats[:2])...))), NotEntitled)
	refused(t, "unsigned", second(CheckManifestChain(Pin{}, w.sign(one))), BadSignature)
	two := w.manifest(2, w.manifests.Current().Hash, w.seats)
	refused(t, "one of three", w.manifests.Append(w.sign(two, w.seatStamps(w.seats[:1])...)), NotEntitled)
	ghost := w.officer(4)
	refused(t, "one of three and a ghost seat", w.manifests.Append(w.sign(two, BySeat(1, w.seats[0].sign), BySeat(4, ghost.sign))), NotEntitled)
	refused(t, "two seats, one key", w.manifests.Append(w.sign(two, BySeat(1, w.seats[0].sign), BySeat(2, w.seats[0].sign))), BadSignature)
	refused(t, "two seats and a server key", w.manifests.Append(
		w.sign(two, append(w.seatStamps(w.seats[:2]), ByServer(PurposeBind, w.server[PurposeBind]))...)), WrongPurpose)
	check(t, w.manifests.Append(w.sign(two, w.seatStamps(w.seats[1:])...)))
}

func TestManifestContentIsChecked(t *testing.T) {
	w := newWorld(t)
	current := w.manifests.Current().Hash
	for name, test := range map[string]struct {
		code Code
		how  func(*RootManifest)
	}{
		"threshold 1":                {Malformed, func(m *RootManifest) { m.Threshold = 1 }},
		"as many seats as needed":    {Malformed, func(m *RootManifest) { m.Threshold = 3 }},
		"seat 0":                     {Malformed, func(m *RootManifest) { m.Seats[0].Index = 0 }},
		"a server key missing":       {Malformed, func(m *RootManifest) { m.ServerKeys = m.ServerKeys[:3] }},
		"two purposes, one key":      {Malformed, func(m *RootManifest) { m.ServerKeys[1].Key = m.ServerKeys[0].Key }},
		"a seat with a server key":   {Malformed, func(m *RootManifest) { m.Seats[0].Sign = m.ServerKeys[0].Key }},
		"two seats, one sealing key": {Malformed, func(m *RootManifest) { m.Seats[0].Seal = m.Seats[1].Seal }},
		"no suite":                   {Malformed, func(m *RootManifest) { m.MinSuite = 0 }},
		"a later suite":              {UnsupportedSuite, func(m *RootManifest) { m.MinSuite = 2 }},
		"a version left out":         {BrokenChain, func(m *RootManifest) { m.Version = 3 }},
		"another predecessor":        {BrokenChain, func(m *RootManifest) { m.Previous[0] ^= 1 }},
	} {
		next := w.manifest(2, current, w.seats)
		test.how(next)
		refused(t, name, w.manifests.Append(w.sign(next, w.seatStamps(w.seats)...)), test.code)
	}
	first := w.manifest(1, current, w.seats)
	refused(t, "a first version with a predecessor", second(CheckManifestChain(Pin{}, w.sign(first, w.seatStamps(w.seats)...))), BrokenChain)
	refused(t, "something else", w.manifests.Append(w.sign(w.policy, w.seatStamps(w.seats)...)), Malformed)
	_, err := w.manifests.AddPolicy(mustEncode(t, change(w.policy, func(p *Policy) { p.GraceMillis = 0 })))
	refused(t, "a policy that no manifest names", err, BrokenChain)
}

// TestServerKeysHaveOnePurpose is wrong-domain reuse: what one server key signed is nothing under another purpose or another type.
func TestServerKeysHaveOnePurpose(t *testing.T) {
	w := newWorld(t)
	ann := w.enrol("Ann")
	assertion := w.assertion(id.Thread{}, ann)
	for purpose := PurposeBind; purpose <= PurposeAudit; purpose++ {
		err := w.manifests.VerifyServer(w.sign(assertion, ByServer(purpose, w.server[purpose])), PurposeAssert)
		if purpose == PurposeAssert {
			check(t, err)
			continue
		}
		refused(t, "signed for "+purpose.String(), err, WrongPurpose)
		disguised := w.sign(assertion, ByServer(PurposeAssert, w.server[purpose]))
		refused(t, purpose.String()+" key under another name", w.manifests.VerifyServer(disguised, PurposeAssert), BadSignature)
	}
	// The same bytes signed as another type: the prefix differs.
	object := mustEncode(t, assertion)
	signature := w.server[PurposeAssert].Sign(signingInput(TypeLink, object))
	refused(t, "signed as another type", VerifyObject(object, w.server[PurposeAssert].Public(), signature), BadSignature)
	bare := w.server[PurposeAssert].Sign(object)
	refused(t, "signed without a prefix", VerifyObject(object, w.server[PurposeAssert].Public(), bare), BadSignature)
}

// TestStatementsOutliveTheirKey: what an earlier manifest's server key signed is still good.
func TestStatementsOutliveTheirKey(t *testing.T) {
	w := newWorld(t)
	ann := w.enrol("Ann")
	before := w.sign(w.assertion(id.Thread{}, ann), ByServer(PurposeAssert, w.server[PurposeAssert]))
	w.server[PurposeAssert] = NewSigner(w.seed())
	w.newOfficers(w.seats)
	check(t, w.manifests.VerifyServer(before, PurposeAssert))
	check(t, w.manifests.VerifyServer(w.sign(w.assertion(id.Thread{}, ann), ByServer(PurposeAssert, w.server[PurposeAssert])), PurposeAssert))
}

func second[T any](_ T, err error) error { return err }
