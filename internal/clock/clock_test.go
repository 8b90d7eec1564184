package clock_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wardline/wardline/internal/clock"
)

var start = time.Date(2026, 1, 30, 9, 0, 0, 0, time.UTC)

func TestManualMovesOnlyWhenMoved(t *testing.T) {
	c := clock.NewManual(start.In(time.FixedZone("BST", 3600)))
	if c.Now() != start {
		t.Errorf("stands at %v, want %v in UTC", c.Now(), start)
	}
	if at := c.Advance(time.Hour); at != start.Add(time.Hour) || c.Now() != at {
		t.Errorf("advanced to %v, stands at %v", at, c.Now())
	}
	c.Set(start)
	if c.Now() != start {
		t.Errorf("cannot be set back: %v", c.Now())
	}
}

func TestUntilOnAManualClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.NewManual(start)
		done := make(chan error, 1)
		go func() { done <- clock.Until(t.Context(), c, start.Add(time.Minute)) }()
		synctest.Wait()
		c.Advance(59 * time.Second)
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("woke a second early: %v", err)
		default:
		}
		c.Advance(time.Second)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestUntilOnTheSystemClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now()
		if err := clock.Until(t.Context(), clock.System{}, from.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(from); waited != time.Hour {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestUntilEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []clock.Clock{clock.System{}, clock.NewManual(start)} {
		if err := clock.Until(ctx, c, c.Now().Add(time.Hour)); !errors.Is(err, context.Canceled) {
			t.Errorf("%T: %v", c, err)
		}
	}
}

func TestMillis(t *testing.T) {
	at := time.Date(2026, 7, 1, 12, 0, 0, 987_654_321, time.FixedZone("BST", 3600))
	back := clock.FromMillis(clock.Millis(at))
	if !back.Equal(at.Truncate(time.Millisecond)) || back.Location() != time.UTC {
		t.Errorf("%v became %v", at, back)
	}
	if got := clock.Millis(time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC)); got != 0 {
		t.Errorf("a time before 1970 became %d", got)
	}
}
