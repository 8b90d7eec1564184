package ledger

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/wardline/wardline/internal/id"
)

// FileName is the ledger's name in the directory that it is copied to.
const FileName = "destruction.ledger"

// The file is text, one item to a line:
//
//	wardline-destruction-ledger-v1
//	entry <number> <base64 of the tombstone> <hash, unpadded base64url>
//	head <base64 of the signed note>            … covers the entries so far; the last one counts, and says how fresh the copy is
const fileHeader = headOrigin + "\n"

// maxLine holds the longest tombstone, or a note, in base64.
const maxLine = 4096

// state is what a reader from the beginning knows.
type state struct {
	end    int64 // bytes up to the last complete line
	number int64
	hash   id.Hash
	signed Head // the last head, once it was verified
	note   []byte
	noted  Head // what the entries were at note
	line   int
}

// File is a checked ledger.
type File struct {
	path string
	// Head is the last good head: what the file vouches for.
	Head Head
	// Beyond is how many entries stand after it, from a write that was cut off. They are not used.
	Beyond int64
}

// Open checks a file from its beginning to its end.
func Open(path string, keys ...[32]byte) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	end, err := read(file, keys, nil)
	if err != nil {
		return nil, err
	}
	return &File{path: path, Head: end.signed, Beyond: end.number - end.signed.Number}, nil
}

// Each calls visit with every entry that the file vouches for, in order.
func (f *File) Each(visit func(Entry) error) error {
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = read(file, nil, func(e Entry) error {
		if e.Number > f.Head.Number {
			return io.EOF
		}
		return visit(e)
	})
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return err
}

// HashAt is the hash of one entry; zero for number 0.
func (f *File) HashAt(number int64) (id.Hash, error) {
	var found id.Hash
	err := f.Each(func(e Entry) error {
		if e.Number == number {
			found = e.Hash
			return io.EOF
		}
		return nil
	})
	return found, err
}

// read walks a file. Of the heads the last one has to verify, which covers all that is before it; without keys, as for a file that was checked before, none
// has to.
func read(from io.Reader, keys [][32]byte, visit func(Entry) error) (state, error) {
	in := bufio.NewReaderSize(from, maxLine)
	var s state
	for {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF) && s.line > 0: // an incomplete last line is a write that was cut off
			if keys == nil {
				return s, nil
			}
			return s, s.verify(keys)
		case errors.Is(err, io.EOF):
			return s, ErrAltered.Because(errors.New("the file is empty or cut off"))
		case errors.Is(err, bufio.ErrBufferFull):
			return s, s.wrong("is too long")
		case err != nil:
			return s, err
		}
		s.line++
		if err := s.take(line, keys, visit); err != nil {
			return s, err
		}
		s.end += int64(len(line))
	}
}

func (s *state) take(line []byte, keys [][32]byte, visit func(Entry) error) error {
	if s.line == 1 {
		if string(line) != fileHeader {
			return s.wrong("does not begin a destruction ledger")
		}
		return nil
	}
	word, rest, _ := bytes.Cut(line, []byte(" "))
	switch string(word) {
	case "entry":
		return s.entry(line, rest, visit)
	case "head":
		return s.head(line, rest)
	}
	return s.wrong("is neither entry nor head")
}

func (s *state) entry(line, rest []byte, visit func(Entry) error) error {
	fields := strings.Fields(string(rest))
	if len(fields) != 3 {
		return s.wrong("is not an entry")
	}
	tombstone, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil {
		return s.wrong("is not an entry")
	}
	e := Entry{Number: s.number + 1, Tombstone: tombstone}
	e.Hash = Next(s.hash, e.Number, tombstone)
	if entryLine(e) != string(line) {
		return s.wrong("does not follow the entry before it")
	}
	if _, err := e.Read(); err != nil {
		return s.wrong("holds no tombstone")
	}
	s.number, s.hash = e.Number, e.Hash
	if visit == nil {
		return nil
	}
	return visit(e)
}

func (s *state) head(line, rest []byte) error {
	signed, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(string(rest), "\n"))
	if err != nil || headLine(signed) != string(line) {
		return s.wrong("is not a head")
	}
	s.note, s.noted = signed, Head{Number: s.number, Hash: s.hash}
	return nil
}

// verify takes the last head for what it is, if it is good and of these entries.
func (s *state) verify(keys [][32]byte) error {
	if s.note == nil {
		return ErrAltered.Because(errors.New("the file holds no signed head"))
	}
	head, err := OpenHead(s.note, keys...)
	if err != nil {
		return ErrAltered.Because(err)
	}
	if head.Number != s.noted.Number || head.Hash != s.noted.Hash {
		return ErrAltered.Because(errors.New("the last head is one of other entries"))
	}
	s.signed = head
	return nil
}

func (s *state) wrong(what string) error {
	return ErrAltered.With("line", s.line).Because(fmt.Errorf("line %d %s", s.line, what))
}

func entryLine(e Entry) string {
	return fmt.Sprintf("entry %d %s %s\n", e.Number, base64.StdEncoding.EncodeToString(e.Tombstone), e.Hash)
}

func headLine(signed []byte) string {
	return fmt.Sprintf("head %s\n", base64.StdEncoding.EncodeToString(signed))
}
