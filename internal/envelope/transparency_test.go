package envelope

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/wardline/wardline/internal/id"
)

type logVectors struct {
	Checkpoints []checkpointVector `json:"checkpoints"`
	Leaves      []leafVector       `json:"leaves"`
	Growths     []growthVector     `json:"growths"`
	Safety      []safetyVector     `json:"safety"`
	Words       hexed              `json:"words"` // SHA-256 of the list, a line break after each word
	Evidence    []evidenceVector   `json:"evidence"`
}

type checkpointVector struct {
	Key   hexed  `json:"key"`
	Note  string `json:"note"`
	OK    bool   `json:"ok"`
	Why   string `json:"why"`
	Size  uint64 `json:"size"`
	Root  hexed  `json:"root"`
	After uint64 `json:"after"`
	Time  uint64 `json:"time"`
}

type leafVector struct {
	Person hexed   `json:"person"`
	Seq    uint32  `json:"seq"`
	Entry  hexed   `json:"entry"`
	Actor  hexed   `json:"actor"`
	At     uint64  `json:"at"`
	Leaf   hexed   `json:"leaf"`
	Size   uint64  `json:"size"`
	Root   hexed   `json:"root"`
	Index  uint64  `json:"index"`
	Path   []hexed `json:"path"`
	OK     bool    `json:"ok"`
}

type growthVector struct {
	Older     uint64  `json:"older"`
	OlderRoot hexed   `json:"olderRoot"`
	Newer     uint64  `json:"newer"`
	NewerRoot hexed   `json:"newerRoot"`
	Proof     []hexed `json:"proof"`
	Code      string  `json:"code"` // empty: it grew
}

type safetyVector struct {
	One   hexed      `json:"one"`
	Other hexed      `json:"other"`
	Words [][]string `json:"words"`
}

// TestLogVectors: both sides read the same checkpoints, leaves, proofs and words.
func TestLogVectors(t *testing.T) {
	bothSides(t, "log", generateLog, func(t *testing.T, v logVectors) {
		if len(v.Checkpoints) < 10 || len(v.Leaves) < 10 || len(v.Growths) < 20 || len(v.Safety) < 2 {
			t.Error("too few vectors")
		}
		for _, one := range v.Checkpoints {
			opened, err := OpenCheckpoint([]byte(one.Note), one.Key.b32(t))
			want := Checkpoint{LogHead{one.Size, id.Hash(one.Root.b32(t))}, one.After, Time(one.Time)}
			if (err == nil) != one.OK || err == nil && opened != want || err != nil && CodeOf(err) == "" {
				t.Errorf("a checkpoint (%s): %+v, %v", one.Why, opened, err)
			}
		}
		for _, one := range v.Leaves {
			person, entry, actor := id.Person(one.Person), id.Hash(one.Entry.b32(t)), id.Person(one.Actor)
			same(t, "a leaf", mustEncode(t, PersonLeaf(person, one.Seq, entry, actor, Time(one.At))), one.Leaf)
			err := CheckPersonLeaf(LogHead{one.Size, one.Root.b32(t)}, person, one.Seq, entry, Inclusion{one.Index, actor, Time(one.At), unhexed(t, one.Path)})
			if (err == nil) != one.OK || err != nil && CodeOf(err) != NotLogged {
				t.Errorf("leaf %d of %d: %v", one.Index, one.Size, err)
			}
		}
		for _, one := range v.Growths {
			err := CheckLogGrew(LogHead{one.Older, one.OlderRoot.b32(t)}, LogHead{one.Newer, one.NewerRoot.b32(t)}, unhexed(t, one.Proof))
			if string(CodeOf(err)) != one.Code {
				t.Errorf("from %d to %d: %v, want %q", one.Older, one.Newer, err, one.Code)
			}
		}
		for _, one := range v.Safety {
			pair := SafetyPair(one.One.b32(t), one.Other.b32(t))
			if !slices.EqualFunc(pair[:], one.Words, slices.Equal) {
				t.Errorf("safety words: %v, want %v", pair, one.Words)
			}
		}
		sum := sha256.Sum256([]byte(safetyList))
		same(t, "the list of words", sum[:], v.Words)
		checkEvidence(t, v.Evidence)
	})
}

