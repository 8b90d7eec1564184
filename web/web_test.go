package web

import (
	"crypto/sha256"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestListIsSortedAndLeavesOutThePlaceholder(t *testing.T) {
	files := fstest.MapFS{
		"index.html":       {Data: []byte("<!doctype html>")},
		"assets/b.js":      {Data: []byte("b")},
		"assets/a.css":     {Data: []byte("a")},
		".gitkeep":         {Data: nil},
		"icon.svg":         {Data: []byte("<svg/>")},
		"assets/c/deep.js": {Data: []byte("c")},
	}
	got, err := list(files)
	if err != nil {
		t.Fatal(err)
	}
	asset := func(path, content string) Asset {
		return Asset{Path: path, Size: int64(len(content)), SHA256: sha256.Sum256([]byte(content))}
	}
	want := []Asset{
		asset("assets/a.css", "a"),
		asset("assets/b.js", "b"),
		asset("assets/c/deep.js", "c"),
		asset("icon.svg", "<svg/>"),
		asset("index.html", "<!doctype html>"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
}

func TestFingerprintTellsEveryChangeApart(t *testing.T) {
	base := fstest.MapFS{"a": {Data: []byte("1")}, "b": {Data: []byte("2")}}
	changed := map[string]fstest.MapFS{
		"content": {"a": {Data: []byte("1")}, "b": {Data: []byte("3")}},
		"name":    {"a": {Data: []byte("1")}, "c": {Data: []byte("2")}},
		"swapped": {"a": {Data: []byte("2")}, "b": {Data: []byte("1")}},
		"one more": {
			"a": {Data: []byte("1")}, "b": {Data: []byte("2")}, "c": {Data: nil},
		},
		"one fewer": {"a": {Data: []byte("1")}},
		"none":      {},
	}
	of := func(files fs.FS) [sha256.Size]byte {
		assets, err := list(files)
		if err != nil {
			t.Fatal(err)
		}
		return fingerprintOf(assets)
	}
	seen := map[[sha256.Size]byte]string{of(base): "base"}
	for name, files := range changed {
		fingerprint := of(files)
		if other, ok := seen[fingerprint]; ok {
			t.Errorf("%s has the fingerprint of %s", name, other)
		}
		seen[fingerprint] = name
	}
	if again := of(base); again != of(base) {
		t.Error("the same files have two fingerprints")
	}
}

// R07: the page must run under the strict policy, so nothing in it may be inline or come from elsewhere.
func TestR07_ThePageHasNothingInlineAndNothingForeign(t *testing.T) {
	if !Built() {
		t.Log("this binary carries no web app; the page is tested where it does")
		return
	}
	page, err := fs.ReadFile(FS(), "index.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<style", "style=", "javascript:", "onload=", "http://", "https://", "<base"} {
		if strings.Contains(string(page), bad) {
			t.Errorf("index.html contains %q", bad)
		}
	}
	for _, script := range strings.Split(string(page), "<script")[1:] {
		if tag, rest, _ := strings.Cut(script, ">"); !strings.Contains(tag, "src=\"/assets/") || !strings.HasPrefix(rest, "</script>") {
			t.Errorf("a script that is not a file of ours: <script%s", tag)
		}
	}
	assets, err := Assets()
	if err != nil {
		t.Fatal(err)
	}
	for _, asset := range assets {
		if !strings.HasSuffix(asset.Path, ".css") {
			continue
		}
		style, err := fs.ReadFile(FS(), asset.Path)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"url(", "@import", "@font-face", "http"} {
			if strings.Contains(string(style), bad) {
				t.Errorf("%s contains %q", asset.Path, bad)
			}
		}
	}
}
