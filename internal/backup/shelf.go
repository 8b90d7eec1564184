package backup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/wardline/wardline/internal/fault"
)

// File is one backup file in a directory.
type File struct {
	Path string
	Kind Kind
	At   time.Time
	Set  string
}

// A name is wardline-<kind>-<time>-<set>.age. While it is being written it begins with a dot and ends in ".partial".
var (
	namePattern    = regexp.MustCompile(`^wardline-(main|shred)-(\d{8}T\d{6}\.\d{3}Z)-([0-9a-f]{16})\.age$`)
	partialPattern = regexp.MustCompile(`^\.wardline-(main|shred)-.*\.age\.partial$`)
)

const (
	nameTime = "20060102T150405.000Z"
	// strayAge is how old an unfinished file is before it belongs to nobody.
	strayAge = 24 * time.Hour
)

func pathOf(dir string, kind Kind, at time.Time, set string) string {
	return filepath.Join(dir, fmt.Sprintf("wardline-%s-%s-%s.age", kind, at.UTC().Format(nameTime), set))
}

func temporaryOf(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".partial")
}

// Files lists the whole backups in a directory, newest first. A directory that is not there has none.
func Files(dir string) ([]File, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var files []File
	for _, entry := range entries {
		parts := namePattern.FindStringSubmatch(entry.Name())
		if parts == nil || !entry.Type().IsRegular() {
			continue
		}
		at, err := time.Parse(nameTime, parts[2])
		if err != nil {
			continue
		}
		files = append(files, File{Path: filepath.Join(dir, entry.Name()), Kind: Kind(parts[1]), At: at.UTC(), Set: parts[3]})
	}
	slices.SortStableFunc(files, func(a, b File) int { return b.At.Compare(a.At) })
	return files, nil
}

// Prune deletes what may not stay or need not: shred files past the horizon, every one of them, for they could undo a destruction; main files older than
// keep, but never the newest; and what a killed run left.
func Prune(dir string, keep, horizon time.Duration, now time.Time) (deleted []File, err error) {
	files, err := Files(dir)
	if err != nil {
		return nil, err
	}
	newest := true // of the main files
	for _, file := range files {
		limit := keep
		if file.Kind == Shred {
			limit = horizon
		} else if newest {
			newest = false
			continue
		}
		if now.Sub(file.At) <= limit {
			continue
		}
		if err := os.Remove(file.Path); err != nil {
			return deleted, err
		}
		deleted = append(deleted, file)
	}
	return deleted, removeStray(dir, now)
}

func removeStray(dir string, now time.Time) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !partialPattern.MatchString(entry.Name()) {
			continue
		}
		info, err := entry.Info()
		if err != nil || now.Sub(info.ModTime()) < strayAge {
			continue
		}
		if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// file is what a backup is written to.
type file interface {
	io.WriteCloser
	Sync() error
}

func createFile(path string) (file, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// publish gives a finished file its name, durably.
func publish(temporary, path string) error {
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(err, discard(temporary))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func discard(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// full says in our words that a disk is full, and otherwise what a path error says.
func full(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
		return ErrDiskFull.Because(err)
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return fault.New(fault.Unavailable, "backup_not_written", "The backup could not be written.").
			With("file", strings.TrimPrefix(filepath.Base(path.Path), ".")).Because(err)
	}
	return err
}
