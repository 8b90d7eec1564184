package hospital

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path/filepath"

	"github.com/wardline/wardline/internal/fhir"
)

// modes is how the hospital behaves now; it survives a restart.
type modes struct {
	Record RecordMode `json:"record"`
	Reason string     `json:"reason"` // what a refusing record says
	Index  IndexMode  `json:"index"`  // the hospital's own
	// National is how the national index behaves.
	National IndexMode `json:"national"`
}

// RecordMode tells how the record behaves now.
func (h *Hospital) RecordMode() RecordMode { return h.currently().Record }

// IndexMode tells how the index behaves now.
func (h *Hospital) IndexMode() IndexMode { return h.currently().Index }

// SetRecordMode makes the record behave so from the next request on.
func (h *Hospital) SetRecordMode(mode RecordMode) error {
	known, err := parseRecordMode(string(mode))
	if err != nil {
		return err
	}
	return h.change(func(m *modes) { m.Record, m.Reason = known, refusal })
}

// SetRefusal makes the record refuse every document for a reason of the caller's.
func (h *Hospital) SetRefusal(reason string) error {
	return h.change(func(m *modes) { m.Record, m.Reason = RecordRefuse, reason })
}

// SetIndexMode makes both indexes behave so from the next request on.
func (h *Hospital) SetIndexMode(mode IndexMode) error { return h.SetViewMode("", mode) }

// SetViewMode makes one of them behave so; "" is both.
func (h *Hospital) SetViewMode(view View, mode IndexMode) error {
	known, err := parseIndexMode(string(mode))
	if err != nil {
		return err
	}
	return h.change(func(m *modes) {
		if view != NationalView {
			m.Index = known
		}
		if view != HospitalView {
			m.National = known
		}
	})
}

// viewMode tells how an index behaves now.
func (h *Hospital) viewMode(view View) IndexMode {
	if view == NationalView {
		return h.currently().National
	}
	return h.IndexMode()
}

func (h *Hospital) currently() modes {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.modes
}

func (h *Hospital) change(to func(*modes)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	next := h.modes
	to(&next)
	if err := writeJSON(filepath.Join(h.config.Dir, "modes.json"), next); err != nil {
		return err
	}
	h.modes = next
	return nil
}

func loadModes(dir string) (modes, error) {
	loaded := modes{Record: RecordAccept, Index: IndexOK, National: IndexOK, Reason: refusal}
	data, err := os.ReadFile(filepath.Join(dir, "modes.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return loaded, nil
	}
	if err != nil {
		return modes{}, fmt.Errorf("hospital: %w", err)
	}
	if err := json.Unmarshal(data, &loaded); err != nil {
		return modes{}, fmt.Errorf("hospital: modes.json: %w", err)
	}
	if _, err := parseRecordMode(string(loaded.Record)); err != nil {
		return modes{}, err
	}
	if _, err := parseIndexMode(string(loaded.Index)); err != nil {
		return modes{}, err
	}
	if _, err := parseIndexMode(string(loaded.National)); err != nil {
		return modes{}, err
	}
	return loaded, nil
}

// order is what is posted to /control, as JSON by a program or as a form by the page.
type order struct {
	Mode   string `json:"mode"`
	Reason string `json:"reason"`
	View   View   `json:"view"` // of an index; "" is both
}

func (h *Hospital) controlState(w http.ResponseWriter, _ *http.Request) {
	writeAnswer(w, http.StatusOK, "application/json", h.currently())
}

func (h *Hospital) controlRecord(w http.ResponseWriter, r *http.Request) {
	h.control(w, r, func(o order) error {
		if o.Reason != "" && o.Mode == string(RecordRefuse) {
			return h.SetRefusal(fhir.PlainText(o.Reason, 300))
		}
		return h.SetRecordMode(RecordMode(o.Mode))
	})
}

func (h *Hospital) controlIndex(w http.ResponseWriter, r *http.Request) {
	h.control(w, r, func(o order) error { return h.SetViewMode(o.View, IndexMode(o.Mode)) })
}

func (h *Hospital) control(w http.ResponseWriter, r *http.Request, apply func(order) error) {
	var o order
	form, ok := readControl(w, r, &o, func() {
		o = order{Mode: r.PostForm.Get("mode"), Reason: r.PostForm.Get("reason"), View: View(r.PostForm.Get("view"))}
	})
	if !ok {
		return
	}
	if err := apply(o); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if form {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	h.controlState(w, r)
}

// readControl reads what is posted to /control: JSON into a value, or a form, which fill takes it from.
func readControl(w http.ResponseWriter, r *http.Request, into any, fill func()) (form, ok bool) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/x-www-form-urlencoded" {
		if err := r.ParseForm(); err != nil {
			http.Error(w, "That form cannot be read.", http.StatusBadRequest)
			return true, false
		}
		fill()
		return true, true
	}
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		http.Error(w, "That is not JSON.", http.StatusBadRequest)
		return false, false
	}
	return false, true
}
