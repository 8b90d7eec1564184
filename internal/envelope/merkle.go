package envelope

import (
	"crypto/sha256"
	"math/bits"

	"github.com/wardline/wardline/internal/id"
)

// MerkleRoot is the Merkle tree hash of RFC 6962 section 2.1.
func MerkleRoot(leaves [][]byte) id.Hash {
	return subtree(leafHashes(leaves))
}

// MerklePath is the audit path of RFC 6962 section 2.1.1 for the leaf at index, nearest sibling first.
func MerklePath(leaves [][]byte, index int) []id.Hash {
	return pathIn(leafHashes(leaves), index)
}

// CheckMerklePath says whether the leaf at index of count leads to root (RFC 9162 section 2.1.3.2).
func CheckMerklePath(root id.Hash, leaf []byte, index, count int, path []id.Hash) bool {
	if index < 0 || index >= count {
		return false
	}
	hash, last := hashLeaf(leaf), count-1
	for _, sibling := range path {
		if last == 0 {
			return false
		}
		if index&1 == 1 || index == last {
			hash = hashNode(sibling, hash)
			for index&1 == 0 && index != 0 {
				index, last = index>>1, last>>1
			}
		} else {
			hash = hashNode(hash, sibling)
		}
		index, last = index>>1, last>>1
	}
	return last == 0 && hash == root
}

func leafHashes(leaves [][]byte) []id.Hash {
	hashes := make([]id.Hash, len(leaves))
	for n, leaf := range leaves {
		hashes[n] = hashLeaf(leaf)
	}
	return hashes
}

func subtree(hashes []id.Hash) id.Hash {
	switch len(hashes) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return hashes[0]
	}
	split := splitPoint(len(hashes))
	return hashNode(subtree(hashes[:split]), subtree(hashes[split:]))
}

func pathIn(hashes []id.Hash, index int) []id.Hash {
	if len(hashes) <= 1 {
		return nil
	}
	split := splitPoint(len(hashes))
	if index < split {
		return append(pathIn(hashes[:split], index), subtree(hashes[split:]))
	}
	return append(pathIn(hashes[split:], index-split), subtree(hashes[:split]))
}

// splitPoint is the largest power of two below n.
func splitPoint(n int) int { return 1 << (bits.Len(uint(n-1)) - 1) }

func hashLeaf(leaf []byte) id.Hash {
	return sha256.Sum256(append([]byte{0}, leaf...))
}

func hashNode(left, right id.Hash) id.Hash {
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}
