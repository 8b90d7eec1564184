package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/policy"
)

type policyCommand struct {
	Add  policyAdd  `cmd:"" help:"Publish a policy, or the next version of one. What is published is never changed."`
	List policyList `cmd:"" help:"List every version of every policy."`
	Show policyShow `cmd:"" help:"Print the text of a policy."`
}

var (
	errPolicyUnread = fault.New(fault.Invalid, "policy_unread", "The file could not be read.")
	errDate         = fault.New(fault.Invalid, "date_invalid", "A date is written YYYY-MM-DD, or now.")
)

// withPolicies opens the register for one command. A running server learns of it within half a minute.
func (p place) withPolicies(ctx context.Context, do func(*policy.Service) error) error {
	db, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	return do(policy.New(db, clock.System{}))
}

type policyAdd struct {
	place
	File       string        `arg:"" help:"The text: plain, or Markdown of which headings, lists and paragraphs are shown."`
	Title      string        `required:"" help:"Its title. The title of a policy that is there says that this is its next version."`
	Version    uint32        `required:"" help:"1 for a new policy, else one more than the last."`
	Effective  string        `required:"" placeholder:"DATE" help:"When it takes effect: YYYY-MM-DD, or now."`
	Review     string        `required:"" placeholder:"DATE" help:"When it is to be reviewed: YYYY-MM-DD."`
	Accept     string        `required:"" enum:"required,read" help:"required: everybody accepts it before they write; read: it is there to be read."`
	Kind       string        `default:"other" enum:"guidance,device,information-security,data-protection,other" help:"guidance, device, information-security, data-protection or other."`
	Summary    string        `help:"What changed, in a sentence or two."`
	Supersedes string        `help:"What it takes the place of; empty is the version before."`
	Grace      time.Duration `default:"12h" help:"How long somebody on duty may put it off; 0 is not at all."`
	Policy     string        `placeholder:"ID" help:"Whose next version it is, when the title changes too."`
}

// Run publishes the version and prints what became of it.
func (c *policyAdd) Run(ctx context.Context, terminal *terminal) error {
	text, err := readPolicy(c.File)
	if err != nil {
		return err
	}
	v := policy.Version{
		Number: c.Version, Title: c.Title, Kind: policy.Kind(c.Kind), Summary: c.Summary, Supersedes: c.Supersedes,
		Required: c.Accept == "required", Grace: c.Grace, Text: text,
	}
	if v.EffectiveAt, err = date(c.Effective); err != nil {
		return err
	}
	if v.ReviewAt, err = date(c.Review); err != nil {
		return err
	}
	if c.Policy != "" {
		if v.Policy, err = id.Parse[id.Policy](c.Policy); err != nil {
			return policy.ErrUnknown.Because(err)
		}
	}
	return c.withPolicies(ctx, func(room *policy.Service) error {
		published, err := room.Publish(ctx, operator, v)
		if err != nil {
			return err
		}
		terminal.print("%s version %d %s\nSHA-256 %x\n", published.Policy, published.Number, published.Title, published.Hash[:])
		return nil
	})
}

// readPolicy reads no more than one byte over the limit.
func readPolicy(name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", errPolicyUnread.Because(err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, 2*policy.MaxText))
	if err != nil {
		return "", errPolicyUnread.Because(err)
	}
	return string(text), nil
}

func date(text string) (time.Time, error) {
	if text == "now" {
		return clock.System{}.Now(), nil
	}
	day, err := time.ParseInLocation(time.DateOnly, text, time.Local)
	if err != nil {
		return time.Time{}, errDate.With("date", text)
	}
	return day, nil
}

type policyList struct{ place }

// Run prints the register, each policy's newest version last.
func (c *policyList) Run(ctx context.Context, terminal *terminal) error {
	return c.withPolicies(ctx, func(room *policy.Service) error {
		versions, err := room.Register(ctx)
		if err != nil {
			return err
		}
		now := clock.System{}.Now()
		table := tabwriter.NewWriter(terminal.out, 0, 0, 2, ' ', 0)
		for _, v := range versions {
			accept := "read"
			if v.Required {
				accept = "required"
			}
			review := "review " + v.ReviewAt.Local().Format(time.DateOnly)
			if v.ReviewAt.Before(now) {
				review += " overdue"
			}
			row := []string{v.Policy.String(), fmt.Sprint(v.Number), v.Title, string(v.Kind), accept,
				"effective " + v.EffectiveAt.Local().Format(time.DateOnly), review, v.Supersedes}
			if _, err := table.Write([]byte(strings.Join(row, "\t") + "\n")); err != nil {
				return err
			}
		}
		return table.Flush()
	})
}

type policyShow struct {
	place
	Policy  string `arg:"" help:"Its id or its title."`
	Version uint32 `help:"Which version; empty is the last that was published."`
}

// Run prints the text as it was published.
func (c *policyShow) Run(ctx context.Context, terminal *terminal) error {
	return c.withPolicies(ctx, func(room *policy.Service) error {
		versions, err := room.Register(ctx)
		if err != nil {
			return err
		}
		slices.Reverse(versions)
		at := slices.IndexFunc(versions, func(v policy.Version) bool {
			return (v.Policy.String() == c.Policy || strings.EqualFold(v.Title, c.Policy)) && (c.Version == 0 || c.Version == v.Number)
		})
		if at < 0 {
			return policy.ErrUnknown
		}
		v, err := room.Read(ctx, versions[at].Policy, versions[at].Number)
		if err != nil {
			return err
		}
		terminal.print("%s\n", strings.TrimRight(v.Text, "\n"))
		return nil
	})
}
