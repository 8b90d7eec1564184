// Package config is what an operator may set: one struct, from which flags, environment variables, the file's keys and the page
// docs/operate/configuration.md follow.
//
//   - config.go  the settings and what they must not be
//   - read.go    the file and the environment
//   - page.go    the page
//
// Invariants: flags win over the environment, and that over the file; a key that nobody knows is an error, so that a spelling
// mistake never leaves a default in force; a secret has no flag, because other users of a machine see command lines. Plain HTTP is refused outside loopback (R07).
package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/fault"
)

// Settings are the settings of a running server. The tags name, help and default are those of the command line; key is the name in the file; needed
// marks what a server does not start without, and is an example of it.
type Settings struct {
	Data          string `key:"data" name:"data" default:"data" placeholder:"DIR" help:"Directory of keys and, with SQLite, of the databases."`
	Database      string `key:"database" name:"database" placeholder:"ADDRESS" help:"Main database: sqlite:PATH or postgres://…; empty is SQLite in the data directory. A password in it belongs in the file or the environment."`
	ShredDatabase string `key:"shred_database" name:"shred-database" placeholder:"ADDRESS" help:"Shred store, a database of its own outside long-term backups; empty is SQLite in the data directory."`

	Listen         string   `key:"listen" name:"listen" default:"127.0.0.1:8443" placeholder:"HOST:PORT" help:"Where to listen. Without a certificate only a loopback address is allowed."`
	PublicURL      string   `key:"public_url" name:"public-url" placeholder:"URL" help:"The one address that browsers use, such as https://wardline.example.nhs.uk; empty is the listening address."`
	TLSCertificate string   `key:"tls.certificate" name:"tls-certificate" placeholder:"FILE" help:"Certificate chain in PEM."`
	TLSKey         string   `key:"tls.key" name:"tls-key" placeholder:"FILE" help:"Private key in PEM."`
	TrustedProxies []string `key:"trusted_proxies" name:"trusted-proxies" placeholder:"CIDR" help:"Proxies that may say in X-Forwarded-For who the client is."`

	Organisation string `key:"organisation" name:"organisation" placeholder:"ODS" needed:"RXH" help:"ODS code of the organisation, which filed documents carry."`

	IndexURL            string        `key:"index.url" name:"index-url" placeholder:"URL" needed:"https://pas.example.nhs.uk/fhir" help:"FHIR base address of the patient index."`
	IndexTimeout        time.Duration `key:"index.timeout" name:"index-timeout" default:"5s" help:"How long one question to the patient index may take."`
	IndexAuthorization  string        `key:"index.authorization" kong:"-" secret:"" help:"Authorization header sent to the patient index."`
	IndexHospitalSystem string        `key:"index.hospital_number_system" name:"index-hospital-number-system" placeholder:"URI" help:"Identifier system of the hospital's own patient numbers."`
	IndexWardExtension  string        `key:"index.ward_extension" name:"index-ward-extension" placeholder:"URI" help:"Extension of Patient that tells ward and bed."`

	RecordURL           string        `key:"record.url" name:"record-url" placeholder:"URL" needed:"https://record.example.nhs.uk/fhir" help:"FHIR base address of the health record."`
	RecordTimeout       time.Duration `key:"record.timeout" name:"record-timeout" default:"30s" help:"How long one exchange with the health record may take."`
	RecordAuthorization string        `key:"record.authorization" kong:"-" secret:"" help:"Authorization header sent to the health record."`

	BackupDirectory   string        `key:"backup.directory" name:"backup-directory" placeholder:"DIR" help:"Where backups are put by schedule; empty makes none. See docs/operate/backup.md."`
	BackupRecipients  []string      `key:"backup.recipients" name:"backup-recipients" placeholder:"AGE" help:"age recipients that backups are encrypted to, as wardline backup key prints them."`
	BackupEvery       time.Duration `key:"backup.every" name:"backup-every" default:"24h" help:"How long after the newest backup the next one is made."`
	BackupKeep        time.Duration `key:"backup.keep" name:"backup-keep" default:"840h" help:"How long backups are kept; the newest is always. Halves are kept for the shred horizon of the policy and no longer."`
	BackupLedger      string        `key:"backup.ledger_directory" name:"backup-ledger-directory" placeholder:"DIR" help:"Where the destruction ledger is copied to, on another machine's disk: without it no backup can be restored."`
	BackupLedgerEvery time.Duration `key:"backup.ledger_every" name:"backup-ledger-every" default:"5m" help:"How often the destruction ledger is copied; more often than backups are made."`

	LogLevel  string `key:"log.level" name:"log-level" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: debug, info, warn or error."`
	LogFormat string `key:"log.format" name:"log-format" default:"text" enum:"text,json" help:"Form of the log: text or json."`
}

