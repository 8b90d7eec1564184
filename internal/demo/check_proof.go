package demo

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
)

// sessions are everybody who could read the patient's conversation.
func (s *story) sessions() map[string]*client.Session {
	return map[string]*client.Session{"the registrar": s.anita, "the registrar's phone": s.anitaPhone, "the nurse": s.grace}
}

func (s *story) dispose(ctx context.Context) error {
	for name, session := range s.sessions() {
		if err := session.Sync(ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		held, err := session.Held()
		if err != nil {
			return err
		}
		s.before[name] = held
	}
	holds, err := s.officer.Holds(ctx)
	if err != nil || len(holds) != 1 {
		return fmt.Errorf("%d holds: %w", len(holds), err)
	}
	if _, err := s.officer.ReleaseHold(ctx, holds[0].Hold, "Request answered"); err != nil {
		return err
	}
	if err := until(ctx, "the originals to be destroyed", func() (bool, error) {
		filing, err := s.current(ctx)
		return filing.DestroyedAt != 0, err
	}); err != nil {
		return err
	}
	for name, session := range s.sessions() {
		if err := session.Sync(ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, gone := range []client.Message{s.note, s.decision} {
			got, err := session.Message(s.patient, gone.ID)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if got.State != client.Destroyed || got.Text != "" || got.Tombstone == nil || got.Tombstone.Reference != s.filing.Reference || got.Entry != gone.Entry {
				return fmt.Errorf("%s has %s instead of a tombstone", name, got.State)
			}
		}
		if got, err := session.Message(s.patient, s.aside.ID); err != nil || got.Text != heldText {
			return fmt.Errorf("%s lost a message that was not filed: %w", name, err)
		}
	}
	return nil
}

// unreadable tries what somebody could still do who had kept the ciphertexts: every key that is held now, against the messages as they were before.
func (s *story) unreadable(context.Context) error {
	gone := map[id.Message]bool{s.note.ID: true, s.decision.ID: true}
	for name, session := range s.sessions() {
		now, err := session.Held()
		if err != nil {
			return err
		}
		tried, opened := 0, 0
		for _, message := range s.before[name].Messages {
			text, err := now.Open(message)
			switch {
			case gone[message.Message] && err == nil:
				return fmt.Errorf("%s still reads %d characters of a destroyed message", name, len(text))
			case gone[message.Message]:
				tried++
			case err == nil:
				opened++
			}
		}
		if tried != 2 || opened == 0 {
			return fmt.Errorf("%s: %d destroyed messages tried, %d others opened: the trial itself is at fault", name, tried, opened)
		}
	}
	return nil
}

func (s *story) disclose(ctx context.Context) error {
	thread, err := s.grace.Thread(s.patient)
	if err != nil {
		return err
	}
	kept, err := s.clients["grace.owusu"].NewCase()
	if err != nil {
		return err
	}
	signed, err := s.grace.Order(client.OrderInput{
		Case: kept, Kind: envelope.OrderSubjectAccess, Basis: "Subject access request 2026/114", Expiry: time.Hour,
		Epochs: map[id.Thread][]uint32{s.patient: {thread.Epoch}}, Messages: map[id.Thread][]id.Message{s.patient: {s.aside.ID}},
	})
	if err != nil {
		return err
	}
	officers := make([]client.Officer, 0, threshold)
	for n, seat := range s.demo.Seats()[:threshold] {
		officers = append(officers, client.Officer{Seat: uint8(n + 1), Sign: seat.Signer(), Keys: seat.Pair()})
	}
	if err := officers[0].Approve(signed); err != nil {
		return err
	}
	if _, err := s.grace.VerifyOrder(ctx, signed); err == nil {
		return errors.New("an order with one officer's signature was taken")
	}
	if err := officers[1].Approve(signed); err != nil {
		return err
	}
	order, err := s.grace.VerifyOrder(ctx, signed)
	if err != nil {
		return err
	}
	if err := s.open(ctx, kept, order, officers, thread.Epoch); err != nil {
		return err
	}
	return s.refuseToOpen(ctx, order, officers[0])
}

// open has the officers open the epoch, and the reviewer read the message that the order names.
func (s *story) open(ctx context.Context, kept *client.Case, order *envelope.VerifiedOrder, officers []client.Officer, number uint32) error {
	log := s.auditProof(ctx, order.Hash)
	if log.Includes(order.Hash) == nil {
		return errors.New("an order that is in no log was said to be in it")
	}
	if err := s.demo.Server().Store().Audit(ctx, audit.Event{
		Kind: audit.DisclosureOrder, Actor: order.Object.Requester, Subject: audit.About(order.Hash), At: time.Now(),
	}); err != nil {
		return err
	}
	if err := s.demo.Server().RunDue(ctx, time.Now()); err != nil {
		return err
	}
	log = s.auditProof(ctx, order.Hash)
	epoch, record, err := s.grace.Record(s.patient, number)
	if err != nil {
		return err
	}
	var shares []envelope.CaseShare
	for _, officer := range officers {
		sealed, err := s.seatEnvelope(ctx, officer.Seat, number, record)
		if err != nil {
			return err
		}
		share, err := officer.Open(s.grace.Chain(), order, log, time.Now(), sealed)
		if err != nil {
			return fmt.Errorf("seat %d: %w", officer.Seat, err)
		}
		shares = append(shares, *share)
	}
	if _, err := kept.Open(order, epoch, shares[:threshold-1]); err == nil {
		return errors.New("fewer officers than the threshold opened an epoch")
	}
	key, err := kept.Open(order, epoch, shares)
	if err != nil {
		return err
	}
	held, err := s.grace.Held()
	if err != nil {
		return err
	}
	for _, message := range held.Messages {
		if message.Message != s.aside.ID {
			continue
		}
		opened, err := s.grace.ReadForCase(order, key, message.Raw, *message.Half)
		if err != nil {
			return err
		}
		return want(bytes.Contains(opened.Inner, []byte(heldText)), "the officers opened something else")
	}
	return errors.New("the message of the order is not there")
}

// refuseToOpen asks an officer for an epoch that the order does not list.
func (s *story) refuseToOpen(ctx context.Context, order *envelope.VerifiedOrder, officer client.Officer) error {
	_, record, err := s.grace.Record(s.team, 1)
	if err != nil {
		return err
	}
	sealed, err := s.seatEnvelopeOf(ctx, s.team, officer.Seat, 1, record)
	if err != nil {
		return err
	}
	if _, err := officer.Open(s.grace.Chain(), order, s.auditProof(ctx, order.Hash), time.Now(), sealed); err == nil {
		return errors.New("an officer's client opened an epoch that the order does not list")
	}
	return nil
}

func (s *story) seatEnvelope(ctx context.Context, seat uint8, number uint32, record *envelope.Signed) (client.SeatEnvelope, error) {
	return s.seatEnvelopeOf(ctx, s.patient, seat, number, record)
}

// seatEnvelopeOf takes a seat's envelope from the database, where officers' clients will get it from the server.
func (s *story) seatEnvelopeOf(ctx context.Context, in id.Thread, seat uint8, number uint32, record *envelope.Signed) (client.SeatEnvelope, error) {
	recipient := id.Person(envelope.SeatRecipient(seat))
	epochs, err := s.demo.Server().Store().Threads().Epochs(ctx, in, recipient, number, number, 1)
	if err != nil || len(epochs) != 1 {
		return client.SeatEnvelope{}, fmt.Errorf("%d epochs: %w", len(epochs), err)
	}
	sealed, err := envelope.Parse[envelope.Envelope](epochs[0].Envelope)
	if err != nil {
		return client.SeatEnvelope{}, err
	}
	proof, err := envelope.Parse[envelope.EnvelopeProof](epochs[0].Proof)
	return client.SeatEnvelope{Record: record, Envelope: sealed, Proof: proof}, err
}

// auditProof is an officer's view of the audit log.
func (s *story) auditProof(ctx context.Context, _ id.Hash) orderLog {
	return orderLog{ctx, s.demo.Server().Store().AuditLog(), s.demo.Server().Keys().ForAudit().Public()}
}

// orderLog finds an order in the audit log and proves that it is there, against a signed checkpoint.
type orderLog struct {
	ctx context.Context
	log store.AuditLog
	key [32]byte
}

// Includes implements envelope.AuditLog.
func (l orderLog) Includes(order id.Hash) error {
	size, _, err := l.log.Head(l.ctx)
	if err != nil {
		return err
	}
	rows, err := l.log.Rows(l.ctx, 0, int(size))
	if err != nil {
		return err
	}
	for leaf, row := range rows {
		if row.Kind != audit.DisclosureOrder || !bytes.Equal(row.Subject, order[:]) {
			continue
		}
		inclusion, err := audit.ProveInclusion(l.ctx, l.log, int64(leaf))
		if err != nil {
			return err
		}
		_, err = inclusion.Check(l.key)
		return err
	}
	return errors.New("this order is not in the audit log")
}

func (s *story) audit(ctx context.Context) error {
	if err := s.demo.Server().RunDue(ctx, time.Now()); err != nil {
		return err
	}
	var export bytes.Buffer
	if err := audit.Export(ctx, s.demo.Server().Store().AuditLog(), &export); err != nil {
		return err
	}
	key := s.demo.Server().Keys().ForAudit().Public()
	report, err := audit.Verify(bytes.NewReader(export.Bytes()), key)
	if err != nil {
		return err
	}
	if report.Leaves < 30 {
		return fmt.Errorf("the log has only %d entries", report.Leaves)
	}
	for part := range 16 {
		altered := bytes.Clone(export.Bytes())
		altered[len(altered)*part/16] ^= 0x01
		if _, err := audit.Verify(bytes.NewReader(altered), key); err == nil {
			return fmt.Errorf("a byte altered at %d/16 of the export was not found", part)
		}
	}
	return nil
}

// nowhere stops everything and searches what is left on disk. The hospital's own record holds the document, as it should.
func (s *story) nowhere(ctx context.Context) error {
	if err := searchDatabase(ctx, s.demo.Server().Store()); err != nil {
		return err
	}
	for _, session := range []*client.Session{s.anita, s.anitaPhone, s.grace, s.officer} {
		if err := session.End(ctx); err != nil {
			return err
		}
	}
	if err := s.demo.Close(); err != nil {
		return err
	}
	if err := s.log.save(s.dir); err != nil {
		return err
	}
	searched := 0
	err := filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if path == filepath.Join(s.dir, "hospital") {
				return fs.SkipDir
			}
			return nil
		}
		searched++
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if found, ok := search(content); ok {
			name, _ := filepath.Rel(s.dir, path)
			return fmt.Errorf("%s holds %q", name, found)
		}
		return nil
	})
	if err == nil && searched < 10 {
		err = fmt.Errorf("only %d files were searched", searched)
	}
	if err == nil {
		if _, blind := search([]byte("x" + noteText)); !blind {
			err = errors.New("the search finds nothing at all")
		}
	}
	return err
}

