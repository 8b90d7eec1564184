package ledger

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
)

// QuietTime is after how long without news the head is signed anew, so that a copy says how fresh it is and does not grow by much.
const QuietTime = time.Hour

const (
	copyPage = 512
	fileMode = 0o600
)

var errTorn = fault.New(fault.Unavailable, "ledger_not_written", "The destruction ledger could not be written. Is the disk full, or the directory away?")

// Copier appends to a copy of the ledger. It is safe for concurrent use, and beside other processes that append to the same file.
type Copier struct {
	store  Store
	signer Signer
	clock  clock.Clock
	path   string
	keys   [][32]byte

	mu   sync.Mutex
	last state // the file as this copier left it
}

// NewCopier makes a copier to a file in the directory, which is made when it is not there. earlier are audit keys that signed heads before this one.
func NewCopier(store Store, signer Signer, clk clock.Clock, dir string, earlier ...[32]byte) *Copier {
	return &Copier{
		store: store, signer: signer, clock: clk, path: filepath.Join(dir, FileName), keys: append([][32]byte{signer.Public()}, earlier...),
	}
}

// Path is the file.
func (c *Copier) Path() string { return c.path }

// Copy appends what is new, durably. The head is signed anew when there is news, when it is old, and when fresh is asked for: after a backup, so that
// the copy is younger than the backup.
func (c *Copier) Copy(ctx context.Context, fresh bool) (Head, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	file, err := c.open()
	if err != nil {
		return Head{}, errTorn.With("file", c.path).Because(err)
	}
	defer file.Close()
	// Asked for while nobody else appends: otherwise the file could be ahead of the answer.
	head, err := c.store.PlaceDestroyed(ctx)
	if err != nil {
		return Head{}, err
	}
	if err := c.catchUp(ctx, file, head); err != nil {
		return Head{}, err
	}
	now := c.clock.Now().UTC().Truncate(time.Millisecond)
	if !fresh && c.last.number == head.Number && c.last.signed.Number == head.Number && now.Sub(c.last.signed.At) < QuietTime {
		return c.last.signed, nil
	}
	for {
		entries, err := c.store.LedgerEntries(ctx, c.last.number, copyPage)
		if err != nil {
			return Head{}, err
		}
		if err := c.append(file, entries, now, len(entries) < copyPage); err != nil {
			return Head{}, err
		}
		if len(entries) < copyPage {
			return c.last.signed, nil
		}
	}
}

// open opens the file and keeps other appenders out until it is closed.
func (c *Copier) open() (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(c.path), 0o700); err != nil {
		return nil, err
	}
	_, missing := os.Stat(c.path)
	file, err := os.OpenFile(c.path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if errors.Is(missing, fs.ErrNotExist) {
		if err := syncDir(filepath.Dir(c.path)); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	return file, nil
}

// catchUp knows where the file ends: from before, when nobody else has touched it, or by reading it. A last line that was cut off goes.
func (c *Copier) catchUp(ctx context.Context, file *os.File, head Head) error {
	info, err := file.Stat()
	if err != nil {
		return errTorn.Because(err)
	}
	switch {
	case info.Size() == 0:
		if _, err := file.WriteString(fileHeader); err != nil {
			return errTorn.With("file", c.path).Because(errors.Join(err, file.Truncate(0)))
		}
		c.last = state{end: int64(len(fileHeader)), line: 1}
		return nil
	case info.Size() == c.last.end:
		return nil
	}
	c.last = state{}
	if c.last, err = read(file, nil, nil); err == nil && c.last.number > 0 {
		err = c.last.verify(c.keys)
	}
	if err != nil {
		c.last = state{}
		return err
	}
	if c.last.end < info.Size() {
		if err := file.Truncate(c.last.end); err != nil {
			return errTorn.Because(err)
		}
	}
	return c.same(ctx, head)
}

// same refuses to go on with a file that is not of this database.
func (c *Copier) same(ctx context.Context, head Head) error {
	if c.last.number == 0 {
		return nil
	}
	wrong := c.last.number > head.Number
	if !wrong {
		there, err := c.store.LedgerEntries(ctx, c.last.number-1, 1)
		if err != nil {
			return err
		}
		wrong = len(there) != 1 || there[0].Hash != c.last.hash
	}
	if wrong {
		c.last = state{}
		return ErrOther.With("file", c.path)
	}
	return nil
}

// append writes entries, and after the last of them a head, with one write and one sync. What a full disk cut off is taken back.
func (c *Copier) append(file *os.File, entries []Entry, now time.Time, last bool) error {
	next := c.last
	var text strings.Builder
	for _, e := range entries {
		if e.Number != next.number+1 || e.Hash != Next(next.hash, e.Number, e.Tombstone) {
			c.last = state{}
			return ErrAltered.Because(errors.New("the ledger in the database is not one chain"))
		}
		next.number, next.hash = e.Number, e.Hash
		text.WriteString(entryLine(e))
	}
	if last {
		head := Head{Number: next.number, Hash: next.hash, At: now}
		signed, err := head.Sign(c.signer)
		if err != nil {
			return err
		}
		text.WriteString(headLine(signed))
		next.signed = head
	}
	_, err := file.WriteAt([]byte(text.String()), c.last.end)
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		err = errors.Join(err, file.Truncate(c.last.end))
		c.last = state{}
		return errTorn.With("file", c.path).Because(err)
	}
	next.end += int64(text.Len())
	c.last = next
	return nil
}

func syncDir(dir string) error {
	opened, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(opened.Sync(), opened.Close())
}
