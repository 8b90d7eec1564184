// @vitest-environment node
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { aeadSeal } from './aead.ts';
import { type Bytes, bytesOf, concat, hex, u32 } from './bytes.ts';
import { decode, encode } from './codec.ts';
import { kdf } from './domain.ts';
import { sealPublicKey } from './hpke.ts';
import {
  type UnlockerSecret,
  type Vault,
  akWrap,
  sealedIdentity,
  sealedVault,
  unlockerBlob,
  vault,
  vaultContext,
} from './layouts/vault.ts';
import { authKey, stretchPassword, wrapKey } from './password.ts';
import { sign, unpack } from './signed.ts';
import {
  type OpenUnlocker,
  openUnlocker,
  sealUnlocker,
  unwrapAccountKey,
  wrapAccountKey,
  wrapForVault,
} from './unlocker.ts';
import { checkAccount, openIdentity, openIdentitySeed, openVault, sealIdentity, sealVault } from './vault.ts';
import { Hospital, type Staff } from './vectors/hospital.ts';
import { refuses } from './vectors/refuses.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let hospital: Hospital;
let okoro: Staff;
let content: Vault;
let secret: UnlockerSecret;
let unlocker: OpenUnlocker;
const account = { ak: new Uint8Array(32).fill(3), akGeneration: 1 };

beforeAll(async () => {
  hospital = await Hospital.found('vault tests');
  okoro = await hospital.join('Dr Chidi Okoro', 'Registrar');
  secret = {
    seed: hospital.random(32),
    identity: okoro.identity.publicKey,
    manifestVersion: 1,
    manifest: hospital.chain.current.hash,
  };
  unlocker = {
    context: { person: okoro.person, unlocker: hospital.random(16), kind: 'password' },
    secret,
  };
  content = {
    person: okoro.person,
    version: 1,
    manifestVersion: 1,
    manifest: hospital.chain.current.hash,
    generations: [{ generation: 1, seed: okoro.generations.get(1) ?? bytesOf(32) }],
    unlockers: [
      {
        unlocker: unlocker.context.unlocker,
        kind: 'password',
        seal: await sealPublicKey(secret.seed),
        added: hospital.tick(),
      },
    ],
    bookmarks: [],
  };
});

const open = (sealed: Bytes, known?: { version: number; hash: Bytes }) =>
  openVault(account.ak, sealed, okoro.person, known);

async function versions(): Promise<[Bytes, Bytes, Bytes]> {
  const first = await sealVault(account, content, null);
  const second = await sealVault(account, { ...content, version: 2 }, await open(first));
  const third = await sealVault(account, { ...content, version: 3 }, await open(second));
  return [first, second, third];
}

describe('the vault', () => {
  test('opens as it was sealed, version after version', async () => {
    const [first, second, third] = await versions();
    expect((await open(first)).vault).toEqual(content);
    expect((await open(second, await open(first))).version).toBe(2);
    expect((await open(third, await open(first))).version).toBe(3);
    expect((await open(third, await open(third))).version).toBe(3);
  });

  test('a rollback, another vault of a known version, and one that does not follow are refused', async () => {
    const [first, second] = await versions();
    const rival = await sealVault(account, { ...content, version: 2 }, await open(first));
    await refuses(open(first, await open(second)), 'rolled_back');
    await refuses(open(rival, await open(second)), 'rolled_back');
    const stray = await sealVault(account, { ...content, version: 3 }, await open(rival));
    await refuses(open(stray, await open(second)), 'broken_chain');
  });

  test('versions count up by one and only the first follows nothing', async () => {
    await refuses(sealVault(account, { ...content, version: 2 }, null), 'broken_chain');
    const [first] = await versions();
    const fields = decode(sealedVault, first);
    for (const change of [{ version: 0 }, { version: 2 }, { previous: hospital.random(32) }]) {
      await refuses(open(encode(sealedVault, { ...fields, ...change })), 'broken_chain');
    }
  });

  test('another person, account key, generation or byte does not open', async () => {
    const [first, second] = await versions();
    const fields = decode(sealedVault, first);
    await refuses(openVault(account.ak, first, bytesOf(16)), 'wrong_identity');
    await refuses(openVault(hospital.random(32), first, okoro.person), 'wrong_secret');
    await refuses(open(encode(sealedVault, { ...fields, akGeneration: 2 })), 'wrong_secret');
    await refuses(open(encode(sealedVault, { ...fields, nonce: bytesOf(12) })), 'wrong_secret');
    const cover = { ...decode(sealedVault, second), ciphertext: fields.ciphertext };
    await refuses(open(encode(sealedVault, cover)), 'wrong_secret');
  });

  test('a vault that holds another’s content under a cover of ours', async () => {
    const other = { ...content, person: bytesOf(16) };
    await refuses(openVault(account.ak, await sealVault(account, other, null), okoro.person), 'wrong_identity');
    const context = { person: okoro.person, akGeneration: 1, version: 1, previous: bytesOf(32) };
    const key = await kdf(account.ak, { label: 'vault', context: concat(okoro.person, u32(1)), length: 32 });
    for (const wrong of [other, { ...content, version: 2 }]) {
      const sealing = { key, nonce: bytesOf(12), aad: encode(vaultContext, context) };
      const ciphertext = await aeadSeal(sealing, encode(vault, wrong));
      await refuses(open(encode(sealedVault, { ...context, nonce: bytesOf(12), ciphertext })), 'broken_chain');
    }
  });

  test('two seals use two nonces', async () => {
    const [one, two] = [await sealVault(account, content, null), await sealVault(account, content, null)];
    expect(hex(decode(sealedVault, one).nonce)).not.toBe(hex(decode(sealedVault, two).nonce));
  });
});

