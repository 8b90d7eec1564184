// @vitest-environment node
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type Bytes, bytesOf, equal, hex, utf8 } from './bytes.ts';
import { type Changed, type Held, changeUnlockers } from './change.ts';
import { decode } from './codec.ts';
import { sealPublicKey } from './hpke.ts';
import { akWrap, unlockerBlob } from './layouts/vault.ts';
import { pinOf } from './manifest.ts';
import { passkeyWrapKey } from './passkey.ts';
import { verifyPersonLog } from './person.ts';
import { newLocalKey, pinVerifier, pinWrapKey, stretchPin } from './pin.ts';
import { unpack } from './signed.ts';
import { type OpenUnlocker, openUnlocker, sealUnlocker, unwrapAccountKey, wrapAccountKey } from './unlocker.ts';
import { checkAccount, openIdentitySeed, openVault, sealIdentity, sealVault } from './vault.ts';
import { Hospital, type Staff } from './vectors/hospital.ts';
import { refuses } from './vectors/refuses.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let hospital: Hospital;
let okoro: Staff;
let held: Held;
let password: OpenUnlocker;
let firstWrap: Bytes;
const key = new Uint8Array(32).fill(5);

beforeAll(async () => {
  hospital = await Hospital.found('changing unlockers');
  okoro = await hospital.join('Dr Chidi Okoro', 'Registrar');
  const { person, identity } = okoro;
  const { version: manifestVersion, fingerprint: manifest } = pinOf(hospital.chain);
  const account = { ak: hospital.random(32), akGeneration: 1 };
  const secret = { seed: hospital.random(32), identity: identity.publicKey, manifestVersion, manifest };
  const context = { person, unlocker: hospital.random(16), kind: 'password' as const };
  password = await openUnlocker(key, await sealUnlocker(key, context, secret), person);
  const seal = await sealPublicKey(secret.seed);
  const content = {
    person,
    version: 1,
    manifestVersion,
    manifest,
    generations: [...okoro.generations].map(([generation, seed]) => ({ generation, seed })),
    unlockers: [{ unlocker: context.unlocker, kind: context.kind, seal, added: hospital.tick() }],
    bookmarks: [],
  };
  firstWrap = await wrapAccountKey(account, { person, unlocker: context.unlocker, seal }, identity);
  const owner = { person, publicKey: identity.publicKey };
  held = {
    key: account,
    vault: await openVault(account.ak, await sealVault(account, content, null), person),
    identity: owner,
    sealedIdentity: await sealIdentity(account, owner, identity.seed),
    log: okoro.log,
    chain: hospital.chain,
  };
});

const after = (changed: Changed): Held => ({ ...held, ...changed.then });
const fresh = (kind: 'password' | 'passkey' | 'pin') => ({ unlocker: hospital.random(16), kind, key });
const change = (what: Omit<Parameters<typeof changeUnlockers>[1], 'issued'>, of = held) =>
  changeUnlockers(of, { ...what, issued: hospital.tick() });

const wrapOf = (changed: Changed, unlocker: Bytes): Bytes => {
  const found = changed.wraps.find((wrap) => equal(unpack(akWrap, wrap).value.unlocker, unlocker));
  if (!found) throw new Error('no wrap for it');
  return found;
};

describe('R23 adding an unlocker', () => {
  test('leaves AK as it is, lists it, and wraps AK to it alone', async () => {
    const add = fresh('passkey');
    const changed = await change({ add });
    expect(changed.rotation).toBeUndefined();
    expect(changed.then.key).toEqual(held.key);
    expect(changed.wraps).toHaveLength(1);
    expect(changed.then.vault.vault.unlockers.map(({ kind }) => kind).sort()).toEqual(['passkey', 'password']);
    expect(changed.then.vault.version).toBe(2);
    const opened = await openUnlocker(key, changed.blob ?? bytesOf(0), okoro.person);
    expect(opened.context.kind).toBe('passkey');
    const account = await unwrapAccountKey(wrapOf(changed, add.unlocker), opened);
    expect(account).toEqual(held.key);
    const vault = await openVault(account.ak, changed.sealedVault, okoro.person, held.vault);
    await checkAccount(vault, { chain: held.chain, log: changed.then.log, secret: opened.secret });
  });

  test('is refused twice, and beyond sixteen', async () => {
    const add = fresh('passkey');
    const once = after(await change({ add }));
    await refuses(change({ add }, once), 'not_entitled');
    const [one] = held.vault.vault.unlockers;
    if (!one) throw new Error('no unlocker');
    const many = Array.from({ length: 16 }, () => ({ ...one, unlocker: hospital.random(16) }));
    const full = { ...held, vault: { ...held.vault, vault: { ...held.vault.vault, unlockers: many } } };
    await refuses(change({ add: fresh('passkey') }, full), 'not_entitled');
  });
});

