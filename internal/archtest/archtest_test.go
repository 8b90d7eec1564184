package archtest

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func TestTheTreeKeepsTheRule(t *testing.T) {
	tree := os.DirFS("../..")
	if _, err := os.Stat("../../go.mod"); err != nil {
		t.Fatal(err)
	}
	complaints, err := Check(tree)
	if err != nil {
		t.Fatal(err)
	}
	for _, complaint := range complaints {
		t.Error(complaint)
	}
}

func TestTheCheckerFindsEachBreach(t *testing.T) {
	ours := func(imports ...string) string {
		var b strings.Builder
		b.WriteString("// Package x is a test.\npackage x\n")
		for _, one := range imports {
			b.WriteString("import \"" + one + "\"\n")
		}
		return b.String()
	}
	room := func(name string) string { return module + "internal/" + name }
	long := strings.Repeat("//\n", maxLines+1)
	for name, test := range map[string]struct {
		file, source string
		says         string // empty when there is nothing to find
	}{
		"down":                     {"internal/thread/a.go", ours(room("envelope"), room("audit"), "time"), ""},
		"itself":                   {"internal/store/a.go", ours(room("store/migrations")), ""},
		"up":                       {"internal/thread/a.go", ours(room("store")), "thread (rank 2) must not import store (rank 3): a lower room knows no higher one"},
		"up by a subpackage":       {"internal/thread/sub/a.go", ours(room("store/sub")), "thread (rank 2) must not import store"},
		"sideways, rank 0":         {"internal/id/a.go", ours(room("clock")), "id must not import clock: rooms of one rank (0)"},
		"sideways, rank 2":         {"internal/thread/a.go", ours(room("alert")), "let server join them"},
		"sideways, rank 3":         {"internal/httpapi/a.go", ours(room("store")), "httpapi must not import store"},
		"sideways, excepted":       {"internal/envelope/a.go", ours(room("id")), ""},
		"sideways, not excepted":   {"internal/envelope/a.go", ours(room("clock")), "rooms of one rank (0)"},
		"sideways, in a test":      {"internal/id/a_test.go", ours(room("clock")), ""},
		"a new room":               {"internal/oracle/a.go", ours(), "the room \"oracle\" has no rank"},
		"into a new room":          {"internal/thread/a.go", ours(room("oracle")), "the room \"oracle\", which has no rank"},
		"a new folder at the top":  {"pkg/a.go", ours(), "the room \"pkg\" has no rank"},
		"client to the wire":       {"client/a.go", ours(room("envelope"), room("id"), room("nhs"), "net/http"), ""},
		"client to a room":         {"client/a.go", ours(room("fault")), "reaches the rest over HTTP"},
		"server to client":         {"internal/httpapi/a.go", ours(module + "client"), "the server must not depend on a client"},
		"demo to client":           {"internal/demo/a.go", ours(module+"client", room("server")), ""},
		"server to demo":           {"internal/server/a.go", ours(room("demo")), "may depend on the demonstration"},
		"cmd to demo":              {"cmd/wardline/a.go", ours(room("demo"), room("server"), "github.com/alecthomas/kong"), ""},
		"http in rank 0":           {"internal/nhs/a.go", ours("net/http"), "nhs must not import net/http"},
		"httptest in rank 0":       {"internal/nhs/a.go", ours("net/http/httptest"), "nhs must not import net/http/httptest"},
		"http in fhir":             {"internal/fhir/a.go", ours("net/http"), ""},
		"sql in rank 0":            {"internal/id/a.go", ours("database/sql"), "SQL belongs to store"},
		"sql values in rank 0":     {"internal/id/a.go", ours("database/sql/driver"), ""},
		"sql in fhir":              {"internal/fhir/a.go", ours("database/sql"), "SQL belongs to store"},
		"a driver elsewhere":       {"internal/jobs/a.go", ours("github.com/jackc/pgx/v5"), "store hides which database"},
		"a driver in store":        {"internal/store/a.go", ours("github.com/jackc/pgx/v5", "modernc.org/sqlite"), ""},
		"huma in a room":           {"internal/thread/a.go", ours("github.com/danielgtaylor/huma/v2"), "rooms know nothing of requests"},
		"plain log":                {"internal/server/a.go", ours("log"), "logs are structured"},
		"slog":                     {"internal/server/a.go", ours("log/slog"), ""},
		"testing in production":    {"internal/store/a.go", ours("testing"), "imports testing"},
		"testing in a test's room": {"internal/store/pgtest/a.go", ours("testing", "github.com/jackc/pgx/v5", room("server")), ""},
		"a test's room imported":   {"internal/server/a.go", ours(room("store/pgtest")), "which exists for tests"},
		"the machine's clock": {"internal/thread/a.go",
			"// Package x is a test.\npackage x\nimport \"time\"\nvar t = time.Now()\n", "uses time.Now"},
		"the machine's clock, renamed": {"internal/thread/a.go",
			"// Package x is a test.\npackage x\nimport wall \"time\"\nfunc f() { wall.Sleep(1) }\n", "uses time.Sleep"},
		"durations": {"internal/thread/a.go",
			"// Package x is a test.\npackage x\nimport \"time\"\nvar t = time.Hour\n", ""},
		"a socket's deadline": {"internal/live/a.go",
			"// Package x is a test.\npackage x\nimport \"time\"\nvar t = time.Now()\n", ""},
		"an empty name":              {"internal/thread/util/a.go", ours(), "\"util\" says nothing"},
		"an empty name, of a clause": {"internal/thread/a.go", "// Package helpers is a test.\npackage helpers\n", "\"helpers\" says nothing"},
		"an empty name, in a test":   {"internal/thread/a_test.go", "package service_test\n", "says nothing"},
		"no doc comment":             {"internal/thread/a.go", "package thread\n", "has no doc comment"},
		"a long file":                {"internal/thread/a.go", ours() + long, "a file of over 800 is two files"},
		"a long test":                {"internal/thread/a_test.go", ours() + long, "a file of over 800 is two files"},
		"a long page":                {"web/src/a.tsx", long, "a file of over 800 is two files"},
		"a long generated file":      {"web/src/api/schema.gen.ts", long, ""},
		"what others wrote":          {"web/node_modules/x/a.ts", long, ""},
	} {
		complaints, err := Check(fstest.MapFS{test.file: {Data: []byte(test.source)}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if test.says == "" {
			if len(complaints) != 0 {
				t.Errorf("%s: complains without reason: %q", name, complaints)
			}
			continue
		}
		if len(complaints) != 1 || !strings.Contains(complaints[0], test.says) || !strings.HasPrefix(complaints[0], "internal/") &&
			!strings.HasPrefix(complaints[0], test.file) {
			t.Errorf("%s: %q, want one that says %q", name, complaints, test.says)
		}
	}
}

func TestEveryExceptionHasAReason(t *testing.T) {
	for one, reason := range exceptions {
		if len(reason) < 20 {
			t.Errorf("%s imports %s and the reason is %q", one.from, one.to, reason)
		}
	}
}

func TestBrokenSourceIsAnError(t *testing.T) {
	if _, err := Check(fstest.MapFS{"internal/thread/a.go": {Data: []byte("package")}}); err == nil {
		t.Error("a file that cannot be parsed was passed over")
	}
}
