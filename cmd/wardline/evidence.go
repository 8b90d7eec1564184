package main

import (
	"errors"
	"os"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
)

type verifyEvidence struct {
	Key    []string `required:"" placeholder:"BASE64" help:"The server's public audit key, as an officer's copy of the manifest has it; of several manifests each one's, the oldest first."`
	Export string   `placeholder:"FILE" help:"The whole log, as \"wardline verify --save\" wrote it: each checkpoint is held against it too."`
	File   []string `arg:"" placeholder:"FILE" help:"What the app or the witness saved, of one device or of several."`
}

var (
	errUnsigned = fault.New(fault.Invalid, "evidence_not_signed",
		"A checkpoint in it is not signed by this key, so it proves nothing against whoever holds the key.")
	errUnproved = fault.New(fault.Conflict, "evidence_open",
		"The signatures are good, and such checkpoints can be of one log. Hold them against the whole log with --export, or add the file of another device.")
	errNoCheckpoint = fault.New(fault.Invalid, "evidence_empty", "There is no signed checkpoint in it.")
	errBadExport    = fault.New(fault.Conflict, "export_not_good", "The export is not what was signed, and nothing can be held against it.")
)

// signed is one checkpoint of the evidence.
type signed struct {
	name string
	note []byte
	envelope.Checkpoint
}

// Run ends with 0 only when the evidence proves that one server signed two logs.
func (c *verifyEvidence) Run(terminal *terminal) error {
	keys, err := readKeys(c.Key)
	if err != nil {
		return err
	}
	var all []signed
	for _, path := range c.File {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		evidence, err := envelope.ParseEvidence(text)
		if err != nil {
			return fault.New(fault.Invalid, "evidence_unreadable", "That is not a file of evidence.").With("file", path).Because(err)
		}
		found, err := c.read(terminal, path, evidence, keys)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	if len(all) == 0 {
		return errNoCheckpoint
	}
	for n, one := range all {
		for _, other := range all[:n] {
			if why := envelope.Contradiction(other.Checkpoint, one.Checkpoint); why != "" {
				return proved(terminal, other.name+" and "+one.name, why)
			}
		}
	}
	if c.Export != "" {
		return c.against(terminal, all, keys)
	}
	return errUnproved
}

func proved(terminal *terminal, which, why string) error {
	terminal.print("\nThey contradict each other: %s.\n%s: whoever holds the key signed both, and no honest server does.\n", why, which)
	return nil
}

// read shows what a file holds and checks the signatures.
func (c *verifyEvidence) read(terminal *terminal, path string, evidence envelope.Evidence, keys [][32]byte) (all []signed, err error) {
	terminal.print("%s, found as %s\n", path, evidence.Code)
	for _, one := range []struct {
		word string
		note []byte
	}{{"seen before", evidence.Seen}, {"shown then", evidence.Shown}} {
		if one.note == nil {
			continue
		}
		opened, err := envelope.OpenCheckpoint(one.note, keys...)
		if err != nil {
			return nil, errUnsigned.With("file", path).With("which", one.word).Because(err)
		}
		terminal.print("  %s: %d leaves, root %s, after %d, signed %s; the signature is good\n",
			one.word, opened.Size, opened.Root, opened.After, opened.At.Time().Format(time.RFC3339Nano))
		all = append(all, signed{path + " (" + one.word + ")", one.note, opened})
	}
	if told := evidence.Told; told != nil {
		terminal.print("  told by the device of person %s: %d leaves, root %s; nobody signed that. Ask for the file of that device.\n", told.By, told.Size, told.Root)
	}
	return all, nil
}

// against holds each checkpoint against a log that is signed by the same keys.
func (c *verifyEvidence) against(terminal *terminal, all []signed, keys [][32]byte) error {
	whole, err := c.export(audit.Verifier{Keys: keys})
	if err != nil {
		return errBadExport.Because(err)
	}
	if whole.Leaves == 0 {
		return errUnproved
	}
	newest, err := envelope.OpenCheckpoint(whole.Note, keys...)
	if err != nil {
		return err
	}
	for _, one := range all {
		if why := envelope.Contradiction(one.Checkpoint, newest); why != "" {
			return proved(terminal, one.name+" and the export", why)
		}
		if one.Size > newest.Size {
			continue // the export is older
		}
		_, err := c.export(audit.Verifier{Keys: keys, Remembered: [][]byte{one.note}})
		if errors.Is(err, audit.ErrTampered) {
			return proved(terminal, one.name+" and the export", "the leaves of the log give another root at that size")
		}
		if err != nil {
			return err
		}
	}
	return errUnproved.With("export", "each checkpoint that it reaches is of this log")
}

func (c *verifyEvidence) export(verifier audit.Verifier) (audit.Report, error) {
	file, err := os.Open(c.Export)
	if err != nil {
		return audit.Report{}, err
	}
	defer file.Close()
	return verifier.Verify(file)
}
