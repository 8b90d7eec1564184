package httpapi

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/identity/identitytest"
)

func TestR29_TheListingOfTheDirectoryOverHTTP(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		for _, name := range []string{"adams", "brown"} {
			s.link(name)
		}
		var listed listingBody
		s.send("GET", "/v1/directory", p.cookie, nil, &listed)
		var names []string
		for _, one := range listed.People {
			names = append(names, fmt.Sprintf("%s:%t:%t", one.UserName, one.Enrolled, one.Left))
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != "adams:false:false brown:false:false patel:true:false" || listed.Next != nil {
			t.Error(got)
		}

		s.clock.Advance(time.Minute)
		path := fmt.Sprintf("/v1/directory?since=%d", s.clock.Now().UnixMilli())
		s.clock.Advance(time.Second)
		brown := listed.People[slices.IndexFunc(listed.People, func(p personBody) bool { return p.UserName == "brown" })].Person
		if err := s.people.Leave(t.Context(), p.Person, brown); err != nil {
			t.Fatal(err)
		}
		listed = listingBody{}
		s.send("GET", path, p.cookie, nil, &listed)
		if len(listed.People) != 1 || listed.People[0].Person != brown || !listed.People[0].Left {
			t.Errorf("%+v", listed.People)
		}
		tomorrow := fmt.Sprintf("/v1/directory?since=%d", s.clock.Now().Add(24*time.Hour).UnixMilli())
		s.refused("a time to come", s.send("GET", tomorrow, p.cookie, nil, nil), 422, "since_in_future")
		s.refused("no id", s.send("GET", "/v1/directory?after=nobody", p.cookie, nil, nil), 422, "request_malformed")
		s.refused("no time", s.send("GET", "/v1/directory?since=-1", p.cookie, nil, nil), 422, "request_malformed")
		if strings.Contains(s.log.String(), "patel") || strings.Contains(s.log.String(), brown.String()) {
			t.Error("the log names somebody")
		}
	})
}

func TestTheListingIsCompressedAndNothingElseIs(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		packing := func(r *http.Request) {
			r.Header.Set("Accept-Encoding", "gzip, deflate, br")
			proveBy(t, s.API, identitytest.SharedKey(), r)
		}
		w := s.sendWith("GET", "/v1/directory", p.cookie, nil, packing)
		if w.Code != 200 || w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %v", w.Code, w.Header())
		}
		plain, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		var listed listingBody
		if err := json.NewDecoder(plain).Decode(&listed); err != nil || len(listed.People) != 1 {
			t.Errorf("%+v, %v", listed, err)
		}
		if w := s.sendWith("GET", "/v1/people", p.cookie, nil, packing); w.Code != 200 || w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		refused := s.sendWith("GET", "/v1/directory", "", nil, packing)
		if refused.Header().Get("Content-Encoding") != "" {
			t.Error("a refusal is compressed")
		}
		s.refused("nobody", refused, 401, "not_signed_in")
		if w := s.send("GET", "/v1/directory", p.cookie, nil, nil); w.Header().Get("Content-Encoding") != "" {
			t.Error("compressed for somebody who did not ask for it")
		}
	})
}
