// Package docs_test keeps the project's promises honest: a row of guidance.md or a line of hazard-log.csv may claim to be done only while a control
// and a test that carries its number exist.
package docs_test

import (
	"encoding/csv"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = ".."

// testNames returns every test name of the repository: Go test functions and the titles of TypeScript tests.
func testNames(t *testing.T) string {
	t.Helper()
	goTest := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	goSub := regexp.MustCompile(`t\.Run\("([^"]+)"`)
	tsTest := regexp.MustCompile("(?:^|\\s)(?:test|it|story|describe)\\(\\s*['\"`]([^'\"`]+)")
	var all strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "node_modules" || name == ".git" || name == "dist" || name == "bin" {
				return fs.SkipDir
			}
			return nil
		}
		var patterns []*regexp.Regexp
		switch {
		case strings.HasSuffix(path, "_test.go"):
			patterns = []*regexp.Regexp{goTest, goSub}
		case strings.HasSuffix(path, ".test.ts"), strings.HasSuffix(path, ".test.tsx"), strings.Contains(path, filepath.Join("web", "e2e")) && strings.HasSuffix(path, ".ts"):
			patterns = []*regexp.Regexp{tsTest}
		default:
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, pattern := range patterns {
			for _, m := range pattern.FindAllStringSubmatch(string(text), -1) {
				all.WriteString(m[1])
				all.WriteByte('\n')
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// carries says whether one of the test names carries the number (R19, H13) as a word of its own.
func carries(names, number string) bool {
	return regexp.MustCompile(`(?m)(^|[^0-9A-Za-z]|Test|_)` + number + `($|[^0-9])`).MatchString(names)
}

var (
	rowPattern  = regexp.MustCompile(`(?m)^\| (R\d\d) \| (.+) \|$`)
	linkPattern = regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
)

func TestGuidanceRowsClaimOnlyWhatATestShows(t *testing.T) {
	text, err := os.ReadFile("guidance.md")
	if err != nil {
		t.Fatal(err)
	}
	problems := guidanceProblems(string(text), testNames(t), func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	})
	for _, problem := range problems {
		t.Error(problem)
	}
}

func guidanceProblems(text, names string, exists func(string) bool) (problems []string) {
	rows := rowPattern.FindAllStringSubmatch(text, -1)
	if len(rows) != 52 {
		problems = append(problems, fmt.Sprintf("guidance.md has %d rows, want R01 to R52", len(rows)))
	}
	for i, row := range rows {
		id, cells := row[1], strings.Split(row[2], " | ")
		if want := fmt.Sprintf("R%02d", i+1); id != want {
			problems = append(problems, fmt.Sprintf("row %d is %s, want %s", i+1, id, want))
		}
		if len(cells) != 5 {
			problems = append(problems, fmt.Sprintf("%s has %d cells, want 5", id, len(cells)))
			continue
		}
		state, control, shown := cells[2], cells[3], cells[4]
		for _, link := range linkPattern.FindAllStringSubmatch(control+shown, -1) {
			if !exists(link[1]) {
				problems = append(problems, fmt.Sprintf("%s links to %s, which does not exist", id, link[1]))
			}
		}
		switch state {
		case "done", "partly":
			if !linkPattern.MatchString(control) || !linkPattern.MatchString(shown) {
				problems = append(problems, fmt.Sprintf("%s claims %s without a link to its control and its test", id, state))
			}
			if !carries(names, id) {
				problems = append(problems, fmt.Sprintf("%s claims %s, but no test carries its number", id, state))
			}
		case "not yet":
		default:
			problems = append(problems, fmt.Sprintf("%s has state %q, want done, partly or not yet", id, state))
		}
	}
	return problems
}

func TestHazardLogClaimsOnlyWhatATestShows(t *testing.T) {
	file, err := os.Open(filepath.Join("safety", "hazard-log.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	names := testNames(t)
	if len(lines) != 27 {
		t.Errorf("hazard-log.csv has %d lines, want a heading and H1 to H26", len(lines))
	}
	for _, line := range lines[1:] {
		id, state := line[0], line[4]
		switch state {
		case "done", "partly":
			if !carries(names, id) {
				t.Errorf("%s claims %s, but no test carries its number", id, state)
			}
		case "not yet":
		default:
			t.Errorf("%s has state %q, want done, partly or not yet", id, state)
		}
	}
}

func TestTheCheckerSeesAFalseClaim(t *testing.T) {
	var text strings.Builder
	for i := 1; i <= 52; i++ {
		fmt.Fprintf(&text, "| R%02d | asks | does | not yet | – | – |\n", i)
	}
	always := func(string) bool { return true }
	if problems := guidanceProblems(text.String(), "", always); len(problems) != 0 {
		t.Fatalf("honest table: %v", problems)
	}
	claimed := strings.Replace(text.String(), "| R19 | asks | does | not yet | – | – |", "| R19 | asks | does | done | [a](a.go) | [b](b_test.go) |", 1)
	if problems := guidanceProblems(claimed, "TestR1_Other\nTestR190_Other\n", always); len(problems) != 1 {
		t.Errorf("a claim without a test: got %v, want one problem", problems)
	}
	if problems := guidanceProblems(claimed, "TestR19_FiledOnce\n", always); len(problems) != 0 {
		t.Errorf("a claim with a test: got %v", problems)
	}
	if problems := guidanceProblems(claimed, "TestR19_FiledOnce\n", func(string) bool { return false }); len(problems) == 0 {
		t.Error("dead links were not seen")
	}
}
