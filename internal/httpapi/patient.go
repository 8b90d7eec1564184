package httpapi

import (
	"context"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
	"github.com/wardline/wardline/internal/patient"
)

// Patients identifies patients.
type Patients interface {
	LookUp(ctx context.Context, question patient.Question) (patient.Answer, error)
	Check(ctx context.Context, in id.Thread, by id.Person, assertion []byte) (patient.Checked, error)
}

func (a *API) registerPatients() {
	route(a, "POST /v1/patients/look-up", Bound, "lookUpPatient",
		"Compare the identifiers with the patient index, for a thread that is about to be made or linked again (R11)", a.lookUpPatient, limited(a), perPerson(a), gated(a))
	route(a, "POST /v1/threads/{thread}/patient/check", Bound, "checkPatient",
		"Ask the patient index whether the identity that a conversation is linked to still stands", a.checkPatient, limited(a), perPerson(a), gated(a))
}

type lookUpInput struct {
	Body struct {
		Thread         id.Thread `json:"thread" doc:"the thread that the patient will be linked to"`
		NHSNumber      string    `json:"nhsNumber,omitempty" maxLength:"40" doc:"ten digits; spaces and dashes are ignored"`
		HospitalNumber string    `json:"hospitalNumber,omitempty" maxLength:"40" doc:"has to agree where it is given; without an NHS number the patient is looked for by it"`
		Family         string    `json:"family" maxLength:"200"`
		Given          string    `json:"given" maxLength:"200"`
		BirthDate      string    `json:"birthDate,omitempty" maxLength:"10" doc:"YYYY-MM-DD; left out of a temporary identity alone"`
		Temporary      bool      `json:"temporary,omitempty" doc:"nobody knows who this is: the name and the hospital number of the wristband"`
		Former         []byte    `json:"former,omitempty" doc:"the signed patient-assertion that the thread is linked to, when it is to be linked again"`
	}
}

type lookUpBody struct {
	Outcome    string         `json:"outcome" enum:"matched,mismatch"`
	Compared   []comparedBody `json:"compared"`
	Assertion  []byte         `json:"assertion,omitempty" doc:"a signed patient-assertion, only when matched"`
	Patient    *patientBody   `json:"patient,omitempty" doc:"only when matched"`
	Namesakes  []namesakeBody `json:"namesakes"`
	Restricted bool           `json:"restricted"`
	Source     string         `json:"source" enum:"national,hospital" doc:"which index answered"`
	Disagrees  []string       `json:"disagrees" enum:"name,birthDate" doc:"what the hospital's own index holds otherwise than the national one"`
}

type comparedBody struct {
	Field string `json:"field" enum:"name,birthDate,nhsNumber,hospitalNumber"`
	Equal bool   `json:"equal"`
}

type patientBody struct {
	Temporary        bool     `json:"temporary" doc:"nobody knows who this is"`
	NHSNumber        string   `json:"nhsNumber" doc:"empty when it is not known"`
	SupersededNumber string   `json:"supersededNumber,omitempty" doc:"the number that was asked for, or that the thread had, when the index answered with another"`
	Family           string   `json:"family"`
	Given            string   `json:"given"`
	Title            string   `json:"title"`
	BirthDate        string   `json:"birthDate" doc:"empty of a temporary identity"`
	HospitalNumber   string   `json:"hospitalNumber"`
	Restricted       bool     `json:"restricted"`
	DeceasedOn       string   `json:"deceasedOn,omitempty" doc:"YYYY-MM-DD, or unknown when the index says no more than that the patient has died"`
	Needs            []string `json:"needs"`
}

type namesakeBody struct {
	Name             string   `json:"name" doc:"SMITH, Joan (Mrs)"`
	Family           string   `json:"family"`
	Given            string   `json:"given"`
	Title            string   `json:"title"`
	SameBirth        bool     `json:"sameBirth"`
	Differs          []string `json:"differs"`
	LastFour         string   `json:"lastFour" doc:"of the NHS number, empty when it is not known"`
	HospitalLastFour string   `json:"hospitalLastFour" doc:"of the hospital's number, for whoever compares that; empty when it is not known"`
}

