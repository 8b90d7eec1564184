package httpapi

import (
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// webHandler serves the built web app. Files under assets/ carry a hash in their names and may be kept for ever; everything
// else is asked for again each time. A path without a file is a screen of the app and gets index.html; a path that looks like a
// file does not, so that a stale page sees an honest 404 instead of HTML where it wanted a script.
func webHandler(web fs.FS) http.Handler {
	if web == nil {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeProblem(w, errUnknownRoute) })
	}
	files := http.FileServerFS(web)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			writeProblem(w, errUnknownRoute)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		info, err := fs.Stat(web, name)
		switch {
		case err == nil && !info.IsDir():
			w.Header().Set("Cache-Control", cacheFor(name))
			files.ServeHTTP(w, r)
		case path.Ext(name) != "":
			http.NotFound(w, r)
		default:
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, web, "index.html")
		}
	})
}

func cacheFor(name string) string {
	if strings.HasPrefix(name, "assets/") {
		return "public, max-age=31536000, immutable"
	}
	return "no-cache"
}
