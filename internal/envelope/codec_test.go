package envelope

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/id"
)

// TestEveryTypeRoundTrips: decode(encode(x)) = x and encode(decode(b)) = b for drawn instances of every type.
func TestEveryTypeRoundTrips(t *testing.T) {
	for _, kind := range Types() {
		t.Run(kind.Name(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				object := drawObject(t, kind)
				encoded := mustEncode(t, object)
				decoded, err := Decode(kind, encoded)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(object, decoded, cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("decoded differs:\n%s", diff)
				}
				if again := mustEncode(t, decoded); !bytes.Equal(encoded, again) {
					t.Fatal("encoded again differs")
				}
			})
		})
	}
}

// TestEveryMutationIsRefusedOrMeansItself: a changed byte either makes the object invalid, or another object that encodes to it.
func TestEveryMutationIsRefusedOrMeansItself(t *testing.T) {
	for _, kind := range Types() {
		rapid.Check(t, func(t *rapid.T) {
			encoded := mustEncode(t, drawObject(t, kind))
			at := rapid.IntRange(0, len(encoded)-1).Draw(t, "at")
			encoded[at] ^= rapid.ByteRange(1, 255).Draw(t, "flip")
			checkCanonical(t, kind, encoded)
		})
	}
}

// TestTruncationAndTrailingBytesAreRefused covers every length of one instance of every type.
func TestTruncationAndTrailingBytesAreRefused(t *testing.T) {
	for _, kind := range Types() {
		object, _ := New(kind)
		fillEnums(object)
		encoded := mustEncode(t, object)
		for length := range encoded {
			if _, err := Decode(kind, encoded[:length]); CodeOf(err) != Malformed {
				t.Fatalf("%s cut to %d bytes: %v", kind.Name(), length, err)
			}
		}
		if _, err := Decode(kind, append(encoded, 0)); CodeOf(err) != Malformed {
			t.Errorf("%s with a trailing byte: %v", kind.Name(), err)
		}
	}
}

func TestHeadIsChecked(t *testing.T) {
	good := mustEncode(t, &LogLink{Seq: 1})
	change := func(at int, value byte) []byte {
		changed := bytes.Clone(good)
		changed[at] = value
		return changed
	}
	for name, test := range map[string]struct {
		data []byte
		code Code
	}{
		"magic":        {change(0, 'w'), Malformed},
		"suite 0":      {change(4, 0), UnsupportedSuite},
		"suite 2":      {change(4, 2), UnsupportedSuite},
		"another type": {change(6, 0x22), Malformed},
		"empty":        {nil, Malformed},
		"above 1 MiB":  {make([]byte, MaxObject+1), Malformed},
	} {
		if _, err := Parse[LogLink](test.data); CodeOf(err) != test.code {
			t.Errorf("%s: %v, want %s", name, err, test.code)
		}
	}
	e := &encoder{out: bytes.Clone(mustEncode(t, &DisclosureOrder{Kind: OrderHold})[:headLength])}
	if largestOrder().fields(e); e.err != nil || len(e.out) <= MaxObject {
		t.Fatal("the largest order is not above 1 MiB")
	}
	if _, err := Parse[DisclosureOrder](e.out); CodeOf(err) != Malformed {
		t.Errorf("an object that is good but for its size: %v", err)
	}
	if _, err := Decode(0x7777, good); CodeOf(err) != Malformed {
		t.Errorf("an unknown type: %v", err)
	}
	if _, err := DecodeAny(change(5, 0x77)); CodeOf(err) != Malformed {
		t.Errorf("an unknown type in the head: %v", err)
	}
}

