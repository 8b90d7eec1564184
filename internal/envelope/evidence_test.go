package envelope

import (
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/id"
)

type evidenceVector struct {
	Code  string      `json:"code"`
	Seen  string      `json:"seen"` // the note; empty for none
	Shown string      `json:"shown"`
	Told  *toldVector `json:"told"`
	Text  string      `json:"text"`
}

type toldVector struct {
	Size uint64 `json:"size"`
	Root hexed  `json:"root"`
	By   hexed  `json:"by"`
}

func (v evidenceVector) evidence(t *testing.T) Evidence {
	found := Evidence{Code: v.Code}
	if v.Seen != "" {
		found.Seen = []byte(v.Seen)
	}
	if v.Shown != "" {
		found.Shown = []byte(v.Shown)
	}
	if v.Told != nil {
		found.Told = &ToldHead{LogHead{v.Told.Size, v.Told.Root.b32(t)}, id.Person(v.Told.By)}
	}
	return found
}

func generateEvidence(t *testing.T, in inputs, head LogHead) (all []evidenceVector) {
	signer := NewSigner(in.bytes(32).b32(t))
	note := func(c Checkpoint) string { return string(c.Note(signer.Public(), signer.Sign([]byte(c.Text())))) }
	seen := note(Checkpoint{head, 12, 1_700_000_000_123})
	shown := note(Checkpoint{LogHead{head.Size, in.bytes(32).b32(t)}, 12, 1_700_000_000_124})
	told := &toldVector{head.Size - 1, in.bytes(32), in.bytes(16)}
	all = []evidenceVector{
		{Code: string(SplitView), Seen: seen, Shown: shown}, {Code: string(RolledBack), Shown: shown}, {Code: string(SplitView), Seen: seen, Told: told},
	}
	for n := range all {
		all[n].Text = all[n].evidence(t).Text()
	}
	return all
}

func checkEvidence(t *testing.T, vectors []evidenceVector) {
	if len(vectors) < 3 {
		t.Error("too few vectors")
	}
	for _, one := range vectors {
		want := one.evidence(t)
		if want.Text() != one.Text {
			t.Errorf("written:\n%s\nwant\n%s", want.Text(), one.Text)
		}
		found, err := ParseEvidence([]byte(one.Text))
		if err != nil || found.Text() != one.Text || (found.Told == nil) != (one.Told == nil) {
			t.Errorf("read: %+v, %v", found, err)
		}
	}
}

func TestEvidenceHasOneSpelling(t *testing.T) {
	good := Evidence{Code: "split_view", Seen: []byte("one"), Shown: []byte("two"), Told: &ToldHead{LogHead{7, id.Hash{1}}, id.Person{2}}}
	text := good.Text()
	if _, err := ParseEvidence([]byte(text)); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"nothing": "", "cut off": text[:len(text)-1], "a line more": text + "\n", "another mark": strings.Replace(text, "-v1", "-v2", 1),
		"a code in capitals": strings.Replace(text, "split_view", "SPLIT", 1), "padding": strings.Replace(text, "seen b25l", "seen b25l=", 1),
		"an empty note": strings.Replace(text, "seen b25l", "seen ", 1), "a leading zero": strings.Replace(text, "told 7", "told 07", 1),
		"size 0": strings.Replace(text, "told 7", "told 0", 1), "nobody": strings.Replace(text, "told 7", "told", 1),
		"lines exchanged": strings.Replace(strings.Replace(text, "seen", "x", 1), "shown", "seen", 1), "CRLF": strings.ReplaceAll(text, "\n", "\r\n"),
		"too long": strings.Replace(text, "b25l", strings.Repeat("QUFB", 400), 1), "far too long": strings.Repeat(text, 100),
	} {
		if _, err := ParseEvidence([]byte(bad)); CodeOf(err) != Malformed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseEvidence(f *testing.F) {
	f.Add([]byte(Evidence{Code: "split_view", Seen: []byte("one"), Told: &ToldHead{LogHead{7, id.Hash{1}}, id.Person{2}}}.Text()))
	f.Fuzz(func(t *testing.T, text []byte) {
		if found, err := ParseEvidence(text); err == nil && found.Text() != string(text) {
			t.Errorf("%q was read and is written %q", text, found.Text())
		}
	})
}

// TestP4_WhatTwoSignedCheckpointsProve: what no honest server signs, and what any may.
func TestP4_WhatTwoSignedCheckpointsProve(t *testing.T) {
	at := func(size, after uint64, root byte, time Time) Checkpoint {
		return Checkpoint{LogHead{size, id.Hash{root}}, after, time}
	}
	base := at(10, 6, 1, 100)
	for name, test := range map[string]struct {
		other       Checkpoint
		contradicts bool
	}{
		"the same":                        {base, false},
		"the same, signed again":          {at(10, 6, 1, 101), false},
		"the next":                        {at(12, 10, 2, 100), false},
		"a later one":                     {at(20, 15, 2, 101), false},
		"the one before":                  {at(6, 2, 2, 99), false},
		"one long before":                 {at(3, 2, 2, 99), false},
		"another root":                    {at(10, 6, 2, 100), true},
		"another size before it":          {at(10, 5, 1, 100), true},
		"one that is passed over":         {at(8, 6, 2, 99), true},
		"a longer one that passes over":   {at(12, 9, 2, 101), true},
		"a shorter one, later":            {at(6, 2, 2, 101), true},
		"a longer one, earlier":           {at(20, 15, 2, 99), true},
		"a longer one of the same moment": {at(20, 15, 2, 100), false},
	} {
		for _, pair := range [][2]Checkpoint{{base, test.other}, {test.other, base}} {
			if why := Contradiction(pair[0], pair[1]); (why != "") != test.contradicts {
				t.Errorf("%s: %q", name, why)
			}
		}
	}
}
