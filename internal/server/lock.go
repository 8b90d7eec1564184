package server

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/wardline/wardline/internal/fault"
)

var errInUse = fault.New(fault.Conflict, "data_in_use", "Another Wardline is serving from this data directory. Stop it first, or give this one a directory of its own.")

// LockData makes sure that one server at a time serves from a data directory: it frees what an earlier process left in hand, which must be dead by
// then. The lock ends with the process, however that ends. Commands such as `wardline person` work beside a server and do not ask for it.
func LockData(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "serving"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(errInUse.Because(err), file.Close())
	}
	return file, nil
}
