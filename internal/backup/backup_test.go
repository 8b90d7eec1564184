package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/audit/audittest"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/ledger"
)

var (
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	key  = audittest.NewKey(1)
)

// shelf is a source of one table whose rows a test chooses. between is called before each row.
type shelf struct {
	rows    []Row
	counted int64
	between func(n int) error
}

var columns = []Column{{"number", Integer}, {"name", Text}, {"body", Bytes}, {"done", Flag}}

func (s *shelf) Snapshot(_ context.Context, fn func(Snapshot) error) error { return fn(s) }

func (s *shelf) Schema() (int64, []Table, error) {
	return 3, []Table{{Name: "empty", Columns: columns[:1]}, {Name: "bed", Columns: columns, Rows: int64(len(s.rows)) + s.counted}}, nil
}

func (s *shelf) Rows(table Table, each func(Row) error) error {
	if table.Name == "empty" {
		return nil
	}
	for n, row := range s.rows {
		if s.between != nil {
			if err := s.between(n); err != nil {
				return err
			}
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) State() (State, error) { return State{Ledger: ledger.Head{Number: 4}}, nil }

// beds are rows that do not compress, a kilobyte each.
func beds(count int) []Row {
	rows := make([]Row, count)
	for n := range rows {
		rows[n] = Row{int64(n), fmt.Sprint("bed ", n), bytes.Repeat([]byte{byte(n)}, 1000), n%2 == 0}
	}
	return rows
}

func newMaker(t testing.TB, dir string, source Source) (*Maker, *age.X25519Identity, *clock.Manual) {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	clk := clock.NewManual(noon)
	return &Maker{
		Main: source, Shred: source, MainDialect: "sqlite", ShredDialect: "sqlite", Dir: dir, Recipients: []age.Recipient{identity.Recipient()},
		Signer: key, Clock: clk, Whose: Belonging{Organisation: "Northfield", Horizon: 7 * 24 * time.Hour, Program: "test"},
		Place: func(context.Context) error { return nil },
		Audit: func(context.Context, audit.Event) error { return nil },
	}, identity, clk
}

func readAll(path string, identity age.Identity) (rows []Row, err error) {
	opened, err := OpenFile(path, [][32]byte{key.Public()}, identity)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	for {
		if _, err := opened.Table(); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return rows, err
		}
		for {
			row, err := opened.Row()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return rows, err
			}
			kept := make(Row, len(row))
			for n, value := range row {
				if b, ok := value.([]byte); ok {
					value = bytes.Clone(b)
				}
				kept[n] = value
			}
			rows = append(rows, kept)
		}
	}
}

func TestRowsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		source := &shelf{}
		for range rapid.IntRange(0, 40).Draw(r, "rows") {
			row := Row{rapid.Int64().Draw(r, "number"), rapid.String().Draw(r, "name"), rapid.SliceOf(rapid.Byte()).Draw(r, "body"), rapid.Bool().Draw(r, "done")}
			if rapid.IntRange(0, 3).Draw(r, "null") == 0 {
				row[rapid.IntRange(0, 3).Draw(r, "which")] = nil
			}
			source.rows = append(source.rows, row)
		}
		dir, err := os.MkdirTemp("", "wardline-backup-")
		if err != nil {
			r.Fatal(err)
		}
		defer os.RemoveAll(dir)
		maker, identity, _ := newMaker(t, dir, source)
		maker.create = unsynced
		made, err := maker.Make(t.Context())
		if err != nil {
			r.Fatal(err)
		}
		got, err := readAll(made.Main.Path, identity)
		if diff := cmp.Diff(source.rows, got); err != nil || diff != "" {
			r.Fatalf("%v\n%s", err, diff)
		}
	})
}

