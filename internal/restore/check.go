package restore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/shredstore"
)

// check proves what can be proved of the databases. A check that finds something wrong goes on, and the report counts.
func (r *run) check(ctx context.Context, db *store.DB, halves *shredstore.Store, trust *identity.Trust) error {
	for _, one := range []struct {
		name  string
		check func(context.Context, *finding) error
	}{
		{"rows of each table", func(ctx context.Context, f *finding) error { return r.checkCounts(ctx, db, f) }},
		{"thread logs", func(ctx context.Context, f *finding) error { return checkThreads(ctx, db, f) }},
		{"tombstones and documents", func(ctx context.Context, f *finding) error { return checkTombstones(ctx, db, f) }},
		{"Merkle log", func(ctx context.Context, f *finding) error { return r.checkLog(ctx, db, trust, f) }},
		{"sealed sign-in secrets", func(ctx context.Context, f *finding) error { return r.checkSecrets(ctx, db, f) }},
		{"sealed documents", func(ctx context.Context, f *finding) error { return r.checkDocuments(ctx, db, f) }},
		{"halves of messages", func(ctx context.Context, f *finding) error { return r.checkHalves(ctx, db, halves, f) }},
	} {
		r.progress("check: "+one.name, 0, 0)
		var f finding
		if err := one.check(ctx, &f); err != nil {
			return err
		}
		r.report.Checks = append(r.report.Checks, Check{
			Name: one.name, OK: f.failed == 0, Count: f.count, Failed: f.failed, First: f.first, Detail: f.detail,
		})
	}
	return nil
}

// finding is what a check found.
type finding struct {
	count, failed int64
	first, detail string
}

func (f *finding) wrong(format string, values ...any) {
	if f.failed++; f.failed == 1 {
		f.first = fmt.Sprintf(format, values...)
	}
}

// checkCounts compares what is there with what the backup says it had. The replay adds to the ledger's own tables, so they may have more.
func (r *run) checkCounts(ctx context.Context, db *store.DB, f *finding) error {
	for _, table := range r.main.Manifest().Tables {
		count, err := db.CountRows(ctx, table)
		if err != nil {
			return err
		}
		f.count++
		more := table.Name == "ledger" || table.Name == "destruction"
		if count != table.Rows && !(more && count > table.Rows) {
			f.wrong("%s has %d rows instead of %d", table.Name, count, table.Rows)
		}
	}
	return nil
}

// checkThreads walks every log: each entry is what its body hashes to, each log hash follows from the one before, and the thread's row knows the last.
func checkThreads(ctx context.Context, db *store.DB, f *finding) error {
	var last store.LogRow
	end := func() error {
		if last.Seq == 0 {
			return nil
		}
		there, err := db.ThreadEnd(ctx, last.Thread)
		if err == nil && (there.Seq != last.Seq || there.LogHash != last.LogHash) {
			f.wrong("thread %s ends at %d and its row says %d", last.Thread, last.Seq, there.Seq)
		}
		return err
	}
	threads := int64(0)
	err := db.EachLogRow(ctx, func(row store.LogRow) error {
		f.count++
		if row.Thread != last.Thread {
			if err := end(); err != nil {
				return err
			}
			threads++
			last = store.LogRow{Thread: row.Thread}
		}
		entry, err := envelope.EntryHash(row.Kind, row.Thread, row.Body)
		switch {
		case row.Seq != last.Seq+1:
			f.wrong("thread %s has no entry %d", row.Thread, last.Seq+1)
		case err != nil || entry != row.Entry:
			f.wrong("entry %d of thread %s is not what was signed", row.Seq, row.Thread)
		case envelope.LogHash(row.Thread, row.Seq, last.LogHash, row.Entry) != row.LogHash:
			f.wrong("log hash %d of thread %s does not follow", row.Seq, row.Thread)
		}
		row.Body = nil
		last = row
		return nil
	})
	if err != nil {
		return err
	}
	f.detail = fmt.Sprintf("%d threads", threads)
	return end()
}

// checkTombstones compares each tombstone with the row that it stands in, with the record of destructions, and with the filing that it names.
func checkTombstones(ctx context.Context, db *store.DB, f *finding) error {
	return db.EachTombstone(ctx, func(row store.Tombstone) error {
		f.count++
		t, err := envelope.Parse[envelope.Tombstone](row.Body)
		switch {
		case err != nil:
			f.wrong("message %s has no tombstone", row.Message)
		case t.Thread != row.Thread || t.Message != row.Message || t.Entry != row.Entry:
			f.wrong("message %s has the tombstone of another", row.Message)
		case !row.Recorded:
			f.wrong("message %s was destroyed and is not among what was", row.Message)
		case t.Filing != row.Filing:
			f.wrong("message %s names another filing", row.Message)
		case !row.DocumentHash.IsZero() && t.DocumentHash != row.DocumentHash:
			f.wrong("message %s names another document", row.Message)
		case row.Reference != "" && t.Reference != row.Reference:
			f.wrong("message %s names another reference of the record", row.Message)
		}
		return nil
	})
}

