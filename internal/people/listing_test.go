package people_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/store"
)

// all reads the listing to its end.
func all(t *testing.T, room *people.Service, since time.Time) (names string, asOf time.Time) {
	t.Helper()
	var found []string
	var after id.Person
	for {
		page, err := room.List(ctx, after, since)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.People {
			found = append(found, p.UserName)
			after = p.ID
		}
		if asOf.IsZero() {
			asOf = page.AsOf
		}
		if !page.More {
			slices.Sort(found)
			return strings.Join(found, " "), asOf
		}
	}
}

func TestR29_TheListingIsEverybodyAndThenWhatChanged(t *testing.T) {
	eachRoom(t, func(t *testing.T, room *people.Service, now *clock.Manual, _ *store.DB) {
		joan := add(t, room, named("joan", "Joan Smith"))
		locum := named("locum", "Lou Cumming")
		locum.ExpiresAt = start.Add(10 * time.Hour)
		add(t, room, locum)
		add(t, room, named("zoe", "Zoë Müller"))
		everybody, asOf := all(t, room, time.Time{})
		if everybody != "joan locum zoe" || !asOf.Before(now.Now()) {
			t.Errorf("%q as of %s", everybody, asOf)
		}
		if changed, _ := all(t, room, asOf); changed != "joan locum zoe" {
			t.Errorf("straight after, within the overlap: %q", changed)
		}

		now.Advance(time.Hour)
		_, asOf = all(t, room, time.Time{})
		if changed, _ := all(t, room, asOf); changed != "" {
			t.Errorf("nothing happened, and %q changed", changed)
		}
		now.Advance(time.Hour)
		add(t, room, named("new", "Nora Starter"))
		if err := room.Leave(ctx, nobody, joan.ID); err != nil {
			t.Fatal(err)
		}
		if changed, _ := all(t, room, asOf); changed != "joan new" {
			t.Errorf("after one left and one came: %q", changed)
		}
		now.Advance(9 * time.Hour)
		if changed, _ := all(t, room, asOf); changed != "joan locum new" {
			t.Errorf("after the locum's account expired: %q", changed)
		}
		if everybody, _ = all(t, room, time.Time{}); everybody != "new zoe" {
			t.Errorf("everybody: %q", everybody)
		}
		if _, err := room.List(ctx, nobody, now.Now().Add(time.Second)); err == nil {
			t.Error("what will have changed was listed")
		}
		now.Advance(60 * 24 * time.Hour)
		for _, since := range []time.Time{asOf, time.UnixMilli(1)} {
			if page, err := room.List(ctx, nobody, since); err == nil {
				t.Errorf("who left long ago is listed since %s: %+v", since, page.People)
			}
		}
	})
}

func TestPagesOfTheListingJoin(t *testing.T) {
	eachRoom(t, func(t *testing.T, room *people.Service, _ *clock.Manual, _ *store.DB) {
		var want []string
		for n := range people.MaxListing + 3 {
			name := fmt.Sprintf("u%04d", n)
			want = append(want, name)
			add(t, room, named(name, "Same Name"))
		}
		if first, err := room.List(ctx, nobody, time.Time{}); err != nil || len(first.People) != people.MaxListing || !first.More {
			t.Errorf("the first page has %d, %v", len(first.People), err)
		}
		if got, _ := all(t, room, time.Time{}); got != strings.Join(want, " ") {
			t.Error("the pages are not everybody once")
		}
	})
}
