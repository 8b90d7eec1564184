package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

// TestR24_ASpentTrySurvivesKill runs this test binary again as a server that spends a try and is killed before it could compare anything.
func TestR24_ASpentTrySurvivesKill(t *testing.T) {
	const child = "WARDLINE_PIN_CHILD"
	person, device := seedPerson.ID, id.Device{7}
	if dsn := os.Getenv(child); dsn != "" {
		db, err := store.Open(context.Background(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		if _, found, err := db.SpendPIN(context.Background(), person, device); err != nil || !found {
			t.Fatal(found, err)
		}
		fmt.Println("spent")
		time.Sleep(time.Hour) // here it would compare
	}
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		db := storetest.Open(t, dsn)
		if err := db.AddPerson(t.Context(), seedPerson, seedEvent); err != nil {
			t.Fatal(err)
		}
		if err := db.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO pin (device, person, unlocker, verifier, key_version, share, tries) VALUES ($1, $2, $3, $4, 1, $5, 3)`,
				device, person, id.Unlocker{8}, []byte{1}, []byte{2})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for left := 2; left >= 0; left-- {
			cmd := exec.Command(os.Args[0], "-test.run=^TestR24_ASpentTrySurvivesKill$")
			cmd.Env = append(os.Environ(), child+"="+dsn)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if !bufio.NewScanner(out).Scan() {
				t.Fatal("the child spent nothing")
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
			cmd.Wait()
			var tries int
			if err := db.Read(t.Context()).Row(`SELECT tries FROM pin`).Scan(&tries); err != nil || tries != left {
				t.Errorf("%d tries are left, want %d; %v", tries, left, err)
			}
		}
		if _, found, err := db.SpendPIN(t.Context(), person, device); found || err != nil {
			t.Errorf("a fourth try: %v, %v", found, err)
		}
	})
}
