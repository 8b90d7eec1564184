package envelope

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLayoutsAreTheDocument compares every layout in docs/protocol.md with the code, both ways: a layout in only one place fails.
func TestLayoutsAreTheDocument(t *testing.T) {
	document := documentLayouts(t)
	for _, kind := range Types() {
		described := Describe(kind)
		heading, _, _ := strings.Cut(described, "\n")
		written, ok := document[heading]
		if !ok {
			t.Errorf("docs/protocol.md has no layout headed %q", heading)
			continue
		}
		if diff := cmp.Diff(written, described); diff != "" {
			t.Errorf("%s differs (-document +code):\n%s", heading, diff)
		}
		delete(document, heading)
	}
	for heading := range document {
		t.Errorf("no code for the layout headed %q", heading)
	}
}

func documentLayouts(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	layouts := map[string]string{}
	for _, block := range strings.Split(string(page), "```layout\n")[1:] {
		layout, _, closed := strings.Cut(block, "```")
		if !closed {
			t.Fatal("a layout block is not closed")
		}
		heading, _, _ := strings.Cut(layout, "\n")
		if _, twice := layouts[heading]; twice {
			t.Fatalf("two layouts are headed %q", heading)
		}
		layouts[heading] = layout
	}
	return layouts
}
