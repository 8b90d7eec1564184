package httpapi

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
)

func TestACursorIsAPlaceAndNothingElse(t *testing.T) {
	place := record.LetterPlace{FiledAt: time.UnixMilli(1_772_366_400_123).UTC(), Filing: id.Filing{1, 2, 3}}
	if got, err := readCursor(writeCursor(place)); err != nil || got != place {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := readCursor(""); err != nil || got != (record.LetterPlace{}) || writeCursor(got) != "" {
		t.Errorf("the beginning: %+v, %v", got, err)
	}
	for _, forged := range []string{"x", "AAAA", writeCursor(place) + "A", strings.Repeat("A", 1000), base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("\xff", 24)))} {
		if _, err := readCursor(forged); !errors.Is(err, errCursor) {
			t.Errorf("%.40q: %v", forged, err)
		}
	}
}
