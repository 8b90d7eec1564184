package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/config"
	"github.com/wardline/wardline/internal/fault"
)

var update = flag.Bool("update", false, "rewrite docs/operate/configuration.md")

func TestThePageIsGenerated(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "operate", "configuration.md")
	if *update {
		if err := os.WriteFile(path, []byte(config.Page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(path)
	if err != nil || string(page) != config.Page() {
		t.Errorf("%s is stale: go test ./internal/config -update (%v)", path, err)
	}
}

func TestEveryKeyIsWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, key := range config.Keys() {
		if key.Name == "" || key.Help == "" || !strings.HasSuffix(key.Help, ".") || seen[key.Flag()] || strings.Contains(key.Help, "|") {
			t.Errorf("%+v", key)
		}
		seen[key.Flag()] = true
	}
	if !seen["tls-certificate"] || !slices.ContainsFunc(config.Keys(), func(k config.Key) bool { return k.Variable() == "WARDLINE_TLS_CERTIFICATE" }) {
		t.Error("names do not follow from keys")
	}
}

func TestTheEnvironmentWinsOverTheFile(t *testing.T) {
	path := write(t, `
listen = "127.0.0.1:1"
trusted_proxies = ["10.0.0.1", "10.1.0.0/16"]
[index]
url = "https://file.example"
authorization = "from the file"
[log]
level = "warn"
`)
	values, err := config.Read(path, []string{"WARDLINE_INDEX_URL=https://environment.example", "WARDLINE_TEST_POSTGRES=x", "WARDLINE_CONFIG=y", "HOME=/", "WARDLINE_RECORD_AUTHORIZATION=s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"listen": "127.0.0.1:1", "index-url": "https://environment.example", "log-level": "warn", "trusted-proxies": "10.0.0.1,10.1.0.0/16",
	} {
		if values[name] != want {
			t.Errorf("%s is %q", name, values[name])
		}
	}
	var settings config.Settings
	settings.Secrets(values)
	if settings.Index.Authorization != "from the file" || settings.Record.Authorization != "s3cret" || settings.Listen != "" {
		t.Errorf("%+v", settings)
	}
}

func TestUnknownKeysAreErrors(t *testing.T) {
	path := write(t, "lisen = \"127.0.0.1:1\"\n[tls]\ncertificat = \"x\"\n")
	_, err := config.Read(path, []string{"WARDLINE_LISEN=x"})
	unknown, _ := fault.As(err).Details()["unknown"].([]string)
	if got := strings.Join(unknown, " "); got != "WARDLINE_LISEN lisen tls.certificat" {
		t.Errorf("%v: %q", err, got)
	}
	for name, path := range map[string]string{
		"no file": filepath.Join(t.TempDir(), "none.toml"), "no TOML": write(t, "listen = "), "a table for a text": write(t, "[listen]\nx = 1\n"),
	} {
		if _, err := config.Read(path, nil); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

func TestR07_PlainHTTPIsForLoopbackOnly(t *testing.T) {
	for name, test := range map[string]struct {
		settings config.Settings
		code     string
		site     config.Site
	}{
		"loopback":             {config.Settings{Listen: "127.0.0.1:8080"}, "", config.Site{Origin: "http://127.0.0.1:8080"}},
		"IPv6 loopback":        {config.Settings{Listen: "[::1]:8080"}, "", config.Site{Origin: "http://[::1]:8080"}},
		"localhost":            {config.Settings{Listen: "localhost:8080"}, "", config.Site{Origin: "http://localhost:8080"}},
		"everywhere":           {config.Settings{Listen: ":8080"}, "plain_http", config.Site{}},
		"all addresses":        {config.Settings{Listen: "0.0.0.0:8080"}, "plain_http", config.Site{}},
		"a private address":    {config.Settings{Listen: "10.0.0.7:8080"}, "plain_http", config.Site{}},
		"a name":               {config.Settings{Listen: "ward.example:8080"}, "plain_http", config.Site{}},
		"a plain public URL":   {config.Settings{Listen: "127.0.0.1:8080", PublicURL: "http://ward.example"}, "plain_http", config.Site{}},
		"behind a proxy":       {config.Settings{Listen: "127.0.0.1:8080", PublicURL: "https://Ward.example/"}, "", config.Site{Origin: "https://ward.example", Secure: true}},
		"our own TLS":          {tls(config.Settings{Listen: "0.0.0.0:443", PublicURL: "https://ward.example"}), "", config.Site{Origin: "https://ward.example", Secure: true}},
		"TLS, public plain":    {tls(config.Settings{Listen: "127.0.0.1:443", PublicURL: "http://127.0.0.1:443"}), "public_url_invalid", config.Site{}},
		"half a pair":          {config.Settings{Listen: "0.0.0.0:443", TLSCertificate: "x"}, "tls_incomplete", config.Site{}},
		"a path":               {config.Settings{Listen: "127.0.0.1:1", PublicURL: "https://ward.example/app"}, "public_url_invalid", config.Site{}},
		"another scheme":       {config.Settings{Listen: "127.0.0.1:1", PublicURL: "ftp://ward.example"}, "public_url_invalid", config.Site{}},
		"no port":              {config.Settings{Listen: "127.0.0.1"}, "listen_invalid", config.Site{}},
		"a proxy that is none": {config.Settings{Listen: "127.0.0.1:1", TrustedProxies: []string{"proxy"}}, "trusted_proxies_invalid", config.Site{}},
	} {
		site, err := test.settings.Site()
		if code := codeOf(err); code != test.code || site.Origin != test.site.Origin && err == nil || site.Secure != test.site.Secure && err == nil {
			t.Errorf("%s: %+v, %v", name, site, err)
		}
	}
	settings := config.Settings{Listen: "127.0.0.1:1", TrustedProxies: []string{"10.0.0.7", "10.1.0.0/16"}}
	if site, err := settings.Site(); err != nil || len(site.TrustedProxies) != 2 || site.TrustedProxies[0].Bits() != 32 {
		t.Errorf("%+v, %v", site, err)
	}
}

func TestSecretsAreRefusedOnTheCommandLine(t *testing.T) {
	if err := config.CheckFlags(map[string]string{"database": "postgres://wardline:s3cret@db/wardline"}); codeOf(err) != "secret_in_flag" || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v", err)
	}
	for _, address := range []string{"", "sqlite:x.db", "postgres://wardline@db/wardline", "postgres://postgres@/postgres?host=/tmp/x&sslmode=disable"} {
		if err := config.CheckFlags(map[string]string{"database": address}); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func tls(s config.Settings) config.Settings {
	s.TLSCertificate, s.TLSKey = "cert.pem", "key.pem"
	return s
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.As(err).Code()
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wardline.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBackupSettingsFitTogether(t *testing.T) {
	good := config.Settings{
		BackupDirectory: "d", BackupRecipients: []string{"age1"}, BackupEvery: 24 * time.Hour, BackupKeep: 48 * time.Hour, BackupLedger: "l", BackupLedgerEvery: time.Minute,
	}
	for name, test := range map[string]struct {
		change func(s *config.Settings)
		good   bool
	}{
		"all":                           {func(*config.Settings) {}, true},
		"none":                          {func(s *config.Settings) { *s = config.Settings{} }, true},
		"the ledger alone":              {func(s *config.Settings) { s.BackupDirectory, s.BackupRecipients = "", nil }, true},
		"nobody can open them":          {func(s *config.Settings) { s.BackupRecipients = nil }, false},
		"no ledger":                     {func(s *config.Settings) { s.BackupLedger = "" }, false},
		"gone before the next":          {func(s *config.Settings) { s.BackupKeep = time.Hour }, false},
		"all the time":                  {func(s *config.Settings) { s.BackupEvery = time.Second }, false},
		"the ledger as seldom":          {func(s *config.Settings) { s.BackupLedgerEvery = 24 * time.Hour }, false},
		"the ledger without a pause":    {func(s *config.Settings) { s.BackupLedgerEvery = 0 }, false},
		"the ledger alone, no interval": {func(s *config.Settings) { s.BackupDirectory, s.BackupLedgerEvery = "", 0 }, false},
	} {
		settings := good
		test.change(&settings)
		if err := settings.CheckBackup(); (err == nil) != test.good || err != nil && codeOf(err) != "backup_settings" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
