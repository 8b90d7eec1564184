package envelope

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/wardline/wardline/internal/id"
)

// inputs are reproducible bytes.
type inputs struct{ *rand.ChaCha8 }

func (in inputs) bytes(n int) hexed {
	out := make(hexed, n)
	_, _ = in.Read(out)
	return out
}

func generateCrypto(t *testing.T) (v cryptoVectors) {
	in := inputs{rand.NewChaCha8([32]byte{2})}
	for _, label := range []string{"epoch", "message", "vault"} {
		one := kdfVector{Secret: in.bytes(32), Label: label, Context: in.bytes(len(label)), Length: 44}
		if label == "message" {
			one.Salt, one.Context = in.bytes(32), hexed{}
		}
		one.Out = KDF(one.Secret, one.Salt, label, one.Context, one.Length)
		v.KDF = append(v.KDF, one)
	}
	for _, label := range []string{"ciphertext", "grant-envelopes"} {
		one := hashVector{Label: label, Bytes: in.bytes(100)}
		out := HashLabel(label, one.Bytes)
		one.Out = out[:]
		v.Hash = append(v.Hash, one)
	}
	v.Signature = generateSignatures(t, in)
	for range 2 {
		v.HPKE = append(v.HPKE, generateHPKE(t, in))
	}
	v.Password = generatePasswords(t, in)
	for _, shape := range [][]uint8{{2, 3}, {3, 5}, {5, 32}, {31, 32}} {
		v.Escrow = append(v.Escrow, generateEscrow(t, in, shape[0], shape[1]))
	}
	for _, count := range []int{1, 2, 3, 5, 8, 13, 64, 65} {
		v.Merkle = append(v.Merkle, generateMerkle(in, count))
	}
	for _, n := range []int{1, 3} {
		thread, secret := in.bytes(32), in.bytes(32)
		plain := mustEncode(t, &ThreadState{Name: "Nächtliche Übergabe", Assertion: &StateAssertion{Assertion: in.bytes(n * 100)}})
		key, nonce := stateKey(secret.b32(t), id.Thread(thread.b32(t)), uint32(n))
		sealed := sealGCM(key, nonce, threadEpoch(id.Thread(thread.b32(t)), uint32(n)), plain)
		v.State = append(v.State, stateVector{secret, thread, uint32(n), plain, sealed})

		salt, text := in.bytes(16), []string{"", "rotated to ward 7, back on Thursday", "", "é"}[n]
		noteAES, noteNonce := noteKey(secret.b32(t), [16]byte(salt), id.Thread(thread.b32(t)), uint32(n))
		v.Note = append(v.Note, noteVector{secret, thread, uint32(n), salt, hexed(text), sealGCM(noteAES, noteNonce, thread, []byte(text))})
	}
	for _, n := range []int{0, 1, 220, 221, 5000, MaxInner} {
		v.Message = append(v.Message, generateMessage(t, in, n))
	}
	vault, unlocker := generateVault(t, in)
	v.Vault, v.Unlocker = append(v.Vault, vault), append(v.Unlocker, unlocker)
	v.Passkey, v.PIN = generatePasskeys(t, in), generatePINs(t, in)
	for _, one := range continuations() {
		v.Continues = append(v.Continues, continuesVector{mustEncode(t, &one.former), mustEncode(t, &one.next), one.same})
	}
	return v
}

func generateSignatures(t *testing.T, in inputs) (all []signatureVector) {
	signer := NewSigner(in.bytes(32).b32(t))
	public := signer.Public()
	object := mustEncode(t, &IdentityKey{Person: id.Person(in.bytes(16)), Key: public})
	good := signer.Sign(signingInput(TypeIdentityKey, object))
	add := func(ok bool, kind Type, key, signature []byte) {
		all = append(all, signatureVector{kind.Name(), object, append(hexed{}, key...), append(hexed{}, signature...), ok})
	}
	add(true, TypeIdentityKey, public[:], good[:])
	add(false, TypeIdentityContext, public[:], good[:])
	add(false, TypeIdentityKey, in.bytes(32), good[:])
	for _, at := range []int{0, 31, 32, 63} {
		changed := good
		changed[at] ^= 1
		add(false, TypeIdentityKey, public[:], changed[:])
	}
	above := good // S + L
	var carry uint64
	for n := range 4 {
		word := binary.LittleEndian.Uint64(good[32+8*n:])
		sum := word + groupOrder[n] + carry
		carry = 0
		if sum < word {
			carry = 1
		}
		binary.LittleEndian.PutUint64(above[32+8*n:], sum)
	}
	add(false, TypeIdentityKey, public[:], above[:])
	bare := signer.Sign(object)
	add(false, TypeIdentityKey, public[:], bare[:])
	return all
}

func generateHPKE(t *testing.T, in inputs) hpkeVector {
	v := hpkeVector{Seed: in.bytes(32), Plaintext: in.bytes(32)}
	public := NewSealPair(v.Seed.b32(t)).Public()
	context := &CaseContext{Order: id.Hash(in.bytes(32)), Thread: id.Thread(in.bytes(32)), Epoch: 3, Seat: 2}
	sealed := must(SealTo(public, context, v.Plaintext.b32(t)))
	v.Public, v.Sealed, v.Info = public[:], sealed[:], must(hpkeInfo(context))
	return v
}