describe('the account behind a vault', () => {
  const check = async (changes: Partial<Vault>, other: Partial<UnlockerSecret> = {}) => {
    const opened = await open(await sealVault(account, { ...content, ...changes }, null));
    return checkAccount(opened, { chain: hospital.chain, log: okoro.log, secret: { ...secret, ...other } });
  };

  test('is the person’s own: identity, manifest and sealing keys', async () => {
    await check({});
  });

  test('with another identity, another or older manifest, or a key that the log does not certify', async () => {
    await refuses(check({}, { identity: bytesOf(32) }), 'wrong_identity');
    await refuses(check({}, { manifestVersion: 2 }), 'rolled_back');
    await refuses(check({}, { manifest: bytesOf(32) }), 'broken_chain');
    await refuses(check({ manifest: bytesOf(32) }), 'broken_chain');
    await refuses(check({ manifestVersion: 2 }), 'rolled_back');
    await refuses(check({ generations: [{ generation: 1, seed: bytesOf(32) }] }), 'wrong_identity');
    await refuses(check({ generations: [{ generation: 2, seed: bytesOf(32) }] }), 'wrong_identity');
  });
});

test('a vault that pins an older manifest than the unlocker that opened it', async () => {
  const other = await Hospital.found('a hospital with two manifests');
  const log = (await other.join('Dr Chidi Okoro', 'Registrar')).log;
  const first = other.chain.current.hash;
  await other.renewManifest();
  const { chain } = other;
  const names = { identity: log.current.identityKey, seed: bytesOf(32) };
  const bound = { ...content, person: log.person, generations: [] };
  const check = (pinned: object, held: object) =>
    checkAccount(
      { vault: { ...bound, ...pinned }, version: 1, hash: bytesOf(32), akGeneration: 1 },
      { chain, log, secret: { ...secret, ...names, ...held } },
    );
  const [older, newer] = [
    { manifestVersion: 1, manifest: first },
    { manifestVersion: 2, manifest: chain.current.hash },
  ];
  await check(older, older);
  await check(newer, older);
  await check(newer, newer);
  await refuses(check(older, newer), 'rolled_back');
});

describe('the identity seed', () => {
  const identity = () => ({ person: okoro.person, publicKey: okoro.identity.publicKey });
  const seal = (seed = okoro.identity.seed) => sealIdentity(account, identity(), seed);

  test('opens to a signer of that identity, or to be sealed again', async () => {
    const signer = await openIdentity(account.ak, await seal(), identity());
    expect(hex(signer.publicKey)).toBe(hex(okoro.identity.publicKey));
    expect(hex(await openIdentitySeed(account.ak, await seal(), identity()))).toBe(hex(okoro.identity.seed));
  });

  test('of another person or identity, under another key, or a seed slipped in', async () => {
    const sealed = await seal();
    const other = await hospital.join('Dr Other', 'Registrar');
    await refuses(openIdentity(account.ak, sealed, { ...identity(), person: other.person }), 'wrong_identity');
    const swapped = { ...identity(), publicKey: other.identity.publicKey };
    await refuses(openIdentity(account.ak, sealed, swapped), 'wrong_identity');
    await refuses(openIdentity(hospital.random(32), sealed, identity()), 'wrong_secret');
    const cover = encode(sealedIdentity, { ...decode(sealedIdentity, sealed), akGeneration: 2 });
    await refuses(openIdentity(account.ak, cover, identity()), 'wrong_secret');
    await refuses(openIdentity(account.ak, await seal(other.identity.seed), identity()), 'wrong_identity');
  });

  test('the vault key does not open it, and its key does not open the vault', async () => {
    const [sealed, cover] = [decode(sealedIdentity, await seal()), decode(sealedVault, (await versions())[0])];
    const mixed = encode(sealedVault, { ...cover, nonce: sealed.nonce, ciphertext: sealed.ciphertext });
    await refuses(open(mixed), 'wrong_secret');
  });
});

