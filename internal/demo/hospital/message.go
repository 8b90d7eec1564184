package hospital

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fhir"
	"github.com/wardline/wardline/internal/hl7"
	"github.com/wardline/wardline/internal/mllp"
)

// HL7Application is the record as its HL7 messages name it, HL7Sender whom it takes messages from.
var (
	HL7Application = hl7.Place{Application: "NORTHBRIDGE-EPR", Facility: "RXX99"}
	HL7Sender      = hl7.Place{Application: "WARDLINE", Facility: "RXX99"}
)

// Assigning authorities in PID-3.
const (
	HL7NHSAuthority      = "NHS"
	HL7HospitalAuthority = "RXX99"
)

// messages is the record's ear for HL7 v2.
type messages struct {
	listener net.Listener
	stop     context.CancelFunc
	all      sync.WaitGroup

	mu   sync.Mutex
	sent int // our own control ids
}

// hearMessages listens on loopback until ctx ends or close is called.
func (h *Hospital) hearMessages(ctx context.Context, address string) (*messages, error) {
	address, err := loopbackAddress(address)
	if err != nil {
		return nil, err
	}
	m := &messages{}
	if m.listener, err = net.Listen("tcp", address); err != nil {
		return nil, fmt.Errorf("hospital: listen: %w", err)
	}
	ctx, m.stop = context.WithCancel(ctx)
	context.AfterFunc(ctx, func() { _ = m.listener.Close() })
	m.all.Go(func() {
		for {
			connection, err := m.listener.Accept()
			if err != nil {
				return
			}
			m.all.Go(func() { h.converse(ctx, m, connection) })
		}
	})
	return m, nil
}

func (m *messages) close() error {
	m.stop()
	m.all.Wait()
	return nil
}

// converse answers the messages of one connection, in the record's mood.
func (h *Hospital) converse(ctx context.Context, m *messages, connection net.Conn) {
	defer connection.Close()
	defer context.AfterFunc(ctx, func() { _ = connection.Close() })()
	from := bufio.NewReader(connection)
	for {
		if h.RecordMode() == RecordDown {
			return
		}
		data, err := mllp.ReadFrame(from, mostBytes)
		if err != nil {
			return
		}
		answer := h.hear(ctx, data)
		switch {
		case answer.hangUp:
			return
		case answer.garbage:
			_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\n\r\n<p>Please sign in to the clinical portal.</p>")
			return
		}
		m.mu.Lock()
		m.sent++
		control := fmt.Sprintf("EPR%d", m.sent)
		m.mu.Unlock()
		if mllp.WriteFrame(connection, hl7.Encode(hl7.Answer(answer.from, answer.code, answer.to, answer.words, control))) != nil {
			return
		}
	}
}

// heard is what becomes of one message.
type heard struct {
	from            hl7.Place
	code, to, words string
	hangUp, garbage bool
}

