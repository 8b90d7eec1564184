package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/record"
)

type verifyDocumentCommand struct {
	place
	Evidence string `placeholder:"FILE" help:"Check against a file that --save wrote, on any machine, instead of against the database."`
	Save     string `placeholder:"FILE" help:"Also write what the server has of this filing to a file; it holds nobody's words."`
	File     string `arg:"" help:"The document, as the health record gives it back."`
}

// largestDocument is more than any document that Wardline files.
const largestDocument = 2 << 20

var (
	errNotProved     = fault.New(fault.Conflict, "document_not_proved", "The document is not proved: see above what does not agree.")
	errOtherEvidence = fault.New(fault.Conflict, "evidence_of_another", "The evidence is of another filing than the document: find the evidence that was saved of this one.")
	errTooLarge      = fault.New(fault.TooLarge, "document_too_large", "Wardline files no document as large as this.")
)

// verdicts say what a finding means.
var verdicts = map[record.Finds]string{
	record.Absent:        "NOT IN THE LOG: the conversation has no such message among those of this filing",
	record.Differs:       "DIFFERS: the conversation's log has another message under this name",
	record.Elsewhere:     "DESTROYED OTHERWISE: its tombstone names another document or another reason",
	record.Present:       "as in the conversation's log, which still has the message",
	record.DestroyedWith: "as in the conversation's log, and destroyed because this document is in the record",
}

// withdrawals say how far the record has been told that the document was entered in error.
var withdrawals = map[string]string{
	record.Retracting.String():     "it was taken back, or filed to the wrong patient, and the record has not been told yet",
	record.Retracted.String():      "it was taken back, or filed to the wrong patient, and the record shows the document as entered in error",
	record.RetractRefused.String(): "it was taken back, or filed to the wrong patient, and the record refused to mark the document as entered in error: a person has to",
	record.RetractOwed.String():    "it was taken back, or filed to the wrong patient, and the record has still to be told",
}

// Run examines the document and says of each excerpt what it is.
func (c *verifyDocumentCommand) Run(ctx context.Context, terminal *terminal) error {
	document, err := readBounded(c.File, largestDocument)
	if err != nil {
		return err
	}
	evidence, err := c.evidence(ctx, document)
	if err != nil {
		return err
	}
	found, err := record.Examine(document, evidence)
	if err != nil {
		return err
	}
	terminal.print("Document  %s (SHA-256)\nFiling    %s in conversation %s", found.Hash, found.Filing, found.Thread)
	if found.Other {
		terminal.print("\nEvidence  OF ANOTHER FILING: %s in conversation %s. It says nothing of this document.\n", evidence.Filing, evidence.Thread)
		return errOtherEvidence
	}
	terminal.print(", %s", evidence.State)
	if evidence.Reference != "" {
		terminal.print(", in the record as %s since %s", evidence.Reference, evidence.ReceivedAt.Format(time.RFC1123))
	}
	terminal.print("\n")
	withdrawn := withdrawals[evidence.Retraction]
	if withdrawn != "" {
		terminal.print("WITHDRAWN: %s\n", withdrawn)
	}
	if !found.Same {
		terminal.print("DIFFERS: the document is not the one that was filed, which is %s\n", evidence.DocumentHash)
	}
	for _, one := range found.Findings {
		if !found.Same && one.Verdict > record.Differs {
			continue // the message is as the log has it; what this document has of it was not filed
		}
		terminal.print("%6d  %s  %s", one.Seq, one.Message, verdicts[one.Verdict])
		if !one.At.IsZero() {
			terminal.print(" (%s)", one.At.Format(time.RFC1123))
		}
		terminal.print("\n")
	}
	if !found.Proved() {
		return errNotProved
	}
	terminal.print("The document is the one that was filed, and its %d excerpts are of the messages that it names.\n", len(found.Findings))
	if withdrawn != "" {
		terminal.print("It does not stand: it was withdrawn after it was filed. Do not act on it.\n")
	}
	return nil
}

func (c *verifyDocumentCommand) evidence(ctx context.Context, document []byte) (record.Evidence, error) {
	if c.Evidence != "" {
		file, err := os.Open(c.Evidence)
		if err != nil {
			return record.Evidence{}, err
		}
		defer file.Close()
		return record.ReadEvidence(file)
	}
	filing, _, _, err := record.Named(document)
	if err != nil {
		return record.Evidence{}, err
	}
	db, err := c.open(ctx)
	if err != nil {
		return record.Evidence{}, err
	}
	defer db.Close()
	evidence, err := db.Evidence(ctx, filing)
	if err != nil || c.Save == "" {
		return evidence, err
	}
	encoded, err := json.MarshalIndent(evidence, "", "  ")
	if err != nil {
		return record.Evidence{}, err
	}
	file, err := os.OpenFile(c.Save, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return record.Evidence{}, err
	}
	_, err = file.Write(append(encoded, '\n'))
	return evidence, errors.Join(err, file.Sync(), file.Close())
}

func readBounded(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(data)) > most {
		err = errTooLarge
	}
	return data, err
}
