package httpapi

import (
	"context"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/patient"
)

// Patients identifies patients.
type Patients interface {
	LookUp(ctx context.Context, question patient.Question) (patient.Answer, error)
}

func (a *API) registerPatients() {
	route(a, "POST /v1/patients/look-up", Bound, "lookUpPatient",
		"Compare three identifiers with the patient index, for a thread that is about to be made (R11)", a.lookUpPatient, limited(a), gated(a))
}

type lookUpInput struct {
	Body struct {
		Thread    id.Thread `json:"thread" doc:"the thread that the patient will be linked to"`
		NHSNumber string    `json:"nhsNumber" maxLength:"40" doc:"ten digits; spaces and dashes are ignored"`
		Family    string    `json:"family" maxLength:"200"`
		Given     string    `json:"given" maxLength:"200"`
		BirthDate string    `json:"birthDate" maxLength:"10" doc:"YYYY-MM-DD"`
	}
}

type lookUpBody struct {
	Outcome    string         `json:"outcome" enum:"matched,mismatch"`
	Compared   []comparedBody `json:"compared"`
	Assertion  []byte         `json:"assertion,omitempty" doc:"a signed patient-assertion, only when matched"`
	Patient    *patientBody   `json:"patient,omitempty" doc:"only when matched"`
	Namesakes  []namesakeBody `json:"namesakes"`
	Restricted bool           `json:"restricted"`
}

type comparedBody struct {
	Field string `json:"field" enum:"name,birthDate,nhsNumber"`
	Equal bool   `json:"equal"`
}

type patientBody struct {
	NHSNumber        string   `json:"nhsNumber"`
	SupersededNumber string   `json:"supersededNumber,omitempty" doc:"the number that was asked for, when the index answered with another"`
	Family           string   `json:"family"`
	Given            string   `json:"given"`
	Title            string   `json:"title"`
	BirthDate        string   `json:"birthDate"`
	HospitalNumber   string   `json:"hospitalNumber"`
	Restricted       bool     `json:"restricted"`
	DeceasedOn       string   `json:"deceasedOn,omitempty" doc:"YYYY-MM-DD, or unknown when the index says no more than that the patient has died"`
	Needs            []string `json:"needs"`
}

type namesakeBody struct {
	Name      string   `json:"name" doc:"SMITH, Joan (Mrs)"`
	Family    string   `json:"family"`
	Given     string   `json:"given"`
	Title     string   `json:"title"`
	SameBirth bool     `json:"sameBirth"`
	Differs   []string `json:"differs"`
	LastFour  string   `json:"lastFour"`
}

func (a *API) lookUpPatient(ctx context.Context, in *lookUpInput) (*output[lookUpBody], error) {
	answer, err := a.rooms.Patients.LookUp(ctx, patient.Question{
		Thread: in.Body.Thread, Requester: a.session(ctx).Person, NHSNumber: in.Body.NHSNumber,
		Family: in.Body.Family, Given: in.Body.Given, BirthDate: in.Body.BirthDate,
	})
	if err != nil {
		return nil, err
	}
	body := lookUpBody{Outcome: "mismatch", Restricted: answer.Restricted, Compared: []comparedBody{}, Namesakes: []namesakeBody{}}
	for _, one := range answer.Compared {
		body.Compared = append(body.Compared, comparedBody{Field: fieldNames[string(one.Field)], Equal: one.Equal})
	}
	if answer.Matched {
		body.Outcome, body.Assertion, body.Patient = "matched", answer.Assertion, describePatient(answer.Patient)
	}
	for _, n := range answer.Namesakes {
		body.Namesakes = append(body.Namesakes, namesakeBody{
			Name: n.Name.Display(), Family: n.Name.Family, Given: n.Name.Given, Title: n.Name.Title,
			SameBirth: n.SameBirth, Differs: list(n.Differs), LastFour: n.LastFour,
		})
	}
	return &output[lookUpBody]{body}, nil
}

var fieldNames = map[string]string{"name": "name", "birth_date": "birthDate", "nhs_number": "nhsNumber"}

func describePatient(r *patient.Record) *patientBody {
	body := &patientBody{
		NHSNumber: r.Number.Digits(), Family: r.Name.Family, Given: r.Name.Given, Title: r.Name.Title, BirthDate: r.Born.String(),
		HospitalNumber: r.HospitalNumber, Restricted: r.Restricted, DeceasedOn: r.DiedOn, Needs: list(r.Needs),
	}
	for _, old := range r.Identifiers.Superseded {
		body.SupersededNumber = old.Digits()
	}
	return body
}