// TestFieldRules: what a decoder refuses inside an object, each made by changing good bytes.
func TestFieldRules(t *testing.T) {
	rename := func(name string) []byte {
		raw := mustEncode(t, &Rename{Name: strings.Repeat("x", len(name))})
		copy(raw[len(raw)-len(name):], name)
		return raw
	}
	shares := func(seats ...uint8) []byte {
		core := EpochCore{}
		for n := range seats {
			core.Shares = append(core.Shares, ShareCommit{Seat: uint8(n + 1)})
		}
		raw := mustEncode(t, &core)
		start := len(raw) - 33*len(seats) - 32 - 16 - 16 - 8
		for n, seat := range seats {
			raw[start+33*n] = seat
		}
		return raw
	}
	tests := map[string]struct {
		kind Type
		data []byte
	}{
		"invalid UTF-8":         {TypeRename, rename("\xff\xfe")},
		"overlong UTF-8":        {TypeRename, rename("\xc0\xaf")},
		"surrogate":             {TypeRename, rename("\xed\xa0\x80")},
		"U+0000":                {TypeRename, rename("a\x00b")},
		"text above its limit":  {TypeRename, longer(mustEncode(t, &Rename{}), 201)},
		"text length 2^32-1":    {TypeRename, hugeLength(mustEncode(t, &Rename{}))},
		"bytes above the limit": {TypeSealedState, longer(mustEncode(t, &SealedState{}), 16385)},
		"list not ascending":    {TypeEpochCore, shares(2, 1)},
		"list with a duplicate": {TypeEpochCore, shares(1, 1)},
		"enum 0":                {TypeUnlockerContext, setLast(mustEncode(t, &UnlockerContext{Kind: UnlockerPIN}), 0)},
		"enum above":            {TypeUnlockerContext, setLast(mustEncode(t, &UnlockerContext{Kind: UnlockerPIN}), 4)},
		"flag 2":                {TypeThreadState, setLast(mustEncode(t, &ThreadState{}), 2)},
		"time 2^53":             {TypeHistoryGrant, grantAt(t, 1<<53)},
		"time 2^64-1":           {TypeHistoryGrant, grantAt(t, 1<<64-1)},
		"u64 2^53":              {TypeLogLink, linkSeq(t, 1<<53)},
		"list above its limit":  {TypeEnvelopeProof, append(mustEncode(t, &EnvelopeProof{Path: make([]PathNode, 16)}), make([]byte, 32)...)},
	}
	over := tests["list above its limit"].data
	binary.BigEndian.PutUint16(over[headLength+4:], 17)
	for name, test := range tests {
		if object, err := Decode(test.kind, test.data); CodeOf(err) != Malformed {
			t.Errorf("%s: decoded to %v, %v", name, object, err)
		}
	}
	if _, err := Decode(TypeEpochCore, shares(1, 2)); err != nil {
		t.Errorf("the ascending list that the others were made from: %v", err)
	}
	if _, err := Decode(TypeHistoryGrant, grantAt(t, 1<<53-1)); err != nil {
		t.Errorf("the last possible time: %v", err)
	}
}

