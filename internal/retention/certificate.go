package retention

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Subject is what a certificate is about: a filing, a thread, or everything; between two times, which are milliseconds, Until not inside, 0 for open.
type Subject struct {
	Filing id.Filing `json:"filing,omitzero"`
	Thread id.Thread `json:"thread,omitzero"`
	From   int64     `json:"from,omitempty"`
	Until  int64     `json:"until,omitempty"`
}

// Certificate says what was destroyed, and proves it by leaves of the audit log.
type Certificate struct {
	Format       string      `json:"format"`
	Organisation string      `json:"organisation"`
	Issued       int64       `json:"issued"`
	About        Subject     `json:"about"`
	Complete     bool        `json:"complete" doc:"false: there is more than one certificate holds; ask for a shorter time"`
	Disposals    []Certified `json:"disposals"`
	Checkpoint   string      `json:"checkpoint" doc:"the signed note under which every leaf is proved"`
	Backups      Backups     `json:"backups"`
}

// Certified is one disposal with its leaf.
type Certified struct {
	Disposal  id.Disposal `json:"disposal"`
	Thread    id.Thread   `json:"thread"`
	Reason    string      `json:"reason"`
	Filing    id.Filing   `json:"filing,omitzero"`
	Document  id.Hash     `json:"documentSHA256,omitzero"`
	Reference string      `json:"recordReference,omitempty"`
	Space     string      `json:"space,omitempty"`
	Class     string      `json:"class,omitempty"`
	Days      int64       `json:"days,omitempty"`
	Began     int64       `json:"began"`
	Done      int64       `json:"done"`
	Messages  []Gone      `json:"messages"`
	Leaf      Leaf        `json:"leaf"`
}

// Gone is one destroyed message: its tombstone, and what stands in it for people to read.
type Gone struct {
	Message   id.Message `json:"message"`
	Entry     id.Hash    `json:"entry"`
	Author    id.Person  `json:"author"`
	Sent      int64      `json:"sent"`
	Destroyed int64      `json:"destroyed"`
	Tombstone []byte     `json:"tombstone"`
}

// Leaf is a leaf of the audit log with its proof.
type Leaf struct {
	Index int64       `json:"index"`
	Leaf  []byte      `json:"leaf"`
	Proof []tlog.Hash `json:"proof"`
}

// Backups is what the certificate cannot prove.
type Backups struct {
	ShredHorizonDays int64  `json:"shredHorizonDays"`
	RecoverableUntil int64  `json:"recoverableUntil" doc:"until then a backup of the shred store may hold halves of these messages"`
	Words            string `json:"words"`
}

const (
	certificateFormat = "wardline-destruction-certificate-v1"
	maxCertified      = 1000
	maxCertificate    = 64 << 20
)

var (
	errCertificate = fault.New(fault.Invalid, "certificate_invalid", "This certificate does not hold.")
	errNothingGone = fault.New(fault.NotFound, "nothing_destroyed", "Nothing of this was destroyed.")
)

// Log is the audit log as a certificate needs it.
type Log interface {
	ProveLeaves(ctx context.Context, leaves []int64) ([]audit.Inclusion, error)
}

// Issuer is what a certificate says of the organisation.
type Issuer struct {
	Organisation string
	ShredHorizon time.Duration
}

// Certify makes a certificate.
func (k *Keeper) Certify(ctx context.Context, log Log, by Issuer, what Subject) (Certificate, error) {
	disposals, err := k.Store.Disposals(ctx, what, maxCertified+1)
	if err != nil {
		return Certificate{}, err
	}
	if len(disposals) == 0 {
		return Certificate{}, errNothingGone
	}
	c := Certificate{
		Format: certificateFormat, Organisation: by.Organisation, Issued: k.Clock.Now().UnixMilli(), About: what, Complete: len(disposals) <= maxCertified,
	}
	disposals = disposals[:min(len(disposals), maxCertified)]
	if _, err := log.ProveLeaves(ctx, nil); err != nil { // what waits has its place after this
		return Certificate{}, err
	}
	leaves := make([]int64, len(disposals))
	for n, d := range disposals {
		if leaves[n], err = k.Store.LastLeaf(ctx, audit.Disposal, d.Subject); err != nil {
			return Certificate{}, err
		}
	}
	proofs, err := log.ProveLeaves(ctx, leaves)
	if err != nil {
		return Certificate{}, err
	}
	var latest time.Time
	for n, d := range disposals {
		one, err := certify(d, proofs[n])
		if err != nil {
			return Certificate{}, err
		}
		c.Disposals, c.Checkpoint = append(c.Disposals, one), string(proofs[n].Checkpoint)
		if d.DoneAt.After(latest) {
			latest = d.DoneAt
		}
	}
	c.Backups = by.backups(latest)
	return c, nil
}

func certify(d Disposal, proof audit.Inclusion) (Certified, error) {
	one := Certified{
		Disposal: d.ID, Thread: d.Thread, Reason: d.Reason.String(), Filing: d.Filing, Began: d.BeganAt.UnixMilli(), Done: d.DoneAt.UnixMilli(),
		Leaf: Leaf{Index: proof.Index, Leaf: proof.Row.Leaf(), Proof: proof.Proof},
	}
	if d.Filing.IsZero() {
		one.Space, one.Class, one.Days = d.Space.String(), d.Class.String(), int64(d.Period)
	}
	for n := range d.Doomed {
		t := &d.Doomed[n].Tombstone
		body, err := envelope.Encode(t)
		if err != nil {
			return one, err
		}
		one.Document, one.Reference = t.DocumentHash, t.Reference
		one.Messages = append(one.Messages, goneOf(t, body))
	}
	return one, nil
}

