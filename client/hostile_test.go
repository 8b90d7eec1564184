package client_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

func TestAServerThatShowsAnotherPersonsKeyIsRefused(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	logOf := func(of *person) []any {
		var entries []any
		anita.wire.bend(rule{method: "POST", path: "/v1/people/logs", times: 1, body: func(m map[string]any) {
			entries = listOf(t, m, "logs")[0].(map[string]any)["entries"].([]any)
		}})
		_, err := anita.Identity(w.ctx, of.Person())
		w.check(err)
		return entries
	}
	toms := logOf(tom)
	forged := w.forgedLog(leila.Person())
	for name, test := range map[string]struct {
		entries []any
		person  any
		code    envelope.Code
	}{
		"tom's log under leila's name":      {toms, leila.Person().String(), envelope.BrokenChain},
		"a log that the server made itself": {forged, leila.Person().String(), envelope.BadSignature},
		"a log that nobody asked for":       {toms, tom.Person().String(), envelope.WrongIdentity},
		"a log without its beginning":       {toms[1:], leila.Person().String(), envelope.BrokenChain},
	} {
		fresh, err := anita.elsewhere(client.Memory{}, client.DeviceOptions{})
		w.check(err)
		fresh.wire.bend(rule{method: "POST", path: "/v1/people/logs", body: func(m map[string]any) {
			for _, one := range listOf(t, m, "logs") {
				one.(map[string]any)["entries"], one.(map[string]any)["person"] = test.entries, test.person
			}
		}})
		_, err = fresh.CreateDirect(w.ctx, leila.Person())
		w.refused(name, err, test.code)
	}
}

// forgedLog is a whole log with keys of the server's own, in which only the signature of the bind key is missing.
func (w *world) forgedLog(of id.Person) []any {
	identityKey := envelope.NewSigner([32]byte{1})
	bind, err := envelope.SignObject(&envelope.Bind{
		Person: of, Seq: 1, Identity: identityKey.Public(), DisplayName: "Dr Leila Haddad", Role: "Registrar", Manifest: w.pin,
		Issued: envelope.TimeOf(w.clock.Now()),
	}, envelope.ByIdentity(of, identityKey), envelope.ByServer(envelope.PurposeBind, envelope.NewSigner([32]byte{2})))
	w.check(err)
	return []any{encoded(w, bind)}
}

func encoded(w *world, object envelope.Object) string {
	w.t.Helper()
	raw, err := envelope.Encode(object)
	w.check(err)
	return base64.StdEncoding.EncodeToString(raw)
}

func decoded[T any, P interface {
	*T
	envelope.Object
}](w *world, text any) *T {
	w.t.Helper()
	raw, err := base64.StdEncoding.DecodeString(text.(string))
	w.check(err)
	object, err := envelope.DecodeAny(raw)
	w.check(err)
	return any(object).(*T)
}

func TestAServerThatShowsAnotherManifestIsRefused(t *testing.T) {
	w, elsewhere := newWorld(t), newWorld(t)
	anita, stranger := w.enrol("anita.patel", "Dr Anita Patel"), elsewhere.enrol("somebody", "Somebody Else")
	var others, policy any
	stranger.wire.bend(rule{method: "POST", path: "/v1/sign-in/code", body: func(m map[string]any) {
		unlock := m["unlock"].(map[string]any)
		others, policy = unlock["manifests"], unlock["policy"]
	}})
	w.check(stranger.signIn(client.DeviceOptions{}))

	link := w.link("leila.haddad", "Dr Leila Haddad")
	c, bent := w.client(client.Memory{})
	bent.bend(rule{method: "POST", path: "/v1/enrolment/start", body: func(m map[string]any) { m["manifests"], m["policy"] = others, policy }})
	_, err := c.Enrol(w.ctx, link, password, anita.keepSecret, client.DeviceOptions{NoticeAccepted: true})
	w.refused("enrolling under another manifest than the link's", err, envelope.BrokenChain)
	if bent.count("POST", "/v1/enrolment/complete") != 0 {
		t.Error("keys were sent all the same")
	}

	c, bent = w.client(client.Memory{})
	bent.bend(rule{method: "POST", path: "/v1/enrolment/start", body: func(m map[string]any) { m["salt"] = "AAAA" }})
	_, err = c.Enrol(w.ctx, link, password, anita.keepSecret, client.DeviceOptions{NoticeAccepted: true})
	w.refused("enrolling with a short salt", err, envelope.WeakParameters)

	swap := rule{method: "POST", path: "/v1/sign-in/code", body: func(m map[string]any) {
		unlock := m["unlock"].(map[string]any)
		unlock["manifests"], unlock["policy"] = others, policy
	}}
	other := &person{w: w, userName: anita.userName, secret: anita.secret}
	other.client, other.wire = w.client(client.Memory{})
	other.wire.bend(swap)
	w.refused("signing in under another manifest", other.signIn(client.DeviceOptions{}), envelope.BrokenChain)

	anita.wire.bend(rule{method: "POST", path: "/v1/session/unlock", body: func(m map[string]any) {
		m["unlock"].(map[string]any)["manifests"] = []any{}
	}})
	w.check(anita.Lock(w.ctx))
	w.refused("unlocking without a manifest", anita.Unlock(w.ctx, password), envelope.BrokenChain)

	pinned, err := client.New(client.Config{BaseURL: w.web.URL, HTTPClient: w.web.Client(), Clock: w.clock, Pin: elsewhere.pin})
	w.check(err)
	_, err = pinned.Invitation(w.ctx, w.link("tom.reid", "Tom Reid"))
	w.refused("another manifest than the one that was configured", err, envelope.BrokenChain)
}

