package record_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

func TestR21_APDFGoesBesideTheDocumentWhereThereCanBeOne(t *testing.T) {
	for words, want := range map[string]bool{"words &amp; words": true, "well \U0001F44D": false} {
		storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
			w := newWardWith(t, db, true)
			s := w.submission(w.say(t, 10, envelope.KindDecision))
			s.Document = bytes.Replace(s.Document, []byte("<p>words"), []byte("<p>"+words), 1)
			s.Document = bytes.Replace(s.Document, []byte("<head>"), []byte("<head><title>Clinical decision: SMITH &amp; SON</title>"), 1)
			s.DocumentHash = sha256.Sum256(s.Document)
			if _, err := w.desk.File(t.Context(), w.by, s); err != nil {
				t.Fatal(err)
			}
			w.work(t)
			if paper := w.paper(t, s.Filing); paper.State != record.Received {
				t.Fatalf("%s: %+v", words, paper)
			}
			sent := w.health.order[0]
			if !bytes.Equal(sent.Bytes, s.Document) || (sent.PDF != nil) != want {
				t.Errorf("%s: a PDF of %d bytes", words, len(sent.PDF))
			}
			if want && !bytes.Contains(sent.PDF, []byte("Clinical decision: SMITH &amp; SON</rdf:li>")) {
				t.Errorf("%s: the PDF has another title", words)
			}
		})
	}
}