func goneOf(t *envelope.Tombstone, body []byte) Gone {
	return Gone{Message: t.Message, Entry: t.Entry, Author: t.Person, Sent: int64(t.Time), Destroyed: int64(t.Destroyed), Tombstone: body}
}

func (by Issuer) backups(latest time.Time) Backups {
	until := latest.Add(by.ShredHorizon)
	return Backups{
		ShredHorizonDays: int64(by.ShredHorizon / (24 * time.Hour)), RecoverableUntil: until.UnixMilli(),
		Words: "The live server cannot bring these messages back. A backup of the main database holds their ciphertext, which nobody can open without the halves that were " +
			"deleted. A backup or an archived log of the shred store that was made before the deletion may hold those halves until " + until.UTC().Format(stamp) +
			", the end of the shred horizon; whoever restores it before then must replay the destruction ledger, which destroys them again. What somebody photographed or " +
			"copied out of the app is beyond this certificate.",
	}
}

// ReadCertificate reads one as hostile input.
func ReadCertificate(from io.Reader) (Certificate, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxCertificate+1))
	if err != nil {
		return Certificate{}, err
	}
	var c Certificate
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	switch err := decoder.Decode(&c); {
	case len(text) > maxCertificate:
		return Certificate{}, errCertificate.With("why", "too large")
	case err != nil, decoder.More():
		return Certificate{}, errCertificate.With("why", "not a certificate")
	case c.Format != certificateFormat:
		return Certificate{}, errCertificate.With("why", "another format")
	}
	return c, nil
}

// Checked is what a good certificate proves.
type Checked struct {
	Messages int
	// Counted are messages of disposals from before tombstones were in the leaf: the leaf names the filing and how many they were.
	Counted    int
	Checkpoint audit.Checkpoint
}

// Check verifies a certificate under the server's public audit keys, without anything else.
func (c Certificate) Check(keys ...[32]byte) (Checked, error) {
	var checked Checked
	var err error
	if checked.Checkpoint, err = audit.OpenCheckpoint([]byte(c.Checkpoint), keys...); err != nil {
		return checked, errCertificate.With("why", "the checkpoint is not signed by this key").Because(err)
	}
	for n := range c.Disposals {
		named, err := c.Disposals[n].check([]byte(c.Checkpoint), keys)
		if err != nil {
			return checked, errCertificate.With("disposal", c.Disposals[n].Disposal.String()).With("why", err.Error())
		}
		if named {
			checked.Messages += len(c.Disposals[n].Messages)
		} else {
			checked.Counted += len(c.Disposals[n].Messages)
		}
	}
	return checked, nil
}

// check says whether the leaf names the tombstones.
func (c *Certified) check(checkpoint []byte, keys [][32]byte) (named bool, err error) {
	row, err := audit.ParseLeaf(c.Leaf.Leaf)
	if err != nil {
		return false, errors.New("the leaf is malformed")
	}
	inclusion := audit.Inclusion{Index: c.Leaf.Index, Row: row, Proof: c.Leaf.Proof, Checkpoint: checkpoint}
	if _, err := inclusion.Check(keys...); err != nil {
		return false, errors.New("the leaf is not in the log")
	}
	d := Disposal{ID: c.Disposal, Thread: c.Thread, Filing: c.Filing}
	event, err := row.Event()
	details := event.Details
	if err != nil || row.Kind != audit.Disposal || !bytes.Equal(row.Subject, SubjectOf(d)) || details["step"] != "done" {
		return false, errors.New("the leaf tells of something else")
	}
	for n := range c.Messages {
		t, err := envelope.Parse[envelope.Tombstone](c.Messages[n].Tombstone)
		if err != nil || !c.Messages[n].equal(goneOf(t, c.Messages[n].Tombstone)) || t.Thread != c.Thread || t.Filing != c.Filing ||
			t.Reason.String() != c.Reason || t.DocumentHash != c.Document || t.Reference != c.Reference {
			return false, fmt.Errorf("message %d is not what its tombstone says", n+1)
		}
		d.Doomed = append(d.Doomed, Doomed{Tombstone: *t})
	}
	if details["messages"] != strconv.Itoa(len(c.Messages)) {
		return false, errors.New("the leaf counts other messages")
	}
	digest, written := details["tombstones"]
	if !written {
		return false, nil
	}
	if sum, err := Digest(d.Doomed); err != nil || sum.String() != digest {
		return false, errors.New("the leaf is about other tombstones")
	}
	same := details["reason"] == c.Reason && details["class"] == c.Class && details["space"] == c.Space && details["thread"] == c.Thread.String() &&
		uint64(c.Done) == row.At && (c.Class == "" || details["days"] == strconv.FormatInt(c.Days, 10))
	if !same {
		return false, errors.New("the leaf gives another reason or time")
	}
	return true, nil
}

func (g Gone) equal(other Gone) bool {
	return g.Message == other.Message && g.Entry == other.Entry && g.Author == other.Author && g.Sent == other.Sent && g.Destroyed == other.Destroyed
}