func unhexed(t *testing.T, list []hexed) []id.Hash {
	hashes := make([]id.Hash, len(list))
	for n, one := range list {
		hashes[n] = one.b32(t)
	}
	return hashes
}

// treeLog is a log made by the library that the server uses.
type treeLog struct {
	stored []tlog.Hash
	size   int64
}

func (l *treeLog) ReadHashes(positions []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(positions))
	for n, position := range positions {
		found[n] = l.stored[position]
	}
	return found, nil
}

func (l *treeLog) add(leaf []byte) {
	l.stored = append(l.stored, must(tlog.StoredHashes(l.size, leaf, l))...)
	l.size++
}

func (l *treeLog) head(size int64) LogHead {
	return LogHead{uint64(size), id.Hash(must(tlog.TreeHash(size, l)))}
}

func hashList[H ~[]tlog.Hash](list H) (out []hexed) {
	out = []hexed{}
	for _, hash := range list {
		out = append(out, bytes.Clone(hash[:]))
	}
	return out
}

func generateLog(t *testing.T) (v logVectors) {
	in := inputs{rand.NewChaCha8([32]byte{11})}
	log, leaves := &treeLog{}, []leafVector{}
	for n := range 21 {
		one := leafVector{Person: in.bytes(16), Seq: uint32(n*n*n + 1), Entry: in.bytes(32), Actor: in.bytes(16), At: uint64(1_700_000_000_000 + n), OK: true}
		one.Leaf = mustEncode(t, PersonLeaf(id.Person(one.Person), one.Seq, id.Hash(one.Entry), id.Person(one.Actor), Time(one.At)))
		log.add(one.Leaf)
		leaves = append(leaves, one)
	}
	for n, size := range []int64{1, 2, 3, 8, 9, 16, 20, 21, 21} {
		one := leaves[(size-1)/int64(n%3+1)]
		one.Size, one.Index = uint64(size), uint64((size-1)/int64(n%3+1))
		head := log.head(size)
		one.Root, one.Path = bytes.Clone(head.Root[:]), hashList(must(tlog.ProveRecord(size, int64(one.Index), log)))
		v.Leaves = append(v.Leaves, one)
		one.OK, one.Index = false, (one.Index+1)%one.Size
		if size == 1 {
			one.Index = 1
		}
		v.Leaves = append(v.Leaves, one)
		one.Index, one.Path = uint64((size-1)/int64(n%3+1)), append(slices.Clone(one.Path), in.bytes(32))
		v.Leaves = append(v.Leaves, one)
	}
	for _, sizes := range [][2]int64{{1, 1}, {1, 2}, {1, 21}, {2, 3}, {3, 8}, {4, 8}, {7, 8}, {8, 9}, {6, 21}, {16, 21}, {20, 21}, {21, 21}} {
		older, newer := log.head(sizes[0]), log.head(sizes[1])
		good := growthVector{Older: older.Size, OlderRoot: older.Root[:], Newer: newer.Size, NewerRoot: newer.Root[:], Proof: []hexed{}}
		if sizes[0] != sizes[1] {
			good.Proof = hashList(must(tlog.ProveTree(sizes[1], sizes[0], log)))
		}
		v.Growths = append(v.Growths, good)
		lie := good
		lie.OlderRoot, lie.Code = in.bytes(32), string(SplitView)
		v.Growths = append(v.Growths, lie)
		lie = good
		lie.Proof, lie.Code = append(slices.Clone(good.Proof), in.bytes(32)), string(SplitView)
		v.Growths = append(v.Growths, lie)
		if sizes[0] != sizes[1] {
			v.Growths = append(v.Growths, growthVector{good.Newer, good.NewerRoot, good.Older, good.OlderRoot, good.Proof, string(RolledBack)})
		}
	}
	v.Checkpoints = generateCheckpoints(t, in, log.head(21))
	for range 2 {
		one := safetyVector{One: in.bytes(32), Other: in.bytes(32)}
		pair := SafetyPair(one.One.b32(t), one.Other.b32(t))
		one.Words = pair[:]
		v.Safety = append(v.Safety, one, safetyVector{one.Other, one.One, one.Words})
	}
	sum := sha256.Sum256([]byte(safetyList))
	v.Words = sum[:]
	v.Evidence = generateEvidence(t, in, log.head(21))
	return v
}

