// Package hl7 holds the little of HL7 version 2 that filing a document needs: the encoding of messages, the MDM messages that carry a document, and the
// acknowledgement that answers them.
//
// Layout: hl7.go the shape of a message, encode.go and decode.go the text, mdm.go what is sent, ack.go what comes back.
//
// Invariants:
//   - Decode is the only door for foreign bytes. It bounds their number, the segments and the fields, and takes UTF-8 only.
//   - What is decoded is kept, whether this package knows it or not: Encode of a decoded message says the same.
//   - No text can leave its place: delimiters, control characters and the bytes that frame a message on the wire are escaped.
//   - No error quotes what it refuses: it may be a patient's.
//
// Source: HL7 v2.5.1, chapters 2 (encoding, acknowledgement), 3 (PID), 9 (MDM).
package hl7

// Message is segments in their order; the first is MSH.
type Message []Segment

// Segment is a line of a message. Fields[0] is the first field, as in PID-1; of MSH it is MSH-1, the field separator.
type Segment struct {
	Name   string
	Fields []Field
}

// Field is what stands in one place, mostly once.
type Field []Repetition

// Repetition is components.
type Repetition []Component

// Component is subcomponents, mostly one, as plain text.
type Component []string

// The delimiters that this package writes. It reads others.
const (
	fieldMark        = '|'
	componentMark    = '^'
	repetitionMark   = '~'
	escapeMark       = '\\'
	subcomponentMark = '&'

	encodingCharacters = `^~\&`
)

// Text is a field of one plain value.
func Text(value string) Field { return Field{{{value}}} }

// Parts is a field of several components.
func Parts(values ...string) Field { return Field{parts(values...)} }

func parts(values ...string) Repetition {
	repetition := make(Repetition, len(values))
	for n, value := range values {
		repetition[n] = Component{value}
	}
	return repetition
}

// Segment returns the first segment of that name, and an empty one when there is none.
func (m Message) Segment(name string) Segment {
	for _, segment := range m {
		if segment.Name == name {
			return segment
		}
	}
	return Segment{}
}

// Value is a component of the first repetition of a field, both counted from 1 as the standard does; "" when it is not there.
func (s Segment) Value(field, component int) string {
	if field < 1 || field > len(s.Fields) || len(s.Fields[field-1]) == 0 {
		return ""
	}
	repetition := s.Fields[field-1][0]
	if component < 1 || component > len(repetition) || len(repetition[component-1]) == 0 {
		return ""
	}
	return repetition[component-1][0]
}
