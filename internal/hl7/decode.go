package hl7

import (
	"encoding/hex"
	"errors"
	"strings"
	"unicode/utf8"
)

// Bounds of what Decode takes.
const (
	mostBytes    = 1 << 20
	mostSegments = 500
	mostFields   = 200 // of one segment
	mostParts    = 5000
)

// The reasons for which text is not a message.
var (
	ErrTooLarge = errors.New("hl7: larger than allowed")
	ErrNotUTF8  = errors.New("hl7: not UTF-8")
	ErrShape    = errors.New("hl7: not a message")
)

// marks are the delimiters of one message, as its MSH gives them.
type marks struct{ field, component, repetition, escape, subcomponent byte }

// Decode reads a message.
func Decode(data []byte) (Message, error) {
	if len(data) > mostBytes {
		return nil, ErrTooLarge
	}
	if !utf8.Valid(data) {
		return nil, ErrNotUTF8
	}
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(strings.ReplaceAll(string(data), "\r\n", "\r"), "\n", "\r"), "\r"), "\r")
	if len(lines) > mostSegments {
		return nil, ErrTooLarge
	}
	d := decoder{}
	if !d.delimiters(lines[0]) {
		return nil, ErrShape
	}
	var message Message
	for n, line := range lines {
		segment, err := d.segment(line)
		if err != nil {
			return nil, err
		}
		if (segment.Name == "MSH") != (n == 0) {
			return nil, ErrShape
		}
		message = append(message, segment)
	}
	return message, nil
}

type decoder struct {
	marks marks
	parts int
}

// delimiters reads MSH-1 and MSH-2. They have to be different printable characters of ASCII, and no letters.
func (d *decoder) delimiters(line string) bool {
	if !strings.HasPrefix(line, "MSH") || len(line) < 8 {
		return false
	}
	d.marks = marks{line[3], line[4], line[5], line[6], line[7]}
	seen := map[byte]bool{}
	for _, mark := range []byte(line[3:8]) {
		if seen[mark] || mark <= ' ' || mark > '~' || isNameByte(mark) {
			return false
		}
		seen[mark] = true
	}
	// A fifth encoding character, of version 2.7, marks truncation, which is not used in what is read here.
	return len(line) == 8 || line[8] == d.marks.field || len(line) == 9 || line[9] == d.marks.field
}

func isNameByte(b byte) bool {
	return b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= '0' && b <= '9'
}

func (d *decoder) segment(line string) (Segment, error) {
	texts := strings.Split(line, string(d.marks.field))
	name := texts[0]
	if len(name) != 3 || !isNameByte(name[0]) || !isNameByte(name[1]) || !isNameByte(name[2]) {
		return Segment{}, ErrShape
	}
	if len(texts) > mostFields {
		return Segment{}, ErrTooLarge
	}
	segment := Segment{Name: name}
	for n, text := range texts[1:] {
		if name == "MSH" && n == 0 {
			segment.Fields = append(segment.Fields, Text(string(fieldMark)), Text(encodingCharacters))
			continue
		}
		field, err := d.field(text)
		if err != nil {
			return Segment{}, err
		}
		segment.Fields = append(segment.Fields, field)
	}
	return segment, nil
}

func (d *decoder) field(text string) (Field, error) {
	if text == "" {
		return nil, nil
	}
	var field Field
	for _, one := range strings.Split(text, string(d.marks.repetition)) {
		var repetition Repetition
		for _, part := range strings.Split(one, string(d.marks.component)) {
			var component Component
			for _, sub := range strings.Split(part, string(d.marks.subcomponent)) {
				if d.parts++; d.parts > mostParts {
					return nil, ErrTooLarge
				}
				component = append(component, d.unescape(sub))
			}
			repetition = append(repetition, component)
		}
		field = append(field, repetition)
	}
	return field, nil
}

// unescape resolves what it knows and leaves the rest as it stands.
func (d *decoder) unescape(text string) string {
	mark := string(d.marks.escape)
	if !strings.Contains(text, mark) {
		return text
	}
	var out strings.Builder
	for text != "" {
		before, rest, found := strings.Cut(text, mark)
		out.WriteString(before)
		if !found {
			break
		}
		code, after, closed := strings.Cut(rest, mark)
		plain, known := d.meaning(code)
		if !closed || !known {
			out.WriteString(mark)
			text = rest
			continue
		}
		out.WriteString(plain)
		text = after
	}
	return out.String()
}

func (d *decoder) meaning(code string) (string, bool) {
	switch code {
	case "F":
		return string(d.marks.field), true
	case "S":
		return string(d.marks.component), true
	case "T":
		return string(d.marks.subcomponent), true
	case "R":
		return string(d.marks.repetition), true
	case "E":
		return string(d.marks.escape), true
	case ".br":
		return "\n", true
	case "H", "N": // highlighting on and off: the words stay
		return "", true
	}
	if digits, found := strings.CutPrefix(code, "X"); found {
		data, err := hex.DecodeString(digits)
		return string(data), err == nil && utf8.Valid(data)
	}
	return "", false
}
