package envelope

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"github.com/wardline/wardline/internal/id"
)

type passkeyVector struct {
	Input    hexed `json:"input"` // what the authenticator evaluates, the same in every vector
	PRF      hexed `json:"prf"`
	Person   hexed `json:"person"`
	Unlocker hexed `json:"unlocker"`
	WrapKey  hexed `json:"wrapKey"`
}

type pinVector struct {
	PIN       string `json:"pin"`
	Device    hexed  `json:"device"`
	LocalKey  hexed  `json:"localKey"`
	Stretched hexed  `json:"stretched"` // t
	Share     hexed  `json:"share"`
	Person    hexed  `json:"person"`
	Unlocker  hexed  `json:"unlocker"`
	Verifier  hexed  `json:"verifier"`
	WrapKey   hexed  `json:"wrapKey"`
}

func generatePasskeys(t *testing.T, in inputs) (all []passkeyVector) {
	for range 2 {
		v := passkeyVector{PRF: in.bytes(32), Person: in.bytes(16), Unlocker: in.bytes(16)}
		input, wrap := PRFInput(), PasskeyWrapKey(v.PRF.b32(t), id.Person(v.Person), id.Unlocker(v.Unlocker))
		v.Input, v.WrapKey = input[:], wrap[:]
		all = append(all, v)
	}
	return all
}

func generatePINs(t *testing.T, in inputs) (all []pinVector) {
	for _, pin := range []string{"018437", "930517264805"} {
		v := pinVector{
			PIN: pin, Device: in.bytes(16), LocalKey: in.bytes(32), Share: in.bytes(32), Person: in.bytes(16), Unlocker: in.bytes(16),
		}
		key := must(v.stretch())
		verifier := key.Verifier(id.Person(v.Person), id.Unlocker(v.Unlocker))
		wrap := key.WrapKey(v.Share.b32(t), id.Person(v.Person), id.Unlocker(v.Unlocker))
		v.Stretched, v.Verifier, v.WrapKey = key.t[:], verifier[:], wrap[:]
		all = append(all, v)
	}
	return all
}

func (v pinVector) stretch() (*PINKey, error) {
	return StretchPIN(v.PIN, id.Device(v.Device), func(data []byte) [32]byte {
		mac := hmac.New(sha256.New, v.LocalKey)
		mac.Write(data)
		return [32]byte(mac.Sum(nil))
	})
}

// checkUnlockVectors checks what a file has of these. The browser side's own tests say that its file has them.
func checkUnlockVectors(t *testing.T, v cryptoVectors) {
	for _, one := range v.Passkey {
		checkPasskeyVector(t, one)
	}
	for _, one := range v.PIN {
		checkPINVector(t, one)
	}
}

func TestR24_TheVectorsHavePasskeysAndPINs(t *testing.T) {
	var v cryptoVectors
	readVectors(t, "crypto.go.json", &v)
	if len(v.Passkey) < 2 || len(v.PIN) < 2 {
		t.Errorf("%d passkeys, %d PINs", len(v.Passkey), len(v.PIN))
	}
}

func checkPasskeyVector(t *testing.T, v passkeyVector) {
	input, wrap := PRFInput(), PasskeyWrapKey(v.PRF.b32(t), id.Person(v.Person), id.Unlocker(v.Unlocker))
	same(t, "input", input[:], v.Input)
	same(t, "wrapKey", wrap[:], v.WrapKey)
}

func checkPINVector(t *testing.T, v pinVector) {
	key := must(v.stretch())
	verifier := key.Verifier(id.Person(v.Person), id.Unlocker(v.Unlocker))
	wrap := key.WrapKey(v.Share.b32(t), id.Person(v.Person), id.Unlocker(v.Unlocker))
	same(t, "stretched", key.t[:], v.Stretched)
	same(t, "verifier", verifier[:], v.Verifier)
	same(t, "wrapKey", wrap[:], v.WrapKey)
}

// TestR24_APINIsDigits: anything else never reaches the stretching, so the two sides cannot disagree about an encoding.
func TestR24_APINIsDigits(t *testing.T) {
	local := func([]byte) [32]byte { t.Error("was stretched"); return [32]byte{} }
	for _, pin := range []string{"", "12345", "1234567890123", "12345a", "１２３４５６", "123 456", "-12345"} {
		_, err := StretchPIN(pin, id.Device{1}, local)
		refused(t, pin, err, WeakParameters)
	}
}

// TestR24_APINsKeysAreItsOwn: another device, share, person, unlocker or local key gives other keys, and the verifier does not open.
func TestR24_APINsKeysAreItsOwn(t *testing.T) {
	local := func(key byte) func([]byte) [32]byte {
		return func(data []byte) [32]byte { return sha256.Sum256(append([]byte{key}, data...)) }
	}
	stretch := func(pin string, device byte, key byte) *PINKey {
		return must(StretchPIN(pin, id.Device{device}, local(key)))
	}
	first := stretch("018437", 1, 1)
	seen := map[[32]byte]string{}
	for name, key := range map[string][32]byte{
		"wrap": first.WrapKey([32]byte{1}, id.Person{1}, id.Unlocker{1}), "another share": first.WrapKey([32]byte{2}, id.Person{1}, id.Unlocker{1}),
		"another person":     first.WrapKey([32]byte{1}, id.Person{2}, id.Unlocker{1}),
		"another unlocker":   first.WrapKey([32]byte{1}, id.Person{1}, id.Unlocker{2}),
		"verifier":           first.Verifier(id.Person{1}, id.Unlocker{1}),
		"another's verifier": first.Verifier(id.Person{1}, id.Unlocker{2}),
		"another PIN":        stretch("018438", 1, 1).Verifier(id.Person{1}, id.Unlocker{1}),
		"another device":     stretch("018437", 2, 1).Verifier(id.Person{1}, id.Unlocker{1}),
		"another local key":  stretch("018437", 1, 2).Verifier(id.Person{1}, id.Unlocker{1}),
		"a passkey":          PasskeyWrapKey(first.t, id.Person{1}, id.Unlocker{1}),
	} {
		if other, taken := seen[key]; taken {
			t.Errorf("%s is %s", name, other)
		}
		seen[key] = name
	}
}
