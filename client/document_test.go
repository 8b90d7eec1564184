package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/vectors/document.json anew from its parts")

// documentVector is read by the browser's tests too: web/src/core/record/document.test.ts.
type documentVector struct {
	Name         string          `json:"name"`
	Filing       id.Filing       `json:"filing"`
	Thread       id.Thread       `json:"thread"`
	Patient      vectorPatient   `json:"patient"`
	CheckedBy    vectorPerson    `json:"checkedBy"`
	Excerpts     []vectorExcerpt `json:"excerpts"`
	Form         *formParts      `json:"form,omitempty"`
	Corrects     *vectorEarlier  `json:"corrects,omitempty"`
	Summary      string          `json:"summary"`
	By           vectorPerson    `json:"by"`
	At           int64           `json:"at"`
	Organisation string          `json:"organisation"`
	Title        string          `json:"title"`
	HTML         string          `json:"html"`
}

type vectorPerson struct {
	ID   id.Person `json:"id"`
	Name string    `json:"name"`
	Role string    `json:"role"`
}

type vectorPatient struct {
	Family    string `json:"family"`
	Given     string `json:"given"`
	Title     string `json:"title"`
	BirthDate string `json:"birthDate"`
	NHSNumber string `json:"nhsNumber"`
	// HospitalNumber is there of somebody without an NHS number, who without a date of birth is nobody known, and of whoever has both.
	HospitalNumber string `json:"hospitalNumber,omitempty"`
	IdentifiedBy   string `json:"identifiedBy"`
	Issued         int64  `json:"issued"`
}

type vectorExcerpt struct {
	Message id.Message   `json:"message"`
	Entry   id.Hash      `json:"entry"`
	Author  vectorPerson `json:"author"`
	Time    int64        `json:"time"`
	Text    string       `json:"text"`
	Beside  bool         `json:"beside"`
}

type vectorEarlier struct {
	Decision  id.Message   `json:"decision"`
	By        vectorPerson `json:"by"`
	Time      int64        `json:"time"`
	Reference string       `json:"reference"`
}

func (p vectorPerson) named() named { return named{p.Name, p.Role} }

func (v documentVector) parts(t *testing.T) documentParts {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	var number nhs.Number
	var born nhs.BirthDate
	if err := errors.Join(number.UnmarshalText([]byte(v.Patient.NHSNumber)), born.UnmarshalText([]byte(v.Patient.BirthDate))); err != nil {
		t.Fatal(err)
	}
	parts := documentParts{
		filing: v.Filing, thread: v.Thread, checkedBy: v.CheckedBy.named(), summary: v.Summary, by: v.By.named(), at: time.UnixMilli(v.At),
		organisation: v.Organisation, zone: zone, form: v.Form,
		patient: Patient{
			Number: number, Name: nhs.Name{Family: v.Patient.Family, Given: v.Patient.Given, Title: v.Patient.Title}, Born: born,
			At: time.UnixMilli(v.Patient.Issued), HospitalNumber: v.Patient.HospitalNumber, Temporary: number.IsZero() && born.IsZero(),
			IdentifiedBy: map[string]envelope.IdentifiedBy{
				"nhs-number": envelope.IdentifiedByNHSNumber, "hospital-number": envelope.IdentifiedByHospitalNumber,
			}[v.Patient.IdentifiedBy],
		},
	}
	if v.Corrects != nil {
		parts.corrects = &corrected{v.Corrects.Decision, v.Corrects.By.named(), envelope.Time(v.Corrects.Time), v.Corrects.Reference}
	}
	for _, one := range v.Excerpts {
		parts.quoted = append(parts.quoted, quotation{
			message: one.Message, entry: one.Entry, person: one.Author.ID, author: one.Author.named(), time: envelope.Time(one.Time),
			text: one.Text, beside: one.Beside,
		})
	}
	return parts
}

func TestH16_TheDocumentIsTheSameBytesHereAndInTheBrowser(t *testing.T) {
	path := filepath.Join("..", "testdata", "vectors", "document.json")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []documentVector
	if err := json.Unmarshal(content, &vectors); err != nil {
		t.Fatal(err)
	}
	for n, vector := range vectors {
		title, html := vector.parts(t).write()
		if *rewrite {
			vectors[n].Title, vectors[n].HTML = title, string(html)
			continue
		}
		if title != vector.Title || string(html) != vector.HTML {
			t.Errorf("%s: %q\n%s", vector.Name, title, html)
		}
		for _, section := range []string{"decision", "decision-2", "background", "background-2"} {
			if strings.Count(vector.HTML, `<h2 id="`+section+`">`) > 1 {
				t.Errorf("%s: two sections are %s", vector.Name, section)
			}
		}
	}
	if len(vectors) < 8 {
		t.Errorf("only %d documents", len(vectors))
	}
	if *rewrite {
		var written bytes.Buffer
		encoder := json.NewEncoder(&written)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(vectors); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, written.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
