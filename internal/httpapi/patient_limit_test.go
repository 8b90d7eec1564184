package httpapi

import (
	"context"
	"testing"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/patient"
)

// strangers is an index that knows nobody.
type strangers struct{ asked int }

func (s *strangers) LookUp(context.Context, patient.Question) (patient.Answer, error) {
	s.asked++
	return patient.Answer{Source: patient.HospitalOnly}, nil
}

func (s *strangers) Check(context.Context, id.Thread, id.Person, []byte) (patient.Checked, error) {
	s.asked++
	return patient.Checked{Standing: patient.Gone}, nil
}

// TestR05_APersonAsksAboutSoManyPatientsAndNoMore: whoever goes through days of birth or hospital numbers is slowed down, from wherever they ask, and nobody
// else is.
func TestR05_APersonAsksAboutSoManyPatientsAndNoMore(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		index := &strangers{}
		s.rooms.Patients = index
		guessing, other := s.enrol("guessing"), s.enrol("other")
		question := object{"thread": id.Thread{1}, "nhsNumber": "9434765919", "family": "Smith", "given": "John", "birthDate": "1954-03-12"}
		for range lookUpBurst - 1 {
			if s.lookUps.take(guessing.Person) > 0 {
				t.Fatal("refused too early")
			}
		}
		s.send("POST", "/v1/patients/look-up", guessing.cookie, question, &lookUpBody{})
		w := s.send("POST", "/v1/patients/look-up", guessing.cookie, question, nil)
		s.refused("one more", w, 429, "too_many_tries")
		check := "/v1/threads/" + id.Thread{1}.String() + "/patient/check"
		s.refused("a check instead", s.send("POST", check, guessing.cookie, object{"assertion": []byte{1}}, nil), 429, "too_many_tries")
		if index.asked != 1 {
			t.Errorf("the index was asked %d times", index.asked)
		}
		s.send("POST", "/v1/patients/look-up", other.cookie, question, &lookUpBody{})
		s.clock.Advance(lookUpInterval)
		s.send("POST", check, guessing.cookie, object{"assertion": []byte{1}}, &checkPatientBody{})
	})
}
