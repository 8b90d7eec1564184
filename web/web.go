// Package web is the web app as it was built, inside the program.
//
// dist/ is the output of `npm run build` and is not in the repository, but for an empty .gitkeep, so that Go code compiles without it.
package web

import (
	"embed"
	"errors"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// ErrNotBuilt says that the program was built without the web app.
var ErrNotBuilt = errors.New("this program was built without the web app: run make build")

// FS is the built app, index.html at its root.
func FS() (fs.FS, error) {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	if _, err := fs.Stat(built, "index.html"); err != nil {
		return nil, ErrNotBuilt
	}
	return built, nil
}
