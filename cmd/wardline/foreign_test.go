package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/config"
	"github.com/wardline/wardline/internal/ehr"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/hl7"
)

func site() config.Settings {
	return config.Settings{Listen: "127.0.0.1:1", Organisation: "RXH", Index: config.Foreign{URL: "https://index.example/fhir"}, Record: config.Foreign{URL: "https://record.example/fhir"}, RecordPath: "iti-65"}
}

func TestTheRecordIsReachedAsConfigured(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	plain := site()
	plain.RecordPath = "fhir"
	made, err := serverConfig(plain, log)
	if err != nil || made.HL7 != nil || made.Record.Path != ehr.Plain || made.Record.HTTP != nil || made.Index.HTTP != nil {
		t.Errorf("%+v, %v", made.Record, err)
	}

	over := site()
	over.RecordPath, over.Record.URL, over.HL7Address, over.HL7Sender, over.HL7Receiver = "hl7", "", "record.example:2575", "WARDLINE", "EPR"
	if err := over.Missing(); err != nil {
		t.Errorf("with HL7 no FHIR address is needed: %v", fault.As(err).Details())
	}
	if made, err = serverConfig(over, log); err != nil || made.HL7 == nil {
		t.Fatal(err)
	}
	if made.HL7.TLS == nil || made.HL7.Receiver != (hl7.Place{Application: "EPR", Facility: "RXH"}) || made.HL7.Sender != (hl7.Place{Application: "WARDLINE", Facility: "RXH"}) {
		t.Errorf("%+v", made.HL7)
	}
	over.HL7Address = ""
	missing, _ := fault.As(over.Missing()).Details()["missing"].([]string)
	if !strings.Contains(strings.Join(missing, " "), "record.hl7.address") {
		t.Errorf("missing: %v", missing)
	}
}

func TestTheNationalIndexIsAskedWhereItIsConfigured(t *testing.T) {
	log, s := slog.New(slog.DiscardHandler), site()
	s.IndexHospitalSystem = "https://hospital.example/id"
	made, err := serverConfig(s, log)
	if err != nil || made.National != nil || made.Index.HospitalNumberSystem != "https://hospital.example/id" {
		t.Errorf("%+v, %v", made.National, err)
	}
	s.National = config.Foreign{URL: "https://national.example/fhir", Authorization: "key"}
	s.NationalTimeout = 3 * time.Second
	made, err = serverConfig(s, log)
	if err != nil || made.National == nil || made.National.BaseURL != "https://national.example/fhir" || made.National.Timeout != 3*time.Second ||
		made.National.Header.Get("Authorization") != "key" || made.National.HospitalNumberSystem != "" || made.Index.BaseURL != "https://index.example/fhir" {
		t.Errorf("%+v, %v", made.National, err)
	}
}

func TestWhatCannotSignOnStopsTheStart(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*config.Settings)
		code   string
	}{
		"an open key, index": {func(s *config.Settings) { s.Index.Certificate, s.Index.Key = key, key }, "key_file_too_open"},
		"half of OAuth, national": {func(s *config.Settings) {
			s.National.URL, s.National.OAuthURL = "https://n.example", "https://token.example"
		}, "oauth_incomplete"},
		"half a pair, record":   {func(s *config.Settings) { s.Record.Certificate = key }, "client_certificate_incomplete"},
		"half of OAuth, record": {func(s *config.Settings) { s.Record.OAuthURL = "https://token.example" }, "oauth_incomplete"},
		"an open key, OAuth": {func(s *config.Settings) {
			s.Index.OAuthURL, s.Index.OAuthClient, s.Index.OAuthKey, s.Index.OAuthKeyID = "https://token.example", "a", key, "k"
		}, "key_file_too_open"},
		"half a pair, HL7": {func(s *config.Settings) { s.RecordPath, s.Record.Key = "hl7", key }, "client_certificate_incomplete"},
		"plain HL7 to far away": {func(s *config.Settings) {
			s.RecordPath, s.HL7Address, s.HL7Sender, s.HL7Receiver, s.HL7Plain = "hl7", "far.example:2575", "A", "B", true
		}, "hl7_invalid"},
		"a PDF over ITI-65":        {func(s *config.Settings) { s.RecordPDF = true }, "pdf_invalid"},
		"an unknown way of filing": {func(s *config.Settings) { s.RecordPath = "fax" }, ""},
	} {
		settings := site()
		c.change(&settings)
		_, err := serverConfig(settings, slog.New(slog.DiscardHandler))
		if c.code == "" { // the command line refuses it, and so does the adapter
			if _, err = ehr.New(ehr.Config{Path: "fax", BaseURL: "https://record.example"}); err == nil {
				t.Errorf("%s was accepted", name)
			}
			continue
		}
		if err == nil || fault.As(err).Code() != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}