describe('R23 removing an unlocker', () => {
  let passkey: ReturnType<typeof fresh>;
  let two: Held;
  let added: Changed;
  beforeAll(async () => {
    passkey = fresh('passkey');
    added = await change({ add: passkey });
    two = after(added);
  });
  const removed = () => change({ remove: [password.context.unlocker] }, two);

  test('makes a new account key and a new generation, and wraps to what remains and nothing else', async () => {
    const changed = await removed();
    expect(changed.then.key.akGeneration).toBe(2);
    expect(changed.then.key.ak).not.toEqual(held.key.ak);
    expect(changed.blob).toBeUndefined();
    expect(changed.wraps.map((wrap) => hex(unpack(akWrap, wrap).value.unlocker))).toEqual([hex(passkey.unlocker)]);
    const opened = await openUnlocker(key, added.blob ?? bytesOf(0), okoro.person);
    const account = await unwrapAccountKey(wrapOf(changed, passkey.unlocker), opened, 2);
    const vault = await openVault(account.ak, changed.sealedVault, okoro.person, two.vault);
    const entry = changed.rotation?.generation ?? bytesOf(0);
    const log = await verifyPersonLog([entry], hospital.chain, { from: okoro.log });
    expect(log.current.generation?.generation).toBe(2);
    expect(vault.vault.generations.map(({ generation }) => generation)).toEqual([1, 2]);
    await checkAccount(vault, { chain: held.chain, log, secret: opened.secret });
    const sealed = changed.rotation?.sealedIdentity ?? bytesOf(0);
    expect(await openIdentitySeed(account.ak, sealed, held.identity)).toEqual(okoro.identity.seed);
  });

  test('P8 keys are renewed with nothing removed, and several go at once', async () => {
    const renewed = await change({ renew: true }, two);
    expect(renewed.then.key.akGeneration).toBe(2);
    expect(renewed.then.log.current.generation?.generation).toBe(2);
    expect(renewed.wraps).toHaveLength(2);
    expect(renewed.then.vault.vault.unlockers).toHaveLength(2);
    expect(renewed.then.vault.vault.generations.map(({ generation }) => generation)).toEqual([1, 2]);
    const three = after(await change({ add: fresh('pin') }, two));
    const pin = three.vault.vault.unlockers.find(({ kind }) => kind === 'pin')?.unlocker ?? bytesOf(16);
    const fewer = await change({ remove: [passkey.unlocker, pin] }, three);
    expect(fewer.then.vault.vault.unlockers.map(({ kind }) => kind)).toEqual(['password']);
    expect(fewer.wraps).toHaveLength(1);
    await refuses(change({ remove: [pin, pin] }, three), 'not_entitled');
  });

  test('what the removed one knew opens nothing new', async () => {
    const changed = await removed();
    await refuses(openVault(held.key.ak, changed.sealedVault, okoro.person), 'wrong_secret');
    const sealed = changed.rotation?.sealedIdentity ?? bytesOf(0);
    await refuses(openIdentitySeed(held.key.ak, sealed, held.identity), 'wrong_secret');
    await refuses(unwrapAccountKey(wrapOf(changed, passkey.unlocker), password), 'wrong_identity');
  });

  test('the wrap and the vault of before are refused by who knows of the change', async () => {
    const changed = await removed();
    await refuses(unwrapAccountKey(firstWrap, password, changed.then.key.akGeneration), 'rolled_back');
    await refuses(openVault(held.key.ak, added.sealedVault, okoro.person, changed.then.vault), 'rolled_back');
    const opened = await openUnlocker(key, added.blob ?? bytesOf(0), okoro.person);
    await refuses(unwrapAccountKey(wrapOf(added, passkey.unlocker), opened, 2), 'rolled_back');
  });

  test('a vault that has the new generation under a log that has not, and the other way round', async () => {
    const changed = await removed();
    const opened = await openUnlocker(key, added.blob ?? bytesOf(0), okoro.person);
    const about = { chain: held.chain, secret: opened.secret };
    await refuses(checkAccount(changed.then.vault, { ...about, log: held.log }), 'wrong_identity');
    await checkAccount(two.vault, { ...about, log: changed.then.log });
  });

  test('the last one, or all but PINs, stay', async () => {
    await refuses(change({ remove: [password.context.unlocker] }), 'not_entitled');
    const withPin = after(await change({ add: fresh('pin') }));
    await refuses(change({ remove: [password.context.unlocker] }, withPin), 'not_entitled');
    await refuses(change({ remove: [password.context.unlocker], add: fresh('pin') }), 'not_entitled');
    await refuses(change({ remove: [bytesOf(16)] }), 'not_entitled');
  });

  test('changing one is adding and removing at once', async () => {
    const add = fresh('password');
    const changed = await change({ add, remove: [password.context.unlocker] }, two);
    expect(changed.wraps).toHaveLength(2);
    expect(changed.then.key.akGeneration).toBe(2);
    const opened = await openUnlocker(key, changed.blob ?? bytesOf(0), okoro.person);
    expect(await unwrapAccountKey(wrapOf(changed, add.unlocker), opened, 2)).toEqual(changed.then.key);
    const again = await change({ remove: [passkey.unlocker] }, after(changed));
    expect(again.then.key.akGeneration).toBe(3);
    expect(again.then.log.current.generation?.generation).toBe(3);
  });

  test('under an identity that is not the person’s', async () => {
    const other = await hospital.join('Dr Other', 'Registrar');
    const stolen = { ...two, identity: { person: okoro.person, publicKey: other.identity.publicKey } };
    await refuses(change({ remove: [password.context.unlocker] }, stolen), 'wrong_identity');
  });
});

