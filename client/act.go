package client

import (
	"encoding/json"
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Acts are what somebody answers for with a signature, beside texts and decisions: section 8 of docs/protocol.md.

const maxActText = 2000 // characters

// The reasons of acts.
const (
	WithdrawnReason    = "withdrawn"     // it no longer stands, and the record has not got it
	ErrorReason        = "error"         // it was entered in error
	WrongPatientReason = "wrong-patient" // it was about somebody else
	OtherReason        = "other"
)

var actReasons = map[envelope.MessageKind][]string{
	envelope.KindWithdraw:   {WithdrawnReason, ErrorReason, WrongPatientReason},
	envelope.KindQuarantine: {WrongPatientReason, OtherReason},
}

// actFields says which members an act of a kind has, beside its free text.
type actFields struct{ about, assertion, document, text bool }

var acts = map[envelope.MessageKind]actFields{
	envelope.KindAcknowledge: {about: true},
	envelope.KindSweep:       {text: true},
	envelope.KindQuarantine:  {text: true},
	envelope.KindConfirm:     {assertion: true},
	envelope.KindWithdraw:    {about: true, text: true},
	envelope.KindCountersign: {about: true, document: true, text: true},
}

// act is an act as JSON.
type act struct {
	V         int        `json:"v"`
	About     *Reference `json:"about,omitempty"`
	Reason    string     `json:"reason,omitempty"`
	Assertion *id.Hash   `json:"assertion,omitempty"`
	Document  *id.Hash   `json:"document,omitempty"`
	Text      string     `json:"text,omitempty"`
}

func actOf(i *inner) act {
	return act{V: 1, About: i.about, Reason: i.reason, Assertion: i.assertion, Document: i.document, Text: i.text}
}

func decodeAct(kind envelope.MessageKind, members map[string]json.RawMessage) (*inner, error) {
	read, has := &inner{}, acts[kind]
	if has.about {
		about, err := referenceIn(members["about"])
		if err != nil {
			return nil, err
		}
		read.about = &about
	}
	var err error
	if has.assertion {
		if read.assertion, err = hashIn(members["assertion"]); err != nil {
			return nil, err
		}
	}
	if has.document {
		if read.document, err = hashIn(members["document"]); err != nil {
			return nil, err
		}
	}
	if reasons := actReasons[kind]; reasons != nil {
		if read.reason, err = wordIn(members["reason"], reasons); err != nil {
			return nil, err
		}
	}
	if raw, there := members["text"]; there && has.text {
		if read.text, err = textIn(raw, 1, maxActText); err != nil {
			return nil, err
		}
	}
	return read, nil
}

func hashIn(raw json.RawMessage) (*id.Hash, error) {
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return nil, refuse(envelope.Malformed, "not a hash")
	}
	hash, err := id.ParseDigest[id.Hash](*text)
	if err != nil {
		return nil, refuse(envelope.Malformed, "not a hash")
	}
	return &hash, nil
}

func wordIn(raw json.RawMessage, words []string) (string, error) {
	var word *string
	if err := json.Unmarshal(raw, &word); err != nil || word == nil || !slices.Contains(words, *word) {
		return "", refuse(envelope.Malformed, "not one of the words that there are")
	}
	return *word, nil
}
