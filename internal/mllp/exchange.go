package mllp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/wardline/wardline/internal/fhir"
	"github.com/wardline/wardline/internal/hl7"
)

// mostAnswers bounds what is listened to on one connection: an engine's word, a late one, and then the record's.
const mostAnswers = 16

// exchange sends one message on a connection of its own and waits for the record's application to acknowledge it. It returns nil for AA and nothing
// else.
func (d *Destination) exchange(ctx context.Context, document hl7.Document) error {
	ctx, cancel := context.WithTimeout(ctx, d.config.Timeout)
	defer cancel()
	connection, err := d.dial(ctx)
	if err != nil {
		return ErrUnavailable.Because(fmt.Errorf("mllp: connecting: %w", quiet(err)))
	}
	defer connection.Close()
	stop := context.AfterFunc(ctx, func() { _ = connection.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := WriteFrame(connection, hl7.Encode(hl7.MDM(document))); err != nil {
		return ErrUnavailable.Because(fmt.Errorf("mllp: sending: %w", quiet(err)))
	}
	answers := bufio.NewReader(connection)
	others := false // something else has answered meanwhile
	for range mostAnswers {
		data, err := ReadFrame(answers, mostAnswer)
		switch {
		case errors.Is(err, errFrame):
			return ErrUnintelligible.Because(errFrame)
		case err != nil && others:
			return ErrNoReceipt.Because(fmt.Errorf("mllp: waiting for the application: %w", quiet(err)))
		case err != nil:
			return ErrUnavailable.Because(fmt.Errorf("mllp: waiting for an answer: %w", quiet(err)))
		}
		ack, err := hl7.ReadAck(data)
		if err != nil {
			return ErrUnintelligible.Because(err)
		}
		over, err := d.judge(ack, document.ControlID)
		if over {
			return err
		}
		others = true
	}
	return ErrNoReceipt.Because(errors.New("mllp: many answers, and none of the record's application"))
}

// judge says whether an answer settles the exchange, and how. An engine may refuse on the record's behalf, and a person must hear of it; it may not accept.
func (d *Destination) judge(ack hl7.Ack, controlID string) (over bool, err error) {
	if ack.Answers != controlID {
		return false, nil // to another message: an earlier attempt's, or somebody else's
	}
	switch ack.Code {
	case "AA":
		return ack.From == d.config.Receiver, nil
	case "CA":
		return false, nil
	case "AE", "AR", "CE", "CR":
		reason := fhir.PlainText(ack.Words, longestReason) // one way of making a stranger's words fit to be shown
		if reason == "" {
			reason = "It gave no reason."
		}
		return true, ErrRefused.With("reason", reason)
	}
	return true, ErrUnintelligible.Because(errors.New("mllp: no such acknowledgement code"))
}

// quiet keeps what kind of failure it was; addresses and bytes stay out of logs.
func quiet(err error) error {
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, os.ErrDeadlineExceeded} {
		if errors.Is(err, known) {
			return known
		}
	}
	return fmt.Errorf("%T", err)
}