describe('unlockers', () => {
  const key = new Uint8Array(32).fill(5);
  const seal = () => sealUnlocker(key, unlocker.context, secret);

  test('open with their key to the seed, the identity and the pinned manifest', async () => {
    expect(await openUnlocker(key, await seal(), okoro.person)).toEqual(unlocker);
  });

  test('of another person, unlocker or kind, or under another key, do not', async () => {
    const blob = await seal();
    const fields = decode(unlockerBlob, blob);
    await refuses(openUnlocker(bytesOf(32), blob, okoro.person), 'wrong_secret');
    await refuses(openUnlocker(key, blob, bytesOf(16)), 'wrong_identity');
    for (const change of [{ unlocker: bytesOf(16) }, { kind: 'pin' as const }]) {
      await refuses(openUnlocker(key, encode(unlockerBlob, { ...fields, ...change }), okoro.person), 'wrong_secret');
    }
  });
});

describe('wraps of AK', () => {
  const target = async () => ({
    person: okoro.person,
    unlocker: unlocker.context.unlocker,
    seal: await sealPublicKey(secret.seed),
  });
  const wrap = async () => wrapAccountKey(account, await target(), okoro.identity);

  test('open with the unlocker that they are for', async () => {
    expect(await unwrapAccountKey(await wrap(), unlocker)).toEqual(account);
    const opened = await open(await sealVault(account, content, null));
    const [only, ...more] = await wrapForVault(account, opened, okoro.identity);
    expect(more).toEqual([]);
    expect(await unwrapAccountKey(only ?? bytesOf(0), unlocker)).toEqual(account);
  });

  test('that the server made, with a key of its own, count for nothing', async () => {
    const server = hospital.server.bind;
    await refuses(unwrapAccountKey(await wrapAccountKey(account, await target(), server), unlocker), 'bad_signature');
    const value = unpack(akWrap, await wrap()).value;
    await refuses(unwrapAccountKey(await sign(akWrap, value, { kind: 'bind', by: server }), unlocker), 'wrong_purpose');
    await refuses(unwrapAccountKey(await sign(akWrap, value), unlocker), 'bad_signature');
  });

  test('under another owner or unlocker, replayed, or of an older AK', async () => {
    const other = await hospital.join('Dr Other', 'Registrar');
    const stolen = { ...unlocker, context: { ...unlocker.context, person: other.person } };
    await refuses(unwrapAccountKey(await wrap(), stolen), 'wrong_identity');
    const elsewhere = { ...unlocker, context: { ...unlocker.context, unlocker: bytesOf(16) } };
    await refuses(unwrapAccountKey(await wrap(), elsewhere), 'wrong_identity');
    const { value } = unpack(akWrap, await wrap());
    const moved = { ...value, person: other.person };
    const signed = await sign(akWrap, moved, { kind: 'identity', id: other.person, by: other.identity });
    const owner = { ...stolen, secret: { ...secret, identity: other.identity.publicKey } };
    await refuses(unwrapAccountKey(signed, owner), 'wrong_secret');
    await refuses(unwrapAccountKey(await wrap(), unlocker, 2), 'rolled_back');
  });

  test('with a generation that is not the sealed one', async () => {
    const { value } = unpack(akWrap, await wrap());
    const later = await sign(akWrap, { ...value, akGeneration: 2 }, okoro.byIdentity());
    await refuses(unwrapAccountKey(later, unlocker), 'wrong_secret');
  });
});

describe('R23 passwords', () => {
  const salt = new Uint8Array(16).fill(9);
  const parameters = { salt, memoryKiB: 65536, passes: 3 };

  test('KDF downgrade: parameters outside floor and ceiling are refused before any work', async () => {
    const wrong = [
      { memoryKiB: 65535 },
      { memoryKiB: 1048577 },
      { memoryKiB: 8 },
      { memoryKiB: Number.NaN },
      { passes: 2 },
      { passes: 11 },
      { passes: 3.5 },
      { passes: 0 },
      { salt: bytesOf(15) },
      { salt: bytesOf(0) },
    ];
    for (const change of wrong) {
      await refuses(stretchPassword('correct horse', { ...parameters, ...change }), 'weak_parameters');
    }
    await refuses(stretchPassword('', parameters), 'weak_parameters');
  });

  test('what the server sees does not open the vault', async () => {
    const stretched = await stretchPassword('correct horse', parameters);
    const owner = { person: bytesOf(16), unlocker: bytesOf(16) };
    const share = hospital.random(32);
    const keys = [
      await authKey(stretched),
      await wrapKey(stretched, share, owner),
      await wrapKey(stretched, hospital.random(32), owner),
      await wrapKey(stretched, share, { ...owner, person: okoro.person }),
      await wrapKey(stretched, share, { ...owner, unlocker: okoro.person }),
      stretched,
    ];
    expect(new Set(keys.map(hex)).size).toBe(keys.length);
    await refuses(wrapKey(stretched, bytesOf(31), owner), 'malformed');
  });

  test('one password typed in two normal forms is one password', async () => {
    const [one, two] = ['caf\u00e9 \ufb01', 'cafe\u0301 fi'].map((text) => stretchPassword(text, parameters));
    expect(await one).toEqual(await two);
  });
});
