package identity

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Seat is one officer's place in dual control: a signing key and a sealing key. It is made on the officer's own machine and never
// comes near the server.
type Seat struct {
	Name     string
	signSeed [32]byte
	sealSeed [32]byte
}

// SeatPublic is the half of a seat that the manifest names.
type SeatPublic struct {
	Name string
	Sign [32]byte
	Seal envelope.SealKey
}

// SeatSignature is one seat's signature over one manifest.
type SeatSignature struct {
	Fingerprint id.Hash
	Index       uint8
	Signature   [64]byte
}

var (
	errSeatName  = fault.New(fault.Invalid, "seat_name", "A seat needs a name of at most 100 letters.")
	errSeatFile  = fault.New(fault.Invalid, "seat_file", "That is not a seat file of this kind.")
	errOtherSeat = fault.New(fault.Invalid, "seat_not_named", "This manifest does not name this seat. Do not sign it with another.")
)

// NewSeat makes a seat.
func NewSeat(name string) (*Seat, error) {
	name = strings.Join(strings.Fields(norm.NFC.String(name)), " ")
	if name == "" || len(name) > maxSeatName {
		return nil, errSeatName
	}
	seat := &Seat{Name: name}
	rand.Read(seat.signSeed[:])
	rand.Read(seat.sealSeed[:])
	return seat, nil
}

// Public is what the officer gives to whoever founds the server.
func (s *Seat) Public() SeatPublic {
	return SeatPublic{Name: s.Name, Sign: s.Signer().Public(), Seal: s.Pair().Public()}
}

// Signer signs manifests and orders.
func (s *Seat) Signer() *envelope.SeedSigner { return envelope.NewSigner(s.signSeed) }

// Pair opens what was sealed to this seat.
func (s *Seat) Pair() *envelope.SealPair { return envelope.NewSealPair(s.sealSeed) }

// SignManifest signs a manifest in which this seat has a say: version 1 when it names the seat, a later one when the version before names it.
func (s *Seat) SignManifest(manifest []byte, before ...[]byte) (SeatSignature, error) {
	signers, _, err := (Draft{Manifest: manifest, Before: slices.Concat(before...)}).signers()
	if err != nil {
		return SeatSignature{}, err
	}
	own := s.Public()
	for _, seat := range signers {
		if seat.Sign != own.Sign || seat.Seal != own.Seal {
			continue
		}
		signed := &envelope.Signed{Object: manifest}
		if err := signed.Countersign(envelope.BySeat(seat.Index, s.Signer())); err != nil {
			return SeatSignature{}, err
		}
		fingerprint, err := signed.Hash()
		return SeatSignature{fingerprint, seat.Index, signed.Signatures[0].Signature}, err
	}
	return SeatSignature{}, errOtherSeat
}

// The three files are one line of text each. The name comes last because it has spaces.
const (
	seatPrivateMark   = "wardline-seat-private-v1"
	seatPublicMark    = "wardline-seat-public-v1"
	seatSignatureMark = "wardline-seat-signature-v1"
	maxSeatName       = 100
)

var seatText = base64.RawURLEncoding.Strict()

// PrivateText is the content of the officer's private file.
func (s *Seat) PrivateText() string {
	return fmt.Sprintf("%s %s %s %s\n", seatPrivateMark, seatText.EncodeToString(s.signSeed[:]), seatText.EncodeToString(s.sealSeed[:]), s.Name)
}

// String hides the keys from fmt and slog.
func (s *Seat) String() string { return "seat " + s.Name }

// GoString hides the keys from %#v.
func (s *Seat) GoString() string { return s.String() }

// ParseSeat reads a private file. The error quotes nothing of it.
func ParseSeat(text string) (*Seat, error) {
	seat := &Seat{}
	name, err := parseSeatLine(text, seatPrivateMark, seat.signSeed[:], seat.sealSeed[:])
	seat.Name = name
	if err != nil {
		return nil, err
	}
	return seat, nil
}

// Text is the content of the public file.
func (p SeatPublic) Text() string {
	return fmt.Sprintf("%s %s %s %s\n", seatPublicMark, seatText.EncodeToString(p.Sign[:]), seatText.EncodeToString(p.Seal[:]), p.Name)
}

// ParseSeatPublic reads a public file.
func ParseSeatPublic(text string) (SeatPublic, error) {
	var public SeatPublic
	name, err := parseSeatLine(text, seatPublicMark, public.Sign[:], public.Seal[:])
	public.Name = name
	return public, err
}

// Text is the content of a signature file.
func (s SeatSignature) Text() string {
	return fmt.Sprintf("%s %s %s %d\n", seatSignatureMark, s.Fingerprint, seatText.EncodeToString(s.Signature[:]), s.Index)
}

// ParseSeatSignature reads a signature file.
func ParseSeatSignature(text string) (SeatSignature, error) {
	var signature SeatSignature
	last, err := parseSeatLine(text, seatSignatureMark, signature.Fingerprint[:], signature.Signature[:])
	if err != nil {
		return SeatSignature{}, err
	}
	index, err := strconv.ParseUint(last, 10, 8)
	if err != nil || index == 0 {
		return SeatSignature{}, errSeatFile
	}
	signature.Index = uint8(index)
	return signature, nil
}

// parseSeatLine reads "mark base64 base64 rest" and fills the two values.
func parseSeatLine(text, mark string, first, second []byte) (rest string, err error) {
	fields := strings.SplitN(strings.TrimSpace(text), " ", 4)
	if len(fields) != 4 || fields[0] != mark || strings.ContainsAny(fields[3], "\r\n") || len(fields[3]) > maxSeatName {
		return "", errSeatFile
	}
	for n, into := range [][]byte{first, second} {
		value, err := seatText.DecodeString(fields[n+1])
		if err != nil || len(value) != len(into) {
			return "", errSeatFile
		}
		copy(into, value)
	}
	return fields[3], nil
}
