package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"wardline": main}) }

// TestScripts runs testdata/script: each is a story at the command line.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Cmds: map[string]func(*testscript.TestScript, bool, []string){
		"mode": mode, "alter": alter, "reseat": reseat, "lines": lines, "rename": rename, "copykeys": copykeys, "nodrill": nodrill,
	}})
}

// mode checks a file's permissions: "mode 600 FILE …".
func mode(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args[1:] {
		info, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		if got := strings.TrimPrefix(info.Mode().Perm().String(), "-"); got != map[string]string{"600": "rw-------", "644": "rw-r--r--"}[args[0]] {
			ts.Fatalf("%s is %s", name, got)
		}
	}
}

// lines counts a file's lines: "lines FILE N".
func lines(ts *testscript.TestScript, _ bool, args []string) {
	if got := strings.Count(ts.ReadFile(args[0]), "\n"); fmt.Sprint(got) != args[1] {
		ts.Fatalf("%s has %d lines", args[0], got)
	}
}

// alter copies a signature file with one character of the signature changed: "alter FROM TO".
func alter(ts *testscript.TestScript, _ bool, args []string) {
	fields := strings.Fields(ts.ReadFile(args[0]))
	other := map[bool]string{true: "B", false: "A"}[fields[2][10] == 'A']
	fields[2] = fields[2][:10] + other + fields[2][11:]
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Join(fields, " ")+"\n"), 0o644))
}

// reseat copies a signature file under another seat's number: "reseat FROM SEAT TO".
func reseat(ts *testscript.TestScript, _ bool, args []string) {
	fields := strings.Fields(ts.ReadFile(args[0]))
	fields[3] = args[1]
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Join(fields, " ")+"\n"), 0o644))
}

func TestSecretsOnTheCommandLineAreRefused(t *testing.T) {
	var out, err bytes.Buffer
	code := run(context.Background(), []string{"person", "list", "--database", "postgres://wardline:s3cret@db/wardline"}, nil,
		&terminal{strings.NewReader(""), &out, &err})
	if code != 2 || strings.Contains(out.String()+err.String(), "s3cret") {
		t.Errorf("%d %s %s", code, &out, &err)
	}
}

func TestTheConfigurationFileIsFoundBeforeTheFlags(t *testing.T) {
	for _, test := range []struct {
		args, environ []string
		want          string
	}{
		{[]string{"serve", "--config", "a.toml"}, nil, "a.toml"},
		{[]string{"--config=b.toml", "serve"}, []string{"WARDLINE_CONFIG=c.toml"}, "b.toml"},
		{nil, []string{"WARDLINE_CONFIG=c.toml"}, "c.toml"},
		{[]string{"serve", "--config"}, nil, ""},
	} {
		if got := configFile(test.args, test.environ); got != test.want {
			t.Errorf("%v %v: %q", test.args, test.environ, got)
		}
	}
}

// rename gives the two files of one backup short names: "rename DIR".
func rename(ts *testscript.TestScript, _ bool, args []string) {
	for _, kind := range []string{"main", "shred"} {
		found, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "wardline-"+kind+"-*.age"))
		ts.Check(err)
		if len(found) != 1 {
			ts.Fatalf("%d %s files", len(found), kind)
		}
		ts.Check(os.Rename(found[0], ts.MkAbs(kind+".age")))
	}
}

// copykeys copies the key directory, which is in no backup: "copykeys FROM TO".
func copykeys(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.CopyFS(filepath.Join(ts.MkAbs(args[1]), "keys"), os.DirFS(filepath.Join(ts.MkAbs(args[0]), "keys"))))
	names, err := filepath.Glob(filepath.Join(ts.MkAbs(args[1]), "keys", "*"))
	ts.Check(err)
	for _, name := range names {
		ts.Check(os.Chmod(name, 0o600))
	}
}

// nodrill checks that a drill has left nothing: "nodrill DIR".
func nodrill(ts *testscript.TestScript, _ bool, args []string) {
	left, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "wardline-drill-*"))
	ts.Check(err)
	if len(left) > 0 {
		ts.Fatalf("left behind: %v", left)
	}
}
