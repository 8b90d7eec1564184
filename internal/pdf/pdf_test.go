package pdf_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/wardline/wardline/internal/pdf"
)

func document() pdf.Document {
	return pdf.Document{
		Title: "Clinical decision: SMÍTH & (Sons), John", Language: "en-GB", Made: time.Date(2026, 11, 24, 13, 18, 0, 0, time.UTC), Name: "urn:uuid:1",
		Blocks: []pdf.Block{
			{Kind: pdf.H1, Text: "Clinical decision"}, {Kind: pdf.H2, Text: "Patient"}, {Kind: pdf.P, Text: "SMÍTH, John\u00a0(Mr)"}, {Kind: pdf.H3, Text: "Dr Anita Patel"},
			{Kind: pdf.P, Text: strings.Repeat("Change to IV flucloxacillin 2\u00a0g \u00b5g \u03bcg four times a day – ≥ 5 days.\n  indented  twice ", 60)},
			{Kind: pdf.P, Text: strings.Repeat("x", 300)}, {Kind: pdf.P, Text: ""},
		},
	}
}

var (
	object  = regexp.MustCompile(`(?s)(\d+) 0 obj\n(.*?)\nendobj\n`)
	shown   = regexp.MustCompile(`/(Regular|Bold) [\d.]+ Tf .*<([0-9A-F]*)> Tj`)
	begins  = regexp.MustCompile(`/(\w+) <</MCID (\d+)>> BDC`)
	mapped  = regexp.MustCompile(`<([0-9A-F]{4})> <([0-9A-F]+)>`)
	content = regexp.MustCompile(`/Contents (\d+) 0 R /StructParents (\d+)`)
	named   = regexp.MustCompile(`/(Regular|Bold) (\d+) 0 R`)
	unicode = regexp.MustCompile(`/ToUnicode (\d+) 0 R`)
)

// reader reads a file back by its own means: objects, streams, and what their numbers mean.
type reader struct {
	t       *testing.T
	objects map[string][]byte
}

func read(t *testing.T, file []byte) reader {
	t.Helper()
	r := reader{t, map[string][]byte{}}
	for _, one := range object.FindAllSubmatch(file, -1) {
		r.objects[string(one[1])] = one[2]
	}
	return r
}

func (r reader) stream(number string) []byte {
	r.t.Helper()
	_, body, found := bytes.Cut(r.objects[number], []byte("\nstream\n"))
	unpacked, err := zlib.NewReader(bytes.NewReader(body))
	if !found || err != nil {
		r.t.Fatalf("object %s is no stream: %v", number, err)
	}
	data, err := io.ReadAll(unpacked)
	if err != nil {
		r.t.Fatal(err)
	}
	return data
}

// letters is what the numbers of a font mean.
func (r reader) letters(font string) map[string]string {
	r.t.Helper()
	letters := map[string]string{}
	for _, one := range mapped.FindAllSubmatch(r.stream(string(unicode.FindSubmatch(r.objects[font])[1])), -1) {
		var units []uint16
		for n := 0; n < len(one[2]); n += 4 {
			unit, _ := strconv.ParseUint(string(one[2][n:n+4]), 16, 16)
			units = append(units, uint16(unit))
		}
		letters[string(one[1])] = string(utf16.Decode(units))
	}
	return letters
}

func TestWhatIsReadOutIsWhatWasWritten(t *testing.T) {
	d := document()
	file, err := pdf.Write(d)
	if err != nil {
		t.Fatal(err)
	}
	r := read(t, file)
	said, kinds := map[int]string{}, map[int]string{}
	pages, blocks := 0, -1
	for number := 1; number <= len(r.objects); number++ {
		body := r.objects[strconv.Itoa(number)]
		if !bytes.HasPrefix(body, []byte("<</Type /Page ")) {
			continue
		}
		pages++
		letters := map[string]map[string]string{}
		for _, one := range named.FindAllSubmatch(body, -1) {
			letters[string(one[1])] = r.letters(string(one[2]))
		}
		for n, text := range strings.Split(string(r.stream(string(content.FindSubmatch(body)[1]))), "\n") {
			if begun := begins.FindStringSubmatch(text); begun != nil {
				if n > 0 || pages == 1 { // a block goes on over the break of a page
					blocks++
				}
				kinds[blocks] = begun[1]
			}
			if one := shown.FindStringSubmatch(text); one != nil {
				for n := 0; n < len(one[2]); n += 4 {
					letter, found := letters[one[1]][one[2][n:n+4]]
					if !found {
						t.Fatalf("a number without a meaning: %s", one[2][n:n+4])
					}
					said[blocks] += letter
				}
			}
		}
	}
	if pages < 2 || blocks+1 != len(d.Blocks) {
		t.Fatalf("%d pages, %d blocks", pages, blocks+1)
	}
	for n, block := range d.Blocks {
		if want := strings.ReplaceAll(block.Text, "\n", ""); said[n] != want || kinds[n] != string(block.Kind) {
			t.Errorf("block %d, %s: %q, want %s: %q", n, kinds[n], said[n], block.Kind, want)
		}
	}
}

func TestTheFileIsTaggedAndWhole(t *testing.T) {
	file, err := pdf.Write(document())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"/MarkInfo <</Marked true>>", "/StructTreeRoot", "/Lang <FEFF0065006E002D00470042>", "/DisplayDocTitle true", "<pdfaid:part>2</pdfaid:part>",
		"<pdfaid:conformance>A</pdfaid:conformance>", "SMÍTH &amp; (Sons), John</rdf:li>", "/CalGray", "/FontFile2", "/Tabs /S"} {
		if !bytes.Contains(file, []byte(want)) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, never := range []string{"/JavaScript", "/URI", "/Launch", "/EmbeddedFile", "/Encrypt", "/DeviceRGB", "/AA"} {
		if bytes.Contains(file, []byte(never)) {
			t.Errorf("%s is in it", never)
		}
	}
	// Every place in the table of objects is where the object is.
	_, table, _ := bytes.Cut(file, []byte("\nxref\n"))
	for n, row := range strings.Split(string(table), "\n")[2:] {
		if !strings.HasSuffix(row, " n ") {
			break
		}
		place, _ := strconv.Atoi(row[:10])
		if want := fmt.Sprintf("%d 0 obj\n", n+1); !bytes.HasPrefix(file[place:], []byte(want)) {
			t.Errorf("object %d is not at %d", n+1, place)
		}
	}
	again, err := pdf.Write(document())
	if err != nil || !bytes.Equal(file, again) {
		t.Errorf("the same document gave other bytes: %v", err)
	}
	if path := os.Getenv("WARDLINE_TEST_PDF"); path != "" { // for validators: see docs/integrate/document.md
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatTheFontsDoNotHaveIsRefused(t *testing.T) {
	for _, text := range []string{"well \U0001F44D", "漢", "a\tb", "\x00", "\u202e"} {
		d := document()
		d.Blocks = append(d.Blocks, pdf.Block{Kind: pdf.P, Text: text})
		if _, err := pdf.Write(d); !errors.Is(err, pdf.ErrCharacter) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := pdf.Write(pdf.Document{Blocks: []pdf.Block{{Kind: pdf.P, Text: strings.Repeat("\n", 50_000)}}}); err == nil {
		t.Error("a document without end was written")
	}
}
