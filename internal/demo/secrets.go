package demo

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/wardline/wardline/internal/identity"
)

// secrets is the directory demo-secrets.
type secrets struct {
	dir    string
	seats  []*identity.Seat
	People map[string]*personSecret `json:"people"`
}

// personSecret is what is in somebody's head and on their phone.
type personSecret struct {
	Token    []byte    `json:"token,omitempty"`
	Until    time.Time `json:"until,omitzero"`
	TOTP     []byte    `json:"totp,omitempty"`
	Password string    `json:"password,omitempty"` // of those whom the demonstration plays
	Step     int64     `json:"step,omitempty"`     // of the last code that was given
}

const notice = `These are the secrets of a demonstration: officers' seats, authenticator seeds, passwords of invented people.
In a real organisation a seat is on an officer's own machine, a seed on a phone and a password in a head, and none of them is ever on a server.
`

func openSecrets(dir string) (*secrets, error) {
	s := &secrets{dir: dir, People: map[string]*personSecret{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "README"), []byte(notice), 0o600); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "people.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	return s, json.Unmarshal(text, s)
}

func (s *secrets) person(userName string) *personSecret {
	if s.People[userName] == nil {
		s.People[userName] = &personSecret{}
	}
	return s.People[userName]
}

// password is a played person's, made once.
func (s *secrets) password(userName string) string {
	known := s.person(userName)
	if known.Password == "" {
		known.Password = rand.Text()
	}
	return known.Password
}

func (s *secrets) save() error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	next := filepath.Join(s.dir, "people.json.new")
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(s.dir, "people.json"))
}
