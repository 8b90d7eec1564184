package hospital

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"github.com/wardline/wardline/internal/fhir"
	"github.com/wardline/wardline/internal/nhs"
)

// The hospital keeps an index of its own, and there is a national one beside it. What happens to a patient's identity while they are here (two records are
// merged, somebody unknown is identified, a name changes) is a list of changes to the forty people, for one view or for both; it survives a restart.

// View is one of the two indexes.
type View string

// The views.
const (
	NationalView View = "national" // NHS numbers and whose they are
	HospitalView View = "hospital" // the hospital's own numbers too, and people whom nobody knows
)

// Change is something that happened to a patient's identity. Numbers are of either kind, as the patient has them at the time.
type Change struct {
	// Merge closes the record of one number, and Into is the number of the one that takes its place.
	Merge string `json:"merge,omitempty"`
	Into  string `json:"into,omitempty"`
	// Change gives the record of a number what is given here.
	Change    string `json:"change,omitempty"`
	NHSNumber string `json:"nhsNumber,omitempty"`
	Title     string `json:"title,omitempty"`
	Family    string `json:"family,omitempty"`
	Given     string `json:"given,omitempty"`
	BirthDate string `json:"birthDate,omitempty"`
	// Invalid marks the record of Change as one that may not be used.
	Invalid bool `json:"invalid,omitempty"`
	// View is where it is known; "" for both.
	View View `json:"view,omitempty"`
	// Reset forgets everything that happened before.
	Reset bool `json:"reset,omitempty"`
}

var errChange = errors.New("hospital: that change is of nobody, or leads to nobody")

// Alter has something happen to a patient's identity.
func (h *Hospital) Alter(change Change) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	next := append(append([]Change(nil), h.changes...), change)
	if change.Reset {
		next = nil
	} else if err := change.check(peopleAfter(HospitalView, h.changes)); err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(h.config.Dir, "changes.json"), next); err != nil {
		return err
	}
	h.changes = next
	return nil
}

// Merge closes one number's record in favour of another's, in both views.
func (h *Hospital) Merge(from, into string) error { return h.Alter(Change{Merge: from, Into: into}) }

// check refuses what could not have happened.
func (c Change) check(now people) error {
	if c.View != "" && c.View != NationalView && c.View != HospitalView {
		return fmt.Errorf("hospital: there is no view %q", c.View)
	}
	from, ok := now.find(c.Merge + c.Change)
	if !ok || (c.Merge == "") == (c.Change == "") {
		return errChange
	}
	if c.Merge != "" {
		if into, ok := now.find(c.Into); !ok || into.HospitalNumber == from.HospitalNumber {
			return errChange
		}
	}
	if c.NHSNumber != "" {
		number, err := nhs.ParseNumber(c.NHSNumber)
		if err != nil || number.Digits() != c.NHSNumber {
			return errors.New("hospital: that is not an NHS number")
		}
	}
	if c.BirthDate != "" {
		if _, err := nhs.ParseBirthDate(c.BirthDate); err != nil {
			return errors.New("hospital: that is not a date of birth")
		}
	}
	return nil
}

// people are those of one view.
type people []Patient

// people are those of a view, now.
func (h *Hospital) people(view View) people {
	h.mu.Lock()
	defer h.mu.Unlock()
	return peopleAfter(view, h.changes)
}

func peopleAfter(view View, changes []Change) people {
	all := people(Patients())
	for _, change := range changes {
		if change.View == "" || change.View == view {
			all.apply(change)
		}
	}
	return all
}

func (all people) apply(c Change) {
	for n := range all {
		p := &all[n]
		switch {
		case c.Merge != "" && p.has(c.Merge):
			into, ok := all.find(c.Into)
			if ok {
				p.MergedInto = into.HospitalNumber
			}
			return
		case c.Change != "" && p.has(c.Change):
			if c.NHSNumber != "" && p.NHSNumber != "" {
				p.Formerly = p.NHSNumber
			}
			p.Invalidated = p.Invalidated || c.Invalid
			for _, set := range []struct{ field, to *string }{
				{&p.NHSNumber, &c.NHSNumber}, {&p.Title, &c.Title}, {&p.Family, &c.Family}, {&p.Given, &c.Given}, {&p.BirthDate, &c.BirthDate},
			} {
				if *set.to != "" {
					*set.field = *set.to
				}
			}
			return
		}
	}
}

// has says whether a number is, or was, the patient's.
func (p Patient) has(number string) bool {
	return number != "" && (p.NHSNumber == number || p.Formerly == number || p.HospitalNumber == number)
}

func (all people) find(number string) (Patient, bool) {
	for _, p := range all {
		if p.has(number) {
			return p, true
		}
	}
	return Patient{}, false
}

// byNumber finds the record that answers for an NHS number, the present one or an older one.
func (all people) byNumber(number string) (Patient, bool) {
	for _, p := range all {
		if number != "" && (p.NHSNumber == number || p.Formerly == number) {
			return p, true
		}
	}
	return Patient{}, false
}

func (all people) byHospitalNumber(number string) (Patient, bool) {
	for _, p := range all {
		if p.HospitalNumber == number {
			return p, true
		}
	}
	return Patient{}, false
}

// survivor is the record that merges lead to. They can lead round in a circle, as in a hospital, and then nowhere.
func (all people) survivor(p Patient) (Patient, bool) {
	for range all {
		if p.MergedInto == "" {
			return p, true
		}
		p, _ = all.byHospitalNumber(p.MergedInto)
	}
	return Patient{}, false
}

func loadChanges(dir string) (changes []Change, err error) {
	data, err := os.ReadFile(filepath.Join(dir, "changes.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &changes)
	}
	if err != nil {
		return nil, fmt.Errorf("hospital: changes.json: %w", err)
	}
	return changes, nil
}

// controlPatients takes a change, as JSON by a program or as a form by the page.
func (h *Hospital) controlPatients(w http.ResponseWriter, r *http.Request) {
	var change Change
	form, ok := readControl(w, r, &change, func() {
		text := func(name string) string { return fhir.PlainText(r.PostForm.Get(name), 60) }
		change = Change{
			Merge: text("merge"), Into: text("into"), Change: text("change"), NHSNumber: text("nhsNumber"), Title: text("title"), Family: text("family"),
			Given: text("given"), BirthDate: text("birthDate"), View: View(text("view")), Reset: text("reset") == "yes",
		}
	})
	if !ok {
		return
	}
	if err := h.Alter(change); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if form {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	h.controlState(w, r)
}
