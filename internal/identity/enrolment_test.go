package identity_test

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
	"github.com/wardline/wardline/internal/people"
)

func refusalOf(err error) string { return string(envelope.CodeOf(err)) }

func TestEnrolmentMakesAnAccountOnce(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		token, invitation := r.invite(t, "patel")
		browser := identitytest.New(invitation, r.trust.Chain, r.clock)
		completion := browser.Complete(t, token, invitation.Profile)
		enrolled, err := r.Enrol(ctx, completion)
		if err != nil {
			t.Fatal(err)
		}
		state, err := r.State(ctx, browser.Person)
		if err != nil || state.Seq() != 3 || state.IdentityHash() != envelope.IdentityHash(browser.Person, browser.Identity.Public()) {
			t.Errorf("the log: %+v, %v", state, err)
		}
		if bytes.Equal(enrolled.Log[0], completion.Log[0]) || len(enrolled.Log) != 3 {
			t.Error("bind came back without the server's signature")
		}
		session, err := r.authenticate(enrolled.Token)
		if err != nil || session.Device != browser.Device || session.Person != browser.Person || !session.NoticeAccepted {
			t.Errorf("the session: %+v, %v", session, err)
		}
		if found, err := r.people.Named(ctx, "patel"); err != nil || !found.Enrolled {
			t.Errorf("the directory: %+v, %v", found, err)
		}
		for kind, want := range map[audit.Kind]int{audit.Enrolled: 1, audit.NoticeSeen: 1, audit.PersonLog: 3} {
			if got := r.audited(t, kind); got != want {
				t.Errorf("%d events %v, want %d", got, kind, want)
			}
		}
		_, err = r.Enrol(ctx, completion)
		wantCode(t, "the link again", err, "enrolment_link_used")
		_, err = r.Invitation(ctx, token)
		wantCode(t, "looking at a used link", err, "enrolment_link_used")
		if r.audited(t, audit.EnrolmentRefused) != 2 {
			t.Error("the use of a spent link was not audited")
		}
		if _, _, err := r.people.Link(ctx, id.Person{}, browser.Person, time.Hour); codeOf(err) != "already_enrolled" {
			t.Errorf("a second link: %v", err)
		}
	})
}

func TestLookingAtALinkSpendsNothingAndShowsTheSame(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		token, first := r.invite(t, "patel")
		_, other := r.invite(t, "okafor")
		again, err := r.Invitation(ctx, token)
		if err != nil || again.VaultShare != first.VaultShare || again.TOTPText() != first.TOTPText() {
			t.Errorf("the second look differs: %v", err)
		}
		if first.VaultShare == other.VaultShare || first.TOTPText() == other.TOTPText() || bytes.Contains(first.VaultShare[:], first.TOTPSecret) {
			t.Error("two links share secrets")
		}
	})
}

func TestLinksThatDoNotOpen(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		replaced, invitation := r.invite(t, "patel")
		person := invitation.Profile.Person
		_, err := r.Invitation(ctx, make([]byte, 32))
		wantCode(t, "an unknown link", err, "enrolment_link_invalid")
		_, err = r.Invitation(ctx, nil)
		wantCode(t, "no token", err, "enrolment_link_invalid")
		late, _, err := r.people.Link(ctx, id.Person{}, person, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Invitation(ctx, replaced)
		wantCode(t, "a link that was replaced", err, "enrolment_link_invalid")
		browser := identitytest.New(invitation, r.trust.Chain, r.clock)
		r.clock.Advance(time.Hour)
		_, err = r.Invitation(ctx, late[:])
		wantCode(t, "a link that ran out", err, "enrolment_link_expired")
		_, err = r.Enrol(ctx, browser.Complete(t, late[:], invitation.Profile))
		wantCode(t, "completing with it", err, "enrolment_link_expired")

		gone, invitation := r.invite(t, "okafor")
		if err := r.people.Leave(ctx, id.Person{}, invitation.Profile.Person); err != nil {
			t.Fatal(err)
		}
		_, err = r.Invitation(ctx, gone)
		wantCode(t, "the link of somebody who left", err, "enrolment_link_invalid")
	})
}