// needles are what must be nowhere: words of messages, of the patient and of the document, plain and in base64 at each alignment.
func needles() [][]byte {
	plain := []string{"uince-lantern", "flucloxacillin 2 g", patientFamily, patientNumber, "991 200 3888", "Clinical decision", checkPassword}
	var all [][]byte
	for _, one := range plain {
		all = append(all, []byte(one), bytes.ToUpper([]byte(one)))
		for skip := range 3 {
			if len(one) < skip+9 {
				continue
			}
			whole := one[skip : skip+(len(one)-skip)/3*3]
			all = append(all, []byte(base64.StdEncoding.EncodeToString([]byte(whole))))
		}
	}
	return all
}

func search(content []byte) (string, bool) {
	for _, needle := range needles() {
		if bytes.Contains(content, needle) {
			return string(needle), true
		}
	}
	return "", false
}

// searchDatabase looks into every column of every table, for databases that are not files of ours.
func searchDatabase(ctx context.Context, db *store.DB) error {
	if db.Dialect() != "postgres" {
		return nil
	}
	type column struct{ table, name, kind string }
	var columns []column
	err := db.Read(ctx).Each(`SELECT table_name, column_name, data_type FROM information_schema.columns
		WHERE table_schema = current_schema() AND data_type IN ('text', 'bytea') ORDER BY table_name, column_name`, nil, func(row store.Scanner) error {
		var one column
		err := row.Scan(&one.table, &one.name, &one.kind)
		columns = append(columns, one)
		return err
	})
	if err != nil {
		return err
	}
	if len(columns) < 40 {
		return fmt.Errorf("only %d columns were searched", len(columns))
	}
	for _, one := range columns {
		for _, needle := range needles() {
			var found int64
			value := any(needle)
			if one.kind == "text" {
				value = string(needle)
			}
			query := fmt.Sprintf(`SELECT COUNT(*) FROM %q WHERE position($1::%s IN %q) > 0`, one.table, one.kind, one.name)
			if err := db.Read(ctx).Row(query, value).Scan(&found); err != nil {
				return fmt.Errorf("%s.%s: %w", one.table, one.name, err)
			}
			if found > 0 {
				return fmt.Errorf("%s.%s holds %q", one.table, one.name, needle)
			}
		}
	}
	return nil
}
