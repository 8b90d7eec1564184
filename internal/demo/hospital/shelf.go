package hospital

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wardline/wardline/internal/fhir"
)

// shelf holds what was filed, one file a document, all of it in memory too.
type shelf struct {
	dir    string
	stored func() // told of every document once it is on disk; nil outside tests

	mu    sync.Mutex
	filed []filedDocument  // in the order of their filing
	named map[string][]int // where in filed the documents are that bear a name, for thousands of documents
}

// filedDocument is one transaction as the record keeps it.
type filedDocument struct {
	Sequence  int                     `json:"sequence"` // from 1
	FiledAt   time.Time               `json:"filedAt"`
	List      *fhir.List              `json:"list"`
	Reference *fhir.DocumentReference `json:"documentReference"`
	Binary    *fhir.Binary            `json:"binary"`
}

// openShelf reads what earlier runs filed.
func openShelf(dir string) (*shelf, error) {
	s := &shelf{dir: filepath.Join(dir, "documents"), named: map[string][]int{}}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, fmt.Errorf("hospital: %w", err)
	}
	names, err := filepath.Glob(filepath.Join(s.dir, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("hospital: %w", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("hospital: %w", err)
		}
		var document filedDocument
		if err := json.Unmarshal(data, &document); err != nil {
			return nil, fmt.Errorf("hospital: %s: %w", filepath.Base(name), err)
		}
		s.filed = append(s.filed, document)
	}
	slices.SortFunc(s.filed, func(a, b filedDocument) int { return a.Sequence - b.Sequence })
	for n := range s.filed {
		s.name(n)
	}
	return s, nil
}

// name notes the names of a document. They never change.
func (s *shelf) name(n int) {
	document := s.filed[n]
	names := []string{document.id()}
	if document.Reference.MasterIdentifier != nil {
		names = append(names, document.Reference.MasterIdentifier.Value)
	}
	for _, identifier := range document.Reference.Identifier {
		names = append(names, identifier.Value)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		s.named[name] = append(s.named[name], n)
	}
}

// called returns the documents that have a name of any kind.
func (s *shelf) called(name string) []filedDocument {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []filedDocument
	for _, n := range s.named[name] {
		found = append(found, s.filed[n])
	}
	return found
}

// all returns every document, the oldest first.
func (s *shelf) all() []filedDocument {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.filed)
}

// find returns the document with that resource id.
func (s *shelf) find(id string) (filedDocument, bool) {
	for _, document := range s.called(id) {
		if document.id() == id {
			return document, true
		}
	}
	return filedDocument{}, false
}

// carrying returns the documents that bear an identifier; an empty system matches every one.
func (s *shelf) carrying(system, value string) []filedDocument {
	var found []filedDocument
	for _, document := range s.called(value) {
		if document.bears(system, value) {
			found = append(found, document)
		}
	}
	return found
}

// put files a document under the next number, unless one with the same identifier is there: then that one is returned, and
// existing is true. prepare is given the sequence number and completes the document; what it leaves is written to disk first.
func (s *shelf) put(identifier string, prepare func(sequence int) filedDocument) (document filedDocument, existing bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.named[identifier] {
		if s.filed[n].bears(fhir.SystemURI, identifier) {
			return s.filed[n], true, nil
		}
	}
	document = prepare(len(s.filed) + 1)
	if err := writeJSON(filepath.Join(s.dir, fmt.Sprintf("%06d.json", document.Sequence)), document); err != nil {
		return filedDocument{}, false, err
	}
	s.filed = append(s.filed, document)
	s.name(len(s.filed) - 1)
	if s.stored != nil {
		s.stored()
	}
	return document, false, nil
}

// withdraw marks a document as entered in error, if it is of the version that the sender saw.
func (s *shelf) withdraw(id, match string) (document filedDocument, found, current bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := slices.IndexFunc(s.filed, func(d filedDocument) bool { return d.id() == id })
	if n < 0 {
		return filedDocument{}, false, false, nil
	}
	document = s.filed[n]
	if match != `W/"`+document.Reference.Meta.VersionID+`"` {
		return document, true, false, nil
	}
	reference, meta := *document.Reference, *document.Reference.Meta
	version, err := strconv.Atoi(meta.VersionID)
	if err != nil {
		return document, true, false, err
	}
	meta.VersionID, reference.Meta, reference.Status = strconv.Itoa(version+1), &meta, enteredInError
	document.Reference = &reference
	if err := writeJSON(filepath.Join(s.dir, fmt.Sprintf("%06d.json", document.Sequence)), document); err != nil {
		return document, true, true, err
	}
	s.filed[n] = document
	return document, true, true, nil
}

func (d filedDocument) id() string { return strconv.Itoa(d.Sequence) }

// number is the document's name among people: DOC-7741-2093 is the first.
func (d filedDocument) number() string {
	n := 7741_2092 + d.Sequence
	return fmt.Sprintf("DOC-%04d-%04d", n/10_000, n%10_000)
}

func (d filedDocument) bears(system, value string) bool {
	if system != "" {
		return d.Reference.Carries(system, value)
	}
	return d.Reference.Carries(fhir.SystemURI, value) || d.Reference.Carries(DocumentNumberSystem, value)
}

// writeJSON replaces a file as a whole: a crash leaves the old one or the new one.
func writeJSON(path string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("hospital: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), strings.TrimSuffix(filepath.Base(path), ".json")+".*.new")
	if err != nil {
		return fmt.Errorf("hospital: %w", err)
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return fmt.Errorf("hospital: %w", err)
	}
	return nil
}
