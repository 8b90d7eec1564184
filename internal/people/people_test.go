package people_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

var (
	ctx      = context.Background()
	start    = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	nobody   id.Person
	template = people.Person{Role: "Medical Registrar", Ward: "7B", Organisation: "Northfield Hospital"}
)

// eachRoom runs a test with the room on each database.
func eachRoom(t *testing.T, test func(t *testing.T, room *people.Service, now *clock.Manual, db *store.DB)) {
	t.Helper()
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		now := clock.NewManual(start)
		test(t, people.New(db, now), now, db)
	})
}

func named(userName, displayName string) people.Person {
	p := template
	p.UserName, p.DisplayName = userName, displayName
	return p
}

func add(t *testing.T, room *people.Service, p people.Person) people.Person {
	t.Helper()
	added, err := room.Add(ctx, nobody, p)
	if err != nil {
		t.Fatalf("adding %s: %v", p.UserName, err)
	}
	return added
}

func TestAUserNameIsOnePersonInAnyCase(t *testing.T) {
	eachRoom(t, func(t *testing.T, room *people.Service, _ *clock.Manual, _ *store.DB) {
		added := add(t, room, named("J.Smith", "Joan  Smith"))
		if _, err := room.Add(ctx, nobody, named("j.smith", "John Smith")); !errors.Is(err, people.ErrNameTaken) {
			t.Errorf("a second j.smith: %v", err)
		}
		for _, name := range []string{"j.smith", "J.SMITH", " j.smith "} {
			found, err := room.Named(ctx, name)
			if err != nil || found.ID != added.ID || found.DisplayName != "Joan Smith" {
				t.Errorf("%q: %+v, %v", name, found, err)
			}
		}
		if _, err := room.Named(ctx, "nobody"); !errors.Is(err, people.ErrUnknown) {
			t.Errorf("an unknown name: %v", err)
		}
		if _, err := room.Person(ctx, id.Person{1}); !errors.Is(err, people.ErrUnknown) {
			t.Errorf("an unknown id: %v", err)
		}
	})
}

