package hospital

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/pds"
)

func TestR11_WhatHappensToAnIdentityIsSeenByBothIndexes(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	national := func(h *Hospital) *pds.Index {
		index, err := pds.New(pds.Config{BaseURL: h.NationalURL(), HospitalNumberSystem: HospitalNumberSystem})
		if err != nil {
			t.Fatal(err)
		}
		return index
	}
	if found, err := national(h).LookUp(t.Context(), number(t, "9434765919")); err != nil || found.HospitalNumber != "" || found.Ward != "" {
		t.Errorf("nationally there is a hospital number: %+v, %v", found, err)
	}
	if _, err := national(h).LookUpHospitalNumber(t.Context(), "N0041192"); !errors.Is(err, pds.ErrUnknown) {
		t.Errorf("nationally by hospital number: %v", err)
	}
	order := func(body string, status int) {
		t.Helper()
		response, text := page(t, http.MethodPost, h.URL()+"/control/patients", strings.NewReader(body), http.Header{"Content-Type": {"application/json"}})
		if response.StatusCode != status {
			t.Errorf("%.60s: %d, %.80s", body, response.StatusCode, text)
		}
	}
	for _, bad := range []string{
		`{}`, `{"merge":"N0099001"}`, `{"merge":"N0099001","into":"N0099001"}`, `{"merge":"nobody","into":"N0041192"}`, `{"change":"N0099001","merge":"N0099002","into":"N0041192"}`,
		`{"change":"N0099001","nhsNumber":"9434765918"}`, `{"change":"N0099001","birthDate":"yesterday"}`, `{"change":"N0099001","view":"ward"}`, `{"merge":`, `{"change":"` + strings.Repeat("x", 5000) + `"}`,
	} {
		order(bad, http.StatusBadRequest)
	}
	order(`{"merge":"N0099001","into":"9992716363"}`, http.StatusOK)
	order(`{"merge":"9000000025","into":"9434765919"}`, http.StatusOK)
	order(`{"change":"9992716363","family":"Whitfield-Hart","view":"national"}`, http.StatusOK)
	order(`{"change":"N0099002","nhsNumber":"9994633082","family":"Larkin","given":"Anna","birthDate":"1990-03-04"}`, http.StatusOK)
	check := func(h *Hospital) {
		t.Helper()
		merged, err := indexOfHospital(t, h).LookUpHospitalNumber(t.Context(), "N0099001")
		if err != nil || merged.NHSNumber.Digits() != "9992716363" || merged.AskedHospitalNumber != "N0099001" || merged.Family != "Whitfield" {
			t.Errorf("who was unknown: %+v, %v", merged, err)
		}
		for name, index := range map[string]*pds.Index{"hospital": indexOfHospital(t, h), "national": national(h)} {
			found, err := index.LookUp(t.Context(), number(t, "9000000025"))
			if err != nil || found.NHSNumber.Digits() != "9434765919" || !found.Superseded {
				t.Errorf("%s, a merged number: %+v, %v", name, found, err)
			}
			if found, err = index.LookUp(t.Context(), number(t, "9994633082")); err != nil || found.Family != "Larkin" || found.Temporary {
				t.Errorf("%s, somebody who is known now: %+v, %v", name, found, err)
			}
			if people, err := index.Search(t.Context(), pds.Query{Family: "Smith", BirthDate: born(t, "1954-03-12")}); err != nil || len(people) != 1 {
				t.Errorf("%s, a merged record is found by name: %+v, %v", name, people, err)
			}
		}
		if found, err := national(h).LookUp(t.Context(), number(t, "9992716363")); err != nil || found.Family != "Whitfield-Hart" {
			t.Errorf("one view alone: %+v, %v", found, err)
		}
	}
	check(h)
	if _, text := page(t, http.MethodGet, h.URL()+"/", nil, nil); !strings.Contains(text, "Merged into N0024481") {
		t.Error("the page does not say so")
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = open(t, dir)
	check(h)
	order(`{"reset":true}`, http.StatusOK)
	if found, err := indexOfHospital(t, h).LookUpHospitalNumber(t.Context(), "N0099001"); err != nil || !found.Temporary {
		t.Errorf("after a reset: %+v, %v", found, err)
	}
}

func TestEachOfTheTwoIndexesCanMisbehave(t *testing.T) {
	h := open(t, t.TempDir())
	for _, view := range []View{NationalView, HospitalView} {
		if err := h.SetViewMode(view, IndexDown); err != nil {
			t.Fatal(err)
		}
		for other, address := range map[View]string{NationalView: h.NationalURL(), HospitalView: h.IndexURL()} {
			index, err := pds.New(pds.Config{BaseURL: address})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := index.LookUp(t.Context(), number(t, "9434765919")); errors.Is(err, pds.ErrUnavailable) != (other == view) {
				t.Errorf("with %s down, %s says %v", view, other, err)
			}
		}
		if err := h.SetIndexMode(IndexOK); err != nil {
			t.Fatal(err)
		}
	}
}
