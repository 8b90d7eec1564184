// Package hospital is the demonstration hospital: the systems that Wardline meets outside itself, on a listener of their own.
//
// It speaks real HTTP. Under /index it is a hospital's patient index in the shape of the Personal Demographics Service, with forty invented
// people, and under /national the national one beside it; under /record a FHIR health record that takes IHE MHD Provide Document Bundle transactions, and plain resources too; under /control either can be
// told to misbehave; / and /codes are pages for people. Wardline reaches it by configuration alone, as it would a real hospital.
//
// Layout: patients.go the people, register.go what happens to them, index.go the two indexes, record.go what the record does with a document, plain.go the same for plain resources, message.go for HL7 v2, and what is marked as entered in error, shelf.go where it keeps
// them, modes.go and control.go the faults, pages.go the pages.
//
// Invariants: it listens on loopback and answers only to loopback names, since it shows sign-in codes. What was filed is on disk
// before it is acknowledged and survives a restart; it lies in the hospital's own directory, never in Wardline's. The same start
// state gives the same patients and the same document numbers.
package hospital

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/wardline/wardline/internal/clock"
)

// Config says where the hospital listens and what it has.
type Config struct {
	Addr  string // host:port, loopback only; port 0 takes a free one
	HL7   string // the same for HL7 v2 over MLLP; "" is not listened to
	Dir   string // the hospital's own directory; made when missing
	Clock clock.Clock
	// Delay is how long the late modes wait before they answer; 0 means 45 s, longer than any client waits.
	Delay time.Duration
	// Codes gives the current sign-in codes of the demonstration's people for the page at /codes; nil: there is no such page.
	Codes func() []PersonCode
	Log   *slog.Logger // nil: silent
}

// PersonCode is one person's current sign-in code.
type PersonCode struct {
	Name        string
	Code        string
	SecondsLeft int
}

// Hospital is a running demonstration hospital.
type Hospital struct {
	config   Config
	listener net.Listener
	server   *http.Server
	messages *messages // HL7 v2; nil when it is not listened to
	shelf    *shelf
	loose    loose
	stopped  chan struct{}
	forget   func() bool // lets go of the context that was started with

	mu      sync.Mutex
	modes   modes
	changes []Change
	locked  map[string]bool // hospital numbers of patients whose record takes nothing; forgotten at a restart
}

// LockPatient makes the record refuse everything about one patient, as while two records are merged. nhsNumber is theirs.
func (h *Hospital) LockPatient(nhsNumber string) {
	patient, _ := h.people(HospitalView).byNumber(nhsNumber)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.locked == nil {
		h.locked = map[string]bool{}
	}
	h.locked[patient.HospitalNumber] = true
}

func (h *Hospital) isLocked(patient Patient) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.locked[patient.HospitalNumber]
}

// Start listens and serves until ctx ends or Close is called.
func Start(ctx context.Context, config Config) (*Hospital, error) {
	if config.Clock == nil {
		config.Clock = clock.System{}
	}
	if config.Delay == 0 {
		config.Delay = 45 * time.Second
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	address, err := loopbackAddress(config.Addr)
	if err != nil {
		return nil, err
	}
	h := &Hospital{config: config, stopped: make(chan struct{})}
	if h.shelf, err = openShelf(config.Dir); err != nil {
		return nil, err
	}
	if h.modes, err = loadModes(config.Dir); err != nil {
		return nil, err
	}
	if h.changes, err = loadChanges(config.Dir); err != nil {
		return nil, err
	}
	if h.listener, err = net.Listen("tcp", address); err != nil {
		return nil, fmt.Errorf("hospital: listen: %w", err)
	}
	h.server = &http.Server{
		Handler: h.routes(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: time.Minute,
		ErrorLog:    slog.NewLogLogger(config.Log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	if config.HL7 != "" {
		if h.messages, err = h.hearMessages(ctx, config.HL7); err != nil {
			return nil, errors.Join(err, h.listener.Close())
		}
	}
	go func() {
		defer close(h.stopped)
		if err := h.server.Serve(h.listener); !errors.Is(err, http.ErrServerClosed) {
			h.config.Log.Error("demonstration hospital stopped", "error", err)
		}
	}()
	h.forget = context.AfterFunc(ctx, func() { _ = h.server.Close() })
	return h, nil
}

// URL is the address of the page for people.
func (h *Hospital) URL() string { return "http://" + h.listener.Addr().String() }

// IndexURL is the base address of the patient index, for Wardline's configuration.
func (h *Hospital) IndexURL() string { return h.URL() + "/index" }

// NationalURL is the base address of the national index, for Wardline's configuration.
func (h *Hospital) NationalURL() string { return h.URL() + "/national" }

// RecordURL is the base address of the record, for Wardline's configuration.
func (h *Hospital) RecordURL() string { return h.URL() + "/record" }

// HL7Addr is where the record takes HL7 v2 messages, for Wardline's configuration.
func (h *Hospital) HL7Addr() string { return h.messages.listener.Addr().String() }

// Close stops listening, cuts every open exchange and waits for the listener to end.
func (h *Hospital) Close() error {
	h.forget()
	err := h.server.Close()
	if h.messages != nil {
		err = errors.Join(err, h.messages.close())
	}
	<-h.stopped
	return err
}

// routes is the table of contents.
func (h *Hospital) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.pageFront)
	mux.HandleFunc("GET /documents/{id}", h.pageDocument)
	if h.config.Codes != nil {
		mux.HandleFunc("GET /codes", h.pageCodes)
	}

	for path, view := range map[string]View{"/index": HospitalView, "/national": NationalView} {
		mux.Handle("GET "+path+"/Patient", h.indexGate(view, h.searchPatients))
		mux.Handle("GET "+path+"/Patient/{name}", h.indexGate(view, h.readPatient))
	}

	mux.Handle("POST /record", h.recordGate(h.provide))
	mux.Handle("POST /record/Binary", h.recordGate(h.createBinary))
	mux.Handle("POST /record/DocumentReference", h.recordGate(h.createDocument))
	mux.Handle("PUT /record/DocumentReference/{id}", h.recordGate(h.updateDocument))
	mux.Handle("GET /record/DocumentReference", h.recordGate(h.searchDocuments))
	mux.Handle("GET /record/DocumentReference/{id}", h.recordGate(h.readDocument))
	mux.Handle("GET /record/Binary/{id}", h.recordGate(h.readBinary))

	mux.HandleFunc("GET /control", h.controlState)
	mux.HandleFunc("POST /control/record", h.controlRecord)
	mux.HandleFunc("POST /control/index", h.controlIndex)
	mux.HandleFunc("POST /control/patients", h.controlPatients)
	return onlyLoopbackNames(http.NewCrossOriginProtection().Handler(mux))
}

// loopbackAddress refuses every address that another machine could reach.
func loopbackAddress(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("hospital: the address must be host:port: %w", err)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip := net.ParseIP(host)
	if ip == nil || !ip.IsLoopback() {
		return "", errors.New("hospital: the demonstration hospital listens on this machine only (127.0.0.1, ::1 or localhost)")
	}
	return net.JoinHostPort(host, port), nil
}

// onlyLoopbackNames refuses requests under any other name, so that a web page cannot point its own name here and read the codes.
func onlyLoopbackNames(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := loopbackAddress(withPort(r.Host)); err != nil {
			http.Error(w, "The demonstration hospital answers only to this machine.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func withPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return host + ":80"
}
