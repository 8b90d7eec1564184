package retention_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

// TestR20_ACertificateProvesADestruction: what was destroyed by class and by filing is proved offline by leaves of the log; every lie about it is found.
func TestR20_ACertificateProvesADestruction(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		keys, err := keyring.Create(t.TempDir() + "/keys")
		if err != nil {
			t.Fatal(err)
		}
		ledger := audit.NewLedger(db.AuditLog(), audit.NewSequencer(db.AuditLog(), keys.ForAudit(), w.clock), db.Audit, w.clock)
		chat, patient := w.newThread(envelope.SpaceSocial, 0, []int{1}), w.newThread(envelope.SpacePatient, 1, []int{2})
		w.post(chat, 1, envelope.KindText, 1, 0, w.clock.Now())
		w.post(chat, 1, envelope.KindText, 1, 0, w.clock.Now())
		note := &modelMessage{modelThread: &modelThread{id: patient}, name: w.post(patient, 2, envelope.KindText, 1, 0, w.clock.Now())}
		decision := &modelMessage{modelThread: &modelThread{id: patient}, name: w.post(patient, 2, envelope.KindDecision, 1, 0, w.clock.Now())}
		filing := w.file(decision, []*modelMessage{note, decision})
		w.receive(filing, w.clock.Now().Add(grace))
		w.clock.Advance(40 * 24 * time.Hour)
		if err := w.sweepOnce(); err != nil {
			t.Fatal(reasons(err))
		}
		issuer := retention.Issuer{Organisation: "Northbridge", ShredHorizon: 35 * 24 * time.Hour}
		certificate, err := w.keeper.Certify(t.Context(), ledger, issuer, retention.Subject{})
		if err != nil {
			t.Fatal(reasons(err))
		}
		text, err := json.Marshal(certificate)
		if err != nil {
			t.Fatal(err)
		}
		read := func(change ...string) (retention.Checked, error) {
			altered := strings.NewReplacer(change...).Replace(string(text))
			if len(change) > 0 && altered == string(text) {
				t.Fatalf("nothing to change: %q", change)
			}
			c, err := retention.ReadCertificate(strings.NewReader(altered))
			if err != nil {
				return retention.Checked{}, err
			}
			return c.Check(keys.Public().Audit)
		}
		checked, err := read()
		if err != nil || checked.Messages != 4 || checked.Counted != 0 || len(certificate.Disposals) != 2 {
			t.Fatalf("%+v, %d disposals, %s", checked, len(certificate.Disposals), reasons(err))
		}
		if until := w.clock.Now().Add(35 * 24 * time.Hour); certificate.Backups.RecoverableUntil != until.UnixMilli() {
			t.Errorf("recoverable until %v", time.UnixMilli(certificate.Backups.RecoverableUntil))
		}
		var filed, expired retention.Certified
		for _, d := range certificate.Disposals {
			if d.Filing == filing {
				filed = d
			} else {
				expired = d
			}
		}
		if filed.Reference != "DOC-1" || expired.Class != "standard" || expired.Space != "social" || expired.Days != 30 || len(expired.Messages) != 2 {
			t.Errorf("filed %+v\nexpired %+v", filed, expired)
		}
		for name, change := range map[string][]string{
			"another message":       {filed.Messages[0].Message.String(), expired.Messages[0].Message.String()},
			"another hash":          {filed.Messages[0].Entry.String(), expired.Messages[0].Entry.String()},
			"another class":         {`"class":"standard"`, `"class":"long"`},
			"another period":        {`"days":30`, `"days":3`},
			"another reference":     {`"recordReference":"DOC-1"`, `"recordReference":"DOC-2"`},
			"another reason":        {`"reason":"retention"`, `"reason":"filed"`},
			"another conversation":  {`"thread":"` + chat.String(), `"thread":"` + patient.String()},
			"another disposal":      {expired.Disposal.String(), filed.Disposal.String()},
			"another filing":        {`"filing":"` + filing.String(), `"filing":"` + expired.Disposal.String()},
			"another leaf":          {`"index":`, `"index":1`},
			"another format":        {"certificate-v1", "certificate-v2"},
			"an unknown member":     {`"format"`, `"more":1,"format"`},
			"another time":          {`"done":`, `"done":1`},
			"a checkpoint altered":  {`time `, `time 1`},
			"a tombstone exchanged": {base64Of(expired.Messages[0].Tombstone), base64Of(expired.Messages[1].Tombstone)},
		} {
			if _, err := read(change...); err == nil {
				t.Errorf("%s: not found", name)
			}
		}
		short := certificate
		short.Disposals = append([]retention.Certified{}, certificate.Disposals...)
		short.Disposals[0].Messages = short.Disposals[0].Messages[:1]
		if _, err := short.Check(keys.Public().Audit); err == nil {
			t.Error("a message left out: not found")
		}
		other, err := keyring.Create(t.TempDir() + "/keys")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := certificate.Check(other.Public().Audit); err == nil {
			t.Error("another server's key is good")
		}
		page, err := certificate.Page()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Northbridge", "4 messages", filed.Messages[0].Message.String(), "DOC-1", "kept for 30 days", "shred horizon", "wardline-audit-v1"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page does not say %q", want)
			}
		}
		if strings.Contains(page, "<script") {
			t.Error("the page has a script")
		}
		if only, err := w.keeper.Certify(t.Context(), ledger, issuer, retention.Subject{Thread: chat}); err != nil || len(only.Disposals) != 1 {
			t.Errorf("of one conversation: %d, %v", len(only.Disposals), err)
		}
		if _, err := w.keeper.Certify(t.Context(), ledger, issuer, retention.Subject{Until: 5}); err == nil {
			t.Error("a certificate of nothing")
		}
	})
}

func FuzzReadCertificate(f *testing.F) {
	f.Add([]byte(`{"format":"wardline-destruction-certificate-v1","disposals":[{"leaf":{"index":1,"leaf":"V0FSRA==","proof":[]}}]}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		certificate, err := retention.ReadCertificate(bytes.NewReader(text))
		if err != nil {
			return
		}
		if _, err := certificate.Check([32]byte{1}); err == nil {
			t.Error("a certificate under no key holds")
		}
	})
}

func base64Of(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }
