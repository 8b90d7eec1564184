// @vitest-environment node
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Bytes, bytesOf, hex } from './bytes.ts';
import type { Fields, Layout, Values } from './layout.ts';
import { bind, device, generation, identityKey, reset, revoke } from './layouts/person.ts';
import { SHARED_DEVICE_LIFE, deviceOf, isReady, stateAt, verifyPersonLog } from './person.ts';
import { type Signing, sign } from './signed.ts';
import { type DeviceUse, standingDevice } from './standing.ts';
import { Hospital, POLICY, type Staff, bySeat } from './vectors/hospital.ts';
import { refuses } from './vectors/refuses.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let hospital: Hospital;
let okoro: Staff;
beforeEach(async () => {
  hospital = await Hospital.found('person tests');
  okoro = await hospital.join('Dr Chidi Okoro', 'Registrar');
});

const verify = (entries: readonly Bytes[]) =>
  verifyPersonLog(entries, hospital.chain, { deviceLifeMillis: POLICY.deviceLifeMillis });

async function with1<F extends Fields>(layout: Layout<F>, value: Values<F>, ...by: Signing[]): Promise<Bytes[]> {
  return [...okoro.entries, await sign(layout, value, ...by)];
}

const byBind = (): Signing => ({ kind: 'bind', by: hospital.server.bind });
const byRemove = (): Signing => ({ kind: 'remove', by: hospital.server.remove });
const seal = () => hospital.random(1216);
const bindValue = () => ({
  person: okoro.person,
  seq: 1,
  previous: bytesOf(32),
  identity: okoro.identity.publicKey,
  displayName: 'Dr Chidi Okoro',
  role: 'Registrar',
  manifest: hospital.chain.current.hash,
  issued: hospital.tick(),
});
const deviceValue = (changes: object = {}) => {
  const place = okoro.next();
  return {
    ...place,
    device: hospital.random(16),
    key: hospital.random(32),
    dpop: hospital.random(32),
    kind: 'own' as const,
    expires: place.issued + 1000,
    ...changes,
  };
};
const revokeValue = (changes: object = {}) => ({
  ...okoro.next(),
  device: okoro.device.id,
  reason: 'lost' as const,
  by: 'identity' as const,
  lastAccepted: [],
  ...changes,
});

test('bind, generation and device give a state at each head', async () => {
  const log = await verify(okoro.entries);
  expect(log.states.map(({ kind }) => kind)).toEqual(['bind', 'generation', 'device']);
  expect(log.current.generation?.generation).toBe(1);
  expect(deviceOf(log.current, okoro.device.id)?.key).toEqual(okoro.device.key.publicKey);
  const [first, second] = log.states;
  expect(stateAt(log, first.head)?.devices.size).toBe(0);
  expect(isReady(first, first.identity)).toBe(false);
  expect(second !== undefined && isReady(second, first.identity)).toBe(true);
  expect(stateAt(log, bytesOf(32))).toBeUndefined();
});

test('a log goes on from where it was verified', async () => {
  const start = await verify(okoro.entries.slice(0, 2));
  const log = await verifyPersonLog(okoro.entries.slice(2), hospital.chain, { from: start });
  expect(log.current.head).toEqual(okoro.log.current.head);
});

describe('bind', () => {
  test('a server cannot bind a key without its proof of possession, nor a person without the server', async () => {
    await refuses(verify([await sign(bind, bindValue(), byBind())]), 'wrong_purpose');
    await refuses(verify([await sign(bind, bindValue(), okoro.byIdentity())]), 'wrong_purpose');
    await refuses(verify([await sign(bind, bindValue())]), 'bad_signature');
  });

  test('a key of another purpose, whatever it calls itself, is refused', async () => {
    await refuses(verify([await sign(bind, bindValue(), byRemove(), okoro.byIdentity())]), 'wrong_purpose');
    const disguised: Signing = { kind: 'bind', by: hospital.server.remove };
    await refuses(verify([await sign(bind, bindValue(), disguised, okoro.byIdentity())]), 'bad_signature');
  });

  test('one signature too many is refused', async () => {
    const extra = await sign(bind, bindValue(), byBind(), byRemove(), okoro.byIdentity());
    await refuses(verify([extra]), 'wrong_purpose');
  });

  test('it comes first and only once, under a manifest of the chain', async () => {
    await refuses(verify(okoro.entries.slice(1)), 'broken_chain');
    await refuses(verify([]), 'broken_chain');
    const unbound = { ...okoro.next(), seq: 1, previous: bytesOf(32), generation: 1, seal: seal() };
    await refuses(verify([await sign(generation, unbound, okoro.byIdentity())]), 'broken_chain');
    const again = { ...bindValue(), ...okoro.next() };
    await refuses(verify(await with1(bind, again, byBind(), okoro.byIdentity())), 'broken_chain');
    const stray = { ...bindValue(), manifest: bytesOf(32) };
    await refuses(verify([await sign(bind, stray, byBind(), okoro.byIdentity())]), 'broken_chain');
  });
});

