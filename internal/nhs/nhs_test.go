package nhs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/nhs"
)

type vectors struct {
	Numbers []struct {
		Text, Digits, Display, Why string
		Valid                      bool
	}
	Find []struct {
		Why, Text string
		Found     []struct{ Digits, Spelt string }
	}
	Ordinary []string
	Births   []struct {
		Text, Display string
		Valid         bool
	}
	Names []struct {
		A, B nhs.Name
		Same bool
	}
	Display []struct{ Family, Given, Title, Display string }
}

var reasons = map[string]error{
	"check": nhs.ErrNumberCheck, "repeated": nhs.ErrNumberRepeated, "length": nhs.ErrNumberLength, "characters": nhs.ErrNumberCharacters,
}

func TestR11_NumbersAsInTheVectors(t *testing.T) {
	for _, v := range read(t).Numbers {
		number, err := nhs.ParseNumber(v.Text)
		if v.Valid {
			if err != nil || number.Digits() != v.Digits || number.Display() != v.Display {
				t.Errorf("%q: %q %q %v", v.Text, number.Digits(), number.Display(), err)
			}
			continue
		}
		if !errors.Is(err, reasons[v.Why]) || !number.IsZero() {
			t.Errorf("%q: %v (%q), want it refused for its %s", v.Text, err, number, v.Why)
		}
	}
}

func TestR37_NumbersInTextAsInTheVectors(t *testing.T) {
	for _, v := range read(t).Find {
		type item struct{ Digits, Spelt string }
		var got, want []item
		for _, f := range nhs.FindNumbers(v.Text) {
			got = append(got, item{f.Number.Digits(), v.Text[f.Start:f.End]})
		}
		for _, f := range v.Found {
			want = append(want, item(f))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %q\n%s", v.Why, v.Text, diff)
		}
	}
}

func TestR37_OrdinaryMessagesHaveNoNumbers(t *testing.T) {
	ordinary := read(t).Ordinary
	if len(ordinary) < 80 {
		t.Errorf("%d ordinary messages", len(ordinary))
	}
	for _, text := range ordinary {
		for _, f := range nhs.FindNumbers(text) {
			t.Errorf("%q: %q", text, text[f.Start:f.End])
		}
	}
}

func TestBirthDatesAsInTheVectors(t *testing.T) {
	for _, v := range read(t).Births {
		born, err := nhs.ParseBirthDate(v.Text)
		if (err == nil) != v.Valid || born.Display() != v.Display {
			t.Errorf("%q: %q, %v", v.Text, born.Display(), err)
		}
		if !v.Valid {
			continue
		}
		if again, err := nhs.ParseDisplayedBirthDate(v.Display); err != nil || again != born || again.String() != v.Text {
			t.Errorf("%q shown as %q is read back as %v (%v)", v.Text, v.Display, again, err)
		}
	}
}

func TestNamesAsInTheVectors(t *testing.T) {
	for _, v := range read(t).Names {
		if got := nhs.SameName(v.A, v.B); got != v.Same {
			t.Errorf("%v and %v (folded %q and %q): same %v", v.A, v.B, nhs.FoldName(v.A.Family), nhs.FoldName(v.B.Family), got)
		}
		if nhs.SameName(v.A, v.B) != nhs.SameName(v.B, v.A) {
			t.Errorf("%v and %v: the order matters", v.A, v.B)
		}
	}
	for _, v := range read(t).Display {
		if got := (nhs.Name{Family: v.Family, Given: v.Given, Title: v.Title}).Display(); got != v.Display {
			t.Errorf("shown as %q, want %q", got, v.Display)
		}
	}
}

