package keyring_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/keyring"
)

// signer is what the wire format asks of a key.
type signer interface {
	Public() [32]byte
	Sign(message []byte) [64]byte
}

var files = []string{"bind.key", "remove.key", "assert.key", "audit.key", "index.key", "login.key", "filing.key"}

func TestKeysSurviveOpening(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	made, err := keyring.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	opened := open(t, dir)
	if made.Public() != opened.Public() {
		t.Error("the public keys changed")
	}
	sealed := made.ForRecord().Seal("document", []byte{1}, []byte("a letter"))
	if value, err := opened.ForRecord().Open("document", []byte{1}, sealed); err != nil || string(value) != "a letter" {
		t.Errorf("%q, %v", value, err)
	}
	for _, name := range files {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory: %v, %v", info.Mode(), err)
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	dir := created(t)
	before := open(t, dir).Public()
	if _, err := keyring.Create(dir); code(err) != "key_files_exist" {
		t.Errorf("made keys over keys: %v", err)
	}
	if open(t, dir).Public() != before {
		t.Error("a key changed")
	}
	lone := t.TempDir()
	rewrite(t, lone, "filing.key", func(string) string { return "x" })
	if _, err := keyring.Create(lone); code(err) != "key_files_exist" {
		t.Errorf("made keys beside a lone key file: %v", err)
	}
	if found, _ := os.ReadDir(lone); len(found) != 1 {
		t.Errorf("%d files after a refusal", len(found))
	}
}

// TestTheManifestSaysWhichVersionIsUsed: the next key may lie there long before it is named, and the old one long after.
func TestTheManifestSaysWhichVersionIsUsed(t *testing.T) {
	dir := t.TempDir()
	if _, err := keyring.Create(dir); err != nil {
		t.Fatal(err)
	}
	first := open(t, dir).Public()
	if err := keyring.Renew(dir, "audit"); err != nil {
		t.Fatal(err)
	}
	ring := open(t, dir)
	next := ring.Newest()
	if next.Audit == first.Audit || next.Bind != first.Bind || next.Remove != first.Remove || next.Assert != first.Assert {
		t.Errorf("the newest keys are %x, after %x", next, first)
	}
	for _, named := range []keyring.PublicKeys{first, next, first} {
		if missing := ring.Use(named); len(missing) > 0 || ring.Public() != named || ring.ForAudit().Public() != named.Audit {
			t.Errorf("the key that is named is not used: %v", missing)
		}
	}
	other := next
	other.Bind, other.Audit = next.Audit, next.Bind
	if missing := ring.Use(other); strings.Join(missing, " ") != "bind audit" || ring.Public() != first {
		t.Errorf("keys of another purpose were taken: %v", missing)
	}
	if info, err := os.Stat(filepath.Join(dir, "audit.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	for _, name := range []string{"login", "", "../audit"} {
		if err := keyring.Renew(dir, name); code(err) != "bad_key_file" {
			t.Errorf("%q was renewed: %v", name, err)
		}
	}
	if found, _ := os.ReadDir(dir); len(found) != 7 {
		t.Errorf("%d files", len(found))
	}
}

func TestOpenNamesWhatIsWrong(t *testing.T) {
	for name, test := range map[string]struct {
		change func(t *testing.T, dir string)
		code   string
		says   string
	}{
		"a missing key": {func(t *testing.T, dir string) { remove(t, dir, "audit.key") }, "key_files_missing", "[audit.key]"},
		"two missing keys": {func(t *testing.T, dir string) {
			remove(t, dir, "index.key")
			remove(t, dir, "bind.key")
		}, "key_files_missing", "[bind.key index.key]"},
		"readable by the group": {func(t *testing.T, dir string) { chmod(t, dir, "login.key", 0o640) }, "key_file_too_open", "login.key"},
		"readable by all":       {func(t *testing.T, dir string) { chmod(t, dir, "login.key", 0o604) }, "key_file_too_open", "login.key"},
		"writable by the group": {func(t *testing.T, dir string) { chmod(t, dir, "bind.key", 0o620) }, "key_file_too_open", "bind.key"},
		"a link": {func(t *testing.T, dir string) {
			if err := errors.Join(os.Rename(filepath.Join(dir, "bind.key"), filepath.Join(dir, "else")), os.Symlink("else", filepath.Join(dir, "bind.key"))); err != nil {
				t.Fatal(err)
			}
		}, "bad_key_file", "bind.key"},
		"empty":           {edit("bind.key", func(string) string { return "" }), "bad_key_file", "line 1"},
		"cut off":         {edit("bind.key", func(s string) string { return s[:len(s)-3] }), "bad_key_file", "right form"},
		"no line end":     {edit("bind.key", strings.TrimSpace), "bad_key_file", "right form"},
		"an extra space":  {edit("bind.key", func(s string) string { return " " + s }), "bad_key_file", "right form"},
		"another purpose": {edit("bind.key", func(s string) string { return strings.Replace(s, "bind", "assert", 1) }), "bad_key_file", "another purpose"},
		"version 0":       {edit("bind.key", func(s string) string { return strings.Replace(s, " 1 ", " 0 ", 1) }), "bad_key_file", "version"},
		"a version twice": {edit("index.key", func(s string) string { return s + s }), "bad_key_file", "version"},
		"one signing key as two": {edit("bind.key", func(s string) string {
			return s + strings.Replace(s, " 1 ", " 2 ", 1)
		}), "bad_key_file", "the same"},
		"the same key for two purposes": {func(t *testing.T, dir string) {
			other, err := os.ReadFile(filepath.Join(dir, "assert.key"))
			if err != nil {
				t.Fatal(err)
			}
			rewrite(t, dir, "bind.key", func(string) string { return strings.Replace(string(other), "assert", "bind", 1) })
		}, "bad_key_file", "the same"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := created(t)
			secrets := contents(t, dir)
			test.change(t, dir)
			_, err := keyring.Open(dir)
			if code(err) != test.code {
				t.Fatalf("%v", err)
			}
			said := fmt.Sprint(err, fault.As(err).Details(), errors.Unwrap(err))
			if !strings.Contains(said, test.says) {
				t.Errorf("does not say %q: %s", test.says, said)
			}
			for _, secret := range secrets {
				if strings.Contains(said, secret) {
					t.Errorf("a key is in %s", said)
				}
			}
		})
	}
}

func TestP5_AKeySignsForItsOwnPurposeOnly(t *testing.T) {
	ring := open(t, created(t))
	identity, patient := ring.ForIdentity(), ring.ForPatient()
	object := func(name string) []byte { return []byte("wardline/v1/" + name + "\x00WARD…") }
	checkpoint := []byte("wardline-audit-v1\n1\n")
	keys := []struct {
		name   string
		signer signer
		public [32]byte
		signs  []string
	}{
		{"bind", identity.Bind, ring.Public().Bind, []string{"bind", "reset"}},
		{"revoke", identity.Revoke, ring.Public().Remove, []string{"revoke"}},
		{"remove", ring.ForThread(), ring.Public().Remove, []string{"remove"}},
		{"assert", patient.Assert, ring.Public().Assert, []string{"patient-assertion"}},
		{"audit", ring.ForAudit(), ring.Public().Audit, nil},
	}
	for _, key := range keys {
		if key.signer.Public() != key.public {
			t.Errorf("%s has another public key", key.name)
		}
		for _, name := range []string{"bind", "reset", "revoke", "remove", "patient-assertion", "root-manifest", "", "bind2", "message"} {
			signature, signed := sign(key.signer, object(name))
			if signed != slices.Contains(key.signs, name) {
				t.Errorf("%s signed %q: %v", key.name, name, signed)
			}
			if signed && !ed25519.Verify(key.public[:], object(name), signature[:]) {
				t.Errorf("%s made a bad signature", key.name)
			}
		}
		signature, signed := sign(key.signer, checkpoint)
		if signed != (key.name == "audit") {
			t.Errorf("%s signed a checkpoint: %v", key.name, signed)
		}
		if signed && !ed25519.Verify(key.public[:], checkpoint, signature[:]) {
			t.Errorf("%s made a bad signature", key.name)
		}
		if _, signed := sign(key.signer, []byte("wardline/v1/bind")); signed {
			t.Errorf("%s signed a name without its end", key.name)
		}
	}
}

func TestR08_SealedValuesOpenInTheirPlaceOnly(t *testing.T) {
	ring, other := open(t, created(t)), open(t, created(t))
	record, value := []byte{7, 7}, []byte("TOTP seed")
	sealed := ring.ForIdentity().Login.Seal("totp", record, value)
	if bytes.Contains(sealed, value) || bytes.Equal(sealed, ring.ForIdentity().Login.Seal("totp", record, value)) {
		t.Error("the value shows, or sealing twice gives the same")
	}
	if len(sealed) != len(value)+33 {
		t.Errorf("%d bytes for %d", len(sealed), len(value))
	}
	refused := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, keyring.ErrSealed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := ring.ForIdentity().Login.Open("vault-share", record, sealed)
	refused("another kind of value", err)
	_, err = ring.ForIdentity().Login.Open("totp", []byte{7}, sealed)
	refused("another record", err)
	_, err = ring.ForIdentity().Login.Open("totp\x07", []byte{7}, sealed)
	refused("the border moved", err)
	_, err = ring.ForRecord().Open("totp", record, sealed)
	refused("another purpose", err)
	_, err = other.ForIdentity().Login.Open("totp", record, sealed)
	refused("another keyring", err)
	for n := range sealed {
		altered := bytes.Clone(sealed)
		altered[n] ^= 1
		_, err = ring.ForIdentity().Login.Open("totp", record, altered)
		refused(fmt.Sprintf("byte %d altered", n), err)
		_, err = ring.ForIdentity().Login.Open("totp", record, sealed[:n])
		refused(fmt.Sprintf("cut at %d", n), err)
	}
}

func TestANewVersionOpensWhatAnOldOneSealed(t *testing.T) {
	dir := created(t)
	old := open(t, dir)
	patient := number(t)
	sealed := old.ForRecord().Seal("document", []byte{1}, []byte("x"))
	digest, version := old.ForIdentity().Login.Digest("auth", []byte("key"))
	steady := old.ForIdentity().Login.Steady("salt", []byte("nobody"))
	tag := old.ForPatient().Index.Tag(patient)

	spare := contents(t, created(t))
	for n, name := range files[4:] {
		rewrite(t, dir, name, func(s string) string {
			mark, _, _ := strings.Cut(s, " 1 ")
			return s + mark + " 2 " + spare[4+n] + "\n"
		})
	}
	both := open(t, dir)
	if value, err := both.ForRecord().Open("document", []byte{1}, sealed); err != nil || string(value) != "x" {
		t.Errorf("the old document: %q, %v", value, err)
	}
	if fresh := both.ForRecord().Seal("document", []byte{1}, []byte("x")); fresh[4] != 2 {
		t.Errorf("sealed under version %d", fresh[4])
	}
	login := both.ForIdentity().Login
	if !login.SameDigest(digest[:], version, "auth", []byte("key")) || login.SameDigest(digest[:], 2, "auth", []byte("key")) {
		t.Error("the old digest is not compared under its own version")
	}
	if _, now := login.Digest("auth", []byte("key")); now != 2 {
		t.Errorf("digests are made under version %d", now)
	}
	if login.Steady("salt", []byte("nobody")) != steady {
		t.Error("the steady digest changed with the keys")
	}
	tags := both.ForPatient().Index.Tags(patient)
	if len(tags) != 2 || tags[0].Version != 2 || tags[0] != both.ForPatient().Index.Tag(patient) || tags[1] != tag {
		t.Errorf("tags %v, the old one is %v", tags, tag)
	}
}

func TestDigestsKeepTheirParts(t *testing.T) {
	login := open(t, created(t)).ForIdentity().Login
	digest, version := login.Digest("auth", []byte("ab"), []byte("c"))
	if !login.SameDigest(digest[:], version, "auth", []byte("ab"), []byte("c")) {
		t.Error("the same parts do not compare")
	}
	if login.SameDigest(digest[:], version, "auth", []byte("a"), []byte("bc")) ||
		login.SameDigest(digest[:], version, "auth", []byte("abc")) ||
		login.SameDigest(digest[:], version, "auth2", []byte("ab"), []byte("c")) ||
		login.SameDigest(digest[:31], version, "auth", []byte("ab"), []byte("c")) ||
		login.SameDigest(digest[:], version+1, "auth", []byte("ab"), []byte("c")) {
		t.Error("other parts, another label, a shorter digest or another version compare")
	}
}

func TestTagIsTheHMACOfTheDigits(t *testing.T) {
	dir := created(t)
	rewrite(t, dir, "index.key", func(string) string {
		return "wardline-key-v1 index 7 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
	})
	mac := hmac.New(sha256.New, make([]byte, 32))
	mac.Write([]byte("9434765919"))
	want := keyring.Tag{Tag: id.Tag(mac.Sum(nil)), Version: 7}
	if got := open(t, dir).ForPatient().Index.Tag(number(t)); got != want {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestKeysDoNotPrintThemselves(t *testing.T) {
	dir := created(t)
	ring := open(t, dir)
	holder := struct {
		inner  keyring.Identity
		record keyring.Filing
	}{ring.ForIdentity(), ring.ForRecord()}
	var out strings.Builder
	for _, value := range []any{
		ring, *ring, ring.ForIdentity(), ring.ForPatient(), ring.ForThread(), ring.ForRecord(), ring.ForAudit(), holder, &holder,
	} {
		fmt.Fprintf(&out, "%v %+v %#v %s %x %q\n", value, value, value, value, value, value)
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		key := decode(t, strings.Fields(string(text))[3])
		for _, form := range []string{string(key[:8]), fmt.Sprintf("%x", key[:8]), strings.Trim(fmt.Sprint(key[:8]), "[]"), strings.Trim(fmt.Sprintf("%#v", key[:8]), "[]byte{}")} {
			if strings.Contains(out.String(), form) {
				t.Errorf("%s is printed as %q", name, form)
			}
		}
	}
}

// TestCheckValuesNameKeysWithoutTellingThem: the same for the same files, another for each key, and nothing of a secret.
func TestCheckValuesNameKeysWithoutTellingThem(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	keys, err := keyring.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := keyring.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	values := keys.CheckValues()
	if !maps.Equal(values, again.CheckValues()) || len(values) != 7 {
		t.Errorf("%v and %v", values, again.CheckValues())
	}
	other, err := keyring.Create(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range other.CheckValues() {
		if values[name] == value {
			t.Errorf("%s of two servers is %s", name, value)
		}
	}
	if missing := other.Missing(values); len(missing) != len(values) {
		t.Errorf("of another server's keys only %v are missing", missing)
	}
	// A key that was renewed since is still here, and so is what it signed.
	if err := keyring.Renew(dir, "audit"); err != nil {
		t.Fatal(err)
	}
	renewed, err := keyring.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if missing := renewed.Missing(values); len(missing) > 0 || maps.Equal(renewed.CheckValues(), values) {
		t.Errorf("after a renewal %v are missing", missing)
	}
	if held := renewed.AuditKeys(); len(held) != 2 || held[1] != keys.Public().Audit || held[0] != renewed.Public().Audit {
		t.Errorf("audit keys after a renewal: %v", held)
	}
	for _, name := range []string{"index", "login", "filing", "audit"} {
		file, err := os.ReadFile(filepath.Join(dir, name+".key"))
		if err != nil {
			t.Fatal(err)
		}
		for which, value := range values {
			if strings.Contains(string(file), value) {
				t.Errorf("%s tells of %s", which, name)
			}
		}
	}
}
