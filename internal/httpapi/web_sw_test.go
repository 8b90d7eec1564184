package httpapi

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestR07_TheServiceWorkerIsAskedForAgainEachTime: a browser must learn of a newer version, and the worker obeys the page's policy.
func TestR07_TheServiceWorkerIsAskedForAgainEachTime(t *testing.T) {
	api := New(Options{Web: fstest.MapFS{
		"index.html": {Data: []byte("<!doctype html>")}, "sw.js": {Data: []byte("addEventListener")}, "assets.json": {Data: []byte("{}")},
	}, Secure: true})
	for name, kind := range map[string]string{"/sw.js": "text/javascript; charset=utf-8", "/assets.json": "application/json"} {
		w := call(t, api, "GET", name, "")
		h := w.Header()
		if w.Code != 200 || h.Get("Cache-Control") != "no-cache" || h.Get("Content-Type") != kind || h.Get("ETag") == "" {
			t.Errorf("%s: %d %v", name, w.Code, h)
		}
		if got := h.Get("Content-Security-Policy"); got != pagePolicy || strings.Contains(got, "wasm") || h.Get("Service-Worker-Allowed") != "" {
			t.Errorf("%s under %q", name, got)
		}
	}
}
