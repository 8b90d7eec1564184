package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/policy"
)

func TestR36_PoliciesAreReadAcceptedAndPutOffOverHTTP(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		ann := s.enrol("ann")
		publish := func(title string, number uint32, text string) policy.Version {
			t.Helper()
			v, err := s.policies.Publish(context.Background(), id.Person{}, policy.Version{
				Number: number, Title: title, Kind: policy.Guidance, Text: text, EffectiveAt: s.clock.Now(), ReviewAt: s.clock.Now().AddDate(1, 0, 0),
				Required: true, Grace: policy.DefaultGrace,
			})
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		var none policiesBody
		s.send("GET", "/v1/policies", ann.cookie, nil, &none)
		if none.Policies == nil || len(none.Policies) != 0 {
			t.Errorf("without any: %v", none)
		}
		hostile := "# <script>alert(1)</script>\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)>"
		v := publish("Messaging", 1, hostile)
		path := fmt.Sprintf("/v1/policies/%s/versions/1", v.Policy)

		var text policyText
		w := s.send("GET", path, ann.cookie, nil, &text)
		if text.Text != hostile || text.Hash != v.Hash || w.Header().Get("Content-Type") != "application/json" ||
			w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("the text arrived as %s", w.Body)
		}
		tag := w.Header().Get("ETag")
		again := call(t, s.API, "GET", path, "", func(r *http.Request) {
			r.Header.Set("Cookie", ann.cookie)
			r.Header.Set("If-None-Match", tag)
		})
		if tag == "" || again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("asked again with %q: %d %s", tag, again.Code, again.Body)
		}

		w = s.send("POST", "/v1/threads", ann.cookie, object{"create": "AA==", "entries": []string{}, "epoch": object{"record": "", "envelopes": []string{}, "sealedState": ""}}, nil)
		s.refused("a new thread", w, 403, "policy_needed")
		if ids, _ := problemOf(t, w)["policies"].([]any); len(ids) != 1 || ids[0] != v.Policy.String() {
			t.Errorf("the refusal names %s", w.Body)
		}

		wrong := v.Hash
		wrong[3] ^= 1
		s.refused("another hash", s.send("POST", path+"/accept", ann.cookie, object{"hash": wrong}, nil), 409, "policy_changed")
		s.refused("no hash", s.send("POST", path+"/accept", ann.cookie, object{}, nil), 422, "request_malformed")
		s.refused("version nought", s.send("GET", strings.TrimSuffix(path, "1")+"0", ann.cookie, nil, nil), 422, "request_malformed")
		s.refused("an unknown version", s.send("GET", path+"7", ann.cookie, nil, nil), 404, "policy_unknown")
		s.refused("another reason", s.send("POST", path+"/defer", ann.cookie, object{"reason": "busy"}, nil), 422, "request_malformed")
		var deferred deferredBody
		s.send("POST", path+"/defer", ann.cookie, object{"reason": "on-duty"}, &deferred)
		if want := s.clock.Now().Add(policy.DefaultGrace).UnixMilli(); deferred.Until != want {
			t.Errorf("put off until %d instead of %d", deferred.Until, want)
		}
		var accepted, twice acceptedBody
		s.send("POST", path+"/accept", ann.cookie, object{"hash": v.Hash}, &accepted)
		s.send("POST", path+"/accept", ann.cookie, object{"hash": v.Hash}, &twice)
		if accepted != twice || accepted.AcceptedAt == 0 {
			t.Errorf("accepted %v, then %v", accepted, twice)
		}
		publish("Messaging", 2, "Other words.")
		s.refused("version 1 by somebody else, late",
			s.send("POST", path+"/accept", s.enrol("ben").cookie, object{"hash": v.Hash}, nil), 409, "policy_changed")
		var now policiesBody
		s.send("GET", "/v1/policies", ann.cookie, nil, &now)
		if len(now.Policies) != 1 || now.Policies[0].Version != 2 || !now.Policies[0].Needed || now.Policies[0].Supersedes != "Version 1" {
			t.Errorf("in force: %+v", now)
		}
	})
}
