// Package web carries the built web app inside the binary.
//
// Layout: dist is what `npm run build` leaves; the Go side serves it and never changes it. Assets lists every file with its SHA-256,
// and Fingerprint is the one value over all of them that people compare: a client that runs other files than the organisation
// published has another fingerprint.
//
// Invariants: the list is sorted by path, so the fingerprint depends on the files alone; a binary built without the app has an empty
// list and FS has no index.html, which the server has to say plainly rather than serve nothing.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"io/fs"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// Asset is one file of the web app.
type Asset struct {
	// Path is relative to the root of FS, with slashes.
	Path string
	// Size is in bytes.
	Size int64
	// SHA256 is over the file's bytes.
	SHA256 [sha256.Size]byte
}

// FS returns the files of the web app, index.html at its root.
func FS() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		// The directory is embedded at compile time; it cannot be missing.
		panic("web: embedded dist: " + err.Error())
	}
	return sub
}

// Built reports whether the binary carries the app.
func Built() bool {
	_, err := fs.Stat(FS(), "index.html")
	return err == nil
}

// Assets returns every file of the app in the order of its path.
func Assets() ([]Asset, error) { return listed() }

// Fingerprint is the SHA-256 over the list of assets: for each, the length of the path as u32, the path, and the file's SHA-256.
func Fingerprint() ([sha256.Size]byte, error) {
	assets, err := listed()
	if err != nil {
		return [sha256.Size]byte{}, err
	}
	return fingerprintOf(assets), nil
}

var listed = sync.OnceValues(func() ([]Asset, error) { return list(FS()) })

// list walks in lexical order, as fs.WalkDir promises.
func list(files fs.FS) ([]Asset, error) {
	var assets []Asset
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == ".gitkeep" {
			return err
		}
		content, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		assets = append(assets, Asset{Path: path, Size: int64(len(content)), SHA256: sha256.Sum256(content)})
		return nil
	})
	return assets, err
}

func fingerprintOf(assets []Asset) [sha256.Size]byte {
	var all []byte
	for _, asset := range assets {
		all = binary.BigEndian.AppendUint32(all, uint32(len(asset.Path)))
		all = append(all, asset.Path...)
		all = append(all, asset.SHA256[:]...)
	}
	return sha256.Sum256(all)
}
