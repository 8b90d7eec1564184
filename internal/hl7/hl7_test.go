package hl7_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/hl7"
)

func document() hl7.Document {
	at := time.Date(2026, 11, 24, 13, 18, 0, 0, time.FixedZone("", 3600))
	return hl7.Document{
		Event: hl7.Original, ControlID: "ABCDEFGHIJKLMNOPQRST", At: at, Sender: hl7.Place{Application: "WARDLINE", Facility: "RXX"},
		Receiver: hl7.Place{Application: "EPR", Facility: "RXX"}, Number: "0198c1de-0000-7000-8000-000000000001", Namespace: "WARDLINE", Type: "PN",
		Title: "Clinical decision: O'NEILL & SÓN, John^", AuthorID: "0198c1de-0000-7000-8000-0000000000aa", Author: "Dr Anita Patel", Decided: at, Filed: at,
		Patient: hl7.Patient{
			Family: "O|NEILL~", Given: "John\\", Title: "Mr", Born: "19540312",
			Numbers: []hl7.Number{{Value: "9434765919", Authority: "NHS", Type: "NH"}, {Value: "N0041192", Authority: "RXX", Type: "MR"}},
		},
		Content: []hl7.Content{{Type: "text", Subtype: "html", Bytes: []byte("<p>Change to IV flucloxacillin \u2013 2\u00a0g\r\n|^~\\&")}},
	}
}

func TestMDMSaysWhatIsFiled(t *testing.T) {
	text := string(hl7.Encode(hl7.MDM(document())))
	want := []string{
		`MSH|^~\&|WARDLINE|RXX|EPR|RXX|20261124121800+0000||MDM^T02^MDM_T02|ABCDEFGHIJKLMNOPQRST|P|2.5.1|||NE|AL|GBR|UNICODE UTF-8`,
		`EVN|T02|20261124121800+0000`,
		`PID|1||9434765919^^^NHS^NH~N0041192^^^RXX^MR||O\F\NEILL\R\^John\E\^^^Mr||19540312`,
		`PV1|1|U`,
		`TXA|1|PN|text|20261124121800+0000||20261124121800+0000|||0198c1de-0000-7000-8000-0000000000aa^Dr Anita Patel^^^^^^^WARDLINE|||0198c1de-0000-7000-8000-000000000001^WARDLINE|||||AU|U|AV`,
		`OBX|1|ED|34109-9^Clinical decision: O'NEILL \T\ SÓN, John\S\^LN||^text^html^Base64^` +
			base64.StdEncoding.EncodeToString(document().Content[0].Bytes) + `||||||F|||20261124121800+0000`,
		``,
	}
	if diff := cmp.Diff(want, strings.Split(text, "\r")); diff != "" {
		t.Error(diff)
	}
}

func TestACorrectionAndACancellation(t *testing.T) {
	d := document()
	d.Event, d.Replaces = hl7.Replacement, "0198c1de-0000-7000-8000-000000000009"
	message := hl7.MDM(d)
	if txa := message.Segment("TXA"); message[0].Value(9, 2) != "T10" || txa.Value(13, 1) != d.Replaces || txa.Value(12, 1) != d.Number || message.Segment("OBX").Name == "" {
		t.Errorf("%s", hl7.Encode(message))
	}
	d.Event, d.Replaces = hl7.Cancel, ""
	message = hl7.MDM(d)
	if txa := message.Segment("TXA"); message[0].Value(9, 3) != "MDM_T01" || txa.Value(19, 1) != "CA" || txa.Value(12, 1) != d.Number || message.Segment("OBX").Name != "" {
		t.Errorf("%s", hl7.Encode(message))
	}
}

func TestTextStaysInItsPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := document()
		d.Title, d.Patient.Family, d.Author = rapid.String().Draw(t, "title"), rapid.String().Draw(t, "family"), rapid.String().Draw(t, "author")
		encoded := hl7.Encode(hl7.MDM(d))
		if bytes.ContainsAny(encoded, "\x0b\x1c\n\x00") || bytes.Count(encoded, []byte("\r")) != 6 {
			t.Fatalf("a text broke out: %q", encoded)
		}
		back, err := hl7.Decode(encoded)
		if err != nil {
			t.Fatalf("%v: %q", err, encoded)
		}
		for name, pair := range map[string][2]string{
			"title": {d.Title, back.Segment("OBX").Value(3, 2)}, "family": {d.Patient.Family, back.Segment("PID").Value(5, 1)}, "author": {d.Author, back.Segment("TXA").Value(9, 2)},
			"number": {d.Number, back.Segment("TXA").Value(12, 1)}, "document": {base64.StdEncoding.EncodeToString(d.Content[0].Bytes), back.Segment("OBX").Value(5, 5)},
		} {
			said := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(pair[0])
			if pair[1] != said {
				t.Fatalf("%s: %q came back as %q", name, pair[0], pair[1])
			}
		}
	})
}

