// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { bytesOf, fromHex, hex, utf8 } from './bytes.ts';
import { encode } from './codec.ts';
import { hashLabel, hashObject, hkdf, hmac, hpkeInfo, kdf, sha256, signedInput } from './domain.ts';
import { envelopeContext } from './layouts/epoch.ts';
import { bind, identityKey } from './layouts/person.ts';
import { repeatable } from './vectors/random.ts';

/** RFC 5869, appendix A, the cases with SHA-256. */
const RFC5869 = [
  {
    secret: '0b'.repeat(22),
    salt: '000102030405060708090a0b0c',
    info: 'f0f1f2f3f4f5f6f7f8f9',
    out: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  },
  {
    secret: hex(Uint8Array.from({ length: 80 }, (_, i) => i)),
    salt: hex(Uint8Array.from({ length: 80 }, (_, i) => 0x60 + i)),
    info: hex(Uint8Array.from({ length: 80 }, (_, i) => 0xb0 + i)),
    out: 'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
  },
  {
    secret: '0b'.repeat(22),
    salt: '',
    info: '',
    out: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  },
];

test.each(RFC5869)('RFC 5869: $salt', async ({ secret, salt, info, out }) => {
  expect(hex(await hkdf(fromHex(secret), fromHex(salt), fromHex(info), out.length / 2))).toBe(out);
});

test('RFC 4231: HMAC-SHA256, case 2', async () => {
  expect(hex(await hmac(utf8('Jefe'), utf8('what do ya want for nothing?')))).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});

test('SHA-256 of nothing', async () => {
  expect(hex(await sha256(bytesOf(0)))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

describe('bytes made for one purpose mean nothing for another', () => {
  const random = repeatable('domain');
  const object = encode(identityKey, { person: random(16), key: random(32) });

  test('a hash, a signature input and an HPKE info of the same bytes differ', async () => {
    const context = { core: random(32), purpose: 'member', recipient: random(16) } as const;
    const inputs = [signedInput(identityKey, object), signedInput(bind, object), hpkeInfo(envelopeContext, context)];
    expect(new Set(inputs.map(hex)).size).toBe(inputs.length);
    expect(await hashObject(identityKey, object)).not.toEqual(await hashObject(bind, object));
    expect(await hashObject(identityKey, object)).not.toEqual(await sha256(signedInput(identityKey, object)));
  });

  test('a label is never the beginning of another', async () => {
    expect(await hashLabel('a', utf8('b'))).not.toEqual(await hashLabel('ab', utf8('')));
  });

  test('keys of two labels, contexts, salts and lengths differ', async () => {
    const secret = random(32);
    const keys = await Promise.all([
      kdf(secret, { label: 'state', length: 32 }),
      kdf(secret, { label: 'epoch', length: 32 }),
      kdf(secret, { label: 'epoch', context: Uint8Array.of(1), length: 32 }),
      kdf(secret, { label: 'epoch', salt: Uint8Array.of(1), length: 32 }),
    ]);
    expect(new Set(keys.map(hex)).size).toBe(keys.length);
  });
});
