package hl7

import (
	"encoding/base64"
	"time"
)

// Event is what a document message says.
type Event string

// The events of chapter 9 that are used.
const (
	Original    Event = "T02" // a document, with its content
	Replacement Event = "T10" // a document that takes the place of another, with its content
	Cancel      Event = "T11" // a document that was filed in error; without content
)

// Document is one MDM message, in our words.
type Document struct {
	Event     Event
	ControlID string // MSH-10, new for every attempt; at most 20 characters
	At        time.Time
	Sender    Place
	Receiver  Place
	Training  bool // MSH-11 T instead of P

	Number    string // TXA-12: the same at every attempt, so the record files it once
	Replaces  string // TXA-13
	Namespace string // of both, and of the author's id
	Type      string // TXA-2, of table 0270
	Title     string // OBX-3 names it; the code is LOINC's for a note
	Patient   Patient
	AuthorID  string
	Author    string
	Decided   time.Time
	Filed     time.Time
	Content   []Content
}

// Place is an application at a facility.
type Place struct{ Application, Facility string }

// Patient is whose document it is.
type Patient struct {
	Numbers              []Number
	Family, Given, Title string
	Born                 string // YYYYMMDD, or "" when not known
}

// Number is an identifier with who gave it out.
type Number struct{ Value, Authority, Type string }

// Content is one rendering of the document.
type Content struct {
	Type, Subtype string // "text", "html"
	Bytes         []byte
}

// version is the one of the standard that MDM says it follows.
const version = "2.5.1"

// MDM makes the message.
func MDM(d Document) Message {
	structure, availability, completion := "MDM_T02", "AV", "AU"
	if d.Event == Cancel {
		structure, availability = "MDM_T01", "CA"
	}
	processing := "P"
	if d.Training {
		processing = "T"
	}
	var numbers Field
	for _, number := range d.Patient.Numbers {
		numbers = append(numbers, parts(number.Value, "", "", number.Authority, number.Type))
	}
	var parent Field
	if d.Replaces != "" {
		parent = Parts(d.Replaces, d.Namespace)
	}
	message := Message{
		{"MSH", []Field{
			Text(string(fieldMark)), Text(encodingCharacters), Text(d.Sender.Application), Text(d.Sender.Facility), Text(d.Receiver.Application),
			Text(d.Receiver.Facility), Text(stamp(d.At)), nil, Parts("MDM", string(d.Event), structure), Text(d.ControlID), Text(processing), Text(version),
			nil, nil, Text("NE"), Text("AL"), Text("GBR"), Text("UNICODE UTF-8"),
		}},
		{"EVN", []Field{Text(string(d.Event)), Text(stamp(d.Filed))}},
		{"PID", []Field{
			Text("1"), nil, numbers, nil, Parts(d.Patient.Family, d.Patient.Given, "", "", d.Patient.Title), nil, Text(d.Patient.Born),
		}},
		{"PV1", []Field{Text("1"), Text("U")}},
		{"TXA", []Field{
			Text("1"), Text(d.Type), Text("text"), Text(stamp(d.Decided)), nil, Text(stamp(d.Decided)), nil, nil,
			Field{parts(d.AuthorID, d.Author, "", "", "", "", "", "", d.Namespace)}, nil, nil, Parts(d.Number, d.Namespace), parent, nil, nil, nil,
			Text(completion), Text("U"), Text(availability),
		}},
	}
	if d.Event == Cancel {
		return message
	}
	for n, content := range d.Content {
		message = append(message, Segment{"OBX", []Field{
			Text(string(rune('1' + n))), Text("ED"), Field{{{"34109-9"}, {d.Title}, {"LN"}}}, nil,
			Parts("", content.Type, content.Subtype, "Base64", base64.StdEncoding.EncodeToString(content.Bytes)), nil, nil, nil, nil, nil, Text("F"),
			nil, nil, Text(stamp(d.Decided)),
		}})
	}
	return message
}

// stamp is a moment to the second, in universal time; "" when it is not known.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("20060102150405-0700")
}
