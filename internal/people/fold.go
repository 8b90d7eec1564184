package people

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// FoldUserName is the form in which user names are unique.
func FoldUserName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// Fold is the form in which names are compared: no case, no diacritics, letters of other alphabets as they are, everything that is
// neither letter nor digit a single space. An apostrophe joins what it separates: O'Brien is obrien.
func Fold(text string) string {
	var folded strings.Builder
	pending := false
	for _, r := range norm.NFKD.String(cases.Fold().String(norm.NFKC.String(text))) {
		r = unicode.ToLower(r) // Case folding swaps the two cases of Cherokee.
		switch {
		case unicode.Is(unicode.Mn, r) || strings.ContainsRune(apostrophes, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if pending && folded.Len() > 0 {
				folded.WriteByte(' ')
			}
			pending = false
			if plain, found := undecomposed[r]; found {
				folded.WriteString(plain)
			} else {
				folded.WriteRune(r)
			}
		default:
			pending = true
		}
	}
	return folded.String()
}

const apostrophes = "'’ʼ‘`"

// undecomposed are Latin letters that Unicode does not take apart.
var undecomposed = map[rune]string{
	'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'æ': "ae", 'œ': "oe", 'ı': "i", 'ħ': "h", 'ŧ': "t", 'ŋ': "n",
}

// searchable is the words of all the texts, folded, each with a space in front, so that a word's beginning is found as " word". A name
// with an apostrophe or a hyphen is there joined and apart: obrien, brien; smithjones, smith, jones.
func searchable(texts ...string) string {
	var words strings.Builder
	seen := map[string]bool{}
	add := func(text string) {
		for _, word := range strings.Fields(Fold(text)) {
			if !seen[word] {
				seen[word] = true
				words.WriteByte(' ')
				words.WriteString(word)
			}
		}
	}
	for _, text := range texts {
		add(text)
		for _, name := range strings.Fields(text) {
			add(strings.Map(func(r rune) rune {
				if strings.ContainsRune(apostrophes, r) {
					return ' '
				}
				return r
			}, name))
			add(strings.Map(func(r rune) rune {
				if unicode.Is(unicode.Pd, r) {
					return -1
				}
				return r
			}, name))
		}
	}
	return words.String()
}
