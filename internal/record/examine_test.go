package record_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

// throughFile writes evidence to a file's bytes and reads it back.
func throughFile(t *testing.T, evidence record.Evidence) record.Evidence {
	t.Helper()
	encoded, err := json.Marshal(evidence)
	if err != nil {
		t.Fatal(err)
	}
	read, err := record.ReadEvidence(bytes.NewReader(encoded))
	if err != nil {
		t.Fatalf("%v: %s", err, encoded)
	}
	return read
}

func verdicts(e record.Examination) (found []record.Finds) {
	for _, one := range e.Findings {
		found = append(found, one.Verdict)
	}
	return found
}

func TestR20_R21_ADocumentIsProvedAgainstItsTombstones(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWard(t, db)
		note, decision := w.say(t, 10, envelope.KindText), w.say(t, 11, envelope.KindDecision)
		s := w.submission(note, decision)
		if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
			t.Fatal(err)
		}
		examine := func(document []byte, change func(*record.Evidence)) record.Examination {
			t.Helper()
			evidence, err := db.Evidence(t.Context(), s.Filing)
			if err != nil {
				t.Fatal(err)
			}
			evidence = throughFile(t, evidence)
			if change != nil {
				change(&evidence)
			}
			found, err := record.Examine(document, evidence)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		if found := examine(s.Document, nil); !found.Proved() || found.Findings[0].Verdict != record.Present || found.Findings[1].Seq != 11 {
			t.Errorf("before the receipt: %+v", found)
		}
		w.work(t)
		w.clock.Advance(2 * grace)
		w.work(t)
		found := examine(s.Document, nil)
		if !found.Proved() || found.Findings[0].Verdict != record.DestroyedWith || found.Findings[1].Verdict != record.DestroyedWith || found.Findings[0].At.IsZero() {
			t.Errorf("after the destruction: %+v", found)
		}

		// Other words under the same names: not what was filed, and the tombstones name another document.
		altered := bytes.Replace(s.Document, []byte("words"), []byte("WORDS"), 1)
		if found := examine(altered, nil); found.Proved() || found.Same || found.Findings[0].Verdict != record.Elsewhere {
			t.Errorf("altered: %+v", found)
		}
		forged := bytes.Replace(s.Document, []byte(note.Entry.String()), []byte(id.Hash{77}.String()), 1)
		if found := examine(forged, nil); found.Proved() || found.Findings[0].Verdict != record.Differs {
			t.Errorf("another hash beside an excerpt: %+v", found)
		}
		if found := examine(s.Document, func(e *record.Evidence) { e.Entries = e.Entries[1:] }); found.Proved() || found.Findings[0].Verdict != record.Absent {
			t.Errorf("a message that the log has not: %+v", found)
		}
		if found := examine(s.Document, func(e *record.Evidence) {
			e.Entries[0].Tombstone, e.Entries[1].Tombstone = e.Entries[1].Tombstone, e.Entries[0].Tombstone
		}); found.Proved() {
			t.Errorf("tombstones exchanged: %v", verdicts(found))
		}
		if found := examine(s.Document, func(e *record.Evidence) { e.Entries[0].Tombstone = []byte("not a tombstone") }); found.Proved() {
			t.Errorf("a tombstone that is none: %v", verdicts(found))
		}
		if found := examine(s.Document, func(e *record.Evidence) { e.Filing = id.Filing{9} }); found.Proved() {
			t.Error("another filing's evidence proved it")
		}
		script := bytes.Replace(s.Document, []byte("<p>words"), []byte("<script>x</script><p>words"), 1)
		if _, err := record.Examine(script, record.Evidence{}); !errors.Is(err, record.ErrDocument) {
			t.Errorf("a document that Wardline does not file: %v", err)
		}
		if _, err := db.Evidence(t.Context(), id.Filing{9}); !errors.Is(err, record.ErrFilingUnknown) {
			t.Errorf("evidence of nothing: %v", err)
		}
	})
}

func TestReadEvidenceRefuses(t *testing.T) {
	one := `{"message":"` + id.Message{1}.String() + `","seq":1,"entry":"` + id.Hash{1}.String() + `"}`
	for name, text := range map[string]string{
		"nothing": "", "not JSON": "<p>", "another version": `{"wardlineEvidence":2}`, "an unknown field": `{"wardlineEvidence":1,"words":"x"}`,
		"something after it": `{"wardlineEvidence":1} {}`, "a message twice": `{"wardlineEvidence":1,"entries":[` + one + `,` + one + `]}`,
		"too much": `{"wardlineEvidence":1,"reference":"` + strings.Repeat("x", 1<<20) + `"}`,
		"too many": `{"wardlineEvidence":1,"entries":[` + one + strings.Repeat(`,`+one, 200) + `]}`,
	} {
		if _, err := record.ReadEvidence(strings.NewReader(text)); !errors.Is(err, record.ErrEvidence) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if evidence, err := record.ReadEvidence(strings.NewReader(`{"wardlineEvidence":1,"entries":[` + one + `]}`)); err != nil || len(evidence.Entries) != 1 {
		t.Errorf("%+v, %v", evidence, err)
	}
}

func FuzzReadEvidence(f *testing.F) {
	f.Add([]byte(`{"wardlineEvidence":1,"entries":[{"message":"`+id.Message{1}.String()+`","seq":1,"entry":"`+id.Hash{1}.String()+`","tombstone":"AAAA"}]}`),
		[]byte(`<meta name="wardline-filing" content="x">`))
	f.Fuzz(func(t *testing.T, data, document []byte) {
		evidence, err := record.ReadEvidence(bytes.NewReader(data))
		if err != nil {
			return
		}
		if found, err := record.Examine(document, evidence); err == nil && found.Proved() && !found.Same {
			t.Error("proved without being the same")
		}
	})
}
