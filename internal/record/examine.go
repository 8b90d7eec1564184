package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Evidence is what a server has of one filing: its own row, and of each message that was filed the entry in the thread's log, with the tombstone where the
// message is gone. It holds nobody's words.
type Evidence struct {
	Version      int       `json:"wardlineEvidence"` // 1
	Filing       id.Filing `json:"filing"`
	Thread       id.Thread `json:"thread"`
	State        string    `json:"state"`
	DocumentHash id.Hash   `json:"documentHash"`
	Reference    string    `json:"reference,omitempty"`
	ReceivedAt   time.Time `json:"receivedAt,omitzero"`
	Retraction   string    `json:"retraction,omitempty"` // how far the record was told that it was entered in error; nothing when it stands
	Entries      []Entry   `json:"entries"`
}

// Entry is one message in the thread's log.
type Entry struct {
	Message   id.Message `json:"message"`
	Seq       uint64     `json:"seq"`
	Entry     id.Hash    `json:"entry"`
	Tombstone []byte     `json:"tombstone,omitempty"` // its encoding; nothing while the message is there
}

// Finding is what the evidence says of one excerpt of a document.
type Finding struct {
	Source
	Seq     uint64
	Verdict Finds
	At      time.Time // of the destruction
}

// Finds is the verdict on one excerpt.
type Finds uint8

const (
	// Absent: the thread's log has no such message.
	Absent Finds = iota
	// Differs: it has the message, and not with this hash: the excerpt is not of what was said.
	Differs
	// Elsewhere: the message was destroyed, and its tombstone names another document or another reason.
	Elsewhere
	// Present: the message is there with this hash. It has not been destroyed.
	Present
	// DestroyedWith: the message has this hash, and its tombstone says that it was destroyed because this very document is in the record.
	DestroyedWith
)

// Examination is what a document proves to be.
type Examination struct {
	Filing   id.Filing
	Thread   id.Thread
	Hash     id.Hash
	Same     bool // the bytes are those of the filing
	Other    bool // the evidence is of another filing, and says nothing of this document
	Findings []Finding
}

// Proved reports whether the document is the one that was filed, and every excerpt in it of a message that the thread's log has with that hash.
func (e Examination) Proved() bool {
	for _, one := range e.Findings {
		if one.Verdict < Present {
			return false
		}
	}
	return e.Same && len(e.Findings) > 0
}

// ErrEvidence is an evidence file that is none.
var ErrEvidence = fault.New(fault.Invalid, "evidence_invalid", "This is not evidence that Wardline wrote.")

// Named reads which filing of which thread a document says that it is, and its excerpts, as strictly as when it was taken in.
func Named(document []byte) (filing id.Filing, in id.Thread, excerpts []Source, err error) {
	meta := func(pattern *regexp.Regexp) string {
		if found := pattern.FindSubmatch(document[:min(len(document), 1<<16)]); found != nil {
			return string(found[1])
		}
		return ""
	}
	if filing, err = id.Parse[id.Filing](meta(metaFiling)); err == nil {
		in, err = id.ParseDigest[id.Thread](meta(metaThread))
	}
	if err != nil {
		return filing, in, nil, ErrNotFiledHere.Because(ErrDocument.With("reason", "meta"))
	}
	if excerpts, err = ReadDocument(document, filing, in); err != nil {
		err = ErrNotFiledHere.Because(err)
	}
	return filing, in, excerpts, err
}

var (
	metaFiling = regexp.MustCompile(`<meta name="wardline-filing" content="([^"]*)">`)
	metaThread = regexp.MustCompile(`<meta name="wardline-thread" content="([^"]*)">`)
)

// Examine compares a document with the evidence of its filing.
func Examine(document []byte, evidence Evidence) (Examination, error) {
	filing, in, excerpts, err := Named(document)
	if err != nil {
		return Examination{}, err
	}
	e := Examination{Filing: filing, Thread: in, Hash: sha256.Sum256(document)}
	e.Other = evidence.Filing != filing || evidence.Thread != in
	e.Same = !e.Other && evidence.DocumentHash == e.Hash
	entries := make(map[id.Message]Entry, len(evidence.Entries))
	for _, entry := range evidence.Entries {
		entries[entry.Message] = entry
	}
	for _, excerpt := range excerpts {
		finding := Finding{Source: excerpt}
		entry, found := entries[excerpt.Message]
		finding.Seq = entry.Seq
		switch {
		case !found:
		case entry.Entry != excerpt.Entry:
			finding.Verdict = Differs
		case len(entry.Tombstone) == 0:
			finding.Verdict = Present
		default:
			finding.Verdict, finding.At = e.buried(excerpt, entry.Tombstone)
		}
		e.Findings = append(e.Findings, finding)
	}
	return e, nil
}

// buried reads a tombstone: it has to name this message with this hash, this filing, this document.
func (e Examination) buried(excerpt Source, encoded []byte) (Finds, time.Time) {
	t, err := envelope.Parse[envelope.Tombstone](encoded)
	if err != nil || t.Thread != e.Thread || t.Message != excerpt.Message || t.Entry != excerpt.Entry {
		return Differs, time.Time{}
	}
	at := time.UnixMilli(int64(t.Destroyed)).UTC()
	if t.Reason != envelope.DestroyFiled || t.Filing != e.Filing || t.DocumentHash != e.Hash {
		return Elsewhere, at
	}
	return DestroyedWith, at
}

// mostEvidence bounds an evidence file: two hundred messages with their tombstones are a tenth of it.
const mostEvidence = 1 << 20

// ReadEvidence reads an evidence file.
func ReadEvidence(from io.Reader) (Evidence, error) {
	data, err := io.ReadAll(io.LimitReader(from, mostEvidence+1))
	if err != nil {
		return Evidence{}, err
	}
	var evidence Evidence
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if len(data) > mostEvidence || decoder.Decode(&evidence) != nil || evidence.Version != 1 || len(evidence.Entries) > maxSources {
		return Evidence{}, ErrEvidence
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Evidence{}, ErrEvidence
	}
	seen := map[id.Message]bool{}
	for _, entry := range evidence.Entries {
		if seen[entry.Message] {
			return Evidence{}, ErrEvidence
		}
		seen[entry.Message] = true
	}
	return evidence, nil
}
