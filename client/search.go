package client

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Search finds messages that can be read here and have all the words of the query, whatever their case and accents, newest first. It asks
// nobody: only members' devices can search.
func (s *Session) Search(query string) ([]Message, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	words := strings.Fields(foldText(query))
	var found []Message
	for _, t := range s.threads {
		for _, m := range t.messages {
			if !m.spoken() || len(words) == 0 || !hasAll(foldText(m.inner.text), words) {
				continue
			}
			found = append(found, s.describeMessage(t, m))
		}
	}
	slices.SortFunc(found, func(a, b Message) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Seq, a.Seq)) })
	return found, nil
}

func hasAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

func foldText(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(unicode.ToUpper(r))
	}, norm.NFKD.String(text))
}
