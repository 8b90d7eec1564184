// Package mllp files documents into a health record that speaks HL7 version 2: MDM messages over MLLP, with TLS.
//
// Layout: mllp.go the destination, its configuration and what it sends; exchange.go one message and its answers on one connection; frame.go the bytes
// on the wire; room.go what the record room sees; faults.go what can go wrong.
//
// Invariants:
//   - Only AA is a receipt, only when it answers the message of this attempt, and only from the application that is configured as the record. An engine
//     in between acknowledges what it has put in a queue (CA, or AA in its own name): that is waited past (H13).
//   - One filing is one document, however often it is sent: TXA-12 is the filing's id at every attempt. The record has to know it again and answer AA.
//   - A connection carries one message, so no late answer to another can be taken for one to this.
//   - Plain TCP is for this machine only. Nothing here logs, and no error text holds what was sent.
//
// Source: HL7 v2.5.1 chapter 2.9 (enhanced acknowledgement) and 9; HL7 "Transport Specification: MLLP, Release 2"; R18, R19; H13.
package mllp

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base32"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/hl7"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
)

// Config says where the record is and what it calls things.
type Config struct {
	Address string        // HOST:PORT
	TLS     *tls.Config   // nil: plain TCP, which only this machine may have
	Timeout time.Duration // for one exchange, connecting included; 0: 30 s

	Sender   hl7.Place // we, as the record knows us
	Receiver hl7.Place // the record: its acknowledgement has to be in this name
	Training bool      // MSH-11 is T

	NHSNumberAuthority      string // PID-3.4 beside an NHS number
	HospitalNumberAuthority string // and beside the hospital's own; "" leaves that out
	DocumentType            string // TXA-2
	Clock                   clock.Clock
}

// Destination is one health record. It is safe for concurrent use.
type Destination struct {
	config   Config
	controls *id.Source
}

var _ record.Destination = (*Destination)(nil)

// namespace is who gave out the numbers of documents and the ids of authors.
const namespace = "WARDLINE"

// New checks the configuration. It does not connect.
func New(config Config) (*Destination, error) {
	host, port, err := net.SplitHostPort(config.Address)
	if err != nil || host == "" || port == "" {
		return nil, errors.New("mllp: the record's address has to be HOST:PORT")
	}
	if config.TLS == nil && !loopback(host) {
		return nil, errors.New("mllp: plain TCP is for this machine only")
	}
	if config.Sender.Application == "" || config.Receiver.Application == "" {
		return nil, errors.New("mllp: the sending and the receiving application need names")
	}
	if config.Timeout == 0 {
		config.Timeout = 30 * time.Second
	}
	if config.Clock == nil {
		config.Clock = clock.System{}
	}
	if config.TLS != nil {
		config.TLS = config.TLS.Clone()
		if config.TLS.ServerName == "" {
			config.TLS.ServerName = host
		}
	}
	return &Destination{config: config, controls: id.NewSource(config.Clock)}, nil
}

// message is one attempt, with a control id of its own.
func (d *Destination) message(event hl7.Event, document record.Document) (hl7.Document, error) {
	sent := hl7.Document{
		Event: event, ControlID: d.controlID(), At: d.config.Clock.Now(), Sender: d.config.Sender, Receiver: d.config.Receiver, Training: d.config.Training,
		Number: document.Filing.String(), Namespace: namespace, Type: d.config.DocumentType, Title: document.Title,
		AuthorID: document.Author.Person.String(), Author: author(document.Author), Decided: document.DecidedAt, Filed: document.FiledAt,
		Patient: hl7.Patient{
			Family: document.Name.Family, Given: document.Name.Given, Title: document.Name.Title, Born: strings.ReplaceAll(document.Born.String(), "-", ""),
		},
	}
	if !document.Replaces.IsZero() && event == hl7.Replacement {
		sent.Replaces = document.Replaces.String()
	}
	if !document.NHSNumber.IsZero() {
		sent.Patient.Numbers = append(sent.Patient.Numbers, hl7.Number{Value: document.NHSNumber.Digits(), Authority: d.config.NHSNumberAuthority, Type: "NH"})
	}
	if document.HospitalNumber != "" && d.config.HospitalNumberAuthority != "" {
		sent.Patient.Numbers = append(sent.Patient.Numbers,
			hl7.Number{Value: document.HospitalNumber, Authority: d.config.HospitalNumberAuthority, Type: "MR"})
	}
	if len(sent.Patient.Numbers) == 0 || document.FiledAt.IsZero() {
		return hl7.Document{}, ErrIncomplete
	}
	if event != hl7.Cancel && (sent.Title == "" || sent.Author == "" || document.DecidedAt.IsZero() || len(document.Bytes) == 0) {
		return hl7.Document{}, ErrIncomplete
	}
	return sent, nil
}

func author(by record.Clinician) string {
	if by.Role == "" {
		return by.Name
	}
	return by.Name + ", " + by.Role
}

// controlID names one attempt. MSH-10 has room for twenty characters: 96 of the id's random bits.
func (d *Destination) controlID() string {
	random := id.New[id.Request](d.controls)
	sum := sha256.Sum256(random[:])
	return base32.StdEncoding.EncodeToString(sum[:])[:20]
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// dial connects, with TLS where it is configured.
func (d *Destination) dial(ctx context.Context) (net.Conn, error) {
	if d.config.TLS == nil {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "tcp", d.config.Address)
	}
	dialer := tls.Dialer{Config: d.config.TLS}
	return dialer.DialContext(ctx, "tcp", d.config.Address)
}
