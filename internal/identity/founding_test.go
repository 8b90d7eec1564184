package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

func peopleRoom(db *store.DB, now clock.Clock) *people.Service { return people.New(db, now) }

// founding is one that is complete but for signatures.
func founding(t *testing.T, seats []*identity.Seat) (identity.Founding, *keyring.Keyring) {
	t.Helper()
	keys, err := keyring.Create(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f := identity.Founding{Organisation: "Northfield Hospital", Threshold: 2, Keys: keys.Public(), Policy: identity.DefaultPolicy(), At: start}
	for _, seat := range seats {
		f.Seats = append(f.Seats, seat.Public())
	}
	return f, keys
}

func sign(t *testing.T, draft identity.Draft, seats ...*identity.Seat) []identity.SeatSignature {
	t.Helper()
	var signatures []identity.SeatSignature
	for _, seat := range seats {
		signature, err := seat.SignManifest(draft.Manifest)
		if err != nil {
			t.Fatal(err)
		}
		signatures = append(signatures, signature)
	}
	return signatures
}

func TestVersionOneNeedsEverySeat(t *testing.T) {
	seats := identitytest.Seats(t)
	f, _ := founding(t, seats)
	draft, err := f.Draft()
	if err != nil {
		t.Fatal(err)
	}
	_, err = draft.Complete(sign(t, draft, seats[0], seats[2])...)
	missing, _ := fault.As(err).Details()["missing"].([]string)
	if codeOf(err) != "signatures_incomplete" || len(missing) != 1 || missing[0] != "2 (Data Protection Officer)" {
		t.Errorf("%v %v", err, missing)
	}
	forged := sign(t, draft, seats...)
	forged[1].Signature[5] ^= 1
	_, err = draft.Complete(forged...)
	wantCode(t, "a forged signature", err, "signatures_incomplete")
	f.Organisation = "Southfield Hospital"
	other, err := f.Draft()
	if err != nil {
		t.Fatal(err)
	}
	_, err = draft.Complete(sign(t, other, seats...)...)
	wantCode(t, "signatures of another manifest", err, "signature_of_another_manifest")
	stranger, _ := identity.NewSeat("Stranger")
	_, err = stranger.SignManifest(draft.Manifest)
	wantCode(t, "a seat that is not named", err, "seat_not_named")
	if _, err := draft.Complete(sign(t, draft, seats...)...); err != nil {
		t.Errorf("all three: %v", err)
	}
}

func TestWhatIsNoFounding(t *testing.T) {
	seats := identitytest.Seats(t)
	for name, test := range map[string]struct {
		code   string
		change func(*identity.Founding)
	}{
		"two officers":            {"too_few_officers", func(f *identity.Founding) { f.Seats = f.Seats[:2] }},
		"one is enough":           {"too_few_officers", func(f *identity.Founding) { f.Threshold = 1 }},
		"no reserve":              {"too_few_officers", func(f *identity.Founding) { f.Threshold = 3 }},
		"no organisation":         {"organisation_missing", func(f *identity.Founding) { f.Organisation = " " }},
		"a guessable password":    {"policy_invalid", func(f *identity.Founding) { f.Policy.ArgonMemoryKiB = 1024 }},
		"a session never locks":   {"policy_invalid", func(f *identity.Founding) { f.Policy.IdleLockMillis = uint64(24 * time.Hour / time.Millisecond) }},
		"keys are never rotated":  {"policy_invalid", func(f *identity.Founding) { f.Policy.RotateAfterMessages = 0 }},
		"a grace of half a year":  {"policy_invalid", func(f *identity.Founding) { f.Policy.GraceMillis = uint64(180 * 24 * time.Hour / time.Millisecond) }},
		"an hour for every shred": {"", func(f *identity.Founding) { f.Policy.ShredHorizonMillis = uint64(time.Hour / time.Millisecond) }},
	} {
		f, _ := founding(t, seats)
		test.change(&f)
		_, err := f.Draft()
		wantCode(t, name, err, test.code)
	}
	f, _ := founding(t, []*identity.Seat{seats[0], seats[0], seats[1]})
	draft, err := f.Draft()
	if err == nil {
		_, err = draft.Complete(sign(t, draft, seats[0], seats[1])...)
	}
	if err == nil {
		t.Error("one officer has two seats")
	}
}

func TestAServerDoesNotStartUnfounded(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		seats := identitytest.Seats(t)
		f, keys := founding(t, seats)
		_, err := identity.CheckFounded(ctx, db, keys)
		wantCode(t, "an empty database", err, "not_founded")
		draft, err := f.Draft()
		if err != nil {
			t.Fatal(err)
		}
		half, err := envelope.Encode(&envelope.Signed{Object: draft.Manifest, Signatures: seatSignatures(sign(t, draft, seats[:2]...))})
		if err != nil {
			t.Fatal(err)
		}
		if err := identity.Found(ctx, db, half, draft.Policy, start); refusalOf(err) != "not_entitled" {
			t.Errorf("two of three signatures: %v", err)
		}
		signed, err := draft.Complete(sign(t, draft, seats...)...)
		if err != nil {
			t.Fatal(err)
		}
		otherPolicy, _ := envelope.Encode(&envelope.Policy{ArgonMemoryKiB: 65536, ArgonPasses: 3})
		if err := identity.Found(ctx, db, signed, otherPolicy, start); refusalOf(err) != "broken_chain" {
			t.Errorf("another policy than the one that is named: %v", err)
		}
		if err := identity.Found(ctx, db, signed, draft.Policy, start); err != nil {
			t.Fatal(err)
		}
		wantCode(t, "founding twice", identity.Found(ctx, db, signed, draft.Policy, start), "already_founded")
		trust, err := identity.CheckFounded(ctx, db, keys)
		if err != nil || trust.Chain.Current().Organisation != "Northfield Hospital" || trust.Policy.ArgonPasses != 3 || len(trust.Signed) != 1 {
			t.Errorf("%+v, %v", trust, err)
		}
		waiting, _ := db.AuditLog().Waiting(ctx, 10)
		if len(waiting) != 1 || waiting[0].Row.Kind != audit.Manifest {
			t.Errorf("%+v", waiting)
		}
	})
}

