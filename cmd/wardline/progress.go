package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/wardline/wardline/internal/backup"
)

// progress shows how long work gets on: one line that changes on a terminal, and elsewhere a line for each stage and tenth of it.
func (t *terminal) progress() (report backup.Progress, end func()) {
	if isTerminal(t.err) {
		last := ""
		return func(stage string, done, total int64) {
				line := stage
				if total > 0 {
					line = fmt.Sprintf("%-24s %3d %%  %d of %d", stage, 100*done/total, done, total)
				}
				if line != last {
					fmt.Fprintf(t.err, "\r%-70s", line)
					last = line
				}
			}, func() {
				fmt.Fprintf(t.err, "\r%s\r", strings.Repeat(" ", 70))
			}
	}
	told := ""
	return func(stage string, done, total int64) {
		line := stage
		if total > 0 {
			line = fmt.Sprintf("%s %d %%", stage, 10*(10*done/total))
		}
		if line != told {
			fmt.Fprintln(t.err, line)
			told = line
		}
	}, func() {}
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
