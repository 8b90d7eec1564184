/**
 * The person log: who somebody is, with which keys, on which devices (docs/protocol.md, section 5.1).
 *
 * `verifyPersonLog` turns the signed entries into one immutable state per entry, so that a record which names an old head can
 * be judged by what was true there.
 *
 * Invariants:
 * - Nothing that a server key alone signed can add a key or a device; a bind counts only with the identity's own signature.
 * - Generations count up by one and device ids are never used twice, across resets too.
 */

import { type Bytes, equal, hex, isZero } from './bytes.ts';
import { decode, typeOf } from './codec.ts';
import { hashObject, hashValue } from './domain.ts';
import type { Layout } from './layout.ts';
import { signed } from './layouts/container.ts';
import {
  type Bind,
  type Device,
  type Generation,
  type Reset,
  type Revoke,
  bind,
  device,
  generation,
  identityKey,
  reset,
  revoke,
} from './layouts/person.ts';
import { type Manifest, type ManifestChain, manifestNamed, serverKey, serverKeys } from './manifest.ts';
import { Refusal, insist } from './refusal.ts';
import { type Expected, type Unpacked, unpack, verifyExactly, verifySeats } from './signed.ts';

export type DeviceState = {
  readonly device: Bytes;
  readonly key: Bytes;
  readonly dpop: Bytes;
  readonly kind: Device['kind'];
  /** H(identity-key) of the identity that certified it. */
  readonly identity: Bytes;
  readonly issued: number;
  readonly expires: number;
  readonly revoked: Revoke | null;
  /** When a reset made it void. */
  readonly voided: number | null;
};

export type PersonState = {
  readonly person: Bytes;
  readonly seq: number;
  readonly head: Bytes;
  readonly kind: 'bind' | 'generation' | 'device' | 'revoke' | 'reset';
  readonly issued: number;
  readonly identityKey: Bytes;
  /** H(identity-key) */
  readonly identity: Bytes;
  readonly displayName: string;
  readonly role: string;
  readonly manifestVersion: number;
  /** `null` until the identity has signed one. */
  readonly generation: Generation | null;
  /** Every H(identity-key) that this log ever bound, by `hex`. */
  readonly identities: ReadonlySet<string>;
  /** The highest generation number ever used. */
  readonly generations: number;
  /** A device was lost or stolen since the generation: nothing is sealed to it until there is a new one. */
  readonly exposed: boolean;
  /** By `hex` of the device id. */
  readonly devices: ReadonlyMap<string, DeviceState>;
};

export type PersonLog = {
  readonly person: Bytes;
  /** One per entry, in order. */
  readonly states: readonly [PersonState, ...PersonState[]];
  readonly current: PersonState;
};

export type PersonLogOptions = {
  /** A log verified before, which the entries continue. */
  from?: PersonLog;
  /** The longest life of a device that any policy of the organisation allowed. */
  deviceLifeMillis?: number;
};

export const SHARED_DEVICE_LIFE = 12 * 60 * 60 * 1000;

/** Verifies `signed` containers, oldest first. */
export async function verifyPersonLog(
  entries: readonly Bytes[],
  chain: ManifestChain,
  { from, deviceLifeMillis = Number.MAX_SAFE_INTEGER }: PersonLogOptions = {},
): Promise<PersonLog> {
  const states: PersonState[] = [...(from?.states ?? [])];
  for (const container of entries) {
    states.push(await follow(container, states.at(-1), { chain, deviceLifeMillis }));
  }
  const [first, ...later] = states;
  insist(first !== undefined, 'broken_chain', 'an empty person log');
  return { person: first.person, states: [first, ...later], current: later.at(-1) ?? first };
}

/** The state after the entry with this hash, if it is one of the log. */
export function stateAt({ states }: PersonLog, head: Bytes): PersonState | undefined {
  return states.find((state) => equal(state.head, head));
}

