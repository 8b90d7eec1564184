package keyring

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/wardline/wardline/internal/fault"
)

// purpose names a key and, with ".key" after it, its file.
type purpose string

const (
	purposeBind   purpose = "bind"
	purposeRemove purpose = "remove"
	purposeAssert purpose = "assert"
	purposeAudit  purpose = "audit"
	purposeIndex  purpose = "index"
	purposeLogin  purpose = "login"
	purposeFiling purpose = "filing"
)

// sizes are the lengths of one version of each purpose's key, in the order in which files are made and reported.
var sizes = []struct {
	purpose purpose
	size    int
}{
	{purposeBind, 32},
	{purposeRemove, 32},
	{purposeAssert, 32},
	{purposeAudit, 32},
	{purposeIndex, 32},
	{purposeLogin, 64},
	{purposeFiling, 32},
}

// A file has one line for each version of the key, oldest first:
//
//	wardline-key-v1 <purpose> <version, from 1, ascending> <base64url without padding>
const fileMark = "wardline-key-v1"

var (
	errKeyFile = fault.New(fault.Invalid, "bad_key_file", "A key file cannot be used.")
	errMissing = fault.New(fault.NotFound, "key_files_missing", "Key files are missing. Run \"wardline init\" first, or restore them from where they are kept.")
	errTooOpen = fault.New(fault.Forbidden, "key_file_too_open", "Others may read a key file. Set its permissions to 0600.")
	errExist   = fault.New(fault.Conflict, "key_files_exist", "The directory holds key files already. They are never overwritten.")
)

func fileName(p purpose) string { return string(p) + ".key" }

func create(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return errKeyFile.With("directory", dir).Because(err)
	}
	for _, one := range sizes {
		if _, err := os.Lstat(filepath.Join(dir, fileName(one.purpose))); !errors.Is(err, fs.ErrNotExist) {
			return errExist.With("file", fileName(one.purpose)).Because(err)
		}
	}
	for _, one := range sizes {
		if err := writeNew(dir, one.purpose, one.size); err != nil {
			return errKeyFile.With("file", fileName(one.purpose)).Because(err)
		}
	}
	return syncDir(dir)
}

// writeNew makes a key and its file, durable before it returns. It never replaces a file.
func writeNew(dir string, p purpose, size int) error {
	key := make([]byte, size)
	rand.Read(key)
	file, err := os.OpenFile(filepath.Join(dir, fileName(p)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(line(p, secret{1, hide(key)}))
	return errors.Join(err, file.Sync(), file.Close())
}

// appendVersion replaces a key's file by one with a version more, or leaves it as it was.
func appendVersion(dir string, p purpose, keys []secret) error {
	seed := make([]byte, len(keys[0].bytes()))
	rand.Read(seed)
	var text strings.Builder
	for _, key := range append(keys, secret{keys[len(keys)-1].version + 1, hide(seed)}) {
		text.WriteString(line(p, key))
	}
	next, err := os.CreateTemp(dir, ".next-*") // 0600
	if err != nil {
		return errKeyFile.With("directory", dir).Because(err)
	}
	defer os.Remove(next.Name())
	_, err = next.WriteString(text.String())
	if err = errors.Join(err, next.Sync(), next.Close()); err == nil {
		err = os.Rename(next.Name(), filepath.Join(dir, fileName(p)))
	}
	if err != nil {
		return errKeyFile.With("file", fileName(p)).Because(err)
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	opened, err := os.Open(dir)
	if err != nil {
		return errKeyFile.With("directory", dir).Because(err)
	}
	if err := errors.Join(opened.Sync(), opened.Close()); err != nil {
		return errKeyFile.With("directory", dir).Because(err)
	}
	return nil
}

func readAll(dir string) (map[purpose][]secret, error) {
	keys := map[purpose][]secret{}
	var missing, open []string
	for _, one := range sizes {
		name := fileName(one.purpose)
		path := filepath.Join(dir, name)
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, name)
			continue
		case err != nil:
			return nil, errKeyFile.With("file", name).Because(err)
		case !info.Mode().IsRegular():
			return nil, errKeyFile.With("file", name).With("why", "not a plain file")
		case info.Mode().Perm()&0o077 != 0:
			open = append(open, name)
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, errKeyFile.With("file", name).Because(err)
		}
		keys[one.purpose], err = parse(string(text), one.purpose, one.size)
		if err != nil {
			return nil, errKeyFile.With("file", name).With("why", err.Error())
		}
	}
	switch {
	case len(open) > 0:
		return nil, errTooOpen.With("files", open)
	case len(missing) > 0:
		return nil, errMissing.With("files", missing)
	}
	return keys, nil
}

// parse reads a key file. Its errors quote nothing of it.
func parse(text string, p purpose, size int) ([]secret, error) {
	var keys []secret
	for n, row := range strings.SplitAfter(text, "\n") {
		if row == "" && n > 0 {
			break
		}
		fields := strings.Fields(row)
		if len(fields) != 4 || fields[0] != fileMark {
			return nil, fmt.Errorf("line %d is not a key line", n+1)
		}
		if fields[1] != string(p) {
			return nil, fmt.Errorf("line %d is a key for another purpose", n+1)
		}
		version, err := strconv.ParseUint(fields[2], 10, 32)
		if err != nil || version == 0 || len(keys) > 0 && uint32(version) <= keys[len(keys)-1].version {
			return nil, fmt.Errorf("line %d has a version that is not above the one before", n+1)
		}
		key, err := base64.RawURLEncoding.DecodeString(fields[3])
		one := secret{uint32(version), hide(key)}
		if err != nil || len(key) != size || row != line(p, one) {
			return nil, fmt.Errorf("line %d does not hold a key of the right form", n+1)
		}
		keys = append(keys, one)
	}
	return keys, nil
}

func line(p purpose, key secret) string {
	return fmt.Sprintf("%s %s %d %s\n", fileMark, p, key.version, base64.RawURLEncoding.EncodeToString(key.bytes()))
}
