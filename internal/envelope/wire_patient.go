package envelope

import "github.com/wardline/wardline/internal/id"

// IdentifiedBy is the number that somebody typed and the index compared.
type IdentifiedBy uint8

const (
	IdentifiedByNHSNumber      IdentifiedBy = 1
	IdentifiedByHospitalNumber IdentifiedBy = 2
)

var identifyingNumbers = labels{"nhs-number", "hospital-number"}

// PatientAssertion is the patient index's statement of who a thread is about. Dates are YYYY-MM-DD; empty means none. Without an NHS number it is of
// somebody whom the hospital knows by its own number only. Continues is the assertion whose place it takes, zero for a thread's first.
// IdentifiedBy says which of the numbers was compared: the other one is the index's word.
type PatientAssertion struct {
	Tag            id.Tag
	TagKey         uint32
	Thread         id.Thread
	Requester      id.Person
	NHSNumber      string
	Family         string
	Given          string
	Title          string
	BirthDate      string
	HospitalNumber string
	Needs          string
	Superseded     string
	Restricted     bool
	Deceased       string
	Reference      string
	Version        string
	Issued         Time
	Expires        Time
	Continues      id.Hash
	IdentifiedBy   IdentifiedBy
}

// Type implements [Object].
func (*PatientAssertion) Type() Type { return TypePatientAssertion }

func (p *PatientAssertion) fields(c codec) {
	c.fixed("tag", p.Tag[:])
	c.u32("tagKey", &p.TagKey)
	c.fixed("thread", p.Thread[:])
	c.fixed("requester", p.Requester[:])
	c.text("nhsNumber", 10, &p.NHSNumber)
	c.text("family", 200, &p.Family)
	c.text("given", 200, &p.Given)
	c.text("title", 50, &p.Title)
	c.text("birthDate", 10, &p.BirthDate)
	c.text("hospitalNumber", 40, &p.HospitalNumber)
	c.text("needs", 400, &p.Needs)
	c.text("superseded", 10, &p.Superseded)
	c.flag("restricted", &p.Restricted)
	c.text("deceased", 10, &p.Deceased)
	c.text("reference", 200, &p.Reference)
	c.text("version", 100, &p.Version)
	c.time("issued", &p.Issued)
	c.time("expires", &p.Expires)
	c.fixed("continues", p.Continues[:])
	c.enum("identifiedBy", identifyingNumbers, (*uint8)(&p.IdentifiedBy))
}
