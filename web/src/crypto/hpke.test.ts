// @vitest-environment node
import { XWing } from '@hpke/hybridkem-x-wing';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import * as api from './hpke.ts';
import { type Bytes, bytesOf, concat, hex, utf8 } from './bytes.ts';
import { hpkeOpen, hpkeSeal, sealPublicKey } from './hpke.ts';
import { repeatable } from './vectors/random.ts';
import { refuses } from './vectors/refuses.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const random = repeatable('hpke tests');
const [seed, info, secret] = [random(32), utf8('info'), random(32)];
let publicKey: Bytes;
beforeAll(async () => {
  publicKey = await sealPublicKey(seed);
});

test('a sealed 32-byte secret has 1168 bytes, and opens', async () => {
  const sealed = await hpkeSeal(publicKey, info, secret);
  expect(publicKey).toHaveLength(1216);
  expect(sealed).toHaveLength(1168);
  expect(await hpkeOpen(seed, info, sealed)).toEqual(secret);
});

test('the seed is loaded, not derived from: DeriveKeyPair gives another key', async () => {
  const kem = new XWing();
  const derived = await kem.deriveKeyPair(seed.slice().buffer);
  const derivedPublic = new Uint8Array(await kem.serializePublicKey(derived.publicKey));
  expect(hex(derivedPublic)).not.toBe(hex(publicKey));
});

test('one context seals once: none can be reached, and two seals share nothing', async () => {
  expect(Object.keys(api).sort()).toEqual(['PUBLIC_KEY', 'SEED', 'hpkeOpen', 'hpkeSeal', 'sealPublicKey']);
  const [one, two] = await Promise.all([hpkeSeal(publicKey, info, secret), hpkeSeal(publicKey, info, secret)]);
  expect(hex(one.slice(0, 1120))).not.toBe(hex(two.slice(0, 1120)));
  expect(hex(one.slice(1120))).not.toBe(hex(two.slice(1120)));
});

test('many seals at once do not mix', async () => {
  const secrets = Array.from({ length: 8 }, () => random(32));
  const sealed = await Promise.all(secrets.map((one, i) => hpkeSeal(publicKey, utf8(`info ${i}`), one)));
  const opened = await Promise.all(sealed.map((one, i) => hpkeOpen(seed, utf8(`info ${i}`), one)));
  expect(opened).toEqual(secrets);
});

describe('refused', () => {
  test('another info, another key', async () => {
    const sealed = await hpkeSeal(publicKey, info, secret);
    await refuses(hpkeOpen(seed, utf8('other'), sealed), 'wrong_secret');
    await refuses(hpkeOpen(random(32), info, sealed), 'wrong_secret');
  });

  test('any changed byte', async () => {
    const sealed = await hpkeSeal(publicKey, info, secret);
    for (const at of [0, 500, 1087, 1088, 1119, 1120, 1167]) {
      const changed = sealed.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      await refuses(hpkeOpen(seed, info, changed), 'wrong_secret');
    }
  });

  test('too short to be sealed', async () => {
    await refuses(hpkeOpen(seed, info, bytesOf(1135)), 'malformed');
  });

  test('a public key whose X25519 half is of small order, and an encapsulation like that', async () => {
    const weak = concat(publicKey.slice(0, 1184), bytesOf(32));
    await refuses(hpkeSeal(weak, info, secret), 'malformed');
    const sealed = await hpkeSeal(publicKey, info, secret);
    const forced = concat(sealed.slice(0, 1088), bytesOf(32), sealed.slice(1120));
    await refuses(hpkeOpen(seed, info, forced), 'wrong_secret');
  });

  test('a public key of another length', async () => {
    await refuses(hpkeSeal(publicKey.slice(1), info, secret), 'malformed');
  });
});

test('neither seed nor public key is changed by use', async () => {
  const [seedCopy, publicCopy] = [seed.slice(), publicKey.slice()];
  await hpkeOpen(seed, info, await hpkeSeal(publicKey, info, secret));
  expect([seed, publicKey]).toEqual([seedCopy, publicCopy]);
});
