package record

import (
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

var (
	theFiling = id.Filing{0x01, 0x92, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 1}
	theThread = id.Thread{7}
	first     = Source{Message: id.Message{0x01, 0x92, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 2}, Entry: id.Hash{1}}
	second    = Source{Message: id.Message{0x01, 0x92, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 3}, Entry: id.Hash{2}}
)

// page is a document by the template with the given excerpts.
func page(sources ...Source) string {
	var b strings.Builder
	b.WriteString("<!doctype html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n<title>Clinical decision: SMITH, John</title>\n" +
		"<meta name=\"wardline-document\" content=\"1\">\n<meta name=\"wardline-filing\" content=\"" + theFiling.String() + "\">\n" +
		"<meta name=\"wardline-thread\" content=\"" + theThread.String() + "\">\n<style>.said { white-space: pre-wrap }</style>\n</head>\n<body>\n<main>\n<h1>Clinical decision</h1>\n")
	for _, one := range sources {
		b.WriteString("<article data-message=\"" + one.Message.String() + "\" data-entry=\"" + one.Entry.String() +
			"\" data-author=\"x\" data-time=\"1\"><h3>Dr Anita Patel</h3><p class=\"said\">2 &lt; 3 &amp; \"so\"\nnext line</p></article>\n")
	}
	b.WriteString("</main>\n</body>\n</html>\n")
	return b.String()
}

func TestR21_TheDocumentNamesItsSources(t *testing.T) {
	got, err := ReadDocument([]byte(page(first, second)), theFiling, theThread)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, []Source{first, second}) {
		t.Errorf("excerpts = %v", got)
	}
}