func TestARowLargerThanAFrame(t *testing.T) {
	source := &shelf{rows: []Row{{int64(1), "", bytes.Repeat([]byte("x"), 3*fullFrame), true}, {int64(2), "", []byte{}, false}}}
	maker, identity, _ := newMaker(t, t.TempDir(), source)
	made, err := maker.Make(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := readAll(made.Main.Path, identity); err != nil || !reflect.DeepEqual(source.rows, got) {
		t.Errorf("%d rows, %v", len(got), err)
	}
}

// TestWhoSignedABackup: one of the keys that the server has had, and nobody else.
func TestWhoSignedABackup(t *testing.T) {
	maker, identity, _ := newMaker(t, t.TempDir(), &shelf{rows: beds(3)})
	made, err := maker.Make(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		keys [][32]byte
		want error
	}{
		"a later key and this one": {[][32]byte{audittest.NewKey(2).Public(), key.Public()}, nil},
		"another":                  {[][32]byte{audittest.NewKey(2).Public()}, ErrOtherServer},
		"none":                     {nil, ErrOtherServer},
	} {
		opened, err := OpenFile(made.Main.Path, test.keys, identity)
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			if _, err = opened.Table(); err == nil {
				for err == nil {
					_, err = opened.Row()
				}
				if errors.Is(err, io.EOF) {
					err = nil
				}
			}
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAValueOfAnotherKindIsNotWritten(t *testing.T) {
	for name, row := range map[string]Row{
		"a number as text": {"1", "", nil, true}, "text as bytes": {int64(1), "", "x", true}, "too few": {int64(1)}, "a float": {1.5, "", nil, true},
	} {
		maker, _, _ := newMaker(t, t.TempDir(), &shelf{rows: []Row{row}})
		if made, err := maker.Make(t.Context()); err == nil {
			t.Errorf("%s: %+v", name, made)
		}
		none(t, maker.Dir)
	}
}

func TestACountThatIsNotReachedIsNoBackup(t *testing.T) {
	maker, _, _ := newMaker(t, t.TempDir(), &shelf{rows: beds(3), counted: 1})
	if _, err := maker.Make(t.Context()); fault.As(err).Code() != "backup_incomplete" {
		t.Errorf("%v", err)
	}
	none(t, maker.Dir)
}

func TestNobodyToReadItIsNoBackup(t *testing.T) {
	maker, _, _ := newMaker(t, t.TempDir(), &shelf{})
	maker.Recipients = nil
	if _, err := maker.Make(t.Context()); !errors.Is(err, ErrNoRecipient) {
		t.Errorf("%v", err)
	}
}

// TestDiskFullDuringABackup, at many places, in the device's own words (/dev/full): a clear error, and nothing that looks like a backup.
func TestDiskFullDuringABackup(t *testing.T) {
	maker, _, clk := newMaker(t, t.TempDir(), &shelf{rows: beds(3000)})
	if _, err := maker.Make(t.Context()); err != nil {
		t.Fatal(err)
	}
	earlier, err := Files(maker.Dir)
	if err != nil || len(earlier) != 2 {
		t.Fatalf("%d files, %v", len(earlier), err)
	}
	for _, room := range []int64{0, 100, 5000, 200 << 10, 2 << 20, 3_000_000} {
		clk.Advance(time.Second)
		audited := false
		maker.Audit = func(context.Context, audit.Event) error { audited = true; return nil }
		maker.create = func(path string) (file, error) {
			out, err := createFile(path)
			if err != nil {
				return nil, err
			}
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			return &small{file: out, full: full, room: room}, err
		}
		_, err := maker.Make(t.Context())
		if !errors.Is(err, ErrDiskFull) || audited {
			t.Errorf("room for %d: %v", room, err)
		}
		left, err := Files(maker.Dir)
		if diff := cmp.Diff(earlier, left); err != nil || diff != "" {
			t.Errorf("room for %d: %v\n%s", room, err, diff)
		}
		entries, err := os.ReadDir(maker.Dir)
		if err != nil || len(entries) != 2 {
			t.Errorf("room for %d: %d files are left", room, len(entries))
		}
	}
}

// small is a file on a disk that becomes full.
type small struct {
	file
	full *os.File
	room int64
}

func (s *small) Write(b []byte) (int, error) {
	if s.room -= int64(len(b)); s.room < 0 {
		return s.full.Write(b)
	}
	return s.file.Write(b)
}

func (s *small) Close() error { return errors.Join(s.file.Close(), s.full.Close()) }

// TestKillDuringABackup runs this test binary again as a child that makes a backup, kills it in the middle (kill -9), and finds nothing that looks like one.
func TestKillDuringABackup(t *testing.T) {
	const child = "WARDLINE_BACKUP_CHILD"
	if dir := os.Getenv(child); dir != "" {
		maker, _, _ := newMaker(t, dir, &shelf{rows: beds(20_000), between: func(n int) error {
			if n == 15_000 {
				fmt.Println("writing")
				select {} // until it is killed
			}
			return nil
		}})
		_, err := maker.Make(t.Context())
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKillDuringABackup$")
	cmd.Env = append(os.Environ(), child+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("writing"))); err != nil {
		t.Error(err)
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	cmd.Wait()
	none(t, dir)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || !strings.HasSuffix(entries[0].Name(), ".partial") {
		t.Fatalf("%v, %v: nothing was being written", entries, err)
	}
	// It goes once it is old enough to be nobody's.
	for wait, left := range map[time.Duration]int{time.Hour: 1, 25 * time.Hour: 0} {
		if _, err := Prune(dir, time.Hour, time.Hour, time.Now().Add(wait)); err != nil {
			t.Error(err)
		}
		if entries, _ := os.ReadDir(dir); wait == 25*time.Hour && len(entries) != left {
			t.Errorf("after %v %d files are left", wait, len(entries))
		}
	}
}

// TestAFailingShredFileTakesTheMainFileWithIt: the two are one set.
func TestAFailingShredFileTakesTheMainFileWithIt(t *testing.T) {
	maker, _, _ := newMaker(t, t.TempDir(), &shelf{rows: beds(3)})
	maker.Shred = &shelf{rows: beds(3), between: func(int) error { return context.Canceled }}
	if _, err := maker.Make(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	none(t, maker.Dir)
}

func TestNoHalvesWithoutAHorizon(t *testing.T) {
	maker, _, _ := newMaker(t, t.TempDir(), &shelf{rows: beds(3)})
	maker.Whose.Horizon = 0
	if _, err := maker.Make(t.Context()); err != nil {
		t.Fatal(err)
	}
	if files, err := Files(maker.Dir); err != nil || len(files) != 1 || files[0].Kind != Main {
		t.Errorf("%+v, %v", files, err)
	}
}

func TestP7_R20_HalvesGoAtTheHorizon(t *testing.T) {
	const day = 24 * time.Hour
	maker, _, clk := newMaker(t, t.TempDir(), &shelf{rows: beds(3)})
	var log bytes.Buffer
	maker.create = unsynced
	schedule := &Schedule{Maker: maker, Every: day, Keep: 10 * day, Horizon: 7 * day, Clock: clk, Log: slog.New(slog.NewTextHandler(&log, nil))}
	end := noon.Add(14 * day)
	for clk.Now().Before(end) {
		next := schedule.Step(t.Context())
		files, err := Files(maker.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			age := clk.Now().Sub(file.At)
			if file.Kind == Shred && age > 7*day || age > 10*day {
				t.Fatalf("on %v there is a %s file of %v", clk.Now(), file.Kind, file.At)
			}
		}
		if !next.After(clk.Now()) {
			t.Fatalf("the next step is at %v", next)
		}
		clk.Set(next)
	}
	files, err := Files(maker.Dir)
	kinds := map[Kind]int{}
	for _, file := range files {
		kinds[file.Kind]++
	}
	if err != nil || kinds[Main] < 10 || kinds[Shred] < 7 {
		t.Errorf("%v, %v", kinds, err)
	}
	// Backups fail from now on: the last main file stays whatever its age, and the halves go all the same.
	maker.Main = &shelf{between: func(int) error { return nil }, counted: 1}
	for end := clk.Now().Add(12 * day); clk.Now().Before(end); clk.Set(schedule.Step(t.Context())) {
		continue
	}
	files, err = Files(maker.Dir)
	if err != nil || len(files) != 1 || files[0].Kind != Main {
		t.Errorf("%+v, %v", files, err)
	}
	if !strings.Contains(log.String(), "backup_incomplete") {
		t.Errorf("a failing backup is not told: %.300s", &log)
	}
}

func TestTheScheduleFollowsTheFiles(t *testing.T) {
	maker, _, clk := newMaker(t, t.TempDir(), &shelf{rows: beds(3)})
	schedule := &Schedule{Maker: maker, Every: 30 * time.Minute, Keep: time.Hour, Horizon: time.Hour, Clock: clk, Log: slog.New(slog.DiscardHandler)}
	count := func() int {
		files, err := Files(maker.Dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	schedule.Step(t.Context())
	if count() != 2 {
		t.Error("the first is made at once")
	}
	clk.Advance(29 * time.Minute)
	if next := schedule.Step(t.Context()); count() != 2 || !next.Equal(noon.Add(30*time.Minute)) {
		t.Errorf("%d files, next at %v", count(), next)
	}
	if _, err := maker.Make(t.Context()); err != nil { // by hand
		t.Fatal(err)
	}
	clk.Advance(29 * time.Minute)
	if schedule.Step(t.Context()); count() != 4 {
		t.Errorf("%d files: one made by hand counts", count())
	}
	clk.Advance(time.Minute)
	if schedule.Step(t.Context()); count() != 6 {
		t.Errorf("%d files", count())
	}
}

func TestPruningLeavesWhatIsNotABackup(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"wardline-main-20200101T000000.000Z-0000000000000000.age.txt", "my-wardline-shred-20200101T000000.000Z-0000000000000000.age", "notes.age",
		"wardline-shred-20201301T000000.000Z-0000000000000000.age", "wardline-other-20200101T000000.000Z-0000000000000000.age",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "wardline-shred-20200101T000000.000Z-0000000000000000.age"), 0o700); err != nil {
		t.Fatal(err)
	}
	deleted, err := Prune(dir, 0, 0, noon)
	if entries, _ := os.ReadDir(dir); err != nil || len(deleted) != 0 || len(entries) != 6 {
		t.Errorf("%v, %v, %d left", deleted, err, len(entries))
	}
}

// unsynced spares tests of logic the disk.
func unsynced(path string) (file, error) {
	out, err := createFile(path)
	return quick{out}, err
}

type quick struct{ file }

func (quick) Sync() error { return nil }

func none(t *testing.T, dir string) {
	t.Helper()
	if files, err := Files(dir); err != nil || len(files) > 0 {
		t.Errorf("%v, %v", files, err)
	}
}