func TestWhatDoesNotCompleteAnEnrolment(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		token, invitation := r.invite(t, "patel")
		browser := identitytest.New(invitation, r.trust.Chain, r.clock)
		good := browser.Complete(t, token, invitation.Profile)
		_, otherInvitation := r.invite(t, "okafor")
		other := identitytest.New(otherInvitation, r.trust.Chain, r.clock)
		bindWith := func(change func(*envelope.Bind)) []byte {
			bind := browser.Bind(invitation.Profile)
			change(bind)
			return browser.Sign(t, bind)
		}
		for name, test := range map[string]struct {
			code   string
			change func(*identity.Completion)
		}{
			"a wrong code": {"code_wrong", func(c *identity.Completion) { c.Code = identity.TOTPCode(random(20), start) }},
			"an old code": {"code_wrong", func(c *identity.Completion) {
				c.Code = identity.TOTPCode(invitation.TOTPSecret, start.Add(-time.Minute))
			}},
			"no code":                      {"code_wrong", func(c *identity.Completion) { c.Code = "" }},
			"R47 the notice not read":      {"notice_needed", func(c *identity.Completion) { c.NoticeAccepted = false }},
			"R48 own device, no agreement": {"agreement_needed", func(c *identity.Completion) { c.DeviceKind = envelope.DeviceOwn }},
			"another kind in the log":      {"enrolment_malformed", func(c *identity.Completion) { c.DeviceKind, c.Agreement = envelope.DeviceOwn, true }},
			"little memory":                {"weak_parameters", func(c *identity.Completion) { c.MemoryKiB = 65535 }},
			"few passes":                   {"weak_parameters", func(c *identity.Completion) { c.Passes = 2 }},
			"enormous memory":              {"weak_parameters", func(c *identity.Completion) { c.MemoryKiB = 1 << 30 }},
			"a salt of its own":            {"weak_parameters", func(c *identity.Completion) { c.Salt[0] ^= 1 }},
			"somebody else's salt":         {"weak_parameters", func(c *identity.Completion) { c.Salt = otherInvitation.Salt }},
			"more memory than others":      {"weak_parameters", func(c *identity.Completion) { c.MemoryKiB *= 2 }},
			"more passes than others":      {"weak_parameters", func(c *identity.Completion) { c.Passes++ }},
			"a short authentication key":   {"enrolment_malformed", func(c *identity.Completion) { c.AuthKey = c.AuthKey[1:] }},
			"a log of two":                 {"enrolment_malformed", func(c *identity.Completion) { c.Log = c.Log[:2] }},
			"a log out of order":           {"enrolment_malformed", func(c *identity.Completion) { c.Log = [][]byte{c.Log[0], c.Log[2], c.Log[1]} }},
			"a truncated entry":            {"malformed", func(c *identity.Completion) { c.Log = [][]byte{c.Log[0][:40], c.Log[1], c.Log[2]} }},
			"a bind for somebody else": {"enrolment_malformed", func(c *identity.Completion) {
				c.Log = replace(c.Log, other.Sign(t, other.Bind(otherInvitation.Profile)))
			}},
			"a bind under another name": {"enrolment_malformed", func(c *identity.Completion) {
				c.Log = replace(c.Log, bindWith(func(b *envelope.Bind) { b.DisplayName = "Dr Other" }))
			}},
			"a bind with another role": {"enrolment_malformed", func(c *identity.Completion) {
				c.Log = replace(c.Log, bindWith(func(b *envelope.Bind) { b.Role = "Consultant" }))
			}},
			"a bind to another manifest": {"rolled_back", func(c *identity.Completion) {
				c.Log = replace(c.Log, bindWith(func(b *envelope.Bind) { b.Manifest[0] ^= 1 }))
			}},
			"a bind that is not the first": {"broken_chain", func(c *identity.Completion) { c.Log = replace(c.Log, bindWith(func(b *envelope.Bind) { b.Seq = 2 })) }},
			"a bind from tomorrow": {"clock_wrong", func(c *identity.Completion) {
				c.Log = replace(c.Log, bindWith(func(b *envelope.Bind) { b.Issued = b.Issued.Add(24 * time.Hour) }))
			}},
			"a bind of another identity": {"wrong_purpose", func(c *identity.Completion) { c.Log = replace(c.Log, other.Sign(t, browser.Bind(invitation.Profile))) }},
			"a generation that lost its way": {"broken_chain", func(c *identity.Completion) {
				c.Log = replace(c.Log, bindWith(func(b *envelope.Bind) { b.Issued++ }))
			}},
			"somebody else's vault": {"enrolment_malformed", func(c *identity.Completion) {
				c.SealedVault = other.Complete(t, token, otherInvitation.Profile).SealedVault
			}},
			"a later vault": {"enrolment_malformed", func(c *identity.Completion) { c.SealedVault = browser.NextVault(t) }},
			"no vault":      {"malformed", func(c *identity.Completion) { c.SealedVault = nil }},
			"somebody else's identity": {"enrolment_malformed", func(c *identity.Completion) {
				c.SealedIdentity = other.Complete(t, token, otherInvitation.Profile).SealedIdentity
			}},
			"a seed of another identity": {"enrolment_malformed", func(c *identity.Completion) {
				sealed, err := envelope.Parse[envelope.SealedIdentity](c.SealedIdentity)
				if err != nil {
					t.Fatal(err)
				}
				sealed.Identity[0] ^= 1
				c.SealedIdentity = mustEncode(t, sealed)
			}},
			"somebody else's unlocker": {"enrolment_malformed", func(c *identity.Completion) {
				c.UnlockerBlob = other.Complete(t, token, otherInvitation.Profile).UnlockerBlob
			}},
			"somebody else's wrap":     {"enrolment_malformed", func(c *identity.Completion) { c.AKWrap = other.Complete(t, token, otherInvitation.Profile).AKWrap }},
			"a wrap signed by another": {"bad_signature", func(c *identity.Completion) { c.AKWrap = resign(t, c.AKWrap, browser.Person) }},
			"a very long label":        {"device_label", func(c *identity.Completion) { c.DeviceLabel = string(bytes.Repeat([]byte("x"), 101)) }},
		} {
			c := good
			test.change(&c)
			_, err := r.Enrol(ctx, c)
			wantCode(t, name, err, test.code)
		}
		if _, err := r.Enrol(ctx, good); err != nil {
			t.Errorf("what was good all along: %v", err)
		}
	})
}

