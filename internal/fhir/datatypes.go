package fhir

import "strings"

// Meta is what a server says about a resource.
type Meta struct {
	VersionID   string   `json:"versionId"`
	LastUpdated string   `json:"lastUpdated"`
	Profile     []string `json:"profile"`
	Security    []Coding `json:"security"`
	Tag         []Coding `json:"tag"`
	Unknown     Unknown  `json:"-"`
}

// Coding is one code of a code system.
type Coding struct {
	System  string  `json:"system"`
	Version string  `json:"version"`
	Code    string  `json:"code"`
	Display string  `json:"display"`
	Unknown Unknown `json:"-"`
}

// CodeableConcept is a meaning in codes, in words, or in both.
type CodeableConcept struct {
	Coding  []Coding `json:"coding"`
	Text    string   `json:"text"`
	Unknown Unknown  `json:"-"`
}

// Identifier names a thing within a system of identifiers.
type Identifier struct {
	Use       string           `json:"use"`
	Type      *CodeableConcept `json:"type"`
	System    string           `json:"system"`
	Value     string           `json:"value"`
	Extension []Extension      `json:"extension"`
	Unknown   Unknown          `json:"-"`
}

// Reference points to another resource, by address or by identifier.
type Reference struct {
	Reference  string      `json:"reference"`
	Type       string      `json:"type"`
	Identifier *Identifier `json:"identifier"`
	Display    string      `json:"display"`
	Unknown    Unknown     `json:"-"`
}

// Period is a span of time; an empty end is open.
type Period struct {
	Start   string  `json:"start"`
	End     string  `json:"end"`
	Unknown Unknown `json:"-"`
}

// HumanName is one name of a person.
type HumanName struct {
	Use     string   `json:"use"`
	Text    string   `json:"text"`
	Family  string   `json:"family"`
	Given   []string `json:"given"`
	Prefix  []string `json:"prefix"`
	Suffix  []string `json:"suffix"`
	Period  *Period  `json:"period"`
	Unknown Unknown  `json:"-"`
}

// ContactPoint is a telephone number or another way to reach a person.
type ContactPoint struct {
	System  string  `json:"system"`
	Value   string  `json:"value"`
	Use     string  `json:"use"`
	Unknown Unknown `json:"-"`
}

// Address is a postal address.
type Address struct {
	Use        string   `json:"use"`
	Line       []string `json:"line"`
	PostalCode string   `json:"postalCode"`
	Unknown    Unknown  `json:"-"`
}

// Extension is an addition to a resource, named by its address. It has a value or extensions of its own.
type Extension struct {
	URL                  string           `json:"url"`
	Extension            []Extension      `json:"extension"`
	ValueString          string           `json:"valueString"`
	ValueCode            string           `json:"valueCode"`
	ValueBoolean         *bool            `json:"valueBoolean"`
	ValueBase64Binary    string           `json:"valueBase64Binary"`
	ValueCodeableConcept *CodeableConcept `json:"valueCodeableConcept"`
	ValueIdentifier      *Identifier      `json:"valueIdentifier"`
	Unknown              Unknown          `json:"-"`
}

// Is reports whether the coding is this code of this system.
func (c Coding) Is(system, code string) bool { return c.System == system && c.Code == code }

// Words returns the text of the concept, or the display of its first coding that has one.
func (c *CodeableConcept) Words() string {
	if c == nil {
		return ""
	}
	if c.Text != "" {
		return c.Text
	}
	for _, coding := range c.Coding {
		if coding.Display != "" {
			return coding.Display
		}
	}
	return ""
}

// IdentifierValue returns the value of the first identifier of a system, "" when there is none.
func IdentifierValue(identifiers []Identifier, system string) string {
	for _, identifier := range identifiers {
		if identifier.System == system {
			return identifier.Value
		}
	}
	return ""
}

// ExtensionNamed returns the first extension with that address, or with the same last part at one of the addresses under
// which UK Core published it before; nil when there is none.
func ExtensionNamed(extensions []Extension, url string) *Extension {
	older := "https://fhir.nhs.uk/R4/StructureDefinition/" + url[strings.LastIndexByte(url, '/')+1:]
	for i := range extensions {
		if extensions[i].URL == url || extensions[i].URL == older {
			return &extensions[i]
		}
	}
	return nil
}

func (m *Meta) UnmarshalJSON(b []byte) error { return split(b, m) }

func (m Meta) MarshalJSON() ([]byte, error) { return join(m) }

func (c *Coding) UnmarshalJSON(b []byte) error { return split(b, c) }

func (c Coding) MarshalJSON() ([]byte, error) { return join(c) }

func (c *CodeableConcept) UnmarshalJSON(b []byte) error { return split(b, c) }

func (c CodeableConcept) MarshalJSON() ([]byte, error) { return join(c) }

func (i *Identifier) UnmarshalJSON(b []byte) error { return split(b, i) }

func (i Identifier) MarshalJSON() ([]byte, error) { return join(i) }

func (r *Reference) UnmarshalJSON(b []byte) error { return split(b, r) }

func (r Reference) MarshalJSON() ([]byte, error) { return join(r) }

func (p *Period) UnmarshalJSON(b []byte) error { return split(b, p) }

func (p Period) MarshalJSON() ([]byte, error) { return join(p) }

func (n *HumanName) UnmarshalJSON(b []byte) error { return split(b, n) }

func (n HumanName) MarshalJSON() ([]byte, error) { return join(n) }

func (c *ContactPoint) UnmarshalJSON(b []byte) error { return split(b, c) }

func (c ContactPoint) MarshalJSON() ([]byte, error) { return join(c) }

func (a *Address) UnmarshalJSON(b []byte) error { return split(b, a) }

func (a Address) MarshalJSON() ([]byte, error) { return join(a) }

func (e *Extension) UnmarshalJSON(b []byte) error { return split(b, e) }

func (e Extension) MarshalJSON() ([]byte, error) { return join(e) }