describe('R24 a PIN', () => {
  const owner = { person: new Uint8Array(16).fill(1), unlocker: new Uint8Array(16).fill(2) };
  const device = new Uint8Array(16).fill(3);
  const digits = () => utf8('270419');

  test('is six to twelve ASCII digits and nothing else', async () => {
    const localKey = await newLocalKey();
    for (const wrong of ['', '12345', '1234567890123', '27041a', '270 419', '２７０４１９', '27041\u0000']) {
      await refuses(stretchPin(utf8(wrong), device, localKey), 'weak_parameters');
    }
  });

  test('of a copied disk is another: the local key does not come out of the browser', async () => {
    const [here, elsewhere] = [await newLocalKey(), await newLocalKey()];
    expect(here.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('raw', here)).rejects.toThrow();
    const share = new Uint8Array(32).fill(4);
    const [one, two] = [await stretchPin(digits(), device, here), await stretchPin(digits(), device, elsewhere)];
    const keys = [
      one,
      two,
      await stretchPin(digits(), bytesOf(16), here),
      await pinVerifier(one, owner),
      await pinVerifier(one, { ...owner, unlocker: bytesOf(16) }),
      await pinWrapKey(one, share, owner),
      await pinWrapKey(one, bytesOf(32), owner),
      await pinWrapKey(one, share, { ...owner, person: bytesOf(16) }),
      await passkeyWrapKey(one, owner),
    ];
    expect(new Set(keys.map(hex)).size).toBe(keys.length);
    await refuses(pinWrapKey(one, bytesOf(31), owner), 'malformed');
    await refuses(passkeyWrapKey(bytesOf(64), owner), 'malformed');
  });

  test('opens its own blob only', async () => {
    const opens = { ...fresh('pin') };
    const changed = await change({ add: opens });
    expect(decode(unlockerBlob, changed.blob ?? bytesOf(0)).kind).toBe('pin');
    await refuses(openUnlocker(bytesOf(32), changed.blob ?? bytesOf(0), okoro.person), 'wrong_secret');
  });
});
