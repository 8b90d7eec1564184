package fault_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/fault"
)

var errStaleEpoch = fault.New(fault.Stale, "stale_epoch", "The thread has moved on. Please try again.")

func TestTheCauseIsNeverPublic(t *testing.T) {
	const secret = "SMITH John 943 476 5919"
	err := errStaleEpoch.Because(errors.New(secret)).With("epoch", 7).RetryAfter(time.Second)
	details, _ := json.Marshal(err.Details())
	for _, public := range []string{err.Error(), err.Code(), err.Message(), string(details), fmt.Sprintf("%v %s", err, err)} {
		if strings.Contains(public, secret) {
			t.Errorf("the cause is in %q", public)
		}
	}
	if cause := errors.Unwrap(err); cause == nil || cause.Error() != secret {
		t.Errorf("the cause is lost: %v", cause)
	}
}

func TestCopiesLeaveTheOriginalAlone(t *testing.T) {
	first := errStaleEpoch.With("epoch", 1)
	second := first.With("epoch", 2)
	if errStaleEpoch.Details() != nil || first.Details()["epoch"] != 1 || second.Details()["epoch"] != 2 {
		t.Errorf("details: %v, %v, %v", errStaleEpoch.Details(), first.Details(), second.Details())
	}
	first.Details()["epoch"] = 9
	if first.Details()["epoch"] != 1 {
		t.Error("the caller changed a fault through its details")
	}
	if errors.Unwrap(errStaleEpoch) != nil || errStaleEpoch.Wait() != 0 {
		t.Error("the original was changed")
	}
}

func TestAFaultIsFoundByItsCode(t *testing.T) {
	wrapped := fmt.Errorf("sending: %w", errStaleEpoch.Because(context.Canceled))
	if !errors.Is(wrapped, errStaleEpoch) {
		t.Error("the fault is not found in the chain")
	}
	if !errors.Is(wrapped, context.Canceled) {
		t.Error("the cause is not found in the chain")
	}
	if errors.Is(wrapped, fault.New(fault.Stale, "stale_vault", "")) {
		t.Error("another code of the same kind matched")
	}
}

func TestAs(t *testing.T) {
	plain := errors.New("disk on fire")
	for name, test := range map[string]struct {
		err  error
		kind fault.Kind
		code string
	}{
		"a fault":            {errStaleEpoch, fault.Stale, "stale_epoch"},
		"a wrapped fault":    {fmt.Errorf("x: %w", errStaleEpoch), fault.Stale, "stale_epoch"},
		"a fault in a fault": {fault.New(fault.Upstream, "outer", "").Because(errStaleEpoch), fault.Upstream, "outer"},
		"a plain error":      {plain, fault.Internal, "internal"},
		"a cancelled one":    {fmt.Errorf("query: %w", context.Canceled), fault.Unavailable, "interrupted"},
		"a late one":         {context.DeadlineExceeded, fault.Unavailable, "interrupted"},
	} {
		got := fault.As(test.err)
		if got.Kind() != test.kind || got.Code() != test.code {
			t.Errorf("%s: %v %q", name, got.Kind(), got.Code())
		}
	}
	if !errors.Is(fault.As(plain), plain) {
		t.Error("the cause of an unknown error is lost")
	}
	if fault.As(nil) != nil {
		t.Error("no error became a fault")
	}
	if _, failed := fault.KindOf(nil); failed {
		t.Error("no error has a kind")
	}
}

func TestReservedDetails(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a detail may overwrite the problem's status")
		}
	}()
	_ = errStaleEpoch.With("status", 200)
}

func TestEveryKindHasAName(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range fault.Kinds() {
		if name := kind.String(); name == "" || seen[name] {
			t.Errorf("kind %d is called %q", kind, name)
		}
		seen[kind.String()] = true
	}
	if fault.Kind(200).String() != "kind_200" {
		t.Errorf("an unknown kind is called %q", fault.Kind(200))
	}
}
