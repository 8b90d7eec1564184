package retention

import (
	"context"
	"strconv"
	"strings"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
)

// Trial is what a hold would have done: how much the next disposals would take of its scope without it, and with it.
type Trial struct {
	Covered int64 // live messages in the scope
	Without int64 // of these, what could go now by filing or class
	With    int64 // and with the hold; anything but 0 means that a hold does not win
	Outside int64 // what could go now outside of the scope, without the hold
	Beside  int64 // and with it: the same number, or the hold keeps what it should not
}

// Report is how a drill ended.
type Report struct {
	Trial
	Scope Scope
	// Proved says that something was due in the scope, so that the hold had something to win against.
	Proved bool
}

// Drill tries a hold: in one transaction that is then undone it places the hold for real, asks the very conditions that a disposal asks, and releases
// it by undoing. Nothing is destroyed, nothing is kept, no row changes but the audit event of the drill. Where nothing in the scope is due, the messages of
// the scope are asked about as if their periods were over, so that a quiet ward can be drilled too.
func (k *Keeper) Drill(ctx context.Context, by id.Person, scope Scope) (Report, error) {
	if scope.empty() {
		return Report{}, ErrScope
	}
	if _, err := k.findPatient(ctx, by, &scope); err != nil {
		return Report{}, err
	}
	now := k.Clock.Now()
	hold := Hold{ID: id.New[id.Hold](k.ids), Scope: scope, Reason: "Drill", PlacedBy: by, PlacedAt: now}
	trial, err := k.Store.Try(ctx, hold, now)
	if err != nil {
		return Report{}, err
	}
	report := Report{Trial: trial, Scope: scope, Proved: trial.Without > 0}
	won := trial.With == 0 && trial.Outside == trial.Beside
	event := audit.Event{Kind: audit.Drill, Actor: by, Subject: audit.About(hold.ID), At: now, Details: map[string]string{
		"drill": "hold", "covered": decimal(trial.Covered), "without": decimal(trial.Without), "with": decimal(trial.With),
	}}
	if err := k.Store.Audit(ctx, event); err != nil {
		return report, err
	}
	if !won {
		return report, ErrUncertain.With("without", trial.Without).With("with", trial.With).With("outside", trial.Outside).With("beside", trial.Beside)
	}
	return report, nil
}

// String is the report as it is printed.
func (r Report) String() string {
	var b strings.Builder
	b.WriteString("HOLD DRILL\n" + r.Scope.Words() + "\n\n")
	b.WriteString("in the scope             " + decimal(r.Covered) + "\n")
	b.WriteString("could go without a hold  " + decimal(r.Without) + "\n")
	b.WriteString("could go with the hold   " + decimal(r.With) + "\n")
	b.WriteString("could go elsewhere       " + decimal(r.Outside) + " without, " + decimal(r.Beside) + " with the hold\n\n")
	switch {
	case r.With != 0 || r.Outside != r.Beside:
		b.WriteString("FAILED: the hold did not win, or kept what is not in its scope.\n")
	case r.Proved:
		b.WriteString("The hold wins. It was undone; nothing was destroyed or kept.\n")
	default:
		b.WriteString("Nothing could be shown: no message in this scope would go even if its period were over. Try another scope.\n")
	}
	return b.String()
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