func TestAServerThatGivesAnotherVaultIsRefused(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	var leilas map[string]any
	r := leila.wire.bend(rule{method: "POST", path: "/v1/sign-in/code", body: func(m map[string]any) { leilas = m["unlock"].(map[string]any) }})
	w.check(leila.signIn(client.DeviceOptions{}))
	if r.used == 0 {
		t.Fatal("nothing came by")
	}
	for part, code := range map[string]envelope.Code{
		"sealedVault":    envelope.WrongIdentity,
		"sealedIdentity": envelope.WrongIdentity,
		"unlockerBlob":   envelope.WrongIdentity,
		"akWrap":         envelope.WrongIdentity,
		"log":            envelope.BrokenChain,
		"vaultShare":     envelope.WrongSecret,
	} {
		other := &person{w: w, userName: anita.userName, secret: anita.secret}
		other.client, other.wire = w.client(client.Memory{})
		other.wire.bend(rule{method: "POST", path: "/v1/sign-in/code", body: func(m map[string]any) {
			m["unlock"].(map[string]any)[part] = leilas[part]
		}})
		w.refused(part+" of somebody else", other.signIn(client.DeviceOptions{}), code)
	}
	// Everything of hers, under her own name, on a machine that knows who signed in here before.
	anita.wire.bend(rule{method: "POST", path: "/v1/sign-in/code", body: func(m map[string]any) {
		m["unlock"] = leilas
		m["session"].(map[string]any)["person"] = leila.Person().String()
	}})
	w.refused("somebody else altogether", anita.signIn(client.DeviceOptions{}), envelope.WrongIdentity)
}

func TestAServerThatWrapsAKeyOfItsOwnIsRefused(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	other := &person{w: w, userName: anita.userName, secret: anita.secret}
	other.client, other.wire = w.client(client.Memory{})
	other.wire.bend(rule{method: "POST", path: "/v1/sign-in/code", body: func(m map[string]any) {
		unlock := m["unlock"].(map[string]any)
		wrap := decoded[envelope.Signed](w, unlock["akWrap"])
		forged, err := envelope.Open[envelope.AKWrap](wrap)
		w.check(err)
		forged.Sealed[1167] ^= 1
		signed, err := envelope.SignObject(forged, envelope.ByIdentity(anita.Person(), envelope.NewSigner([32]byte{3})))
		w.check(err)
		unlock["akWrap"] = encoded(w, signed)
	}})
	w.refused("a wrap by the server", other.signIn(client.DeviceOptions{}), envelope.BadSignature)
}

func TestAServerThatGivesAnOlderVaultIsRefused(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	var older any
	anita.wire.bend(rule{method: "POST", path: "/v1/sign-in/code", times: 1, body: func(m map[string]any) {
		older = m["unlock"].(map[string]any)["sealedVault"]
	}})
	w.check(anita.signIn(client.DeviceOptions{}))
	in := anita.team()
	anita.say(in, "one")
	w.check(anita.SaveBookmarks(w.ctx))
	again := rule{body: func(m map[string]any) { m["unlock"].(map[string]any)["sealedVault"] = older }}
	again.method, again.path = "POST", "/v1/session/unlock"
	anita.wire.bend(again)
	w.check(anita.Lock(w.ctx))
	w.refused("unlocking an older vault", anita.Unlock(w.ctx, password), envelope.RolledBack)
	anita.wire.straighten()
	again.path = "/v1/sign-in/code"
	remembering, err := anita.elsewhere(anita.client.Memory(), client.DeviceOptions{})
	w.check(err)
	remembering.wire.bend(again)
	w.refused("an older vault at sign-in", remembering.signIn(client.DeviceOptions{}), envelope.RolledBack)
}

func TestR23_WeakPasswordParametersAreRefusedBeforeAnythingIsSent(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	for name, change := range map[string]func(map[string]any){
		"little memory": func(m map[string]any) { m["memoryKiB"] = 1024 },
		"few passes":    func(m map[string]any) { m["passes"] = 1 },
		"too much":      func(m map[string]any) { m["memoryKiB"] = 64 << 20 },
		"no salt":       func(m map[string]any) { m["salt"] = "" },
	} {
		other := &person{w: w, userName: anita.userName, secret: anita.secret}
		other.client, other.wire = w.client(client.Memory{})
		other.wire.bend(rule{method: "POST", path: "/v1/sign-in/parameters", body: change})
		w.refused(name, other.signIn(client.DeviceOptions{}), envelope.WeakParameters)
		if other.wire.count("POST", "/v1/sign-in/password") != 0 {
			t.Errorf("%s: something of the password was sent", name)
		}
	}
}

