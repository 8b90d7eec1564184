// Package nhs holds the rules of identifying a patient and an organisation: NHS numbers, dates of birth, names and ODS codes. It is pure, does no
// I/O, and is used by the server and by clients alike; testdata/vectors/nhs.json holds the same rules as data for the web client's tests.
//
// Layout: number.go the NHS number, find.go the detector of numbers in text, birth.go dates of birth, name.go the folding and
// comparing of names, match.go positive identification, ods.go organisation codes.
//
// Sources: NHS Data Dictionary, NHS NUMBER (modulus 11); the NHS common user interface guidance for patient name, date and NHS number
// display (SMITH, John; 12-Mar-1954; 943 476 5919).
//
// Invariants: values of these types are valid or zero. They are patient identity: [Number] and [BirthDate] hide themselves from slog,
// and no error of this package quotes its input.
package nhs

import (
	"errors"
	"log/slog"
	"strings"
)

// Why a text is not an NHS number.
var (
	ErrNumberCharacters = errors.New("an NHS number has digits, spaces and dashes only")
	ErrNumberLength     = errors.New("an NHS number has ten digits")
	ErrNumberRepeated   = errors.New("an NHS number is not one digit repeated")
	ErrNumberCheck      = errors.New("the check digit of this NHS number is wrong")
)

// Number is a valid NHS number, or zero for none. Numbers compare with ==.
type Number struct{ digits string }

// ParseNumber reads ten digits with spaces and dashes anywhere between and around them, and checks the check digit. One digit repeated
// is refused although its arithmetic is right.
func ParseNumber(text string) (Number, error) {
	var digits strings.Builder
	for _, r := range text {
		switch {
		case '0' <= r && r <= '9':
			digits.WriteRune(r)
		case !isSeparator(r):
			return Number{}, ErrNumberCharacters
		}
		if digits.Len() > 10 {
			return Number{}, ErrNumberLength
		}
	}
	ten := digits.String()
	switch {
	case len(ten) != 10:
		return Number{}, ErrNumberLength
	case strings.Count(ten, ten[:1]) == 10:
		return Number{}, ErrNumberRepeated
	case !checks(ten):
		return Number{}, ErrNumberCheck
	}
	return Number{ten}, nil
}

// IsZero reports whether there is no number.
func (n Number) IsZero() bool { return n.digits == "" }

// Digits is the number as ten digits; empty for none. It is the form for hashing, for FHIR and for files.
func (n Number) Digits() string { return n.digits }

// Display is the number as people read it, 3-3-4: "943 476 5919".
func (n Number) Display() string {
	if n.IsZero() {
		return ""
	}
	return n.digits[:3] + " " + n.digits[3:6] + " " + n.digits[6:]
}

// Ending is the last four digits, for telling near-namesakes apart without showing a number.
func (n Number) Ending() string {
	if n.IsZero() {
		return ""
	}
	return n.digits[6:]
}

// String is [Number.Digits]. A log line needs a decision, so slog gets a placeholder instead.
func (n Number) String() string { return n.digits }

// LogValue implements slog.LogValuer.
func (n Number) LogValue() slog.Value { return slog.StringValue("[NHS number]") }

// MarshalText implements encoding.TextMarshaler: ten digits, or nothing for none.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.digits), nil }

// UnmarshalText implements encoding.TextUnmarshaler: as ParseNumber, and empty text is no number.
func (n *Number) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*n = Number{}
		return nil
	}
	parsed, err := ParseNumber(string(text))
	if err != nil {
		return err
	}
	*n = parsed
	return nil
}

// checks computes the check digit: weights 10 to 2 over the first nine digits, 11 minus the sum modulo 11, where 11 counts as 0 and 10 means
// that no such number exists.
func checks(ten string) bool {
	sum := 0
	for n := range 9 {
		sum += int(ten[n]-'0') * (10 - n)
	}
	check := 11 - sum%11
	if check == 11 {
		check = 0
	}
	return check == int(ten[9]-'0')
}

// isSeparator accepts the spaces and dashes that people, word processors and phones put into numbers.
func isSeparator(r rune) bool {
	switch r {
	case ' ', '\t', '\u00a0', '\u2007', '\u2009', '\u200a', '\u202f', '-', '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212':
		return true
	}
	return false
}
