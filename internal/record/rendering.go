package record

import (
	"html"
	"regexp"
	"time"

	"github.com/wardline/wardline/internal/pdf"
)

// piece is a tag or the text between two.
var piece = regexp.MustCompile(`<(/?)([a-z0-9]+)[^>]*>|[^<]+`)

var blockKinds = map[string]pdf.Kind{"h1": pdf.H1, "h2": pdf.H2, "h3": pdf.H3, "p": pdf.P, "dt": pdf.P, "dd": pdf.P}

// render makes a PDF of a document: the same words in the same order. There is none when a word has a character that the fonts of a PDF do not have: then the
// record gets the HTML alone, which is the document.
func render(d Document) ([]byte, error) {
	made := pdf.Document{Language: "en-GB", Made: d.FiledAt.Truncate(time.Second), Name: "urn:uuid:" + d.Filing.String()}
	open := ""
	for _, one := range piece.FindAllSubmatch(d.Bytes, -1) {
		switch tag, text := string(one[2]), string(one[0]); {
		case tag != "" && len(one[1]) == 0:
			if open = tag; blockKinds[tag] != "" {
				made.Blocks = append(made.Blocks, pdf.Block{Kind: blockKinds[tag]})
			}
		case tag != "":
			open = ""
		case open == "title":
			made.Title = html.UnescapeString(text)
		case blockKinds[open] != "":
			made.Blocks[len(made.Blocks)-1].Text += html.UnescapeString(text)
		}
	}
	return pdf.Write(made)
}
