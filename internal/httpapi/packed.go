package httpapi

import (
	"compress/gzip"
	"net/http"
)

// packedPath is the one answer of the API that is compressed: the staff list is long, the same for everybody, holds no secret, and
// nothing of the request is in it, so that its length tells nothing.
const packedPath = "/v1/directory"

// packed compresses that answer for whoever takes it so.
func packed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != packedPath || r.Method != http.MethodGet || !acceptsGzip(r) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Add("Vary", "Accept-Encoding")
		packing := &packer{ResponseWriter: w}
		next.ServeHTTP(packing, r)
		if packing.zip != nil {
			packing.zip.Close() // what fails here fails for a client that has gone
		}
	})
}

// packer compresses what succeeds. A refusal goes as it is.
type packer struct {
	http.ResponseWriter
	zip   *gzip.Writer
	begun bool
}

func (p *packer) WriteHeader(code int) {
	if !p.begun && code == http.StatusOK {
		p.Header().Set("Content-Encoding", "gzip")
		p.Header().Del("Content-Length")
		p.zip = gzip.NewWriter(p.ResponseWriter)
	}
	p.begun = true
	p.ResponseWriter.WriteHeader(code)
}

func (p *packer) Write(b []byte) (int, error) {
	if !p.begun {
		p.WriteHeader(http.StatusOK)
	}
	if p.zip != nil {
		return p.zip.Write(b)
	}
	return p.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (p *packer) Unwrap() http.ResponseWriter { return p.ResponseWriter }
