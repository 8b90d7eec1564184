package record

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"html"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
	"github.com/wardline/wardline/internal/work"
)

// Limits of a submission.
const (
	maxDocument = 1 << 20
	maxSources  = 200
	maxTitle    = 200
)

// File takes a submission in. When it returns, the filing is durable and will be tried until there is a receipt or a refusal.
func (d *Desk) File(ctx context.Context, by Clinician, s Submission) (Paper, error) {
	replaces, err := checkSubmission(s)
	if err != nil {
		return Paper{}, err
	}
	standing, err := d.store.Standing(ctx, s.Thread, by.Person, messagesOf(s.Sources))
	if err != nil {
		return Paper{}, err
	}
	if !standing.Member {
		return Paper{}, ErrThreadUnknown
	}
	if there, ok, err := d.again(ctx, s); ok || err != nil {
		return there, err
	}
	assertion, hash, err := d.assertions.Verify(ctx, s.Thread, s.Assertion)
	if err != nil {
		return Paper{}, err
	}
	if hash != standing.Assertion {
		return Paper{}, ErrNotLinked
	}
	if standing.Quarantined {
		return Paper{}, ErrQuarantined
	}
	if standing.Confirmed.IsZero() || d.clock.Now().Sub(standing.Confirmed) >= d.duty {
		return Paper{}, ErrUnconfirmed
	}
	if err := checkSources(s, standing); err != nil {
		return Paper{}, err
	}
	if err := d.checkReplaced(ctx, s, replaces); err != nil {
		return Paper{}, err
	}
	return d.accept(ctx, by, s, assertion, standing)
}

// again finds a filing that was handed over before, as after a lost answer.
func (d *Desk) again(ctx context.Context, s Submission) (Paper, bool, error) {
	there, _, err := d.store.Paper(ctx, s.Filing)
	switch {
	case err == nil && there.Thread == s.Thread && there.DocumentHash == s.DocumentHash:
		return there, true, nil
	case err == nil:
		return Paper{}, true, ErrFilingDiffers
	default:
		return Paper{}, false, ignore(err, ErrFilingUnknown)
	}
}

func (d *Desk) accept(ctx context.Context, by Clinician, s Submission, assertion *envelope.PatientAssertion, standing Standing) (Paper, error) {
	now := d.clock.Now()
	sealed, err := d.seal(by, s, assertion, standing.Sources[s.Decision].At, now)
	if err != nil {
		return Paper{}, err
	}
	paper := Paper{
		ID: s.Filing, Thread: s.Thread, Decision: s.Decision, Patient: standing.Patient, Sources: s.Sources, State: Waiting,
		DocumentHash: s.DocumentHash, FiledBy: by.Person, FiledAt: now, NextTryAt: now,
	}
	event := audit.Event{
		Kind: audit.Filing, Actor: by.Person, Subject: audit.About(s.Thread, s.Filing), At: now,
		Details: map[string]string{
			"decision": s.Decision.String(), "document": s.DocumentHash.String(), "sources": strconv.Itoa(len(s.Sources)),
			"assertion": hashText(assertion),
		},
	}
	written, err := d.store.AddFiling(ctx, NewFiling{
		Paper: paper, Sealed: sealed, Intent: work.Intent{}.Add(d.attempt(s.Filing)), Event: event,
		Assertion: standing.Assertion, Corrects: s.Corrects, Countersign: s.Countersign, CountersignBy: s.CountersignBy,
	})
	if err == nil {
		d.announce.Filing(written)
	}
	return written, err
}

// Retry sends a refused or failed filing again, because a person says that what stood in the way is mended.
func (d *Desk) Retry(ctx context.Context, by Clinician, in id.Thread, filing id.Filing) (Paper, error) {
	standing, err := d.store.Standing(ctx, in, by.Person, nil)
	if err != nil {
		return Paper{}, err
	}
	if !standing.Member {
		return Paper{}, ErrThreadUnknown
	}
	paper, _, err := d.store.Paper(ctx, filing)
	if err != nil {
		return Paper{}, err
	}
	if paper.Thread != in {
		return Paper{}, ErrFilingUnknown
	}
	switch {
	case standing.Quarantined:
		return Paper{}, ErrQuarantined
	case paper.State == Received:
		return Paper{}, ErrNothingToDo
	}
	return d.sendAgain(ctx, by, paper, "yes")
}

// sendAgain makes a filing due. why is in the audit log.
func (d *Desk) sendAgain(ctx context.Context, by Clinician, paper Paper, why string) (Paper, error) {
	now := d.clock.Now()
	paper.State, paper.Code, paper.Reason, paper.NextTryAt = Waiting, "", "", now
	event := audit.Event{
		Kind: audit.Filing, Actor: by.Person, Subject: audit.About(paper.Thread, paper.ID), At: now, Details: map[string]string{"again": why},
	}
	if err := d.store.NoteTrouble(ctx, paper, work.Intent{}.Add(d.attempt(paper.ID)), &event); err != nil {
		return Paper{}, err
	}
	d.announce.Filing(paper)
	return paper, nil
}

