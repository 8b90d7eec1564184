package httpapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// webHandler serves the built web app. Files under assets/ carry a hash in their names and may be kept for ever; everything
// else is asked for again each time. A path without a file is a screen of the app and gets index.html; a path that looks like a
// file does not, so that a stale page sees an honest 404 instead of HTML where it wanted a script.
func webHandler(web fs.FS) http.Handler {
	app, err := readApp(web)
	if err != nil {
		panic("httpapi: the embedded web app cannot be read: " + err.Error())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		file := app[name]
		if file == nil && path.Ext(name) == "" {
			file = app["index.html"]
		}
		if file == nil || r.Method != http.MethodGet && r.Method != http.MethodHead {
			writeProblem(w, errUnknownRoute)
			return
		}
		file.serve(w, r)
	})
}

// asset is one file of the app, kept as it is and compressed: a ward's Wi-Fi is slow. What never changes and is no secret can be
// compressed without giving anything away.
type asset struct {
	contentType string
	cache       string
	tag         string
	plain       []byte
	packed      []byte // nil when it would be no smaller
}

func readApp(web fs.FS) (map[string]*asset, error) {
	app := map[string]*asset{}
	if web == nil {
		return app, nil
	}
	err := fs.WalkDir(web, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(web, name)
		app[name] = newAsset(name, content)
		return err
	})
	return app, err
}

func newAsset(name string, content []byte) *asset {
	sum := sha256.Sum256(content)
	file := &asset{
		contentType: typeOf(name, content), cache: "no-cache", plain: content, tag: base64.RawURLEncoding.EncodeToString(sum[:12]),
	}
	if strings.HasPrefix(name, "assets/") {
		file.cache = "public, max-age=31536000, immutable"
	}
	var packed bytes.Buffer
	writer, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // the level is a valid one
	writer.Write(content)                                           // neither fails on a buffer
	writer.Close()
	if packed.Len() < len(content)*9/10 {
		file.packed = packed.Bytes()
	}
	return file
}

func (f *asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", f.cache)
	h.Set("Vary", "Accept-Encoding")
	content, tag := f.plain, f.tag
	if f.packed != nil && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		content, tag = f.packed, tag+"-gzip"
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.TrimSpace(name) == "gzip" {
			return strings.ReplaceAll(weight, " ", "") != "q=0"
		}
	}
	return false
}

// typeOf says what a file is. The types that matter do not depend on the machine's own tables.
func typeOf(name string, content []byte) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".wasm":
		return "application/wasm"
	case ".webmanifest":
		return "application/manifest+json"
	}
	if known := mime.TypeByExtension(path.Ext(name)); known != "" {
		return known
	}
	return http.DetectContentType(content)
}
