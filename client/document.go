package client

import (
	"bytes"
	"fmt"
	"strings"

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

// write makes the document's title and HTML.
func (s *Session) write(d *Document, t *thread, patient Patient, quoted []excerpt, summary string) {
	now := s.client.local(s.client.clock.Now())
	name := nhs.Name{Family: patient.Name.Family, Given: patient.Name.Given}
	d.Title = cutText("Clinical decision: "+name.Display(), 200)
	w := &paper{}
	w.line(`<!doctype html>`)
	w.line(`<html lang="en-GB">`)
	w.line(`<head>`)
	w.line(`<meta charset="utf-8">`)
	w.line(`<title>%s</title>`, d.Title)
	w.line(`<meta name="wardline-document" content="1">`)
	w.line(`<meta name="wardline-filing" content="%s">`, d.Filing.String())
	w.line(`<meta name="wardline-thread" content="%s">`, d.Thread.String())
	w.out.WriteString("<style>" + documentSheet + "</style>\n</head>\n<body>\n<main>\n<h1>Clinical decision</h1>\n")
	s.writePatient(w, patient)
	s.writeExcerpts(w, quoted)
	by, role := s.nameOf(s.person)
	if summary != "" {
		w.line(`<section aria-labelledby="summary"><h2 id="summary">Summary by %s</h2>`, titled(by, role))
		w.line(`<p>This summary was written for the record. It is not what was said.</p>`)
		w.line(`<p class="said">%s</p></section>`, summary)
	}
	w.line(`<section aria-labelledby="filed"><h2 id="filed">Filed</h2>`)
	w.line(`<p>Filed by %s, on %s at %s from Wardline at %s. %s, word for word; the hash of each is beside it in this file.</p></section>`,
		titled(by, role), now.Format(documentDate), now.Format("15:04"), s.manifests.Current().Organisation, counted(len(quoted)))
	w.line(`</main>`)
	w.line(`</body>`)
	w.line(`</html>`)
	d.HTML = w.out.Bytes()
}

func (s *Session) writePatient(w *paper, patient Patient) {
	w.line(`<section aria-labelledby="patient"><h2 id="patient">Patient</h2>`)
	w.line(`<dl><dt>Name</dt><dd>%s</dd><dt>Born</dt><dd>%s</dd><dt>NHS number</dt><dd>%s</dd></dl>`,
		patient.Name.Display(), patient.Born.Display(), patient.Number.Display())
	at := s.client.local(patient.At)
	by, _ := s.nameOf(patient.By)
	w.line(`<p>Name, date of birth and NHS number matched the patient index on %s at %s, checked by %s.</p></section>`,
		at.Format(documentDate), at.Format("15:04"), by)
}

// writeExcerpts writes the messages in the order of the thread: as many sections as it takes for what was decided and what was said beside it, each
// beginning where the other ends.
func (s *Session) writeExcerpts(w *paper, quoted []excerpt) {
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
		s.writeExcerpt(w, one)
	}
	w.line(`</section>`)
}

func (s *Session) writeExcerpt(w *paper, one excerpt) {
	name, role := s.nameOf(one.person)
	w.line(`<article data-message="%s" data-entry="%s" data-author="%s" data-time="%s"><h3>%s</h3><p class="when">%s</p><p class="said">%s</p></article>`,
		one.id.String(), one.entry.String(), one.person.String(), fmt.Sprint(uint64(one.time)), titled(name, role),
		s.client.local(one.time.Time()).Format(documentTime), one.inner.text)
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

func titled(name, role string) string {
	if role == "" {
		return name
	}
	return name + ", " + role
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

func escapeText(text string) string { return escapes.Replace(text) }

// cutText shortens a text to a number of bytes without breaking a character.
func cutText(text string, most int) string {
	for len(text) > most {
		runes := []rune(text)
		text = string(runes[:len(runes)-1])
	}
	return text
}
