package envelope

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"io"
)

// sealGCM is AES-256-GCM. The key and nonce together must be new for every plaintext.
func sealGCM(key [32]byte, nonce [12]byte, aad, plaintext []byte) []byte {
	return gcm(key).Seal(nil, nonce[:], plaintext, aad)
}

// openGCM refuses with the code that fits what the caller opens.
func openGCM(key [32]byte, nonce [12]byte, aad, ciphertext []byte, code Code) ([]byte, error) {
	plaintext, err := gcm(key).Open(nil, nonce[:], ciphertext, aad)
	if err != nil {
		return nil, refuse(code, "does not open")
	}
	return plaintext, nil
}

// gcm cannot fail for a key of this size.
func gcm(key [32]byte) cipher.AEAD {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("envelope: AES: " + err.Error())
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("envelope: GCM: " + err.Error())
	}
	return aead
}

// keyNonce splits 44 derived bytes.
func keyNonce(derived []byte) (key [32]byte, nonce [12]byte) {
	return [32]byte(derived[:32]), [12]byte(derived[32:44])
}

// Entropy is where new keys and nonces come from. Nil means the operating system; tests and vectors give a fixed one.
type Entropy = io.Reader

// draw fills b, and fails rather than use anything but what the source gave.
func draw(from Entropy, b []byte) error {
	if from == nil {
		from = rand.Reader
	}
	_, err := io.ReadFull(from, b)
	return err
}
