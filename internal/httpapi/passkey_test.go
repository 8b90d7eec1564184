package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
)

// wireChange is a change of unlockers as a browser sends it.
func wireChange(c identity.UnlockerChange) object {
	body := object{"vault": c.Vault, "wraps": c.Wraps}
	if len(c.Remove) > 0 {
		body["remove"], body["identity"], body["generation"] = c.Remove, c.Identity, c.Generation
	}
	if add := c.Add; add != nil {
		made := object{"unlocker": add.Unlocker, "kind": add.Kind.String(), "blob": add.Blob, "label": add.Label}
		if p := add.Password; p != nil {
			made["password"] = object{"authKey": p.AuthKey, "salt": p.Salt, "memoryKiB": p.MemoryKiB, "passes": p.Passes, "share": p.Share}
		}
		if p := add.PIN; p != nil {
			made["pin"] = object{"verifier": p.Verifier, "share": p.Share}
		}
		body["add"] = made
	}
	return body
}

func (s *site) change(p *person, add *identity.NewUnlocker, remove id.Unlocker) (object, *identitytest.Browser) {
	s.t.Helper()
	state, err := s.identity.State(s.t.Context(), p.Person)
	if err != nil {
		s.t.Fatal(err)
	}
	change, next := p.Change(s.t, state, add, remove)
	return wireChange(change), next
}

// decoded reads base64url, as the options of WebAuthn have it.
func decoded(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// passkey makes a passkey that is an unlocker, over HTTP.
func (s *site) passkey(p *person) *identitytest.Authenticator {
	s.t.Helper()
	var creation creationOptionsBody
	s.send("POST", "/v1/passkeys/options", p.cookie, object{}, &creation)
	o := creation.Options
	if o.RP.ID != "wardline.test" || o.User.Name != p.userName || o.Attestation != "none" || o.AuthenticatorSelection != (selectionBody{"required", true, "required"}) ||
		len(o.PubKeyCredParams) != 3 || o.Timeout != 300_000 {
		s.t.Errorf("%+v", o)
	}
	a := identitytest.NewAuthenticator(testOrigin)
	change, next := s.change(p, p.NewPasskey(), id.Unlocker{})
	var added addedPasskeyBody
	s.send("POST", "/v1/passkeys", p.cookie, object{
		"ticket": creation.Ticket, "credential": json.RawMessage(a.Create(decoded(s.t, o.Challenge), decoded(s.t, o.User.ID))), "label": "Phone", "unlocker": change,
	}, &added)
	if added.Credential != identity.CredentialText(a.Key.ID) || added.Version != 2 {
		s.t.Errorf("%+v", added)
	}
	p.Browser = next
	return a
}

func TestR23_PasskeysOverHTTP(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		var about aboutBody
		if s.send("GET", "/v1/about", "", nil, &about); !about.Passkeys {
			t.Error("no passkeys here")
		}
		a := s.passkey(p)
		var request requestOptionsBody
		s.send("POST", "/v1/sign-in/passkey/options", "", object{}, &request)
		if o := request.Options; o.AllowCredentials != nil || o.UserVerification != "required" || o.RPID != "wardline.test" {
			t.Errorf("%+v", o)
		}
		body := object{"ticket": request.Ticket, "credential": json.RawMessage(a.Get(decoded(t, request.Options.Challenge)))}
		var signedIn passkeySignedInBody
		w := s.send("POST", "/v1/sign-in/passkey", "", body, &signedIn)
		if !signedIn.Passkey.PRF || signedIn.Unlock.Kind != "passkey" || len(signedIn.Unlock.VaultShare) != 0 || len(signedIn.Challenge) != 32 {
			t.Errorf("%+v", signedIn.Passkey)
		}
		cookie := cookieOf(w)
		s.refused("the same again", s.send("POST", "/v1/sign-in/passkey", "", body, nil), 401, "ticket_spent")
		proof := p.Prove(signedIn.Challenge)
		s.send("POST", "/v1/session/device", cookie, object{"device": p.Device, "signature": proof[:]}, &boundBody{})

		s.send("POST", "/v1/session/lock", cookie, nil, nil)
		s.send("POST", "/v1/session/unlock/passkey/options", cookie, object{}, &request)
		if o := request.Options; len(o.AllowCredentials) != 1 || o.AllowCredentials[0].ID != identity.CredentialText(a.Key.ID) {
			t.Errorf("%+v", o)
		}
		var unlocked unlockedBody
		s.send("POST", "/v1/session/unlock/passkey", cookie,
			object{"ticket": request.Ticket, "credential": json.RawMessage(a.Get(decoded(t, request.Options.Challenge)))}, &unlocked)
		if unlocked.Unlock.Unlocker != p.Unlocker(t, envelope.UnlockerPasskey) {
			t.Errorf("%+v", unlocked.Unlock.Unlocker)
		}
		var vault unlockBody
		if s.send("GET", "/v1/vault", cookie, nil, &vault); vault.Kind != "passkey" {
			t.Errorf("the vault comes with the blob of a %s", vault.Kind)
		}
		s.refused("removing what opens the vault",
			s.send("DELETE", "/v1/passkeys/"+identity.CredentialText(a.Key.ID), cookie, nil, nil), 409, "passkey_unlocks")
		s.refused("removing rubbish", s.send("DELETE", "/v1/passkeys/!!", cookie, nil, nil), 404, "passkey_unknown")
	})
}

