package client

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
)

// Question is what a clinician types to identify a patient: full name, date of birth, and the NHS number or the hospital's, or both, must agree with the
// index (R11). Of somebody whom nobody knows it is the temporary name and the hospital number of the wristband.
type Question struct {
	NHSNumber      string
	HospitalNumber string
	Family         string
	Given          string
	BirthDate      string // YYYY-MM-DD; not of a temporary identity
	Temporary      bool
}

// Compared is one identifier: whether it agrees with the index, and no more.
type Compared struct {
	Field string `json:"field"` // name, birthDate, nhsNumber or hospitalNumber
	Equal bool   `json:"equal"`
}

// Namesake is somebody who could be taken for the patient.
type Namesake struct {
	Name             string   `json:"name"`
	SameBirth        bool     `json:"sameBirth"`
	Differs          []string `json:"differs"`
	LastFour         string   `json:"lastFour"` // of the NHS number
	HospitalLastFour string   `json:"hospitalLastFour"`
}

// Identified is the index's answer for a thread that has not been started yet, or that may be linked again.
type Identified struct {
	Matched    bool
	Compared   []Compared
	Restricted bool
	Namesakes  []Namesake
	// Source is which index answered, national or hospital, and Disagrees what the hospital's own holds otherwise: name or birthDate.
	Source    string
	Disagrees []string
	// Patient is set only when Matched. What thread members see comes from the signed assertion, as this does.
	Patient Patient

	founding  *founding
	thread    id.Thread // that it may link again
	assertion []byte
}

// Patient is who a thread is about, as the signed assertion says.
type Patient struct {
	Number         nhs.Number // zero when it is not known
	Name           nhs.Name
	Born           nhs.BirthDate // zero for a temporary identity
	Temporary      bool          // nobody knows who this is: name and hospital number are the hospital's until they do
	HospitalNumber string
	Needs          []string
	// Superseded is the number that was asked for, when the index answered with another.
	Superseded nhs.Number
	Restricted bool
	Deceased   string // YYYY-MM-DD or "unknown"; empty when alive
	// By identified the patient, At that time, by the number that IdentifiedBy says; the other one nobody compared.
	By           id.Person
	At           time.Time
	IdentifiedBy envelope.IdentifiedBy
}

// MismatchError says which identifiers agree. It is an [ErrMismatch].
type MismatchError struct{ Compared []Compared }

// Error implements error.
func (m *MismatchError) Error() string { return fmt.Sprintf("%v: %v", ErrMismatch, m.Compared) }

// Unwrap makes it an ErrMismatch.
func (m *MismatchError) Unwrap() error { return ErrMismatch }

// Identify asks the patient index about a patient, for a thread that [Session.CreateIdentified] may start within the hour.
func (s *Session) Identify(ctx context.Context, q Question) (*Identified, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.identify(ctx, q)
}

// CreatePatient identifies a patient and starts their thread with these people, in one step.
func (s *Session) CreatePatient(ctx context.Context, q Question, people []id.Person) (id.Thread, error) {
	if err := s.enter(); err != nil {
		return id.Thread{}, err
	}
	defer s.mu.Unlock()
	identified, err := s.identify(ctx, q)
	if err != nil {
		return id.Thread{}, err
	}
	return s.createIdentified(ctx, identified, people)
}

// CreateIdentified starts the thread of a patient who was identified.
func (s *Session) CreateIdentified(ctx context.Context, identified *Identified, people []id.Person) (id.Thread, error) {
	if err := s.enter(); err != nil {
		return id.Thread{}, err
	}
	defer s.mu.Unlock()
	return s.createIdentified(ctx, identified, people)
}

func (s *Session) identify(ctx context.Context, q Question) (*Identified, error) {
	f, err := s.found(envelope.Create{Space: envelope.SpacePatient, AddBy: envelope.WhoMember, PostBy: envelope.WhoMember})
	if err != nil {
		return nil, err
	}
	identified, assertion, err := s.lookUp(ctx, f.membership.Thread(), q, nil)
	if err != nil {
		return nil, err
	}
	identified.founding = f
	if assertion != nil && !assertion.Continues.IsZero() {
		return nil, refuse(envelope.WrongIdentity, "an assertion that takes the place of another, for a thread that is new")
	}
	return identified, nil
}

