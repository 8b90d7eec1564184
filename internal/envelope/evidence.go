package envelope

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"

	"github.com/wardline/wardline/internal/id"
)

// Evidence are two states of one log that cannot both be true, as a client or a witness saw them: section 11.6 of docs/protocol.md.
type Evidence struct {
	// Code is what the finder refused with.
	Code string
	// Seen is the signed checkpoint that was accepted before, Shown the one that contradicts it, as they came; nil for one that there was not.
	Seen, Shown []byte
	// Told is in place of Shown what a colleague's device said of the log that it was shown.
	Told *ToldHead
}

// ToldHead is what somebody's device says. The server has not signed it.
type ToldHead struct {
	LogHead
	By id.Person
}

const (
	evidenceMark = "wardline-evidence-v1"
	maxEvidence  = 4096
	noEvidence   = "-"
)

var evidenceCode = regexp.MustCompile(`^[a-z_]{1,40}$`)

// Text is the content of the file.
func (e Evidence) Text() string {
	told := noEvidence
	if e.Told != nil {
		told = fmt.Sprintf("%d %s %s", e.Told.Size, e.Told.Root, e.Told.By)
	}
	return fmt.Sprintf("%s\n%s\nseen %s\nshown %s\ntold %s\n", evidenceMark, e.Code, noteText(e.Seen), noteText(e.Shown), told)
}

func noteText(signed []byte) string {
	if len(signed) == 0 || len(signed) > maxCheckpoint {
		return noEvidence
	}
	return base64.RawURLEncoding.EncodeToString(signed)
}

// ParseEvidence reads a file, in its one spelling. What the notes in it are worth is for [OpenCheckpoint] to say.
func ParseEvidence(text []byte) (Evidence, error) {
	bad := refuse(Malformed, "not a file of evidence")
	if len(text) > maxEvidence {
		return Evidence{}, bad
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) != 6 || lines[0] != evidenceMark || !evidenceCode.MatchString(lines[1]) {
		return Evidence{}, bad
	}
	found := Evidence{Code: lines[1]}
	for n, into := range map[int]*[]byte{2: &found.Seen, 3: &found.Shown} {
		word := map[int]string{2: "seen ", 3: "shown "}[n]
		encoded, named := strings.CutPrefix(lines[n], word)
		if !named {
			return Evidence{}, bad
		}
		if encoded == noEvidence {
			continue
		}
		var err error
		if *into, err = base64.RawURLEncoding.Strict().DecodeString(encoded); err != nil {
			return Evidence{}, bad
		}
	}
	told, named := strings.CutPrefix(lines[4], "told ")
	if !named {
		return Evidence{}, bad
	}
	if told != noEvidence {
		head, err := parseTold(told)
		if err != nil {
			return Evidence{}, bad
		}
		found.Told = head
	}
	if found.Text() != string(text) { // one spelling: loose base64, leading zeros and long notes end here
		return Evidence{}, bad
	}
	return found, nil
}

func parseTold(text string) (*ToldHead, error) {
	fields := strings.Split(text, " ")
	if len(fields) != 3 {
		return nil, refuse(Malformed, "not what a device told")
	}
	size, counted := countIn(fields[0], "")
	root, err := id.ParseDigest[id.Hash](fields[1])
	if err != nil || !counted || size < 1 {
		return nil, refuse(Malformed, "not what a device told")
	}
	by, err := id.Parse[id.Person](fields[2])
	if err != nil {
		return nil, err
	}
	return &ToldHead{LogHead{size, root}, by}, nil
}

// Contradiction says why two checkpoints of one server cannot be of one log, or "" when they can. It needs no proof of the server's: a checkpoint
// names the size of the one before it, and a later one is not shorter, and states no earlier time.
func Contradiction(a, b Checkpoint) string {
	if a.Size > b.Size {
		a, b = b, a
	}
	switch {
	case a.Size == b.Size && a.Root != b.Root:
		return "one size, and two roots"
	case a.Size == b.Size && a.After != b.After:
		return "one size, and two sizes before it"
	case a.Size < b.Size && a.Size > b.After:
		return "the longer one names a checkpoint before it that passes over the shorter one"
	case a.Size < b.Size && a.At > b.At:
		return "the shorter one was signed after the longer one"
	}
	return ""
}
