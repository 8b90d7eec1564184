package client

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
)

// The document of docs/integrate/document.md. The server reads it strictly, so nothing here may be spelt another way.

const (
	documentDate = "02-Jan-2006"
	documentTime = "02-Jan-2006 15:04"
)

// documentSheet loads nothing, and has none of the characters that a reader could stumble over.
const documentSheet = `
body { font-family: sans-serif; line-height: 1.5; margin: 2em auto; max-width: 46em; color: #212b32; background: #fff }
h1 { font-size: 1.6em } h2 { font-size: 1.2em; border-bottom: 1px solid #768692 } h3 { font-size: 1em; margin-bottom: 0 }
dl { display: grid; grid-template-columns: max-content auto; column-gap: 1em } dt { font-weight: bold } dd { margin: 0 }
.when { margin: 0; color: #4c6272 } .said { margin-top: 0.25em; white-space: pre-wrap }
`

// named is a person as the document shows them.
type named struct{ name, role string }

func (n named) String() string {
	if n.role == "" {
		return n.name
	}
	return n.name + ", " + n.role
}

// quotation is one message of the document, word for word.
type quotation struct {
	message id.Message
	entry   id.Hash
	person  id.Person
	author  named
	time    envelope.Time
	text    string
	beside  bool
}

// documentParts are all that a document follows from: the same parts give the same bytes, here and in the browser.
type documentParts struct {
	filing       id.Filing
	thread       id.Thread
	patient      Patient
	checkedBy    named
	quoted       []quotation // in the order of the thread
	form         *formParts  // nil for a decision in none
	corrects     *corrected  // nil where none is corrected
	summary      string
	by           named
	at           time.Time
	organisation string
	zone         *time.Location
}

// formParts are the parts of a decision's form. What is quoted is in documentParts.quoted, the decision's own words as a whole too.
type formParts struct {
	Kind     FormKind     `json:"kind"`
	Decision id.Message   `json:"decision"`
	Parts    []filledPart `json:"parts"`
}

type filledPart struct {
	Name     string       `json:"name"`
	Text     string       `json:"text"`
	Messages []id.Message `json:"messages"`
}

// corrected is the decision that this one puts right, as far as it is known here.
type corrected struct {
	decision  id.Message
	by        named
	time      envelope.Time
	reference string // of the document that this one replaces in the record; empty where nobody here knows one
}

// write makes the document's title and HTML.
func (s *Session) write(d *Document, patient Patient, quoted []excerpt, form *formParts, corrects *corrected, summary string) {
	parts := documentParts{
		form: form, corrects: corrects,
		filing: d.Filing, thread: d.Thread, patient: patient, checkedBy: s.named(patient.By), summary: summary, by: s.named(s.person),
		at: s.client.clock.Now(), organisation: s.manifests.Current().Organisation, zone: s.client.zone,
	}
	for _, one := range quoted {
		parts.quoted = append(parts.quoted, quotation{
			message: one.id, entry: one.entry, person: one.person, author: s.named(one.person), time: one.time, text: one.inner.text, beside: one.beside,
		})
	}
	d.Title, d.HTML = parts.write()
}

func (s *Session) named(person id.Person) named {
	name, role := s.nameOf(person)
	return named{name, role}
}

