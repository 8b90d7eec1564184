package client

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

const (
	someMessage = "01920000-0000-7000-8000-000000000002"
	someEntry   = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

func reference(n int) string {
	return fmt.Sprintf(`{"message":"01920000-0000-7000-8000-%012d","entry":"%s"}`, n, someEntry)
}

func TestTheInnerIsReadAsTheWebClientReadsIt(t *testing.T) {
	many := make([]string, 201)
	for n := range many {
		many[n] = reference(n)
	}
	for name, test := range map[string]struct {
		kind  envelope.MessageKind
		inner string
		text  string // of what is read
		later bool
		bad   bool
	}{
		"a text":                           {kind: envelope.KindText, inner: `{"v":1,"text":"Hello"}`, text: "Hello"},
		"unknown members":                  {kind: envelope.KindText, inner: `{"v":1,"text":"Hello","colour":{"a":[1]}}`, text: "Hello"},
		"another spelling of a member":     {kind: envelope.KindText, inner: `{"v":1,"text":"Hello","Text":"Other","TEXT":1}`, text: "Hello"},
		"the last of two":                  {kind: envelope.KindText, inner: `{"v":1,"text":"One","text":"Two"}`, text: "Two"},
		"a pair of surrogates":             {kind: envelope.KindText, inner: `{"v":1,"text":"\ud83d\ude00"}`, text: "😀"},
		"an escaped backslash":             {kind: envelope.KindText, inner: `{"v":1,"text":"\\ud83d"}`, text: `\ud83d`},
		"as long as it may be":             {kind: envelope.KindText, inner: `{"v":1,"text":"` + strings.Repeat("é", 20_000) + `"}`, text: strings.Repeat("é", 20_000)},
		"a reply":                          {kind: envelope.KindText, inner: `{"v":1,"text":"a","replyTo":` + reference(1) + `}`, text: "a"},
		"a decision of others' words":      {kind: envelope.KindDecision, inner: `{"v":1,"text":"","statements":[` + reference(1) + `],"background":[]}`},
		"a decision of its own":            {kind: envelope.KindDecision, inner: `{"v":1.0,"text":"Stop","statements":[],"background":[` + reference(2) + `]}`, text: "Stop"},
		"a correction":                     {kind: envelope.KindDecision, inner: `{"v":1,"text":"1 g","statements":[],"background":[],"corrects":` + reference(1) + `}`, text: "1 g"},
		"an acknowledgement":               {kind: envelope.KindAcknowledge, inner: `{"v":1,"about":` + reference(1) + `,"text":7}`},
		"a sweep":                          {kind: envelope.KindSweep, inner: `{"v":1}`},
		"a sweep with words":               {kind: envelope.KindSweep, inner: `{"v":1,"text":"Nothing was decided."}`, text: "Nothing was decided."},
		"a quarantine":                     {kind: envelope.KindQuarantine, inner: `{"v":1,"reason":"wrong-patient"}`},
		"a confirmation":                   {kind: envelope.KindConfirm, inner: `{"v":1,"assertion":"` + someEntry + `"}`},
		"a withdrawal":                     {kind: envelope.KindWithdraw, inner: `{"v":1,"about":` + reference(1) + `,"reason":"error","text":"2 g"}`, text: "2 g"},
		"a countersignature":               {kind: envelope.KindCountersign, inner: `{"v":1,"about":` + reference(1) + `,"document":"` + someEntry + `"}`},
		"a correction of nothing":          {kind: envelope.KindDecision, inner: `{"v":1,"text":"a","statements":[],"background":[],"corrects":null}`, bad: true},
		"an acknowledgement of nothing":    {kind: envelope.KindAcknowledge, inner: `{"v":1}`, bad: true},
		"a confirmation of nobody":         {kind: envelope.KindConfirm, inner: `{"v":1,"assertion":"AAAA"}`, bad: true},
		"a withdrawal without a reason":    {kind: envelope.KindWithdraw, inner: `{"v":1,"about":` + reference(1) + `}`, bad: true},
		"a withdrawal for another reason":  {kind: envelope.KindWithdraw, inner: `{"v":1,"about":` + reference(1) + `,"reason":"Error"}`, bad: true},
		"a quarantine of two reasons":      {kind: envelope.KindQuarantine, inner: `{"v":1,"reason":["other"]}`, bad: true},
		"a countersignature of nothing":    {kind: envelope.KindCountersign, inner: `{"v":1,"about":` + reference(1) + `}`, bad: true},
		"an act with an empty text":        {kind: envelope.KindSweep, inner: `{"v":1,"text":""}`, bad: true},
		"an act with too long a text":      {kind: envelope.KindSweep, inner: `{"v":1,"text":"` + strings.Repeat("é", 2001) + `"}`, bad: true},
		"a later version":                  {kind: envelope.KindText, inner: `{"v":2,"words":[]}`, later: true},
		"a kind of a later version":        {kind: envelope.KindReaction, inner: `{"v":1,"text":1}`, later: true},
		"no version":                       {kind: envelope.KindText, inner: `{"text":"a"}`, bad: true},
		"no version of another kind":       {kind: envelope.KindReaction, inner: `{}`, bad: true},
		"a version that is no number":      {kind: envelope.KindText, inner: `{"v":"1","text":"a"}`, bad: true},
		"no object":                        {kind: envelope.KindText, inner: `[1]`, bad: true},
		"null":                             {kind: envelope.KindText, inner: `null`, bad: true},
		"no JSON":                          {kind: envelope.KindText, inner: `{"v":1,"text":"a"`, bad: true},
		"something after it":               {kind: envelope.KindText, inner: `{"v":1,"text":"a"}x`, bad: true},
		"a byte order mark":                {kind: envelope.KindText, inner: "\ufeff" + `{"v":1,"text":"a"}`, bad: true},
		"no UTF-8":                         {kind: envelope.KindText, inner: "{\"v\":1,\"text\":\"\xff\"}", bad: true},
		"no text":                          {kind: envelope.KindText, inner: `{"v":1}`, bad: true},
		"an empty text":                    {kind: envelope.KindText, inner: `{"v":1,"text":""}`, bad: true},
		"a text that is a number":          {kind: envelope.KindText, inner: `{"v":1,"text":1}`, bad: true},
		"a text that is null":              {kind: envelope.KindText, inner: `{"v":1,"text":null}`, bad: true},
		"too long":                         {kind: envelope.KindText, inner: `{"v":1,"text":"` + strings.Repeat("é", 20_001) + `"}`, bad: true},
		"half a pair":                      {kind: envelope.KindText, inner: `{"v":1,"text":"a\ud83d"}`, bad: true},
		"half a pair and a character":      {kind: envelope.KindText, inner: `{"v":1,"text":"\ud83d\u0041"}`, bad: true},
		"the wrong half first":             {kind: envelope.KindText, inner: `{"v":1,"text":"\ude00\ud83d"}`, bad: true},
		"half a pair after a backslash":    {kind: envelope.KindText, inner: `{"v":1,"text":"\\\ud83d"}`, bad: true},
		"a reply to nothing":               {kind: envelope.KindText, inner: `{"v":1,"text":"a","replyTo":null}`, bad: true},
		"a reply to an id in capitals":     {kind: envelope.KindText, inner: `{"v":1,"text":"a","replyTo":{"message":"01920000-0000-7000-8000-00000000000A","entry":"` + someEntry + `"}}`, bad: true},
		"a reply with a short hash":        {kind: envelope.KindText, inner: `{"v":1,"text":"a","replyTo":{"message":"` + someMessage + `","entry":"AAAA"}}`, bad: true},
		"a decision without a list":        {kind: envelope.KindDecision, inner: `{"v":1,"text":"a","statements":[]}`, bad: true},
		"a decision of nothing":            {kind: envelope.KindDecision, inner: `{"v":1,"text":"","statements":[],"background":[]}`, bad: true},
		"a decision that repeats":          {kind: envelope.KindDecision, inner: `{"v":1,"text":"a","statements":[` + reference(1) + `],"background":[` + reference(1) + `]}`, bad: true},
		"a decision with 201 references":   {kind: envelope.KindDecision, inner: `{"v":1,"text":"a","statements":[` + strings.Join(many, ",") + `],"background":[]}`, bad: true},
		"a decision with 201 in two lists": {kind: envelope.KindDecision, inner: `{"v":1,"text":"a","statements":[` + strings.Join(many[:100], ",") + `],"background":[` + strings.Join(many[100:], ",") + `]}`, bad: true},
	} {
		read, err := decodeInner(test.kind, []byte(test.inner))
		switch {
		case test.bad:
			if envelope.CodeOf(err) != envelope.Malformed {
				t.Errorf("%s: %+v, %v", name, read, err)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case read.text != test.text || read.later != test.later:
			t.Errorf("%s: read %+v", name, read)
		}
	}
}

// TestAHintAboutTheLogCostsNoMessage: it is read exactly as the web client reads it, and one that cannot be read is as good as none.
func TestAHintAboutTheLogCostsNoMessage(t *testing.T) {
	for hint, size := range map[string]uint64{
		`{"size":7,"root":"` + someEntry + `"}`: 7, `{"size":7.0,"root":"` + someEntry + `","more":1}`: 7, `{"size":1e3,"root":"` + someEntry + `"}`: 1000,
		`{"size":9007199254740991,"root":"` + someEntry + `"}`: 1<<53 - 1,
		`{"size":9007199254740992,"root":"` + someEntry + `"}`: 0, `{"size":0,"root":"` + someEntry + `"}`: 0, `{"size":-1,"root":"` + someEntry + `"}`: 0,
		`{"size":1.5,"root":"` + someEntry + `"}`: 0, `{"size":"7","root":"` + someEntry + `"}`: 0, `{"size":7,"root":"AAAA"}`: 0, `{"size":7}`: 0,
		`{"size":7,"root":null}`: 0, `null`: 0, `[]`: 0, `7`: 0, `{"Size":7,"Root":"` + someEntry + `"}`: 0, `{"size":null,"root":"` + someEntry + `"}`: 0,
	} {
		read, err := decodeInner(envelope.KindText, []byte(`{"v":1,"text":"a","log":`+hint+`}`))
		if err != nil || read.text != "a" || (read.log != nil) != (size > 0) || read.log != nil && read.log.Size != size {
			t.Errorf("%s: %+v, %v", hint, read, err)
		}
	}
}

// TestAFormThatBreaksARuleCostsNoDecision: the cases are those of web/src/crypto/form.test.ts.
func TestAFormThatBreaksARuleCostsNoDecision(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "testdata", "vectors", "form.json"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Inner string
		Kept        bool
	}
	if err := json.Unmarshal(content, &vectors); err != nil || len(vectors) < 30 {
		t.Fatalf("%d forms: %v", len(vectors), err)
	}
	for _, one := range vectors {
		read, err := decodeInner(envelope.KindDecision, []byte(one.Inner))
		if err != nil || (read.form != nil) != one.Kept {
			t.Errorf("%s: %+v, %v", one.Name, read, err)
			continue
		}
		again, err := encodeInner(envelope.KindDecision, read)
		if err != nil {
			t.Errorf("%s: %v", one.Name, err)
			continue
		}
		if twice, err := decodeInner(envelope.KindDecision, again); err != nil || !cmp.Equal(twice.form, read.form, cmpopts.EquateEmpty()) {
			t.Errorf("%s: read %+v, and again %+v: %v", one.Name, read.form, twice, err)
		}
	}
}

func FuzzInner(f *testing.F) {
	f.Add(uint8(2), []byte(`{"v":1,"text":"Situation\nS","statements":[`+reference(1)+`],"background":[],"form":{"kind":"sbar","parts":[{"name":"situation",`+
		`"text":"S"},{"name":"assessment","messages":[`+reference(1)+`]}]}}`))
	f.Add(uint8(1), []byte(`{"v":1,"text":"a","replyTo":`+reference(1)+`}`))
	f.Add(uint8(2), []byte(`{"v":1,"text":"","statements":[`+reference(1)+`],"background":[`+reference(2)+`]}`))
	f.Add(uint8(1), []byte(`{"v":1,"text":"\ud83d\ude00 \\ud83d"}`))
	f.Add(uint8(1), []byte(`{"v":1,"text":"a","log":{"size":1e3,"root":"`+someEntry+`"}}`))
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		read, err := decodeInner(envelope.MessageKind(kind), data)
		if err != nil || read.later {
			return
		}
		again, err := encodeInner(envelope.MessageKind(kind), read)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		twice, err := decodeInner(envelope.MessageKind(kind), again)
		if err != nil || twice.text != read.text || len(twice.references()) != len(read.references()) || !cmp.Equal(twice.log, read.log) ||
			!cmp.Equal(twice.form, read.form, cmpopts.EquateEmpty()) {
			t.Fatalf("read %+v, and again %+v: %v", read, twice, err)
		}
	})
}

