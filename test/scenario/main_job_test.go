// Package scenario_test plays whole-server stories on SQLite and on PostgreSQL.
package scenario_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/wardline/wardline/internal/demo"
	"github.com/wardline/wardline/internal/store/storetest"
)

// TestR01_R08_R11_R18_R19_R20_R21_TheMainJob is `wardline demo --check`: two clinicians, one identified patient, one decision in the record, the
// originals gone.
func TestR01_R08_R11_R18_R19_R20_R21_TheMainJob(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		var out bytes.Buffer
		err := demo.Check(t.Context(), demo.CheckOptions{Database: dsn, JSON: true, Out: &out})
		var report demo.Report
		if errJSON := json.Unmarshal(out.Bytes(), &report); errJSON != nil {
			t.Fatalf("the report is not JSON: %v", errJSON)
		}
		for _, step := range report.Steps {
			t.Logf("%6.2f s  %s %s", step.Seconds, step.Step, step.Error)
		}
		if err != nil || !report.Passed || len(report.Steps) < 20 {
			t.Fatalf("passed %v after %d steps: %v", report.Passed, len(report.Steps), err)
		}
	})
}
