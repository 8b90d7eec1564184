package retention

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Standing is messages that are there and that the same things keep. Of one thread it is one message, and Candidate is set.
type Standing struct {
	Candidate
	Class  Class
	Count  int64
	Oldest time.Time
	Newest time.Time

	Held, Quarantined bool
	Unfiled           bool // a decision at or after it is not in the record
	Unfinished        bool // a filing of a decision at or after it has no receipt
	Received          bool // a decision at or after it is in the record and has not gone yet
	TakenBack         bool // and such a one was taken back; of a source, the decision of its filing
	Swept             bool // or needs no sweep
	// Source: it goes with a filing, which is eligible at EligibleAt. Held is then of anything that goes with it.
	Source      bool
	Countersign bool // the decision of its filing waits to be countersigned
	Filing      id.Filing
	EligibleAt  time.Time
}

// Line is one line of the plan.
type Line struct {
	Standing
	Period Period
	// At is when it goes, or the earliest of them, if nothing else keeps it; zero when no time does.
	At time.Time
	// Reasons are all that keep it; none when it goes at the next sweep.
	Reasons []Reason
}

// Plan says what would go at the next sweep and why, and of everything else what keeps it. It changes nothing.
func (k *Keeper) Plan(ctx context.Context, in id.Thread) ([]Line, error) {
	now := k.Clock.Now()
	schedule, err := k.Store.Schedule(ctx)
	if err != nil {
		return nil, err
	}
	standings, err := k.Store.Standings(ctx, in, now)
	if err != nil {
		return nil, err
	}
	var lines []Line
	reached := map[id.Filing]error{}
	for _, standing := range standings {
		line := standing.judge(schedule, now)
		if standing.Source && len(line.Reasons) == 0 {
			if _, asked := reached[standing.Filing]; !asked {
				reached[standing.Filing] = k.reachable(ctx, standing.Filing)
			}
			if reached[standing.Filing] != nil {
				line.Reasons = []Reason{Unreachable}
			}
		}
		guarded, err := k.guarded(ctx, line)
		if err != nil {
			return nil, err
		}
		lines = append(lines, guarded...)
	}
	slices.SortStableFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Space, b.Space), cmp.Compare(a.Class, b.Class), a.At.Compare(b.At))
	})
	return lines, nil
}

// guarded asks the guards about one message; a group is asked about when it is looked at by thread.
func (k *Keeper) guarded(ctx context.Context, line Line) ([]Line, error) {
	if len(k.Guards) == 0 || line.Message.IsZero() {
		return []Line{line}, nil
	}
	kept, err := k.keeps(ctx, []Candidate{line.Candidate})
	if reason, found := kept[line.Message]; found {
		line.Reasons = append(line.Reasons, reason)
	}
	return []Line{line}, err
}

// judge is the rules in the order in which they are told.
func (s Standing) judge(schedule Schedule, now time.Time) Line {
	line := Line{Standing: s, Period: schedule.Period(s.Space, s.Class)}
	keep := func(when bool, reason Reason) {
		if when {
			line.Reasons = append(line.Reasons, reason)
		}
	}
	keep(s.Held, Held)
	keep(s.Quarantined, Quarantined)
	if s.Source {
		if keep(s.TakenBack, TakenBack); !s.TakenBack {
			line.At = s.EligibleAt
		}
		keep(s.Countersign, Countersign)
		keep(now.Before(s.EligibleAt), Grace)
		return line
	}
	over, ends := line.Period.Over(s.Oldest)
	if ends {
		line.At = over
	}
	known := schedule.find(s.Space, s.Class) >= 0
	keep(!known, NoClass)
	keep(known && (!ends || now.Before(over)), NotDue)
	keep(s.Unfiled, Unfiled)
	keep(s.Unfinished, Unfinished)
	keep(s.Received, Awaited)
	keep(s.TakenBack, TakenBack)
	keep(!s.Swept && Clinical(s.Space), Unswept)
	return line
}

// Goes says that nothing keeps it.
func (l Line) Goes() bool { return len(l.Reasons) == 0 }

// Why is what lets it go: its filing, or its class.
func (l Line) Why() envelope.DestroyReason {
	if l.Source {
		return envelope.DestroyFiled
	}
	return envelope.DestroyRetention
}
