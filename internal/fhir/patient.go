package fhir

// Patient is a person as an index knows them.
type Patient struct {
	ID               string         `json:"id"`
	Meta             *Meta          `json:"meta"`
	Identifier       []Identifier   `json:"identifier"`
	Active           *bool          `json:"active"`
	Name             []HumanName    `json:"name"`
	Telecom          []ContactPoint `json:"telecom"`
	Gender           string         `json:"gender"`
	BirthDate        string         `json:"birthDate"`
	DeceasedBoolean  *bool          `json:"deceasedBoolean"`
	DeceasedDateTime string         `json:"deceasedDateTime"`
	Address          []Address      `json:"address"`
	Extension        []Extension    `json:"extension"`
	Link             []PatientLink  `json:"link"`
	Unknown          Unknown        `json:"-"`
}

// PatientLink names another record of the same person. Type is replaced-by, replaces, refer or seealso.
type PatientLink struct {
	Other   Reference `json:"other"`
	Type    string    `json:"type"`
	Unknown Unknown   `json:"-"`
}

// UsualName returns the name to greet the person by: the usual one, else the official one, else a temporary one, else one
// of no stated use. Old names, nicknames and maiden names are never chosen.
func (p *Patient) UsualName() (HumanName, bool) {
	for _, use := range []string{"usual", "official", "temp", ""} {
		for _, name := range p.Name {
			if name.Use == use {
				return name, true
			}
		}
	}
	return HumanName{}, false
}

// Restricted reports whether the index marks the record as one whose whereabouts must not be shown.
func (p *Patient) Restricted() bool {
	if p.Meta == nil {
		return false
	}
	for _, label := range p.Meta.Security {
		// The index has used several names for this code system over the years; the codes were always the same three.
		switch label.Code {
		case "R", "V":
			return true
		}
	}
	return false
}

func (Patient) ResourceType() string { return "Patient" }

func (p *Patient) UnmarshalJSON(b []byte) error { return split(b, p) }

func (p Patient) MarshalJSON() ([]byte, error) { return join(p) }

func (l *PatientLink) UnmarshalJSON(b []byte) error { return split(b, l) }

func (l PatientLink) MarshalJSON() ([]byte, error) { return join(l) }
