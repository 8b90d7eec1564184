package envelope

import (
	"testing"

	"github.com/wardline/wardline/internal/id"
)

// The crypto vectors pin every construction by itself, with all inputs given, so that a difference between the two sides shows where it is.
type cryptoVectors struct {
	KDF       []kdfVector       `json:"kdf"`
	Hash      []hashVector      `json:"hash"`
	Signature []signatureVector `json:"signature"`
	HPKE      []hpkeVector      `json:"hpke"`
	Password  []passwordVector  `json:"password"`
	Escrow    []escrowVector    `json:"escrow"`
	Merkle    []merkleVector    `json:"merkle"`
	State     []stateVector     `json:"state"`
	Note      []noteVector      `json:"note"`
	Message   []messageVector   `json:"message"`
	Vault     []vaultVector     `json:"vault"`
	Unlocker  []unlockerVector  `json:"unlocker"`
	Passkey   []passkeyVector   `json:"passkey"`
	PIN       []pinVector       `json:"pin"`
	// Continues has pairs of assertions: whether the next may take the place of the former.
	Continues []continuesVector `json:"continues"`
}

type continuesVector struct {
	Former hexed `json:"former"`
	Next   hexed `json:"next"`
	Same   bool  `json:"same"`
}

type kdfVector struct {
	Secret  hexed  `json:"secret"`
	Salt    hexed  `json:"salt"`
	Label   string `json:"label"`
	Context hexed  `json:"context"`
	Length  int    `json:"length"`
	Out     hexed  `json:"out"`
}

type hashVector struct {
	Label string `json:"label"`
	Bytes hexed  `json:"bytes"`
	Out   hexed  `json:"out"`
}

type signatureVector struct {
	Type      string `json:"type"`
	Object    hexed  `json:"object"`
	Public    hexed  `json:"public"`
	Signature hexed  `json:"signature"`
	OK        bool   `json:"ok"`
}

type hpkeVector struct {
	Seed      hexed `json:"seed"`
	Public    hexed `json:"public"`
	Info      hexed `json:"info"`
	Sealed    hexed `json:"sealed"`
	Plaintext hexed `json:"plaintext"`
}

type passwordVector struct {
	Password   string `json:"password"`
	Salt       hexed  `json:"salt"`
	MemoryKiB  uint32 `json:"memoryKiB"`
	Passes     uint32 `json:"passes"`
	VaultShare hexed  `json:"vaultShare"`
	Person     hexed  `json:"person"`
	Unlocker   hexed  `json:"unlocker"`
	AuthKey    hexed  `json:"authKey"`
	WrapKey    hexed  `json:"wrapKey"`
}

type escrowVector struct {
	Secret    hexed        `json:"secret"`
	Thread    hexed        `json:"thread"`
	Epoch     uint32       `json:"epoch"`
	Threshold uint8        `json:"threshold"`
	Seats     []seatVector `json:"seats"`
}

type seatVector struct {
	Seat   uint8 `json:"seat"`
	Share  hexed `json:"share"`
	Commit hexed `json:"commit"`
}

type merkleVector struct {
	Leaves []hexed   `json:"leaves"`
	Root   hexed     `json:"root"`
	Proofs [][]hexed `json:"proofs"`
}

type stateVector struct {
	Secret hexed  `json:"secret"`
	Thread hexed  `json:"thread"`
	Epoch  uint32 `json:"epoch"`
	Plain  hexed  `json:"plain"`
	Sealed hexed  `json:"sealed"`
}

type noteVector struct {
	EpochSecret hexed  `json:"epochSecret"`
	Thread      hexed  `json:"thread"`
	Seq         uint32 `json:"seq"`
	Salt        hexed  `json:"salt"`
	Plain       hexed  `json:"plain"`
	Ciphertext  hexed  `json:"ciphertext"`
}

type messageVector struct {
	EpochSecret hexed `json:"epochSecret"`
	Half        hexed `json:"half"`
	KF          hexed `json:"kf"`
	Header      hexed `json:"header"`
	Inner       hexed `json:"inner"`
	Commitment  hexed `json:"commitment"`
	Ciphertext  hexed `json:"ciphertext"`
	Signature   hexed `json:"signature"`
	Device      hexed `json:"device"`
}

