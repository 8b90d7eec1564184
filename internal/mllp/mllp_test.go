package mllp_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/hl7"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/mllp"
	"github.com/wardline/wardline/internal/nhs"
	"github.com/wardline/wardline/internal/record"
)

var (
	noon = time.Date(2026, 11, 24, 13, 18, 0, 0, time.UTC)
	we   = hl7.Place{Application: "WARDLINE", Facility: "RXX"}
	epr  = hl7.Place{Application: "EPR", Facility: "RXX"}
	tie  = hl7.Place{Application: "TIE", Facility: "RXX"} // the integration engine
)

// application is a far end that does what a test says with every connection.
type application struct {
	net.Listener
	mu   sync.Mutex
	seen []hl7.Message
}

// listen starts one. answer is given what came, decoded, and the connection to answer on, which is closed after it.
func listen(t *testing.T, config *tls.Config, answer func(to io.Writer, message hl7.Message)) *application {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if config != nil {
		listener = tls.NewListener(listener, config)
	}
	a := &application{Listener: listener}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer connection.Close()
				data, err := mllp.ReadFrame(bufio.NewReader(connection), 8<<20)
				if err != nil {
					return
				}
				message, err := hl7.Decode(data)
				if err != nil {
					t.Errorf("the record cannot read it: %v", err)
					return
				}
				a.mu.Lock()
				a.seen = append(a.seen, message)
				a.mu.Unlock()
				answer(connection, message)
			})
		}
	})
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })
	return a
}

func (a *application) messages() []hl7.Message {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen
}

func ack(from hl7.Place, code, answers, words string) []byte {
	return hl7.Encode(hl7.Answer(from, code, answers, words, "900"))
}

func send(to io.Writer, messages ...[]byte) {
	for _, message := range messages {
		_ = mllp.WriteFrame(to, message)
	}
}

func control(message hl7.Message) string { return message[0].Value(10, 1) }

func config(a *application) mllp.Config {
	return mllp.Config{
		Address: a.Addr().String(), Timeout: 5 * time.Second, Sender: we, Receiver: epr, NHSNumberAuthority: "NHS", HospitalNumberAuthority: "RXX",
		DocumentType: "PN", Clock: clock.NewManual(noon),
	}
}