// boundLog is a log with keys of the server's own, under a bind that the server really signed: whoever holds the bind key can make it.
func (w *world) boundLog(of id.Person, name string) []any {
	w.t.Helper()
	identityKey, now := envelope.NewSigner([32]byte{1}), envelope.TimeOf(w.clock.Now())
	by := envelope.ByIdentity(of, identityKey)
	bind, err := envelope.SignObject(&envelope.Bind{
		Person: of, Seq: 1, Identity: identityKey.Public(), DisplayName: name, Role: "Registrar", Manifest: w.pin, Issued: now,
	}, by, envelope.ByServer(envelope.PurposeBind, w.server.Keys().ForIdentity().Bind))
	w.check(err)
	head, err := bind.Hash()
	w.check(err)
	generation, err := envelope.SignObject(&envelope.Generation{
		Person: of, Seq: 2, Previous: head, Generation: 1, Seal: envelope.NewSealPair([32]byte{2}).Public(), Issued: now,
	}, by)
	w.check(err)
	head, err = generation.Hash()
	w.check(err)
	device, err := envelope.SignObject(&envelope.Device{
		Person: of, Seq: 3, Previous: head, Device: id.Device{3}, Key: envelope.NewSigner([32]byte{3}).Public(), Kind: envelope.DeviceTrust, Issued: now,
		Expires: now + 1000,
	}, by)
	w.check(err)
	return []any{encoded(w, bind), encoded(w, generation), encoded(w, device)}
}

func TestAServerThatBindsAKeyOfItsOwnIsRefused(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	forged := w.boundLog(anita.Person(), "Dr Anita Patel")
	other := &person{w: w, userName: anita.userName, secret: anita.secret}
	other.client, other.wire = w.client(client.Memory{})
	other.wire.bend(rule{method: "POST", path: "/v1/sign-in/code", body: func(m map[string]any) { m["unlock"].(map[string]any)["log"] = forged }})
	w.refused("another identity at sign-in", other.signIn(client.DeviceOptions{}), envelope.WrongIdentity)

	link := w.link("leila.haddad", "Dr Leila Haddad")
	for name, change := range map[string]func([]any, id.Person) []any{
		"another identity":    func(_ []any, of id.Person) []any { return w.boundLog(of, "Dr Leila Haddad") },
		"the beginning alone": func(log []any, _ id.Person) []any { return log[:1] },
		"no log":              func([]any, id.Person) []any { return nil },
	} {
		c, bent := w.client(client.Memory{})
		bent.bend(rule{method: "POST", path: "/v1/enrolment/complete", body: func(m map[string]any) {
			of, err := id.Parse[id.Person](m["session"].(map[string]any)["person"].(string))
			w.check(err)
			m["log"] = change(m["log"].([]any), of)
		}})
		_, err := c.Enrol(w.ctx, link, password, (&person{w: w}).keepSecret, client.DeviceOptions{NoticeAccepted: true})
		if code := envelope.CodeOf(err); code != envelope.BrokenChain && code != envelope.BadSignature {
			t.Errorf("%s at enrolment: %v", name, err)
		}
		link = w.link("leila."+id.New[id.Person](id.NewSource(w.clock)).String(), "Dr Leila Haddad")
	}
}

func TestWhatTheServerRefusesComesWithItsCode(t *testing.T) {
	w := newWorld(t, func(f *identity.Founding) { f.Policy.IdleLockMillis = 60_000 })
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	link := w.link("tom.reid", "Tom Reid")
	c, _ := w.client(client.Memory{})
	wrong := func(string) (string, error) { return "000000", nil }
	_, err := c.Enrol(w.ctx, link, password, wrong, client.DeviceOptions{NoticeAccepted: true})
	if client.CodeOf(err) != "code_wrong" {
		t.Errorf("wrong code: %v", err)
	}
	_, err = c.Enrol(w.ctx, link, password, anita.keepSecret, client.DeviceOptions{})
	if client.CodeOf(err) != "notice_needed" {
		t.Errorf("no notice: %v", err)
	}
	_, err = c.Enrol(w.ctx, link, password, (&person{w: w}).keepSecret, client.DeviceOptions{NoticeAccepted: true})
	w.check(err)
	_, err = c.Enrol(w.ctx, link, password, (&person{w: w}).keepSecret, client.DeviceOptions{NoticeAccepted: true})
	if client.CodeOf(err) != "enrolment_link_used" {
		t.Errorf("used link: %v", err)
	}
	_, err = c.SignIn(w.ctx, "nobody", password, func() (string, error) { return "123456", nil }, client.DeviceOptions{})
	if client.CodeOf(err) != "sign_in_refused" {
		t.Errorf("nobody: %v", err)
	}
	w.clock.Advance(2 * time.Minute)
	if err := anita.Sync(w.ctx); client.CodeOf(err) != "session_locked" || !anita.Locked() {
		t.Errorf("idle for too long: %v, locked %v", err, anita.Locked())
	}
}