func TestEncodeRefusesWhatNobodyDecodes(t *testing.T) {
	for name, object := range map[string]Object{
		"no enum":        &Create{},
		"text too long":  &Rename{Name: strings.Repeat("x", 201)},
		"not UTF-8":      &Rename{Name: "\xff"},
		"U+0000":         &Rename{Name: "\x00"},
		"bytes too long": &SealedState{Ciphertext: make([]byte, 16385)},
		"time 2^53":      &HistoryGrant{Issued: 1 << 53},
		"u64 2^53":       &LogLink{Seq: 1 << 53},
		"unordered":      &EpochCore{Members: []EpochMember{{Person: id.Person{2}}, {Person: id.Person{1}}}},
		"twice":          &EpochCore{Members: []EpochMember{{Person: id.Person{1}}, {Person: id.Person{1}}}},
		"too many":       &EnvelopeProof{Path: make([]PathNode, 17)},
		"above 1 MiB":    largestOrder(),
	} {
		if _, err := Encode(object); CodeOf(err) != Malformed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDecodeAllocatesNoMoreThanItReads: claimed lengths and counts, alone, cost nothing.
func TestDecodeAllocatesNoMoreThanItReads(t *testing.T) {
	order := mustEncode(t, &DisclosureOrder{Kind: OrderHold})
	binary.BigEndian.PutUint16(order[len(order)-2:], 16384)
	vault := mustEncode(t, &SealedVault{})
	binary.BigEndian.PutUint32(vault[len(vault)-4:], 1040000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		if _, err := Parse[DisclosureOrder](order); CodeOf(err) != Malformed {
			t.Fatal(err)
		}
		if _, err := Parse[SealedVault](vault); CodeOf(err) != Malformed {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 100*2*8192 {
		t.Errorf("200 truncated objects allocated %d bytes", used)
	}
}

func TestDecodedSharesNoMemoryWithItsInput(t *testing.T) {
	raw := mustEncode(t, &SealedState{Ciphertext: []byte("abc")})
	state, err := Parse[SealedState](raw)
	if err != nil {
		t.Fatal(err)
	}
	clear(raw)
	if string(state.Ciphertext) != "abc" {
		t.Error("the decoded object changed with the input")
	}
}

func TestRefusalsMatchByCode(t *testing.T) {
	err := error(refuse(BrokenChain, "x"))
	if !errors.Is(err, &Refusal{Code: BrokenChain}) || errors.Is(err, &Refusal{Code: Malformed}) {
		t.Error("errors.Is does not go by code")
	}
	if CodeOf(errors.New("x")) != "" {
		t.Error("an error that is no refusal has a code")
	}
}

// FuzzDecode tries every type on the same bytes: no panic, and what is accepted encodes to itself.
func FuzzDecode(f *testing.F) {
	for _, kind := range Types() {
		object, _ := New(kind)
		fillEnums(object)
		f.Add(mustEncode(f, object))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, kind := range Types() {
			if len(data) > headLength {
				binary.BigEndian.PutUint16(data[len(magic)+1:], uint16(kind))
			}
			checkCanonical(t, kind, data)
		}
	})
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
	Fatal(...any)
}

func checkCanonical(t failer, kind Type, data []byte) {
	t.Helper()
	object, err := Decode(kind, data)
	if err != nil {
		if code := CodeOf(err); code != Malformed && code != UnsupportedSuite {
			t.Fatalf("%s: refused with %q", kind.Name(), err)
		}
		return
	}
	if again := mustEncode(t, object); !bytes.Equal(again, data) {
		t.Fatalf("%s has two encodings: %x and %x", kind.Name(), data, again)
	}
}

func mustEncode(t failer, object Object) []byte {
	t.Helper()
	encoded, err := Encode(object)
	if err != nil {
		t.Fatalf("encoding %T: %v", object, err)
	}
	return encoded
}

// fillEnums gives every enum its first value, which the zero value lacks.
func fillEnums(object Object) { object.fields(enumFiller{&encoder{}}) }

type enumFiller struct{ *encoder }

func (enumFiller) enum(_ string, _ labels, value *uint8) { *value = 1 }

// longer turns an object that ends in an empty byte string into one that ends in n bytes.
func longer(raw []byte, n int) []byte {
	binary.BigEndian.PutUint32(raw[len(raw)-4:], uint32(n))
	return append(raw, bytes.Repeat([]byte("x"), n)...)
}

func hugeLength(raw []byte) []byte {
	binary.BigEndian.PutUint32(raw[len(raw)-4:], 1<<32-1)
	return raw
}

func setLast(raw []byte, value byte) []byte {
	raw[len(raw)-1] = value
	return raw
}

func grantAt(t *testing.T, at uint64) []byte {
	raw := mustEncode(t, &HistoryGrant{})
	binary.BigEndian.PutUint64(raw[len(raw)-32-2-8:], at)
	return raw
}

func linkSeq(t *testing.T, seq uint64) []byte {
	raw := mustEncode(t, &LogLink{})
	binary.BigEndian.PutUint64(raw[headLength+32:], seq)
	return raw
}

func largestOrder() *DisclosureOrder {
	order := &DisclosureOrder{Kind: OrderHold}
	for n := range 4096 {
		order.Epochs = append(order.Epochs, OrderEpoch{Epoch: uint32(n)})
	}
	for n := range 16384 {
		var message id.Message
		binary.BigEndian.PutUint32(message[:], uint32(n))
		order.Messages = append(order.Messages, OrderMessage{Message: message})
	}
	return order
}
