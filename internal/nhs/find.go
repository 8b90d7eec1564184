package nhs

import (
	"strings"
	"unicode/utf8"
)

// Found is a valid NHS number in a text.
type Found struct {
	Number     Number
	Start, End int // byte offsets of the text that spells it
}

// FindNumbers finds the valid NHS numbers that a text contains, from left to right, without overlaps.
//
// Runs of digits are split into groups at up to three spaces or dashes. A number is
//   - one group of ten digits, or
//   - three neighbouring groups of 3, 3 and 4, whatever stands before or after them ("obs 12 943 476 5919"), or
//   - a whole run of ten digits in at most three groups, or in groups of equal length ("94 34 76 59 19").
//
// A longer group never contains a number, nor does a group straight after "+", so UK telephone numbers (eleven digits, or +44 and
// groups of other lengths) are not found. Ten digits in one group that happen to pass the check are, whatever they are: stopping a send
// by mistake is safer than letting it go.
func FindNumbers(text string) []Found {
	var found []Found
	for at := 0; at < len(text); {
		if !isDigit(text[at]) {
			at++
			continue
		}
		groups := digitRun(text, at)
		international := at > 0 && text[at-1] == '+'
		found = append(found, findInRun(text, groups, international)...)
		at = groups[len(groups)-1].end
	}
	return found
}

// group is a stretch of neighbouring digits.
type group struct{ start, end int }

func (g group) len() int { return g.end - g.start }

// digitRun returns the groups of the run that begins at the given digit.
func digitRun(text string, at int) []group {
	var groups []group
	for {
		end := at
		for end < len(text) && isDigit(text[end]) {
			end++
		}
		groups = append(groups, group{at, end})
		next, ok := skipSeparators(text, end)
		if !ok {
			return groups
		}
		at = next
	}
}

// skipSeparators passes over one to three separators and reports whether a digit follows.
func skipSeparators(text string, at int) (int, bool) {
	for n := 0; n <= 3 && at < len(text); n++ {
		if isDigit(text[at]) {
			return at, n > 0
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		if !isSeparator(r) {
			return at, false
		}
		at += size
	}
	return at, false
}

func findInRun(text string, groups []group, international bool) []Found {
	var found []Found
	for n := 0; n < len(groups); {
		if n == 0 && international {
			n++
			continue
		}
		width := 0
		switch {
		case groups[n].len() == 10:
			width = 1
		case n+3 <= len(groups) && groups[n].len() == 3 && groups[n+1].len() == 3 && groups[n+2].len() == 4:
			width = 3
		case n == 0 && wholeRun(groups):
			width = len(groups)
		}
		number, ok := numberIn(text, groups[n:n+width])
		if !ok {
			n++
			continue
		}
		found = append(found, Found{Number: number, Start: groups[n].start, End: groups[n+width-1].end})
		n += width
	}
	return found
}

func wholeRun(groups []group) bool {
	total, equal := 0, true
	for _, g := range groups {
		total += g.len()
		equal = equal && g.len() == groups[0].len()
	}
	return total == 10 && (len(groups) <= 3 || equal)
}

func numberIn(text string, groups []group) (Number, bool) {
	var digits strings.Builder
	for _, g := range groups {
		digits.WriteString(text[g.start:g.end])
	}
	number, err := ParseNumber(digits.String())
	return number, err == nil
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
