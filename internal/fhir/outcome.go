package fhir

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// OperationOutcome is how a FHIR server says what went wrong.
type OperationOutcome struct {
	ID      string  `json:"id"`
	Issue   []Issue `json:"issue"`
	Unknown Unknown `json:"-"`
}

// Issue is one thing that went wrong. Severity is fatal, error, warning or information.
type Issue struct {
	Severity    string           `json:"severity"`
	Code        string           `json:"code"`
	Details     *CodeableConcept `json:"details"`
	Diagnostics string           `json:"diagnostics"`
	Unknown     Unknown          `json:"-"`
}

// HasCode reports whether an issue carries the code, as its own or among its details, whatever the code system's address.
func (o *OperationOutcome) HasCode(code string) bool {
	for _, issue := range o.Issue {
		if issue.Code == code {
			return true
		}
		if issue.Details == nil {
			continue
		}
		for _, coding := range issue.Details.Coding {
			if coding.Code == code {
				return true
			}
		}
	}
	return false
}

// Failed reports whether an issue says that the operation did not succeed.
func (o *OperationOutcome) Failed() bool {
	for _, issue := range o.Issue {
		if issue.Severity == "fatal" || issue.Severity == "error" {
			return true
		}
	}
	return false
}

// Reason returns what the issues say in words that can be put before a person: one line of plain text, at most max runes, the
// gravest issues first. It is a stranger's text: show it as a quotation, never as markup.
func (o *OperationOutcome) Reason(max int) string {
	var said []string
	seen := make(map[string]bool)
	for _, grave := range []bool{true, false} {
		for _, issue := range o.Issue {
			if (issue.Severity == "fatal" || issue.Severity == "error") != grave {
				continue
			}
			words := PlainText(issue.Details.Words(), max)
			if words == "" {
				words = PlainText(issue.Diagnostics, max)
			}
			if words != "" && !seen[words] {
				seen[words] = true
				said = append(said, words)
			}
		}
	}
	return PlainText(strings.Join(said, "; "), max)
}

// PlainText makes one line of at most max runes out of a stranger's text. Control characters, invisible ones and those that turn
// the writing direction are dropped, runs of space become one space, and a cut is shown by an ellipsis.
func PlainText(text string, max int) string {
	var out strings.Builder
	gap := false
	for _, r := range text {
		if unicode.IsSpace(r) {
			gap = out.Len() > 0
			continue
		}
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			continue
		}
		if gap {
			out.WriteByte(' ')
			gap = false
		}
		out.WriteRune(r)
	}
	line := []rune(out.String())
	if len(line) <= max {
		return string(line)
	}
	if max < 1 {
		return ""
	}
	return strings.TrimRightFunc(string(line[:max-1]), unicode.IsSpace) + "…"
}

func (OperationOutcome) ResourceType() string { return "OperationOutcome" }

func (o *OperationOutcome) UnmarshalJSON(b []byte) error { return split(b, o) }

func (o OperationOutcome) MarshalJSON() ([]byte, error) { return join(o) }

func (i *Issue) UnmarshalJSON(b []byte) error { return split(b, i) }

func (i Issue) MarshalJSON() ([]byte, error) { return join(i) }
