package signon

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"os"

	"github.com/golang-jwt/jwt/v5"
)

// mostKey bounds a key file.
const mostKey = 64 << 10

// leastRSA is what NHS England and everybody else asks for at least.
const leastRSA = 2048

// readPrivate reads a file that nobody else may read. What is checked is the file that was opened, not the name.
func readPrivate(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, errKey.With("file", path).Because(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, errKey.With("file", path).Because(err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, errTooOpen.With("file", path)
	}
	data, err := io.ReadAll(io.LimitReader(file, mostKey))
	if err != nil {
		return nil, errKey.With("file", path).Because(err)
	}
	return data, nil
}

// signingKey reads the key that signs assertions, and checks that it is one for the algorithm.
func signingKey(path, algorithm string) (jwt.SigningMethod, crypto.Signer, error) {
	data, err := readPrivate(path)
	if err != nil {
		return nil, nil, err
	}
	key, err := parseKey(data)
	if err != nil {
		return nil, nil, errKey.With("file", path).Because(err)
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		method := map[string]jwt.SigningMethod{"RS512": jwt.SigningMethodRS512, "RS384": jwt.SigningMethodRS384}[algorithm]
		if method != nil && key.N.BitLen() >= leastRSA {
			return method, key, nil
		}
	case *ecdsa.PrivateKey:
		if algorithm == "ES256" && key.Curve == elliptic.P256() {
			return jwt.SigningMethodES256, key, nil
		}
	}
	return nil, nil, errKey.With("file", path).With("algorithm", algorithm)
}

func parseKey(data []byte) (any, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("signon: not PEM")
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	return nil, errors.New("signon: no private key that is known here") // the parsers' own words may quote the file
}
