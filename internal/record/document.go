package record

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wardline/wardline/internal/id"
)

// ReadDocument reads a document of docs/integrate/document.md strictly, and returns its excerpts in the order in which they first stand. It refuses
// whatever could run, load or link, and every spelling that the template does not use: what a clinical system renders must
// have no second reading.
func ReadDocument(document []byte, filing id.Filing, in id.Thread) ([]Source, error) {
	r, err := readDocument(document, filing, in)
	if err != nil {
		return nil, err
	}
	return r.excerpts, nil
}

func readDocument(document []byte, filing id.Filing, in id.Thread) (*reader, error) {
	r := &reader{rest: document, filing: filing.String(), thread: in.String()}
	if !utf8.Valid(document) || bytes.ContainsRune(document, 0) || !r.skip("<!doctype html>\n") {
		return nil, ErrDocument.With("reason", "beginning")
	}
	for len(r.rest) > 0 && r.fault == "" {
		if r.rest[0] == '<' {
			r.tag()
		} else {
			r.text()
		}
	}
	switch {
	case r.fault != "":
		return nil, ErrDocument.With("reason", r.fault)
	case len(r.open) != 0:
		return nil, ErrDocument.With("reason", "unclosed")
	case !r.version || !r.named || !r.placed:
		return nil, ErrDocument.With("reason", "meta")
	case len(r.excerpts) == 0:
		return nil, ErrDocument.With("reason", "sources")
	}
	return r, nil
}

type reader struct {
	rest                   []byte
	open                   []string
	filing, thread         string
	version, named, placed bool
	excerpts               []Source
	fault                  string
	// form is the kind of the decision's form: then each part has its excerpts, and the decision's own words may stand in several.
	form     string
	corrects id.Message
	replaces string
	repeated []id.Message
	// parts are the excerpts of each section, as numbers of excerpts.
	parts [][]int
}

var formKinds = []string{"sbar", "referral", "result", "plan"}

// elements are those that the template uses; meta has no end tag.
var elements = []string{"html", "head", "meta", "title", "style", "body", "main", "section", "article", "h1", "h2", "h3", "dl", "dt", "dd", "p"}

var attributes = []string{"lang", "charset", "name", "content", "aria-labelledby", "id", "class", "data-message", "data-entry", "data-author", "data-time"}

var (
	startTag  = regexp.MustCompile(`^<([a-z0-9]+)((?: [a-z-]+="[^"<>]*")*)>`)
	endTag    = regexp.MustCompile(`^</([a-z0-9]+)>`)
	attribute = regexp.MustCompile(` ([a-z-]+)="([^"<>]*)"`)
	entity    = regexp.MustCompile(`&(?:amp|lt|gt|quot);`)
	// A style sheet that can load nothing and hide nothing from this reader.
	plainSheet = regexp.MustCompile(`^[^<>@\\&]*$`)
)

func (r *reader) skip(text string) bool {
	rest, found := bytes.CutPrefix(r.rest, []byte(text))
	r.rest = rest
	return found
}

func (r *reader) tag() {
	if end := endTag.FindSubmatch(r.rest); end != nil {
		last := len(r.open) - 1
		if last < 0 || r.open[last] != string(end[1]) {
			r.fault = "nesting"
			return
		}
		r.open, r.rest = r.open[:last], r.rest[len(end[0]):]
		return
	}
	start := startTag.FindSubmatch(r.rest)
	if start == nil {
		r.fault = "tag"
		return
	}
	name := string(start[1])
	values, ok := readAttributes(start[2])
	if !ok || !slices.Contains(elements, name) {
		r.fault = "element"
		return
	}
	r.rest = r.rest[len(start[0]):]
	switch name {
	case "meta":
		r.meta(values)
	case "article":
		r.article(values)
		r.open = append(r.open, name)
	case "section":
		r.parts = append(r.parts, nil)
		r.open = append(r.open, name)
	default:
		r.open = append(r.open, name)
	}
}

