package client_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/clock"
)

// A machine whose clock is wrong asks twice, once: from then on it knows the server's time.
func TestR22_AProofIsMadeAgainWithTheServersNonceAndTime(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	count := func(what string, want int) {
		t.Helper()
		before := anita.wire.count("GET", "/v1/sessions/devices")
		if _, err := anita.Devices(w.ctx); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got := anita.wire.count("GET", "/v1/sessions/devices") - before; got != want {
			t.Errorf("%s: asked %d times, want %d", what, got, want)
		}
	}
	count("with the nonce that was heard last", 1)
	w.clock.Advance(4 * time.Minute)
	count("with one of some minutes ago", 1)

	between := &wire{next: http.DefaultTransport}
	ahead, err := client.New(client.Config{
		BaseURL: w.web.URL, HTTPClient: &http.Client{Transport: between}, Clock: clock.NewManual(w.clock.Now().Add(10 * time.Minute)),
	})
	w.check(err)
	ben := &person{w: w, userName: "ben.okafor", client: ahead, wire: between}
	ben.Session, err = ahead.Enrol(w.ctx, w.link("ben.okafor", "Ben Okafor"), password, ben.keepSecret, client.DeviceOptions{NoticeAccepted: true})
	w.check(err)
	if asked := between.count("POST", "/v1/enrolment/complete"); asked != 2 {
		t.Errorf("a clock that is wrong: asked %d times", asked)
	}
	anita = ben
	count("once the time is known", 1)
}

// What a cookie is worth without the key: nothing, and its owner goes on.
func TestR22_TheCookieAloneOpensNothing(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	request, err := http.NewRequestWithContext(w.ctx, "GET", w.web.URL+"/v1/vault", nil)
	w.check(err)
	request.Header.Set("Cookie", client.CookieOf(anita.Session))
	response, err := http.DefaultClient.Do(request)
	w.check(err)
	defer response.Body.Close()
	var problem struct{ Code string }
	w.check(json.NewDecoder(response.Body).Decode(&problem))
	if response.StatusCode != http.StatusUnauthorized || problem.Code != "proof_missing" {
		t.Errorf("%d %s", response.StatusCode, problem.Code)
	}
	if _, err := anita.Devices(w.ctx); err != nil {
		t.Errorf("the owner: %v", err)
	}
}
