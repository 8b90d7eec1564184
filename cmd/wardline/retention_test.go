package main

import (
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/retention"
)

// TestR15_ThePlanSaysUntilWhenARestoreWaits: nothing goes at the next sweep while holds may be missing.
func TestR15_ThePlanSaysUntilWhenARestoreWaits(t *testing.T) {
	until := time.Date(2026, 3, 8, 12, 0, 0, 0, time.Local)
	due, kept := retention.Line{}, retention.Line{Reasons: []retention.Reason{retention.Held}}
	if p := planned(due, time.Time{}); p.When != "at the next sweep" || p.Why != "its class has run out" {
		t.Errorf("without a restore: %+v", p)
	}
	if p := planned(due, until); p.When != "not before 2026-03-08 12:00" || !strings.Contains(p.Why, "after a restore") {
		t.Errorf("after a restore: %+v", p)
	}
	if p := planned(kept, until); p.When != "stays" || p.Why != "held" {
		t.Errorf("held, after a restore: %+v", p)
	}
}
