package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var shownBy = regexp.MustCompile(`\[([^\]]+)\]\(([^)#]+\.(?:go|ts|tsx))\)`)

// TestTheThreatModelNamesTestsThatExist holds every test that the threat model names against the file that it is said to be in.
func TestTheThreatModelNamesTestsThatExist(t *testing.T) {
	text, err := os.ReadFile("security/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range threatProblems(string(text), func(path string) string {
		content, err := os.ReadFile(filepath.Join("security", path))
		if err != nil {
			return ""
		}
		return string(content)
	}) {
		t.Error(problem)
	}
}

func threatProblems(text string, read func(path string) string) (problems []string) {
	links := shownBy.FindAllStringSubmatch(text, -1)
	if len(links) == 0 {
		return []string{"no test is named"}
	}
	for _, link := range links {
		name, path := link[1], link[2]
		there := read(path)
		if strings.HasSuffix(path, ".go") {
			if !strings.Contains(there, "func "+name+"(") {
				problems = append(problems, path+" has no "+name)
			}
		} else if !regexp.MustCompile(`(?:test|it|story|describe)[^\n]*\(\s*['"` + "`" + `]` + regexp.QuoteMeta(name)).MatchString(there) {
			problems = append(problems, path+" has no test “"+name+"”")
		}
	}
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, "|"); len(cells) > 4 && !strings.HasPrefix(line, "| ---") && !strings.Contains(line, "rule") && strings.HasSuffix(strings.TrimSpace(cells[len(cells)-2]), "–") {
			problems = append(problems, "a row without a test: "+strings.TrimSpace(line))
		}
	}
	return problems
}

func TestThreatProblemsAreFound(t *testing.T) {
	files := map[string]string{"a_test.go": "func TestOne(t *testing.T) {}", "b.test.ts": "test('two words', () => {})"}
	read := func(path string) string { return files[path] }
	if got := threatProblems("[TestOne](a_test.go) [two words](b.test.ts)", read); len(got) != 0 {
		t.Errorf("%q", got)
	}
	for _, text := range []string{"", "[TestTwo](a_test.go)", "[one word](b.test.ts)", "[TestOne](c_test.go)", "[TestOne](a_test.go)\n| a lie | of it | a stop | – |"} {
		if got := threatProblems(text, read); len(got) == 0 {
			t.Errorf("%q has no problems", text)
		}
	}
}