// attempt is an attempt that is due now.
func (d *Desk) attempt(filing id.Filing) work.Due {
	return work.Due{ID: id.New[id.Work](d.works), Kind: Attempt, At: d.clock.Now(), Subject: filing.Bytes(), Key: filing.String()}
}

// checkSubmission is what can be said of a submission alone. replaces is the document of the record that it says it takes the place of.
func checkSubmission(s Submission) (replaces string, err error) {
	switch {
	case len(s.Document) > maxDocument:
		return "", ErrTooLarge
	case len(s.Sources) == 0 || len(s.Sources) > maxSources || strings.TrimSpace(s.Title) == "" || len(s.Title) > maxTitle:
		return "", ErrDocument
	case sha256.Sum256(s.Document) != s.DocumentHash:
		return "", ErrDocumentHash
	case s.Corrects == s.Decision:
		return "", ErrCorrects
	}
	read, err := readDocument(s.Document, s.Filing, s.Thread)
	switch {
	case err != nil:
		return "", err
	case !read.agree(s):
		return "", ErrDocument.With("reason", "sources")
	case read.corrects != s.Corrects:
		return "", ErrDocument.With("reason", "corrects")
	}
	return html.UnescapeString(read.replaces), nil
}

// checkReplaced refuses a document that says of another than the one of the decision that it corrects that it takes its place.
func (d *Desk) checkReplaced(ctx context.Context, s Submission, replaces string) error {
	if replaces == "" {
		return nil
	}
	papers, err := d.store.Papers(ctx, s.Thread)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(papers, func(p Paper) bool { return p.Decision == s.Corrects && p.State == Received && p.Reference == replaces }) {
		return ErrDocument.With("reason", "replaces")
	}
	return nil
}

func checkSources(s Submission, standing Standing) error {
	decision, found := standing.Sources[s.Decision]
	if !found || decision.Kind != envelope.KindDecision {
		return ErrNotDecision
	}
	if !slices.ContainsFunc(s.Sources, func(one Source) bool { return one.Message == s.Decision }) {
		return ErrNotDecision
	}
	last := uint64(0)
	for _, one := range s.Sources {
		stored, found := standing.Sources[one.Message]
		switch {
		case !found || stored.Entry != one.Entry || stored.Seq <= last:
			return ErrSource
		case !stored.Live:
			return ErrSourceGone
		}
		last = stored.Seq
	}
	return nil
}

// waiting is what is sealed while a filing waits.
type waiting struct {
	NHSNumber      string    `json:"nhsNumber"`
	HospitalNumber string    `json:"hospitalNumber"`
	Family         string    `json:"family"`
	Given          string    `json:"given"`
	Title          string    `json:"title"`
	Born           string    `json:"born"`
	Heading        string    `json:"heading"`
	AuthorName     string    `json:"authorName"`
	AuthorRole     string    `json:"authorRole"`
	DecidedAt      time.Time `json:"decidedAt"`
	FiledAt        time.Time `json:"filedAt"`
	Document       []byte    `json:"document"`
}

const sealedAs = "document"

func (d *Desk) seal(by Clinician, s Submission, a *envelope.PatientAssertion, decided, filed time.Time) ([]byte, error) {
	plain, err := json.Marshal(waiting{
		NHSNumber: a.NHSNumber, HospitalNumber: a.HospitalNumber, Family: a.Family, Given: a.Given, Title: a.Title, Born: a.BirthDate,
		Heading: s.Title, AuthorName: by.Name, AuthorRole: by.Role, DecidedAt: decided, FiledAt: filed, Document: s.Document,
	})
	if err != nil {
		return nil, err
	}
	return d.sealer.Seal(sealedAs, s.Filing.Bytes(), plain), nil
}

func (d *Desk) open(paper Paper, sealed []byte) (Document, error) {
	plain, err := d.sealer.Open(sealedAs, paper.ID.Bytes(), sealed)
	if err != nil {
		return Document{}, err
	}
	var w waiting
	if err := json.Unmarshal(plain, &w); err != nil {
		return Document{}, err
	}
	var number nhs.Number // none, and no date of birth, for somebody who is known by the hospital's number only
	if err := number.UnmarshalText([]byte(w.NHSNumber)); err != nil {
		return Document{}, err
	}
	var born nhs.BirthDate
	if err := born.UnmarshalText([]byte(w.Born)); err != nil {
		return Document{}, err
	}
	return Document{
		Filing: paper.ID, NHSNumber: number, HospitalNumber: w.HospitalNumber, Name: nhs.Name{Family: w.Family, Given: w.Given, Title: w.Title},
		Born: born, Title: w.Heading, Bytes: w.Document, Author: Clinician{Person: paper.FiledBy, Name: w.AuthorName, Role: w.AuthorRole},
		DecidedAt: w.DecidedAt, FiledAt: w.FiledAt,
	}, nil
}

func messagesOf(sources []Source) []id.Message {
	messages := make([]id.Message, len(sources))
	for n, one := range sources {
		messages[n] = one.Message
	}
	return messages
}

func hashText(assertion *envelope.PatientAssertion) string {
	hash, err := envelope.Hash(assertion)
	if err != nil {
		return ""
	}
	return hash.String()
}