func TestDecodeReadsOtherDelimitersAndKeepsWhatItDoesNotKnow(t *testing.T) {
	message, err := hl7.Decode([]byte("MSH#*+!%#EPR#RXX###20261124##ACK*T02\rMSA#AA#1#Taken!.br!as 5!F!6 !H!now!N! !Z!\nZZZ#a*b%c+d\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if message.Segment("MSA").Value(3, 1) != "Taken\nas 5#6 now !Z!" || message.Segment("ZZZ").Value(1, 2) != "b" || message[0].Value(3, 1) != "EPR" {
		t.Errorf("%+v", message)
	}
	if text := string(hl7.Encode(message)); !strings.HasSuffix(text, "\rZZZ|a^b&c~d\r") || !strings.HasPrefix(text, `MSH|^~\&|EPR|`) {
		t.Errorf("%q", text)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"nothing":             {"", hl7.ErrShape},
		"half a header":       {"MSH|^~", hl7.ErrShape},
		"a page of HTML":      {"<!doctype html><p>502", hl7.ErrShape},
		"equal delimiters":    {"MSH|^^\\&|a", hl7.ErrShape},
		"letters as these":    {"MSHA^~\\&Aa", hl7.ErrShape},
		"no segment":          {"MSH|^~\\&|a\rMSA\x00|AA", hl7.ErrShape},
		"two headers":         {"MSH|^~\\&|a\rMSH|^~\\&|b", hl7.ErrShape},
		"Latin-1":             {"MSH|^~\\&|\xe9", hl7.ErrNotUTF8},
		"too many bytes":      {"MSH|^~\\&|" + strings.Repeat("a", 1<<20), hl7.ErrTooLarge},
		"too many segments":   {"MSH|^~\\&|a" + strings.Repeat("\rZZZ|a", 501), hl7.ErrTooLarge},
		"too many fields":     {"MSH|^~\\&|a" + strings.Repeat("|", 300), hl7.ErrTooLarge},
		"too many components": {"MSH|^~\\&|a\rZZZ|" + strings.Repeat("^", 6000), hl7.ErrTooLarge},
	} {
		if _, err := hl7.Decode([]byte(c.text)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadAck(t *testing.T) {
	header := "MSH|^~\\&|EPR|RXX|WARDLINE|RXX|20261124||ACK^T02|77|P|2.5.1\r"
	for name, c := range map[string]struct {
		text string
		want hl7.Ack
	}{
		"accepted":   {header + "MSA|AA|1\r", hl7.Ack{Code: "AA", Answers: "1"}},
		"error":      {header + "MSA|AE|1|Patient not found\rERR||PID^1^3|204^Unknown key identifier^HL70357|E|||no such patient|Ask health records\r", hl7.Ack{Code: "AE", Answers: "1", Words: "Patient not found; Ask health records"}},
		"said twice": {header + "MSA|AR|1|No\rERR|||204^No^HL70357|E\r", hl7.Ack{Code: "AR", Answers: "1", Words: "No"}},
		"before 2.5": {header + "MSA|AE|1\rERR|PID^1^3^Bad number\r", hl7.Ack{Code: "AE", Answers: "1", Words: "Bad number"}},
	} {
		c.want.From = hl7.Place{Application: "EPR", Facility: "RXX"}
		if got, err := hl7.ReadAck([]byte(c.text)); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, text := range map[string]string{
		"no MSA": header, "another message": strings.Replace(header, "ACK", "ADT", 1) + "MSA|AA|1\r", "no code": header + "MSA||1\r", "answers nothing": header + "MSA|AA\r",
	} {
		if _, err := hl7.ReadAck([]byte(text)); !errors.Is(err, hl7.ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(hl7.Encode(hl7.MDM(document())))
	f.Add(hl7.Encode(hl7.Answer(hl7.Place{Application: "EPR", Facility: "RXX"}, "AA", "1", "yes", "2")))
	f.Add([]byte("MSH#*+!%#EPR\rMSA#AA#1#a!X0D0A!!!E!\rZZZ#a*b%c+d"))
	f.Fuzz(func(t *testing.T, data []byte) {
		message, err := hl7.Decode(data)
		if err != nil {
			return
		}
		encoded := hl7.Encode(message)
		again, err := hl7.Decode(encoded)
		if err != nil {
			if errors.Is(err, hl7.ErrTooLarge) {
				return // escaping made it longer
			}
			t.Fatalf("%v: %q", err, encoded)
		}
		if twice := hl7.Encode(again); !bytes.Equal(encoded, twice) {
			t.Fatalf("%q\n%q", encoded, twice)
		}
		_, _ = hl7.ReadAck(data)
	})
}
