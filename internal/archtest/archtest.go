// Package archtest proves the one rule of the architecture: a room imports only rooms of lower rank, and rooms of one rank never import each
// other. It keeps the smaller rules too that a compiler does not: names, lengths, who may know which library, where the time comes from.
//
// It parses the files itself. A test that ran "go list" would be served stale from Go's test cache, which does see the files that a test opens.
//
// Layout: rooms.go is the table of ranks and reasons, which is what a new room edits; archtest.go is the checker.
//
// Test files are free of ranks, because a test uses real neighbours instead of mocks; so are packages whose names end in "test", which exist for tests
// and are imported by nothing else.
package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

const module = "github.com/wardline/wardline/"

// Check reads a source tree and returns one sentence for each breach, in the order of the files.
func Check(tree fs.FS) ([]string, error) {
	c := checker{documented: map[string]bool{}}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if skipped(name, entry.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		switch path.Ext(name) {
		case ".go", ".ts", ".tsx":
			source, err := fs.ReadFile(tree, name)
			if err != nil {
				return err
			}
			return c.file(name, source)
		}
		return nil
	})
	for dir, documented := range c.documented {
		if !documented {
			c.complain(dir, "the package has no doc comment: say its purpose, layout and invariants")
		}
	}
	slices.Sort(c.complaints)
	return c.complaints, err
}

type checker struct {
	complaints []string
	documented map[string]bool // by package folder
}

func (c *checker) complain(where, format string, args ...any) {
	c.complaints = append(c.complaints, where+": "+fmt.Sprintf(format, args...))
}

func (c *checker) file(name string, source []byte) error {
	if lines := bytes.Count(source, []byte("\n")); lines > maxLines && !generated(name) {
		c.complain(name, "%d lines; a file of over %d is two files", lines, maxLines)
	}
	if path.Ext(name) != ".go" {
		return nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	dir := path.Dir(name)
	if test := strings.HasSuffix(name, "_test.go"); !test {
		c.documented[dir] = c.documented[dir] || file.Doc != nil
		c.source(name, roomOf(dir), file)
	}
	for _, part := range append(strings.Split(dir, "/"), file.Name.Name) {
		if badNames[strings.TrimSuffix(part, "_test")] {
			c.complain(name, "%q says nothing about what is inside: name the package after a hospital noun or a technology", part)
		}
	}
	return nil
}

// source checks a file that is not a test.
func (c *checker) source(name, room string, file *ast.File) {
	rank, known := ranks[room]
	if !known {
		c.complain(name, "the room %q has no rank: give it one in internal/archtest/rooms.go", room)
		return
	}
	forTests := strings.HasSuffix(path.Dir(name), "test")
	timeName := ""
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			c.complain(name, "unreadable import %s", spec.Path.Value)
			continue
		}
		if imported == "time" {
			timeName = "time"
			if spec.Name != nil {
				timeName = spec.Name.Name
			}
		}
		if inside, ours := strings.CutPrefix(imported, module); ours {
			c.inside(name, room, inside, forTests)
			continue
		}
		if imported == "testing" && !forTests {
			c.complain(name, "imports testing: only tests and packages whose names end in \"test\" may")
		}
		if !forTests {
			c.outside(name, room, imported)
		}
	}
	if timeName != "" && rank <= timeFree && room != "clock" {
		c.clock(name, timeName, file)
	}
}

// inside checks an import of another package of this module.
func (c *checker) inside(name, from, imported string, forTests bool) {
	to := roomOf(imported)
	if from == to {
		return
	}
	if forTests {
		return
	}
	if strings.HasSuffix(imported, "test") {
		c.complain(name, "%s imports %s, which exists for tests", from, imported)
		return
	}
	toRank, known := ranks[to]
	if !known {
		c.complain(name, "%s imports the room %q, which has no rank: give it one in internal/archtest/rooms.go", from, to)
		return
	}
	if limit, ok := reach[from]; ok && !slices.Contains(limit.only, to) {
		c.complain(name, "%s must not import %s: %s", from, to, limit.reason)
		return
	}
	if limit, ok := reachedBy[to]; ok && !slices.Contains(limit.only, from) {
		c.complain(name, "%s must not import %s: %s", from, to, limit.reason)
		return
	}
	if exceptions[edge{from, to}] != "" {
		return
	}
	switch rank := ranks[from]; {
	case toRank == rank:
		c.complain(name, "%s must not import %s: rooms of one rank (%d) do not know each other; declare in %s the small interface that it needs and let server join them",
			from, to, rank, from)
	case toRank > rank:
		c.complain(name, "%s (rank %d) must not import %s (rank %d): a lower room knows no higher one; declare in %s the small interface that it needs, which %s satisfies",
			from, rank, to, toRank, from, to)
	}
}

// outside checks an import of the standard library or of another module.
func (c *checker) outside(name, room, imported string) {
	for _, rule := range outside {
		if imported != rule.path && (rule.exact || !strings.HasPrefix(imported, rule.path+"/")) {
			continue
		}
		if !rule.within(room) {
			c.complain(name, "%s must not import %s: %s", room, imported, rule.reason)
		}
	}
}

// clock finds uses of the machine's own clock.
func (c *checker) clock(name, timeName string, file *ast.File) {
	ast.Inspect(file, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if base, ok := selector.X.(*ast.Ident); ok && base.Name == timeName && clockCalls[selector.Sel.Name] {
			c.complain(name, "uses time.%s: the present time comes from a clock that tests can move", selector.Sel.Name)
		}
		return true
	})
}

// roomOf is the room of a package folder.
func roomOf(dir string) string {
	parts := strings.Split(dir, "/")
	if parts[0] == "internal" && len(parts) > 1 {
		return parts[1]
	}
	return parts[0]
}

func skipped(name, base string) bool {
	switch base {
	case "node_modules", "dist", "testdata", "bin", "output", "coverage", "demo-data":
		return true
	}
	return name == "tools" || len(base) > 1 && base[0] == '.'
}

func generated(name string) bool {
	return strings.HasSuffix(name, ".gen.ts") || strings.HasSuffix(name, "_gen.go") || strings.HasSuffix(name, ".gen.go")
}