func TestServerKeysOfAnotherPurposeAreRefused(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		seats := identitytest.Seats(t)
		f, keys := founding(t, seats)
		f.Keys.Bind, f.Keys.Remove = f.Keys.Remove, f.Keys.Bind
		draft, err := f.Draft()
		if err != nil {
			t.Fatal(err)
		}
		signed, err := draft.Complete(sign(t, draft, seats...)...)
		if err != nil {
			t.Fatal(err)
		}
		if err := identity.Found(ctx, db, signed, draft.Policy, start); err != nil {
			t.Fatal(err)
		}
		_, err = identity.CheckFounded(ctx, db, keys)
		named, _ := fault.As(err).Details()["keys"].([]string)
		if codeOf(err) != "manifest_names_other_keys" || strings.Join(named, " ") != "bind remove" {
			t.Errorf("%v %v", err, named)
		}
		defer func() {
			if recover() == nil {
				t.Error("the key for binding signed a removal")
			}
		}()
		_, _ = envelope.SignObject(&envelope.Remove{Reason: 1}, envelope.ByServer(envelope.PurposeRemove, keys.ForIdentity().Bind))
	})
}

func TestSeatFilesReadBack(t *testing.T) {
	seat, err := identity.NewSeat("  Dr Siobhán   O’Brien ")
	if err != nil || seat.Name != "Dr Siobhán O’Brien" {
		t.Fatalf("%+v, %v", seat, err)
	}
	again, err := identity.ParseSeat(seat.PrivateText())
	if err != nil || again.Public() != seat.Public() {
		t.Errorf("%v", err)
	}
	public, err := identity.ParseSeatPublic(seat.Public().Text())
	if err != nil || public != seat.Public() {
		t.Errorf("%v", err)
	}
	if text := seat.Public().Text(); strings.Contains(text, strings.Fields(seat.PrivateText())[1]) || strings.Contains(seat.GoString(), strings.Fields(seat.PrivateText())[1]) {
		t.Error("the public text holds a private key")
	}
	for name, text := range map[string]string{
		"nothing": "", "a public file": seat.Public().Text(), "cut off": seat.PrivateText()[:60], "two lines": seat.PrivateText() + seat.PrivateText(),
	} {
		if _, err := identity.ParseSeat(text); err == nil {
			t.Errorf("%s was read as a seat", name)
		}
	}
	if _, err := identity.NewSeat(" "); err == nil {
		t.Error("a seat without a name")
	}
}

func seatSignatures(made []identity.SeatSignature) []envelope.Signature {
	var signatures []envelope.Signature
	for _, one := range made {
		signatures = append(signatures, envelope.Signature{Kind: envelope.SignerSeat, Index: one.Index, Signature: one.Signature})
	}
	return signatures
}

func FuzzSeatFiles(f *testing.F) {
	seat, err := identity.NewSeat("Caldicott Guardian")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seat.PrivateText())
	f.Add(seat.Public().Text())
	f.Add(identity.SeatSignature{Index: 3}.Text())
	f.Fuzz(func(t *testing.T, text string) {
		if read, err := identity.ParseSeat(text); err == nil {
			if again, err := identity.ParseSeat(read.PrivateText()); err != nil || again.PrivateText() != read.PrivateText() {
				t.Errorf("%q does not read back", text)
			}
		}
		if read, err := identity.ParseSeatPublic(text); err == nil {
			if again, err := identity.ParseSeatPublic(read.Text()); err != nil || again != read {
				t.Errorf("%q does not read back", text)
			}
		}
		if read, err := identity.ParseSeatSignature(text); err == nil {
			if again, err := identity.ParseSeatSignature(read.Text()); err != nil || again != read {
				t.Errorf("%q does not read back", text)
			}
		}
	})
}
