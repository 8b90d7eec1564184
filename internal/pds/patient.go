package pds

import (
	"errors"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/fhir"
	"github.com/wardline/wardline/internal/nhs"
)

// Found is a person as the index knows them, in our words.
type Found struct {
	NHSNumber   nhs.Number // the one in use now; zero for a temporary identity
	AskedNumber nhs.Number // the one that was asked for; zero after a search
	Superseded  bool       // the number asked for has been replaced by NHSNumber
	Temporary   bool       // the name is a temporary one
	// AskedHospitalNumber is the hospital number that was asked for, where its record was merged into this one; "" otherwise.
	AskedHospitalNumber string
	Family              string
	Given               string
	Title               string
	AlsoKnownAs         []nhs.Name    // other names in use now
	BirthDate           nhs.BirthDate // zero when the index does not know the day
	Gender              string        // male, female, other, unknown or ""
	HospitalNumber      string
	Ward                string // ward and bed; always "" for a restricted record
	Restricted          bool   // the index marks the record: whereabouts must not be shown, look-ups are watched
	Deceased            bool
	DiedOn              string   // YYYY-MM-DD; "" when not known or not dead
	Needs               []string // communication needs, such as "Interpreter: Polish"
	Version             string   // of the index's record
	Reference           string   // of the index's record, "Patient/…/_history/…"
	Score               float64  // of a search, 0 to 1
	Retired             bool     // the index does not use the record any more
	ReplacedBy          string   // the name of the record that took its place, "" for none
}

// Lengths to which what the index says is cut.
const (
	longestName = 120
	longestWord = 60
)

// Name is the person's usual name.
func (f Found) Name() nhs.Name { return nhs.Name{Family: f.Family, Given: f.Given, Title: f.Title} }

// Identifiers are what positive identification compares with what somebody asked.
func (f Found) Identifiers() nhs.Identifiers {
	identifiers := nhs.Identifiers{
		Name: f.Name(), AlsoKnownAs: f.AlsoKnownAs, Born: f.BirthDate, Number: f.NHSNumber, HospitalNumber: f.HospitalNumber,
	}
	if f.Superseded {
		identifiers.Superseded = []nhs.Number{f.AskedNumber}
	}
	if f.AskedHospitalNumber != "" {
		identifiers.FormerHospitalNumbers = []string{f.AskedHospitalNumber}
	}
	return identifiers
}

// found takes out of a Patient what Wardline uses, and refuses one that contradicts itself.
func (x *Index) found(patient *fhir.Patient) (Found, error) {
	retired, replacedBy, err := mergeOf(patient)
	if err != nil {
		return Found{}, err
	}
	name, ok := patient.UsualName()
	if !ok {
		return Found{}, errors.New("pds: a patient without a name in use")
	}
	usual := nameOf(name)
	f := Found{
		Temporary:   name.Use == "temp",
		Family:      usual.Family,
		Given:       usual.Given,
		Title:       usual.Title,
		AlsoKnownAs: otherNames(patient, usual),
		Restricted:  patient.Restricted(),
		Retired:     retired,
		ReplacedBy:  replacedBy,
	}
	if born, err := nhs.ParseBirthDate(patient.BirthDate); err == nil {
		f.BirthDate = born // a year or a month alone identifies nobody and stays zero
	}
	if f.Family == "" {
		return Found{}, errors.New("pds: a patient without a last name")
	}
	if text := fhir.IdentifierValue(patient.Identifier, fhir.SystemNHSNumber); text != "" {
		number, err := nhs.ParseNumber(text)
		if err != nil {
			return Found{}, errors.New("pds: a patient with an NHS number that is none")
		}
		f.NHSNumber = number
	}
	// The national index names its records by NHS number. Where a name reads as one, it must be the person's.
	if named, err := nhs.ParseNumber(patient.ID); err == nil {
		if !f.NHSNumber.IsZero() && f.NHSNumber != named {
			return Found{}, errors.New("pds: a patient with two NHS numbers")
		}
		f.NHSNumber = named
	}
	if x.hospitalNumberSystem != "" {
		f.HospitalNumber = fhir.PlainText(fhir.IdentifierValue(patient.Identifier, x.hospitalNumberSystem), longestWord)
	}
	switch patient.Gender {
	case "male", "female", "other", "unknown":
		f.Gender = patient.Gender
	}
	if x.wardExtension != "" && !f.Restricted {
		if ward := fhir.ExtensionNamed(patient.Extension, x.wardExtension); ward != nil {
			f.Ward = fhir.PlainText(ward.ValueString, longestWord)
		}
	}
	f.DiedOn = day(patient.DeceasedDateTime)
	f.Deceased = patient.DeceasedDateTime != "" || (patient.DeceasedBoolean != nil && *patient.DeceasedBoolean)
	f.Needs = needs(patient)
	if patient.Meta != nil && fhir.ValidID(patient.Meta.VersionID) {
		f.Version = patient.Meta.VersionID
	}
	if fhir.ValidID(patient.ID) {
		f.Reference = "Patient/" + patient.ID
		if f.Version != "" {
			f.Reference += "/_history/" + f.Version
		}
	}
	return f, nil
}

func nameOf(name fhir.HumanName) nhs.Name {
	return nhs.Name{
		Family: fhir.PlainText(name.Family, longestName),
		Given:  fhir.PlainText(strings.Join(name.Given, " "), longestName),
		Title:  fhir.PlainText(strings.Join(name.Prefix, " "), longestWord),
	}
}

// otherNames are the names besides the usual one under which the person is known now: no old ones, no nicknames, none that ended.
func otherNames(patient *fhir.Patient, usual nhs.Name) []nhs.Name {
	var others []nhs.Name
	for _, name := range patient.Name {
		switch name.Use {
		case "usual", "official", "temp", "":
		default:
			continue
		}
		other := nameOf(name)
		if other.Family == "" || other == usual || (name.Period != nil && name.Period.End != "") {
			continue
		}
		others = append(others, other)
	}
	return others
}

// needs reads the communication extension: which language, and whether an interpreter is needed.
func needs(patient *fhir.Patient) []string {
	communication := fhir.ExtensionNamed(patient.Extension, fhir.ExtensionCommunication)
	if communication == nil {
		return nil
	}
	language, interpreter := "", false
	for _, part := range communication.Extension {
		switch part.URL {
		case "language":
			language = fhir.PlainText(part.ValueCodeableConcept.Words(), longestWord)
		case "interpreterRequired":
			interpreter = part.ValueBoolean != nil && *part.ValueBoolean
		}
	}
	switch {
	case interpreter && language != "":
		return []string{"Interpreter: " + language}
	case interpreter:
		return []string{"Interpreter needed"}
	case language != "" && language != "English":
		return []string{"Language: " + language}
	}
	return nil
}

// day returns the date of a FHIR date or dateTime when it is exact to the day. The national index writes midnight of the day
// itself, with any offset, so the date is read as written and never converted.
func day(text string) string {
	if len(text) > len(time.DateOnly) && text[len(time.DateOnly)] == 'T' {
		text = text[:len(time.DateOnly)]
	}
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return ""
	}
	return text
}
