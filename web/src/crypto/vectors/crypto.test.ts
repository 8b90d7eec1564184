// @vitest-environment node
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { concat, equal, hex, utf8 } from '../bytes.ts';
import { decode, encode } from '../codec.ts';
import { hashLabel, hashObject, hashValue, kdf, prefix } from '../domain.ts';
import { verifyEd25519 } from '../ed25519.ts';
import { escrowShares, shareCommit } from '../escrow.ts';
import { hpkeOpen, hpkeSeal, sealPublicKey } from '../hpke.ts';
import { sealedState, threadState } from '../layouts/epoch.ts';
import { message } from '../layouts/message.ts';
import { patientAssertion } from '../layouts/patient.ts';
import { sealedIdentity, unlockerBlob, vault } from '../layouts/vault.ts';
import { merklePath, merkleRoot, verifyMerklePath } from '../merkle.ts';
import { frankingCommitment, openMessage, readMessage } from '../message.ts';
import { openNote } from '../note.ts';
import { passkeyWrapKey, prfInput } from '../passkey.ts';
import { samePatient } from '../patient.ts';
import { authKey, stretchPassword, wrapKey } from '../password.ts';
import { pinVerifier, pinWrapKey, stretchPin } from '../pin.ts';
import { openState } from '../sealed-state.ts';
import { combineShares } from '../shamir.ts';
import { publicKeyOfSeed } from '../signer.ts';
import { openUnlocker, unwrapAccountKey } from '../unlocker.ts';
import { openIdentity, openIdentitySeed, openVault } from '../vault.ts';
import { type CryptoVectors, localKeyOf } from './crypto.ts';
import { bytes, read, sides } from './read.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

