package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/store"
)

type personCommand struct {
	Add   personAdd   `cmd:"" help:"Take somebody on."`
	List  personList  `cmd:"" help:"List those who are here."`
	Link  personLink  `cmd:"" help:"Make somebody's one-time enrolment link, which voids an earlier one."`
	Leave personLeave `cmd:"" help:"Take somebody off: signed out at once, out of every conversation soon after."`
}

// withPeople opens the directory for one command. What it does is audited as the act of nobody: the host knows who ran it.
func (p place) withPeople(ctx context.Context, do func(*people.Service, *store.DB) error) error {
	db, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	return do(people.New(db, clock.System{}), db)
}

var operator id.Person

type personAdd struct {
	place
	UserName     string        `required:"" help:"What they sign in with."`
	Name         string        `required:"" help:"Their name, as everybody sees it."`
	Role         string        `required:"" help:"What they do, such as Medical Registrar."`
	Ward         string        `help:"Where."`
	Organisation string        `help:"Their organisation; empty is the server's own."`
	Permission   []string      `help:"information-governance or service-desk."`
	For          time.Duration `help:"The account ends after so long (bank, locum, student)."`
}

// Run adds the person and prints the id.
func (c *personAdd) Run(ctx context.Context, terminal *terminal) error {
	return c.withPeople(ctx, func(room *people.Service, db *store.DB) error {
		person := people.Person{
			UserName: c.UserName, DisplayName: c.Name, Role: c.Role, Ward: c.Ward, Organisation: c.Organisation, Permissions: c.Permission,
		}
		if person.Organisation == "" {
			trust, err := c.trust(ctx, db)
			if err != nil {
				return err
			}
			person.Organisation = trust.Chain.Current().Organisation
		}
		if c.For > 0 {
			person.ExpiresAt = clock.System{}.Now().Add(c.For)
		}
		added, err := room.Add(ctx, operator, person)
		if err != nil {
			return err
		}
		terminal.print("%s %s\n", added.ID, added.UserName)
		return nil
	})
}

type personList struct {
	place
	Query string `arg:"" optional:"" help:"Beginnings of words of the name, role, ward or organisation."`
}

// Run prints everybody that the query finds.
func (c *personList) Run(ctx context.Context, terminal *terminal) error {
	return c.withPeople(ctx, func(room *people.Service, _ *store.DB) error {
		table := tabwriter.NewWriter(terminal.out, 0, 0, 2, ' ', 0)
		var after id.Person
		for more := true; more; {
			var page []people.Person
			var err error
			if page, more, err = room.Find(ctx, c.Query, after, people.MaxPage); err != nil {
				return err
			}
			for _, p := range page {
				state := "no link used"
				if p.Enrolled {
					state = "enrolled"
				}
				row := []string{p.UserName, p.DisplayName, p.Role, p.Ward, p.Organisation, state, strings.Join(p.Permissions, " ")}
				if _, err := table.Write([]byte(strings.Join(row, "\t") + "\n")); err != nil {
					return err
				}
				after = p.ID
			}
		}
		return table.Flush()
	})
}

type personLink struct {
	place
	PublicURL string        `name:"public-url" placeholder:"URL" help:"The address that browsers use; empty prints the part after it."`
	Life      time.Duration `default:"168h" help:"How long the link can be used."`
	Sheet     string        `placeholder:"FILE" help:"Write the link to an HTML file for one sheet of A4, as a QR code and as text, with the fingerprint to compare; the link is not printed here then."`
	UserName  string        `arg:"" help:"Whose link."`
}

// Run prints the link. It is the only time that it is seen.
func (c *personLink) Run(ctx context.Context, terminal *terminal) error {
	return c.withPeople(ctx, func(room *people.Service, db *store.DB) error {
		trust, err := c.trust(ctx, db)
		if err != nil {
			return err
		}
		person, err := room.Named(ctx, c.UserName)
		if err != nil {
			return err
		}
		if c.Sheet != "" {
			return c.onPaper(ctx, terminal, room, trust, person)
		}
		address, link, err := c.make(ctx, room, trust, person)
		if err != nil {
			return err
		}
		terminal.print("%s\n", address)
		terminal.print("For %s, once, until %s.\n", person.DisplayName, link.ExpiresAt.Format(time.RFC1123))
		return nil
	})
}

func (c *personLink) make(ctx context.Context, room *people.Service, trust *identity.Trust, person people.Person) (string, people.Link, error) {
	token, link, err := room.Link(ctx, operator, person.ID, c.Life)
	if err != nil {
		return "", link, err
	}
	return fmt.Sprintf("%s/#/enrol/%s.%s", strings.TrimRight(c.PublicURL, "/"), base64.RawURLEncoding.EncodeToString(token[:]), trust.Chain.Current().Hash), link, nil
}

// onPaper makes the file before the link, which voids an earlier one.
func (c *personLink) onPaper(ctx context.Context, terminal *terminal, room *people.Service, trust *identity.Trust, person people.Person) error {
	if c.PublicURL == "" {
		return errAddressNeeded
	}
	var ends time.Time
	err := sheetFile(c.Sheet, 0o600, func(to io.Writer) error {
		address, link, err := c.make(ctx, room, trust, person)
		if err != nil {
			return err
		}
		ends = link.ExpiresAt
		return writePersonSheet(to, trust.Chain.Current(), person, address, ends.Local(), clock.System{}.Now())
	})
	if err != nil {
		return err
	}
	terminal.print("Print %s for %s, hand it over, and delete the file: it opens the account once, until %s.\n", c.Sheet, person.DisplayName, ends.Format(time.RFC1123))
	return nil
}

type personLeave struct {
	place
	UserName string `arg:"" help:"Who leaves."`
}

// Run takes the person off. A running server does the rest; otherwise the next start does.
func (c *personLeave) Run(ctx context.Context, terminal *terminal) error {
	return c.withPeople(ctx, func(room *people.Service, _ *store.DB) error {
		person, err := room.Named(ctx, c.UserName)
		if err != nil {
			return err
		}
		if err := room.Leave(ctx, operator, person.ID); err != nil {
			return err
		}
		terminal.print("%s has left.\n", person.DisplayName)
		return nil
	})
}