func (a *API) lookUpPatient(ctx context.Context, in *lookUpInput) (*output[lookUpBody], error) {
	answer, err := a.rooms.Patients.LookUp(ctx, patient.Question{
		Thread: in.Body.Thread, Requester: a.session(ctx).Person, NHSNumber: in.Body.NHSNumber, HospitalNumber: in.Body.HospitalNumber,
		Family: in.Body.Family, Given: in.Body.Given, BirthDate: in.Body.BirthDate, Temporary: in.Body.Temporary, Former: in.Body.Former,
	})
	if err != nil {
		return nil, err
	}
	body := lookUpBody{
		Outcome: "mismatch", Restricted: answer.Restricted, Compared: describeCompared(answer.Compared), Namesakes: []namesakeBody{},
		Source: string(answer.Source), Disagrees: describeFields(answer.Disagrees),
	}
	if answer.Matched {
		body.Outcome, body.Assertion, body.Patient = "matched", answer.Assertion, describePatient(answer.Patient)
	}
	for _, n := range answer.Namesakes {
		body.Namesakes = append(body.Namesakes, namesakeBody{
			Name: n.Name.Display(), Family: n.Name.Family, Given: n.Name.Given, Title: n.Name.Title,
			SameBirth: n.SameBirth, Differs: list(n.Differs), LastFour: n.LastFour, HospitalLastFour: n.HospitalLastFour,
		})
	}
	return &output[lookUpBody]{body}, nil
}

type checkPatientInput struct {
	Thread id.Thread `path:"thread"`
	Body   struct {
		Assertion []byte `json:"assertion" doc:"the signed patient-assertion that the thread is linked to"`
	}
}

type checkPatientBody struct {
	Outcome   string         `json:"outcome" enum:"current,superseded,changed,identified,gone" doc:"superseded comes with an assertion to link; changed and identified want a look-up; gone wants a person to look into it"`
	Compared  []comparedBody `json:"compared"`
	Assertion []byte         `json:"assertion,omitempty" doc:"a signed patient-assertion that continues, only when superseded"`
	Patient   *patientBody   `json:"patient,omitempty" doc:"only when superseded"`
	Source    string         `json:"source,omitempty" enum:"national,hospital" doc:"which index answered, only when superseded"`
	Disagrees []string       `json:"disagrees" enum:"name,birthDate" doc:"as in a look-up, only when superseded"`
}

func (a *API) checkPatient(ctx context.Context, in *checkPatientInput) (*output[checkPatientBody], error) {
	checked, err := a.rooms.Patients.Check(ctx, in.Thread, a.session(ctx).Person, in.Body.Assertion)
	if err != nil {
		return nil, err
	}
	body := checkPatientBody{Outcome: string(checked.Standing), Compared: describeCompared(checked.Compared), Disagrees: describeFields(checked.Disagrees)}
	if checked.Patient != nil {
		body.Assertion, body.Patient, body.Source = checked.Assertion, describePatient(checked.Patient), string(checked.Source)
	}
	return &output[checkPatientBody]{body}, nil
}

var fieldNames = map[nhs.Identifier]string{
	nhs.FullName: "name", nhs.DateOfBirth: "birthDate", nhs.NHSNumber: "nhsNumber", nhs.HospitalNumber: "hospitalNumber",
}

func describeCompared(all []patient.Compared) []comparedBody {
	body := []comparedBody{}
	for _, one := range all {
		body = append(body, comparedBody{Field: fieldNames[one.Field], Equal: one.Equal})
	}
	return body
}

func describeFields(fields []nhs.Identifier) []string {
	names := []string{}
	for _, one := range fields {
		names = append(names, fieldNames[one])
	}
	return names
}

func describePatient(r *patient.Record) *patientBody {
	body := &patientBody{
		Temporary: r.Temporary, NHSNumber: r.Number.Digits(), Family: r.Name.Family, Given: r.Name.Given, Title: r.Name.Title, BirthDate: r.Born.String(),
		HospitalNumber: r.HospitalNumber, Restricted: r.Restricted, DeceasedOn: r.DiedOn, Needs: list(r.Needs),
	}
	if r.Temporary {
		body.BirthDate = "" // an index has to have one, and makes it up
	}
	for _, old := range r.Identifiers.Superseded {
		body.SupersededNumber = old.Digits()
	}
	return body
}