func TestR11_TwoOfThreeAreRefused(t *testing.T) {
	smith := nhs.Identifiers{
		Name: nhs.Name{Family: "Smith", Given: "John Paul", Title: "Mr"}, Born: born(t, "1954-03-12"), Number: number(t, "9434765919"),
		AlsoKnownAs: []nhs.Name{{Family: "Smith", Given: "Jack"}},
		Superseded:  []nhs.Number{number(t, "9000000009")}, HospitalNumber: "RXH 12-345",
	}
	asked := func(change func(*nhs.Identifiers)) nhs.Identifiers {
		who := nhs.Identifiers{Name: nhs.Name{Family: "SMITH", Given: "John"}, Born: smith.Born, Number: smith.Number}
		change(&who)
		return who
	}
	name, birth, nhsNumber, hospital := nhs.FullName, nhs.DateOfBirth, nhs.NHSNumber, nhs.HospitalNumber
	type ids = []nhs.Identifier
	for what, test := range map[string]struct {
		asked      nhs.Identifiers
		matches    ids
		mismatches ids
		positive   bool
	}{
		"all three":         {asked(func(*nhs.Identifiers) {}), ids{name, birth, nhsNumber}, nil, true},
		"another name":      {asked(func(i *nhs.Identifiers) { i.Name.Given = "Joan" }), ids{birth, nhsNumber}, ids{name}, false},
		"another birth":     {asked(func(i *nhs.Identifiers) { i.Born = born(t, "1954-12-03") }), ids{name, nhsNumber}, ids{birth}, false},
		"another number":    {asked(func(i *nhs.Identifiers) { i.Number = number(t, "9000000025") }), ids{name, birth}, ids{nhsNumber}, false},
		"no name":           {asked(func(i *nhs.Identifiers) { i.Name = nhs.Name{} }), ids{birth, nhsNumber}, nil, false},
		"family name only":  {asked(func(i *nhs.Identifiers) { i.Name.Given = "" }), ids{birth, nhsNumber}, ids{name}, false},
		"no birth":          {asked(func(i *nhs.Identifiers) { i.Born = nhs.BirthDate{} }), ids{name, nhsNumber}, nil, false},
		"no number":         {asked(func(i *nhs.Identifiers) { i.Number = nhs.Number{} }), ids{name, birth}, nil, false},
		"nothing":           {nhs.Identifiers{}, nil, nil, false},
		"a name in use":     {asked(func(i *nhs.Identifiers) { i.Name.Given = "Jack" }), ids{name, birth, nhsNumber}, nil, true},
		"superseded number": {asked(func(i *nhs.Identifiers) { i.Number = number(t, "9000000009") }), ids{name, birth, nhsNumber}, nil, true},
		"hospital number": {asked(func(i *nhs.Identifiers) { i.Number, i.HospitalNumber = nhs.Number{}, "rxh12345" }),
			ids{name, birth, hospital}, nil, true},
		"both, one wrong": {asked(func(i *nhs.Identifiers) { i.HospitalNumber = "RXH 12-346" }),
			ids{name, birth, nhsNumber}, ids{hospital}, false},
	} {
		got := nhs.MatchIdentifiers(test.asked, smith)
		if diff := cmp.Diff(nhs.Match{Matches: test.matches, Mismatches: test.mismatches}, got); diff != "" {
			t.Errorf("%s:\n%s", what, diff)
		}
		if got.Positive() != test.positive {
			t.Errorf("%s: positive %v", what, got.Positive())
		}
	}
	if nhs.MatchIdentifiers(asked(func(*nhs.Identifiers) {}), nhs.Identifiers{}).Positive() {
		t.Error("an empty record was matched")
	}
}

func TestAge(t *testing.T) {
	for _, test := range []struct {
		born, on string
		want     int
	}{
		{"1954-03-12", "2026-03-11", 71}, {"1954-03-12", "2026-03-12", 72}, {"2024-02-29", "2025-02-28", 0}, {"2024-02-29", "2025-03-01", 1},
		{"2026-03-12", "2026-03-12", 0}, {"2026-03-12", "2026-03-11", -1}, {"2100-01-01", "2026-03-11", -1},
	} {
		on, err := time.Parse(time.DateOnly, test.on)
		if err != nil {
			t.Fatal(err)
		}
		if got := born(t, test.born).Age(on); got != test.want {
			t.Errorf("born %s, on %s: %d, want %d", test.born, test.on, got, test.want)
		}
	}
	if (nhs.BirthDate{}).Age(time.Unix(0, 0)) != -1 {
		t.Error("an unknown date of birth has an age")
	}
}

func TestIdentityStaysOutOfLogs(t *testing.T) {
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(handler).Info("x", "number", number(t, "9434765919"), "born", born(t, "1954-03-12"))
	}
	for _, secret := range []string{"9434765919", "943 476", "1954", "Mar"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q is in the log: %s", secret, out.String())
		}
	}
}

