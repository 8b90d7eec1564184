package client

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// The limits of section 8 of docs/protocol.md.
const (
	maxText       = 20_000 // characters
	maxReferences = 200
)

// Reference names an earlier message of the thread, by id and entry hash.
type Reference struct {
	Message id.Message `json:"message"`
	Entry   id.Hash    `json:"entry"`
}

// inner is what a message says.
type inner struct {
	// later: written by a version that knows more.
	later      bool
	text       string
	replyTo    *Reference
	continues  *id.Thread // the frozen thread that this one goes on from
	statements []Reference
	background []Reference
	corrects   *Reference // the earlier decision that this one puts right
	form       *Form      // where its words belong, for a decision in a form
	// The members of acts.
	about     *Reference
	reason    string
	assertion *id.Hash
	document  *id.Hash
	// log is what the author's client had accepted of the Merkle log; nil when it does not say.
	log *envelope.LogHead
}

func (i *inner) references() []Reference {
	all := append(append([]Reference{}, i.statements...), i.background...)
	for _, one := range []*Reference{i.replyTo, i.corrects, i.about} {
		if one != nil {
			all = append(all, *one)
		}
	}
	return all
}

// encodeInner writes the inner of a message, and refuses what a receiver would.
func encodeInner(kind envelope.MessageKind, i *inner) ([]byte, error) {
	var value any
	switch kind {
	case envelope.KindText:
		value = struct {
			V         int               `json:"v"`
			Text      string            `json:"text"`
			ReplyTo   *Reference        `json:"replyTo,omitempty"`
			Continues *id.Thread        `json:"continues,omitempty"`
			Log       *envelope.LogHead `json:"log,omitempty"`
		}{1, i.text, i.replyTo, i.continues, i.log}
	case envelope.KindDecision:
		value = struct {
			V          int               `json:"v"`
			Text       string            `json:"text"`
			Statements []Reference       `json:"statements"`
			Background []Reference       `json:"background"`
			Corrects   *Reference        `json:"corrects,omitempty"`
			Form       *formOnWire       `json:"form,omitempty"`
			Log        *envelope.LogHead `json:"log,omitempty"`
		}{1, i.text, notNil(i.statements), notNil(i.background), i.corrects, i.form.onWire(), i.log}
	default:
		value = actOf(i)
	}
	var encoded bytes.Buffer
	writer := json.NewEncoder(&encoded)
	writer.SetEscapeHTML(false)
	if err := writer.Encode(value); err != nil {
		return nil, ErrText
	}
	plain := bytes.TrimSuffix(encoded.Bytes(), []byte("\n"))
	read, err := decodeInner(kind, plain)
	if err != nil {
		return nil, ErrText
	}
	if i.form != nil && read.form == nil {
		return nil, ErrForm
	}
	return plain, nil
}

// tidyText is a text as it is sent: NFC, lines ended by U+000A.
func tidyText(text string) (string, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return "", ErrText
	}
	return norm.NFC.String(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)), nil
}

// decodeInner reads an inner as hostile input, and exactly as the web client does: members are known by their exact names, unknown ones are passed over.
func decodeInner(kind envelope.MessageKind, data []byte) (*inner, error) {
	if !utf8.Valid(data) {
		return nil, refuse(envelope.Malformed, "an inner that is not UTF-8")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return nil, refuse(envelope.Malformed, "an inner that is not a JSON object")
	}
	var version *float64
	if err := json.Unmarshal(members["v"], &version); err != nil || version == nil {
		return nil, refuse(envelope.Malformed, "an inner without a version")
	}
	_, isAct := acts[kind]
	var read *inner
	var err error
	switch {
	case *version == 1 && isAct:
		return decodeAct(kind, members)
	case *version == 1 && kind == envelope.KindText:
		read, err = decodeText(members)
	case *version == 1 && kind == envelope.KindDecision:
		read, err = decodeDecision(members)
	default:
		return &inner{later: true}, nil
	}
	if err == nil {
		read.log = logIn(members["log"])
	}
	return read, err
}

// logIn reads what the author says of the Merkle log. It is a hint: one that cannot be read costs no message.
func logIn(raw json.RawMessage) *envelope.LogHead {
	var members map[string]json.RawMessage
	var size *float64
	var text *string
	if json.Unmarshal(raw, &members) != nil || json.Unmarshal(members["size"], &size) != nil || json.Unmarshal(members["root"], &text) != nil ||
		size == nil || text == nil || *size < 1 || *size >= 1<<53 || *size != math.Trunc(*size) {
		return nil
	}
	root, err := id.ParseDigest[id.Hash](*text)
	if err != nil {
		return nil
	}
	return &envelope.LogHead{Size: uint64(*size), Root: root}
}