func destination(t *testing.T, c mllp.Config) *mllp.Destination {
	t.Helper()
	d, err := mllp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func document(t *testing.T) record.Document {
	t.Helper()
	number, err := nhs.ParseNumber("9434765919")
	if err != nil {
		t.Fatal(err)
	}
	born, err := nhs.ParseBirthDate("1954-03-12")
	if err != nil {
		t.Fatal(err)
	}
	return record.Document{
		Filing: id.Filing{1}, NHSNumber: number, HospitalNumber: "N0041192", Name: nhs.Name{Family: "Smith", Given: "John", Title: "Mr"}, Born: born,
		Title: "Clinical decision", Bytes: []byte("<!doctype html><p>Change to IV flucloxacillin"), DecidedAt: noon, FiledAt: noon,
		Author: record.Clinician{Person: id.Person{2}, Name: "Dr Anita Patel", Role: "Medical Registrar"},
	}
}

func TestR18_TheApplicationsAcknowledgementIsTheReceipt(t *testing.T) {
	a := listen(t, nil, func(to io.Writer, m hl7.Message) { send(to, ack(epr, "AA", control(m), "")) })
	d, paper := destination(t, config(a)), document(t)
	receipt, err := d.File(t.Context(), paper)
	want := record.Receipt{Reference: paper.Filing.String(), Hash: sha256.Sum256(paper.Bytes), At: noon, Proof: record.Acknowledged}
	if err != nil || receipt != want {
		t.Fatalf("%+v, %v", receipt, err)
	}
	if _, err := d.File(t.Context(), paper); err != nil {
		t.Fatal(err)
	}
	seen := a.messages()
	if len(seen) != 2 || control(seen[0]) == control(seen[1]) || len(control(seen[0])) > 20 {
		t.Fatalf("control ids %q and %q", control(seen[0]), control(seen[1]))
	}
	for _, m := range seen { // R19: another message, the same document
		if txa, pid := m.Segment("TXA"), m.Segment("PID"); txa.Value(12, 1) != paper.Filing.String() || txa.Value(9, 2) != "Dr Anita Patel, Medical Registrar" ||
			pid.Value(3, 1) != "9434765919" || pid.Value(3, 4) != "NHS" || pid.Value(7, 1) != "19540312" || m[0].Value(9, 2) != "T02" {
			t.Errorf("%s", hl7.Encode(m))
		}
	}
}

func TestH13_WhatIsAndIsNotAReceipt(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(to io.Writer, m hl7.Message)
		want   error
		reason string
	}{
		"CA, then the application's AA": {func(to io.Writer, m hl7.Message) {
			send(to, ack(tie, "CA", control(m), ""), ack(epr, "AA", control(m), ""))
		}, nil, ""},
		"an engine's AA, then the application's": {func(to io.Writer, m hl7.Message) {
			send(to, ack(tie, "AA", control(m), ""), ack(epr, "AA", control(m), ""))
		}, nil, ""},
		"a receipt twice": {func(to io.Writer, m hl7.Message) {
			send(to, ack(epr, "AA", control(m), ""), ack(epr, "AA", control(m), ""))
		}, nil, ""},
		"a receipt of another, then its own": {func(to io.Writer, m hl7.Message) {
			send(to, ack(epr, "AA", "OTHER", ""), ack(epr, "AA", control(m), ""))
		}, nil, ""},

		"CA alone":                     {func(to io.Writer, m hl7.Message) { send(to, ack(tie, "CA", control(m), "")) }, mllp.ErrNoReceipt, ""},
		"CA in the application's name": {func(to io.Writer, m hl7.Message) { send(to, ack(epr, "CA", control(m), "")) }, mllp.ErrNoReceipt, ""},
		"an engine's AA":               {func(to io.Writer, m hl7.Message) { send(to, ack(tie, "AA", control(m), "")) }, mllp.ErrNoReceipt, ""},
		"the application elsewhere": {func(to io.Writer, m hl7.Message) {
			send(to, ack(hl7.Place{Application: "EPR", Facility: "RYY"}, "AA", control(m), ""))
		}, mllp.ErrNoReceipt, ""},
		"a receipt for another document": {func(to io.Writer, m hl7.Message) { send(to, ack(epr, "AA", "OTHER", "")) }, mllp.ErrNoReceipt, ""},
		"a refusal of another document":  {func(to io.Writer, m hl7.Message) { send(to, ack(epr, "AE", "OTHER", "No")) }, mllp.ErrNoReceipt, ""},
		"answers without end": {func(to io.Writer, m hl7.Message) {
			for range 100 {
				send(to, ack(tie, "CA", control(m), ""))
			}
		}, mllp.ErrNoReceipt, ""},

		"AE":             {func(to io.Writer, m hl7.Message) { send(to, ack(epr, "AE", control(m), "No open episode.\u202e")) }, mllp.ErrRefused, "No open episode."},
		"AR":             {func(to io.Writer, m hl7.Message) { send(to, ack(epr, "AR", control(m), "")) }, mllp.ErrRefused, "It gave no reason."},
		"an engine's CE": {func(to io.Writer, m hl7.Message) { send(to, ack(tie, "CE", control(m), "No route")) }, mllp.ErrRefused, "No route"},
		"CR after CA": {func(to io.Writer, m hl7.Message) {
			send(to, ack(tie, "CA", control(m), ""), ack(tie, "CR", control(m), "No"))
		}, mllp.ErrRefused, "No"},

		"nothing": {func(io.Writer, hl7.Message) {}, mllp.ErrUnavailable, ""},
		"half an answer": {func(to io.Writer, m hl7.Message) {
			_, _ = to.Write(append([]byte{0x0b}, ack(epr, "AA", control(m), "")...))
		}, mllp.ErrUnavailable, ""},
		"an answer without an end": {func(to io.Writer, m hl7.Message) {
			_, _ = to.Write(append(append([]byte{0x0b}, ack(epr, "AA", control(m), "")...), 0x1c, 'x'))
		}, mllp.ErrUnintelligible, ""},
		"garbage":                {func(to io.Writer, _ hl7.Message) { _, _ = io.WriteString(to, "HTTP/1.1 502 Bad Gateway\r\n\r\n<p>no") }, mllp.ErrUnintelligible, ""},
		"a frame of garbage":     {func(to io.Writer, _ hl7.Message) { send(to, []byte("<!doctype html><p>Sign in")) }, mllp.ErrUnintelligible, ""},
		"not an acknowledgement": {func(to io.Writer, m hl7.Message) { send(to, hl7.Encode(m)) }, mllp.ErrUnintelligible, ""},
		"no such code":           {func(to io.Writer, m hl7.Message) { send(to, ack(epr, "OK", control(m), "")) }, mllp.ErrUnintelligible, ""},
		"far too much": {func(to io.Writer, _ hl7.Message) {
			_, _ = to.Write(append([]byte{0x0b}, bytes.Repeat([]byte("x"), 1<<20)...))
		}, mllp.ErrUnintelligible, ""},
	} {
		t.Run(name, func(t *testing.T) {
			receipt, err := destination(t, config(listen(t, nil, c.answer))).File(t.Context(), document(t))
			if !errors.Is(err, c.want) || (err == nil) != (receipt.Proof == record.Acknowledged) {
				t.Errorf("%+v, %v; want %v", receipt, err, c.want)
			}
			if err == nil {
				return
			}
			if reason, _ := fault.As(err).Details()["reason"].(string); reason != c.reason {
				t.Errorf("reason %q", reason)
			}
			for _, secret := range []string{"9434765919", "Smith", "127.0.0.1"} {
				for cause := err; cause != nil; cause = errors.Unwrap(cause) {
					if strings.Contains(cause.Error(), secret) {
						t.Errorf("an error holds %s: %v", secret, cause)
					}
				}
			}
		})
	}
}

