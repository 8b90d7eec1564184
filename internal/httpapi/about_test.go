package httpapi

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnybodyMayKnowWhoseServerThisIs(t *testing.T) {
	about := About{Organisation: "Northbridge", Demonstration: true, Version: "v1", Assets: "ab"}
	answer := call(t, New(Options{About: about, Origin: testOrigin}), http.MethodGet, "/v1/about", "")
	var got map[string]any
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusOK {
		t.Fatalf("%d %s, %v", answer.Code, answer.Body, err)
	}
	delete(got, "$schema")
	want := map[string]any{"organisation": "Northbridge", "demonstration": true, "version": "v1", "assets": "ab", "passkeys": false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
