// Package demo is the demonstration hospital with a Wardline of its own: staff, officers' seats, a patient index and a record to talk to, and a short
// story told by colleagues with real encryption.
//
// Layout: demo.go starting and stopping; staff.go who works here; founding.go the officers' seats and the first manifest; secrets.go what the
// demonstration must remember and a real hospital must not; colleagues.go the people that the demonstration itself plays; check.go and the
// check_*.go files are `wardline demo --check`. Package hospital is the hospital's own systems.
//
// It is the only package that knows both sides. It founds Wardline with the functions that `wardline init` calls, reaches it with the client
// library as anybody does, and Wardline reaches the hospital by configuration, as it would a real one.
//
// Everything is on loopback and everybody is invented. The directory demo-secrets holds what in a real organisation is on officers' own machines and
// in people's heads; it is why a demonstration must never hold a real word.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/demo/hospital"
	"github.com/wardline/wardline/internal/ehr"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/mllp"
	"github.com/wardline/wardline/internal/nhs"
	"github.com/wardline/wardline/internal/pds"
	"github.com/wardline/wardline/internal/server"
	"github.com/wardline/wardline/internal/work"
)

// Options say how to run a demonstration.
type Options struct {
	// Data is its directory, made when missing. It survives restarts.
	Data string
	// Addr is where Wardline listens, HospitalAddr where the hospital does; loopback only, port 0 takes a free one.
	Addr         string
	HospitalAddr string
	// RecordPath is how documents are filed: "" or "iti-65", "fhir", or "hl7".
	RecordPath string
	// Database is the main store's address; "" is SQLite in Data.
	Database string
	// Grace is how long originals stay after the receipt; it is fixed when the demonstration is founded.
	Grace time.Duration
	// Retry spaces attempts at the record; the zero value is what suits somebody who watches.
	Retry work.Policy
	// Lease is that of server.Config.
	Lease time.Duration
	// Backup is that of server.Config.
	Backup server.BackupConfig
	// Quiet leaves out the colleagues and their story.
	Quiet bool
	Web   fs.FS
	// Assets and Version are those of server.Config.
	Assets, Version string
	Clock           clock.Clock
	Log             *slog.Logger
}

// organisation is the demonstration's name everywhere, so that nobody takes it for a real one.
const (
	organisation = "Northbridge Demonstration Hospital"
	odsCode      = "RXX99"
	linkLife     = 7 * 24 * time.Hour
)

// Demo is a running demonstration.
type Demo struct {
	options  Options
	hospital *hospital.Hospital
	server   *server.Server
	origin   string
	secrets  *secrets
	people   []Colleague

	stop   context.CancelFunc
	serve  sync.WaitGroup
	failed chan error
}

