package main

import (
	"encoding/hex"
	"strings"

	"github.com/wardline/wardline/internal/id"
)

// A fingerprint has two spellings: 43 letters in links and flags, and for people 16 groups of four hexadecimal digits, as the app shows it and as
// sheets have it: four groups to a line can be read aloud and compared without losing the place.
const (
	groupDigits = 4
	groupsInRow = 4
)

// fingerprintRows are the lines of a fingerprint for people.
func fingerprintRows(fingerprint id.Hash) (rows [][]string) {
	digits := hex.EncodeToString(fingerprint[:])
	for at := 0; at < len(digits); at += groupDigits {
		if at%(groupDigits*groupsInRow) == 0 {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], digits[at:at+groupDigits])
	}
	return rows
}

// parseFingerprint reads either spelling, with or without the spaces.
func parseFingerprint(text string) (id.Hash, error) {
	if found, err := id.ParseDigest[id.Hash](text); err == nil {
		return found, nil
	}
	raw, err := hex.DecodeString(strings.ToLower(strings.Join(strings.Fields(text), "")))
	if err != nil || len(raw) != len(id.Hash{}) {
		return id.Hash{}, errPinned
	}
	return id.Hash(raw), nil
}

func printFingerprint(terminal *terminal, fingerprint id.Hash) {
	label := "Fingerprint"
	for _, row := range fingerprintRows(fingerprint) {
		terminal.print("%-11s %s\n", label, strings.Join(row, " "))
		label = ""
	}
	terminal.print("%-11s %s\n", "in links", fingerprint)
}