func TestTextsAreTidied(t *testing.T) {
	for text, want := range map[string]string{"a\r\nb\rc\n": "a\nb\nc\n", "e\u0301": "é", "😀": "😀"} {
		if got, err := tidyText(text); err != nil || got != want {
			t.Errorf("%q became %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"\x00", "\xff"} {
		if _, err := tidyText(text); !errors.Is(err, ErrText) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// RFC 6238 appendix B, cut to six digits.
func TestCodesAreThoseOfTheRFC(t *testing.T) {
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got, err := TOTP(secret, time.Unix(at, 0)); err != nil || got != want {
			t.Errorf("at %d: %s, %v; want %s", at, got, err, want)
		}
	}
	if _, err := TOTP("not base32!", time.Unix(0, 0)); err == nil {
		t.Error("a secret that is none has a code")
	}
}

func TestLinks(t *testing.T) {
	token, fingerprint := base64.RawURLEncoding.EncodeToString(make([]byte, 32)), id.Hash{1}
	link, err := ParseLink("https://wardline.example/#/enrol/" + token + "." + fingerprint.String())
	if err != nil || link.BaseURL != "https://wardline.example" || link.Token != token || link.Fingerprint != fingerprint {
		t.Errorf("%+v, %v", link, err)
	}
	for _, bad := range []string{
		"", "https://wardline.example/", "https://wardline.example/#/enrol/" + token, "https://wardline.example/#/enrol/short." + fingerprint.String(),
		"https://wardline.example/#/enrol/" + token + ".short", "https://wardline.example/enrol/" + token + "." + fingerprint.String(),
	} {
		if _, err := ParseLink(bad); !errors.Is(err, ErrLink) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "wardline.example", "ftp://wardline.example", "https://"} {
		if _, err := New(Config{BaseURL: bad}); err == nil {
			t.Errorf("%q is taken for a server", bad)
		}
	}
}
