// Package server builds every room, wires them to one another and to the outside, and starts and stops them.
//
// Layout: server.go what a server is made from, opening and closing; wire.go the rooms' small interfaces met by one another;
// announce.go what members are told after commits that are not messages; listen.go TLS and plain listeners; lock.go one server to a data
// directory; backup.go backups by schedule and the copy of the destruction ledger.
//
// Invariants: this is the only package that sees every room. Nothing is served before the manifest is complete and its keys are ours. Close
// stops listening first, then the jobs, then the connections, then the databases: what was acknowledged is in SQL by then.
//
// Goroutines, all ended by Close: the audit sequencer, the jobs runner, the hub's pings, the thread room's marks, the announcer, housekeeping,
// backups and the copy of the destruction ledger where they are configured.
package server

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/ehr"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/httpapi"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/jobs"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/live"
	"github.com/wardline/wardline/internal/mllp"
	"github.com/wardline/wardline/internal/nhs"
	"github.com/wardline/wardline/internal/patient"
	"github.com/wardline/wardline/internal/pds"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/policy"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/shredstore"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/work"
)

// Config says where everything is. Paths under Data are the defaults.
type Config struct {
	// Data is the directory of keys and, with SQLite, of the databases.
	Data string
	// Database is the address of the main store; "" is SQLite in Data.
	Database string
	// ShredDatabase is the address of the shred store; "" is SQLite in Data.
	ShredDatabase string
	// Origin is the one origin that browsers come from.
	Origin string
	// Secure says that browsers reach us over TLS, ours or a trusted proxy's.
	Secure         bool
	TrustedProxies []netip.Prefix
	// Index is the hospital's patient index, and National the national one, when it is asked beside it.
	Index    pds.Config
	National *pds.Config
	// Record is the health record over FHIR, and HL7 the one that is filed to instead, over HL7 v2, when it is set.
	Record ehr.Config
	HL7    *mllp.Config
	// PDF has a PDF go beside each document; not with ehr.ITI65.
	PDF          bool
	Organisation nhs.ODSCode
	// Retry spaces attempts at the record; the zero value is work.Steady.
	Retry work.Policy
	// Lease is how long due work that a killed node had in hand waits for another; 0 is a minute.
	Lease time.Duration
	// Backup says where backups go and for how long; the zero value makes none.
	Backup BackupConfig
	Web    fs.FS
	// Assets is the fingerprint of Web, in hex. Version is the program's. Both are told to whoever asks.
	Assets, Version string
	// Demonstration says that everybody here is invented.
	Demonstration bool
	Clock         clock.Clock
	Log           *slog.Logger
}

// KeysDir is where a data directory has its server keys.
func KeysDir(data string) string { return filepath.Join(data, "keys") }

// DatabaseOf is the address of the main store.
func (c Config) DatabaseOf() string {
	if c.Database != "" {
		return c.Database
	}
	return filepath.Join(c.Data, "wardline.db")
}

func (c Config) shredOf() string {
	if c.ShredDatabase != "" {
		return c.ShredDatabase
	}
	return filepath.Join(c.Data, "shred.db")
}

// Server is a running Wardline, without its listener.
type Server struct {
	config    Config
	log       *slog.Logger
	keys      *keyring.Keyring
	db        *store.DB
	shred     *shredstore.Store
	people    *people.Service
	identity  *identity.Service
	threads   *thread.Service
	patients  *patient.Desk
	records   *record.Desk
	keeper    *retention.Keeper
	policies  *policy.Service
	hub       *live.Hub
	jobs      *jobs.Runner
	sequencer *audit.Sequencer
	ledger    *audit.Ledger
	announcer *announcer
	backups   *backups
	api       *httpapi.API

	lock *os.File
	stop context.CancelFunc
	done sync.WaitGroup
}

