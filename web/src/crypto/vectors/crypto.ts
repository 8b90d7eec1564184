/** `crypto.ts.json`: every primitive and every small construction, with inputs that can be made again. */

import { type Bytes, bytesOf, concat, hex, utf8 } from '../bytes.ts';
import { decode, encode } from '../codec.ts';
import { hashLabel, hashObject, kdf, signedInput } from '../domain.ts';
import { escrowShares, shareCommit } from '../escrow.ts';
import { hpkeSeal, sealPublicKey } from '../hpke.ts';
import { type ThreadState, sealedState, threadState } from '../layouts/epoch.ts';
import { type Header, header, message } from '../layouts/message.ts';
import { type PatientAssertion, patientAssertion } from '../layouts/patient.ts';
import { identityKey } from '../layouts/person.ts';
import { type Vault, akWrap, sealedVault, vault } from '../layouts/vault.ts';
import { merklePath, merkleRoot } from '../merkle.ts';
import { openMessage, readMessage, sealMessage } from '../message.ts';
import { sealNote } from '../note.ts';
import { passkeyWrapKey, prfInput } from '../passkey.ts';
import { authKey, stretchPassword, wrapKey } from '../password.ts';
import { pinVerifier, pinWrapKey, stretchPin } from '../pin.ts';
import { sealState } from '../sealed-state.ts';
import { unpack } from '../signed.ts';
import { sealUnlocker, wrapAccountKey } from '../unlocker.ts';
import { sealIdentity, sealVault } from '../vault.ts';
import { seedKey } from './hospital.ts';
import { repeatable } from './random.ts';
import { any, encodeAny, least } from './samples.ts';

/** The names and meanings are the same in the file of the other implementation. */
export type CryptoVectors = Awaited<ReturnType<typeof cryptoVectors>>;

export async function cryptoVectors() {
  return {
    kdf: await kdfVectors(),
    hash: await hashVectors(),
    signature: await signatureVectors(),
    hpke: await hpkeVectors(),
    password: await passwordVectors(),
    escrow: await escrowVectors(),
    merkle: await merkleVectors(),
    state: await stateVectors(),
    note: await noteVectors(),
    message: await messageVectors(),
    vault: await vaultVectors(),
    unlocker: await unlockerVectors(),
    passkey: await passkeyVectors(),
    pin: await pinVectors(),
    continues: continuesVectors(),
  };
}

function kdfVectors() {
  const random = repeatable('kdf');
  const cases = [
    { secret: random(32), salt: bytesOf(0), label: 'epoch', context: random(32), length: 32 },
    { secret: random(64), salt: random(32), label: 'message', context: bytesOf(0), length: 44 },
    { secret: random(32), salt: bytesOf(0), label: 'escrow', context: random(36), length: 32 * 6 },
  ];
  return Promise.all(
    cases.map(async (one) => ({
      secret: hex(one.secret),
      salt: hex(one.salt),
      label: one.label,
      context: hex(one.context),
      length: one.length,
      out: hex(await kdf(one.secret, one)),
    })),
  );
}

function hashVectors() {
  const random = repeatable('hash');
  const cases = [
    { label: 'ciphertext', bytes: random(272) },
    { label: 'grant-envelopes', bytes: bytesOf(0) },
  ];
  return Promise.all(
    cases.map(async ({ label, bytes }) => ({ label, bytes: hex(bytes), out: hex(await hashLabel(label, bytes)) })),
  );
}

/** One right, and the same signature over another object, under another key and as another type. */
async function signatureVectors() {
  const random = repeatable('signature');
  const key = await seedKey(random(32));
  const other = await seedKey(random(32));
  const object = encode(identityKey, { person: random(16), key: random(32) });
  const signature = await key.sign(signedInput(identityKey, object));
  const asHash = await key.sign(concat(utf8('wardline/v1/identity-key/hash\u0000'), object));
  const bare = await key.sign(object);
  const flipped = signature.slice();
  flipped[40] = (flipped[40] ?? 0) ^ 1;
  const entry = (publicKey: Bytes, made: Bytes, ok: boolean, type = 'identity-key') => {
    return { type, object: hex(object), public: hex(publicKey), signature: hex(made), ok };
  };
  return [
    entry(key.publicKey, signature, true),
    entry(other.publicKey, signature, false),
    entry(key.publicKey, flipped, false),
    entry(key.publicKey, asHash, false),
    entry(key.publicKey, bare, false),
    entry(key.publicKey, signature, false, 'bind'),
  ];
}

function hpkeVectors() {
  const random = repeatable('hpke');
  return Promise.all(
    [32, 0, 100].map(async (length) => {
      const [seed, info, plaintext, ekm] = [random(32), random(40), random(length), random(64)];
      const publicKey = await sealPublicKey(seed);
      const sealed = await hpkeSeal(publicKey, info, plaintext, { ekm });
      return {
        seed: hex(seed),
        public: hex(publicKey),
        info: hex(info),
        sealed: hex(sealed),
        plaintext: hex(plaintext),
      };
    }),
  );
}

