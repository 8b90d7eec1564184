package patient

import (
	"errors"
	"testing"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/nhs"
)

// TestR11_AHospitalNumberAloneTellsNothing is about somebody who has a hospital number, and not the name or the day of birth.
func TestR11_AHospitalNumberAloneTellsNothing(t *testing.T) {
	numbered, without := byLocal("RXH 12-345", "Doe", "Jane", "1954-03-12"), byLocal("RXH77", "Doe", "Jane", "1980-01-02")
	for name, happens := range map[string]func(*hospitalOf){
		"as it is": func(*hospitalOf) {},
		"whose NHS number is nationally of somebody else": func(h *hospitalOf) {
			h.national.patients["9434765919"] = person(t, "9434765919", "Jones", "Ann", "Ms", "1961-01-01")
		},
		"whose NHS number is nationally of nobody": func(h *hospitalOf) { delete(h.national.patients, "9434765919") },
	} {
		t.Run(name, func(t *testing.T) {
			h := ward(t)
			happens(h)
			h.ask(true)
			one, err := h.LookUp(t.Context(), numbered)
			if err != nil {
				t.Fatal(err)
			}
			other, err := h.LookUp(t.Context(), without)
			if err != nil {
				t.Fatal(err)
			}
			if one.Matched || one.Source != other.Source || one.Restricted || one.Disagrees != nil {
				t.Errorf("with an NHS number %+v, without %+v", one, other)
			}
		})
	}
}

// TestR05_WhatCannotBeAssertedIsNotedToo: a look-up that matched, and that comes to nothing all the same, leaves an entry.
func TestR05_WhatCannotBeAssertedIsNotedToo(t *testing.T) {
	h := ward(t)
	merged := person(t, "9434765919", "Visiteur", "Anne", "Ms", "1980-01-02")
	merged.Number, merged.FormerHospitalNumbers = nhs.Number{}, []string{"RXH77"} // into a record without any number
	h.local.byHospitalNumber["RXH77"] = merged
	h.ask(true)
	if _, err := h.LookUp(t.Context(), byLocal("RXH77", "Visiteur", "Anne", "1980-01-02")); !errors.Is(err, ErrNobody) {
		t.Fatal(err)
	}
	if len(h.kept.events) == 0 {
		t.Fatal("nothing was noted")
	}
	if last := h.kept.events[len(h.kept.events)-1]; last.Kind != audit.LookUpRefused || last.Details["outcome"] != "index_unavailable" {
		t.Errorf("noted as %+v", last)
	}
}
