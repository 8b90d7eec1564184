package identity_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
)

// room is the identity room with everything around it that a test needs.
type room struct {
	*identity.Service
	people *people.Service
	db     *store.DB
	clock  *clock.Manual
	trust  *identity.Trust
	keys   *keyring.Keyring
	heard  *identitytest.Heard
}

const origin = "https://wardline.test"

// restarted is the room after its server was stopped and started.
func (r *room) restarted() *identity.Service {
	return identity.New(identity.Options{Store: r.db, Keys: r.keys.ForIdentity(), Trust: r.trust, Clock: r.clock, Events: r.heard, Origin: origin})
}

func eachRoom(t *testing.T, test func(t *testing.T, r *room)) {
	t.Helper()
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		now := clock.NewManual(start)
		keys, trust := identitytest.Found(t, db, now)
		heard := &identitytest.Heard{}
		test(t, &room{
			Service: identity.New(identity.Options{Store: db, Keys: keys.ForIdentity(), Trust: trust, Clock: now, Events: heard, Origin: origin}),
			people:  people.New(db, now), db: db, clock: now, trust: trust, keys: keys, heard: heard,
		})
	})
}

// invite adds a person and makes their link.
func (r *room) invite(t *testing.T, userName string) (token []byte, invitation identity.Invitation) {
	t.Helper()
	person, err := r.people.Add(ctx, id.Person{}, people.Person{
		UserName: userName, DisplayName: "Dr " + strings.ToUpper(userName), Role: "Medical Registrar", Ward: "7B", Organisation: "Northfield Hospital",
	})
	if err != nil {
		t.Fatal(err)
	}
	made, _, err := r.people.Link(ctx, id.Person{}, person.ID, people.LinkLife)
	if err != nil {
		t.Fatal(err)
	}
	invitation, err = r.Invitation(ctx, made[:])
	if err != nil {
		t.Fatal(err)
	}
	return made[:], invitation
}

// enrol takes a person through their link. The clock is left one TOTP step later, so that a new code can be used.
func (r *room) enrol(t *testing.T, userName string) (*identitytest.Browser, identity.Enrolled) {
	t.Helper()
	token, invitation := r.invite(t, userName)
	browser := identitytest.New(invitation, r.trust.Chain, r.clock)
	enrolled, err := r.Enrol(ctx, browser.Complete(t, token, invitation.Profile))
	if err != nil {
		t.Fatalf("enrolling %s: %v", userName, err)
	}
	r.clock.Advance(30 * time.Second)
	return browser, enrolled
}

// signIn takes both factors in a browser that nobody knows.
func (r *room) signIn(t *testing.T, userName string, authKey []byte, code string) (identity.SignedIn, error) {
	t.Helper()
	return r.signInFrom(t, identity.From{Address: netip.MustParseAddr("192.0.2.1")}, userName, authKey, code)
}

func (r *room) signInFrom(t *testing.T, from identity.From, userName string, authKey []byte, code string) (identity.SignedIn, error) {
	t.Helper()
	ticket, err := r.Password(ctx, userName, authKey)
	if err != nil {
		t.Fatal(err)
	}
	if from.Proof == (identity.Proof{}) {
		from.Proof = identitytest.Proof(r.clock)
	}
	return r.Code(ctx, ticket, code, from)
}

// authenticate is the session of a token.
func (r *room) authenticate(token [32]byte) (identity.Session, error) {
	return r.Authenticate(ctx, token[:], identitytest.SharedKey().Thumbprint(), true)
}

// audited counts the waiting events of a kind.
func (r *room) audited(t *testing.T, kind audit.Kind) int {
	t.Helper()
	waiting, err := r.db.AuditLog().Waiting(ctx, 1000)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, one := range waiting {
		if one.Row.Kind == kind {
			n++
		}
	}
	return n
}

// wantCode checks an error by the code that a client would see.
func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	if got := codeOf(err); got != code {
		t.Errorf("%s: %q (%v), want %q", what, got, err, code)
	}
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	if found, ok := errors.AsType[*fault.Error](err); ok {
		return found.Code()
	}
	if refusal := refusalOf(err); refusal != "" {
		return refusal
	}
	return fault.As(err).Code()
}