type vaultVector struct {
	AK             hexed  `json:"ak"`
	Person         hexed  `json:"person"`
	AKGeneration   uint32 `json:"akGeneration"`
	SealedVault    hexed  `json:"sealedVault"`
	Vault          hexed  `json:"vault"`
	SealedIdentity hexed  `json:"sealedIdentity"`
	IdentitySeed   hexed  `json:"identitySeed"`
}

type unlockerVector struct {
	Key           hexed `json:"key"`
	Blob          hexed `json:"blob"`
	Seed          hexed `json:"seed"`
	Identity      hexed `json:"identity"`
	AKWrap        hexed `json:"akWrap"`
	WrapSignature hexed `json:"wrapSignature"`
	AK            hexed `json:"ak"`
}

func TestCryptoVectors(t *testing.T) {
	bothSides(t, "crypto", generateCrypto, func(t *testing.T, v cryptoVectors) {
		each(t, "kdf", v.KDF, func(t *testing.T, v kdfVector) {
			same(t, "out", KDF(v.Secret, v.Salt, v.Label, v.Context, v.Length), v.Out)
		})
		each(t, "hash", v.Hash, func(t *testing.T, v hashVector) {
			out := HashLabel(v.Label, v.Bytes)
			same(t, "out", out[:], v.Out)
		})
		each(t, "signature", v.Signature, func(t *testing.T, v signatureVector) {
			err := refuse(BadSignature, "length")
			if len(v.Signature) == 64 {
				err, _ = VerifyStrict(v.Public.b32(t), signingInput(typeNamed(v.Type), v.Object), [64]byte(v.Signature)).(*Refusal)
			}
			if (err == nil) != v.OK {
				t.Errorf("%v, want ok %v", err, v.OK)
			}
		})
		each(t, "hpke", v.HPKE, checkHPKEVector)
		each(t, "password", v.Password, checkPasswordVector)
		each(t, "escrow", v.Escrow, checkEscrowVector)
		each(t, "merkle", v.Merkle, checkMerkleVector)
		each(t, "state", v.State, func(t *testing.T, v stateVector) {
			thread := id.Thread(v.Thread.b32(t))
			key, nonce := stateKey(v.Secret.b32(t), thread, v.Epoch)
			same(t, "sealed", sealGCM(key, nonce, threadEpoch(thread, v.Epoch), v.Plain), v.Sealed)
		})
		each(t, "note", v.Note, func(t *testing.T, v noteVector) {
			thread := id.Thread(v.Thread.b32(t))
			key, nonce := noteKey(v.EpochSecret.b32(t), [16]byte(v.Salt), thread, v.Seq)
			same(t, "ciphertext", sealGCM(key, nonce, thread[:], v.Plain), v.Ciphertext)
		})
		each(t, "message", v.Message, checkMessageVector)
		each(t, "vault", v.Vault, checkVaultVector)
		each(t, "unlocker", v.Unlocker, checkUnlockerVector)
		checkUnlockVectors(t, v)
		each(t, "continues", v.Continues, func(t *testing.T, v continuesVector) {
			if err := SamePatient(must(Parse[PatientAssertion](v.Former)), must(Parse[PatientAssertion](v.Next))); (err == nil) != v.Same {
				t.Errorf("%v, want the same patient %v", err, v.Same)
			}
		})
	})
}

func each[V any](t *testing.T, name string, vectors []V, verify func(*testing.T, V)) {
	t.Helper()
	if len(vectors) == 0 {
		t.Errorf("no vectors of %s", name)
	}
	t.Run(name, func(t *testing.T) {
		for _, vector := range vectors {
			verify(t, vector)
		}
	})
}

func checkHPKEVector(t *testing.T, v hpkeVector) {
	pair := NewSealPair(v.Seed.b32(t))
	public := pair.Public()
	same(t, "public", public[:], v.Public)
	plaintext, err := pair.open(v.Info, v.Sealed)
	check(t, err)
	same(t, "plaintext", plaintext, v.Plaintext)
}