var (
	errPlainHTTP = fault.New(fault.Invalid, "plain_http",
		"Plain HTTP is for this machine only. Set tls.certificate and tls.key, or listen on 127.0.0.1 behind a proxy that has them.")
	errListen    = fault.New(fault.Invalid, "listen_invalid", "listen has to be HOST:PORT.")
	errPair      = fault.New(fault.Invalid, "tls_incomplete", "tls.certificate and tls.key belong together: set both or neither.")
	errPublicURL = fault.New(fault.Invalid, "public_url_invalid", "public_url has to be an origin, https://HOST or https://HOST:PORT, without a path.")
	errProxies   = fault.New(fault.Invalid, "trusted_proxies_invalid", "trusted_proxies has to be addresses or ranges, such as 10.0.0.7 or 10.0.0.0/8.")
	errMissing   = fault.New(fault.Invalid, "setting_missing", "A server does not start without these settings. Each may be a flag, a variable or a line of the file:")
	errBackup    = fault.New(fault.Invalid, "backup_settings", "The settings of backups do not fit together.")
	errSecret    = fault.New(fault.Invalid, "secret_in_flag", "A password belongs in the configuration file or the environment: others can see a command line.")
)

// Site is what follows from the settings about how the server is reached.
type Site struct {
	// Origin is the one origin that browsers come from.
	Origin string
	// Secure says that browsers reach us over TLS, our own or a proxy's on this machine.
	Secure         bool
	TrustedProxies []netip.Prefix
}

// Site checks how the server is to be reached.
func (s *Settings) Site() (Site, error) {
	host, port, err := net.SplitHostPort(s.Listen)
	if err != nil || port == "" {
		return Site{}, errListen
	}
	encrypted := s.TLSCertificate != ""
	switch {
	case encrypted != (s.TLSKey != ""):
		return Site{}, errPair
	case !encrypted && !loopback(host):
		return Site{}, errPlainHTTP.With("listen", s.Listen)
	}
	site := Site{}
	for _, text := range s.TrustedProxies {
		prefix, err := parsePrefix(text)
		if err != nil {
			return Site{}, errProxies
		}
		site.TrustedProxies = append(site.TrustedProxies, prefix)
	}
	public := s.PublicURL
	if public == "" {
		public = map[bool]string{true: "https://", false: "http://"}[encrypted] + s.Listen
	}
	site.Origin, site.Secure, err = origin(public)
	if err == nil && encrypted && !site.Secure {
		err = errPublicURL
	}
	return site, err
}

// Missing names, in one error, every setting that is needed and not there, each with the ways to give it.
func (s *Settings) Missing() error {
	var missing []string
	value := reflect.ValueOf(s).Elem()
	for _, key := range Keys() {
		if key.Needed != "" && value.FieldByName(key.field).String() == "" {
			missing = append(missing, fmt.Sprintf("%s: --%s or %s, such as %s", key.Name, key.Flag(), key.Variable(), key.Needed))
		}
	}
	if missing == nil {
		return nil
	}
	return errMissing.With("missing", missing)
}

// CheckBackup refuses settings under which a backup could not be restored, or would be gone before the next is made.
func (s *Settings) CheckBackup() error {
	why := ""
	switch {
	case s.BackupDirectory == "" && s.BackupLedger == "":
	case s.BackupLedgerEvery < time.Second:
		why = "backup.ledger_every is at least 1s"
	case s.BackupDirectory == "":
	case len(s.BackupRecipients) == 0:
		why = "backup.recipients is missing: nobody could open the backups"
	case s.BackupLedger == "":
		why = "backup.ledger_directory is missing: without the destruction ledger no backup can be restored"
	case s.BackupEvery < time.Minute:
		why = "backup.every is at least 1m"
	case s.BackupKeep < s.BackupEvery:
		why = "backup.keep is shorter than backup.every"
	case s.BackupLedgerEvery >= s.BackupEvery:
		why = "backup.ledger_every has to be shorter than backup.every"
	}
	if why == "" {
		return nil
	}
	return errBackup.With("why", why)
}

// CheckFlags refuses a secret on the command line. flags are the settings that were given there.
func CheckFlags(flags map[string]string) error {
	for _, name := range []string{"database", "shred-database"} {
		if address, err := url.Parse(flags[name]); err == nil && address.User != nil {
			if _, found := address.User.Password(); found || address.Query().Has("password") {
				return errSecret.With("flag", "--"+name)
			}
		}
	}
	return nil
}

// origin is the origin of an address, and whether it is encrypted.
func origin(address string) (string, bool, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || parsed.User != nil || strings.Trim(parsed.Path, "/") != "" || parsed.RawQuery != "" || parsed.Fragment != "" {
		return "", false, errPublicURL
	}
	switch {
	case parsed.Scheme == "https":
		return "https://" + strings.ToLower(parsed.Host), true, nil
	case parsed.Scheme == "http" && loopback(parsed.Hostname()):
		return "http://" + strings.ToLower(parsed.Host), false, nil
	case parsed.Scheme == "http":
		return "", false, errPlainHTTP.With("public_url", address)
	}
	return "", false, errPublicURL
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

func parsePrefix(text string) (netip.Prefix, error) {
	text = strings.TrimSpace(text)
	if address, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}
