package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/identity"
)

type seatCommand struct {
	New  seatNew  `cmd:"" help:"Make a seat: a private file for the officer alone, and a public file for the server's operator."`
	Sign seatSign `cmd:"" help:"Sign a root manifest that names this seat."`
}

type seatNew struct {
	Name string `required:"" help:"The office, such as Caldicott Guardian. Whoever can reach the server can read it, also who has not signed in: name the office, and the person only where your organisation publishes who holds it."`
	Out  string `required:"" placeholder:"FILE" help:"The private file to make; the public file gets .pub after it."`
}

// Run makes both files and refuses to replace either.
func (c *seatNew) Run(terminal *terminal) error {
	seat, err := identity.NewSeat(c.Name)
	if err != nil {
		return err
	}
	if err := writeNew(c.Out, seat.PrivateText(), 0o600); err != nil {
		return err
	}
	if err := writeNew(c.Out+".pub", seat.Public().Text(), 0o644); err != nil {
		return err
	}
	terminal.print("%s", seat.Public().Text())
	terminal.print("\nKeep %s to yourself, with a copy in a safe. Give %s to whoever founds the server.\n", c.Out, c.Out+".pub")
	return nil
}

type seatSign struct {
	Seat     string `required:"" placeholder:"FILE" help:"The private file of the seat."`
	Out      string `required:"" placeholder:"FILE" help:"The signature file to make."`
	Before   string `placeholder:"FILE" help:"For a later version: the manifest before it, also from the operator. Its fingerprint is the one on your sheets."`
	Yes      bool   `help:"Do not ask."`
	Manifest string `arg:"" help:"The manifest file from the server's operator."`
}

var errNotSigned = errors.New("nothing was signed")

// Run shows what would be signed, asks, and signs.
func (c *seatSign) Run(terminal *terminal) error {
	text, err := os.ReadFile(c.Seat)
	if err != nil {
		return err
	}
	seat, err := identity.ParseSeat(string(text))
	if err != nil {
		return err
	}
	object, err := os.ReadFile(c.Manifest)
	if err != nil {
		return err
	}
	var before []byte
	if c.Before != "" {
		if before, err = os.ReadFile(c.Before); err != nil {
			return err
		}
	}
	signature, err := seat.SignManifest(object, before)
	if err != nil {
		return err
	}
	if before != nil {
		if err := showChange(terminal, before, object); err != nil {
			return err
		}
	}
	if err := showManifest(terminal, object); err != nil {
		return err
	}
	if !c.Yes && !confirmed(terminal, "\nCompare the fingerprint with the operator's by telephone. Sign? Type yes: ") {
		return errNotSigned
	}
	if err := writeNew(c.Out, signature.Text(), 0o644); err != nil {
		return err
	}
	terminal.print("Signed as seat %d. Give %s to the operator.\n", signature.Index, c.Out)
	return nil
}

func showManifest(terminal *terminal, object []byte) error {
	manifest, err := envelope.Parse[envelope.RootManifest](object)
	if err != nil {
		return err
	}
	fingerprint, err := envelope.HashBytes(object)
	if err != nil {
		return err
	}
	terminal.print("Root manifest version %d of %s, %s\n", manifest.Version, manifest.Organisation, manifest.Issued.Time().Format(time.RFC1123))
	terminal.print("Any %d of these officers together open what a disclosure order lists:\n", manifest.Threshold)
	for _, seat := range manifest.Seats {
		terminal.print("  %d  %s\n", seat.Index, seat.Name)
	}
	printFingerprint(terminal, fingerprint)
	return nil
}

// showChange says what a later version changes: an officer signs that, and not only that the rest is as it was.
func showChange(terminal *terminal, before, after []byte) error {
	old, err := envelope.Parse[envelope.RootManifest](before)
	if err != nil {
		return err
	}
	next, err := envelope.Parse[envelope.RootManifest](after)
	if err != nil {
		return err
	}
	fingerprint, err := envelope.HashBytes(before)
	if err != nil {
		return err
	}
	terminal.print("It follows version %d, which has to be the one on your sheets:\n", old.Version)
	printFingerprint(terminal, fingerprint)
	terminal.print("What changes:\n")
	for _, seat := range next.Seats {
		if known, found := old.Seat(seat.Index); !found || known.Sign != seat.Sign || known.Seal != seat.Seal || known.Name != seat.Name {
			terminal.print("  seat %d is new: %s\n", seat.Index, seat.Name)
		}
	}
	for _, seat := range old.Seats {
		if _, found := next.Seat(seat.Index); !found {
			terminal.print("  seat %d goes: %s\n", seat.Index, seat.Name)
		}
	}
	for purpose := envelope.PurposeBind; purpose <= envelope.PurposeAudit; purpose++ {
		if old.ServerKey(purpose) != next.ServerKey(purpose) {
			terminal.print("  the server has a new key for %q\n", purpose)
		}
	}
	if old.Threshold != next.Threshold {
		terminal.print("  %d officers have to agree, not %d\n", next.Threshold, old.Threshold)
	}
	if old.Organisation != next.Organisation || old.Policy != next.Policy || old.MinSuite != next.MinSuite || old.MinClient != next.MinClient {
		terminal.print("  the organisation's name, its policy or what it asks of clients\n")
	}
	terminal.print("\n")
	return nil
}

func confirmed(terminal *terminal, question string) bool {
	terminal.print("%s", question)
	answer, _ := bufio.NewReader(terminal.in).ReadString('\n')
	return strings.TrimSpace(answer) == "yes"
}

// writeNew writes a file that must not exist, durable before it returns.
func writeNew(path, content string, mode os.FileMode) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("%s was not written: %w", path, err)
	}
	_, err = file.WriteString(content)
	return errors.Join(err, file.Sync(), file.Close())
}