// withLog adds what this client knows of the log, where it does not make the message any longer on the wire.
func withLog(kind envelope.MessageKind, said *inner, plain []byte, head envelope.LogHead) []byte {
	if _, isAct := acts[kind]; isAct || head.Size == 0 {
		return plain
	}
	telling := *said
	telling.log = &head
	longer, err := encodeInner(kind, &telling)
	if err != nil || envelope.PaddedSize(len(longer)) != envelope.PaddedSize(len(plain)) {
		return plain
	}
	return longer
}

func decodeText(members map[string]json.RawMessage) (*inner, error) {
	text, err := textIn(members["text"], 1, maxText)
	if err != nil {
		return nil, err
	}
	read := &inner{text: text}
	if raw, ok := members["replyTo"]; ok {
		reference, err := referenceIn(raw)
		if err != nil {
			return nil, err
		}
		read.replyTo = &reference
	}
	if raw, ok := members["continues"]; ok {
		var named *string
		if err := json.Unmarshal(raw, &named); err != nil || named == nil {
			return nil, refuse(envelope.Malformed, "not a thread")
		}
		thread, err := id.ParseDigest[id.Thread](*named)
		if err != nil {
			return nil, refuse(envelope.Malformed, "not a thread")
		}
		read.continues = &thread
	}
	return read, nil
}

func decodeDecision(members map[string]json.RawMessage) (*inner, error) {
	read := &inner{}
	var err error
	if read.statements, err = referencesIn(members["statements"]); err != nil {
		return nil, err
	}
	if read.background, err = referencesIn(members["background"]); err != nil {
		return nil, err
	}
	least := 1
	if len(read.statements) > 0 {
		least = 0
	}
	if read.text, err = textIn(members["text"], least, maxText); err != nil {
		return nil, err
	}
	if raw, ok := members["corrects"]; ok {
		corrects, err := referenceIn(raw)
		if err != nil {
			return nil, err
		}
		read.corrects = &corrects
	}
	named := map[id.Message]bool{}
	for _, reference := range slices.Concat(read.statements, read.background) {
		if named[reference.Message] {
			return nil, refuse(envelope.Malformed, "a decision names a message twice")
		}
		named[reference.Message] = true
	}
	if len(named) > maxReferences {
		return nil, refuse(envelope.Malformed, "a decision with too many references")
	}
	read.form = formIn(members["form"], read)
	return read, nil
}

func textIn(raw json.RawMessage, least, most int) (string, error) {
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return "", refuse(envelope.Malformed, "not a text")
	}
	if loneSurrogate(raw) {
		return "", refuse(envelope.Malformed, "a text with a lone surrogate")
	}
	if length := utf8.RuneCountInString(*text); length < least || length > most {
		return "", refuse(envelope.Malformed, "not a text of allowed length")
	}
	return *text, nil
}

// loneSurrogate looks for \ud800 to \udfff escapes that are not in pairs: Go would silently put another character in their place.
func loneSurrogate(literal []byte) bool {
	for at := 0; at < len(literal); at++ {
		if literal[at] != '\\' {
			continue
		}
		first, escaped := surrogateAt(literal, at)
		if !escaped {
			at++ // the escaped character, which may be a backslash
			continue
		}
		second, paired := surrogateAt(literal, at+6)
		if first >= 0xdc00 || !paired || second < 0xdc00 {
			return true
		}
		at += 11
	}
	return false
}

// surrogateAt reads a \u escape of a surrogate.
func surrogateAt(literal []byte, at int) (uint64, bool) {
	if at+6 > len(literal) || literal[at] != '\\' || literal[at+1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(literal[at+2:at+6]), 16, 16)
	return unit, err == nil && unit >= 0xd800 && unit <= 0xdfff
}

func referencesIn(raw json.RawMessage) ([]Reference, error) {
	var list *[]json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil || list == nil || len(*list) > maxReferences {
		return nil, refuse(envelope.Malformed, "not a list of references")
	}
	var references []Reference
	for _, one := range *list {
		reference, err := referenceIn(one)
		if err != nil {
			return nil, err
		}
		references = append(references, reference)
	}
	return references, nil
}

func referenceIn(raw json.RawMessage) (Reference, error) {
	bad := refuse(envelope.Malformed, "not a reference")
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return Reference{}, bad
	}
	var message, entry *string
	if json.Unmarshal(members["message"], &message) != nil || json.Unmarshal(members["entry"], &entry) != nil || message == nil || entry == nil {
		return Reference{}, bad
	}
	reference := Reference{}
	var err error
	if reference.Message, err = id.Parse[id.Message](*message); err != nil {
		return Reference{}, bad
	}
	if reference.Entry, err = id.ParseDigest[id.Hash](*entry); err != nil {
		return Reference{}, bad
	}
	return reference, nil
}

func notNil(references []Reference) []Reference {
	if references == nil {
		return []Reference{}
	}
	return references
}