// checkLog verifies the Merkle log from its first leaf to the checkpoint that the backup carries.
func (r *run) checkLog(ctx context.Context, db *store.DB, trust *identity.Trust, f *finding) error {
	verifier := audit.Verifier{}
	for _, signed := range trust.Signed {
		parsed, err := envelope.Parse[envelope.Signed](signed)
		if err != nil {
			return err
		}
		manifest, err := envelope.Open[envelope.RootManifest](parsed)
		if err != nil {
			return err
		}
		verifier.Keys = append(verifier.Keys, manifest.ServerKey(envelope.PurposeAudit))
	}
	if note := r.main.Manifest().Checkpoint; note != nil {
		verifier.Remembered = append(verifier.Remembered, note)
	}
	reader, writer := io.Pipe()
	defer reader.Close()
	go func() { writer.CloseWithError(audit.Export(ctx, db.AuditLog(), writer)) }()
	report, err := verifier.Verify(reader)
	if err == nil {
		err = audit.CheckCovered(ctx, db.AuditLog())
	}
	f.count, r.report.Leaves = report.Leaves, report.Leaves
	if errors.Is(err, audit.ErrTampered) || errors.Is(err, audit.ErrCheckpoint) {
		f.wrong("%v", err)
		return nil
	}
	if err != nil {
		return err
	}
	waiting, err := db.AuditLog().Waiting(ctx, waitingShown)
	f.detail = fmt.Sprintf("%d checkpoints, %d events wait for their leaf", report.Checkpoints, len(waiting))
	return err
}

// waitingShown is up to how many waiting events are counted: a server that runs has few.
const waitingShown = 1000

// checkSecrets opens what is sealed under the login key.
func (r *run) checkSecrets(ctx context.Context, db *store.DB, f *finding) error {
	login := r.Keys.ForIdentity().Login
	return db.EachSealedSecret(ctx, func(s store.SealedSecrets) error {
		for what, sealed := range map[string][]byte{identity.SealedTOTP: s.TOTP, identity.SealedVaultShare: s.VaultShare} {
			if len(sealed) == 0 {
				continue
			}
			f.count++
			if _, err := login.Open(what, s.Person[:], sealed); err != nil {
				f.wrong("%s of person %s does not open", what, s.Person)
			}
		}
		return nil
	})
}

// checkDocuments opens what waits for the record.
func (r *run) checkDocuments(ctx context.Context, db *store.DB, f *finding) error {
	return db.EachSealedDocument(ctx, func(filing id.Filing, hash id.Hash, sealed []byte) error {
		f.count++
		opened, err := r.Keys.ForRecord().Open(record.SealedAs, filing.Bytes(), sealed)
		if err != nil {
			f.wrong("what waits in filing %s does not open", filing)
			return nil
		}
		// A filing that is being taken back keeps who the patient is, and no document.
		if document, err := record.SealedDocument(opened); err != nil || len(document) > 0 && sha256.Sum256(document) != hash {
			f.wrong("the document of filing %s is not the one that was filed", filing)
		}
		return nil
	})
}

// halfBatch is how many halves are asked for at once.
const halfBatch = 64

// checkHalves looks for the half of every readable message, and compares it with the commitment that its author signed. One that is missing is not wrong:
// the shred backup may be older than the message; how many there are is said.
func (r *run) checkHalves(ctx context.Context, db *store.DB, halves *shredstore.Store, f *finding) error {
	if halves == nil {
		f.detail = "none were restored"
		return nil
	}
	var refs []shredstore.Ref
	missing := int64(0)
	ask := func() error {
		found, err := halves.Get(ctx, refs...)
		if err != nil {
			return err
		}
		for _, ref := range refs {
			half, there := found[ref]
			if !there {
				missing++
				continue
			}
			commit, err := envelope.Hash(&envelope.ShredHalf{Thread: ref.Thread, Message: ref.Message, Half: half})
			if err != nil || commit != ref.Commit {
				f.wrong("the half of message %s is not the one that was signed", ref.Message)
			}
		}
		refs = refs[:0]
		return nil
	}
	err := db.EachLogRow(ctx, func(row store.LogRow) error {
		if row.Kind != envelope.EntryMessage || !row.Live {
			return nil
		}
		f.count++
		if len(refs) == halfBatch || len(refs) > 0 && refs[0].Thread != row.Thread {
			if err := ask(); err != nil {
				return err
			}
		}
		refs = append(refs, shredstore.Ref{Thread: row.Thread, Message: row.Message, Commit: row.Commitment})
		return nil
	})
	if err == nil {
		err = ask()
	}
	if missing > 0 {
		f.detail = fmt.Sprintf("%d messages have no half here and cannot be read", missing)
	}
	return err
}