func TestR48_AgreementIsAskedForOwnDevices(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel") // on a managed device
		second := browser.SecondDevice()
		state, err := r.State(ctx, browser.Person)
		if err != nil {
			t.Fatal(err)
		}
		entry := second.Sign(t, second.DeviceEntry(state.Seq()+1, state.Head(), envelope.DeviceOwn, time.Hour))
		_, err = r.Append(ctx, enrolled.Session.Person, identity.Appending{Entry: entry})
		wantCode(t, "without the agreement", err, "agreement_needed")
		if _, err := r.Append(ctx, enrolled.Session.Person, identity.Appending{Entry: entry, Agreement: true, Label: "My phone"}); err != nil {
			t.Errorf("with the agreement: %v", err)
		}
		devices, err := r.Devices(ctx, enrolled.Session)
		if err != nil || len(devices) != 2 {
			t.Fatalf("%+v, %v", devices, err)
		}
		for _, device := range devices {
			own := device.Device == second.Device
			if device.Current == own || own && (device.Label != "My phone" || device.Kind != envelope.DeviceOwn) {
				t.Errorf("%+v", device)
			}
		}
	})
}

func TestNothingStoredIsASecret(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "patel")
		account, found, err := r.db.AccountNamed(ctx, "PATEL")
		if err != nil || !found {
			t.Fatal(err)
		}
		for name, stored := range map[string][]byte{"auth key": account.AuthKey, "TOTP secret": account.TOTPSecret, "vault share": account.VaultShare} {
			for _, secret := range [][]byte{browser.AuthKey, browser.TOTPSecret, browser.VaultShare[:]} {
				if bytes.Contains(stored, secret) {
					t.Errorf("the %s is stored in clear", name)
				}
			}
		}
	})
}

func TestR23_EnrollingChangesNothingThatAStrangerSees(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		ask := func() identity.Stretching {
			t.Helper()
			answer, err := r.Parameters(ctx, "Patel")
			if err != nil {
				t.Fatal(err)
			}
			return answer
		}
		unknown := ask()
		token, invitation := r.invite(t, "patel")
		invited := ask()
		if _, err := r.Enrol(ctx, identitytest.New(invitation, r.trust.Chain, r.clock).Complete(t, token, invitation.Profile)); err != nil {
			t.Fatal(err)
		}
		if enrolled := ask(); unknown != invited || invited != enrolled || invitation.Salt != enrolled.Salt {
			t.Errorf("%+v, then %+v, then %+v; the invitation says %x", unknown, invited, enrolled, invitation.Salt)
		}
	})
}

func TestTwoNamesFoldAlike(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "Patel")
		first, _ := r.Parameters(ctx, "patel")
		second, _ := r.Parameters(ctx, " PATEL ")
		if first != second || people.FoldUserName(" PATEL ") != "patel" {
			t.Error("one name has two salts")
		}
		if _, err := r.signIn(t, " PATEL ", browser.AuthKey, browser.Code()); err != nil {
			t.Errorf("signing in in capitals: %v", err)
		}
	})
}

func replace(log [][]byte, bind []byte) [][]byte { return [][]byte{bind, log[1], log[2]} }

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// resign replaces the signature by one that another key made in the person's name.
func resign(t *testing.T, signed []byte, person id.Person) []byte {
	t.Helper()
	parsed, err := envelope.Parse[envelope.Signed](signed)
	if err != nil {
		t.Fatal(err)
	}
	parsed.Signatures = nil
	if err := parsed.Countersign(envelope.ByIdentity(person, envelope.NewSigner([32]byte(random(32))))); err != nil {
		t.Fatal(err)
	}
	encoded, err := envelope.Encode(parsed)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}