func (d documentParts) write() (title string, html []byte) {
	name := nhs.Name{Family: d.patient.Name.Family, Given: d.patient.Name.Given}
	title = cutText("Clinical decision: "+name.Display(), 200)
	w := &paper{}
	w.line(`<!doctype html>`)
	w.line(`<html lang="en-GB">`)
	w.line(`<head>`)
	w.line(`<meta charset="utf-8">`)
	w.line(`<title>%s</title>`, title)
	w.line(`<meta name="wardline-document" content="1">`)
	w.line(`<meta name="wardline-filing" content="%s">`, d.filing.String())
	w.line(`<meta name="wardline-thread" content="%s">`, d.thread.String())
	d.writeMarks(w)
	w.out.WriteString("<style>" + documentSheet + "</style>\n</head>\n<body>\n<main>\n<h1>Clinical decision</h1>\n")
	d.writePatient(w)
	d.writeCorrects(w)
	if d.form == nil {
		d.writeQuoted(w, d.quoted)
	} else {
		d.writeForm(w)
	}
	if d.summary != "" {
		w.line(`<section aria-labelledby="summary"><h2 id="summary">Summary by %s</h2>`, d.by.String())
		w.line(`<p>This summary was written for the record. It is not what was said.</p>`)
		w.line(`<p class="said">%s</p></section>`, d.summary)
	}
	w.line(`<section aria-labelledby="filed"><h2 id="filed">Filed</h2>`)
	at := d.at.In(d.zone)
	w.line(`<p>Filed by %s, on %s at %s from Wardline at %s. %s, word for word; the hash of each is beside it in this file.</p></section>`,
		d.by.String(), at.Format(documentDate), at.Format("15:04"), d.organisation, counted(len(d.quoted)))
	w.line(`</main>`)
	w.line(`</body>`)
	w.line(`</html>`)
	return title, w.out.Bytes()
}

func (d documentParts) writePatient(w *paper) {
	w.line(`<section aria-labelledby="patient"><h2 id="patient">Patient</h2>`)
	p, matched := d.patient, "Name, date of birth and NHS number matched the patient index"
	if p.IdentifiedBy == envelope.IdentifiedByHospitalNumber { // and nobody compared the NHS number that the index may have beside it
		matched = "Name, date of birth and hospital number matched the patient index"
	}
	switch {
	case p.Temporary:
		matched = "Name and hospital number matched a temporary identity in the patient index"
		w.line(`<dl><dt>Name</dt><dd>%s</dd><dt>Identity</dt><dd>Temporary identity</dd><dt>NHS number</dt><dd>NHS number not known</dd><dt>Hospital number</dt><dd>%s</dd></dl>`,
			p.Name.Display(), p.HospitalNumber)
	case p.Number.IsZero():
		w.line(`<dl><dt>Name</dt><dd>%s</dd><dt>Born</dt><dd>%s</dd><dt>NHS number</dt><dd>NHS number not known</dd><dt>Hospital number</dt><dd>%s</dd></dl>`,
			p.Name.Display(), p.Born.Display(), p.HospitalNumber)
	case p.HospitalNumber != "":
		w.line(`<dl><dt>Name</dt><dd>%s</dd><dt>Born</dt><dd>%s</dd><dt>NHS number</dt><dd>%s</dd><dt>Hospital number</dt><dd>%s</dd></dl>`,
			p.Name.Display(), p.Born.Display(), p.Number.Display(), p.HospitalNumber)
	default:
		w.line(`<dl><dt>Name</dt><dd>%s</dd><dt>Born</dt><dd>%s</dd><dt>NHS number</dt><dd>%s</dd></dl>`, p.Name.Display(), p.Born.Display(), p.Number.Display())
	}
	at := p.At.In(d.zone)
	w.line(`<p>%s on %s at %s, checked by %s.</p></section>`, matched, at.Format(documentDate), at.Format("15:04"), d.checkedBy.name)
}

// writeMarks says to programs what a form and a correction say to people.
func (d documentParts) writeMarks(w *paper) {
	if d.form != nil {
		w.line(`<meta name="wardline-form" content="%s">`, string(d.form.Kind))
	}
	if d.corrects == nil {
		return
	}
	w.line(`<meta name="wardline-corrects" content="%s">`, d.corrects.decision.String())
	if d.corrects.reference != "" {
		w.line(`<meta name="wardline-replaces" content="%s">`, d.corrects.reference)
	}
}

func (d documentParts) writeCorrects(w *paper) {
	if d.corrects == nil {
		return
	}
	at := d.corrects.time.Time().In(d.zone)
	w.line(`<section aria-labelledby="correction"><h2 id="correction">Correction</h2>`)
	if d.corrects.reference == "" {
		w.line(`<p>This corrects the decision of %s at %s by %s.</p></section>`, at.Format(documentDate), at.Format("15:04"), d.corrects.by.String())
		return
	}
	w.line(`<p>This corrects the decision of %s at %s by %s. It replaces the document with the reference %s.</p></section>`,
		at.Format(documentDate), at.Format("15:04"), d.corrects.by.String(), d.corrects.reference)
}

