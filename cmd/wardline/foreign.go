package main

import (
	"cmp"
	"crypto/tls"
	"log/slog"

	"github.com/wardline/wardline/internal/config"
	"github.com/wardline/wardline/internal/ehr"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/hl7"
	"github.com/wardline/wardline/internal/mllp"
	"github.com/wardline/wardline/internal/server"
	"github.com/wardline/wardline/internal/signon"
)

var errPDF = fault.New(fault.Invalid, "pdf_invalid", "record.pdf does not go with record.path iti-65, which has room for one rendering of a document.")

var errHL7 = fault.New(fault.Invalid, "hl7_invalid", "The health record cannot be reached over HL7 as it is configured.")

// indexSignOn is how we prove to the patient index who we are.
func indexSignOn(s config.Settings, log *slog.Logger) signon.Options {
	return signon.Options{
		Log: log, Certificate: signon.Certificate{File: s.IndexCertificate, Key: s.IndexKey, CA: s.IndexCA},
		Credentials: credentials(s.IndexOAuthAlgorithm, signon.Credentials{
			TokenURL: s.IndexOAuthURL, ClientID: s.IndexOAuthClient, Key: s.IndexOAuthKey, KeyID: s.IndexOAuthKeyID, Scope: s.IndexOAuthScope,
			Audience: s.IndexOAuthAudience,
		}),
	}
}

// recordSignOn is the same for the health record.
func recordSignOn(s config.Settings, log *slog.Logger) signon.Options {
	return signon.Options{
		Log: log, Certificate: signon.Certificate{File: s.RecordCertificate, Key: s.RecordKey, CA: s.RecordCA},
		Credentials: credentials(s.RecordOAuthAlgorithm, signon.Credentials{
			TokenURL: s.RecordOAuthURL, ClientID: s.RecordOAuthClient, Key: s.RecordOAuthKey, KeyID: s.RecordOAuthKeyID, Scope: s.RecordOAuthScope,
			Audience: s.RecordOAuthAudience,
		}),
	}
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
	client, err := signon.Client(recordSignOn(s, log))
	if err != nil {
		return err
	}
	into.Record = ehr.Config{
		Path: ehr.Path(s.RecordPath), BaseURL: s.RecordURL, Timeout: s.RecordTimeout, HTTP: client, Header: authorization(s.RecordAuthorization),
		HospitalNumberSystem: s.IndexHospitalSystem,
	}
	return nil
}

func hl7Config(s config.Settings, into *server.Config) error {
	secured, err := signon.Certificate{File: s.RecordCertificate, Key: s.RecordKey, CA: s.RecordCA}.TLS()
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
