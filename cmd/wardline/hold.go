package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/store"
)

type holdCommand struct {
	Place   holdPlace   `cmd:"" help:"Forbid destruction in a scope from now on, and print the receipt."`
	List    holdList    `cmd:"" help:"List every hold."`
	Release holdRelease `cmd:"" help:"End a hold, with a reason."`
	Drill   holdDrill   `cmd:"" help:"Show that a hold would win, without keeping or destroying anything."`
}

// scopeFlags are what a hold is about. Several together are what they have in common.
type scopeFlags struct {
	Thread    string `placeholder:"ID" help:"One conversation."`
	NHSNumber string `name:"nhs-number" placeholder:"NUMBER" help:"Every conversation about a patient; - reads the number from standard input, where no other user of the machine sees it. It is kept nowhere."`
	Person    string `placeholder:"USER" help:"Every conversation that somebody is or was in."`
	From      string `placeholder:"DATE" help:"Messages from this day on: YYYY-MM-DD."`
	To        string `placeholder:"DATE" help:"Until the end of this day."`
}

func (f scopeFlags) scope(ctx context.Context, db *store.DB, in io.Reader) (scope retention.Scope, err error) {
	if scope.Thread, err = threadOf(f.Thread); err != nil {
		return scope, err
	}
	if f.Person != "" {
		person, err := people.New(db, clock.System{}).Named(ctx, f.Person)
		if err != nil {
			return scope, err
		}
		scope.Person = person.ID
	}
	if scope.NHSNumber = f.NHSNumber; f.NHSNumber == "-" {
		line, err := bufio.NewReader(io.LimitReader(in, 64)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return scope, err
		}
		scope.NHSNumber = strings.TrimSpace(line)
	}
	if f.From != "" {
		if scope.From, err = date(f.From); err != nil {
			return scope, err
		}
	}
	if f.To != "" {
		to, err := date(f.To)
		if err != nil {
			return scope, err
		}
		scope.Until = to.AddDate(0, 0, 1)
	}
	return scope, nil
}

// holdIncomplete is the exit code of a hold that is placed and does not cover all that was asked for.
const holdIncomplete = 3

var errIncomplete = fault.New(fault.Unavailable, "hold_incomplete", "The hold is placed, but other numbers of the patient are not covered: see the receipt.")

type holdPlace struct {
	place
	scopeFlags
	Reason    string `required:"" help:"Why, such as the case's number. No names of patients."`
	Requester string `help:"Who asked for it."`
}

// Run places the hold. A running server sees it at once: it asks in each transaction that would destroy.
func (c *holdPlace) Run(ctx context.Context, terminal *terminal) error {
	return c.withKeeper(ctx, func(keeper *retention.Keeper, db *store.DB) error {
		trust, err := c.trust(ctx, db)
		if err != nil {
			return err
		}
		scope, err := c.scope(ctx, db, terminal.in)
		if err != nil {
			return err
		}
		hold, err := keeper.Hold(ctx, operator, scope, c.Reason, c.Requester)
		if err != nil {
			return err
		}
		terminal.print("%s", hold.Receipt(trust.Chain.Current().Organisation))
		if hold.Incomplete {
			return &exitError{errIncomplete.With("hold", hold.ID.String()), holdIncomplete}
		}
		return nil
	})
}

type holdList struct{ place }

// Run prints the holds, newest first.
func (c *holdList) Run(ctx context.Context, terminal *terminal) error {
	return c.withKeeper(ctx, func(keeper *retention.Keeper, _ *store.DB) error {
		holds, err := keeper.Holds(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(terminal.out, 0, 0, 2, ' ', 0)
		for _, hold := range holds {
			state := "holds"
			if !hold.ReleasedAt.IsZero() {
				state = "released " + hold.ReleasedAt.Local().Format(time.DateOnly) + ": " + hold.ReleaseReason
			}
			fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\n", hold.ID, hold.PlacedAt.Local().Format(time.DateOnly), hold.Covered, hold.Words(), hold.Reason, state)
		}
		return table.Flush()
	})
}

type holdRelease struct {
	place
	Hold   string `arg:"" help:"Its id."`
	Reason string `required:"" help:"Why it may end."`
}

// Run ends the hold.
func (c *holdRelease) Run(ctx context.Context, terminal *terminal) error {
	which, err := id.Parse[id.Hold](c.Hold)
	if err != nil {
		return retention.ErrHoldUnknown.Because(err)
	}
	return c.withKeeper(ctx, func(keeper *retention.Keeper, _ *store.DB) error {
		hold, err := keeper.Release(ctx, operator, which, c.Reason)
		if err != nil {
			return err
		}
		terminal.print("%s is released. What it kept goes when it is due.\n", hold.ID)
		return nil
	})
}

type holdDrill struct {
	place
	scopeFlags
}

// Run prints the report; a hold that would not win is an error.
func (c *holdDrill) Run(ctx context.Context, terminal *terminal) error {
	return c.withKeeper(ctx, func(keeper *retention.Keeper, db *store.DB) error {
		scope, err := c.scope(ctx, db, terminal.in)
		if err != nil {
			return err
		}
		report, err := keeper.Drill(ctx, operator, scope)
		if report.Scope.Words() != "" && (err == nil || errors.Is(err, retention.ErrUncertain)) {
			terminal.print("%s", report.String())
		}
		return err
	})
}
