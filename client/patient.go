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

// Question is what a clinician types to identify a patient: all three must agree with the index (R11).
type Question struct {
	NHSNumber string
	Family    string
	Given     string
	BirthDate string // YYYY-MM-DD
}

// Compared is one identifier: whether it agrees with the index, and no more.
type Compared struct {
	Field string `json:"field"` // name, birthDate or nhsNumber
	Equal bool   `json:"equal"`
}

// Namesake is somebody who could be taken for the patient.
type Namesake struct {
	Name      string   `json:"name"`
	SameBirth bool     `json:"sameBirth"`
	Differs   []string `json:"differs"`
	LastFour  string   `json:"lastFour"`
}

// Identified is the index's answer for a thread that has not been started yet.
type Identified struct {
	Matched    bool
	Compared   []Compared
	Restricted bool
	Namesakes  []Namesake
	// Patient is set only when Matched. What thread members see comes from the signed assertion, as this does.
	Patient Patient

	founding  *founding
	assertion []byte
}

// Patient is who a thread is about, as the signed assertion says.
type Patient struct {
	Number         nhs.Number
	Name           nhs.Name
	Born           nhs.BirthDate
	HospitalNumber string
	Needs          []string
	// Superseded is the number that was asked for, when the index answered with another.
	Superseded nhs.Number
	Restricted bool
	Deceased   string // YYYY-MM-DD or "unknown"; empty when alive
	// By identified the patient, At that time.
	By id.Person
	At time.Time
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
	var body struct {
		Outcome    string     `json:"outcome"`
		Compared   []Compared `json:"compared"`
		Assertion  []byte     `json:"assertion"`
		Namesakes  []Namesake `json:"namesakes"`
		Restricted bool       `json:"restricted"`
	}
	err = s.call(ctx, "POST", "/v1/patients/look-up", map[string]any{
		"thread": f.membership.Thread(), "nhsNumber": q.NHSNumber, "family": q.Family, "given": q.Given, "birthDate": q.BirthDate,
	}, &body)
	if err != nil {
		return nil, err
	}
	identified := &Identified{
		Matched: body.Outcome == "matched", Compared: body.Compared, Namesakes: body.Namesakes, Restricted: body.Restricted, founding: f,
		assertion: body.Assertion,
	}
	if !identified.Matched {
		return identified, nil
	}
	assertion, err := s.readAssertion(f.membership.Thread(), body.Assertion)
	if err != nil {
		return nil, err
	}
	if err := answers(assertion, q); err != nil {
		return nil, err
	}
	identified.Patient = describePatient(assertion)
	return identified, nil
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
	number, err := nhs.ParseNumber(q.NHSNumber)
	if err != nil {
		return err
	}
	born, err := nhs.ParseBirthDate(q.BirthDate)
	if err != nil {
		return err
	}
	patient := describePatient(assertion)
	sameNumber := number == patient.Number || !patient.Superseded.IsZero() && number == patient.Superseded
	if !sameNumber || born != patient.Born || !nhs.SameName(nhs.Name{Family: q.Family, Given: q.Given}, patient.Name) {
		return refuse(envelope.WrongIdentity, "the assertion is of another patient than the one who was asked for")
	}
	return nil
}

func (s *Session) createIdentified(ctx context.Context, identified *Identified, people []id.Person) (id.Thread, error) {
	if !identified.Matched {
		return id.Thread{}, &MismatchError{identified.Compared}
	}
	f := identified.founding
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
		Deceased: a.Deceased, By: a.Requester, At: a.Issued.Time(),
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
