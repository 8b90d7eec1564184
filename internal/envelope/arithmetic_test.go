package envelope

import (
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/id"
)

// TestFieldArithmetic compares every product and inverse with a table-free textbook definition: polynomials modulo 0x11b.
func TestFieldArithmetic(t *testing.T) {
	textbook := func(a, b int) int {
		product := 0
		for bit := range 8 {
			if b>>bit&1 == 1 {
				product ^= a << bit
			}
		}
		for bit := 14; bit >= 8; bit-- {
			if product>>bit&1 == 1 {
				product ^= 0x11b << (bit - 8)
			}
		}
		return product
	}
	for a := range 256 {
		for b := range 256 {
			if got := gfMul(uint8(a), uint8(b)); int(got) != textbook(a, b) {
				t.Fatalf("%#x · %#x = %#x, want %#x", a, b, got, textbook(a, b))
			}
		}
		if a > 0 && gfMul(uint8(a), gfInverse(uint8(a))) != 1 {
			t.Errorf("1/%#x is wrong", a)
		}
	}
	if gfInverse(0) != 0 {
		t.Error("0 has an inverse")
	}
}

// TestAnyThresholdOfSharesCombines and any fewer give something else.
func TestAnyThresholdOfSharesCombines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var secret [32]byte
		copy(secret[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "secret"))
		threshold := rapid.IntRange(2, 12).Draw(t, "threshold")
		seats := rapid.IntRange(threshold+1, 32).Draw(t, "seats")
		coefficients := escrowCoefficients(secret, id.Thread{1}, 7, uint8(threshold))
		order := rapid.Permutation(upTo(seats)).Draw(t, "order")
		var shares []SeatShare
		for _, seat := range order[:threshold] {
			shares = append(shares, SeatShare{Seat: seat, Share: splitShare(secret, coefficients, seat)})
		}
		if combineShares(shares) != secret {
			t.Fatal("the threshold does not combine")
		}
		if combineShares(shares[:threshold-1]) == secret {
			t.Fatal("one fewer combines")
		}
	})
}

func upTo(n int) []uint8 {
	all := make([]uint8, n)
	for at := range all {
		all[at] = uint8(at + 1)
	}
	return all
}

// TestEscrowDependsOnThreadAndEpoch: the same random bytes in another place would have other shares.
func TestEscrowDependsOnThreadAndEpoch(t *testing.T) {
	base := splitShare([32]byte{1}, escrowCoefficients([32]byte{1}, id.Thread{1}, 1, 2), 1)
	for name, other := range map[string][]byte{
		"another thread": escrowCoefficients([32]byte{1}, id.Thread{2}, 1, 2),
		"another epoch":  escrowCoefficients([32]byte{1}, id.Thread{1}, 2, 2),
		"another secret": escrowCoefficients([32]byte{2}, id.Thread{1}, 1, 2),
	} {
		if splitShare([32]byte{1}, other, 1) == base {
			t.Errorf("%s has the same share", name)
		}
	}
}

// TestMerkleIsRFC6962 compares roots and paths with another implementation, the one that the audit log uses.
func TestMerkleIsRFC6962(t *testing.T) {
	for count := 1; count <= 70; count++ {
		leaves := make([][]byte, count)
		var stored []tlog.Hash
		reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			var out []tlog.Hash
			for _, index := range indexes {
				out = append(out, stored[index])
			}
			return out, nil
		})
		for n := range leaves {
			leaves[n] = []byte{byte(n), 0xff}
			hashes, err := tlog.StoredHashes(int64(n), leaves[n], reader)
			check(t, err)
			stored = append(stored, hashes...)
		}
		root := MerkleRoot(leaves)
		if want := must(tlog.TreeHash(int64(count), reader)); id.Hash(want) != root {
			t.Fatalf("the root of %d leaves", count)
		}
		for index := range leaves {
			path := MerklePath(leaves, index)
			proof := must(tlog.ProveRecord(int64(count), int64(index), reader))
			if len(proof) != len(path) || !CheckMerklePath(root, leaves[index], index, count, path) {
				t.Fatalf("the path of leaf %d of %d", index, count)
			}
			for at := range path {
				if id.Hash(proof[at]) != path[at] {
					t.Fatalf("node %d of the path of leaf %d of %d", at, index, count)
				}
			}
		}
	}
	if empty := MerkleRoot(nil); empty != id.Hash(must(tlog.TreeHash(0, nil))) {
		t.Error("the root of nothing")
	}
}

func TestForgedMerklePathsAreRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(2, 40).Draw(t, "count")
		leaves := make([][]byte, count)
		for n := range leaves {
			leaves[n] = []byte{byte(n)}
		}
		root, index := MerkleRoot(leaves), rapid.IntRange(0, count-1).Draw(t, "index")
		path := MerklePath(leaves, index)
		other := rapid.IntRange(-1, count).Draw(t, "other index")
		if other != index && CheckMerklePath(root, leaves[index], other, count, path) {
			t.Fatal("at another index")
		}
		if CheckMerklePath(root, []byte{byte(index), 1}, index, count, path) {
			t.Fatal("another leaf")
		}
		if CheckMerklePath(root, leaves[index], index, count, path[:len(path)-1]) ||
			CheckMerklePath(root, leaves[index], index, count, append(path[:len(path):len(path)], id.Hash{})) {
			t.Fatal("another length")
		}
		path[rapid.IntRange(0, len(path)-1).Draw(t, "node")][0] ^= 1
		if CheckMerklePath(root, leaves[index], index, count, path) {
			t.Fatal("another node")
		}
	})
}

func TestTimesAndNames(t *testing.T) {
	if got := TimeOf(epochStart.Time()); got != epochStart || got.Add(-1<<62) != 0 || got.Add(1000000) != got+1 {
		t.Error("times do not convert")
	}
	if SpacePatient.String() != "patient" || Space(0).String() != "unknown" || Space(99).String() != "unknown" {
		t.Error("enums do not name themselves")
	}
	if Describe(0x7777) != "" || Type(0x7777).Name() != "" {
		t.Error("an unknown type has a name")
	}
}