describe('the chain', () => {
  const value = () => ({ ...okoro.next(), generation: 2, seal: seal() });

  test('an entry out of sequence, that does not follow, or of another person is refused', async () => {
    const changes = [{ seq: 9 }, { previous: bytesOf(32) }, { person: hospital.random(16) }];
    for (const change of changes) {
      await refuses(verify(await with1(generation, { ...value(), ...change }, okoro.byIdentity())), 'broken_chain');
    }
  });

  test('entries taken out or put in another order are refused', async () => {
    const [first, second, third] = okoro.entries as [Bytes, Bytes, Bytes];
    await refuses(verify([first, third]), 'broken_chain');
    await refuses(verify([first, third, second]), 'broken_chain');
  });

  test('something that is no entry is refused', async () => {
    const stray = await sign(identityKey, { person: okoro.person, key: bytesOf(32) }, okoro.byIdentity());
    await refuses(verify([...okoro.entries, stray]), 'malformed');
  });
});

describe('generation and device', () => {
  test('a server cannot add a key or a device', async () => {
    const made = { ...okoro.next(), generation: 2, seal: seal() };
    await refuses(verify(await with1(generation, made, byBind())), 'wrong_purpose');
    const forged: Signing = { kind: 'identity', id: okoro.person, by: hospital.server.bind };
    await refuses(verify(await with1(generation, made, forged)), 'bad_signature');
    await refuses(verify(await with1(device, deviceValue(), byBind())), 'wrong_purpose');
    await refuses(verify(await with1(device, deviceValue(), forged)), 'bad_signature');
  });

  test('generations count up by one', async () => {
    for (const number of [0, 1, 3]) {
      const made = { ...okoro.next(), generation: number, seal: seal() };
      await refuses(verify(await with1(generation, made, okoro.byIdentity())), 'broken_chain');
    }
  });

  test('a device id is never used again', async () => {
    const again = deviceValue({ device: okoro.device.id });
    await refuses(verify(await with1(device, again, okoro.byIdentity())), 'broken_chain');
  });

  test('a device lives no longer than the policy allows, and 12 hours where it is shared', async () => {
    const { issued } = okoro.next();
    const wrong = [
      { issued, expires: issued },
      { issued, expires: issued + POLICY.deviceLifeMillis + 1 },
      { issued, expires: issued + SHARED_DEVICE_LIFE + 1, kind: 'shared' as const },
    ];
    for (const change of wrong) {
      await refuses(verify(await with1(device, deviceValue(change), okoro.byIdentity())), 'not_entitled');
    }
    const right = deviceValue({ issued, expires: issued + SHARED_DEVICE_LIFE, kind: 'shared' as const });
    expect((await verify(await with1(device, right, okoro.byIdentity()))).current.devices.size).toBe(2);
  });
});

