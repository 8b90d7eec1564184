package hl7

import (
	"fmt"
	"strings"
)

// Encode writes a message in UTF-8, each segment ended by a carriage return.
func Encode(m Message) []byte {
	var out strings.Builder
	for _, segment := range m {
		out.WriteString(segment.Name)
		fields := segment.Fields
		if segment.Name == "MSH" && len(fields) >= 2 {
			out.WriteString(string(fieldMark) + encodingCharacters)
			fields = fields[2:]
		}
		for _, field := range fields {
			out.WriteByte(fieldMark)
			writeField(&out, field)
		}
		out.WriteByte('\r')
	}
	return []byte(out.String())
}

func writeField(out *strings.Builder, field Field) {
	for n, repetition := range field {
		if n > 0 {
			out.WriteByte(repetitionMark)
		}
		for n, component := range repetition {
			if n > 0 {
				out.WriteByte(componentMark)
			}
			for n, text := range component {
				if n > 0 {
					out.WriteByte(subcomponentMark)
				}
				escape(out, text)
			}
		}
	}
}

// escape writes text so that it stays in its place. A line break is \.br\; other control characters, among them the bytes that frame a message, are
// hexadecimal.
func escape(out *strings.Builder, text string) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for _, r := range text {
		switch {
		case r == fieldMark:
			out.WriteString(`\F\`)
		case r == componentMark:
			out.WriteString(`\S\`)
		case r == subcomponentMark:
			out.WriteString(`\T\`)
		case r == repetitionMark:
			out.WriteString(`\R\`)
		case r == escapeMark:
			out.WriteString(`\E\`)
		case r == '\n' || r == '\r':
			out.WriteString(`\.br\`)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(out, `\X%02X\`, r)
		default:
			out.WriteRune(r)
		}
	}
}
