package main

import (
	"cmp"
	"crypto/tls"
	"log/slog"
	"time"

	"github.com/wardline/wardline/internal/config"
	"github.com/wardline/wardline/internal/ehr"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/hl7"
	"github.com/wardline/wardline/internal/mllp"
	"github.com/wardline/wardline/internal/pds"
	"github.com/wardline/wardline/internal/server"
	"github.com/wardline/wardline/internal/signon"
)

var errPDF = fault.New(fault.Invalid, "pdf_invalid", "record.pdf does not go with record.path iti-65, which has room for one rendering of a document.")

var errHL7 = fault.New(fault.Invalid, "hl7_invalid", "The health record cannot be reached over HL7 as it is configured.")

// signOn is how we prove to a foreign system who we are.
func signOn(f config.Foreign, log *slog.Logger) signon.Options {
	return signon.Options{
		Log: log, Certificate: certificate(f),
		Credentials: credentials(f.OAuthAlgorithm, signon.Credentials{
			TokenURL: f.OAuthURL, ClientID: f.OAuthClient, Key: f.OAuthKey, KeyID: f.OAuthKeyID, Scope: f.OAuthScope, Audience: f.OAuthAudience,
		}),
	}
}

func certificate(f config.Foreign) signon.Certificate {
	return signon.Certificate{File: f.Certificate, Key: f.Key, CA: f.CA}
}

// indexConfig is how a patient index is reached.
func indexConfig(f config.Foreign, timeout time.Duration, log *slog.Logger) (pds.Config, error) {
	client, err := signon.Client(signOn(f, log))
	return pds.Config{BaseURL: f.URL, Timeout: timeout, HTTP: client, Header: authorization(f.Authorization)}, err
}

// indexConfigs fills in how the hospital's index is reached, and the national one where there is one.
func indexConfigs(s config.Settings, log *slog.Logger, into *server.Config) (err error) {
	if into.Index, err = indexConfig(s.Index, s.IndexTimeout, log); err != nil {
		return err
	}
	into.Index.HospitalNumberSystem, into.Index.WardExtension = s.IndexHospitalSystem, s.IndexWardExtension
	national, err := indexConfig(s.National, s.NationalTimeout, log)
	if err == nil && s.National.URL != "" {
		into.National = &national
	}
	return err
}

// credentials leaves the algorithm, which has a default, out of what is not configured.
func credentials(algorithm string, c signon.Credentials) signon.Credentials {
	if c != (signon.Credentials{}) {
		c.Algorithm = algorithm
	}
	return c
}

// recordConfig fills in how the health record is reached.
func recordConfig(s config.Settings, log *slog.Logger, into *server.Config) error {
	into.PDF = s.RecordPDF
	if s.RecordPath == "hl7" {
		return hl7Config(s, into)
	}
	if s.RecordPDF && ehr.Path(s.RecordPath) != ehr.Plain {
		return errPDF
	}
	client, err := signon.Client(signOn(s.Record, log))
	if err != nil {
		return err
	}
	into.Record = ehr.Config{
		Path: ehr.Path(s.RecordPath), BaseURL: s.Record.URL, Timeout: s.RecordTimeout, HTTP: client, Header: authorization(s.Record.Authorization),
		HospitalNumberSystem: s.IndexHospitalSystem,
	}
	return nil
}

func hl7Config(s config.Settings, into *server.Config) error {
	secured, err := certificate(s.Record).TLS()
	if err != nil {
		return err
	}
	switch {
	case s.HL7Plain:
		secured = nil
	case secured == nil:
		secured = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	configured := mllp.Config{
		Address: s.HL7Address, TLS: secured, Timeout: s.RecordTimeout, Training: s.HL7Training, DocumentType: s.HL7DocumentType,
		Sender:             hl7.Place{Application: s.HL7Sender, Facility: cmp.Or(s.HL7SenderFacility, s.Organisation)},
		Receiver:           hl7.Place{Application: s.HL7Receiver, Facility: cmp.Or(s.HL7ReceiverFacility, s.Organisation)},
		NHSNumberAuthority: s.HL7NHSAuthority, HospitalNumberAuthority: s.HL7HospitalAuthority,
	}
	if _, err := mllp.New(configured); err != nil {
		return errHL7.Because(err)
	}
	into.HL7 = &configured
	return nil
}
