// Command wardline is the whole of Wardline: the server, the officers' tool for their seats, and the operator's tools.
//
//   - main.go       the command line and how errors are shown
//   - seat.go       an officer's seat, on the officer's own machine
//   - serve.go      the server; foreign.go how it reaches the hospital's other systems; demo.go the demonstration hospital
//   - init.go       founding: server keys and root manifest version 1
//   - manifest.go   the root manifest later: shown, changed by the officers; draft.go what waits for their signatures
//   - sheet.go      sheets for paper; fingerprint.go how a fingerprint is written for people
//   - place.go      a server's data directory, which only init and demo make
//   - person.go     staff: add, list, link, leave
//   - policy.go     the organisation's policies: add, list, show
//   - backup.go     backups, their keys and the copy of the destruction ledger; restore.go bringing one back, and the drill
//   - progress.go   how long work shows how it gets on
//   - retention.go  what is kept and destroyed: classes, set, plan, certificate, verify; hold.go holds: place, list, release, drill
//   - verify.go     the audit log, checked from the database or from an export; verify_document.go a document that was filed
//   - witness.go    the log, watched from outside; witness_export.go the whole of it; evidence.go what was found, checked without the server
//   - bench.go      how fast it is on this machine; bench_filing.go filing, bench_check.go what became of it, bench_limits.go what the machine can do at all
//   - openapi.go, version.go
//
// Settings come from flags, the environment and one file, in that order: see docs/operate/configuration.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/wardline/wardline/internal/config"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/httpapi"
)

// commands is the command line: one field for each command, in a file of its own.
type commands struct {
	Config string `name:"config" placeholder:"FILE" help:"Configuration file in TOML (${file_variable})."`

	Seat      seatCommand      `cmd:"" help:"An officer's seat: on the officer's own machine, never on the server."`
	Serve     serveCommand     `cmd:"" help:"Serve."`
	Demo      demoCommand      `cmd:"" help:"Run the demonstration hospital with a Wardline of its own, on this machine alone."`
	Init      initCommand      `cmd:"" help:"Found a server: make its keys and the root manifest that every officer signs."`
	Manifest  manifestCommand  `cmd:"" help:"The root manifest: show it, print its fingerprint, change keys or officers."`
	Person    personCommand    `cmd:"" help:"Staff: add, list, link, leave."`
	Policy    policyCommand    `cmd:"" help:"The organisation's policies: add, list, show."`
	Backup    backupCommand    `cmd:"" help:"Back up both databases while they are in use, encrypted."`
	Restore   restoreCommand   `cmd:"" help:"Bring a backup back, or try whether that would work."`
	Ledger    ledgerCommand    `cmd:"" help:"The destruction ledger, without which no backup is restored."`
	Retention retentionCommand `cmd:"" help:"What is kept and destroyed: classes, set, plan, certificate, verify."`
	Hold      holdCommand      `cmd:"" help:"Holds, which forbid destruction: place, list, release, drill."`
	Verify    verifyCommand    `cmd:"" help:"Check the audit log, evidence against it, or a document that was filed."`
	Bench     benchCommand     `cmd:"" help:"How fast it is on this machine, beside what the machine can do at all."`
	OpenAPI   openapiCommand   `cmd:"" name:"openapi" help:"Print the OpenAPI document."`
	Witness   witnessCommand   `cmd:"" help:"Watch a server's log from outside: has anything been changed or taken away?"`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

// terminal is what a command talks to.
type terminal struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

func (t *terminal) print(format string, values ...any) { fmt.Fprintf(t.out, format, values...) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), &terminal{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// run is the program: 0 when it did what it was asked, 1 when it could not, 2 when it did not understand.
func run(ctx context.Context, args, environ []string, terminal *terminal) int {
	values, err := config.Read(configFile(args, environ), environ)
	if err != nil {
		explain(terminal.err, err)
		return 2
	}
	var line commands
	exit := -1
	parser, err := kong.New(&line, kong.Name("wardline"), kong.Description("Secure messaging for a hospital."),
		kong.Vars{"file_variable": config.FileVariable}, kong.Writers(terminal.out, terminal.err), kong.Exit(func(code int) { exit = code }),
		kong.Resolvers(settings(values)), kong.Bind(terminal, values), kong.BindTo(ctx, (*context.Context)(nil)), kong.UsageOnError())
	if err != nil {
		explain(terminal.err, err)
		return 2
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 { // help was asked for
		return exit
	}
	if err == nil {
		err = config.CheckFlags(given(parsed))
	}
	if err != nil {
		explain(terminal.err, err)
		return 2
	}
	if err := parsed.Run(); err != nil {
		if exit, ours := errors.AsType[*exitError](err); ours {
			explain(terminal.err, exit.error)
			return exit.code
		}
		explain(terminal.err, err)
		return 1
	}
	return 0
}

// settings gives flags that were not set their values from the environment and the file, by whichever of their names is a setting's.
func settings(values config.Values) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range append([]string{flag.Name}, flag.Aliases...) {
			if value, found := values[name]; found {
				return value, nil
			}
		}
		return nil, nil
	})
}

// given are the flags that stand on the command line itself.
func given(parsed *kong.Context) map[string]string {
	flags := map[string]string{}
	for _, path := range parsed.Path {
		if path.Flag != nil && !path.Resolved {
			flags[path.Flag.Name] = fmt.Sprint(parsed.FlagValue(path.Flag))
		}
	}
	return flags
}

// configFile is the file's path, which has to be known before the command line is read.
func configFile(args, environ []string) string {
	for n, arg := range args {
		if path, found := strings.CutPrefix(arg, "--config="); found {
			return path
		}
		if arg == "--config" && n+1 < len(args) {
			return args[n+1]
		}
	}
	for _, variable := range environ {
		if path, found := strings.CutPrefix(variable, config.FileVariable+"="); found {
			return path
		}
	}
	return ""
}

// explain shows an error to the operator, who may see the cause too: it is their machine.
func explain(to io.Writer, err error) {
	found := httpapi.Fault(err)
	if _, ours := errors.AsType[*fault.Error](err); !ours && found.Kind() == fault.Internal {
		fmt.Fprintf(to, "wardline: %v\n", err)
		return
	}
	fmt.Fprintf(to, "wardline: %s\n", found.Message())
	details := found.Details()
	for _, key := range slices.Sorted(maps.Keys(details)) {
		fmt.Fprintf(to, "  %s: %s\n", key, detail(details[key]))
	}
	if cause := errors.Unwrap(found); cause != nil {
		fmt.Fprintf(to, "  because: %v\n", cause)
	}
}

func detail(value any) string {
	if list, ok := value.([]string); ok {
		text := strings.Join(list, ", ")
		if len(text) > 80 {
			text = "\n    " + strings.Join(list, "\n    ")
		}
		return text
	}
	return fmt.Sprint(value)
}
