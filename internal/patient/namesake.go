package patient

import (
	"context"
	"strings"

	"github.com/wardline/wardline/internal/nhs"
)

// Namesake is somebody who could be mistaken for the patient: enough to tell them apart, never their full identifiers (H10).
type Namesake struct {
	Name      nhs.Name
	Differs   []string // "given name", "title", "date of birth", …
	SameBirth bool
	LastFour  string // of their NHS number, "" when they have none
	// HospitalLastFour is the same of the hospital's number, for whoever compares that: "" also of one that has no more.
	HospitalLastFour string
}

// mostNamesakes bounds what is shown: more would not be read.
const mostNamesakes = 5

// namesakes finds the people born on the same day whose names are the same or sound alike: SMITH John and SMITH Joan, and SMYTH John too.
func (d *Desk) namesakes(ctx context.Context, record Record) ([]Namesake, error) {
	if record.Born.IsZero() || record.Temporary {
		return nil, nil // a name that the hospital gave is nobody's
	}
	found, err := d.sources.alike(ctx, record.Name, record.Born)
	if err != nil {
		return nil, err
	}
	var namesakes []Namesake
	for _, other := range found {
		if samePerson(other, record) {
			continue
		}
		namesake := Namesake{Name: other.Name, Differs: differs(record, other), SameBirth: other.Born == record.Born}
		if !other.Number.IsZero() {
			namesake.LastFour = other.Number.Digits()[6:]
		}
		if number := []rune(strings.TrimSpace(other.HospitalNumber)); len(number) > 4 {
			namesake.HospitalLastFour = string(number[len(number)-4:])
		}
		if namesakes = append(namesakes, namesake); len(namesakes) == mostNamesakes {
			break
		}
	}
	return namesakes, nil
}

func differs(a, b Record) (what []string) {
	if nhs.FoldName(a.Name.Family) != nhs.FoldName(b.Name.Family) {
		what = append(what, "last name")
	}
	if nhs.FoldName(a.Name.Given) != nhs.FoldName(b.Name.Given) {
		what = append(what, "first name")
	}
	if !strings.EqualFold(a.Name.Title, b.Name.Title) {
		what = append(what, "title")
	}
	if a.Born != b.Born {
		what = append(what, "date of birth")
	}
	if !a.Number.IsZero() || !b.Number.IsZero() {
		what = append(what, "NHS number")
	}
	if one, other := nhs.FoldHospitalNumber(a.HospitalNumber), nhs.FoldHospitalNumber(b.HospitalNumber); one != "" && other != "" && one != other {
		what = append(what, "hospital number")
	}
	return what
}