func TestASlowRecordIsNotWaitedForForEver(t *testing.T) {
	release := make(chan struct{})
	a := listen(t, nil, func(io.Writer, hl7.Message) { <-release })
	t.Cleanup(func() { close(release) })
	c := config(a)
	c.Timeout = 50 * time.Millisecond
	if _, err := destination(t, c).File(t.Context(), document(t)); !errors.Is(err, mllp.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	_ = a.Close()
	if _, err := destination(t, c).File(t.Context(), document(t)); !errors.Is(err, mllp.ErrUnavailable) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestCorrectionAndCancellationAreMessagesOfTheirOwn(t *testing.T) {
	a := listen(t, nil, func(to io.Writer, m hl7.Message) { send(to, ack(epr, "AA", control(m), "")) })
	d, paper := destination(t, config(a)), document(t)
	paper.Replaces, paper.PDF = id.Filing{9}, []byte("%PDF-1.7")
	if _, err := d.File(t.Context(), paper); err != nil {
		t.Fatal(err)
	}
	// Of a document that was received long ago there are the filing and the patient.
	paper = record.Document{
		Filing: paper.Filing, NHSNumber: paper.NHSNumber, Name: paper.Name, Born: paper.Born, FiledAt: noon, Author: record.Clinician{Person: id.Person{2}},
	}
	if err := d.Retract(t.Context(), paper); err != nil {
		t.Fatal(err)
	}
	seen := a.messages()
	if m := seen[0]; m[0].Value(9, 2) != "T10" || m.Segment("TXA").Value(13, 1) != (id.Filing{9}).String() {
		t.Errorf("%s", hl7.Encode(m))
	}
	if m := seen[0]; m[len(m)-1].Value(1, 1) != "2" || m[len(m)-1].Value(5, 3) != "pdf" {
		t.Errorf("no PDF: %s", hl7.Encode(m))
	}
	if m := seen[1]; m[0].Value(9, 2) != "T11" || m.Segment("TXA").Value(12, 1) != paper.Filing.String() || m.Segment("TXA").Value(19, 1) != "CA" {
		t.Errorf("%s", hl7.Encode(m))
	}
}

// TestR11_ATemporaryIdentityIsSentUnderItsHospitalNumber: no NHS number and no date of birth, and nothing made up in their place.
func TestR11_ATemporaryIdentityIsSentUnderItsHospitalNumber(t *testing.T) {
	a := listen(t, nil, func(to io.Writer, m hl7.Message) { send(to, ack(epr, "AA", control(m), "")) })
	paper := document(t)
	paper.NHSNumber, paper.Born, paper.HospitalNumber, paper.Name = nhs.Number{}, nhs.BirthDate{}, "N0099001", nhs.Name{Family: "Unknown", Given: "Kestrel"}
	if _, err := destination(t, config(a)).File(t.Context(), paper); err != nil {
		t.Fatal(err)
	}
	pid := a.messages()[0].Segment("PID")
	if pid.Value(3, 1) != "N0099001" || pid.Value(3, 5) != "MR" || pid.Value(5, 1) != "Unknown" || pid.Value(7, 1) != "" {
		t.Errorf("%+v", pid)
	}
}

func TestWhatTheRecordCannotPlaceIsNotSent(t *testing.T) {
	a := listen(t, nil, func(to io.Writer, m hl7.Message) { send(to, ack(epr, "AA", control(m), "")) })
	c := config(a)
	c.HospitalNumberAuthority = ""
	for name, spoil := range map[string]func(*record.Document){
		"no number that it knows": func(d *record.Document) { d.NHSNumber = nhs.Number{} },
		"no document":             func(d *record.Document) { d.Bytes = nil },
		"no author":               func(d *record.Document) { d.Author = record.Clinician{} },
	} {
		paper := document(t)
		spoil(&paper)
		if _, err := destination(t, c).File(t.Context(), paper); !errors.Is(err, mllp.ErrIncomplete) || fault.As(err).Kind() != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(a.messages()) != 0 {
		t.Error("it was sent")
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	for name, c := range map[string]mllp.Config{
		"no address":           {Sender: we, Receiver: epr},
		"no port":              {Address: "127.0.0.1", Sender: we, Receiver: epr},
		"plain to the network": {Address: "record.example.nhs.uk:2575", Sender: we, Receiver: epr},
		"no sender":            {Address: "127.0.0.1:1", Receiver: epr},
		"no receiver":          {Address: "127.0.0.1:1", Sender: we},
	} {
		if _, err := mllp.New(c); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := mllp.New(mllp.Config{Address: "record.example.nhs.uk:2575", Sender: we, Receiver: epr, TLS: &tls.Config{}}); err != nil {
		t.Error(err)
	}
}

// issue makes a certificate signed by an authority, or by itself.
func issue(t *testing.T, by *tls.Certificate, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		BasicConstraintsValid: true, IsCA: by == nil,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, signer := template, any(key)
	if by != nil {
		parent, signer = by.Leaf, by.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestTLSInBothDirections(t *testing.T) {
	authority := issue(t, nil)
	pool := x509.NewCertPool()
	pool.AddCert(authority.Leaf)
	ours, theirs, stranger := issue(t, &authority), issue(t, &authority), issue(t, nil)
	a := listen(t, &tls.Config{Certificates: []tls.Certificate{theirs}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS12},
		func(to io.Writer, m hl7.Message) { send(to, ack(epr, "AA", control(m), "")) })
	for name, c := range map[string]struct {
		tls  *tls.Config
		want error
	}{
		"both known":                     {&tls.Config{RootCAs: pool, Certificates: []tls.Certificate{ours}}, nil},
		"we have no certificate":         {&tls.Config{RootCAs: pool}, mllp.ErrUnavailable},
		"ours is a stranger's":           {&tls.Config{RootCAs: pool, Certificates: []tls.Certificate{stranger}}, mllp.ErrUnavailable},
		"theirs is a stranger's to us":   {&tls.Config{RootCAs: x509.NewCertPool(), Certificates: []tls.Certificate{ours}}, mllp.ErrUnavailable},
		"theirs is for another machine":  {&tls.Config{RootCAs: pool, Certificates: []tls.Certificate{ours}, ServerName: "other.example"}, mllp.ErrUnavailable},
		"plain to a port that wants TLS": {nil, mllp.ErrUnavailable},
	} {
		before := len(a.messages())
		settings := config(a)
		settings.TLS = c.tls
		_, err := destination(t, settings).File(t.Context(), document(t))
		if !errors.Is(err, c.want) && !(c.tls == nil && errors.Is(err, mllp.ErrUnintelligible)) {
			t.Errorf("%s: %v", name, err)
		}
		if got := len(a.messages()) - before; (got == 1) != (c.want == nil) {
			t.Errorf("%s: %d messages arrived", name, got)
		}
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte("\x0bMSH|^~\\&|a\x1c\r"))
	f.Add([]byte("\r\n \x0b\x0b\x1c"))
	f.Fuzz(func(t *testing.T, data []byte) {
		message, err := mllp.ReadFrame(bufio.NewReader(bytes.NewReader(data)), 100)
		if err != nil {
			return
		}
		if len(message) > 100 || bytes.ContainsAny(message, "\x0b\x1c") {
			t.Errorf("%q", message)
		}
		var again bytes.Buffer
		_ = mllp.WriteFrame(&again, message)
		if !bytes.Contains(data, again.Bytes()) {
			t.Errorf("%q is not in %q", again.Bytes(), data)
		}
	})
}