/** The second is the first in another normal form (NFD, ligature), so its keys are the same. */
async function passwordVectors() {
  const random = repeatable('password');
  const [salt, vaultShare, person, unlocker] = [random(16), random(32), random(16), random(16)];
  const cases = [
    { password: 'correct horse \u00e9 \ufb01 battery', memoryKiB: 65536, passes: 3 },
    { password: 'correct horse e\u0301 fi battery', memoryKiB: 65536, passes: 3 },
    { password: '\u{1f511} passphrase', memoryKiB: 131072, passes: 4 },
  ];
  const vectors = [];
  for (const { password, memoryKiB, passes } of cases) {
    const stretched = await stretchPassword(password, { salt, memoryKiB, passes });
    vectors.push({
      password,
      salt: hex(salt),
      memoryKiB,
      passes,
      vaultShare: hex(vaultShare),
      person: hex(person),
      unlocker: hex(unlocker),
      authKey: hex(await authKey(stretched)),
      wrapKey: hex(await wrapKey(stretched, vaultShare, { person, unlocker })),
    });
  }
  return vectors;
}

function escrowVectors() {
  const random = repeatable('escrow');
  const cases = [
    { threshold: 2, seats: [1, 2, 3] },
    { threshold: 3, seats: [1, 2, 5, 9] },
    { threshold: 7, seats: [1, 2, 3, 4, 5, 6, 7, 254, 255] },
  ];
  return Promise.all(
    cases.map(async ({ threshold, seats }, i) => {
      const name = { thread: random(32), epoch: i + 1 };
      const secret = random(32);
      const shares = await escrowShares(secret, name, threshold, seats);
      return {
        secret: hex(secret),
        thread: hex(name.thread),
        epoch: name.epoch,
        threshold,
        seats: await Promise.all(
          shares.map(async (share) => {
            return { seat: share.seat, share: hex(share.share), commit: hex(await shareCommit(share, name)) };
          }),
        ),
      };
    }),
  );
}

function merkleVectors() {
  const random = repeatable('merkle');
  return Promise.all(
    [1, 2, 3, 5, 8, 13].map(async (count) => {
      const leaves = Array.from({ length: count }, () => random(24));
      return {
        leaves: leaves.map(hex),
        root: hex(await merkleRoot(leaves)),
        proofs: await Promise.all(leaves.map(async (_, index) => (await merklePath(leaves, index)).map(hex))),
      };
    }),
  );
}

function stateVectors() {
  const random = repeatable('state');
  const states: ThreadState[] = [
    { name: '', assertion: null },
    { name: 'Zoë', assertion: { assertion: random(600) } },
  ];
  return Promise.all(
    states.map(async (state, i) => {
      const [secret, thread, epoch] = [random(32), random(32), 7 + i];
      const sealed = await sealState(secret, { thread, epoch }, state);
      return {
        secret: hex(secret),
        thread: hex(thread),
        epoch,
        plain: hex(encode(threadState, state)),
        sealed: hex(decode(sealedState, sealed).ciphertext),
      };
    }),
  );
}

function noteVectors() {
  const random = repeatable('note');
  return Promise.all(
    ['', 'Covering bay 4 — back on Monday'].map(async (text, i) => {
      const [epochSecret, thread, seq] = [random(32), random(32), 3 + i];
      const { salt, ciphertext } = await sealNote(epochSecret, 1, { thread, seq }, text, random);
      return {
        epochSecret: hex(epochSecret),
        thread: hex(thread),
        seq,
        salt: hex(salt),
        plain: hex(utf8(text)),
        ciphertext: hex(ciphertext),
      };
    }),
  );
}

/** Inner lengths at the edges of the padding. */
async function messageVectors() {
  const random = repeatable('message');
  const vectors = [];
  for (const length of [0, 1, 220, 221, 988, 4061]) {
    const device = await seedKey(random(32));
    const epochSecret = random(32);
    const inner = random(length);
    const draft = any(header.fields, random) as Header;
    const sealed = await sealMessage({ header: draft, inner, epochSecret, signer: device, random });
    const { commitment, ciphertext, signature, header: headerBytes } = decode(message, sealed.message);
    const { kf } = await openMessage(await readMessage(sealed.message), sealed.half, epochSecret);
    vectors.push({
      epochSecret: hex(epochSecret),
      half: hex(sealed.half),
      kf: hex(kf),
      header: hex(headerBytes),
      inner: hex(inner),
      commitment: hex(commitment),
      ciphertext: hex(ciphertext),
      signature: hex(signature),
      device: hex(device.publicKey),
    });
  }
  return vectors;
}

