package nhs

import (
	"slices"
	"strings"
	"unicode"
)

// Found is a valid NHS number in a text.
type Found struct {
	Number     Number
	Start, End int // byte offsets of the text that spells it
}

// FindNumbers finds the valid NHS numbers that a text contains, from left to right, without overlaps.
//
// Digits of every script count. What is not seen (zero-width and other format characters) is passed over. Digits are taken in groups with
// up to three separators between; spaces and dashes are plain separators. A number is
//   - one group of ten digits, or
//   - three neighbouring groups of 3, 3 and 4, whatever stands before or after them ("obs 12 943 476 5919"), or
//   - a whole plain run of ten digits in at most three groups, or in groups of equal length ("94 34 76 59 19"), or
//   - 3, 3 and 4 or ten single digits with one full stop, slash or underscore wherever there is a gap ("943.476.5919"), or
//   - 3, 3 and 4, 3 and 7, 6 and 4 or ten single digits over several lines, as a page wraps them.
//
// The last two are narrower than the plain ones, because results, pressures, times and dates have such marks between their digits: of
// "180/100 1430" nothing is read. A longer group never contains a number, nor does a group straight after "+", so UK telephone numbers
// (eleven digits, or +44 and groups of other lengths) are not found. Ten digits in one group that happen to pass the check are, whatever
// they are: stopping a send by mistake is safer than letting it go.
func FindNumbers(text string) []Found {
	found, hidden := findIn(text, true)
	if hidden {
		// What is not seen may also stand between a number and other digits.
		apart, _ := findIn(text, false)
		found = append(found, apart...)
	}
	return withoutOverlaps(found)
}

func withoutOverlaps(found []Found) []Found {
	slices.SortStableFunc(found, func(a, b Found) int { return a.Start - b.Start })
	var kept []Found
	for _, one := range found {
		if len(kept) == 0 || one.Start >= kept[len(kept)-1].End {
			kept = append(kept, one)
		}
	}
	return kept
}

// group is a stretch of neighbouring digits, and what stands before it: plain for spaces and dashes, a line break, or the one mark.
type group struct {
	digits     string
	start, end int
	gap        rune
	plus       bool // straight after "+"
}

const (
	plain = ' '
	line  = '\n'
	none  = rune(0) // too far from what is before it
)

// findIn reads a text with the characters that are not seen taken out, or taken as spaces, and reports whether there were any.
func findIn(text string, joined bool) (found []Found, hidden bool) {
	var groups []group
	gap, marks, before := none, 0, none
	for at, r := range text {
		digit, isDigit := digitOf(r)
		kind := gapOf(r)
		switch {
		case isUnseen(r):
			hidden = true
			if joined {
				continue
			}
			kind = plain
		case isDigit:
			width := len(string(r))
			if last := len(groups) - 1; marks == 0 && gap != none {
				groups[last].digits += string(digit)
				groups[last].end = at + width
			} else {
				if marks > 3 {
					gap = none
				}
				groups = append(groups, group{string(digit), at, at + width, gap, before == '+'})
			}
			gap, marks, before = plain, 0, r
			continue
		}
		switch {
		case r == '\r':
			continue
		case kind == none || gap == none:
			gap = none
		case gap == plain || gap == kind:
			gap = kind
		case kind != plain:
			gap = none
		}
		marks++
		before = r
	}
	for n := 0; n < len(groups); {
		end := n + 1
		for end < len(groups) && groups[end].gap != none {
			end++
		}
		found = append(found, inRun(groups[n:end])...)
		n = end
	}
	return found, hidden
}

// inRun finds the numbers of a run: those of its plain stretches, and those across marks and lines.
func inRun(groups []group) []Found {
	var found []Found
	for n := 0; n < len(groups); {
		end := n + 1
		for end < len(groups) && groups[end].gap == plain {
			end++
		}
		found = append(found, inPlainRun(groups[n:end])...)
		n = end
	}
	for n := range groups {
		if width := wideAt(groups, n); width > 0 && !groups[n].plus {
			found = appendNumber(found, groups[n:n+width])
		}
	}
	return withoutOverlaps(found)
}

