package retention

import (
	"html/template"
	"strings"
	"time"
)

// Page is the certificate to print: one self-contained page without scripts, for people; the JSON is what can be checked.
func (c Certificate) Page() (string, error) {
	var b strings.Builder
	err := certificatePage.Execute(&b, c)
	return b.String(), err
}

var certificatePage = template.Must(template.New("certificate").Funcs(template.FuncMap{
	"when": func(ms int64) string { return time.UnixMilli(ms).UTC().Format(stamp) },
	"why": func(c Certified) string {
		if c.Class != "" {
			return "By class: " + c.Class + " in a " + c.Space + " space, kept for " + Period(c.Days).String()
		}
		return "By filing " + c.Filing.String() + ": in the record as " + c.Reference
	},
	"count": func(c Certificate) string {
		n := 0
		for _, d := range c.Disposals {
			n += len(d.Messages)
		}
		return plural(n, "message")
	},
}).Parse(`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<title>Certificate of destruction</title>
<style>
body { font: 11pt/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #212b32; background: #fff }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem }
th, td { text-align: left; vertical-align: top; border-bottom: 1px solid #d8dde0; padding: .3rem .6rem .3rem 0 }
code, pre { font: 9pt/1.4 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap }
section { break-inside: avoid-page }
</style>
</head>
<body>
<h1>Certificate of destruction</h1>
<p>{{.Organisation}} certifies that {{count .}} were destroyed as follows. Issued {{when .Issued}}.</p>
{{if not .Complete}}<p><strong>Not complete: more was destroyed than one certificate holds.</strong></p>{{end}}
{{range .Disposals}}<section>
<h2>{{when .Done}}</h2>
<p>{{why .}}<br>Conversation <code>{{.Thread}}</code>{{if .Reference}}<br>Document SHA-256 <code>{{.Document}}</code>{{end}}<br>Proved by leaf {{.Leaf.Index}} of the audit log</p>
<table>
<thead><tr><th scope="col">Message</th><th scope="col">Author</th><th scope="col">Sent</th><th scope="col">Hash</th></tr></thead>
<tbody>
{{range .Messages}}<tr><td><code>{{.Message}}</code></td><td><code>{{.Author}}</code></td><td>{{when .Sent}}</td><td><code>{{.Entry}}</code></td></tr>
{{end}}</tbody>
</table>
</section>
{{end}}<h2>Copies</h2>
<p>{{.Backups.Words}}</p>
<h2>Checking it</h2>
<p>This page is for reading. The file beside it holds the leaves, their proofs and this checkpoint: <code>wardline retention verify FILE --key KEY</code></p>
<pre>{{.Checkpoint}}</pre>
</body>
</html>
`))
