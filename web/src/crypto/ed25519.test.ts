// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { bytesOf, concat, fromHex, hex, utf8 } from './bytes.ts';
import { isStrictPoint, verifyEd25519 } from './ed25519.ts';
import { deviceSigner, newDeviceKey, publicKeyOfSeed, seedSigner } from './signer.ts';
import { readText } from './vectors/read.ts';
import { repeatable } from './vectors/random.ts';
import { refuses } from './vectors/refuses.ts';

type Traps = { message: string; cases: { name: string; pk: string; sig: string }[] };
const traps = JSON.parse(readText('ed25519-traps.json')) as Traps;

describe('torsioned signatures', () => {
  test.each(traps.cases)('$name', async ({ name, pk, sig }) => {
    const verified = await verifyEd25519(fromHex(pk), fromHex(sig), utf8(traps.message));
    expect(verified).toBe(name === 'honest');
  });
});

/** The eight points of small order, each with every encoding that some decoder accepts. */
const SMALL = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
].map(fromHex);

describe('small order', () => {
  test.each(SMALL.map((point) => [hex(point), point] as const))('%s', async (_, point) => {
    expect(isStrictPoint(point)).toBe(false);
    const universal = concat(point, bytesOf(32));
    expect(await verifyEd25519(point, universal, utf8('any message'))).toBe(false);
    const { publicKey } = await honest();
    expect(await verifyEd25519(publicKey, universal, utf8('any message'))).toBe(false);
  });

  test('a platform verifier accepts at least one of them, so the block list earns its place', async () => {
    let accepted = 0;
    for (const point of SMALL) {
      const key = await crypto.subtle.importKey('raw', point, 'Ed25519', false, ['verify']).catch(() => null);
      const signature = concat(SMALL[0] ?? bytesOf(32), bytesOf(32));
      accepted += key !== null && (await crypto.subtle.verify('Ed25519', key, signature, utf8('m'))) ? 1 : 0;
    }
    expect(accepted).toBeGreaterThan(0);
  });

  test('every shared vector is refused, as a key and as the R of a signature', async () => {
    const { points } = JSON.parse(readText('ed25519-small-order.json')) as {
      points: { name: string; encoding: string; message: string; signature: string }[];
    };
    const { publicKey } = await honest();
    expect(points.map(({ encoding }) => encoding).sort()).toEqual(SMALL.map(hex).sort());
    for (const { name, encoding, message, signature } of points) {
      expect(await verifyEd25519(fromHex(encoding), fromHex(signature), fromHex(message)), name).toBe(false);
      const asR = concat(fromHex(encoding), fromHex(signature).slice(32));
      expect(await verifyEd25519(publicKey, asR, fromHex(message)), name).toBe(false);
    }
  });
});

test('every y that is not below the field is refused', () => {
  for (let low = 0xed; low <= 0xff; low++) {
    for (const top of [0x7f, 0xff]) {
      expect(isStrictPoint(Uint8Array.of(low, ...new Uint8Array(30).fill(0xff), top))).toBe(false);
    }
  }
  expect(isStrictPoint(Uint8Array.of(0xeb, ...new Uint8Array(30).fill(0xff), 0x7f))).toBe(true);
});

test('S plus the group order is refused', async () => {
  const signer = await honest();
  const message = utf8('m');
  const signature = await signer.sign(message);
  expect(await verifyEd25519(signer.publicKey, signature, message)).toBe(true);
  const order = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
  let carry = 0;
  for (let i = 0; i < 32; i++) {
    const sum = (signature[32 + i] ?? 0) + (order[i] ?? 0) + carry;
    signature[32 + i] = sum & 0xff;
    carry = sum >> 8;
  }
  expect(await verifyEd25519(signer.publicKey, signature, message)).toBe(false);
});

test('keys and signatures of another length are refused', async () => {
  const signer = await honest();
  const signature = await signer.sign(utf8('m'));
  expect(await verifyEd25519(signer.publicKey, signature.slice(1), utf8('m'))).toBe(false);
  expect(await verifyEd25519(signer.publicKey.slice(1), signature, utf8('m'))).toBe(false);
});

/** RFC 8032, section 7.1: tests 1 to 3 and SHA(abc). */
const RFC8032 = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
  {
    seed: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    publicKey: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    message:
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    signature:
      'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  },
];

test.each(RFC8032)('RFC 8032: message $message', async ({ seed, publicKey, message, signature }) => {
  const signer = await seedSigner(fromHex(seed), await publicKeyOfSeed(fromHex(seed)));
  expect(hex(signer.publicKey)).toBe(publicKey);
  expect(hex(await signer.sign(fromHex(message)))).toBe(signature);
  expect(await verifyEd25519(signer.publicKey, fromHex(signature), fromHex(message))).toBe(true);
});

describe('signers', () => {
  test('a device key signs, and cannot be exported', async () => {
    const key = await newDeviceKey();
    const signature = await deviceSigner(key).sign(utf8('m'));
    expect(await verifyEd25519(key.publicKey, signature, utf8('m'))).toBe(true);
    expect(key.privateKey.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('pkcs8', key.privateKey)).rejects.toThrow();
    expect(structuredClone(key).publicKey).toEqual(key.publicKey);
  });

  test('a seed that does not belong to the public key is refused', async () => {
    const random = repeatable('signers');
    const [seed, other] = [random(32), random(32)];
    await refuses(seedSigner(seed, await publicKeyOfSeed(other)), 'wrong_identity');
  });
});

async function honest() {
  const seed = repeatable('honest')(32);
  return seedSigner(seed, await publicKeyOfSeed(seed));
}
