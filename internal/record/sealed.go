package record

import "encoding/json"

// SealedAs names what is sealed while a filing waits.
const SealedAs = sealedAs

// SealedDocument is the document within what was sealed while a filing waits, for a restore to compare with its hash.
func SealedDocument(opened []byte) ([]byte, error) {
	var w waiting
	err := json.Unmarshal(opened, &w)
	return w.Document, err
}
