package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

// renewal is a founded server whose keys lie in dir.
type renewal struct {
	t     *testing.T
	db    *store.DB
	dir   string
	keys  *keyring.Keyring
	seats []*identity.Seat
	trust *identity.Trust
}

func newRenewal(t *testing.T, db *store.DB) *renewal {
	t.Helper()
	r := &renewal{t: t, db: db, dir: t.TempDir(), seats: identitytest.Seats(t)}
	var err error
	r.keys, err = keyring.Create(r.dir)
	r.check(err)
	f := identity.Founding{Organisation: "Northfield Hospital", Threshold: 2, Keys: r.keys.Public(), Policy: identity.DefaultPolicy(), At: start}
	for _, seat := range r.seats {
		f.Seats = append(f.Seats, seat.Public())
	}
	draft, err := f.Draft()
	r.check(err)
	signed, err := draft.Complete(sign(t, draft, r.seats...)...)
	r.check(err)
	r.check(identity.Found(ctx, db, signed, draft.Policy, start))
	r.trust, err = identity.CheckFounded(ctx, db, r.keys)
	r.check(err)
	return r
}

func (r *renewal) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// renew makes new versions of signing keys and reads the ring again, as the next start does.
func (r *renewal) renew(keys ...string) {
	r.t.Helper()
	for _, key := range keys {
		r.check(keyring.Renew(r.dir, key))
	}
	var err error
	r.keys, err = keyring.Open(r.dir)
	r.check(err)
}

func (r *renewal) signed(draft identity.Draft, seats ...*identity.Seat) []byte {
	r.t.Helper()
	var signatures []identity.SeatSignature
	for _, seat := range seats {
		signature, err := seat.SignManifest(draft.Manifest, draft.Before)
		r.check(err)
		signatures = append(signatures, signature)
	}
	signed, err := draft.Complete(signatures...)
	r.check(err)
	return signed
}

// TestP3_TheNextManifestIsSignedByOfficersOfTheOneBefore: a new audit key and another officer, by two of the three who were there.
func TestP3_TheNextManifestIsSignedByOfficersOfTheOneBefore(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		r := newRenewal(t, db)
		before := r.keys.Public()
		r.renew("audit")
		joined, err := identity.NewSeat("Medical Director")
		r.check(err)
		draft, err := r.trust.Propose(identity.Change{Keys: r.keys.Newest(), Add: []identity.SeatPublic{joined.Public()}, Retire: []uint8{2}, At: start.Add(time.Hour)})
		r.check(err)

		_, err = joined.SignManifest(draft.Manifest, draft.Before)
		wantCode(t, "an officer who comes signs", err, "seat_not_named")
		_, err = r.seats[0].SignManifest(draft.Manifest)
		wantCode(t, "signing without the one before", err, "manifest_before_needed")
		_, err = r.seats[0].SignManifest(draft.Manifest, draft.Manifest)
		wantCode(t, "signing on top of another", err, "manifest_follows_another")
		one, err := r.seats[0].SignManifest(draft.Manifest, draft.Before)
		r.check(err)
		_, err = draft.Complete(one)
		missing, _ := fault.As(err).Details()["missing"].([]string)
		if codeOf(err) != "signatures_incomplete" || fault.As(err).Details()["needed"] != 1 || strings.Join(missing, ", ") != "2 (Data Protection Officer), 3 (Chief Nurse)" {
			t.Errorf("one signature of two: %v %v", err, fault.As(err).Details())
		}

		// Until the signed version is there, the server starts with the old key, though the new one lies beside it.
		trust, err := identity.CheckFounded(ctx, db, r.keys)
		r.check(err)
		if trust.Chain.Current().Version != 1 || r.keys.ForAudit().Public() != before.Audit {
			t.Error("the new key is used before the officers have signed")
		}
		signed := r.signed(draft, r.seats[0], r.seats[1]) // the officer who leaves may sign
		for range 2 {                                     // the second time changes nothing
			trust, err = identity.Adopt(ctx, db, r.keys, signed, draft.Policy, start.Add(time.Hour))
			r.check(err)
		}
		current := trust.Chain.Current()
		if current.Version != 2 || len(trust.Signed) != 2 || r.keys.ForAudit().Public() != current.ServerKey(envelope.PurposeAudit) || r.keys.Public().Bind != before.Bind {
			t.Errorf("%+v", current)
		}
		if seat, found := current.Seat(4); !found || seat.Name != "Medical Director" || len(current.Seats) != 3 {
			t.Errorf("the officers are %+v", current.Seats)
		}
		if _, found := current.Seat(2); found {
			t.Error("the officer who left is still named")
		}
		waiting, err := db.AuditLog().Waiting(ctx, 10)
		r.check(err)
		event, err := waiting[len(waiting)-1].Row.Event()
		r.check(err)
		if len(waiting) != 2 || event.Kind != audit.Manifest || event.Details["version"] != "2" {
			t.Errorf("%d leaves wait, the last %+v", len(waiting), event)
		}
	})
}