// Open builds a server on its data. It starts no work: see Start.
func Open(ctx context.Context, config Config) (*Server, error) {
	if config.Clock == nil {
		config.Clock = clock.System{}
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{config: config, log: config.Log}
	if err := s.open(ctx); err != nil {
		s.closeStores()
		return nil, err
	}
	return s, nil
}

func (s *Server) open(ctx context.Context) (err error) {
	if s.keys, err = keyring.Open(KeysDir(s.config.Data)); err != nil {
		return err
	}
	if s.lock, err = LockData(s.config.Data); err != nil {
		return err
	}
	if s.db, err = store.Open(ctx, s.config.DatabaseOf()); err != nil {
		return err
	}
	if s.shred, err = shredstore.Open(ctx, s.config.shredOf()); err != nil {
		return err
	}
	trust, err := identity.CheckFounded(ctx, s.db, s.keys)
	if err != nil {
		return err
	}
	return s.build(trust)
}

// build makes the rooms, lowest first. What a room needs of a later one goes through wires, which is filled at the end.
func (s *Server) build(trust *identity.Trust) error {
	clk, w := s.config.Clock, &wires{}
	index, err := pds.New(s.config.Index)
	if err != nil {
		return err
	}
	var national patient.Index
	if s.config.National != nil {
		asked, err := pds.New(*s.config.National)
		if err != nil {
			return err
		}
		national = asked.ForPatients()
	}
	destination, err := s.destination()
	if err != nil {
		return err
	}
	s.people = people.New(s.db, clk)
	s.identity = identity.New(identity.Options{
		Store: s.db, Keys: s.keys.ForIdentity(), Trust: trust, Accepted: w, Events: w, Origin: s.config.Origin, Clock: clk,
	})
	s.hub = live.New(live.Options{Threads: w, Sessions: s.identity, Origin: s.config.Origin, Clock: clk, Log: s.log})
	s.patients = patient.New(patient.Needs{
		Hospital: index.ForPatients(), National: national, Threads: w, Store: s.db, Keys: s.keys.ForPatient(), Clock: clk,
	})
	s.policies = policy.New(s.db, clk)
	s.threads = thread.New(thread.Options{
		Store: s.db.Threads(), Halves: s.shred.Halves(), Keys: s.identity, Staff: staff{s.people, clk}, Links: links{s.patients},
		Publisher: s.hub, Gate: s.policies, Remover: s.keys.ForThread(), Clock: clk, Log: s.log,
	})
	w.Service, w.hub = s.threads, s.hub
	s.announcer = newAnnouncer(s.threads, s.hub, s.db, s.log)
	s.records = record.New(record.Needs{
		Store: s.db, Assertions: s.patients, Destination: destination, Sealer: s.keys.ForRecord(),
		Announcer: s.announcer, Grace: s.grace, Clock: clk, Retry: s.config.Retry, PDF: s.config.PDF, Duty: thread.Duty,
	})
	s.keeper = retention.New(retention.Needs{
		Store: s.db, Eraser: eraser{s.shred}, Announcer: s.announcer, Record: destination, Patients: s.patients, Clock: clk,
	})
	s.sequencer = audit.NewSequencer(s.db.AuditLog(), s.keys.ForAudit(), clk, trust.Chain.AuditKeys()...)
	s.ledger = audit.NewLedger(s.db.AuditLog(), s.sequencer, s.db.Audit, clk)
	s.buildJobs()
	if s.backups, err = s.buildBackups(trust); err != nil {
		return err
	}
	s.api = httpapi.New(httpapi.Options{
		Rooms: s.rooms(), Web: s.config.Web, Origin: s.config.Origin, Secure: s.config.Secure, TrustedProxies: s.config.TrustedProxies,
		ProofKey: s.identity.ProofKey(), Clock: clk, Log: s.log,
		About: httpapi.About{
			Organisation: trust.Chain.Current().Organisation, Demonstration: s.config.Demonstration,
			Version: s.config.Version, Assets: s.config.Assets,
		},
	})
	return nil
}

// healthRecord is what the rooms want of the record: filing to it, and a last look before originals go.
type healthRecord interface {
	record.Destination
	retention.Record
}

// destination is the health record, by the way that is configured.
func (s *Server) destination() (healthRecord, error) {
	if s.config.HL7 != nil {
		return mllp.New(*s.config.HL7)
	}
	destination, err := ehr.New(s.config.Record)
	if err != nil {
		return nil, err
	}
	return destination.ForRecord(s.config.Organisation), nil
}

func (s *Server) buildJobs() {
	s.jobs = jobs.New(s.db, s.config.Clock, s.log, jobs.Options{Lease: s.config.Lease})
	retry := s.config.Retry
	if retry == (work.Policy{}) {
		retry = work.Steady
	}
	s.jobs.HandleWith(record.Attempt, retry, s.records.Handle)
	s.jobs.Handle(retention.Dispose, s.keeper.Handle)
	s.jobs.HandleWith(record.Retract, retry, s.records.HandleRetract)
	s.jobs.Handle(record.Overdue, s.records.Remind)
	s.jobs.Handle(retention.Sweep, s.keeper.Sweep)
	s.jobs.Handle(people.LeaveWork, s.leave)
	s.db.OnDue(s.jobs.Wake)
	s.db.OnAudit(s.sequencer.Wake)
}

// Start begins the background work. Before it, the log is signed by the key that the newest manifest names: clients believe no other.
func (s *Server) Start(ctx context.Context) {
	if err := s.ledger.Settle(ctx); err != nil {
		s.log.ErrorContext(ctx, "the log was not signed at the start", "code", fault.As(err).Code())
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.ensureSweep(ctx, 0)
	s.done.Go(func() { s.sequencer.Run(ctx, time.Minute, s.log) })
	s.done.Go(func() { s.jobs.Run(ctx) })
	s.done.Go(func() { s.hub.Run(ctx) })
	s.done.Go(func() { s.threads.Run(ctx) })
	s.done.Go(func() { s.announcer.run(ctx) })
	s.done.Go(func() { s.keepHouse(ctx) })
	s.backups.start(ctx, &s.done)
	if err := s.records.Settle(ctx); err != nil {
		s.log.WarnContext(ctx, "outstanding decisions were not made due", "code", fault.As(err).Code())
	}
}

// Close ends the work and the databases. The listener must have stopped.
func (s *Server) Close() error {
	s.hub.Close()
	if s.stop != nil {
		s.stop()
		s.done.Wait()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	// The last events get their leaves, so that an export made now is complete.
	err := s.sequencer.Drain(ctx)
	return errors.Join(err, s.closeStores())
}

func (s *Server) closeStores() error {
	var errs []error
	if s.shred != nil {
		errs = append(errs, s.shred.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.api.ServeHTTP(w, r) }

// People is the staff, for those who run the server: the command line and the demonstration.
func (s *Server) People() *people.Service { return s.people }

// Identity is the room of keys and sessions.
func (s *Server) Identity() *identity.Service { return s.identity }

// Store is the main database.
func (s *Server) Store() *store.DB { return s.db }

// Keys are the server's own.
func (s *Server) Keys() *keyring.Keyring { return s.keys }

// RunDue does what is due at a time, for an operator's or a test's clock, and gives what was written its place in the audit log.
func (s *Server) RunDue(ctx context.Context, now time.Time) error {
	if _, err := s.jobs.RunDue(ctx, now); err != nil {
		return err
	}
	return s.sequencer.Drain(ctx)
}

// leave undoes what somebody had who has left: connections, keys, threads. Each step may be repeated.
func (s *Server) leave(ctx context.Context, due work.Due) error {
	person, err := personOf(due)
	if err != nil {
		return err
	}
	s.hub.ClosePerson(person)
	if err := s.identity.EndAll(ctx, person); err != nil {
		return err
	}
	if err := s.identity.RevokeAll(ctx, person, revokeLeaver); err != nil {
		return err
	}
	if _, err = s.threads.RemoveEverywhere(ctx, person, removeLeaver); err != nil {
		return err
	}
	return s.records.Reassign(ctx, person)
}

// keepHouse sweeps what crashes and time leave behind. Nothing that must happen depends on it.
func (s *Server) keepHouse(ctx context.Context) {
	for {
		if err := clock.Until(ctx, s.config.Clock, s.config.Clock.Now().Add(10*time.Minute)); err != nil {
			return
		}
		s.ensureSweep(ctx, retention.SweepEvery)
		if _, err := s.threads.SweepHalves(ctx); err != nil {
			s.log.WarnContext(ctx, "orphan halves were not swept", "code", fault.As(err).Code())
		}
		if err := s.ledger.Settle(ctx); err != nil {
			s.log.WarnContext(ctx, "the quiet log was not signed anew", "code", fault.As(err).Code())
		}
		if _, err := s.identity.ForgetSessions(ctx); err != nil {
			s.log.WarnContext(ctx, "old sessions were not forgotten", "code", fault.As(err).Code())
		}
	}
}

// ensureSweep has a retention sweep waiting; each sweep writes the next, and this is for what could go wrong with that.
func (s *Server) ensureSweep(ctx context.Context, within time.Duration) {
	if err := s.keeper.Ensure(ctx, within); err != nil {
		s.log.WarnContext(ctx, "no retention sweep is waiting", "code", fault.As(err).Code())
	}
}

func (s *Server) grace(context.Context) (time.Duration, error) {
	return time.Duration(s.identity.Policy().GraceMillis) * time.Millisecond, nil
}
