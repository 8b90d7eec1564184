package record

import (
	"errors"
	"slices"
	"strings"
	"testing"

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

func FuzzReadDocument(f *testing.F) {
	f.Add([]byte(page(first, second)))
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
