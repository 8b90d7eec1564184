package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/patient"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/store"
)

type retentionCommand struct {
	Classes     retentionClasses     `cmd:"" help:"Print how long each class is kept in each space, why, and who said so."`
	Set         retentionSet         `cmd:"" help:"Change a period. It counts for messages that are there too, from the next sweep on."`
	Plan        retentionPlan        `cmd:"" help:"Print what would go, when and why, and what keeps everything else. Changes nothing."`
	Certificate retentionCertificate `cmd:"" help:"Write a certificate of what was destroyed, and the same as a page to print."`
	Verify      retentionVerify      `cmd:"" help:"Check a certificate, on any machine, with the server's public audit key."`
}

// withKeeper opens the retention room for one command. Nothing is destroyed from the command line: the server does that.
func (p place) withKeeper(ctx context.Context, do func(*retention.Keeper, *store.DB) error) error {
	db, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	needs := retention.Needs{Store: db, Clock: clock.System{}, NoIndex: true}
	if keys, err := keyring.Open(p.keys()); err == nil {
		needs.Patients = patient.New(patient.Needs{Store: db, Keys: keys.ForPatient(), Clock: clock.System{}})
	}
	return do(retention.New(needs), db)
}

type retentionClasses struct{ place }

// Run prints the table that is in force.
func (c *retentionClasses) Run(ctx context.Context, terminal *terminal) error {
	return c.withKeeper(ctx, func(keeper *retention.Keeper, _ *store.DB) error {
		schedule, err := keeper.Schedule(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(terminal.out, 0, 0, 2, ' ', 0)
		for _, s := range schedule {
			said := "default; " + s.Source
			if s.Set {
				said = "set " + s.SetAt.Local().Format(time.DateOnly)
			}
			fmt.Fprintf(table, "%s\t%s (%d)\t%s\t%s\t%s\n", s.Space, s.Class, s.Class, s.Period, s.Reason, said)
		}
		return table.Flush()
	})
}

type retentionSet struct {
	place
	Space  string `arg:"" enum:"patient,team,role,direct,announcement,social" help:"patient, team, role, direct, announcement or social."`
	Period string `arg:"" help:"Such as 30d or 8y; never keeps until it is decided."`
	Class  string `default:"standard" enum:"standard,long" help:"standard or long."`
	Reason string `required:"" help:"Who decided it and why, for the record."`
}

// Run sets the period and says what that lets go.
func (c *retentionSet) Run(ctx context.Context, terminal *terminal) error {
	period, err := retention.ParsePeriod(c.Period)
	if err != nil {
		return err
	}
	space, class := spaceOf(c.Space), retention.Standard
	if c.Class == retention.Long.String() {
		class = retention.Long
	}
	return c.withKeeper(ctx, func(keeper *retention.Keeper, db *store.DB) error {
		setting, err := keeper.SetPeriod(ctx, operator, space, class, period, c.Reason)
		if err != nil {
			return err
		}
		lines, err := keeper.Plan(ctx, id.Thread{})
		if err != nil {
			return err
		}
		paused, err := pausedUntil(ctx, db)
		if err != nil {
			return err
		}
		due := int64(0)
		for _, line := range lines {
			if line.Space == space && line.Class == class && line.Goes() && !line.Source {
				due += line.Count
			}
		}
		sweep := fmt.Sprintf("The next sweep, within %v,", retention.SweepEvery)
		if !paused.IsZero() {
			sweep = "After the restore nothing is disposed of before " + paused.Local().Format("2006-01-02 15:04") + "; the sweep then"
		}
		terminal.print("%s, %s: %s. %s would destroy %d of these messages.\n", setting.Space, setting.Class, setting.Period, sweep, due)
		return nil
	})
}

func spaceOf(name string) envelope.Space {
	for _, d := range retention.Defaults {
		if d.Space.String() == name {
			return d.Space
		}
	}
	return 0
}

type retentionPlan struct {
	place
	Thread string `placeholder:"ID" help:"Each message of one conversation; empty is everything, in groups."`
	JSON   bool   `name:"json" help:"As JSON, one line each."`
}

// Run prints the plan. Whether the health record answers is only asked by the server, and so a filing's originals are shown as if it did.
func (c *retentionPlan) Run(ctx context.Context, terminal *terminal) error {
	thread, err := threadOf(c.Thread)
	if err != nil {
		return err
	}
	return c.withKeeper(ctx, func(keeper *retention.Keeper, db *store.DB) error {
		lines, err := keeper.Plan(ctx, thread)
		if err != nil {
			return err
		}
		paused, err := pausedUntil(ctx, db)
		if err != nil {
			return err
		}
		if c.JSON {
			encoder := json.NewEncoder(terminal.out)
			for _, line := range lines {
				if err := encoder.Encode(planned(line, paused)); err != nil {
					return err
				}
			}
			return nil
		}
		table := tabwriter.NewWriter(terminal.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "SPACE\tCLASS\tKEPT FOR\tMESSAGES\tFIRST FROM\tGOES\tWHY")
		for _, line := range lines {
			p := planned(line, paused)
			what := fmt.Sprint(line.Count)
			if !line.Message.IsZero() {
				what = fmt.Sprintf("%d %s", line.Seq, line.Message)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", line.Space, line.Class, line.Period, what, line.Oldest.Local().Format(time.DateOnly), p.When, p.Why)
		}
		return table.Flush()
	})
}

// planLine is one line of the plan as it is printed.
type planLine struct {
	Space   string             `json:"space"`
	Class   string             `json:"class"`
	Count   int64              `json:"count"`
	Message string             `json:"message,omitempty"`
	Oldest  time.Time          `json:"oldest"`
	Goes    bool               `json:"goes"`
	When    string             `json:"when"`
	Why     string             `json:"why"`
	Reasons []retention.Reason `json:"reasons,omitempty"`
}

// pausedUntil is until when nothing is disposed of because this database was made from a backup; zero when nothing waits for that.
func pausedUntil(ctx context.Context, db *store.DB) (until time.Time, err error) {
	restorations, err := db.Restorations(ctx)
	for _, one := range restorations {
		if one.DisposalFrom.After(until) && one.DisposalFrom.After(time.Now()) {
			until = one.DisposalFrom
		}
	}
	return until, err
}

func planned(line retention.Line, paused time.Time) planLine {
	p := planLine{
		Space: line.Space.String(), Class: line.Class.String(), Count: line.Count, Oldest: line.Oldest, Goes: line.Goes(), When: "at the next sweep",
		Reasons: line.Reasons,
	}
	if !line.Message.IsZero() {
		p.Message = line.Message.String()
	}
	switch {
	case line.Goes() && line.Source:
		p.Why = "its decision is in the record"
	case line.Goes():
		p.Why = "its class has run out"
	}
	switch {
	case line.Goes() && !paused.IsZero():
		p.When = "not before " + paused.Local().Format("2006-01-02 15:04")
		p.Why += "; nothing is disposed of for a while after a restore"
	case line.Goes():
	default:
		p.When = "stays"
		if !line.At.IsZero() {
			p.When = "not before " + line.At.Local().Format(time.DateOnly)
		}
		words := make([]string, 0, len(line.Reasons))
		for _, reason := range line.Reasons {
			words = append(words, string(reason))
		}
		p.Why = strings.Join(words, ", ")
	}
	return p
}

func threadOf(text string) (id.Thread, error) {
	if text == "" {
		return id.Thread{}, nil
	}
	thread, err := id.ParseDigest[id.Thread](text)
	if err != nil {
		return thread, retention.ErrThread.Because(err)
	}
	return thread, nil
}

type retentionCertificate struct {
	place
	Filing string `placeholder:"ID" help:"What one filing destroyed."`
	Thread string `placeholder:"ID" help:"What was destroyed in one conversation."`
	From   string `placeholder:"DATE" help:"What was destroyed from this day on: YYYY-MM-DD."`
	To     string `placeholder:"DATE" help:"Until the end of this day."`
	Out    string `required:"" placeholder:"FILE" help:"Where to write it, as JSON; the page to print goes beside it, ending in .html."`
}

// Run writes both files.
func (c *retentionCertificate) Run(ctx context.Context, terminal *terminal) error {
	what, err := c.subject()
	if err != nil {
		return err
	}
	return c.withKeeper(ctx, func(keeper *retention.Keeper, db *store.DB) error {
		trust, err := c.trust(ctx, db)
		if err != nil {
			return err
		}
		keys, err := keyring.Open(c.keys())
		if err != nil {
			return err
		}
		sequencer := audit.NewSequencer(db.AuditLog(), keys.ForAudit(), clock.System{})
		ledger := audit.NewLedger(db.AuditLog(), sequencer, db.Audit, clock.System{})
		issuer := retention.Issuer{
			Organisation: trust.Chain.Current().Organisation, ShredHorizon: time.Duration(trust.Policy.ShredHorizonMillis) * time.Millisecond,
		}
		certificate, err := keeper.Certify(ctx, ledger, issuer, what)
		if err != nil {
			return err
		}
		text, err := json.MarshalIndent(certificate, "", "  ")
		if err != nil {
			return err
		}
		page, err := certificate.Page()
		if err != nil {
			return err
		}
		printed := strings.TrimSuffix(c.Out, ".json") + ".html"
		if err := errors.Join(writeNew(c.Out, string(text)+"\n", 0o600), writeNew(printed, page, 0o600)); err != nil {
			return err
		}
		terminal.print("%s\n%s\n", c.Out, printed)
		if !certificate.Complete {
			terminal.print("More was destroyed than one certificate holds: ask for a shorter time.\n")
		}
		return nil
	})
}

func (c *retentionCertificate) subject() (what retention.Subject, err error) {
	if c.Filing == "" && c.Thread == "" && c.From == "" && c.To == "" {
		return what, retention.ErrSubject
	}
	if c.Filing != "" {
		if what.Filing, err = id.Parse[id.Filing](c.Filing); err != nil {
			return what, retention.ErrSubject.Because(err)
		}
	}
	if what.Thread, err = threadOf(c.Thread); err != nil {
		return what, err
	}
	if c.From != "" {
		from, err := date(c.From)
		if err != nil {
			return what, err
		}
		what.From = from.UnixMilli()
	}
	if c.To != "" {
		to, err := date(c.To)
		if err != nil {
			return what, err
		}
		what.Until = to.AddDate(0, 0, 1).UnixMilli()
	}
	return what, nil
}

type retentionVerify struct {
	File string   `arg:"" help:"The certificate."`
	Key  []string `required:"" placeholder:"BASE64" help:"The server's public audit key, as \"wardline verify\" prints it and an officer's copy of the manifest has it."`
}

// Run checks it without a server, a database or a network.
func (c *retentionVerify) Run(terminal *terminal) error {
	keys, err := readKeys(c.Key)
	if err != nil {
		return err
	}
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	certificate, err := retention.ReadCertificate(file)
	if err != nil {
		return err
	}
	checked, err := certificate.Check(keys...)
	if err != nil {
		return err
	}
	terminal.print("The certificate holds: %d messages were destroyed, by %d disposals. Checkpoint of %s, %d leaves.\n", checked.Messages,
		len(certificate.Disposals), checked.Checkpoint.At.UTC().Format(time.RFC3339), checked.Checkpoint.Size)
	if checked.Counted > 0 {
		terminal.print("Of %d more, destroyed by an older version, the log proves the filing and how many they were, not their hashes.\n", checked.Counted)
	}
	terminal.print("%s\n", certificate.Backups.Words)
	return nil
}
