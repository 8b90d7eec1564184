package work_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/work"
)

var now = time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC)

func TestSettle(t *testing.T) {
	plain := work.Policy{First: time.Second, Factor: 2, Max: time.Minute}
	down := fault.New(fault.Unavailable, "record_down", "The record system does not answer.")
	refused := fault.New(fault.Invalid, "record_refused", "The record system refused the document.")
	for name, test := range map[string]struct {
		attempt int
		err     error
		want    work.Settlement
	}{
		"done":               {3, nil, work.Settlement{Outcome: work.Done, Attempt: 3}},
		"first failure":      {0, down, again(time.Second, 1, "record_down")},
		"second failure":     {1, down, again(2*time.Second, 2, "record_down")},
		"upper bound":        {40, down, again(time.Minute, 41, "record_down")},
		"a billion failures": {1e9, down, again(time.Minute, 1e9+1, "record_down")},
		"told to wait":       {0, down.RetryAfter(5 * time.Minute), again(5*time.Minute, 1, "record_down")},
		"told to hurry":      {3, down.RetryAfter(time.Second), again(8*time.Second, 4, "record_down")},
		"refused":            {2, refused, work.Settlement{Outcome: work.Refused, Attempt: 3, Code: "record_refused"}},
		"our own bug":        {0, errors.New("nil pointer"), again(time.Second, 1, "internal")},
		"stopped":            {0, context.Canceled, again(time.Second, 1, "interrupted")},
	} {
		got := plain.Settle(work.Due{ID: id.Work{1}, Attempt: test.attempt}, test.err, now)
		if got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

func TestR19_NothingIsGivenUpWhileItMayPass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := work.Policy{
			First:  time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "first")),
			Factor: rapid.Float64Range(0, 10).Draw(t, "factor"),
			Max:    time.Duration(rapid.Int64Range(int64(time.Hour), int64(24*time.Hour)).Draw(t, "max")),
			Jitter: rapid.Float64Range(0, 0.9).Draw(t, "jitter"),
		}
		due := work.Due{
			ID:      id.Work(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")),
			Attempt: rapid.IntRange(0, 1_000_000).Draw(t, "attempt"),
		}
		got := policy.Settle(due, context.DeadlineExceeded, now)
		wait := got.At.Sub(now)
		if got.Outcome != work.Again || wait > policy.Max || float64(wait) < float64(policy.First)*(1-policy.Jitter)-1 {
			t.Errorf("after %d failures: %+v, a wait of %v", due.Attempt, got, wait)
		}
		if policy.Settle(due, context.DeadlineExceeded, now) != got {
			t.Error("the same failure was settled in two ways")
		}
	})
}

func TestJitterSpreadsRows(t *testing.T) {
	seen := map[time.Duration]bool{}
	for n := range 100 {
		seen[work.Steady.Wait(1, id.Work{byte(n)})] = true
	}
	if len(seen) < 90 {
		t.Errorf("a hundred rows come back at %d moments", len(seen))
	}
}

func TestIntentsDoNotShareMemory(t *testing.T) {
	base := work.Intent{}.Add(work.Due{Key: "a"}).Without("k", "x")
	one := base.Add(work.Due{Key: "b"}).Without("k", "y")
	two := base.Add(work.Due{Key: "c"}).Without("k", "z")
	if one.Due[1].Key != "b" || two.Due[1].Key != "c" || one.Cancel[1].Key != "y" || two.Cancel[1].Key != "z" || len(base.Due) != 1 {
		t.Errorf("%+v %+v %+v", base, one, two)
	}
}

func again(wait time.Duration, attempt int, code string) work.Settlement {
	return work.Settlement{Outcome: work.Again, At: now.Add(wait), Attempt: attempt, Code: code}
}
