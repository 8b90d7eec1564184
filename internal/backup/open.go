package backup

import (
	"errors"
	"io/fs"
	"os"

	"filippo.io/age"

	"github.com/wardline/wardline/internal/fault"
)

// ErrWrongKey is a backup that none of the identities opens.
var ErrWrongKey = fault.New(fault.Forbidden, "backup_wrong_key", "None of these keys opens this backup. It was encrypted to others.")

// Opened is a backup file that is being read.
type Opened struct {
	*Reader
	file *os.File
	// Size is the file's, and Read how much of it has been read.
	Size int64
	read int64
}

// OpenFile opens a backup with the operator's identities. keys are public halves of the server key "audit", one of which has to have signed it.
func OpenFile(path string, keys [][32]byte, identities ...age.Identity) (*Opened, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, "backup_missing", "There is no such backup file.").With("file", path)
	}
	if err != nil {
		return nil, err
	}
	o := &Opened{file: file}
	if err := o.open(keys, identities); err != nil {
		return nil, errors.Join(fault.As(err).With("file", path), file.Close())
	}
	return o, nil
}

func (o *Opened) open(keys [][32]byte, identities []age.Identity) error {
	info, err := o.file.Stat()
	if err != nil {
		return err
	}
	o.Size = info.Size()
	plain, err := age.Decrypt(o, identities...)
	if _, none := errors.AsType[*age.NoIdentityMatchError](err); none {
		return ErrWrongKey
	}
	if err != nil {
		return ErrNotBackup.Because(err)
	}
	o.Reader, err = NewReader(plain, keys...)
	return err
}

// Read implements io.Reader for age.
func (o *Opened) Read(b []byte) (int, error) {
	n, err := o.file.Read(b)
	o.read += int64(n)
	return n, err
}

// Done is how many bytes of the file have been read.
func (o *Opened) Done() int64 { return o.read }

// Close closes the file.
func (o *Opened) Close() error { return o.file.Close() }