describe('revoke', () => {
  test('by the identity, by the server, by another live device', async () => {
    await okoro.enrol('trust');
    const [first] = okoro.devices;
    const byDevice: Signing = { kind: 'device', id: okoro.device.id, by: okoro.device.key };
    for (const [by, signing] of [
      ['identity', okoro.byIdentity()],
      ['server', byRemove()],
      ['device', byDevice],
    ] as const) {
      const log = await verify(await with1(revoke, revokeValue({ by, device: first?.id }), signing));
      expect(deviceOf(log.current, first?.id ?? bytesOf(16))?.revoked?.by).toBe(by);
    }
  });

  test('signed as something else than it says, by another purpose, by itself, or by nobody', async () => {
    await refuses(verify(await with1(revoke, revokeValue({ by: 'server' }), okoro.byIdentity())), 'wrong_purpose');
    await refuses(verify(await with1(revoke, revokeValue({ by: 'server' }), byBind())), 'wrong_purpose');
    const itself: Signing = { kind: 'device', id: okoro.device.id, by: okoro.device.key };
    await refuses(verify(await with1(revoke, revokeValue({ by: 'device' }), itself)), 'not_entitled');
    await refuses(verify(await with1(revoke, revokeValue({ by: 'device' }))), 'bad_signature');
    const stranger: Signing = { kind: 'device', id: hospital.random(16), by: okoro.device.key };
    await refuses(verify(await with1(revoke, revokeValue({ by: 'device' }), stranger)), 'not_entitled');
  });

  test('by a device that is revoked or has expired', async () => {
    await okoro.enrol('shared');
    const [first, second] = okoro.devices as [Staff['device'], Staff['device']];
    const bySecond: Signing = { kind: 'device', id: second.id, by: second.key };
    const late = revokeValue({ by: 'device', device: first.id, issued: hospital.tick() + SHARED_DEVICE_LIFE });
    await refuses(verify(await with1(revoke, late, bySecond)), 'revoked_device');
    await okoro.revoke(second.id);
    const gone = revokeValue({ by: 'device', device: first.id });
    await refuses(verify(await with1(revoke, gone, bySecond)), 'revoked_device');
  });

  test('an unknown device, and one that is revoked already', async () => {
    const unknown = revokeValue({ device: hospital.random(16) });
    await refuses(verify(await with1(revoke, unknown, okoro.byIdentity())), 'not_entitled');
    const id = okoro.device.id;
    await okoro.revoke(id);
    await refuses(verify(await with1(revoke, revokeValue({ device: id }), okoro.byIdentity())), 'not_entitled');
  });

  test('after lost or stolen nothing is sealed until there is a new generation', async () => {
    const identity = okoro.identityHash;
    await okoro.revoke(okoro.device.id, { reason: 'signed-out' });
    expect(isReady(okoro.log.current, identity)).toBe(true);
    await okoro.enrol('own');
    await okoro.revoke(okoro.device.id, { reason: 'stolen' });
    expect(isReady(okoro.log.current, identity)).toBe(false);
    await okoro.renew();
    expect(isReady(okoro.log.current, identity)).toBe(true);
  });
});

