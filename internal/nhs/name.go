package nhs

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Name is a person's name as a record holds it.
type Name struct {
	Family string
	Given  string // one or more given names, separated by spaces
	Title  string
}

// Display is the name as people read it: "SMITH, John (Mr)".
func (n Name) Display() string {
	var b strings.Builder
	b.WriteString(strings.ToUpper(n.Family))
	if n.Given != "" {
		b.WriteString(", " + n.Given)
	}
	if n.Title != "" {
		b.WriteString(" (" + n.Title + ")")
	}
	return b.String()
}

// FoldName makes names that differ in spelling only the same text: case, accents and other marks, ligatures and letters with strokes (Ł, Ø, ß),
// apostrophes, full stops, and hyphen against space. It joins no words and knows no nicknames: "Jon" is not "John", "Smith" is not "Smyth".
func FoldName(name string) string {
	var folded strings.Builder
	for _, r := range norm.NFKD.String(name) {
		// Upper case first, so that letters with two small forms (σ, ς) meet. cases.Fold would do, were it idempotent.
		r = unicode.ToLower(unicode.ToUpper(r))
		switch {
		case '\u02b9' <= r && r <= '\u02bf': // letters by their category, apostrophes in names
		case plainLetters[r] != "":
			folded.WriteString(plainLetters[r])
		case unicode.IsLetter(r), unicode.IsDigit(r):
			folded.WriteRune(r)
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r):
			folded.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(folded.String()), " ")
}

// SameName reports whether two names positively agree: the family names are the same when folded, and of the given names the shorter list begins
// the longer one, so that "John" agrees with "John Paul" and neither with "Paul" nor with nothing.
func SameName(a, b Name) bool {
	family := FoldName(a.Family)
	if family == "" || family != FoldName(b.Family) {
		return false
	}
	first, second := strings.Fields(FoldName(a.Given)), strings.Fields(FoldName(b.Given))
	if len(first) > len(second) {
		first, second = second, first
	}
	return len(first) > 0 && slices.Equal(first, second[:len(first)])
}

// plainLetters are the letters that Unicode does not decompose, written as people without them on the keyboard write them.
var plainLetters = map[rune]string{
	'ß': "ss", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'æ': "ae", 'œ': "oe", 'ħ': "h", 'ŋ': "ng", 'ŧ': "t",
}
