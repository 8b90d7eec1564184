package restore

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/wardline/wardline/internal/backup"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/shredstore"
)

// Report says what was restored and what was proved of it.
type Report struct {
	Drill        bool      `json:"drill"`
	Organisation string    `json:"organisation"`
	Set          string    `json:"set"`
	TakenAt      time.Time `json:"taken_at"`
	Program      string    `json:"program"`
	Database     string    `json:"from_database"`
	Bytes        int64     `json:"bytes"` // of the files
	Seconds      float64   `json:"seconds"`
	Leaves       int64     `json:"leaves"` // of the Merkle log

	Tables  []TableReport     `json:"tables"`
	LeftOut map[string]string `json:"left_out"` // tables that are in no backup, and why
	Checks  []Check           `json:"checks"`
	Ledger  LedgerReport      `json:"ledger"`
	Halves  *HalvesReport     `json:"halves"` // null when none were restored
}

// TableReport is one table.
type TableReport struct {
	Kind backup.Kind `json:"kind"`
	Name string      `json:"name"`
	Rows int64       `json:"rows"`
}

// Check is one thing that was proved, or not.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Count  int64  `json:"count"`            // how many things were looked at
	Failed int64  `json:"failed"`           // and how many were wrong
	First  string `json:"first,omitempty"`  // what was wrong with the first of them: ids and codes
	Detail string `json:"detail,omitempty"` // what else there is to say
}

// LedgerReport is what the destruction ledger did.
type LedgerReport struct {
	Size int64     `json:"size"`
	At   time.Time `json:"at"` // the copy's age: what was destroyed later is not known
	// Destroyed were readable in the backup and are tombstones again; Absent were sent and destroyed after it; Held are those of Destroyed that were under
	// a hold at the time of the backup, which had been released before they were destroyed.
	Destroyed int64 `json:"destroyed"`
	Absent    int64 `json:"absent"`
	Held      int64 `json:"held_then"`
	Beyond    int64 `json:"beyond"` // entries after the last signed head, which were not used
}

// HalvesReport is about the file of halves.
type HalvesReport struct {
	Set     string    `json:"set"`
	TakenAt time.Time `json:"taken_at"`
	Until   time.Time `json:"until"` // when the file is past the shred horizon
	// Inside counts messages that were destroyed and can still be read from this file until then, and names them.
	Inside   int64     `json:"inside"`
	Messages []Message `json:"messages"`
}

// Message names one.
type Message struct {
	Thread  id.Thread  `json:"thread"`
	Message id.Message `json:"message"`
}

// maxNamed is how many messages a report names.
const maxNamed = 1000

func newReport(r *run) *Report {
	m := r.main.Manifest()
	report := &Report{
		Drill: r.Drill, Organisation: m.Organisation, Set: m.Set, TakenAt: m.Taken(), Program: m.Program, Database: m.Database, Bytes: r.main.Size,
		LeftOut: store.LeftOut(), Ledger: LedgerReport{Size: r.ledger.Head.Number, At: r.ledger.Head.At, Beyond: r.ledger.Beyond},
	}
	if r.shred != nil {
		s := r.shred.Manifest()
		report.Bytes += r.shred.Size
		report.Halves = &HalvesReport{Set: s.Set, TakenAt: s.Taken(), Until: s.Expires(), Messages: []Message{}}
	}
	return report
}

func (r *Report) loaded(kind backup.Kind, table backup.Table, rows int64) {
	r.Tables = append(r.Tables, TableReport{Kind: kind, Name: table.Name, Rows: rows})
}

func (r *Report) inside(one shredstore.Name) {
	if r.Halves.Inside++; len(r.Halves.Messages) < maxNamed {
		r.Halves.Messages = append(r.Halves.Messages, Message(one))
	}
}

func (r *Report) replayed(one store.Replayed) {
	r.Ledger.Destroyed += one.Destroyed
	r.Ledger.Absent += one.Absent
	r.Ledger.Held += one.Held
}

func (r *Report) rows() (total int64) {
	for _, table := range r.Tables {
		total += table.Rows
	}
	return total
}

// Failed says whether any check failed.
func (r *Report) Failed() bool { return len(r.failures()) > 0 }

func (r *Report) failures() (names []string) {
	for _, check := range r.Checks {
		if !check.OK {
			names = append(names, check.Name)
		}
	}
	return names
}

// Print writes the report as tables.
func (r *Report) Print(to io.Writer) {
	fmt.Fprintf(to, "%s, backup %s of %s (%s, from %s)\n", r.Organisation, r.Set, r.TakenAt.Format(time.RFC1123), megabytes(r.Bytes), r.Database)
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\nTABLE\tROWS\n")
	for _, one := range r.Tables {
		if one.Rows > 0 {
			fmt.Fprintf(table, "%s\t%d\n", one.Name, one.Rows)
		}
	}
	fmt.Fprintf(table, "\nCHECK\tLOOKED AT\tRESULT\n")
	for _, check := range r.Checks {
		result := "right"
		if !check.OK {
			result = fmt.Sprintf("%d WRONG: %s", check.Failed, check.First)
		}
		if check.Detail != "" {
			result += " (" + check.Detail + ")"
		}
		fmt.Fprintf(table, "%s\t%d\t%s\n", check.Name, check.Count, result)
	}
	table.Flush()
	fmt.Fprintf(to, "\nDestruction ledger: %d entries, as of %s.\n", r.Ledger.Size, r.Ledger.At.Format(time.RFC1123))
	fmt.Fprintf(to, "  %d messages that this backup could still read were destroyed again; %d came and went after it.\n", r.Ledger.Destroyed, r.Ledger.Absent)
	if r.Ledger.Held > 0 {
		fmt.Fprintf(to, "  %d of them were under a hold when the backup was made; it was released before they were destroyed.\n", r.Ledger.Held)
	}
	if r.Ledger.Beyond > 0 {
		fmt.Fprintf(to, "  %d entries after its last signed line were not used: the copy was cut off while it was written.\n", r.Ledger.Beyond)
	}
	r.printHalves(to)
	fmt.Fprintf(to, "\n%d rows in %.1f s, %.1f MB/s\n", r.rows(), r.Seconds, float64(r.Bytes)/1e6/max(r.Seconds, 0.001))
}

func (r *Report) printHalves(to io.Writer) {
	switch {
	case r.Halves == nil:
		fmt.Fprintf(to, "No halves were restored: messages can be read only if the shred store that they belong to is still there.\n")
	case r.Halves.Inside == 0:
		fmt.Fprintf(to, "Halves: as of %s. No destroyed message can be read from this file.\n", r.Halves.TakenAt.Format(time.RFC1123))
	default:
		fmt.Fprintf(to, "Halves: as of %s. %d messages that were destroyed can still be read from this file; it may be kept until %s:\n",
			r.Halves.TakenAt.Format(time.RFC1123), r.Halves.Inside, r.Halves.Until.Format(time.RFC1123))
		for _, one := range r.Halves.Messages[:min(20, len(r.Halves.Messages))] {
			fmt.Fprintf(to, "  message %s in thread %s\n", one.Message, one.Thread)
		}
		if r.Halves.Inside > 20 {
			fmt.Fprintf(to, "  and %d more: --json names up to %d\n", r.Halves.Inside-20, maxNamed)
		}
	}
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

func syncDirOf(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
