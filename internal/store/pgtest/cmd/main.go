// Command cmd starts one throwaway PostgreSQL cluster, runs the command given as its arguments with
// WARDLINE_TEST_POSTGRES set to it, and removes the cluster again:
//
//	go run ./internal/store/pgtest/cmd go test ./...
//
// Without it every test binary starts a cluster of its own, half a second each.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/wardline/wardline/internal/store/pgtest"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func run(command []string) (int, error) {
	if len(command) == 0 {
		return 2, errors.New("usage: cmd COMMAND [ARGUMENT …]")
	}
	cluster, err := pgtest.Start(pgtest.Options{})
	if err != nil {
		return 1, err
	}
	defer cluster.Close()

	child := exec.Command(command[0], command[1:]...)
	child.Env = append(os.Environ(), pgtest.Variable+"="+cluster.DSN())
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := child.Run(); err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return exit.ExitCode(), nil
		}
		return 1, err
	}
	return 0, nil
}
