package envelope

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"strings"

	"github.com/wardline/wardline/internal/id"
)

//go:embed words.txt
var safetyList string

var safetyAll = strings.Fields(safetyList)

const (
	safetyRounds = 1 << 17
	safetySalt   = "wardline/v1/safety-words\x00"
	// SafetyLength is how many words a person has.
	SafetyLength = 6
)

// SafetyWords are the words of one identity, H(identity-key): section 11.5 of docs/protocol.md. They take a moment to make.
func SafetyWords(identity id.Hash) []string {
	derived, err := pbkdf2.Key(sha256.New, string(identity[:]), []byte(safetySalt), safetyRounds, 8)
	if err != nil {
		panic(err) // the parameters are constants
	}
	bits := binary.BigEndian.Uint64(derived)
	words := make([]string, SafetyLength)
	for n := range words {
		words[n] = safetyAll[bits>>(64-10*(n+1))&1023]
	}
	return words
}

// SafetyPair are the words that two people compare: the same on both sides.
func SafetyPair(one, other id.Hash) [2][]string {
	if bytes.Compare(one[:], other[:]) > 0 {
		one, other = other, one
	}
	return [2][]string{SafetyWords(one), SafetyWords(other)}
}
