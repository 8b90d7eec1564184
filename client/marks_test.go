package client

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
)

func TestH16_UnseenCharactersAsInTheVectors(t *testing.T) {
	text, err := os.ReadFile("../testdata/vectors/marks.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Shown []struct{ Text, Shown string }
		Blank []struct {
			Text  string
			Blank bool
		}
	}
	if err := json.Unmarshal(text, &v); err != nil || len(v.Shown) == 0 || len(v.Blank) == 0 {
		t.Fatal(err)
	}
	for _, each := range v.Shown {
		if got := showMarks(each.Text); got != each.Shown {
			t.Errorf("%q is shown as %q, want %q", each.Text, got, each.Shown)
		}
	}
	for _, each := range v.Blank {
		if got := isBlank(each.Text); got != each.Blank {
			t.Errorf("%q is nothing: %v", each.Text, got)
		}
	}
}

func TestH16_HiddenMarksAndNothingAreNotSent(t *testing.T) {
	for text, want := range map[string]error{
		"give \u202e04\u202c mg": ErrHiddenMark,
		"  \u200b\u200b  ":       ErrText,
		"give 04 mg":             nil,
	} {
		for _, decision := range []bool{false, true} {
			if _, _, err := new(thread).compose(Draft{Text: text, Decision: decision}); !errors.Is(err, want) {
				t.Errorf("%q (decision: %v): %v", text, decision, err)
			}
		}
	}
}
