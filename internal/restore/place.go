package restore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/shredstore"
)

var errThere = fault.New(fault.Conflict, "restore_overwrites",
	"There is something already where this restore would go, and a restore overwrites nothing. Give it another place, or move what is there away.")

// unfinished ends the name of a SQLite file that is being filled; it gets its own name when all is done.
const unfinished = ".restoring"

// databases are the two that are being made.
type databases struct {
	main, shred             place
	mainLoader, shredLoader *store.Loader
	halves                  *shredstore.Store
}

// place is where one database goes.
type place struct {
	address string // while it is being made
	path    string // of the finished SQLite file; "" for PostgreSQL
}

func placeOf(dsn string) (place, error) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return place{address: dsn}, nil
	}
	path := strings.TrimPrefix(dsn, "sqlite:")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if _, err := os.Lstat(path + suffix); !errors.Is(err, fs.ErrNotExist) {
			return place{}, errThere.With("file", path+suffix)
		}
	}
	return place{address: "sqlite:" + path + unfinished, path: path}, nil
}

// newDatabases makes both, empty.
func newDatabases(ctx context.Context, r *run) (*databases, error) {
	d := &databases{}
	var err error
	if d.main, err = placeOf(r.Database); err != nil {
		return nil, err
	}
	if r.shred != nil {
		if d.shred, err = placeOf(r.ShredDatabase); err != nil {
			return nil, err
		}
	}
	schema, err := store.MainSchema()
	if err != nil {
		return nil, err
	}
	if d.mainLoader, err = store.NewLoader(ctx, d.main.address, schema, r.main.Manifest().Schema); err != nil {
		return nil, err
	}
	if r.shred == nil {
		return d, nil
	}
	if schema, err = shredstore.Schema(); err == nil {
		d.shredLoader, err = store.NewLoader(ctx, d.shred.address, schema, r.shred.Manifest().Schema)
	}
	if err != nil {
		return nil, errors.Join(err, d.discard(context.WithoutCancel(ctx)))
	}
	return d, nil
}

// discard takes back what was made. The places were empty before.
func (d *databases) discard(ctx context.Context) error {
	var errs []error
	for _, one := range []struct {
		place  place
		loader *store.Loader
	}{{d.main, d.mainLoader}, {d.shred, d.shredLoader}} {
		if one.loader == nil {
			continue
		}
		errs = append(errs, one.loader.Discard(ctx), one.loader.Close(one.place.address))
		if one.place.path == "" {
			continue
		}
		for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
			if err := os.Remove(one.place.path + unfinished + suffix); !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// publish makes both durable and lets them be opened, the halves first: a main database without its halves would be served.
func (d *databases) publish(ctx context.Context, settling store.Settling) error {
	if d.shredLoader != nil {
		if err := d.shredLoader.Done(ctx, shredstore.SweepAnew); err != nil {
			return errors.Join(err, d.discard(context.WithoutCancel(ctx)))
		}
		if err := d.name(d.shred, d.shredLoader); err != nil {
			return err
		}
		d.shredLoader = nil
	}
	if err := d.mainLoader.Done(ctx, func(tx *store.Tx) error { return tx.Settle(settling) }); err != nil {
		return errors.Join(err, d.discard(context.WithoutCancel(ctx)))
	}
	return d.name(d.main, d.mainLoader)
}

// name gives a finished SQLite file its own name.
func (d *databases) name(p place, loader *store.Loader) error {
	if err := loader.Close(p.address); err != nil || p.path == "" {
		return err
	}
	if _, err := placeOf(p.path); err != nil { // something has appeared meanwhile
		return err
	}
	return errors.Join(os.Rename(p.path+unfinished, p.path), syncDirOf(p.path))
}
