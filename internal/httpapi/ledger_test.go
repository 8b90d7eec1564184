package httpapi

import (
	"fmt"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// hashes reads what the API calls a proof.
func hashes(t *testing.T, raw [][]byte) []id.Hash {
	t.Helper()
	found := make([]id.Hash, len(raw))
	for n, one := range raw {
		if len(one) != 32 {
			t.Fatalf("a hash of %d bytes", len(one))
		}
		found[n] = id.Hash(one)
	}
	return found
}

func (s *site) checkpoint(body GrownBody) envelope.Checkpoint {
	s.t.Helper()
	opened, err := envelope.OpenCheckpoint([]byte(body.Checkpoint), s.trust.Chain.Current().ServerKey(envelope.PurposeAudit))
	if err != nil {
		s.t.Fatal(err)
	}
	return opened
}

// TestAPersonsLogComesWithItsPlaceInTheMerkleLog: whoever has just enrolled is in the log when they are first asked for, entry by entry.
func TestAPersonsLogComesWithItsPlaceInTheMerkleLog(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p, other := s.enrol("patel"), s.enrol("haddad")
		ask := func(from int64, wanted ...map[string]any) logsBody {
			var body logsBody
			s.send("POST", "/v1/people/logs", p.cookie, map[string]any{"people": wanted, "logFrom": from}, &body)
			return body
		}
		first := ask(0, map[string]any{"person": p.Person, "afterSeq": 0}, map[string]any{"person": other.Person, "afterSeq": 0})
		head := s.checkpoint(first.GrownBody)
		for _, log := range first.Logs {
			signed := make([]*envelope.Signed, len(log.Entries))
			for n, entry := range log.Entries {
				signed[n], _ = envelope.Parse[envelope.Signed](entry)
			}
			state, err := envelope.VerifyPersonLog(s.trust.Chain, log.Person, signed...)
			if err != nil {
				t.Fatal(err)
			}
			place := envelope.Inclusion{Index: log.Proof.Index, Actor: log.Proof.Actor, At: log.Proof.At, Path: hashes(t, log.Proof.Path)}
			if err := envelope.CheckPersonLeaf(head.LogHead, log.Person, state.Seq(), state.Head(), place); err != nil {
				t.Errorf("the head of a log: %v", err)
			}
			if err := envelope.CheckPersonLeaf(head.LogHead, log.Person, state.Seq()-1, state.Head(), place); envelope.CodeOf(err) != envelope.NotLogged {
				t.Errorf("another number with the same proof: %v", err)
			}
		}
		if again := ask(int64(head.Size), map[string]any{"person": other.Person, "afterSeq": 3}); again.Logs[0].Proof != nil || len(again.Consistency) != 0 {
			t.Error("a proof where nothing is new")
		}
		if again := ask(0, map[string]any{"person": other.Person, "afterSeq": 3, "prove": true}); again.Logs[0].Proof == nil || len(again.Logs[0].Entries) != 0 {
			t.Error("no proof although it was asked for")
		}
		if nobody := ask(0, map[string]any{"person": id.Person{9}, "afterSeq": 0, "prove": true}); nobody.Logs[0].Proof != nil {
			t.Error("a proof of somebody who has no log")
		}

		s.enrol("okafor")
		grown := ask(int64(head.Size), map[string]any{"person": other.Person, "afterSeq": 3})
		newer := s.checkpoint(grown.GrownBody)
		if err := envelope.CheckLogGrew(head.LogHead, newer.LogHead, hashes(t, grown.Consistency)); err != nil || newer.Size <= head.Size {
			t.Errorf("from %d to %d: %v", head.Size, newer.Size, err)
		}
		s.clock.Advance(audit.QuietTime)
		if err := s.rooms.Ledger.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		var watched GrownBody
		s.send("GET", "/v1/log/checkpoint", "", nil, &watched)
		if quiet := s.checkpoint(watched); quiet.At != envelope.TimeOf(s.clock.Now()) || quiet.Size != newer.Size+1 {
			t.Errorf("after a quiet time the checkpoint is of %v", quiet.At.Time())
		}
	})
}

// TestAnybodyMayWatchTheLog: an outside witness needs no account, and learns sizes and hashes only.
func TestAnybodyMayWatchTheLog(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		var settled logsBody
		s.send("POST", "/v1/people/logs", p.cookie, map[string]any{"people": []any{}}, &settled)
		older := s.checkpoint(settled.GrownBody)
		for n := range 5 {
			s.enrol(fmt.Sprintf("user%d", n))
		}
		var compared compareBody
		sizes := []int64{1, 3, int64(older.Size), 1 << 40, 0}
		s.send("POST", "/v1/log/compare", p.cookie, map[string]any{"from": older.Size, "sizes": sizes}, &compared)
		newest := s.checkpoint(compared.GrownBody)
		if len(compared.Sizes) != 3 || compared.Sizes[2].Size != int64(older.Size) {
			t.Fatalf("%+v", compared.Sizes)
		}
		proof := hashes(t, compared.Sizes[2].Consistency)
		if err := envelope.CheckLogGrew(older.LogHead, newest.LogHead, proof); err != nil {
			t.Error(err)
		}
		var watched GrownBody
		s.send("GET", fmt.Sprintf("/v1/log/checkpoint?from=%d", older.Size), "", nil, &watched)
		if at := s.checkpoint(watched); at != newest || envelope.CheckLogGrew(older.LogHead, at.LogHead, hashes(t, watched.Consistency)) != nil {
			t.Errorf("the witness sees %+v", at)
		}
		var between consistencyBody
		s.send("GET", fmt.Sprintf("/v1/log/consistency?from=%d&to=%d", older.Size, newest.Size), "", nil, &between)
		if err := envelope.CheckLogGrew(older.LogHead, newest.LogHead, hashes(t, between.Consistency)); err != nil {
			t.Error(err)
		}
		var chain logManifestsBody
		s.send("GET", "/v1/log/manifests", "", nil, &chain)
		if len(chain.Manifests) != 1 {
			t.Errorf("%d manifests", len(chain.Manifests))
		}
		for query, code := range map[string]string{
			"from=0&to=3": "request_malformed", "from=3&to=2": "no_such_leaf", "from=1&to=99999": "no_such_leaf", "from=1": "request_malformed",
			"from=-1&to=2": "request_malformed", "from=1&to=9007199254740992": "request_malformed",
		} {
			answer := s.send("GET", "/v1/log/consistency?"+query, "", nil, nil)
			if problemOf(t, answer)["code"] != code {
				t.Errorf("%s: %s", query, answer.Body)
			}
		}
		if beyond := s.send("GET", "/v1/log/checkpoint?from=99999", "", nil, &watched); beyond.Code != 200 {
			t.Errorf("%d", beyond.Code)
		}
		s.clock.Advance(time.Second)
	})
}