func TestADocumentThatCouldRunLoadOrLinkIsRefused(t *testing.T) {
	good := page(first)
	swap := func(old, with string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the page has no %q", old)
		}
		return strings.Replace(good, old, with, 1)
	}
	for name, bad := range map[string]string{
		"script":            swap("<h1>", "<script>alert(1)</script><h1>"),
		"image":             swap("<h1>", `<img src="https://elsewhere.example/x.png"><h1>`),
		"event attribute":   swap("<main>", `<main onclick="x()">`),
		"link":              swap("<h1>", `<a href="https://elsewhere.example">x</a><h1>`),
		"frame":             swap("<h1>", `<iframe src="x"></iframe><h1>`),
		"form":              swap("<h1>", `<form action="x"></form><h1>`),
		"style that loads":  swap("pre-wrap", "pre-wrap; background: URL(x)"),
		"style import":      swap(".said", "@import 'x'; .said"),
		"style escape":      swap("pre-wrap", `pre-wrap; background: \75rl(x)`),
		"refresh":           swap("<h1>", `<meta http-equiv="refresh" content="0"><h1>`),
		"comment":           swap("<h1>", "<!-- x --><h1>"),
		"upper case":        swap("<h1>", "<H1>"),
		"single quotes":     swap(`class="said"`, `class='said'`),
		"bare ampersand":    swap("&amp;", "&"),
		"numeric entity":    swap("&amp;", "&#60;"),
		"wrong nesting":     swap("</main>\n</body>", "</body>\n</main>"),
		"unclosed":          swap("</html>", ""),
		"text outside":      good + "more",
		"other filing":      swap(theFiling.String(), strings.Replace(theFiling.String(), "0192", "0193", 1)),
		"other thread":      swap(theThread.String(), id.Thread{8}.String()),
		"no excerpt":        page(),
		"same source twice": page(first, first),
		"NUL":               swap("Patel", "Pat\x00el"),
		"not UTF-8":         swap("Patel", "Pat\xffel"),
		"empty":             "",
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := ReadDocument([]byte(bad), theFiling, theThread); !errors.Is(err, ErrDocument) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

// inForm puts a page into an SBAR: each run of excerpts is a part.
func inForm(parts ...[]Source) string {
	var all strings.Builder
	for _, part := range parts {
		whole := page(part...)
		all.WriteString("<section aria-labelledby=\"part-x\">" + whole[strings.Index(whole, "<article"):strings.Index(whole, "</main>")] + "</section>\n")
	}
	whole := strings.Replace(page(), "<style>", "<meta name=\"wardline-form\" content=\"sbar\">\n<style>", 1)
	return strings.Replace(whole, "</main>", all.String()+"</main>", 1)
}

func TestR21_OnlyInAFormThePartsDecideTheOrderAndTheDecisionsWordsStandAgain(t *testing.T) {
	third := Source{Message: id.Message{0x01, 0x92, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 4}, Entry: id.Hash{3}}
	other := Source{Message: first.Message, Entry: id.Hash{9}}
	good := inForm([]Source{second}, []Source{first, third}, []Source{third})
	for name, row := range map[string]struct {
		document string
		sources  []Source
		corrects id.Message
		reason   string // "" for none
	}{
		"in the parts' order":                   {good, []Source{first, second, third}, id.Message{}, ""},
		"a decision without words":              {inForm([]Source{second}, []Source{first}), []Source{first, second, third}, id.Message{}, ""},
		"a plain document":                      {page(first, second, third), []Source{first, second, third}, id.Message{}, ""},
		"a plain document in another order":     {page(second, first, third), []Source{first, second, third}, id.Message{}, "sources"},
		"another order within a part":           {inForm([]Source{second, first}, []Source{third}), []Source{first, second, third}, id.Message{}, "sources"},
		"a message twice":                       {inForm([]Source{first}, []Source{first, third}, []Source{second}), []Source{first, second, third}, id.Message{}, "sources"},
		"a message of another hash again":       {inForm([]Source{first}, []Source{other, third}), []Source{first, third}, id.Message{}, "excerpt"},
		"a source that is missing":              {inForm([]Source{first}, []Source{third}), []Source{first, second, third}, id.Message{}, "sources"},
		"an excerpt that is no source":          {good, []Source{first, third}, id.Message{}, "sources"},
		"twice without a form":                  {strings.Replace(good, "<meta name=\"wardline-form\" content=\"sbar\">\n", "", 1), []Source{first, second, third}, id.Message{}, "excerpt"},
		"an unknown form":                       {strings.Replace(good, `content="sbar"`, `content="soap"`, 1), []Source{first, second, third}, id.Message{}, "meta"},
		"a correction":                          {marked(`wardline-corrects" content="` + first.Message.String()), []Source{second, third}, first.Message, ""},
		"a correction that it does not name":    {page(second, third), []Source{second, third}, first.Message, "corrects"},
		"one that it names to itself":           {marked(`wardline-corrects" content="` + first.Message.String()), []Source{second, third}, id.Message{}, "corrects"},
		"a correction of no decision":           {marked(`wardline-corrects" content="x`), []Source{second, third}, first.Message, "meta"},
		"a replacement that corrects nothing":   {marked(`wardline-replaces" content="DOC-1`), []Source{second, third}, id.Message{}, "meta"},
		"something else that it says of itself": {marked(`wardline-other" content="x`), []Source{second, third}, id.Message{}, "meta"},
	} {
		_, err := checkSubmission(Submission{
			Filing: theFiling, Thread: theThread, Decision: third.Message, Sources: row.sources, Title: "Clinical decision", Corrects: row.corrects,
			Document: []byte(row.document), DocumentHash: sha256.Sum256([]byte(row.document)),
		})
		var got string
		if found, ok := errors.AsType[*fault.Error](err); ok {
			got, _ = found.Details()["reason"].(string)
		}
		if (err == nil) != (row.reason == "") || got != row.reason {
			t.Errorf("%s: %v, %q", name, err, got)
		}
	}
}

// marked is a page of two excerpts that says one thing more of itself.
func marked(what string) string {
	third := Source{Message: id.Message{0x01, 0x92, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 4}, Entry: id.Hash{3}}
	return strings.Replace(page(second, third), "<style>", `<meta name="`+what+"\">\n<style>", 1)
}

func FuzzReadDocument(f *testing.F) {
	f.Add([]byte(page(first, second)))
	f.Add([]byte(inForm([]Source{second}, []Source{first})))
	f.Add([]byte(marked(`wardline-corrects" content="` + first.Message.String())))
	f.Add([]byte("<!doctype html>\n<p>"))
	f.Fuzz(func(t *testing.T, document []byte) {
		got, err := ReadDocument(document, theFiling, theThread)
		if err != nil && !errors.Is(err, ErrDocument) {
			t.Fatalf("unexpected error %v", err)
		}
		if err == nil && (len(got) == 0 || strings.Contains(strings.ToLower(string(document)), "<script")) {
			t.Fatal("accepted a document that has no sources or a script")
		}
	})
}