describe('reset', () => {
  const value = async (changes: object = {}) => ({
    ...okoro.next(),
    identity: (await hospital.newKey()).publicKey,
    displayName: 'Dr Chidi Okoro',
    role: 'Registrar',
    reason: 'forgotten' as const,
    manifest: hospital.chain.current.hash,
    ...changes,
  });

  test('makes the generation and every device void, and keeps counting', async () => {
    const before = okoro.identityHash;
    const old = okoro.device.id;
    await okoro.reset();
    expect(isReady(okoro.log.current, before)).toBe(false);
    expect(isReady(okoro.log.current, okoro.identityHash)).toBe(true);
    expect(okoro.log.current.generation?.generation).toBe(2);
    expect(deviceOf(okoro.log.current, old)?.voided).not.toBeNull();
  });

  test('a device that a reset made void signs nothing afterwards', async () => {
    const [identity, old] = [okoro.identityHash, okoro.device.id];
    const before = hospital.tick();
    await okoro.reset();
    const use = { thread: bytesOf(32), device: old, identity };
    expect(hex(standingDevice(okoro.log, { ...use, at: before }).device)).toBe(hex(old));
    await refuses(() => standingDevice(okoro.log, { ...use, at: hospital.tick() }), 'revoked_device');
  });

  test('by one officer, by the service desk alone, or without the new identity', async () => {
    const identity = await hospital.newKey();
    const made = await value({ identity: identity.publicKey });
    const owner: Signing = { kind: 'identity', id: okoro.person, by: identity };
    const officers = hospital.seats.slice(0, 2).map(bySeat);
    await refuses(verify(await with1(reset, made, byBind(), owner, ...officers.slice(1))), 'not_entitled');
    await refuses(verify(await with1(reset, made, byBind(), owner)), 'not_entitled');
    await refuses(verify(await with1(reset, made, byBind(), ...officers)), 'wrong_purpose');
    await refuses(verify(await with1(reset, made, owner, ...officers)), 'wrong_purpose');
    await refuses(verify(await with1(reset, made, byBind(), okoro.byIdentity(), ...officers)), 'bad_signature');
  });

  test('to an identity that the person had before', async () => {
    const made = await value({ identity: okoro.identity.publicKey });
    const signings = [byBind(), okoro.byIdentity(), ...hospital.seats.slice(0, 2).map(bySeat)];
    await refuses(verify(await with1(reset, made, ...signings)), 'wrong_identity');
  });

  test('under an older manifest than the person was bound with', async () => {
    const older = hospital.chain.current.hash;
    await hospital.renewManifest();
    const late = await hospital.join('Dr New', 'Registrar');
    const identity = await hospital.newKey();
    const made = {
      ...(await value()),
      ...late.next(),
      person: late.person,
      identity: identity.publicKey,
      manifest: older,
    };
    const owner: Signing = { kind: 'identity', id: late.person, by: identity };
    const entry = await sign(reset, made, byBind(), owner, ...hospital.seats.slice(0, 2).map(bySeat));
    await refuses(verify([...late.entries, entry]), 'rolled_back');
  });
});

test('a device that no identity of the log certified stands for nobody', async () => {
  const use = { thread: bytesOf(32), identity: okoro.identityHash, at: hospital.tick() };
  await refuses(() => standingDevice(okoro.log, { ...use, device: hospital.random(16) }), 'revoked_device');
  const other = { ...use, device: okoro.device.id, identity: bytesOf(32) };
  await refuses(() => standingDevice(okoro.log, other), 'wrong_identity');
  hospital.pass(POLICY.deviceLifeMillis);
  const late = { ...use, device: okoro.device.id, at: hospital.tick() };
  await refuses(() => standingDevice(okoro.log, late), 'revoked_device');
});

describe('R22 what a revoked device may have signed', () => {
  const thread = new Uint8Array(32).fill(1);
  const entry = new Uint8Array(32).fill(2);
  const later = new Uint8Array(32).fill(3);
  const places = new Map([
    [hex(entry), 7],
    [hex(later), 8],
  ]);
  const position = (hash: Bytes) => places.get(hex(hash));
  let use: DeviceUse;
  beforeEach(async () => {
    use = { thread, device: okoro.device.id, identity: okoro.identityHash, at: 1 };
    await okoro.revoke(okoro.device.id, { lastAccepted: [{ thread, deviceSeq: 4, entry }] });
  });

  test('an entry up to the last accepted one, by its place in the log', async () => {
    standingDevice(okoro.log, { ...use, entry, position });
    await refuses(() => standingDevice(okoro.log, { ...use, entry: later, position }), 'revoked_device');
  });

  test('a message up to the last accepted one, by its count too', async () => {
    standingDevice(okoro.log, { ...use, deviceSeq: 4, entry, position });
    await refuses(() => standingDevice(okoro.log, { ...use, deviceSeq: 5, entry, position }), 'revoked_device');
  });

  test('nothing whose place is not known, nothing in a thread that is not listed', async () => {
    await refuses(() => standingDevice(okoro.log, { ...use, entry }), 'revoked_device');
    const stray = { ...use, entry: bytesOf(32), position };
    await refuses(() => standingDevice(okoro.log, stray), 'revoked_device');
    const elsewhere = { ...use, thread: bytesOf(32), entry, position };
    await refuses(() => standingDevice(okoro.log, elsewhere), 'revoked_device');
  });

  test('what stands in no log counts from before the revocation only', async () => {
    standingDevice(okoro.log, use);
    await refuses(() => standingDevice(okoro.log, { ...use, at: hospital.tick() }), 'revoked_device');
  });
});