describe.each(sides)('cryptographic vectors of %s', (side) => {
  let vectors: CryptoVectors;
  beforeAll(() => {
    vectors = read('crypto', side);
  });

  test('no list is empty', () => {
    for (const [name, list] of Object.entries(vectors)) {
      expect(list.length, name).toBeGreaterThan(0);
    }
  });

  test('KDF', async () => {
    for (const { secret, salt, label, context, length, out } of vectors.kdf) {
      const derivation = { label, salt: bytes(salt), context: bytes(context), length };
      expect(hex(await kdf(bytes(secret), derivation))).toBe(out);
    }
  });

  test('R11 only the same patient takes the place of a former one', () => {
    const pairs = vectors.continues.map(({ former, next, same }) => ({
      former: decode(patientAssertion, bytes(former)),
      next: decode(patientAssertion, bytes(next)),
      same,
    }));
    for (const { former, next, same } of pairs) {
      const refused = expect(() => samePatient(former, next));
      if (same) refused.not.toThrow();
      else refused.toThrow(expect.objectContaining({ code: 'wrong_identity' }));
    }
  });

  test('H_label', async () => {
    for (const { label, bytes: input, out } of vectors.hash) {
      expect(hex(await hashLabel(label, bytes(input)))).toBe(out);
    }
  });

  test('signatures', async () => {
    for (const { type, object, public: key, signature, ok } of vectors.signature) {
      const input = concat(prefix(type), bytes(object));
      expect(await verifyEd25519(bytes(key), bytes(signature), input)).toBe(ok);
    }
  });

  test('HPKE with X-Wing, the seed loaded as the private key', async () => {
    for (const { seed, public: key, info, sealed, plaintext } of vectors.hpke) {
      expect(hex(await sealPublicKey(bytes(seed)))).toBe(key);
      expect(hex(await hpkeOpen(bytes(seed), bytes(info), bytes(sealed)))).toBe(plaintext);
      const again = await hpkeSeal(bytes(key), bytes(info), bytes(plaintext));
      expect(hex(await hpkeOpen(bytes(seed), bytes(info), again))).toBe(plaintext);
    }
  });

  test('passwords', async () => {
    for (const vector of vectors.password) {
      const { password, memoryKiB, passes } = vector;
      const stretched = await stretchPassword(password, { salt: bytes(vector.salt), memoryKiB, passes });
      expect(hex(await authKey(stretched))).toBe(vector.authKey);
      const owner = { person: bytes(vector.person), unlocker: bytes(vector.unlocker) };
      expect(hex(await wrapKey(stretched, bytes(vector.vaultShare), owner))).toBe(vector.wrapKey);
    }
  });

  test('R23 passkeys', async () => {
    expect(vectors.passkey.length).toBeGreaterThan(1);
    for (const { input, prf, person, unlocker, wrapKey: key } of vectors.passkey) {
      expect(hex(await prfInput())).toBe(input);
      const owner = { person: bytes(person), unlocker: bytes(unlocker) };
      expect(hex(await passkeyWrapKey(bytes(prf), owner))).toBe(key);
    }
  });

  test('R24 PINs', async () => {
    expect(vectors.pin.length).toBeGreaterThan(1);
    for (const vector of vectors.pin) {
      const localKey = await localKeyOf(bytes(vector.localKey));
      const stretched = await stretchPin(utf8(vector.pin), bytes(vector.device), localKey);
      expect(hex(stretched)).toBe(vector.stretched);
      const owner = { person: bytes(vector.person), unlocker: bytes(vector.unlocker) };
      expect(hex(await pinVerifier(stretched, owner))).toBe(vector.verifier);
      expect(hex(await pinWrapKey(stretched, bytes(vector.share), owner))).toBe(vector.wrapKey);
    }
  });

  test('officers’ shares', async () => {
    for (const { secret, thread, epoch, threshold, seats } of vectors.escrow) {
      const name = { thread: bytes(thread), epoch };
      const numbers = seats.map(({ seat }) => seat);
      const shares = await escrowShares(bytes(secret), name, threshold, numbers);
      expect(shares.map(({ share }) => hex(share))).toEqual(seats.map(({ share }) => share));
      const commits = await Promise.all(shares.map((share) => shareCommit(share, name)));
      expect(commits.map(hex)).toEqual(seats.map(({ commit }) => commit));
      expect(hex(combineShares(shares.slice(-threshold)))).toBe(secret);
      expect(hex(combineShares(shares.slice(0, threshold - 1)))).not.toBe(secret);
    }
  });

  test('Merkle trees', async () => {
    for (const { leaves, root, proofs } of vectors.merkle) {
      const all = leaves.map(bytes);
      expect(hex(await merkleRoot(all))).toBe(root);
      for (const [index, leaf] of all.entries()) {
        const path = await merklePath(all, index);
        expect(path.map(hex)).toEqual(proofs[index]);
        expect(await verifyMerklePath(bytes(root), leaf, { index, count: all.length, path })).toBe(true);
      }
    }
  });

  test('sealed state', async () => {
    for (const { secret, thread, epoch, plain, sealed } of vectors.state) {
      const value = { thread: bytes(thread), epoch, ciphertext: bytes(sealed) };
      const core = { thread: value.thread, epoch, state: await hashValue(sealedState, value) };
      const opened = await openState(bytes(secret), core, encode(sealedState, value));
      expect(hex(encode(threadState, opened))).toBe(plain);
    }
  });

  test('notes', async () => {
    for (const { epochSecret, thread, seq, salt, plain, ciphertext } of vectors.note) {
      const note = { epoch: 1, salt: bytes(salt), ciphertext: bytes(ciphertext) };
      const opened = await openNote(bytes(epochSecret), { thread: bytes(thread), seq }, note);
      expect(hex(utf8(opened))).toBe(plain);
    }
  });

  test('messages', async () => {
    for (const vector of vectors.message) {
      const fields = {
        header: bytes(vector.header),
        commitment: bytes(vector.commitment),
        ciphertext: bytes(vector.ciphertext),
        signature: bytes(vector.signature),
      };
      const sent = await readMessage(encode(message, fields));
      const opened = await openMessage(sent, bytes(vector.half), bytes(vector.epochSecret));
      expect(hex(opened.inner)).toBe(vector.inner);
      expect(hex(opened.kf)).toBe(vector.kf);
      const commitment = await frankingCommitment(opened.kf, fields.header, opened.inner);
      expect(hex(commitment)).toBe(vector.commitment);
      const input = concat(prefix('message-digest'), sent.digest);
      expect(await verifyEd25519(bytes(vector.device), fields.signature, input)).toBe(true);
    }
  });

  test('vaults and identity seeds', async () => {
    for (const vector of vectors.vault) {
      const [ak, person] = [bytes(vector.ak), bytes(vector.person)];
      const opened = await openVault(ak, bytes(vector.sealedVault), person);
      expect(opened.akGeneration).toBe(vector.akGeneration);
      expect(hex(encode(vault, opened.vault))).toBe(vector.vault);
      const sealed = bytes(vector.sealedIdentity);
      const identity = { person, publicKey: decode(sealedIdentity, sealed).identity };
      expect(hex(await openIdentitySeed(ak, sealed, identity))).toBe(vector.identitySeed);
      const signer = await openIdentity(ak, sealed, identity);
      expect(equal(signer.publicKey, await publicKeyOfSeed(bytes(vector.identitySeed)))).toBe(true);
    }
  });

  test('unlockers and wraps', async () => {
    for (const vector of vectors.unlocker) {
      const blob = bytes(vector.blob);
      const { person } = decode(unlockerBlob, blob);
      const unlocker = await openUnlocker(bytes(vector.key), blob, person);
      expect(hex(unlocker.secret.seed)).toBe(vector.seed);
      expect(hex(unlocker.secret.identity)).toBe(vector.identity);
      expect(hex((await unwrapAccountKey(bytes(vector.wrapSignature), unlocker)).ak)).toBe(vector.ak);
    }
  });
});

test('hash of an object is H_label of its type name', async () => {
  const value = { thread: new Uint8Array(32), epoch: 1, ciphertext: new Uint8Array(0) };
  const object = encode(sealedState, value);
  expect(await hashObject(sealedState, object)).toEqual(await hashLabel('sealed-state', object));
});
