package client_test

import (
	"errors"
	"testing"

	"github.com/wardline/wardline/client"
)

func TestR23_AMachineThatSignedInBeforeIsNotKeptOutByStrangers(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	known := anita.client.Memory()
	stranger, _ := w.client(client.Memory{})
	for range 13 {
		if _, err := stranger.SignIn(w.ctx, "anita.patel", "a guess at a password", anita.code, client.DeviceOptions{}); err == nil {
			t.Fatal("a guess was right")
		}
	}
	_, err := anita.elsewhere(client.Memory{}, client.DeviceOptions{})
	if problem, ok := errors.AsType[*client.Problem](err); !ok || problem.Code != "too_many_tries" || problem.RetryAfter == 0 {
		t.Errorf("a machine that nobody knows: %v", err)
	}
	again, err := anita.elsewhere(known, client.DeviceOptions{})
	w.check(err)
	if now := again.client.Memory().Browser; now == "" || now == known.Browser {
		t.Errorf("the machine is known by %q, before by %q", now, known.Browser)
	}
}
