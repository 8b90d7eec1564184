package audit

import (
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/wardline/wardline/internal/id"
)

// account keeps what the leaves of a whole log must add up to, which no client sees: the entries of each person's log and the versions of the
// manifest count up by one from 1 (docs/protocol.md, section 11.1). A server that would show one person two logs needs two leaves for one
// entry, and both are here.
type account struct {
	persons   map[id.Person]uint32
	manifests uint32
}

func newAccount() account { return account{persons: map[id.Person]uint32{}} }

// take counts one leaf.
func (a *account) take(row Row) error {
	switch row.Kind {
	case PersonLog:
		return a.entry(row)
	case Manifest:
		return a.manifest(row)
	}
	return nil
}

func (a *account) entry(row Row) error {
	details, err := exactly(row, id.Size, "seq", "entry")
	if err != nil {
		return err
	}
	person := id.Person(row.Subject)
	seq, err := counted(details["seq"])
	if err != nil {
		return err
	}
	if hash, err := base64.RawURLEncoding.Strict().DecodeString(details["entry"]); err != nil || len(hash) != len(id.Hash{}) {
		return fmt.Errorf("%w: the hash of a person-log entry is none", ErrLeaf)
	}
	switch before := a.persons[person]; {
	case seq <= before:
		return fmt.Errorf("a second entry %d in the log of person %s", seq, person)
	case seq != before+1:
		return fmt.Errorf("entry %d in the log of person %s follows entry %d", seq, person, before)
	}
	a.persons[person] = seq
	return nil
}

func (a *account) manifest(row Row) error {
	details, err := exactly(row, len(id.Hash{}), "version", "seats", "threshold")
	if err != nil {
		return err
	}
	version, err := counted(details["version"])
	if err != nil {
		return err
	}
	for _, key := range []string{"seats", "threshold"} {
		if _, err := counted(details[key]); err != nil {
			return err
		}
	}
	if version != a.manifests+1 {
		return fmt.Errorf("version %d of the manifest follows version %d", version, a.manifests)
	}
	a.manifests = version
	return nil
}

// exactly reads the details of a leaf that has these and no others, and a subject of this length.
func exactly(row Row, subject int, keys ...string) (map[string]string, error) {
	details, err := decodeDetails(row.Body)
	if err != nil {
		return nil, err
	}
	wrong := len(row.Subject) != subject || len(details) != len(keys)
	for _, key := range keys {
		_, found := details[key]
		wrong = wrong || !found
	}
	if wrong {
		return nil, fmt.Errorf("%w: a %s leaf with other details than its own", ErrLeaf, row.Kind)
	}
	return details, nil
}

// counted reads a number in its one spelling, from 1 up.
func counted(text string) (uint32, error) {
	number, err := strconv.ParseUint(text, 10, 32)
	if err != nil || number == 0 || strconv.FormatUint(number, 10) != text {
		return 0, fmt.Errorf("%w: not a number in its one spelling", ErrLeaf)
	}
	return uint32(number), nil
}
