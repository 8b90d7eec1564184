package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
)

func TestR21_VerifyDocumentFromTheDatabaseAndElsewhere(t *testing.T) {
	filing, thread, message, entry := id.Filing{1}, id.Thread{2}, id.Message{3}, id.Hash{4}
	article := fmt.Sprintf(`<article data-message="%s" data-entry="%s"><p>Change to IV flucloxacillin</p></article>`, message, entry)
	for name, parts := range map[string][2]string{
		"plain": {"", article},
		"a correction in a form": {
			`<meta name="wardline-form" content="plan"><meta name="wardline-corrects" content="` + id.Message{9}.String() + `">`,
			`<section id="part-plan">` + article + `</section><section id="part-who">` + strings.Replace(article, "Change to IV flucloxacillin", "Anita", 1) + `</section>`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			verifiesDocument(t, filing, thread, message, entry, []byte(fmt.Sprintf(`<!doctype html>
<html lang="en-GB"><head><meta name="wardline-document" content="1"><meta name="wardline-filing" content="%s"><meta name="wardline-thread" content="%s">%s</head>`+
				`<body>%s</body></html>`, filing, thread, parts[0], parts[1])))
		})
	}
}

func verifiesDocument(t *testing.T, filing id.Filing, thread id.Thread, message id.Message, entry id.Hash, document []byte) {
	t.Helper()
	dir := t.TempDir()
	hash := id.Hash(sha256.Sum256(document))
	tombstone, err := envelope.Encode(&envelope.Tombstone{
		Thread: thread, Entry: entry, Message: message, Kind: uint8(envelope.KindDecision), Destroyed: 1_772_366_400_000, Reason: envelope.DestroyFiled,
		Filing: filing, DocumentHash: hash, Reference: "DOC-7741-2093",
	})
	if err != nil {
		t.Fatal(err)
	}
	seedFiled(t, filepath.Join(dir, "wardline.db"), filing, thread, message, entry, hash, tombstone)
	file := filepath.Join(dir, "document.html")
	altered := filepath.Join(dir, "altered.html")
	for path, content := range map[string][]byte{file: document, altered: []byte(strings.Replace(string(document), "IV", "oral", 1))} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	evidence := filepath.Join(dir, "evidence.json")
	output, code := command(t, "verify", "document", "--data", dir, "--save", evidence, file)
	if code != 0 || !strings.Contains(output, "destroyed because this document is in the record") || !strings.Contains(output, "DOC-7741-2093") {
		t.Errorf("%d: %s", code, output)
	}
	saved, err := os.ReadFile(evidence)
	if err != nil || strings.Contains(string(saved), "flucloxacillin") {
		t.Errorf("%v: %s", err, saved)
	}
	if output, code = command(t, "verify", "document", "--evidence", evidence, file); code != 0 || !strings.Contains(output, "The document is the one that was filed") {
		t.Errorf("elsewhere: %d: %s", code, output)
	}
	for _, args := range [][]string{{"--data", dir}, {"--evidence", evidence}} {
		output, code = command(t, append(append([]string{"verify", "document"}, args...), altered)...)
		if code != 1 || !strings.Contains(output, "DIFFERS: the document is not the one that was filed") || strings.Contains(output, "DESTROYED") {
			t.Errorf("altered, %v: %d: %s", args, code, output)
		}
	}
	otherwise := filepath.Join(dir, "other.html")
	if err := os.WriteFile(otherwise, []byte(strings.Replace(string(document), filing.String(), id.Filing{7}.String(), 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	output, code = command(t, "verify", "document", "--evidence", evidence, otherwise)
	if code != 1 || !strings.Contains(output, "OF ANOTHER FILING: "+filing.String()) || strings.Contains(output, "DOC-7741-2093") {
		t.Errorf("another filing's evidence: %d: %s", code, output)
	}
	withdrawn := filepath.Join(dir, "withdrawn.json")
	if err := os.WriteFile(withdrawn, []byte(strings.Replace(string(saved), `"entries"`, `"retraction": "retracted", "entries"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	output, code = command(t, "verify", "document", "--evidence", withdrawn, file)
	if code != 0 || !strings.Contains(output, "WITHDRAWN: ") || !strings.Contains(output, "entered in error") || !strings.Contains(output, "does not stand") {
		t.Errorf("a document that was taken back: %d: %s", code, output)
	}
	if output, code = command(t, "verify", "document", "--data", dir, evidence); code != 1 || !strings.Contains(output, "not one that Wardline files") {
		t.Errorf("not a document: %d: %s", code, output)
	}
}

// seedFiled writes the rows of a filing whose only message is destroyed.
func seedFiled(t *testing.T, path string, filing id.Filing, thread id.Thread, message id.Message, entry, hash id.Hash, tombstone []byte) {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Tx(ctx, func(tx *store.Tx) error {
		for _, row := range []struct {
			query string
			args  []any
		}{
			{`INSERT INTO thread (thread, space, name, add_by, post_by, retention, creator, created_at, seq, log_hash, membership_seq,
				membership_head, epoch, epoch_membership_seq, epoch_issued, epoch_messages, epoch_stale, members, last_at, last_kind)
				VALUES ($1, 1, '', 2, 2, 0, $2, 1, 9, $3, 0, $3, 1, 0, 1, 0, FALSE, 1, 1, 4)`, []any{thread, id.Person{5}, id.Hash{6}}},
			{`INSERT INTO thread_log (thread, seq, kind, at, entry, log_hash, message, person, device, device_seq, epoch, sent_at, content, state, body)
				VALUES ($1, 7, 4, 1, $2, $2, $3, $4, $5, 1, 1, 1, 2, 2, $6)`, []any{thread, entry, message, id.Person{5}, id.Device{6}, tombstone}},
			{`INSERT INTO filing (filing, thread, decision, state, code, reason, reference, document_hash, filed_by, filed_at, received_at, eligible_at,
				destroyed_at, next_try_at, attempts) VALUES ($1, $2, $3, 3, '', '', 'DOC-7741-2093', $4, $5, 1, 1, 1, 1, 0, 1)`,
				[]any{filing, thread, message, hash, id.Person{5}}},
			{`INSERT INTO filing_source (filing, place, message, entry) VALUES ($1, 0, $2, $3)`, []any{filing, message, entry}},
		} {
			if _, err := tx.Exec(row.query, row.args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