// hear takes one message. Moods that a sender over HL7 cannot see do what they do over FHIR, and are acknowledged: that is what reading back is for.
func (h *Hospital) hear(ctx context.Context, data []byte) heard {
	mode := h.currently()
	switch mode.Record {
	case RecordDropBefore:
		return heard{hangUp: true}
	case RecordGarbage:
		return heard{garbage: true}
	}
	message, err := hl7.Decode(data)
	if err != nil {
		return heard{from: HL7Application, code: "AR", to: "0", words: "This cannot be read."}
	}
	answer := heard{from: HL7Application, code: "AA", to: message[0].Value(10, 1)}
	refuse := func(words string) heard {
		answer.code, answer.words = "AE", words
		return answer
	}
	if mode.Record == RecordRefuse {
		return refuse(mode.Reason)
	}
	if mode.Record == RecordFalseReceipt {
		answer.from.Application = "NORTHBRIDGE-TIE" // the engine has it in its queue, and loses it
		return answer
	}
	identifier := "urn:uuid:" + message.Segment("TXA").Value(12, 1)
	if message[0].Value(9, 2) == string(hl7.Cancel) {
		if found := h.shelf.carrying(fhir.SystemURI, identifier); len(found) == 0 {
			return refuse("There is no such document.")
		} else if _, _, _, err := h.shelf.withdraw(found[0].id(), `W/"`+found[0].Reference.Meta.VersionID+`"`); err != nil {
			return refuse("The record cannot write.")
		}
		return answer
	}
	sent, err := readMDM(message, identifier)
	if err != nil {
		return refuse(err.Error())
	}
	patient, ok := sent.patient(h.people(HospitalView))
	if !ok {
		return refuse("This record has no patient with that number.")
	}
	if h.isLocked(patient) {
		return refuse(refusal)
	}
	_, _, err = h.shelf.put(identifier, func(sequence int) filedDocument {
		switch mode.Record {
		case RecordAlter:
			sent.alter()
		case RecordMisfile:
			patient = patients[(indexOf(patient)+1)%len(patients)]
		}
		return sent.filed(sequence, patient, h.config.Clock.Now())
	})
	switch {
	case err != nil:
		return refuse("The record cannot write.")
	case mode.Record == RecordDropAfter:
		return heard{hangUp: true}
	case mode.Record == RecordDelay && clock.Until(ctx, h.config.Clock, h.config.Clock.Now().Add(h.config.Delay)) != nil:
		return heard{hangUp: true}
	}
	return answer
}

// readMDM makes of a message what the record keeps of documents, however they came.
func readMDM(message hl7.Message, identifier string) (*transaction, error) {
	header, pid, txa, obx := message[0], message.Segment("PID"), message.Segment("TXA"), message.Segment("OBX")
	if header.Value(9, 1) != "MDM" || header.Value(9, 2) != string(hl7.Original) && header.Value(9, 2) != string(hl7.Replacement) {
		return nil, errors.New("this record takes MDM^T02, T10 and T11")
	}
	if header.Value(18, 1) != "UNICODE UTF-8" || header.Value(3, 1) != HL7Sender.Application || header.Value(5, 1) != HL7Application.Application {
		return nil, errors.New("the message is not for this record, or not in UTF-8")
	}
	content, err := base64.StdEncoding.DecodeString(obx.Value(5, 5))
	if err != nil || len(content) == 0 || obx.Value(2, 1) != "ED" || txa.Value(12, 1) == "" {
		return nil, errors.New("the document is missing")
	}
	system := HospitalNumberSystem
	if pid.Value(3, 4) == HL7NHSAuthority {
		system = fhir.SystemNHSNumber
	}
	size := len(content)
	reference := &fhir.DocumentReference{
		Status: "current", Description: obx.Value(3, 2), Date: txa.Value(4, 1),
		MasterIdentifier: &fhir.Identifier{System: fhir.SystemURI, Value: identifier},
		Subject:          &fhir.Reference{Identifier: &fhir.Identifier{System: system, Value: pid.Value(3, 1)}},
		Author:           []fhir.Reference{{Display: txa.Value(9, 2)}},
		Content: []fhir.DocumentContent{{Attachment: fhir.Attachment{
			ContentType: strings.ToLower(obx.Value(5, 2) + "/" + obx.Value(5, 3)), Size: &size, Hash: fhir.AttachmentHash(content),
		}}},
	}
	if replaces := txa.Value(13, 1); replaces != "" {
		reference.RelatesTo = []fhir.RelatesTo{{Code: "replaces", Target: fhir.Reference{
			Identifier: &fhir.Identifier{System: fhir.SystemURI, Value: "urn:uuid:" + replaces},
		}}}
	}
	binary := &fhir.Binary{ContentType: "text/html", Data: obx.Value(5, 5)}
	return &transaction{identifier: identifier, reference: reference, binary: binary, bytes: content}, nil
}