func inPlainRun(groups []group) []Found {
	var found []Found
	for n := 0; n < len(groups); {
		width := 0
		switch {
		case groups[n].plus:
		case len(groups[n].digits) == 10:
			width = 1
		case shaped(groups[n:], 3, 3, 4):
			width = 3
		case n == 0 && wholeRun(groups):
			width = len(groups)
		}
		count := len(found)
		found = appendNumber(found, groups[n:n+width])
		if len(found) > count {
			n += width
		} else {
			n++
		}
	}
	return found
}

// wideAt is how many groups from n on could be a number with marks or line breaks between them; 0 for none.
func wideAt(groups []group, n int) int {
	rest := groups[n:]
	switch {
	case shaped(rest, 3, 3, 4) && ofOneKind(rest[1:3]):
		return 3
	case n == 0 && len(groups) == 2 && groups[1].gap == line && (shaped(groups, 3, 7) || shaped(groups, 6, 4)):
		return 2
	case n == 0 && len(groups) == 10 && shaped(groups, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1) && ofOneKind(groups[1:]):
		return 10
	}
	return 0
}

// ofOneKind reports whether all gaps are the same mark, or lines and what is plain.
func ofOneKind(groups []group) bool {
	inLines, same := true, true
	for _, g := range groups {
		inLines = inLines && (g.gap == line || g.gap == plain)
		same = same && g.gap == groups[0].gap
	}
	return inLines || same
}

func shaped(groups []group, lengths ...int) bool {
	if len(groups) < len(lengths) {
		return false
	}
	for n, length := range lengths {
		if len(groups[n].digits) != length {
			return false
		}
	}
	return true
}

func wholeRun(groups []group) bool {
	total, equal := 0, true
	for _, g := range groups {
		total += len(g.digits)
		equal = equal && len(g.digits) == len(groups[0].digits)
	}
	return total == 10 && (len(groups) <= 3 || equal)
}

func appendNumber(found []Found, groups []group) []Found {
	var digits strings.Builder
	for _, g := range groups {
		digits.WriteString(g.digits)
	}
	number, err := ParseNumber(digits.String())
	if err != nil {
		return found
	}
	return append(found, Found{Number: number, Start: groups[0].start, End: groups[len(groups)-1].end})
}

// zeros begin the decimal digits of the scripts: ASCII, Arabic-Indic, Persian, N'Ko, Devanagari to Malayalam, Thai, Lao, Tibetan, Burmese,
// Khmer, Mongolian and full-width.
var zeros = []rune{
	'0', 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040, 0x17e0, 0x1810, 0xff10,
}

// mathematical digits: five alphabets of ten.
const firstMath, lastMath = 0x1d7ce, 0x1d7ff

// digitOf is the ASCII digit that a character stands for.
func digitOf(r rune) (digit rune, ok bool) {
	if r >= firstMath && r <= lastMath {
		return '0' + (r-firstMath)%10, true
	}
	for _, zero := range zeros {
		if r >= zero && r <= zero+9 {
			return '0' + r - zero, true
		}
	}
	return 0, false
}

// gapOf is the kind of a separator, and none for everything else.
func gapOf(r rune) rune {
	switch r {
	case '\n', '\u2028', '\u2029':
		return line
	case '.', '\u2024', '\uff0e':
		return '.'
	case '/', '\u2044', '\u2215', '\uff0f':
		return '/'
	case '_', '\uff3f':
		return '_'
	}
	if isSeparator(r) || unicode.Is(unicode.Zs, r) || r == '\u2015' || r == '\ufe63' || r == '\uff0d' {
		return plain
	}
	return none
}

// isUnseen reports whether a character takes no room: format characters, the grapheme joiner and variation selectors.
func isUnseen(r rune) bool {
	return unicode.Is(unicode.Cf, r) || r == '\u034f' || r >= '\ufe00' && r <= '\ufe0f'
}
