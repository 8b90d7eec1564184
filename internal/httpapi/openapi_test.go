package httpapi

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

var update = flag.Bool("update", false, "rewrite openapi.json")

func TestTheCommittedDocumentIsTheAPI(t *testing.T) {
	got, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("openapi.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, committed) {
		t.Error("openapi.json is stale: go test ./internal/httpapi -run Document -update")
	}
}

func TestTheDocumentIsServed(t *testing.T) {
	w := call(t, New(Options{Secure: true}), "GET", "/v1/openapi.json", "")
	var document map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil || document["openapi"] != "3.1.0" {
		t.Errorf("%d %v %v", w.Code, err, document["openapi"])
	}
}

// operations lists the document's operations as "METHOD /path".
func operations(document *huma.OpenAPI) []string {
	var found []string
	for path, item := range document.Paths {
		for method, op := range map[string]*huma.Operation{
			"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete,
		} {
			if op != nil {
				found = append(found, method+" "+path)
			}
		}
	}
	slices.Sort(found)
	return found
}

func TestEveryOperationFollowsTheConventions(t *testing.T) {
	document := New(Options{}).huma.OpenAPI()
	seen := map[string]string{}
	for path, item := range document.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			if other, taken := seen[op.OperationID]; taken || op.OperationID == "" {
				t.Errorf("%s: operation id %q is also that of %s", path, op.OperationID, other)
			}
			seen[op.OperationID] = path
			if op.Summary == "" || op.Extensions["x-wardline-need"] == nil {
				t.Errorf("%s %s has no summary or does not say what it needs", op.Method, path)
			}
			if !strings.HasPrefix(path, "/v1/") && path != "/healthz" && path != "/readyz" {
				t.Errorf("%s is not under /v1", path)
			}
		}
	}
}