// writeForm writes every part of the form under its heading, what is quoted before what was written for it, and then what was said beside the decision.
func (d documentParts) writeForm(w *paper) {
	known := forms[d.form.Kind]
	w.line(`<section aria-labelledby="decision"><h2 id="decision">Decision: %s</h2>`, known.title)
	w.line(`<p>Messages are quoted word for word, under who said them and when. What was written in the form says so.</p></section>`)
	byID := map[id.Message]quotation{}
	for _, one := range d.quoted {
		byID[one.message] = one
	}
	for _, part := range known.parts {
		w.line(`<section aria-labelledby="part-%s"><h2 id="part-%s">%s</h2>`, part.name, part.name, part.heading)
		d.writePart(w, byID, part.name)
		w.line(`</section>`)
	}
	var beside []quotation
	for _, one := range d.quoted {
		if one.beside {
			beside = append(beside, one)
		}
	}
	d.writeQuoted(w, beside)
}

func (d documentParts) writePart(w *paper, byID map[id.Message]quotation, name string) {
	at := slices.IndexFunc(d.form.Parts, func(one filledPart) bool { return one.Name == name })
	if at < 0 {
		w.line(`<p>Nothing was entered here.</p>`)
		return
	}
	for _, one := range d.quoted { // in the order of the thread, whatever the order in the form
		if slices.Contains(d.form.Parts[at].Messages, one.message) {
			d.writeArticle(w, one, one.author.String())
		}
	}
	for _, message := range d.form.Parts[at].Messages {
		if _, found := byID[message]; !found {
			w.line(`<p>A message that stood here is no longer in the conversation.</p>`)
		}
	}
	if own := d.form.Parts[at].Text; own != "" {
		written := byID[d.form.Decision]
		written.text = own
		d.writeArticle(w, written, "Written in the form by "+written.author.String())
	}
}

// writeQuoted writes messages in the order of the thread: as many sections as it takes for what was decided and what was said beside it, each
// beginning where the other ends.
func (d documentParts) writeQuoted(w *paper, quoted []quotation) {
	if len(quoted) == 0 {
		return
	}
	numbers := map[bool]int{}
	for n, one := range quoted {
		if n == 0 || quoted[n-1].beside != one.beside {
			if n > 0 {
				w.line(`</section>`)
			}
			numbers[one.beside]++
			name, heading := sectionName(one.beside, numbers[one.beside])
			w.line(`<section aria-labelledby="%s"><h2 id="%s">%s</h2>`, name, name, heading)
		}
		d.writeArticle(w, one, one.author.String())
	}
	w.line(`</section>`)
}

func (d documentParts) writeArticle(w *paper, one quotation, heading string) {
	w.line(`<article data-message="%s" data-entry="%s" data-author="%s" data-time="%s"><h3>%s</h3><p class="when">%s</p><p class="said">%s</p></article>`,
		one.message.String(), one.entry.String(), one.person.String(), fmt.Sprint(uint64(one.time)), heading,
		one.time.Time().In(d.zone).Format(documentTime), one.text)
}

func sectionName(beside bool, number int) (name, heading string) {
	name, heading = "decision", "Decision"
	if beside {
		name, heading = "background", "Said beside it"
	}
	if number > 1 {
		name, heading = fmt.Sprintf("%s-%d", name, number), heading+", continued"
	}
	return name, heading
}

func counted(messages int) string {
	if messages == 1 {
		return "1 message"
	}
	return fmt.Sprintf("%d messages", messages)
}

// paper collects lines. Every value is escaped, and nothing else is.
type paper struct{ out bytes.Buffer }

func (p *paper) line(template string, values ...string) {
	escaped := make([]any, len(values))
	for n, value := range values {
		escaped[n] = escapeText(value)
	}
	fmt.Fprintf(&p.out, template+"\n", escaped...)
}

var escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\x00", "\ufffd")

func escapeText(text string) string { return escapes.Replace(showMarks(text)) }

// cutText shortens a text to a number of bytes without breaking a character.
func cutText(text string, most int) string {
	for len(text) > most {
		runes := []rune(text)
		text = string(runes[:len(runes)-1])
	}
	return text
}