func generatePasswords(t *testing.T, in inputs) (all []passwordVector) {
	for _, password := range []string{"correct horse battery staple", "Ångström ﬁne ① pass phrase", "A\u030angstro\u0308m ﬁne 1 pass phrase"} {
		v := passwordVector{
			Password: password, Salt: in.bytes(16), MemoryKiB: ArgonMemoryFloorKiB, Passes: ArgonPassesFloor, VaultShare: in.bytes(32),
			Person: in.bytes(16), Unlocker: in.bytes(16),
		}
		key := must(StretchPassword(password, PasswordParameters{Salt: [16]byte(v.Salt), MemoryKiB: v.MemoryKiB, Passes: v.Passes}))
		auth, wrap := key.AuthKey(), key.WrapKey(v.VaultShare.b32(t), id.Person(v.Person), id.Unlocker(v.Unlocker))
		v.AuthKey, v.WrapKey = auth[:], wrap[:]
		all = append(all, v)
	}
	return all
}

func generateEscrow(t *testing.T, in inputs, threshold, seats uint8) escrowVector {
	v := escrowVector{Secret: in.bytes(32), Thread: in.bytes(32), Epoch: uint32(seats), Threshold: threshold}
	coefficients := escrowCoefficients(v.Secret.b32(t), id.Thread(v.Thread.b32(t)), v.Epoch, threshold)
	for seat := uint8(1); seat <= seats; seat++ {
		share := SeatShare{Thread: id.Thread(v.Thread.b32(t)), Epoch: v.Epoch, Seat: seat, Share: splitShare(v.Secret.b32(t), coefficients, seat)}
		commit := fixedHash(&share)
		v.Seats = append(v.Seats, seatVector{seat, share.Share[:], commit[:]})
	}
	return v
}

func generateMerkle(in inputs, count int) (v merkleVector) {
	var leaves [][]byte
	for n := range count {
		v.Leaves = append(v.Leaves, in.bytes(10+n))
		leaves = append(leaves, v.Leaves[n])
	}
	root := MerkleRoot(leaves)
	v.Root = root[:]
	for n := range count {
		proof := []hexed{}
		for _, hash := range MerklePath(leaves, n) {
			proof = append(proof, hash[:])
		}
		v.Proofs = append(v.Proofs, proof)
	}
	return v
}

func generateMessage(t *testing.T, in inputs, n int) messageVector {
	device := NewSigner(in.bytes(32).b32(t))
	public := device.Public()
	v := messageVector{EpochSecret: in.bytes(32), Half: in.bytes(32), KF: in.bytes(32), Inner: in.bytes(n), Device: public[:]}
	header := &Header{}
	header.fields(&filler{size: 1})
	header.ShredCommit = shredCommit(header, v.Half.b32(t))
	v.Header = mustEncode(t, header)
	message := &Message{Header: v.Header, Commitment: frank(v.KF.b32(t), v.Header, v.Inner)}
	key, nonce, err := messageKey(v.EpochSecret.b32(t), v.Half.b32(t), message)
	check(t, err)
	message.Ciphertext = sealGCM(key, nonce, message.bound(), pad(v.KF.b32(t), v.Inner))
	signature := device.Sign(signingInput(TypeMessageDigest, must(message.digest())))
	v.Commitment, v.Ciphertext, v.Signature = message.Commitment[:], message.Ciphertext, signature[:]
	return v
}

func generateVault(t *testing.T, in inputs) (v vaultVector, u unlockerVector) {
	key := &AccountKey{Person: id.Person(in.bytes(16)), Generation: 2, Secret: in.bytes(32).b32(t)}
	identity := NewSigner(in.bytes(32).b32(t))
	seed, listed, err := NewUnlocker(id.Unlocker(in.bytes(16)), UnlockerPassword, epochStart, in)
	check(t, err)
	vault := &Vault{Person: key.Person, Version: 1, ManifestVersion: 1, Manifest: id.Hash(in.bytes(32)), Unlockers: []Unlocker{listed}}
	vault.Generations = []GenerationSeed{{1, in.bytes(32).b32(t)}, {2, in.bytes(32).b32(t)}}
	vault.Bookmarks = []Bookmark{{Thread: id.Thread(in.bytes(32)), MembershipSeq: 3, Epoch: 2, Seq: 40}}
	sealed := must(key.SealVault(vault, VaultHead{}, in))
	v = vaultVector{
		AK: key.Secret[:], Person: key.Person.Bytes(), AKGeneration: key.Generation, SealedVault: mustEncode(t, sealed),
		Vault: mustEncode(t, vault), IdentitySeed: in.bytes(32),
	}
	v.SealedIdentity = mustEncode(t, must(key.SealIdentity(v.IdentitySeed.b32(t), in)))
	public := identity.Public()
	u = unlockerVector{Key: in.bytes(32), Seed: seed[:], Identity: public[:], AK: key.Secret[:]}
	context := UnlockerContext{Person: key.Person, Unlocker: listed.Unlocker, Kind: listed.Kind}
	secret := &UnlockerSecret{Seed: seed, Identity: public, ManifestVersion: 1, Manifest: vault.Manifest}
	u.Blob = mustEncode(t, must(SealUnlocker(u.Key.b32(t), context, secret, in)))
	wrap := must(must(key.OpenVault(sealed, VaultHead{})).Wrap(key, identity))[0]
	u.AKWrap, u.WrapSignature = wrap.Object, mustEncode(t, wrap)
	return v, u
}
