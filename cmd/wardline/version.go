package main

import (
	"encoding/hex"
	"runtime/debug"

	"github.com/wardline/wardline/web"
)

type versionCommand struct{}

// Run prints what the build recorded.
func (*versionCommand) Run(terminal *terminal) error {
	terminal.print("wardline %s\n", version())
	return nil
}

// assets is the fingerprint of the web app inside, or "" when there is none.
func assets() string {
	fingerprint, err := web.Fingerprint()
	if err != nil || !web.Built() {
		return ""
	}
	return hex.EncodeToString(fingerprint[:])
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			text += " " + setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			text += " (changed)"
		}
	}
	return text + " " + info.GoVersion
}
