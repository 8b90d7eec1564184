package pdf

import (
	"fmt"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// face is a font and what has been used of it. Each character has a number of its own in the file, from 1, even where two look alike, so that what is read
// out is what was written.
type face struct {
	name, postscript string
	data             []byte
	font             *sfnt.Font
	units            fixed.Int26_6
	buffer           sfnt.Buffer
	numbers          map[rune]int
	used             []letter // by number, less one
}

type letter struct {
	char    rune
	glyph   sfnt.GlyphIndex
	advance int // in thousandths of the size
}

// open returns the regular face under false and the bold one under true.
func open() (map[bool]*face, error) {
	faces := map[bool]*face{}
	for bold, one := range map[bool]*face{
		false: {name: "Regular", postscript: "GoRegular", data: goregular.TTF}, true: {name: "Bold", postscript: "Go-Bold", data: gobold.TTF},
	} {
		parsed, err := sfnt.Parse(one.data)
		if err != nil {
			return nil, fmt.Errorf("pdf: %w", err)
		}
		one.font, one.units = parsed, fixed.Int26_6(parsed.UnitsPerEm())
		if name, err := parsed.Name(&one.buffer, sfnt.NameIDPostScript); err == nil {
			one.postscript = name
		}
		one.numbers = map[rune]int{}
		faces[bold] = one
	}
	return faces, nil
}

// letter finds a character, and notes that it is used.
func (f *face) letter(r rune) (number int, l letter, err error) {
	if number, found := f.numbers[r]; found {
		return number, f.used[number-1], nil
	}
	looked := r
	if r == '\u00a0' || r == '\u202f' {
		looked = ' ' // a space that does not break looks like one
	}
	glyph, err := f.font.GlyphIndex(&f.buffer, looked)
	if err != nil || glyph == 0 || r < ' ' {
		return 0, letter{}, ErrCharacter
	}
	advance, err := f.font.GlyphAdvance(&f.buffer, glyph, f.units, font.HintingNone)
	if err != nil {
		return 0, letter{}, fmt.Errorf("pdf: %w", err)
	}
	l = letter{char: r, glyph: glyph, advance: (int(advance)*1000 + int(f.units)/2) / int(f.units)}
	f.used = append(f.used, l)
	f.numbers[r] = len(f.used)
	return len(f.used), l, nil
}

func (f *face) width(text string, size float64) (float64, error) {
	total := 0
	for _, r := range text {
		_, l, err := f.letter(r)
		if err != nil {
			return 0, err
		}
		total += l.advance
	}
	return float64(total) * size / 1000, nil
}

// encode is the text as numbers in hexadecimal. It has been measured before, so every character is there.
func (f *face) encode(text string) string {
	var out strings.Builder
	for _, r := range text {
		number, _, _ := f.letter(r)
		fmt.Fprintf(&out, "%04X", number)
	}
	return out.String()
}

// measure is a number of the font's units in thousandths of the size.
func (f *face) measure(units fixed.Int26_6) int { return int(units) * 1000 / int(f.units) }