func TestR23_WhatABrowserMustNotSend(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		a := s.passkey(p)
		var request requestOptionsBody
		s.send("POST", "/v1/sign-in/passkey/options", "", object{}, &request)
		secret := strings.Repeat("c2VjcmV0", 5)
		credential := strings.Replace(string(a.Get(decoded(t, request.Options.Challenge))), `{"type":`,
			`{"clientExtensionResults":{"prf":{"results":{"first":"`+secret+`"}}},"type":`, 1)
		w := s.send("POST", "/v1/sign-in/passkey", "", object{"ticket": request.Ticket, "credential": json.RawMessage(credential)}, nil)
		s.refused("a PRF result", w, 422, "prf_sent")
		if strings.Contains(w.Body.String(), secret) {
			t.Error("the answer has what was sent")
		}
		for name, credential := range map[string]string{
			"rubbish": `{"id":1}`, "empty": `{}`, "long": `{"id":"` + strings.Repeat("A", 33<<10) + `"}`, "nested": strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 40),
		} {
			s.refused(name, s.send("POST", "/v1/sign-in/passkey", "", object{"ticket": request.Ticket, "credential": json.RawMessage(credential)}, nil),
				401, "passkey_refused")
		}
		s.refused("longer than any request", s.send("POST", "/v1/sign-in/passkey", "",
			object{"ticket": request.Ticket, "credential": json.RawMessage(`{"id":"` + strings.Repeat("A", 65<<10) + `"}`)}, nil), 413, "request_too_large")
		s.refused("a forged ticket", s.send("POST", "/v1/sign-in/passkey", "", object{"ticket": wrongBytes(90), "credential": object{}}, nil), 401, "ticket_spent")
	})
}

func TestR24_PINAndPasswordOverHTTP(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		pin := p.NewPIN()
		change, next := s.change(p, pin, id.Unlocker{})
		var version vaultVersionBody
		if s.send("POST", "/v1/unlockers", p.cookie, change, &version); version.Version != 2 {
			t.Errorf("%+v", version)
		}
		p.Browser = next
		s.send("POST", "/v1/session/lock", p.cookie, nil, nil)
		wrong := s.send("POST", "/v1/session/unlock/pin", p.cookie, object{"verifier": wrongBytes(32)}, nil)
		s.refused("a wrong PIN", wrong, 401, "pin_wrong")
		if left := problemOf(t, wrong)["triesLeft"]; left != float64(9) {
			t.Errorf("%v tries are left", left)
		}
		var unlocked unlockedBody
		s.send("POST", "/v1/session/unlock/pin", p.cookie, object{"verifier": pin.PIN.Verifier}, &unlocked)
		if unlocked.Unlock.Kind != "pin" || string(unlocked.Unlock.PINShare) != string(pin.PIN.Share) || unlocked.Unlock.VaultShare != nil {
			t.Errorf("%+v", unlocked.Unlock.Kind)
		}
		var listed unlockersBody
		s.send("GET", "/v1/unlockers", p.cookie, nil, &listed)
		if len(listed.Unlockers) != 2 || listed.PasskeysWithoutPRF == nil || !listed.Unlockers[1].Current || *listed.Unlockers[1].Device != p.Device {
			t.Errorf("%+v", listed)
		}
		old := p.AuthKey
		change, next = s.change(p, p.NewPassword(), p.Unlocker(t, envelope.UnlockerPassword))
		s.send("POST", "/v1/unlockers", p.cookie, change, &version)
		p.Browser = next
		s.refused("the old password", s.send("POST", "/v1/session/unlock", p.cookie, object{"authKey": old}, nil), 401, "password_wrong")
		s.clock.Advance(10 * time.Minute)
		change, _ = s.change(p, nil, p.Unlocker(t, envelope.UnlockerPIN))
		s.send("POST", "/v1/session/unlock/pin", p.cookie, object{"verifier": pin.PIN.Verifier}, &unlocked)
		s.refused("without a fresh proof", s.send("POST", "/v1/unlockers", p.cookie, change, nil), 403, "proof_needed")
		s.send("POST", "/v1/session/unlock", p.cookie, object{"authKey": p.AuthKey}, &unlocked)
		s.send("POST", "/v1/unlockers", p.cookie, change, &version)
		for range 2 {
			s.refused("a PIN that was removed", s.send("POST", "/v1/session/unlock/pin", p.cookie, object{"verifier": pin.PIN.Verifier}, nil), 410, "pin_gone")
		}
		for _, secret := range [][]byte{pin.PIN.Verifier, pin.PIN.Share, p.AuthKey, old} {
			if log := s.log.String(); strings.Contains(log, base64.StdEncoding.EncodeToString(secret)) || strings.Contains(log, string(secret)) {
				t.Error("a secret is in the log")
			}
		}
	})
}