// lookUp asks the index, and checks that its answer is of whom was asked for. former is the signed assertion that the thread is linked to, if it is.
func (s *Session) lookUp(ctx context.Context, in id.Thread, q Question, former []byte) (*Identified, *envelope.PatientAssertion, error) {
	var body struct {
		Outcome    string     `json:"outcome"`
		Compared   []Compared `json:"compared"`
		Assertion  []byte     `json:"assertion"`
		Namesakes  []Namesake `json:"namesakes"`
		Restricted bool       `json:"restricted"`
		Source     string     `json:"source"`
		Disagrees  []string   `json:"disagrees"`
	}
	asked := map[string]any{"thread": in, "family": q.Family, "given": q.Given}
	for name, value := range map[string]string{"nhsNumber": q.NHSNumber, "hospitalNumber": q.HospitalNumber, "birthDate": q.BirthDate} {
		if value != "" {
			asked[name] = value
		}
	}
	if q.Temporary {
		asked["temporary"] = true
	}
	if former != nil {
		asked["former"] = former
	}
	if err := s.call(ctx, "POST", "/v1/patients/look-up", asked, &body); err != nil {
		return nil, nil, err
	}
	identified := &Identified{
		Matched: body.Outcome == "matched", Compared: body.Compared, Namesakes: body.Namesakes, Restricted: body.Restricted,
		Source: body.Source, Disagrees: body.Disagrees, assertion: body.Assertion,
	}
	if !identified.Matched {
		return identified, nil, nil
	}
	assertion, err := s.readAssertion(in, body.Assertion)
	if err != nil {
		return nil, nil, err
	}
	if err := answers(assertion, q); err != nil {
		return nil, nil, err
	}
	identified.Patient = describePatient(assertion)
	return identified, assertion, nil
}

// readAssertion checks what the server signed, before anything is linked to it.
func (s *Session) readAssertion(in id.Thread, raw []byte) (*envelope.PatientAssertion, error) {
	signed, err := envelope.Parse[envelope.Signed](raw)
	if err != nil {
		return nil, err
	}
	if err := s.manifests.VerifyServer(signed, envelope.PurposeAssert); err != nil {
		return nil, err
	}
	assertion, err := envelope.Open[envelope.PatientAssertion](signed)
	if err != nil {
		return nil, err
	}
	if assertion.Thread != in || assertion.Requester != s.person {
		return nil, refuse(envelope.WrongIdentity, "an assertion that was made for another thread or person")
	}
	return assertion, nil
}

// answers holds the assertion against what was asked, by the same rules as the server: a server that answers with another patient is refused.
func answers(assertion *envelope.PatientAssertion, q Question) error {
	patient := describePatient(assertion)
	same := nhs.SameName(nhs.Name{Family: q.Family, Given: q.Given}, patient.Name) && patient.Temporary == q.Temporary
	if !q.Temporary {
		born, err := nhs.ParseBirthDate(q.BirthDate)
		if err != nil {
			return err
		}
		same = same && born == patient.Born
	}
	if q.NHSNumber != "" {
		number, err := nhs.ParseNumber(q.NHSNumber)
		if err != nil {
			return err
		}
		same = same && (number == patient.Number || number == patient.Superseded) && patient.IdentifiedBy == envelope.IdentifiedByNHSNumber
	} else {
		folded := nhs.FoldHospitalNumber(q.HospitalNumber)
		same = same && folded != "" && folded == nhs.FoldHospitalNumber(patient.HospitalNumber) && patient.IdentifiedBy == envelope.IdentifiedByHospitalNumber
	}
	if !same {
		return refuse(envelope.WrongIdentity, "the assertion is of another patient than the one who was asked for, or by another number")
	}
	return nil
}

func (s *Session) createIdentified(ctx context.Context, identified *Identified, people []id.Person) (id.Thread, error) {
	if !identified.Matched {
		return id.Thread{}, &MismatchError{identified.Compared}
	}
	f := identified.founding
	if f == nil {
		return id.Thread{}, refuse(envelope.WrongIdentity, "the patient was identified for a thread that there is")
	}
	assertion, err := s.readAssertion(f.membership.Thread(), identified.assertion)
	if err != nil {
		return id.Thread{}, err
	}
	hash, err := envelope.Hash(assertion)
	if err != nil {
		return id.Thread{}, err
	}
	if f.membership.Seq() == 0 { // not the second try after an error
		if err := s.invite(ctx, f, people, envelope.AddCareTeam); err != nil {
			return id.Thread{}, err
		}
		link := &envelope.Link{EntryHead: s.nextEntry(f.membership), Tag: assertion.Tag, Assertion: hash}
		if err := f.append(s, link); err != nil {
			return id.Thread{}, err
		}
		f.state = envelope.ThreadState{Assertion: &envelope.StateAssertion{Assertion: identified.assertion}}
	}
	return s.start(ctx, f)
}

func describePatient(a *envelope.PatientAssertion) Patient {
	patient := Patient{
		Name: nhs.Name{Family: a.Family, Given: a.Given, Title: a.Title}, HospitalNumber: a.HospitalNumber, Restricted: a.Restricted,
		Temporary: a.Temporary(),
		Deceased:  a.Deceased, By: a.Requester, At: a.Issued.Time(), IdentifiedBy: a.IdentifiedBy,
	}
	// An index with a number that is none shows as no number: then no text is compared with it and nothing can be filed.
	patient.Number, _ = nhs.ParseNumber(a.NHSNumber)
	patient.Superseded, _ = nhs.ParseNumber(a.Superseded)
	patient.Born, _ = nhs.ParseBirthDate(a.BirthDate)
	if a.Needs != "" {
		patient.Needs = strings.Split(a.Needs, "\n")
	}
	return patient
}