func readAttributes(text []byte) (map[string]string, bool) {
	values := map[string]string{}
	for _, one := range attribute.FindAllSubmatch(text, -1) {
		name, value := string(one[1]), string(one[2])
		if _, twice := values[name]; twice || !slices.Contains(attributes, name) || !escaped(value) {
			return nil, false
		}
		values[name] = value
	}
	return values, true
}

func (r *reader) meta(values map[string]string) {
	switch values["name"] {
	case "wardline-document":
		r.version = values["content"] == "1"
	case "wardline-filing":
		r.named = values["content"] == r.filing
	case "wardline-thread":
		r.placed = values["content"] == r.thread
	case "wardline-form":
		if r.form != "" || !slices.Contains(formKinds, values["content"]) {
			r.fault = "meta"
		}
		r.form = values["content"]
	case "wardline-corrects":
		corrects, err := id.Parse[id.Message](values["content"])
		if err != nil || !r.corrects.IsZero() {
			r.fault = "meta"
		}
		r.corrects = corrects
	case "wardline-replaces":
		if r.corrects.IsZero() || r.replaces != "" || values["content"] == "" {
			r.fault = "meta"
		}
		r.replaces = values["content"]
	case "":
		if values["charset"] != "utf-8" || len(values) != 1 {
			r.fault = "meta"
		}
	default:
		r.fault = "meta"
	}
}

func (r *reader) article(values map[string]string) {
	message, errMessage := id.Parse[id.Message](values["data-message"])
	entry, errEntry := id.ParseDigest[id.Hash](values["data-entry"])
	at := slices.IndexFunc(r.excerpts, func(one Source) bool { return one.Message == message })
	again := at >= 0 && r.form != "" && r.excerpts[at].Entry == entry
	switch {
	case errMessage != nil || errEntry != nil || at >= 0 && !again || !again && len(r.excerpts) == maxSources:
		r.fault = "excerpt"
		return
	case again:
		r.repeated = append(r.repeated, message)
	default:
		at = len(r.excerpts)
		r.excerpts = append(r.excerpts, Source{Message: message, Entry: entry})
	}
	if last := len(r.parts) - 1; last >= 0 {
		r.parts[last] = append(r.parts[last], at)
	}
}

// agree reports whether the excerpts are exactly the sources, each once and in the order of the thread: of the whole document, or, with a form, of each
// part, where the decision's own words may stand again. A decision without words of its own, which only marks other messages, is a source without an excerpt.
func (r *reader) agree(s Submission) bool {
	sources := s.Sources
	if !slices.ContainsFunc(r.excerpts, func(one Source) bool { return one.Message == s.Decision }) {
		sources = slices.DeleteFunc(slices.Clone(sources), func(one Source) bool { return one.Message == s.Decision })
	}
	if r.form == "" {
		return slices.Equal(r.excerpts, sources)
	}
	if len(r.excerpts) != len(sources) || slices.ContainsFunc(r.repeated, func(one id.Message) bool { return one != s.Decision }) {
		return false
	}
	places := make([]int, len(r.excerpts))
	for n, one := range r.excerpts {
		if places[n] = slices.Index(sources, one); places[n] < 0 {
			return false
		}
	}
	for _, part := range r.parts {
		if !slices.IsSortedFunc(part, func(a, b int) int { return places[a] - places[b] }) {
			return false
		}
	}
	return true
}

func (r *reader) text() {
	end := bytes.IndexByte(r.rest, '<')
	if end < 0 {
		end = len(r.rest)
	}
	text := string(r.rest[:end])
	r.rest = r.rest[end:]
	inStyle := len(r.open) > 0 && r.open[len(r.open)-1] == "style"
	switch {
	case inStyle && (!plainSheet.MatchString(text) || strings.Contains(strings.ToLower(text), "url")):
		r.fault = "style"
	case !inStyle && !escaped(text):
		r.fault = "text"
	case len(r.open) == 0 && strings.TrimSpace(text) != "":
		r.fault = "text"
	}
}

// escaped reports whether every ampersand begins one of the four entities, and no bracket is bare.
func escaped(text string) bool {
	return !strings.ContainsAny(entity.ReplaceAllString(text, ""), "&<>")
}
