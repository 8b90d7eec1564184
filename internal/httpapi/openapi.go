package httpapi

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"
)

// sessionScheme names the session cookie in the document.
const sessionScheme = "session"

// Document is the OpenAPI 3.1 document of the API, indented, with a line break at its end. It is committed as openapi.json.
func Document() ([]byte, error) {
	document, err := json.MarshalIndent(New(Options{}).huma.OpenAPI(), "", "  ")
	if err != nil {
		return nil, err
	}
	return append(document, '\n'), nil
}

func documentConfig() huma.Config {
	config := huma.DefaultConfig("Wardline", "1")
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "/v1/openapi", "", ""
	// The default hooks add a $schema member and a Link header to every answer.
	config.CreateHooks = nil
	config.Info.Description = "The API of one Wardline server. Wire objects travel as base64 of their exact bytes; docs/protocol.md has their layouts."
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		sessionScheme: {Type: "apiKey", In: "cookie", Name: "__Host-wardline"},
	}
	return config
}
