package retention

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Period is a number of days of 24 hours. Zero is never: kept until it is decided.
type Period int64

const (
	never     Period = 0
	maxPeriod Period = 100 * 365
)

// String is how a period is written: "30 days", "8 years", "until decided".
func (p Period) String() string {
	switch {
	case p == never:
		return "until decided"
	case p >= 2*365 && p%365 == 0:
		return fmt.Sprintf("%d years", p/365)
	case p == 1:
		return "1 day"
	}
	return fmt.Sprintf("%d days", int64(p))
}

// Over says when a message of a time goes; never when the period is.
func (p Period) Over(at time.Time) (time.Time, bool) {
	return at.Add(time.Duration(p) * 24 * time.Hour), p != never
}

// ParsePeriod reads "30d", "8y" or "never".
func ParsePeriod(text string) (Period, error) {
	if text == "never" {
		return never, nil
	}
	number, unit := strings.TrimRight(text, "dy"), Period(1)
	if strings.HasSuffix(text, "y") {
		unit = 365
	}
	n, err := strconv.ParseInt(number, 10, 32)
	p := Period(n) * unit
	if err != nil || len(text)-len(number) != 1 || n < 1 || p > maxPeriod || strconv.FormatInt(n, 10) != number {
		return 0, ErrPeriod.With("period", text)
	}
	return p, nil
}

// Setting is the period of a class in a space as it is in force.
type Setting struct {
	Default
	Set   bool // by the organisation; Reason is theirs then
	SetBy id.Person
	SetAt time.Time
}

// Schedule is every class in every space that has it.
type Schedule []Setting

// NewSchedule puts what the organisation set over the defaults. set is in the order in which it was set.
func NewSchedule(set []Setting) Schedule {
	schedule := make(Schedule, 0, len(Defaults))
	for _, d := range Defaults {
		schedule = append(schedule, Setting{Default: d})
	}
	for _, s := range set {
		if n := schedule.find(s.Space, s.Class); n >= 0 {
			s.Set, s.Source = true, "the organisation"
			schedule[n] = s
		}
	}
	return schedule
}

func (s Schedule) find(space envelope.Space, class Class) int {
	return slices.IndexFunc(s, func(one Setting) bool { return one.Space == space && one.Class == class })
}

// Period is the period of a class in a space. A class that nobody knows is never over.
func (s Schedule) Period(space envelope.Space, class Class) Period {
	if n := s.find(space, class); n >= 0 {
		return s[n].Period
	}
	return never
}

// Schedule is what is in force.
func (k *Keeper) Schedule(ctx context.Context) (Schedule, error) { return k.Store.Schedule(ctx) }

// SetPeriod changes one from now on, for messages that are there too.
func (k *Keeper) SetPeriod(ctx context.Context, by id.Person, space envelope.Space, class Class, period Period, reason string) (Setting, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" || len(reason) > maxReason {
		return Setting{}, ErrReason
	}
	schedule := NewSchedule(nil)
	n := schedule.find(space, class)
	if n < 0 {
		return Setting{}, ErrClass
	}
	if period < 0 || period > maxPeriod {
		return Setting{}, ErrPeriod
	}
	setting := schedule[n]
	setting.Period, setting.Reason, setting.Set, setting.SetBy, setting.SetAt = period, reason, true, by, k.Clock.Now()
	event := audit.Event{Kind: audit.RetentionSet, Actor: by, At: setting.SetAt, Details: map[string]string{
		"space": space.String(), "class": class.String(), "days": strconv.FormatInt(int64(period), 10),
	}}
	return setting, k.Store.SetPeriod(ctx, setting, event)
}
