// Package pdf writes a document of headings and paragraphs as a tagged PDF, made to the rules of PDF/A-2a (ISO 19005-2).
//
// Layout: pdf.go what goes in and how it is laid out, face.go the two fonts, file.go objects and their places.
//
// Invariants: the words are those that came in, in their order, and can be read out again (ToUnicode, structure tree). A character that the fonts do not have is
// an error, never a box: then there is no PDF. Everything is inside the file: fonts, metadata; nothing runs, loads or links. The same document gives the same
// bytes.
//
// Source: ISO 32000-1, ISO 19005-2. The fonts are Go Regular and Go Bold (golang.org/x/image, BSD licence).
package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is what a block is, named as the structure tree names it.
type Kind string

// The kinds.
const (
	H1 Kind = "H1"
	H2 Kind = "H2"
	H3 Kind = "H3"
	P  Kind = "P"
)

// Block is a heading or a paragraph. A line break in it stays one.
type Block struct {
	Kind Kind
	Text string
}

// Document is what is written.
type Document struct {
	Title    string
	Language string // BCP 47
	Made     time.Time
	Name     string // a URN of its own
	Blocks   []Block
}

// ErrCharacter is a document with a character that the fonts do not have.
var ErrCharacter = errors.New("pdf: a character that the fonts do not have")

// A4 in points, and what is left free around the text.
const (
	pageWidth, pageHeight = 595, 842
	margin                = 56
	mostPages             = 500
)

// style is how a kind looks.
type style struct {
	bold              bool
	size, lead, above float64
}

var styles = map[Kind]style{
	H1: {true, 18, 23, 0}, H2: {true, 13, 17, 14}, H3: {true, 10.5, 14, 8}, P: {false, 10.5, 14, 3},
}

// Write makes the file.
func Write(d Document) ([]byte, error) {
	faces, err := open()
	if err != nil {
		return nil, err
	}
	var pages []*page
	y := 0.0
	for n, block := range d.Blocks {
		look, known := styles[block.Kind]
		if !known {
			return nil, fmt.Errorf("pdf: no such kind of block")
		}
		face := faces[look.bold]
		wrapped, err := face.wrap(block.Text, look.size, pageWidth-2*margin)
		if err != nil {
			return nil, err
		}
		if len(pages) > 0 {
			y -= look.above
		}
		for _, text := range wrapped {
			if len(pages) == 0 || y-look.lead < margin {
				if len(pages) == mostPages {
					return nil, errors.New("pdf: too long")
				}
				pages, y = append(pages, &page{}), pageHeight-margin
			}
			y -= look.lead
			pages[len(pages)-1].write(n, block.Kind, face, look.size, y, text)
		}
	}
	for _, one := range pages {
		one.end()
	}
	return assemble(d, faces, pages), nil
}

// page is a page's content, with the marks by which the structure tree finds it: marks[mcid] is the block.
type page struct {
	content bytes.Buffer
	marks   []int
	open    bool
}

func (p *page) write(block int, kind Kind, face *face, size, y float64, text string) {
	if last := len(p.marks) - 1; last < 0 || p.marks[last] != block {
		p.end()
		fmt.Fprintf(&p.content, "/%s <</MCID %d>> BDC\n", kind, len(p.marks))
		p.marks, p.open = append(p.marks, block), true
	}
	// CalGray says its own black, so no output profile is needed.
	fmt.Fprintf(&p.content, "BT /Ink cs 0 sc /%s %g Tf %d %g Td <%s> Tj ET\n", face.name, size, margin, y, face.encode(text))
}

func (p *page) end() {
	if p.open {
		p.content.WriteString("EMC\n")
		p.open = false
	}
}

// wrap breaks a text into lines of a width, at spaces, and a word that is longer than a line within it. Nothing is dropped: a line keeps the space at its end.
func (f *face) wrap(text string, size, width float64) ([]string, error) {
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		var current strings.Builder
		used := 0.0
		for _, word := range strings.SplitAfter(paragraph, " ") {
			wide, err := f.width(word, size)
			if err != nil {
				return nil, err
			}
			bare, _ := f.width(strings.TrimRight(word, " "), size)
			if used+bare > width && current.Len() > 0 {
				lines = append(lines, current.String())
				current.Reset()
				used = 0
			}
			for bare > width { // cut where the line is full
				cut := 0
				for n, r := range word {
					part, _ := f.width(word[:n+len(string(r))], size)
					if part > width && cut > 0 {
						break
					}
					cut = n + len(string(r))
				}
				lines = append(lines, word[:cut])
				word = word[cut:]
				wide, _ = f.width(word, size)
				bare, _ = f.width(strings.TrimRight(word, " "), size)
			}
			current.WriteString(word)
			used += wide
		}
		lines = append(lines, current.String())
	}
	return lines, nil
}