// Start starts a demonstration, founding it on the first run.
func Start(ctx context.Context, o Options) (*Demo, error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Retry == (work.Policy{}) {
		// A person who plays with the record's moods should not wait for minutes.
		o.Retry = work.Policy{First: time.Second, Factor: 2, Max: 10 * time.Second, Jitter: 0.1}
	}
	d := &Demo{options: o, failed: make(chan error, 1)}
	if err := d.start(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Demo) start(ctx context.Context) (err error) {
	if d.secrets, err = openSecrets(filepath.Join(d.options.Data, "demo-secrets")); err != nil {
		return err
	}
	hl7Addr := ""
	if d.options.RecordPath == overHL7 {
		hl7Addr = "127.0.0.1:0"
	}
	d.hospital, err = hospital.Start(ctx, hospital.Config{
		Addr: d.options.HospitalAddr, HL7: hl7Addr, Dir: filepath.Join(d.options.Data, "hospital"), Clock: d.options.Clock, Codes: d.codes, Log: d.options.Log,
	})
	if err != nil {
		return err
	}
	listener, err := server.Listener{Addr: d.options.Addr}.Listen(ctx)
	if err != nil {
		return err
	}
	d.origin = originOf(listener.Addr())
	config := d.config()
	if err := d.found(ctx, config); err != nil {
		return errors.Join(err, listener.Close())
	}
	if d.server, err = server.Open(ctx, config); err != nil {
		return errors.Join(err, listener.Close())
	}
	if d.people, err = d.employ(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	d.server.Start(ctx)
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stop = stop
	d.serve.Go(func() { d.failed <- d.server.Serve(running, listener) })
	if d.options.Quiet {
		return nil
	}
	company, err := d.assemble(ctx)
	if err != nil {
		return err
	}
	d.serve.Go(func() { company.welcome(running) })
	return nil
}

// originOf is the address as a browser says it. Browsers give secure contexts to localhost by name.
func originOf(addr net.Addr) string {
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	return "http://localhost:" + port
}

func (d *Demo) config() server.Config {
	config := server.Config{
		Data: filepath.Join(d.options.Data, "wardline"), Database: d.options.Database, Origin: d.origin, Organisation: odsCode,
		Index: pds.Config{
			BaseURL: d.hospital.IndexURL(), HospitalNumberSystem: hospital.HospitalNumberSystem, WardExtension: hospital.WardExtension,
		},
		National: &pds.Config{BaseURL: d.hospital.NationalURL()},
		Record:   ehr.Config{Path: ehr.Path(d.options.RecordPath), BaseURL: d.hospital.RecordURL(), Timeout: 10 * time.Second, HospitalNumberSystem: hospital.HospitalNumberSystem, Clock: d.options.Clock},
		Retry:    d.options.Retry, Lease: d.options.Lease, Backup: d.options.Backup, Web: d.options.Web, Clock: d.options.Clock, Log: d.options.Log,
		Assets: d.options.Assets, Version: d.options.Version, Demonstration: true,
	}
	if d.options.RecordPath == overHL7 {
		config.HL7 = &mllp.Config{
			Address: d.hospital.HL7Addr(), Timeout: 10 * time.Second, Sender: hospital.HL7Sender, Receiver: hospital.HL7Application, DocumentType: "PN",
			NHSNumberAuthority: hospital.HL7NHSAuthority, HospitalNumberAuthority: hospital.HL7HospitalAuthority, Training: true, Clock: d.options.Clock,
		}
	}
	return config
}

// overHL7 is the one way of filing that has a listener of its own.
const overHL7 = "hl7"

var _ nhs.ODSCode = odsCode

// Origin is Wardline's address.
func (d *Demo) Origin() string { return d.origin }

// Hospital is the other side.
func (d *Demo) Hospital() *hospital.Hospital { return d.hospital }

// Server is Wardline itself, for its clock and its store.
func (d *Demo) Server() *server.Server { return d.server }

// People are the staff.
func (d *Demo) People() []Colleague { return d.people }

// Seats are the officers' seats, which only a demonstration holds together.
func (d *Demo) Seats() []*identity.Seat { return d.secrets.seats }

// Failed tells when serving ended by itself.
func (d *Demo) Failed() <-chan error { return d.failed }

// Close stops everything, Wardline first.
func (d *Demo) Close() error {
	var errs []error
	if d.stop != nil {
		d.stop()
		d.serve.Wait()
	}
	if d.server != nil {
		errs = append(errs, d.server.Close())
	}
	if d.hospital != nil {
		errs = append(errs, d.hospital.Close())
	}
	return errors.Join(errs...)
}

// Reset deletes a demonstration's directory. It refuses one that is not a demonstration's.
func Reset(data string) error {
	entries, err := os.ReadDir(data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) == 0:
		return nil
	}
	for _, name := range []string{"demo-secrets", "hospital"} {
		if _, err := os.Stat(filepath.Join(data, name)); err != nil {
			return fmt.Errorf("%s does not look like a demonstration's directory: it has no %s; nothing was deleted", data, name)
		}
	}
	for _, name := range []string{"wardline", "hospital", "demo-secrets"} {
		if err := os.RemoveAll(filepath.Join(data, name)); err != nil {
			return err
		}
	}
	return nil
}

// codes is the page of sign-in codes, which stands in for the staff's phones.
func (d *Demo) codes() []hospital.PersonCode {
	now := d.options.Clock.Now()
	var codes []hospital.PersonCode
	for _, one := range d.people {
		codes = append(codes, hospital.PersonCode{
			Name: one.Name, Code: identity.TOTPCode(one.TOTP, now), SecondsLeft: int(30 - now.Unix()%30),
		})
	}
	return codes
}

// PrintPeople writes the table of people with what each needs to begin.
func (d *Demo) PrintPeople(to io.Writer) {
	fmt.Fprintf(to, "\nWardline            %s\nThe hospital        %s   patients, record and its moods\nSign-in codes       %s/codes   stands in for everybody's phone\n\n",
		d.origin, d.hospital.URL(), d.hospital.URL())
	for _, one := range d.people {
		if one.Played {
			continue
		}
		if one.Link == "" {
			fmt.Fprintf(to, "  %-22s %-28s enrolled: sign in as %s\n", one.Name, one.Role, one.UserName)
			continue
		}
		fmt.Fprintf(to, "  %-22s %-28s %s\n", one.Name, one.Role, one.Link)
	}
	fmt.Fprintln(to, "\nOpen a link in a browser, choose a password, and give the code that the codes page shows. Use one browser profile for each person.")
}

// policy is the product's, with a grace that a spectator can wait for.
func policy(grace time.Duration) envelope.Policy {
	p := identity.DefaultPolicy()
	p.GraceMillis = uint64(grace.Milliseconds())
	return p
}
