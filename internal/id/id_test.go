package id_test

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/id"
)

var (
	_ encoding.TextMarshaler   = id.Person{}
	_ encoding.TextUnmarshaler = (*id.Person)(nil)
	_ driver.Valuer            = id.Person{}
	_ sql.Scanner              = (*id.Person)(nil)
	_ encoding.TextMarshaler   = id.Thread{}
	_ encoding.TextUnmarshaler = (*id.Thread)(nil)
	_ driver.Valuer            = id.Thread{}
	_ sql.Scanner              = (*id.Thread)(nil)
)

func TestNewIsAVersion7UUID(t *testing.T) {
	at := time.Date(2026, 3, 1, 20, 30, 0, 123_000_000, time.UTC)
	made := id.New[id.Message](id.NewSource(clock.NewManual(at)))
	parsed, err := uuid.FromBytes(made.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Version() != 7 || parsed.Variant() != uuid.RFC4122 || !made.IsV7() {
		t.Errorf("version %d, variant %v, IsV7 %v", parsed.Version(), parsed.Variant(), made.IsV7())
	}
	if parsed.String() != made.String() {
		t.Errorf("text form %q, another implementation writes %q", made, parsed)
	}
	if !made.Time().Equal(at) {
		t.Errorf("time %v, want %v", made.Time(), at)
	}
}

func TestNewUsesTheGivenEntropy(t *testing.T) {
	source := id.NewSourceFrom(clock.NewManual(time.UnixMilli(0x0102030405_06)), bytes.NewReader(bytes.Repeat([]byte{0xff}, 10)))
	if got, want := id.New[id.Person](source).String(), "01020304-0506-7fff-bfff-ffffffffffff"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	defer func() {
		if recover() == nil {
			t.Error("an exhausted source still made an id")
		}
	}()
	id.New[id.Person](source)
}

func TestIdsSortByTime(t *testing.T) {
	now := clock.NewManual(time.UnixMilli(1_700_000_000_000))
	source := id.NewSource(now)
	var made []id.Filing
	for range 100 {
		made = append(made, id.New[id.Filing](source))
		now.Advance(time.Millisecond)
	}
	if !slices.IsSortedFunc(made, id.Filing.Compare) {
		t.Error("ids made a millisecond apart are not in order")
	}
}

func TestParseRefusesOtherSpellings(t *testing.T) {
	const good = "01890a5d-ac96-774b-bcce-b302099a8057"
	if _, err := id.Parse[id.Person](good); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty":           "",
		"upper case":      "01890A5D-AC96-774B-BCCE-B302099A8057",
		"no dashes":       "01890a5dac96774bbcceb302099a8057",
		"braces":          "{" + good + "}",
		"urn":             "urn:uuid:" + good,
		"short":           good[:35],
		"long":            good + "0",
		"dash moved":      "01890a5da-c96-774b-bcce-b302099a8057",
		"not hexadecimal": "01890a5d-ac96-774b-bcce-b302099a805g",
		"space":           "01890a5d-ac96-774b-bcce-b302099a805 ",
		"wide digit":      "01890a5d-ac96-774b-bcce-b302099a8０",
	} {
		if _, err := id.Parse[id.Person](text); !errors.Is(err, id.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseDigestRefusesOtherSpellings(t *testing.T) {
	good := id.Thread{31: 1}.String()
	if _, err := id.ParseDigest[id.Thread](good); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty":            "",
		"padded":           good + "=",
		"loose last bits":  good[:42] + "F",
		"line break":       good[:20] + "\n" + good[20:42],
		"standard base 64": "+" + good[1:],
		"short":            good[:42],
		"space":            " " + good[1:],
	} {
		if _, err := id.ParseDigest[id.Thread](text); !errors.Is(err, id.ErrMalformed) {
			t.Errorf("%s (%q): %v", name, text, err)
		}
	}
}

func TestTextAndSQLRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		person := id.Person(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "person"))
		thread := id.Thread(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "thread"))
		type row struct {
			Person id.Person            `json:"person"`
			Thread id.Thread            `json:"thread"`
			Seen   map[id.Person]uint64 `json:"seen"`
		}
		text, err := json.Marshal(row{person, thread, map[id.Person]uint64{person: 7}})
		if err != nil {
			t.Fatal(err)
		}
		var back row
		if err := json.Unmarshal(text, &back); err != nil || back.Person != person || back.Thread != thread || back.Seen[person] != 7 {
			t.Fatalf("%s became %+v (%v)", text, back, err)
		}

		stored, _ := person.Value()
		var scanned id.Person
		if err := scanned.Scan(stored); err != nil || scanned != person {
			t.Fatalf("scanned %v (%v), want %v", scanned, err, person)
		}
		stored, _ = thread.Value()
		var scannedThread id.Thread
		if err := scannedThread.Scan(stored); err != nil || scannedThread != thread {
			t.Fatalf("scanned %v (%v), want %v", scannedThread, err, thread)
		}
	})
}

func TestScanOfBadColumns(t *testing.T) {
	person := id.Person{1}
	if err := person.Scan(nil); err != nil || !person.IsZero() {
		t.Errorf("NULL gave %v, %v", person, err)
	}
	if person.Nullable() != nil {
		t.Error("the zero id is not NULL")
	}
	for _, source := range []any{[]byte{1, 2}, make([]byte, 32), "01890a5d-ac96-774b-bcce-b302099a8057", int64(4)} {
		if err := person.Scan(source); !errors.Is(err, id.ErrMalformed) {
			t.Errorf("%T was accepted: %v", source, err)
		}
	}
}

func TestBytesAreACopy(t *testing.T) {
	person := id.Person{1}
	person.Bytes()[0] = 9
	if person != (id.Person{1}) {
		t.Error("the caller changed an id through its bytes")
	}
	if _, err := id.FromBytes[id.Person](make([]byte, 15)); !errors.Is(err, id.ErrMalformed) {
		t.Errorf("15 bytes: %v", err)
	}
	if _, err := id.DigestFromBytes[id.Thread](make([]byte, 33)); !errors.Is(err, id.ErrMalformed) {
		t.Errorf("33 bytes: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("01890a5d-ac96-774b-bcce-b302099a8057")
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE")
	f.Fuzz(func(t *testing.T, text string) {
		if person, err := id.Parse[id.Person](text); err == nil && person.String() != text {
			t.Errorf("%q was read and is written %q", text, person)
		}
		if thread, err := id.ParseDigest[id.Thread](text); err == nil && thread.String() != text {
			t.Errorf("%q was read and is written %q", text, thread)
		}
	})
}