func generateCheckpoints(t *testing.T, in inputs, head LogHead) (all []checkpointVector) {
	signer := NewSigner(in.bytes(32).b32(t))
	key := signer.Public()
	signedNote := func(text string) string {
		hash := noteKeyHash(key)
		signature := signer.Sign([]byte(text))
		return text + "\n\u2014 " + CheckpointOrigin + " " + base64.StdEncoding.EncodeToString(append(hash[:], signature[:]...)) + "\n"
	}
	add := func(why string, c Checkpoint, signed string) {
		root := c.Root
		all = append(all, checkpointVector{key[:], signed, why == "", why, c.Size, root[:], c.After, uint64(c.At)})
	}
	good := Checkpoint{head, 12, 1_700_000_000_123}
	text := good.Text()
	add("", good, signedNote(text))
	first := Checkpoint{LogHead{1, id.Hash(in.bytes(32))}, 0, 0}
	add("", first, signedNote(first.Text()))
	big := Checkpoint{LogHead{maxCount - 1, id.Hash(in.bytes(32))}, maxCount - 2, maxCount - 1}
	add("", big, signedNote(big.Text()))
	for why, change := range map[string][2]string{
		"a leading zero": {"\n21\n", "\n021\n"}, "a sign": {"\n21\n", "\n+21\n"}, "no size": {"\n21\n", "\n0\n"}, "too large": {"\n21\n", "\n9007199254740992\n"},
		"after itself": {"after 12", "after 21"}, "another origin": {CheckpointOrigin, "wardline-audit-v2"}, "a space": {"time ", "time  "},
		"no time": {"time 1700000000123\n", ""}, "a further line": {"time 1700000000123\n", "time 1700000000123\nmore\n"},
		"loose base64": {"=\n", "\n"}, "a carriage return": {"\nafter", "\r\nafter"},
	} {
		add(why, good, signedNote(strings.Replace(text, change[0], change[1], 1)))
	}
	slices.SortStableFunc(all, func(a, b checkpointVector) int { return strings.Compare(a.Why, b.Why) })
	whole := signedNote(text)
	add("a changed size", good, strings.Replace(whole, "\n21\n", "\n22\n", 1))
	add("cut off", good, whole[:len(whole)-1])
	add("two signatures", good, whole+whole[strings.Index(whole, "\n\n")+2:])
	add("no signature", good, text)
	add("a hyphen for a dash", good, strings.Replace(whole, "\u2014", "-", 1))
	other := NewSigner(in.bytes(32).b32(t))
	add("another key", good, string(good.Note(other.Public(), other.Sign([]byte(text)))))
	add("another key under this one's name", good, string(good.Note(key, other.Sign([]byte(text)))))
	return all
}

// TestCheckpointsAreSignedNotes compares with the library that the server signs with.
func TestCheckpointsAreSignedNotes(t *testing.T) {
	signer := NewSigner([32]byte{4})
	checkpoint := Checkpoint{LogHead{7, id.Hash{1}}, 3, 99}
	signed := checkpoint.Note(signer.Public(), signer.Sign([]byte(checkpoint.Text())))
	public := signer.Public()
	verifier := must(note.NewVerifier(must(note.NewEd25519VerifierKey(CheckpointOrigin, public[:]))))
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil || opened.Text != checkpoint.Text() {
		t.Errorf("%+v, %v", opened, err)
	}
}

