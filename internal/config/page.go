package config

import (
	"fmt"
	"strings"
)

// Page is docs/operate/configuration.md.
func Page() string {
	var page strings.Builder
	page.WriteString(`# Configuration

Every setting of ` + "`wardline serve`" + `. A flag wins over an environment variable, and that over the file. The file is TOML and is named by
` + "`--config`" + ` or ` + "`" + FileVariable + "`" + `; a dot in a key is a table. Lists are written with commas in flags and variables. A setting that
Wardline does not know is an error; those that are needed and not there are all named at once. Secrets have no flag, because other users of a machine can see command lines.

This page is generated from the program; do not edit it by hand.

| in the file | flag | environment | default | meaning |
| --- | --- | --- | --- | --- |
`)
	for _, key := range Keys() {
		flag := "`--" + key.Flag() + "`"
		if key.Secret {
			flag = "none, it is a secret"
		}
		preset := ""
		if key.Default != "" {
			preset = "`" + key.Default + "`"
		}
		if key.Needed != "" {
			preset = "none, it is needed"
			if key.path != "" {
				preset += " with `record.path` " + strings.ReplaceAll(key.path, " ", " or ")
			}
		}
		fmt.Fprintf(&page, "| `%s` | %s | `%s` | %s | %s |\n", key.Name, flag, key.Variable(), preset, key.Help)
	}
	page.WriteString(`
## Example

` + "```toml" + `
data = "/var/lib/wardline"
database = "postgres://wardline@db.example.nhs.uk/wardline?sslmode=verify-full"
listen = "0.0.0.0:443"
public_url = "https://wardline.example.nhs.uk"
organisation = "RXH"

[tls]
certificate = "/etc/wardline/tls.pem"
key = "/etc/wardline/tls.key"

[index]
url = "https://pas.example.nhs.uk/fhir"

[record]
url = "https://record.example.nhs.uk/fhir"
` + "```" + `

## TLS

With ` + "`tls.certificate`" + ` and ` + "`tls.key`" + ` Wardline speaks TLS itself. Behind a proxy on the same machine, listen on 127.0.0.1 without a
certificate, set ` + "`public_url`" + ` to the address that browsers use, and name the proxy in ` + "`trusted_proxies`" + `. Plain HTTP on any other address is
refused.
`)
	return page.String()
}
