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
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
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

	Index               Foreign       `embed:"" prefix:"index-" key:"index" set:"system=the patient index" needed:"https://pas.example.nhs.uk/fhir"`
	IndexTimeout        time.Duration `key:"index.timeout" name:"index-timeout" default:"5s" help:"How long one question to the patient index may take."`
	IndexHospitalSystem string        `key:"index.hospital_number_system" name:"index-hospital-number-system" placeholder:"URI" help:"Identifier system of the hospital's own patient numbers."`
	IndexWardExtension  string        `key:"index.ward_extension" name:"index-ward-extension" placeholder:"URI" help:"Extension of Patient that tells ward and bed."`

	National        Foreign       `embed:"" prefix:"national-" key:"national" set:"system=the national patient index"`
	NationalTimeout time.Duration `key:"national.timeout" name:"national-timeout" default:"5s" help:"How long one question to the national patient index may take."`

	RecordPath    string        `key:"record.path" name:"record-path" default:"iti-65" enum:"iti-65,fhir,hl7" help:"How documents are filed: iti-65 (FHIR, IHE MHD), fhir (FHIR, plain resources) or hl7 (HL7 v2 MDM over MLLP). See docs/integrate/record.md."`
	Record        Foreign       `embed:"" prefix:"record-" key:"record" set:"system=the health record" needed:"https://record.example.nhs.uk/fhir" path:"iti-65 fhir"`
	RecordTimeout time.Duration `key:"record.timeout" name:"record-timeout" default:"30s" help:"How long one exchange with the health record may take."`
	RecordPDF     bool          `key:"record.pdf" name:"record-pdf" help:"File a PDF of each document beside the HTML, where it can be written in the fonts that a PDF carries. Not with record.path iti-65, which has room for one rendering."`

	HL7Address           string `key:"record.hl7.address" name:"record-hl7-address" placeholder:"HOST:PORT" needed:"record.example.nhs.uk:2575" path:"hl7" help:"Where the health record takes HL7 v2 over MLLP."`
	HL7Plain             bool   `key:"record.hl7.plain" name:"record-hl7-plain" help:"Without TLS, which only this machine may have: for an engine or a tunnel on it."`
	HL7Sender            string `key:"record.hl7.sending_application" name:"record-hl7-sending-application" default:"WARDLINE" help:"MSH-3 of what is sent."`
	HL7SenderFacility    string `key:"record.hl7.sending_facility" name:"record-hl7-sending-facility" placeholder:"NAME" help:"MSH-4; empty is the organisation's ODS code."`
	HL7Receiver          string `key:"record.hl7.receiving_application" name:"record-hl7-receiving-application" placeholder:"NAME" needed:"EPR" path:"hl7" help:"MSH-5, and MSH-3 of the only acknowledgement that is a receipt: the health record's own application, not an engine's."`
	HL7ReceiverFacility  string `key:"record.hl7.receiving_facility" name:"record-hl7-receiving-facility" placeholder:"NAME" help:"MSH-6, and MSH-4 of that acknowledgement; empty is the organisation's ODS code."`
	HL7NHSAuthority      string `key:"record.hl7.nhs_number_authority" name:"record-hl7-nhs-number-authority" default:"NHS" help:"Assigning authority of NHS numbers in PID-3."`
	HL7HospitalAuthority string `key:"record.hl7.hospital_number_authority" name:"record-hl7-hospital-number-authority" placeholder:"NAME" help:"Assigning authority of hospital numbers in PID-3; empty sends none."`
	HL7DocumentType      string `key:"record.hl7.document_type" name:"record-hl7-document-type" default:"PN" help:"TXA-2, of table 0270 or the record's own."`
	HL7Training          bool   `key:"record.hl7.training" name:"record-hl7-training" help:"MSH-11 is T and not P: for the record's training system."`

	BackupDirectory   string        `key:"backup.directory" name:"backup-directory" placeholder:"DIR" help:"Where backups are put by schedule; empty makes none. See docs/operate/backup.md."`
	BackupRecipients  []string      `key:"backup.recipients" name:"backup-recipients" placeholder:"AGE" help:"age recipients that backups are encrypted to, as wardline backup key prints them."`
	BackupEvery       time.Duration `key:"backup.every" name:"backup-every" default:"24h" help:"How long after the newest backup the next one is made."`
	BackupKeep        time.Duration `key:"backup.keep" name:"backup-keep" default:"840h" help:"How long backups are kept; the newest is always. Halves are kept for the shred horizon of the policy and no longer."`
	BackupLedger      string        `key:"backup.ledger_directory" name:"backup-ledger-directory" placeholder:"DIR" help:"Where the destruction ledger is copied to, on another machine's disk: without it no backup can be restored."`
	BackupLedgerEvery time.Duration `key:"backup.ledger_every" name:"backup-ledger-every" default:"5m" help:"How often the destruction ledger is copied; more often than backups are made."`

	LogLevel  string `key:"log.level" name:"log-level" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: debug, info, warn or error."`
	LogFormat string `key:"log.format" name:"log-format" default:"text" enum:"text,json" help:"Form of the log: text or json."`
}

// Foreign is how a system that is not ours is reached, and how we prove to it who we are. Settings has one for each, which says in its tags what it is called
// here; needed and path are those of its address.
type Foreign struct {
	URL            string `key:"url" name:"url" placeholder:"URL" help:"FHIR base address of ${system}."`
	Authorization  string `key:"authorization" kong:"-" secret:"" help:"Authorization header sent to ${system}."`
	Certificate    string `key:"certificate" name:"certificate" placeholder:"FILE" help:"Client certificate for ${system}, in PEM."`
	Key            string `key:"key" name:"key" placeholder:"FILE" help:"Its private key, in PEM; nobody else may read the file."`
	CA             string `key:"ca" name:"ca" placeholder:"FILE" help:"Certificates, in PEM, of the authorities that ${system} is trusted by; empty is the machine's."`
	OAuthURL       string `key:"oauth.token_url" name:"oauth-token-url" placeholder:"URL" help:"Where ${system} gives out access tokens (OAuth 2.0 client credentials with a signed JWT)."`
	OAuthClient    string `key:"oauth.client_id" name:"oauth-client-id" placeholder:"ID" help:"Who we are there; with NHS England, the API key."`
	OAuthKey       string `key:"oauth.key" name:"oauth-key" placeholder:"FILE" help:"Private key that signs the JWT, in PEM; nobody else may read the file."`
	OAuthKeyID     string `key:"oauth.key_id" name:"oauth-key-id" placeholder:"KID" help:"The name under which its public half is registered there."`
	OAuthAlgorithm string `key:"oauth.algorithm" name:"oauth-algorithm" default:"RS512" enum:"RS512,RS384,ES256" help:"Signature of the JWT: RS512 (NHS England), RS384 or ES256."`
	OAuthScope     string `key:"oauth.scope" name:"oauth-scope" placeholder:"SCOPE" help:"What is asked for; empty asks for nothing in particular."`
	OAuthAudience  string `key:"oauth.audience" name:"oauth-audience" placeholder:"URL" help:"Whom the JWT is for; empty is the address that gives out tokens."`
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
		if key.Needed != "" && (key.path == "" || slices.Contains(strings.Fields(key.path), cmp.Or(s.RecordPath, "iti-65"))) && value.FieldByIndex(key.index).String() == "" {
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
