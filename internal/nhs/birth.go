package nhs

import (
	"errors"
	"log/slog"
	"time"
)

// ErrBirthDate says that a text is not a whole, existing date between 1850 and 2200.
var ErrBirthDate = errors.New("not a date of birth")

// BirthDate is a calendar date without a time zone, or zero for not known. Dates compare with ==.
type BirthDate struct {
	year  int
	month time.Month
	day   int
}

const (
	wireDate    = "2006-01-02"
	displayDate = "02-Jan-2006"
)

// ParseBirthDate reads the wire form, YYYY-MM-DD. A partial date (FHIR allows a year alone) is refused: it identifies nobody.
func ParseBirthDate(text string) (BirthDate, error) { return parseBirthDate(wireDate, text) }

// ParseDisplayedBirthDate reads the form that is shown, DD-Mmm-YYYY.
func ParseDisplayedBirthDate(text string) (BirthDate, error) {
	return parseBirthDate(displayDate, text)
}

func parseBirthDate(layout, text string) (BirthDate, error) {
	at, err := time.Parse(layout, text)
	if err != nil || at.Year() < 1850 || at.Year() > 2200 || at.Format(layout) != text {
		return BirthDate{}, ErrBirthDate
	}
	year, month, day := at.Date()
	return BirthDate{year, month, day}, nil
}

// IsZero reports whether the date is not known.
func (b BirthDate) IsZero() bool { return b == BirthDate{} }

// Display is the date as people read it: "12-Mar-1954". Not known is the empty text.
func (b BirthDate) Display() string { return b.format(displayDate) }

// String is the wire form, "1954-03-12".
func (b BirthDate) String() string { return b.format(wireDate) }

// Age is the number of whole years at a moment, by its calendar date; somebody born on 29 February is a year older on 1 March. It is -1 when
// the date is not known or in the future.
func (b BirthDate) Age(at time.Time) int {
	year, month, day := at.Date()
	if b.IsZero() {
		return -1
	}
	age := year - b.year
	if month < b.month || month == b.month && day < b.day {
		age--
	}
	return max(age, -1)
}

// LogValue implements slog.LogValuer.
func (b BirthDate) LogValue() slog.Value { return slog.StringValue("[date of birth]") }

// MarshalText implements encoding.TextMarshaler: the wire form, or nothing for not known.
func (b BirthDate) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler: the wire form; empty text is not known.
func (b *BirthDate) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*b = BirthDate{}
		return nil
	}
	parsed, err := ParseBirthDate(string(text))
	if err != nil {
		return err
	}
	*b = parsed
	return nil
}

func (b BirthDate) format(layout string) string {
	if b.IsZero() {
		return ""
	}
	return time.Date(b.year, b.month, b.day, 0, 0, 0, 0, time.UTC).Format(layout)
}
