package client

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// FormKind is one of the forms in which a decision may be put.
type FormKind string

// The forms.
const (
	FormSBAR     FormKind = "sbar"
	FormReferral FormKind = "referral"
	FormResult   FormKind = "result" // a result is acknowledged
	FormPlan     FormKind = "plan"
)

// Form says which words of a decision belong to which part. Parts stand in the form's order, each at most once; one that is empty is left out.
type Form struct {
	Kind  FormKind
	Parts []FormPart
}

// FormPart is a part of a form: messages of the thread, word for word, and own words.
type FormPart struct {
	Name     string // the key of docs/protocol.md, section 8
	Text     string
	Messages []Reference // the hash is filled in by who sends
}

// partOf is a part of a form as it is known: its key on the wire, and its heading.
type partOf struct{ name, heading string }

type formOf struct {
	title string
	parts []partOf
}

// forms are those of docs/protocol.md, section 8; web/src/crypto/form.ts has the same.
var forms = map[FormKind]formOf{
	FormSBAR: {"SBAR", []partOf{
		{"situation", "Situation"}, {"background", "Background"}, {"assessment", "Assessment"}, {"recommendation", "Recommendation"},
	}},
	FormReferral: {"Referral", []partOf{{"question", "Question"}, {"background", "Background"}, {"findings", "Findings so far"}, {"asked", "Asked of"}}},
	FormResult: {"Result acknowledged", []partOf{
		{"result", "Result"}, {"meaning", "What it means"}, {"done", "What is done"}, {"tells", "Who tells the patient"},
	}},
	FormPlan: {"Plan", []partOf{{"problem", "Problem"}, {"plan", "Plan"}, {"until", "Until when"}, {"who", "Who"}}},
}

// PrepareDecision is the draft of a decision in a form. Its text is what the form says for readers that know no forms; nothing of it may be changed.
func PrepareDecision(form Form, background []id.Message, check Check) (Draft, error) {
	known, ok := forms[form.Kind]
	if !ok {
		return Draft{}, ErrForm
	}
	draft := Draft{Decision: true, Background: background, Check: check, Form: &Form{Kind: form.Kind}}
	for _, part := range form.Parts {
		text, err := tidyText(part.Text)
		if err != nil {
			return Draft{}, err
		}
		if text != "" && isBlank(text) {
			return Draft{}, ErrText
		}
		part.Text = text
		draft.Form.Parts = append(draft.Form.Parts, part)
		for _, one := range part.Messages {
			draft.Statements = append(draft.Statements, one.Message)
		}
	}
	draft.Text = known.text(draft.Form.Parts)
	return draft, nil
}

func (f *Form) clone() *Form {
	if f == nil {
		return nil
	}
	copied := &Form{Kind: f.Kind}
	for _, part := range f.Parts {
		copied.Parts = append(copied.Parts, FormPart{part.Name, part.Text, slices.Clone(part.Messages)})
	}
	return copied
}

// text is the own words of the parts, each under its heading.
func (f formOf) text(parts []FormPart) string {
	var paragraphs []string
	for _, part := range parts {
		at := slices.IndexFunc(f.parts, func(one partOf) bool { return one.name == part.Name })
		if at >= 0 && part.Text != "" {
			paragraphs = append(paragraphs, f.parts[at].heading+"\n"+part.Text)
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// fill is the form with the hashes of what it refers to.
func (t *thread) fill(form *Form) (*Form, error) {
	if form == nil {
		return nil, nil
	}
	filled := &Form{Kind: form.Kind}
	for _, part := range form.Parts {
		var named []id.Message
		for _, one := range part.Messages {
			named = append(named, one.Message)
		}
		references, err := t.refer(named)
		if err != nil {
			return nil, err
		}
		filled.Parts = append(filled.Parts, FormPart{part.Name, part.Text, references})
	}
	return filled, nil
}

// formOnWire is the form as the inner has it.
type formOnWire struct {
	Kind  FormKind     `json:"kind"`
	Parts []partOnWire `json:"parts"`
}

type partOnWire struct {
	Name     string      `json:"name"`
	Text     string      `json:"text,omitempty"`
	Messages []Reference `json:"messages,omitempty"`
}

func (f *Form) onWire() *formOnWire {
	if f == nil {
		return nil
	}
	wire := &formOnWire{Kind: f.Kind, Parts: []partOnWire{}}
	for _, part := range f.Parts {
		wire.Parts = append(wire.Parts, partOnWire(part))
	}
	return wire
}

// formIn reads the form of a decision. One that breaks a rule, or that nobody here knows, is as good as none: then text and statements are shown, which
// have all of its words.
func formIn(raw json.RawMessage, decision *inner) *Form {
	var members map[string]json.RawMessage
	var kind *FormKind
	var parts []json.RawMessage
	if json.Unmarshal(raw, &members) != nil || json.Unmarshal(members["kind"], &kind) != nil || json.Unmarshal(members["parts"], &parts) != nil || kind == nil {
		return nil
	}
	known, ok := forms[*kind]
	if !ok || len(parts) == 0 || len(parts) > len(known.parts) {
		return nil
	}
	form := &Form{Kind: *kind}
	next := 0 // the first part that may follow
	var named []Reference
	for _, one := range parts {
		part, err := formPartIn(one)
		if err != nil {
			return nil
		}
		at := slices.IndexFunc(known.parts[next:], func(one partOf) bool { return one.name == part.Name })
		if at < 0 {
			return nil
		}
		next += at + 1
		form.Parts = append(form.Parts, part)
		named = append(named, part.Messages...)
	}
	if known.text(form.Parts) != decision.text || !sameReferences(named, decision.statements) {
		return nil
	}
	return form
}

func formPartIn(raw json.RawMessage) (FormPart, error) {
	bad := refuse(envelope.Malformed, "not a part of a form")
	var members map[string]json.RawMessage
	var name *string
	if json.Unmarshal(raw, &members) != nil || json.Unmarshal(members["name"], &name) != nil || name == nil {
		return FormPart{}, bad
	}
	part := FormPart{Name: *name}
	var err error
	if text, ok := members["text"]; ok {
		if part.Text, err = textIn(text, 1, maxText); err != nil {
			return FormPart{}, err
		}
	}
	if messages, ok := members["messages"]; ok {
		if part.Messages, err = referencesIn(messages); err != nil {
			return FormPart{}, err
		}
	}
	if part.Text == "" && len(part.Messages) == 0 {
		return FormPart{}, bad
	}
	return part, nil
}

// sameReferences reports whether the parts name each statement once, and nothing else. No statement stands twice, so as many that are all among them are all of them.
func sameReferences(named, statements []Reference) bool {
	seen := map[Reference]bool{}
	for _, one := range named {
		if seen[one] || !slices.Contains(statements, one) {
			return false
		}
		seen[one] = true
	}
	return len(named) == len(statements)
}
