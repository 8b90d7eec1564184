package scenario_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/backup"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/demo"
	"github.com/wardline/wardline/internal/demo/hospital"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/restore"
	"github.com/wardline/wardline/internal/server"
	"github.com/wardline/wardline/internal/store/shredstore"
	"github.com/wardline/wardline/internal/store/storetest"
)

// disaster is a hospital that loses its databases and has a backup.
type disaster struct {
	*testing.T
	options  demo.Options
	demo     *demo.Demo
	identity *age.HybridIdentity
	secrets  map[string]string // TOTP
}

const nobodysPassword = "a password of nobody at all"

func (d *disaster) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d *disaster) start() {
	d.Helper()
	var err error
	d.demo, err = demo.Start(d.Context(), d.options)
	d.must(err)
}

// client is somebody's program, with what an earlier one on the same machine remembered.
func (d *disaster) client(memory client.Memory) *client.Client {
	d.Helper()
	c, err := client.New(client.Config{BaseURL: d.demo.Origin(), HTTPClient: &http.Client{Timeout: 20 * time.Second}, Memory: memory})
	d.must(err)
	return c
}

func (d *disaster) enrol(userName string) (*client.Client, *client.Session) {
	d.Helper()
	c := d.client(client.Memory{})
	for _, one := range d.demo.People() {
		if one.UserName != userName {
			continue
		}
		session, err := c.Enrol(d.Context(), one.Link, nobodysPassword, func(secret string) (string, error) {
			d.secrets[userName] = secret
			return client.TOTP(secret, time.Now())
		}, client.DeviceOptions{NoticeAccepted: true})
		d.must(err)
		d.must(session.AcceptPolicies(d.Context()))
		return c, session
	}
	d.Fatalf("%s does not work here", userName)
	return nil, nil
}

func (d *disaster) signIn(c *client.Client, userName string) *client.Session {
	d.Helper()
	session, err := c.SignIn(d.Context(), userName, nobodysPassword, func() (string, error) {
		return client.TOTP(d.secrets[userName], time.Now().Add(30*time.Second)) // the next code: the present one may have been used
	}, client.DeviceOptions{NoticeAccepted: true})
	d.must(err)
	return session
}