/** Can an epoch be sealed to this state of somebody whose pinned identity is this one? */
export function isReady(state: PersonState, pinned: Bytes): state is PersonState & { readonly generation: Generation } {
  return equal(state.identity, pinned) && state.generation !== null && !state.exposed;
}

export function deviceOf(state: PersonState, id: Bytes): DeviceState | undefined {
  return state.devices.get(hex(id));
}

export function identityHash(person: Bytes, key: Bytes): Promise<Bytes> {
  return hashValue(identityKey, { person, key });
}

type Rules = { chain: ManifestChain; deviceLifeMillis: number };
type Entry = { readonly person: Bytes; readonly seq: number; readonly previous: Bytes; readonly issued: number };
/** Where an entry stands: the part of the next state that every kind has. */
type Place = Pick<PersonState, 'person' | 'seq' | 'head' | 'issued'>;

async function follow(container: Bytes, before: PersonState | undefined, rules: Rules): Promise<PersonState> {
  const type = typeOf(decode(signed, container).object);
  if (type === bind.type) {
    const entry = unpack(bind, container);
    insist(before === undefined, 'broken_chain', 'bind: only a first entry');
    return followBind(entry, await place(bind, entry, before), rules);
  }
  insist(before !== undefined, 'broken_chain', 'a person log begins with bind');
  switch (type) {
    case generation.type: {
      const entry = unpack(generation, container);
      return followGeneration(entry, await place(generation, entry, before), before);
    }
    case device.type: {
      const entry = unpack(device, container);
      return followDevice(entry, await place(device, entry, before), before, rules);
    }
    case revoke.type: {
      const entry = unpack(revoke, container);
      return followRevoke(entry, await place(revoke, entry, before), before, rules);
    }
    case reset.type: {
      const entry = unpack(reset, container);
      return followReset(entry, await place(reset, entry, before), before, rules);
    }
    default:
      throw new Refusal('malformed', 'not an entry of a person log');
  }
}

/** Checks that an entry follows the one before it. */
async function place(layout: Layout, { value, object }: Unpacked<Entry>, before?: PersonState): Promise<Place> {
  const { person, seq, previous, issued } = value;
  insist(seq === (before?.seq ?? 0) + 1, 'broken_chain', `${layout.name}: out of sequence`);
  const follows = before === undefined ? isZero(previous) : equal(previous, before.head);
  insist(follows, 'broken_chain', `${layout.name}: does not follow the entry before it`);
  insist(before === undefined || equal(person, before.person), 'broken_chain', `${layout.name}: another person`);
  return { person, seq, issued, head: await hashObject(layout, object) };
}

async function followBind(entry: Unpacked<Bind>, at: Place, { chain }: Rules): Promise<PersonState> {
  const { person, identity: identityKeyBytes, displayName, role } = entry.value;
  const manifest = manifestNamed(chain, entry.value.manifest);
  await verifyExactly(bind, entry, [boundBy(manifest), ownedBy(person, identityKeyBytes)]);
  const identity = await identityHash(person, identityKeyBytes);
  return {
    ...at,
    kind: 'bind',
    identityKey: identityKeyBytes,
    identity,
    identities: new Set([hex(identity)]),
    displayName,
    role,
    manifestVersion: manifest.version,
    generation: null,
    generations: 0,
    exposed: false,
    devices: new Map(),
  };
}

async function followGeneration(entry: Unpacked<Generation>, at: Place, before: PersonState): Promise<PersonState> {
  await verifyExactly(generation, entry, [ownedBy(before.person, before.identityKey)]);
  insist(entry.value.generation === before.generations + 1, 'broken_chain', 'generation: numbers count up by one');
  const { value } = entry;
  return { ...before, ...at, kind: 'generation', generation: value, generations: value.generation, exposed: false };
}