func TestWhatMayNotBeAPerson(t *testing.T) {
	eachRoom(t, func(t *testing.T, room *people.Service, now *clock.Manual, _ *store.DB) {
		for name, change := range map[string]func(*people.Person){
			"no name":               func(p *people.Person) { p.DisplayName = " " },
			"no role":               func(p *people.Person) { p.Role = "" },
			"a line break":          func(p *people.Person) { p.DisplayName = "Joan\x00Smith" },
			"a direction override":  func(p *people.Person) { p.DisplayName = "Joan \u202ehtimS" },
			"not UTF-8":             func(p *people.Person) { p.Ward = "\xff" },
			"a very long name":      func(p *people.Person) { p.DisplayName = strings.Repeat("ab", 101) },
			"a user name in Greek":  func(p *people.Person) { p.UserName = "jοan" },
			"a user name of spaces": func(p *people.Person) { p.UserName = "joan smith" },
			"no user name":          func(p *people.Person) { p.UserName = "" },
			"an unknown permission": func(p *people.Person) { p.Permissions = []string{"everything"} },
			"expired already":       func(p *people.Person) { p.ExpiresAt = now.Now() },
		} {
			p := named("joan", "Joan Smith")
			change(&p)
			if _, err := room.Add(ctx, nobody, p); !errors.Is(err, people.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestR29_TheDirectoryFoldsCaseAndDiacritics(t *testing.T) {
	eachRoom(t, func(t *testing.T, room *people.Service, _ *clock.Manual, _ *store.DB) {
		for userName, displayName := range map[string]string{
			"zoe": "Zoë Müller", "sobrien": "Siobhán O’Brien", "ssj": "Sam Smith-Jones", "soren": "Søren Łukasz", "percent": "100% Real_Name",
		} {
			add(t, room, named(userName, displayName))
		}
		ward9 := named("anna", "Anna Weiß")
		ward9.Ward, ward9.Role = "Ward 9", "Pharmacist"
		add(t, room, ward9)
		for query, want := range map[string]string{
			"zoe": "zoe", "ZOË mull": "zoe", "muller": "zoe", "obrien": "sobrien", "o'brien": "sobrien", "brien": "sobrien", "siobhan": "sobrien",
			"smith jones": "ssj", "smithjones": "ssj", "Jones-Smith": "ssj", "soren lukasz": "soren", "weiss": "anna", "pharm": "anna",
			"ward 9": "anna", "registrar zoe": "zoe", "mith": "", "100% real": "percent", "%": "all", "": "all", "_": "all",
			"7b": "anna percent sobrien soren ssj zoe minus anna",
		} {
			found, more, err := room.Find(ctx, query, nobody, 100)
			if err != nil || more {
				t.Fatalf("%q: %v, %v", query, more, err)
			}
			var names []string
			for _, p := range found {
				names = append(names, p.UserName)
			}
			got := strings.Join(names, " ")
			switch {
			case want == "all" && len(found) != 6, strings.Contains(want, "minus") && len(found) != 5,
				want != "all" && !strings.Contains(want, "minus") && got != want:
				t.Errorf("%q found %q", query, got)
			}
		}
		if _, _, err := room.Find(ctx, strings.Repeat("a ", 9), nobody, 10); err == nil {
			t.Error("nine words were searched for")
		}
	})
}

func TestPagesOfTheDirectoryJoin(t *testing.T) {
	eachRoom(t, func(t *testing.T, room *people.Service, _ *clock.Manual, _ *store.DB) {
		for n := range 7 {
			add(t, room, named(fmt.Sprintf("u%d", n), fmt.Sprintf("Same Name %d", n/3)))
		}
		seen := map[id.Person]bool{}
		last := ""
		var after id.Person
		for more := true; more; {
			var page []people.Person
			var err error
			page, more, err = room.Find(ctx, "", after, 2)
			if err != nil || len(page) == 0 {
				t.Fatalf("%d people, %v", len(page), err)
			}
			for _, p := range page {
				if seen[p.ID] || p.DisplayName < last {
					t.Errorf("%s came twice or out of order", p.UserName)
				}
				seen[p.ID], last, after = true, p.DisplayName, p.ID
			}
		}
		if len(seen) != 7 {
			t.Errorf("%d of 7 people", len(seen))
		}
		if _, _, err := room.Find(ctx, "", id.Person{9}, 2); err == nil {
			t.Error("an unknown cursor was taken")
		}
	})
}

func TestLeavingIsForEverAndOnce(t *testing.T) {
	eachRoom(t, func(t *testing.T, room *people.Service, now *clock.Manual, db *store.DB) {
		joan := add(t, room, named("joan", "Joan Smith"))
		for range 2 {
			now.Advance(time.Minute)
			if err := room.Leave(ctx, nobody, joan.ID); err != nil {
				t.Fatal(err)
			}
		}
		found, err := room.Person(ctx, joan.ID)
		if err != nil || !found.LeftAt.Equal(start.Add(time.Minute)) || found.Active(now.Now()) {
			t.Errorf("%+v, %v", found, err)
		}
		if listed, _, err := room.Find(ctx, "joan", nobody, 10); err != nil || len(listed) != 0 {
			t.Errorf("a leaver is listed: %v, %v", listed, err)
		}
		if _, _, err := room.Link(ctx, nobody, joan.ID, time.Hour); !errors.Is(err, people.ErrLeft) {
			t.Errorf("a link for a leaver: %v", err)
		}
		if err := room.Leave(ctx, nobody, id.Person{9}); !errors.Is(err, people.ErrUnknown) {
			t.Errorf("nobody left: %v", err)
		}
		waiting, err := db.AuditLog().Waiting(ctx, 10)
		if err != nil || len(waiting) != 2 {
			t.Errorf("%d audit events for an arrival and a departure, %v", len(waiting), err)
		}
	})
}

func TestR42_AnExpiredAccountIsNotListed(t *testing.T) {
	eachRoom(t, func(t *testing.T, room *people.Service, now *clock.Manual, _ *store.DB) {
		locum := named("locum", "Lou Cum")
		locum.ExpiresAt = start.Add(12 * time.Hour)
		locum = add(t, room, locum)
		if found, _, _ := room.Find(ctx, "lou", nobody, 10); len(found) != 1 || !found[0].Active(now.Now()) {
			t.Fatalf("%+v", found)
		}
		now.Advance(12 * time.Hour)
		if found, _, _ := room.Find(ctx, "lou", nobody, 10); len(found) != 0 {
			t.Errorf("%+v", found)
		}
		if _, _, err := room.Link(ctx, nobody, locum.ID, time.Hour); !errors.Is(err, people.ErrLeft) {
			t.Errorf("a link for an expired account: %v", err)
		}
	})
}

func TestALinkIsRandomAndBounded(t *testing.T) {
	eachRoom(t, func(t *testing.T, room *people.Service, _ *clock.Manual, _ *store.DB) {
		joan := add(t, room, named("joan", "Joan Smith"))
		first, link, err := room.Link(ctx, nobody, joan.ID, people.LinkLife)
		if err != nil || link.TokenHash != people.HashToken(first[:]) || !link.ExpiresAt.Equal(start.Add(people.LinkLife)) {
			t.Fatalf("%+v, %v", link, err)
		}
		second, _, err := room.Link(ctx, nobody, joan.ID, people.LinkLife)
		if err != nil || first == second {
			t.Errorf("two links alike, or %v", err)
		}
		for _, life := range []time.Duration{0, -time.Hour, 31 * 24 * time.Hour} {
			if _, _, err := room.Link(ctx, nobody, joan.ID, life); err == nil {
				t.Errorf("a link for %v", life)
			}
		}
	})
}

func TestFoldIsStableForEveryRune(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		once := people.Fold(string(r))
		if twice := people.Fold(once); twice != once {
			t.Errorf("%U folds to %q and that to %q", r, once, twice)
		}
	}
}

func TestFoldIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		once := people.Fold(text)
		if twice := people.Fold(once); twice != once {
			t.Errorf("%q folds to %q and that to %q", text, once, twice)
		}
		if strings.Contains(once, "  ") || strings.TrimSpace(once) != once {
			t.Errorf("%q folds to %q", text, once)
		}
	})
}
