package demo

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/people"
)

// Colleague is one member of the demonstration's staff.
type Colleague struct {
	Person   id.Person
	UserName string
	Name     string
	Role     string
	Ward     string
	// Link is the one-time enrolment link; "" once it is used.
	Link string
	// TOTP is the secret of their authenticator.
	TOTP []byte
	// Played says that the demonstration acts for this person.
	Played bool
	// Clinical people are taken into the story's threads when they enrol.
	Clinical bool
}

type post struct {
	userName, name, role, ward string
	permissions                []string
	played, clinical           bool
}

// posts are everybody who works here. Three are called Patel or alike and two names sound the same, because that is where messages go wrong.
var posts = []post{
	{"fiona.kerr", "Dr Fiona Kerr", "Consultant Physician", "Ward 7B", nil, false, true},
	{"anita.patel", "Dr Anita Patel", "Medical Registrar", "Ward 7B", nil, false, true},
	{"daniel.cole", "Mr Daniel Cole", "Surgical Registrar", "Theatres", nil, false, true},
	{"grace.owusu", "Sr Grace Owusu", "Charge nurse", "Ward 7B", nil, false, true},
	{"ana.pereira", "Ana Pereira", "Staff nurse", "Ward 7B", nil, false, true},
	{"anil.patel", "Anil Patel", "Staff nurse", "AMU", nil, false, true},
	{"helen.barker", "Helen Barker", "Pharmacist", "Pharmacy", nil, false, true},
	{"ruth.lindqvist", "Dr Ruth Lindqvist", "Caldicott Guardian", "Governance", []string{people.InformationGovernance}, false, false},
	{"omar.haddad", "Omar Haddad", "Data Protection Officer", "Governance", []string{people.InformationGovernance}, false, false},
	{"jean.morrison", "Jean Morrison", "Chief Nursing Information Officer", "Digital", []string{people.InformationGovernance, people.Records}, false, false},
	{"service.desk", "Sam Whittle", "Service desk", "Digital", []string{people.ServiceDesk}, false, false},
	{"tom.reed", "Tom Reed", "Porter", "Portering", nil, false, false},
	{"kofi.mensah", "Kofi Mensah", "Healthcare assistant", "Ward 7B", nil, true, true},
	{"tom.reid", "Tom Reid", "Critical Care Outreach", "Outreach", nil, true, true},
}

// employ makes sure that everybody works here, and that those who have not enrolled have a link. The same link is printed until it is used or old.
func (d *Demo) employ(ctx context.Context) ([]Colleague, error) {
	var staff []Colleague
	for _, p := range posts {
		person, err := d.server.People().Named(ctx, p.userName)
		if errors.Is(err, people.ErrUnknown) {
			person, err = d.server.People().Add(ctx, id.Person{}, people.Person{
				UserName: p.userName, DisplayName: p.name, Role: p.role, Ward: p.ward, Organisation: organisation, Permissions: p.permissions,
			})
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.userName, err)
		}
		one := Colleague{
			Person: person.ID, UserName: p.userName, Name: p.name, Role: p.role, Ward: p.ward, Played: p.played, Clinical: p.clinical,
		}
		if err := d.invite(ctx, &one, person.Enrolled); err != nil {
			return nil, fmt.Errorf("%s: %w", p.userName, err)
		}
		staff = append(staff, one)
	}
	return staff, d.secrets.save()
}

// Invite employs somebody who is not of the story, and returns their one-time link.
func (d *Demo) Invite(ctx context.Context, userName, name, role string) (string, error) {
	person, err := d.server.People().Add(ctx, id.Person{}, people.Person{UserName: userName, DisplayName: name, Role: role, Organisation: organisation})
	if err != nil {
		return "", err
	}
	token, _, err := d.server.People().Link(ctx, id.Person{}, person.ID, linkLife)
	if err != nil {
		return "", err
	}
	return d.link(token[:]), nil
}

// invite gives somebody a link, and the demonstration the secret that their phone will show.
func (d *Demo) invite(ctx context.Context, one *Colleague, enrolled bool) error {
	known := d.secrets.person(one.UserName)
	if enrolled {
		one.TOTP = known.TOTP
		return nil
	}
	if len(known.Token) > 0 && d.options.Clock.Now().Before(known.Until) {
		one.Link, one.TOTP = d.link(known.Token), known.TOTP
		return nil
	}
	token, link, err := d.server.People().Link(ctx, id.Person{}, one.Person, linkLife)
	if err != nil {
		return err
	}
	invitation, err := d.server.Identity().Invitation(ctx, token[:])
	if err != nil {
		return err
	}
	known.Token, known.TOTP, known.Until = token[:], invitation.TOTPSecret, link.ExpiresAt
	one.Link, one.TOTP = d.link(known.Token), known.TOTP
	return nil
}

func (d *Demo) link(token []byte) string {
	return fmt.Sprintf("%s/#/enrol/%s.%s", d.origin, base64.RawURLEncoding.EncodeToString(token), d.server.Identity().Chain().Current().Hash)
}
