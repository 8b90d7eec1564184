package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/wardline/wardline/internal/demo"
	"github.com/wardline/wardline/web"
)

type demoCommand struct {
	Data         string        `default:"demo-data" placeholder:"DIR" help:"Where the demonstration keeps everything; it survives restarts."`
	Addr         string        `default:"127.0.0.1:8480" placeholder:"HOST:PORT" help:"Where Wardline listens; loopback only."`
	HospitalAddr string        `default:"127.0.0.1:8481" placeholder:"HOST:PORT" help:"Where the demonstration hospital listens; loopback only."`
	Database     string        `placeholder:"ADDRESS" help:"Main database, as for serve; empty is SQLite in the data directory."`
	Grace        time.Duration `default:"60s" help:"How long originals stay after the record's receipt. It is fixed when the demonstration is founded."`
	Reset        bool          `help:"Delete what an earlier demonstration left in the directory first."`
	Verbose      bool          `help:"Log every request."`
	Check        bool          `help:"Play the whole story headless against a fresh demonstration, say how each step went, and end."`
	JSON         bool          `name:"json" help:"With --check: print a report in JSON."`
}

// Run runs the demonstration until it is told to stop, or the check.
func (c *demoCommand) Run(ctx context.Context, terminal *terminal) error {
	if c.Check {
		return demo.Check(ctx, demo.CheckOptions{Database: c.Database, JSON: c.JSON, Out: terminal.out})
	}
	if c.Reset {
		if err := demo.Reset(c.Data); err != nil {
			return err
		}
	}
	if !web.Built() {
		return errNotBuilt
	}
	level := slog.LevelWarn
	if c.Verbose {
		level = slog.LevelInfo
	}
	d, err := demo.Start(ctx, demo.Options{
		Data: c.Data, Addr: c.Addr, HospitalAddr: c.HospitalAddr, Database: c.Database, Grace: c.Grace, Web: web.FS(), Assets: assets(), Version: version(),
		Log: slog.New(slog.NewTextHandler(terminal.err, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		return err
	}
	d.PrintPeople(terminal.out)
	terminal.print("\nStop with Ctrl+C. Start again with the same command; begin anew with --reset.\n")
	select {
	case <-ctx.Done():
		err = nil
	case err = <-d.Failed():
	}
	return errJoin(err, d.Close())
}

// errJoin is errors.Join without the interrupt that was asked for.
func errJoin(errs ...error) error {
	for n, err := range errs {
		if errors.Is(err, context.Canceled) || errors.Is(err, fs.ErrClosed) || errors.Is(err, os.ErrClosed) {
			errs[n] = nil
		}
	}
	return errors.Join(errs...)
}