// TestGrowthIsWhatTheLibraryProves compares with tlog for every pair of sizes.
func TestGrowthIsWhatTheLibraryProves(t *testing.T) {
	log := &treeLog{}
	for n := range 40 {
		log.add([]byte{byte(n)})
	}
	for newer := int64(1); newer <= 40; newer++ {
		for older := int64(1); older < newer; older++ {
			var proof []id.Hash
			for _, hash := range must(tlog.ProveTree(newer, older, log)) {
				proof = append(proof, id.Hash(hash))
			}
			if err := CheckLogGrew(log.head(older), log.head(newer), proof); err != nil {
				t.Fatalf("from %d to %d: %v", older, newer, err)
			}
			for n := range proof {
				proof[n][n%32] ^= 1
				if err := CheckLogGrew(log.head(older), log.head(newer), proof); CodeOf(err) != SplitView {
					t.Fatalf("from %d to %d with hash %d changed: %v", older, newer, n, err)
				}
				proof[n][n%32] ^= 1
			}
		}
	}
}

func TestSafetyWordsAreATidyList(t *testing.T) {
	if len(safetyAll) != 1024 || !slices.IsSorted(safetyAll) || len(slices.Compact(slices.Clone(safetyAll))) != 1024 {
		t.Fatalf("%d words", len(safetyAll))
	}
	for n, word := range safetyAll {
		if len(word) < 3 || len(word) > 9 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("%q", word)
		}
		if n > 0 && strings.HasPrefix(word, safetyAll[n-1]) {
			t.Errorf("%q begins another word", safetyAll[n-1])
		}
	}
}

func FuzzCheckpoint(f *testing.F) {
	signer := NewSigner([32]byte{4})
	good := Checkpoint{LogHead{7, id.Hash{1}}, 3, 99}
	f.Add(good.Note(signer.Public(), signer.Sign([]byte(good.Text()))))
	f.Add([]byte(good.Text()))
	f.Fuzz(func(t *testing.T, signed []byte) {
		opened, err := OpenCheckpoint(signed, signer.Public())
		switch {
		case err != nil && CodeOf(err) == "":
			t.Errorf("not a refusal: %v", err)
		case err == nil && !bytes.Equal(opened.Note(signer.Public(), signer.Sign([]byte(opened.Text()))), signed):
			t.Errorf("two spellings of %+v", opened)
		}
	})
}

func FuzzLogProofs(f *testing.F) {
	f.Add(uint64(3), uint64(7), uint64(2), make([]byte, 96))
	f.Add(uint64(1)<<53, uint64(1)<<62, uint64(0), make([]byte, 32*70))
	f.Fuzz(func(t *testing.T, older, newer, index uint64, raw []byte) {
		var proof []id.Hash
		for chunk := range slices.Chunk(raw, 32) {
			if len(chunk) == 32 {
				proof = append(proof, id.Hash(chunk))
			}
		}
		if err := CheckLogGrew(LogHead{older, id.Hash{1}}, LogHead{newer, id.Hash{2}}, proof); CodeOf(err) == "" {
			t.Errorf("a proof out of nothing: %v", err)
		}
		if err := CheckPersonLeaf(LogHead{newer, id.Hash{2}}, id.Person{1}, 1, id.Hash{}, Inclusion{Index: index, Path: proof}); CodeOf(err) == "" {
			t.Errorf("a proof out of nothing: %v", err)
		}
	})
}

// BenchmarkTwoHundredHeads is what a sign-in with two hundred people costs, in a log of a million leaves.
func BenchmarkTwoHundredHeads(b *testing.B) {
	const levels = 20
	path := make([]id.Hash, levels)
	for b.Loop() {
		for n := range 200 {
			_ = CheckPersonLeaf(LogHead{1 << levels, id.Hash{}}, id.Person{byte(n)}, 3, id.Hash{byte(n)}, Inclusion{Index: uint64(n), Path: path})
		}
	}
}
