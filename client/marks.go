package client

import (
	"strings"
	"unicode"
)

// markInWords is how a character that turns the direction of reading is shown and filed: "give U+202E 04 U+202C mg" would read as another
// dose than the record gets. The signed message stays as it is. The rule is that of web/src/core/marks.ts.
const markInWords = "[hidden mark]"

// isMark reports whether a character is unseen and turns the direction of what follows.
func isMark(r rune) bool {
	return r == '\u061c' || r == '\u200e' || r == '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

func showMarks(text string) string {
	if !strings.ContainsFunc(text, isMark) {
		return text
	}
	var shown strings.Builder
	for _, r := range text {
		if isMark(r) {
			shown.WriteString(markInWords)
		} else {
			shown.WriteRune(r)
		}
	}
	return shown.String()
}

// isBlank reports whether there is nothing that anybody could see.
func isBlank(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.In(r, unicode.Z, unicode.Cc, unicode.Cf) && !isFiller(r)
	})
}

// isFiller is true of letters and signs that are drawn as nothing.
func isFiller(r rune) bool {
	switch r {
	case '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0':
		return true
	}
	return r >= '\u180b' && r <= '\u180f' || r >= '\ufe00' && r <= '\ufe0f'
}
