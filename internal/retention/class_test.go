package retention_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

var update = flag.Bool("update", false, "rewrite docs/operate/retention.md")

func TestR20_ThePageOfClassesIsGenerated(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "operate", "retention.md")
	if *update {
		if err := os.WriteFile(path, []byte(retention.Page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(path)
	if err != nil || string(page) != retention.Page() {
		t.Errorf("%s is stale: go test ./internal/retention -run Generated -update (%v)", path, err)
	}
}

// TestR20_EverySpaceHasItsClasses: a space without a period would be kept for ever without anybody having said so.
func TestR20_EverySpaceHasItsClasses(t *testing.T) {
	seen := map[[2]uint8]bool{}
	for _, d := range retention.Defaults {
		key := [2]uint8{uint8(d.Space), uint8(d.Class)}
		if seen[key] || d.Period <= 0 || d.Reason == "" || d.Source == "" || strings.Contains(d.Reason+d.Source, "|") {
			t.Errorf("%+v", d)
		}
		seen[key] = true
	}
	for space := envelope.SpacePatient; space <= envelope.SpaceSocial; space++ {
		for class := range uint8(4) {
			if seen[[2]uint8{uint8(space), class}] != envelope.MayKeep(space, class) {
				t.Errorf("the table and the wire disagree about class %d in %s", class, space)
			}
		}
	}
}

func TestPeriods(t *testing.T) {
	for text, want := range map[string]string{"1d": "1 day", "30d": "30 days", "8y": "8 years", "1y": "365 days", "never": "until decided", "100y": "100 years"} {
		period, err := retention.ParsePeriod(text)
		if err != nil || period.String() != want {
			t.Errorf("%s: %s, %v", text, period, err)
		}
	}
	for _, text := range []string{"", "d", "30", "0d", "-1d", "+1d", "1.5d", "030d", "30dd", "30yd", "101y", "99999999999d", "30 d", "forever"} {
		if period, err := retention.ParsePeriod(text); !errors.Is(err, retention.ErrPeriod) {
			t.Errorf("%q: %s, %v", text, period, err)
		}
	}
}

func FuzzParsePeriod(f *testing.F) {
	f.Add("30d")
	f.Fuzz(func(t *testing.T, text string) {
		if period, err := retention.ParsePeriod(text); err == nil && (period < 0 || period > 100*365) {
			t.Errorf("%q is %d days", text, period)
		}
	})
}

// TestR20_APeriodThatChangesCountsAtTheMark: what the organisation sets between the look of a sweep and its mark is obeyed.
func TestR20_APeriodThatChangesCountsAtTheMark(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		in := w.newThread(envelope.SpaceSocial, 0, []int{1})
		w.post(in, 1, envelope.KindText, 1, 0, w.clock.Now())
		w.clock.Advance(31 * 24 * time.Hour)
		longer := lateHold{DB: db, place: func() {
			if _, err := w.keeper.SetPeriod(t.Context(), officer, envelope.SpaceSocial, retention.Standard, 90, "Request of the group"); err != nil {
				t.Fatal(err)
			}
		}}
		keeper := retention.New(retention.Needs{Store: longer, Eraser: quiet{}, Announcer: quiet{}, Clock: w.clock})
		if err := keeper.Sweep(t.Context(), workDue()); err != nil {
			t.Fatal(err)
		}
		if gone := w.count(`SELECT COUNT(*) FROM thread_log WHERE state <> 0`); gone != 0 {
			t.Error("a period that was made longer while the sweep ran was not obeyed")
		}
		if set := w.count(`SELECT COUNT(*) FROM audit_event WHERE kind = 1296`); set == 0 {
			t.Error("the change is not in the audit log")
		}
	})
}