async function vaultVectors() {
  const random = repeatable('vault');
  const vectors = [];
  let previous = null;
  for (const version of [1, 2]) {
    const account = { ak: random(32), akGeneration: version };
    const person = random(16);
    const identity = await seedKey(random(32));
    const content = { ...(any(vault.fields, random) as Vault), person, version };
    const sealed: Bytes = await sealVault(account, content, previous, random);
    previous = { version, hash: await hashObject(sealedVault, sealed) };
    const sealedIdentity = await sealIdentity(
      account,
      { person, publicKey: identity.publicKey },
      identity.seed,
      random,
    );
    vectors.push({
      ak: hex(account.ak),
      person: hex(person),
      akGeneration: account.akGeneration,
      sealedVault: hex(sealed),
      vault: hex(encodeAny(vault, content)),
      sealedIdentity: hex(sealedIdentity),
      identitySeed: hex(identity.seed),
    });
  }
  return vectors;
}

async function unlockerVectors() {
  const random = repeatable('unlocker');
  const key = random(32);
  const identity = await seedKey(random(32));
  const context = { person: random(16), unlocker: random(16), kind: 'password' } as const;
  const secret = {
    seed: random(32),
    identity: identity.publicKey,
    manifestVersion: 1,
    manifest: random(32),
  };
  const blob = await sealUnlocker(key, context, secret, random);
  const account = { ak: random(32), akGeneration: 3 };
  const target = { person: context.person, unlocker: context.unlocker, seal: await sealPublicKey(secret.seed) };
  const wrap = await wrapAccountKey(account, target, identity, { ekm: random(64) });
  return [
    {
      key: hex(key),
      blob: hex(blob),
      seed: hex(secret.seed),
      identity: hex(identity.publicKey),
      akWrap: hex(unpack(akWrap, wrap).object),
      wrapSignature: hex(wrap),
      ak: hex(account.ak),
    },
  ];
}

async function passkeyVectors() {
  const random = repeatable('passkey');
  const vectors = [];
  for (let count = 0; count < 2; count++) {
    const [prf, person, unlocker] = [random(32), random(16), random(16)];
    vectors.push({
      input: hex(await prfInput()),
      prf: hex(prf),
      person: hex(person),
      unlocker: hex(unlocker),
      wrapKey: hex(await passkeyWrapKey(prf, { person, unlocker })),
    });
  }
  return vectors;
}

async function pinVectors() {
  const random = repeatable('pin');
  const vectors = [];
  for (const pin of ['270419', '640285193077']) {
    const [device, localKey, share, person, unlocker] = [random(16), random(32), random(32), random(16), random(16)];
    const stretched = await stretchPin(utf8(pin), device, await localKeyOf(localKey));
    vectors.push({
      pin,
      device: hex(device),
      localKey: hex(localKey),
      stretched: hex(stretched),
      share: hex(share),
      person: hex(person),
      unlocker: hex(unlocker),
      verifier: hex(await pinVerifier(stretched, { person, unlocker })),
      wrapKey: hex(await pinWrapKey(stretched, share, { person, unlocker })),
    });
  }
  return vectors;
}

/** A local key that is known, which no browser makes. */
/** Assertions, and whether the next may take the place of the former. */
function continuesVectors() {
  const nobody = least(patientAssertion.fields) as PatientAssertion;
  const john = { ...nobody, nhsNumber: '9434765919', family: 'Smith', given: 'John', birthDate: '1954-03-12' };
  const byHospital = { ...nobody, identifiedBy: 'hospital-number' as const };
  const unknown = { ...byHospital, family: 'Unknown', given: 'Kestrel', hospitalNumber: 'N0099001' };
  const local = { ...unknown, family: 'Smith', given: 'John', birthDate: '1954-03-12' };
  const moved = { ...john, nhsNumber: '9990475466' };
  const pairs: [PatientAssertion, PatientAssertion, boolean][] = [
    [john, { ...john, family: 'Smythe', birthDate: '1954-12-03' }, true],
    [john, { ...moved, superseded: '9434765919' }, true],
    [john, { ...john, hospitalNumber: 'N0041192', identifiedBy: 'hospital-number' }, true],
    [john, { ...john, identifiedBy: 'hospital-number' }, false],
    [unknown, { ...local, identifiedBy: 'nhs-number' }, false],
    [john, moved, false],
    [john, { ...moved, superseded: '9000000009' }, false],
    [john, unknown, false],
    [john, local, false],
    [john, { ...local, superseded: '9434765919' }, false],
    [john, { ...john, birthDate: '' }, false],
    [unknown, john, true],
    [unknown, local, true],
    [unknown, { ...unknown, given: 'Heron' }, true],
    [unknown, { ...john, nhsNumber: '' }, false],
    [local, john, true],
    [local, { ...john, birthDate: '' }, false],
  ];
  return pairs.map(([former, next, same]) => ({
    former: hex(encode(patientAssertion, former)),
    next: hex(encode(patientAssertion, next)),
    same,
  }));
}

export function localKeyOf(bytes: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}
