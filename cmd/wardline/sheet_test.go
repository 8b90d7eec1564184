package main

import (
	"bytes"
	"encoding/hex"
	"html"
	"image"
	"image/color"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/people"
)

// scanned is what a camera reads of the first QR code of a page.
func scanned(t *testing.T, page string) string {
	t.Helper()
	view := regexp.MustCompile(`<svg viewBox="0 0 (\d+) \d+"`).FindStringSubmatch(page)
	if view == nil {
		t.Fatal("no QR code")
	}
	side, _ := strconv.Atoi(view[1])
	const scale = 4
	picture := image.NewGray(image.Rect(0, 0, side*scale, side*scale))
	for n := range picture.Pix {
		picture.Pix[n] = 255
	}
	for _, at := range regexp.MustCompile(`M(\d+) (\d+)h1v1h-1z`).FindAllStringSubmatch(page, -1) {
		x, _ := strconv.Atoi(at[1])
		y, _ := strconv.Atoi(at[2])
		for n := range scale * scale {
			picture.SetGray(x*scale+n%scale, y*scale+n/scale, color.Gray{})
		}
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	fatal(t, err)
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	fatal(t, err)
	return result.GetText()
}

// TestP3_APersonsSheetCarriesTheLinkAndTheFingerprint: what a camera reads, what is printed below, and what the link says are one.
func TestP3_APersonsSheetCarriesTheLinkAndTheFingerprint(t *testing.T) {
	manifest := &envelope.Manifest{RootManifest: envelope.RootManifest{Organisation: "Northbridge NHS Trust", Version: 3}, Hash: id.Hash{0xa9, 0x1b, 31: 0x3a}}
	link := "https://wardline.northbridge.example.nhs.uk/#/enrol/" + strings.Repeat("A", 43) + "." + manifest.Hash.String()
	ends := time.Date(2026, 3, 9, 17, 30, 0, 0, time.UTC)
	var page bytes.Buffer
	fatal(t, writePersonSheet(&page, manifest, people.Person{DisplayName: "Dr A Patel", Role: "Registrar", UserName: "a.patel"}, link, ends, ends))
	if got := scanned(t, page.String()); got != link {
		t.Errorf("the camera reads %q", got)
	}
	text := html.UnescapeString(page.String())
	for _, want := range []string{link, "Monday 9 March 2026, 17:30", "a.patel", "Manifest version 3", "<td>a91b</td><td>0000</td><td>0000</td><td>0000</td>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the sheet has no %q", want)
		}
	}
	var digits strings.Builder
	for _, group := range regexp.MustCompile(`<td>([0-9a-f]{4})</td>`).FindAllStringSubmatch(page.String(), -1) {
		digits.WriteString(group[1])
	}
	if digits.String() != hex.EncodeToString(manifest.Hash[:]) {
		t.Errorf("the groups are %s", digits.String())
	}
}

// TestAFingerprintIsReadAsItIsPrinted: what is copied from a sheet or from a link is one fingerprint.
func TestAFingerprintIsReadAsItIsPrinted(t *testing.T) {
	hash := id.Hash{0xa9, 0x1b, 31: 0x3a}
	var rows []string
	for _, row := range fingerprintRows(hash) {
		rows = append(rows, strings.Join(row, " "))
	}
	if len(rows) != 4 || rows[0] != "a91b 0000 0000 0000" || rows[3] != "0000 0000 0000 003a" {
		t.Errorf("%q", rows)
	}
	for _, text := range []string{strings.Join(rows, "\n"), strings.ToUpper(strings.Join(rows, "")), hash.String()} {
		if found, err := parseFingerprint(text); err != nil || found != hash {
			t.Errorf("%q: %v, %v", text, found, err)
		}
	}
	for _, text := range []string{"", strings.Join(rows[:3], " "), strings.Join(rows, " ") + " 00", hash.String()[1:], strings.Repeat("g", 64)} {
		if _, err := parseFingerprint(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