async function followDevice(
  entry: Unpacked<Device>,
  at: Place,
  before: PersonState,
  { deviceLifeMillis }: Rules,
): Promise<PersonState> {
  await verifyExactly(device, entry, [ownedBy(before.person, before.identityKey)]);
  const { device: id, key, dpop, kind, issued, expires } = entry.value;
  insist(deviceOf(before, id) === undefined, 'broken_chain', 'device: an id is never used again');
  const longest = kind === 'shared' ? SHARED_DEVICE_LIFE : deviceLifeMillis;
  insist(expires > issued && expires - issued <= longest, 'not_entitled', 'device: lives too long');
  const state = {
    device: id,
    key,
    dpop,
    kind,
    identity: before.identity,
    issued,
    expires,
    revoked: null,
    voided: null,
  };
  return { ...before, ...at, kind: 'device', devices: new Map(before.devices).set(hex(id), state) };
}

async function followRevoke(
  entry: Unpacked<Revoke>,
  at: Place,
  before: PersonState,
  { chain }: Rules,
): Promise<PersonState> {
  const { device: id, issued } = entry.value;
  const target = deviceOf(before, id);
  insist(target !== undefined && target.revoked === null, 'not_entitled', 'revoke: no such live device');
  await verifyExactly(revoke, entry, [revokedBy(entry, before, chain, issued)]);
  const state = { ...target, revoked: entry.value };
  const exposed = before.exposed || entry.value.reason === 'lost' || entry.value.reason === 'stolen';
  return { ...before, ...at, kind: 'revoke', exposed, devices: new Map(before.devices).set(hex(id), state) };
}

function revokedBy(entry: Unpacked<Revoke>, before: PersonState, chain: ManifestChain, now: number): Expected {
  switch (entry.value.by) {
    case 'identity':
      return ownedBy(before.person, before.identityKey);
    case 'server':
      return { kind: 'remove', keys: serverKeys(chain, 'remove') };
    case 'device': {
      const id = entry.signatures[0]?.signer;
      const signer = id === undefined ? undefined : deviceOf(before, id);
      insist(id !== undefined, 'bad_signature', 'revoke: not signed');
      insist(signer !== undefined, 'not_entitled', 'revoke: not signed by a device of this person');
      insist(!equal(signer.device, entry.value.device), 'not_entitled', 'revoke: a device does not revoke itself');
      const live = signer.revoked === null && signer.voided === null && now < signer.expires;
      insist(live, 'revoked_device', 'revoke: signed by a device that is not live');
      return { kind: 'device', id: signer.device, keys: [signer.key] };
    }
  }
}

async function followReset(
  entry: Unpacked<Reset>,
  at: Place,
  before: PersonState,
  { chain }: Rules,
): Promise<PersonState> {
  const { person, identity: identityKeyBytes, displayName, role, issued } = entry.value;
  const manifest = manifestNamed(chain, entry.value.manifest);
  insist(manifest.version >= before.manifestVersion, 'rolled_back', 'reset: under an older manifest');
  const identity = await identityHash(person, identityKeyBytes);
  insist(!before.identities.has(hex(identity)), 'wrong_identity', 'reset: to an identity that the person had before');
  const rest = await verifySeats(reset, entry, manifest.seats, manifest.threshold);
  await verifyExactly(reset, rest, [boundBy(manifest), ownedBy(person, identityKeyBytes)]);
  return {
    ...before,
    ...at,
    kind: 'reset',
    identityKey: identityKeyBytes,
    identity,
    identities: new Set([...before.identities, hex(identity)]),
    displayName,
    role,
    manifestVersion: manifest.version,
    generation: null,
    exposed: false,
    devices: new Map([...before.devices].map(([id, one]) => [id, { ...one, voided: one.voided ?? issued }])),
  };
}

function boundBy(manifest: Manifest): Expected {
  return { kind: 'bind', keys: [serverKey(manifest, 'bind')] };
}

function ownedBy(person: Bytes, identityKeyBytes: Bytes): Expected {
  return { kind: 'identity', id: person, keys: [identityKeyBytes] };
}
