package httpapi

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// beforePolicies are the writes that somebody may make who has a policy to accept first, each with its reason. A new route under the same roots
// is either gated or has a row here.
var beforePolicies = map[string]string{
	"POST /v1/threads/{thread}/complaints":                    "a fault that others must know of",
	"POST /v1/threads/{thread}/conflicts":                     "a fault that others must know of",
	"POST /v1/threads/{thread}/epochs":                        "an emergency message may need new keys first",
	"POST /v1/threads/keys":                                   "a question, too long for an address: reading goes on",
	"POST /v1/threads/{thread}/messages":                      "the thread room judges by urgency",
	"POST /v1/threads/{thread}/reached":                       "reading goes on",
	"POST /v1/threads/{thread}/seen":                          "reading goes on",
	"DELETE /v1/threads/{thread}/decisions/{decision}/draft":  "it takes away nothing but a claim of one's own",
	"POST /v1/threads/{thread}/decisions/{decision}/withdraw": "what is wrong is taken back at once",
	"POST /v1/holds":                                          "a legal duty that cannot wait",
	"POST /v1/holds/{hold}/release":                           "a legal duty that cannot wait",
	"POST /v1/holds/drill":                                    "it changes nothing",
	"POST /v1/threads/{thread}/quarantine/acknowledgement":    "taking note that the patient was the wrong one",
	"POST /v1/threads/{thread}/filings/{filing}/retraction":   "what is in the wrong patient's record must not wait",
}

func TestR36_EveryWriteIsGatedOrHasAReason(t *testing.T) {
	api := New(Options{})
	document := api.huma.OpenAPI()
	for _, r := range api.table {
		name := r.Method + " " + r.Path
		roots := []string{"/v1/threads", "/v1/patients", "/v1/holds"}
		if r.Method == http.MethodGet || !slices.ContainsFunc(roots, func(root string) bool { return strings.HasPrefix(r.Path, root) }) {
			continue
		}
		operation := map[string]*huma.Operation{
			http.MethodPost: document.Paths[r.Path].Post, http.MethodDelete: document.Paths[r.Path].Delete,
		}[r.Method]
		if operation == nil {
			t.Fatalf("%s: this test knows POST and DELETE only", name)
		}
		isGated := operation.Extensions[gateExtension] == true
		if _, exempt := beforePolicies[name]; isGated == exempt {
			t.Errorf("%s: gated %t, exempt %t", name, isGated, exempt)
		}
	}
	for name := range beforePolicies {
		if !slices.ContainsFunc(api.table, func(r declared) bool { return r.Method+" "+r.Path == name }) {
			t.Errorf("the row %s has no route", name)
		}
	}
}
