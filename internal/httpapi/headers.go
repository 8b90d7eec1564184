package httpapi

import (
	"net/http"
	"path"
	"strings"
)

// pagePolicy is the content security policy of the web app. WebAssembly is allowed in the worker alone, see workerPolicy.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
	"worker-src 'self'; manifest-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types wardline"

// workerPolicy is the page's policy with WebAssembly, for Argon2id: a worker obeys the policy of its own response.
var workerPolicy = strings.Replace(pagePolicy, "script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'", 1)

// apiPolicy is for answers that are never shown as a page.
const apiPolicy = "default-src 'none'; frame-ancestors 'none'"

const permissionsPolicy = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(self), clipboard-read=(), display-capture=(), " +
	"geolocation=(), gyroscope=(), magnetometer=(), microphone=(self), midi=(), payment=(), serial=(), usb=()"

// secureHeaders sets what every answer carries (R07). Where the answer may be cached, the web app says so itself.
func (a *API) secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policyFor(r.URL.Path))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", permissionsPolicy)
		h.Set("Cache-Control", "no-store")
		if a.secure {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

func policyFor(urlPath string) string {
	switch {
	case strings.HasPrefix(urlPath, "/v1/"):
		return apiPolicy
	case isWorker(urlPath):
		return workerPolicy
	}
	return pagePolicy
}

// isWorker recognises the built worker by its file name, assets/*worker*.js.
func isWorker(urlPath string) bool {
	matched, _ := path.Match("/assets/*worker*.js", urlPath)
	return matched
}