// filed waits for the receipt, which a job brings.
func (d *disaster) filed(session *client.Session, in id.Thread) client.Filing {
	d.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		filings, err := session.Filings(d.Context(), in)
		d.must(err)
		if len(filings) == 1 && filings[0].State == "received" {
			return filings[0]
		}
		if time.Now().After(deadline) {
			d.Fatalf("no receipt: %+v", filings)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// copies opens a running server's data beside it, as `wardline backup` does.
func (d *disaster) copies(do func(server.Copies)) {
	d.Helper()
	shred, err := shredstore.Open(d.Context(), filepath.Join(d.data(), "shred.db"))
	d.must(err)
	defer shred.Close()
	s := d.demo.Server()
	trust, err := identity.CheckFounded(d.Context(), s.Store(), s.Keys())
	d.must(err)
	do(server.Copies{DB: s.Store(), Shred: shred, Keys: s.Keys(), Trust: trust, Program: "test", Clock: clock.System{}})
}

func (d *disaster) data() string { return filepath.Join(d.options.Data, "wardline") }

// TestR20_P7_AHospitalComesBackFromItsBackup: a server is backed up while it works, destroys something afterwards, and is lost. What comes back has the
// conversations, none of the sessions, and not what was destroyed; and a device that has seen more than the backup knows says so.
func TestR20_P7_AHospitalComesBackFromItsBackup(t *testing.T) {
	storetest.EachKind(t, func(t *testing.T, fresh func(testing.TB) string) {
		d := &disaster{T: t, secrets: map[string]string{}}
		var err error
		d.identity, err = age.GenerateHybridIdentity()
		d.must(err)
		shelf, ledgers := t.TempDir(), t.TempDir()
		d.options = demo.Options{
			Data: t.TempDir(), Addr: freeAddr(t), HospitalAddr: freeAddr(t), Grace: time.Millisecond, Quiet: true,
			Backup: server.BackupConfig{
				Directory: shelf, Recipients: []age.Recipient{d.identity.Recipient()}, Every: time.Hour, Keep: 24 * time.Hour, Ledger: ledgers, LedgerEvery: time.Hour,
			},
		}
		main := func() string {
			if dsn := fresh(t); strings.HasPrefix(dsn, "postgres") {
				return dsn
			}
			return "" // beside the shred store
		}
		d.options.Database = main()
		d.start()
		d.scheduled(shelf)

		anitas, anita := d.enrol("anita.patel")
		_, grace := d.enrol("grace.owusu")
		_, officer := d.enrol("omar.haddad")
		direct, err := anita.CreateDirect(t.Context(), grace.Person())
		d.must(err)
		kept, err := anita.Send(t.Context(), direct, "this is in the backup")
		d.must(err)
		patient := hospital.Patients()[0]
		ward, err := anita.CreatePatient(t.Context(), client.Question{
			NHSNumber: patient.NHSNumber, Family: patient.Family, Given: patient.Given, BirthDate: patient.BirthDate,
		}, []id.Person{grace.Person()})
		d.must(err)
		decision, err := anita.Decide(t.Context(), ward, "this is destroyed after the backup", nil, nil, client.PatientCompared)
		d.must(err)
		hold, err := officer.PlaceHold(t.Context(), client.HoldScope{Thread: ward}, "until the backup is made", "")
		d.must(err)
		document, err := anita.PrepareFiling(ward, decision.ID, nil, "")
		d.must(err)
		_, err = anita.File(t.Context(), document, client.PatientCompared)
		d.must(err)
		d.filed(anita, ward)

		var made backup.Made
		d.copies(func(copies server.Copies) {
			maker, err := copies.Maker(shelf, d.options.Backup.Recipients, copies.LedgerTo(ledgers))
			d.must(err)
			made, err = maker.Make(t.Context())
			d.must(err)
		})
		_, err = officer.ReleaseHold(t.Context(), hold.Hold, "the backup is made")
		d.must(err)
		d.must(d.demo.Server().RunDue(t.Context(), time.Now()))
		lost, err := anita.Send(t.Context(), direct, "this was never backed up")
		d.must(err)
		anita.Sync(t.Context()) // her device sees the log of keys grow
		d.copies(func(copies server.Copies) {
			head, err := copies.LedgerTo(ledgers).Copy(t.Context(), true)
			d.must(err)
			if head.Number == 0 {
				t.Fatal("nothing was destroyed")
			}
		})
		d.must(d.demo.Close())

		// The databases are gone; the keys are there, as from the safe.
		for _, name := range []string{"wardline.db", "shred.db"} {
			found, err := filepath.Glob(filepath.Join(d.data(), name+"*"))
			d.must(err)
			for _, one := range found {
				d.must(os.Remove(one))
			}
		}
		d.options.Database = main()
		keys, err := keyring.Open(filepath.Join(d.data(), "keys"))
		d.must(err)
		target := d.options.Database
		if target == "" {
			target = filepath.Join(d.data(), "wardline.db")
		}
		report, err := restore.Run(t.Context(), restore.Options{
			Main: made.Main.Path, Shred: made.Shred.Path, Ledger: filepath.Join(ledgers, "destruction.ledger"), Identities: []age.Identity{d.identity},
			Keys: keys, Database: target, ShredDatabase: filepath.Join(d.data(), "shred.db"), Clock: clock.System{},
		})
		d.must(err)
		if report.Ledger.Destroyed != 1 || report.Halves.Inside != 1 || report.Halves.Messages[0].Message != decision.ID {
			t.Errorf("%+v %+v", report.Ledger, report.Halves)
		}

		d.start()
		defer func() { d.must(d.demo.Close()) }()
		if err := anita.Sync(t.Context()); err == nil {
			t.Error("a session from before the restore is still good")
		}
		again := d.signIn(d.client(client.Memory{}), "anita.patel") // another machine: it has seen nothing newer
		d.must(again.Sync(t.Context()))
		if got, err := again.Message(direct, kept.ID); err != nil || got.State != client.Readable || got.Text != "this is in the backup" {
			t.Errorf("what was in the backup: %+v, %v", got, err)
		}
		if got, err := again.Message(ward, decision.ID); err != nil || got.State != client.Destroyed || got.Text != "" || got.Tombstone.Reason != envelope.DestroyFiled {
			t.Errorf("what was destroyed: %+v, %v", got, err)
		}
		if _, err := again.Message(direct, lost.ID); err == nil {
			t.Error("what was sent after the backup came back")
		}
		if _, err := again.Send(t.Context(), direct, "and it goes on"); err != nil {
			t.Errorf("after the restore: %v", err)
		}
		d.alarmed(anitas.Memory(), direct)
	})
}

// scheduled waits for the backup that the running server makes by itself.
func (d *disaster) scheduled(shelf string) {
	d.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		files, err := backup.Files(shelf)
		d.must(err)
		if len(files) == 2 {
			return
		}
		if time.Now().After(deadline) {
			d.Fatalf("%d files", len(files))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// alarmed: a device that remembers a later log is told an older one, and does not seal to anybody new (docs/protocol.md 11.3).
func (d *disaster) alarmed(memory client.Memory, in id.Thread) {
	d.Helper()
	if memory.Log.Size == 0 {
		d.Fatal("the device had seen no log")
	}
	c := d.client(memory)
	code := func() (string, error) {
		return client.TOTP(d.secrets["grace.owusu"], time.Now().Add(30*time.Second))
	}
	session, err := c.SignIn(context.Background(), "grace.owusu", nobodysPassword, code, client.DeviceOptions{NoticeAccepted: true})
	if err == nil {
		err = session.Sync(d.Context())
	}
	if err == nil {
		err = session.Rotate(d.Context(), in)
	}
	if session == nil {
		d.Fatalf("%v", err)
	}
	alarm, found := session.Alarm()
	if code := envelope.CodeOf(alarm.Err); !found || code != envelope.RolledBack && code != envelope.SplitView {
		d.Errorf("no alarm: %+v, %v (remembered %d)", alarm, err, memory.Log.Size)
	}
}