func TestJSON(t *testing.T) {
	type row struct {
		Number nhs.Number    `json:"number"`
		Born   nhs.BirthDate `json:"born"`
	}
	for _, want := range []row{{}, {number(t, "9434765919"), born(t, "1954-03-12")}} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got row
		if err := json.Unmarshal(text, &got); err != nil || got != want {
			t.Errorf("%s is read as %v (%v)", text, got, err)
		}
	}
	for _, bad := range []string{`{"number":"9434765918"}`, `{"number":9434765919}`, `{"born":"1954"}`} {
		if err := json.Unmarshal([]byte(bad), new(row)); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestODSCodes(t *testing.T) {
	for text, want := range map[string]nhs.ODSCode{"RXH": "RXH", " rxh01 ": "RXH01", "A81001": "A81001", "Y": "", "": "", "RX-H": "", "RXÉ": "", "ABCDEFGHIJK": ""} {
		if got, err := nhs.ParseODSCode(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func TestNearlyEveryMistypedNumberIsRefused(t *testing.T) {
	good := number(t, "9434765919").Digits()
	for at := range 10 {
		for digit := byte('0'); digit <= '9'; digit++ {
			typed := []byte(good)
			typed[at] = digit
			if _, err := nhs.ParseNumber(string(typed)); (err == nil) != (typed[at] == good[at]) {
				t.Errorf("%s: %v", typed, err)
			}
		}
		if at == 0 || good[at] == good[at-1] {
			continue
		}
		typed := []byte(good)
		typed[at-1], typed[at] = typed[at], typed[at-1]
		if _, err := nhs.ParseNumber(string(typed)); err == nil {
			t.Errorf("%s, with two digits swapped, was accepted", typed)
		}
	}
}

func TestH11_ANumberIsFoundWhateverStandsAround(t *testing.T) {
	digits := rapid.StringMatching(`[0-9]{10}`).Filter(func(s string) bool { _, err := nhs.ParseNumber(s); return err == nil })
	prose := rapid.StringMatching(`[^\p{Nd}+\-–— ]{0,20}[^\p{Nd}+\-–— ]`) // a digit of any script would make it longer
	rapid.Check(t, func(t *rapid.T) {
		number, err := nhs.ParseNumber(digits.Draw(t, "number"))
		if err != nil {
			t.Fatal(err)
		}
		spelt := rapid.SampledFrom([]string{number.Digits(), number.Display(), strings.ReplaceAll(number.Display(), " ", "-")}).Draw(t, "spelt")
		before, after := prose.Draw(t, "before"), prose.Draw(t, "after")
		found := nhs.FindNumbers(before + spelt + after)
		if len(found) != 1 || found[0].Number != number || found[0].Start != len(before) || found[0].End != len(before+spelt) {
			t.Errorf("%q between %q and %q: %v", spelt, before, after, found)
		}
	})
}

func FuzzParseNumber(f *testing.F) {
	for _, v := range read(f).Numbers {
		f.Add(v.Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		number, err := nhs.ParseNumber(text)
		if err != nil {
			return
		}
		for _, form := range []string{number.Digits(), number.Display()} {
			if again, err := nhs.ParseNumber(form); err != nil || again != number {
				t.Errorf("%q gave %q, which is read as %v (%v)", text, form, again, err)
			}
		}
	})
}

func FuzzFindNumbers(f *testing.F) {
	for _, v := range read(f).Find {
		f.Add(v.Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, found := range nhs.FindNumbers(text) {
			if found.Start < end || found.End <= found.Start || found.End > len(text) {
				t.Fatalf("%q: found %d to %d after %d", text, found.Start, found.End, end)
			}
			end = found.End
			spelt, digits, at := text[found.Start:found.End], found.Number.Digits(), 0
			for _, r := range spelt {
				if !unicode.IsDigit(r) {
					continue
				}
				if at < len(digits) && r < unicode.MaxASCII && r != rune(digits[at]) {
					t.Errorf("%q has %c where %s was found", spelt, r, digits)
				}
				at++
			}
			if at != len(digits) || strings.ContainsFunc(spelt, unicode.IsLetter) {
				t.Errorf("%q has %d digits, found %s", spelt, at, digits)
			}
		}
	})
}

func FuzzFoldName(f *testing.F) {
	for _, v := range read(f).Names {
		f.Add(v.A.Family)
	}
	f.Fuzz(func(t *testing.T, name string) {
		folded := nhs.FoldName(name)
		if again := nhs.FoldName(folded); again != folded {
			t.Errorf("%q folds to %q, which folds to %q", name, folded, again)
		}
	})
}

func read(t testing.TB) vectors {
	t.Helper()
	text, err := os.ReadFile("../../testdata/vectors/nhs.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Numbers) == 0 || len(v.Find) == 0 || len(v.Births) == 0 || len(v.Names) == 0 || len(v.Display) == 0 {
		t.Fatal("a list of vectors is empty")
	}
	return v
}

func number(t *testing.T, text string) nhs.Number {
	t.Helper()
	parsed, err := nhs.ParseNumber(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func born(t *testing.T, text string) nhs.BirthDate {
	t.Helper()
	parsed, err := nhs.ParseBirthDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
