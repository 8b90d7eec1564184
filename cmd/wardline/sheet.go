package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"os"
	"strings"
	"time"

	"rsc.io/qr"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/store"
)

// Sheets are for paper, which is how a fingerprint comes to people by another way than the server: one file, nothing fetched, black on white.

//go:embed sheet/sheet.html
var sheetText string

//go:embed sheet/sheet.css
var sheetStyle string

var sheets = template.Must(template.Must(template.New("css").Parse(sheetStyle)).Parse(sheetText))

const sheetTime = "Monday 2 January 2006, 15:04"

// sheet is what both kinds say.
type sheet struct {
	Title, Organisation, Printed string
	Version                      uint32
	Rows                         [][]string
}

func newSheet(title string, manifest *envelope.Manifest, now time.Time) sheet {
	return sheet{
		Title: title, Organisation: manifest.Organisation, Version: manifest.Version, Printed: now.Format(sheetTime), Rows: fingerprintRows(manifest.Hash),
	}
}

type personPaper struct {
	sheet
	Name, Role, Ward, UserName, Ends, Link string
	Code                                   template.HTML
}

// writePersonSheet is one person's link, on paper.
func writePersonSheet(to io.Writer, manifest *envelope.Manifest, person people.Person, link string, ends, now time.Time) error {
	code, err := qrCode(link, "QR code of the address beside it")
	if err != nil {
		return err
	}
	return sheets.ExecuteTemplate(to, "person", personPaper{
		sheet: newSheet("Wardline: the way in for "+person.DisplayName, manifest, now),
		Name:  person.DisplayName, Role: person.Role, Ward: person.Ward, UserName: person.UserName, Ends: ends.Format(sheetTime), Link: link, Code: code,
	})
}

type poster struct {
	sheet
	Seats     []string
	Threshold uint8
	Issued    string
}

func writePoster(to io.Writer, manifest *envelope.Manifest, now time.Time) error {
	p := poster{
		sheet: newSheet("Wardline: the fingerprint of "+manifest.Organisation, manifest, now), Threshold: manifest.Threshold,
		Issued: manifest.Issued.Time().Format("2 January 2006"),
	}
	for _, seat := range manifest.Seats {
		p.Seats = append(p.Seats, seat.Name)
	}
	return sheets.ExecuteTemplate(to, "poster", p)
}

// quiet is the white edge that scanners need, in modules.
const quiet = 4

// qrCode draws a text as a picture inside the page. Level M stands a crease and a coffee ring.
func qrCode(text, label string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("drawing the QR code: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	side := code.Size + 2*quiet
	return template.HTML(fmt.Sprintf( // nothing in it is anybody's text but the label, which is ours
		`<svg viewBox="0 0 %d %d" role="img" aria-label="%s" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="%s"/></svg>`,
		side, side, template.HTMLEscapeString(label), side, side, path.String())), nil
}

// sheetFile makes a file that must not exist and fills it; what fails leaves none behind.
func sheetFile(path string, mode os.FileMode, fill func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("%s was not written: %w", path, err)
	}
	if err := errors.Join(fill(file), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

var errAddressNeeded = fault.New(fault.Invalid, "public_url_needed",
	"A sheet needs the address that browsers use: give --public-url, or public_url in the configuration file.")

type manifestSheet struct {
	place
	Out string `required:"" placeholder:"FILE" help:"The HTML file to make, for A4."`
}

// Run writes the poster.
func (c *manifestSheet) Run(ctx context.Context, terminal *terminal) error {
	return c.withTrust(ctx, func(_ *store.DB, _ *keyring.Keyring, trust *identity.Trust) error {
		err := sheetFile(c.Out, 0o644, func(to io.Writer) error { return writePoster(to, trust.Chain.Current(), clock.System{}.Now()) })
		if err != nil {
			return err
		}
		terminal.print("Print %s. Compare it with what an officer has before you put it up:\n", c.Out)
		printFingerprint(terminal, trust.Chain.Current().Hash)
		return nil
	})
}