func checkPasswordVector(t *testing.T, v passwordVector) {
	key, err := StretchPassword(v.Password, PasswordParameters{Salt: [16]byte(v.Salt), MemoryKiB: v.MemoryKiB, Passes: v.Passes})
	check(t, err)
	auth, wrap := key.AuthKey(), key.WrapKey(v.VaultShare.b32(t), id.Person(v.Person), id.Unlocker(v.Unlocker))
	same(t, "authKey", auth[:], v.AuthKey)
	same(t, "wrapKey", wrap[:], v.WrapKey)
}

func checkEscrowVector(t *testing.T, v escrowVector) {
	thread, secret := id.Thread(v.Thread.b32(t)), v.Secret.b32(t)
	coefficients := escrowCoefficients(secret, thread, v.Epoch, v.Threshold)
	var shares []SeatShare
	for _, seat := range v.Seats {
		share := SeatShare{Thread: thread, Epoch: v.Epoch, Seat: seat.Seat, Share: splitShare(secret, coefficients, seat.Seat)}
		commit := fixedHash(&share)
		same(t, "share", share.Share[:], seat.Share)
		same(t, "commit", commit[:], seat.Commit)
		shares = append(shares, share)
	}
	combined := combineShares(shares[len(shares)-int(v.Threshold):])
	same(t, "combined", combined[:], v.Secret)
}

func checkMerkleVector(t *testing.T, v merkleVector) {
	leaves := make([][]byte, len(v.Leaves))
	for n := range v.Leaves {
		leaves[n] = v.Leaves[n]
	}
	root := MerkleRoot(leaves)
	same(t, "root", root[:], v.Root)
	for n, proof := range v.Proofs {
		path := MerklePath(leaves, n)
		if len(path) != len(proof) || !CheckMerklePath(root, leaves[n], n, len(leaves), path) {
			t.Errorf("the path of leaf %d of %d", n, len(leaves))
			continue
		}
		for at := range path {
			same(t, "path", path[at][:], proof[at])
		}
	}
}

func checkMessageVector(t *testing.T, v messageVector) {
	message := &Message{Header: v.Header, Commitment: frank(v.KF.b32(t), v.Header, v.Inner)}
	same(t, "commitment", message.Commitment[:], v.Commitment)
	key, nonce, err := messageKey(v.EpochSecret.b32(t), v.Half.b32(t), message)
	check(t, err)
	message.Ciphertext = sealGCM(key, nonce, message.bound(), pad(v.KF.b32(t), v.Inner))
	same(t, "ciphertext", message.Ciphertext, v.Ciphertext)
	device := v.Device.b32(t)
	check(t, VerifyStrict(device, signingInput(TypeMessageDigest, must(message.digest())), [64]byte(v.Signature)))
}

func checkVaultVector(t *testing.T, v vaultVector) {
	key := &AccountKey{Person: id.Person(v.Person), Generation: v.AKGeneration, Secret: v.AK.b32(t)}
	opened, err := key.OpenVault(must(Parse[SealedVault](v.SealedVault)), VaultHead{})
	check(t, err)
	same(t, "vault", mustEncode(t, &opened.Vault), v.Vault)
	signer, err := key.OpenIdentity(must(Parse[SealedIdentity](v.SealedIdentity)), NewSigner(v.IdentitySeed.b32(t)).Public())
	check(t, err)
	if signer.Public() != NewSigner(v.IdentitySeed.b32(t)).Public() {
		t.Error("another identity")
	}
}

func checkUnlockerVector(t *testing.T, v unlockerVector) {
	blob := must(Parse[UnlockerBlob](v.Blob))
	context := UnlockerContext{Person: blob.Person, Unlocker: blob.Unlocker, Kind: blob.Kind}
	opened, err := OpenUnlocker(v.Key.b32(t), context, blob)
	check(t, err)
	same(t, "seed", opened.Seed[:], v.Seed)
	same(t, "identity", opened.Identity[:], v.Identity)
	signed := must(Parse[Signed](v.WrapSignature))
	same(t, "akWrap", signed.Object, v.AKWrap)
	key, err := opened.Unwrap(signed, 0)
	check(t, err)
	same(t, "ak", key.Secret[:], v.AK)
}
