package envelope

import (
	"encoding/binary"
	"strconv"

	"github.com/wardline/wardline/internal/id"
)

// LeafPersonLog is the kind of the leaf that makes a person-log entry public.
const LeafPersonLog = 0x0102

// maxProof bounds a proof: a log of 2^53 leaves is 53 levels deep.
const maxProof = 64

// PersonLeaf is the leaf of a person-log entry. actor and at are what the server says beside the proof.
func PersonLeaf(person id.Person, seq uint32, entry id.Hash, actor id.Person, at Time) *AuditLeaf {
	return &AuditLeaf{Kind: LeafPersonLog, At: at, Actor: actor, Subject: person[:], Body: personLeafBody(seq, entry)}
}

// personLeafBody is the list of details: keys ascending by their encodings.
func personLeafBody(seq uint32, entry id.Hash) []byte {
	body := binary.BigEndian.AppendUint16(nil, 2)
	for _, text := range []string{"seq", strconv.FormatUint(uint64(seq), 10), "entry", entry.String()} {
		body = binary.BigEndian.AppendUint32(body, uint32(len(text)))
		body = append(body, text...)
	}
	return body
}

// Inclusion says where a person-log entry stands in the log.
type Inclusion struct {
	Index uint64
	Actor id.Person
	At    Time
	Path  []id.Hash
}

// CheckPersonLeaf verifies that a person-log entry is under a log head.
func CheckPersonLeaf(head LogHead, person id.Person, seq uint32, entry id.Hash, proof Inclusion) error {
	if proof.Index >= head.Size || head.Size >= maxCount || len(proof.Path) > maxProof {
		return refuse(NotLogged, "a place that the log does not have")
	}
	leaf, err := Encode(PersonLeaf(person, seq, entry, proof.Actor, proof.At))
	if err != nil {
		return err
	}
	if !CheckMerklePath(head.Root, leaf, int(proof.Index), int(head.Size), proof.Path) {
		return refuse(NotLogged, "the entry is not in the log")
	}
	return nil
}

// CheckLogGrew verifies that the log at older is the beginning of the log at newer (RFC 9162 section 2.1.4.2). Anything else is two logs.
func CheckLogGrew(older, newer LogHead, proof []id.Hash) error {
	split := refuse(SplitView, "one log is not the beginning of the other")
	switch {
	case older.Size < 1 || newer.Size >= maxCount || len(proof) > maxProof+1:
		return refuse(Malformed, "not a proof of consistency")
	case older.Size > newer.Size:
		return refuse(RolledBack, "a shorter log than the one that was seen")
	case older.Size == newer.Size:
		if older.Root != newer.Root || len(proof) != 0 {
			return split
		}
		return nil
	}
	if older.Size&(older.Size-1) == 0 {
		proof = append([]id.Hash{older.Root}, proof...)
	}
	if len(proof) == 0 {
		return split
	}
	first, second := older.Size-1, newer.Size-1
	for first&1 == 1 {
		first, second = first>>1, second>>1
	}
	oldRoot, newRoot := proof[0], proof[0]
	for _, hash := range proof[1:] {
		if second == 0 {
			return split
		}
		if first&1 == 1 || first == second {
			oldRoot, newRoot = hashNode(hash, oldRoot), hashNode(hash, newRoot)
			for first&1 == 0 && first != 0 {
				first, second = first>>1, second>>1
			}
		} else {
			newRoot = hashNode(newRoot, hash)
		}
		first, second = first>>1, second>>1
	}
	if second != 0 || oldRoot != older.Root || newRoot != newer.Root {
		return split
	}
	return nil
}