// TestP3_WhatIsNoNextManifest: what does not follow, names keys that are not here, or changes nothing.
func TestP3_WhatIsNoNextManifest(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		r := newRenewal(t, db)
		joined, err := identity.NewSeat("Medical Director")
		r.check(err)
		for name, test := range map[string]struct {
			change identity.Change
			code   string
		}{
			"nothing":               {identity.Change{Keys: r.keys.Newest()}, "nothing_changes"},
			"a seat nobody has":     {identity.Change{Keys: r.keys.Newest(), Retire: []uint8{9}}, "no_such_seat"},
			"too few officers left": {identity.Change{Keys: r.keys.Newest(), Retire: []uint8{1}}, "too_few_officers"},
			"a seat twice":          {identity.Change{Keys: r.keys.Newest(), Add: []identity.SeatPublic{r.seats[0].Public()}}, "seat_twice"},
			"a threshold of all":    {identity.Change{Keys: r.keys.Newest(), Threshold: 3}, "too_few_officers"},
			"a threshold of 258":    {identity.Change{Keys: r.keys.Newest(), Threshold: 258}, "too_few_officers"},
		} {
			_, err := r.trust.Propose(test.change)
			wantCode(t, name, err, test.code)
		}
		r.renew("audit")
		draft, err := r.trust.Propose(identity.Change{Keys: r.keys.Newest(), At: start})
		r.check(err)
		signed := r.signed(draft, r.seats[1:]...)
		lacking, err := keyring.Create(t.TempDir())
		r.check(err)
		_, err = identity.Adopt(ctx, db, lacking, signed, draft.Policy, start)
		wantCode(t, "a server without the keys", err, "manifest_names_other_keys")
		rival, err := r.trust.Propose(identity.Change{Keys: r.keys.Newest(), Add: []identity.SeatPublic{joined.Public()}, At: start})
		r.check(err)
		rivalSigned := r.signed(rival, r.seats[:2]...)
		_, err = identity.Adopt(ctx, db, r.keys, signed, draft.Policy, start)
		r.check(err)
		_, err = identity.Adopt(ctx, db, r.keys, rivalSigned, rival.Policy, start)
		wantCode(t, "another version 2", err, "manifest_not_next")
	})
}

// TestASeatNumberIsGivenOnce: the officer after one who left gets a number of their own.
func TestASeatNumberIsGivenOnce(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		r := newRenewal(t, db)
		for version, want := range []uint8{4, 5} {
			joined, err := identity.NewSeat("Officer")
			r.check(err)
			retire := []uint8{3, 4}[version]
			draft, err := r.trust.Propose(identity.Change{Keys: r.keys.Newest(), Add: []identity.SeatPublic{joined.Public()}, Retire: []uint8{retire}, At: start})
			r.check(err)
			r.trust, err = identity.Adopt(ctx, db, r.keys, r.signed(draft, r.seats[:2]...), draft.Policy, start)
			r.check(err)
			if _, found := r.trust.Chain.Current().Seat(want); !found {
				t.Errorf("version %d has %+v", version+2, r.trust.Chain.Current().Seats)
			}
		}
	})
}
