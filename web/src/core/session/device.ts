/**
 * This browser as one person's device: keys that the browser never gives out, kept beside the person's sealed records.
 *
 * The DPoP key (RFC 9449) signs every request; its thumbprint is in the device's certificate, and the session is bound to it.
 */
import { type Bytes, concat, equal, utf8 } from '../../crypto/bytes.ts';
import { hashLabel, sha256, systemRandom } from '../../crypto/domain.ts';
import { type Device, device as deviceLayout } from '../../crypto/layouts/person.ts';
import type { Policy } from '../../crypto/layouts/manifest.ts';
import { uuidText } from '../../crypto/names.ts';
import { type PersonState, SHARED_DEVICE_LIFE, deviceOf } from '../../crypto/person.ts';
import { type Signing, sign } from '../../crypto/signed.ts';
import { type DeviceKey, type Signer, deviceSigner, newDeviceKey } from '../../crypto/signer.ts';
import type { DeviceKind } from '../contract.ts';
import { Fault } from '../fault.ts';
import { jwkOf, newProofKey } from '../remote/prover.ts';
import { pathOf } from '../store/cabinet.ts';
import type { Store } from '../store/store.ts';

export type KeptDevice = {
  person: Bytes;
  /** The id in the person's log. */
  device: Bytes;
  kind: DeviceKind;
  key: DeviceKey;
  dpop: CryptoKeyPair;
  thumbprint: Bytes;
  organisation: string;
  /** Tells whether a user name was used here before, without keeping it. */
  nameSalt: Bytes;
  nameHash: Bytes;
  /** When its session began; the newest is the one whose cookie this browser has. */
  usedAt?: number;
};

/** Makes the keys of a new device. Nothing is stored. */
export async function newDevice(about: {
  person: Bytes;
  kind: DeviceKind;
  userName: string;
  organisation: string;
  id: Bytes;
  dpop?: CryptoKeyPair;
}): Promise<KeptDevice> {
  const { person, kind, userName, organisation, id } = about;
  const nameSalt = systemRandom(16);
  try {
    const dpop = about.dpop ?? (await newProofKey());
    return {
      person,
      device: id,
      kind,
      key: await newDeviceKey(),
      dpop,
      thumbprint: await thumbprintOf(dpop.publicKey),
      organisation,
      nameSalt,
      nameHash: await hashName(nameSalt, userName),
    };
  } catch {
    // Ed25519 came late to some browsers (see the floor in client documentation); without it nothing can be signed.
    throw new Fault('browser_too_old');
  }
}

/** RFC 7638: SHA-256 of the key's required members in the order of their names. */
export async function thumbprintOf(publicKey: CryptoKey): Promise<Bytes> {
  return sha256(utf8(await jwkOf(publicKey)));
}

export function keepDevice(disk: Store, device: KeptDevice): Promise<void> {
  return disk.change({ put: [[pathOf('device', uuidText(device.person), ''), device]] });
}

export async function keptDevice(disk: Store, person: Bytes): Promise<KeptDevice | undefined> {
  const found = await disk.get(pathOf('device', uuidText(person), ''));
  return isDevice(found) ? found : undefined;
}

export async function keptDevices(disk: Store): Promise<KeptDevice[]> {
  return (await disk.all('device/')).map(([, value]) => value).filter(isDevice);
}

/** The key of the session whose cookie this browser has, if it has one. */
export async function sessionKey(disk: Store): Promise<CryptoKeyPair | undefined> {
  const newest = (await keptDevices(disk)).reduce<KeptDevice | undefined>(
    (a, b) => (a && (a.usedAt ?? 0) >= (b.usedAt ?? 0) ? a : b),
    undefined,
  );
  return newest?.dpop;
}

export async function deviceNamed(disk: Store, userName: string): Promise<KeptDevice | undefined> {
  for (const device of await keptDevices(disk)) {
    if (equal(await hashName(device.nameSalt, userName), device.nameHash)) return device;
  }
  return undefined;
}

/** The signed entry of a person log that makes this browser a device of the person. */
export function certify(
  device: KeptDevice,
  place: { seq: number; previous: Bytes; issued: number },
  { policy, identity }: { policy: Pick<Policy, 'deviceLifeMillis'>; identity: Signer },
): Promise<Bytes> {
  const { person, kind, key, thumbprint } = device;
  const life = kind === 'shared' ? Math.min(SHARED_DEVICE_LIFE, policy.deviceLifeMillis) : policy.deviceLifeMillis;
  const value: Device = {
    ...place,
    person,
    device: device.device,
    key: key.publicKey,
    dpop: thumbprint,
    kind,
    expires: place.issued + life,
  };
  return sign(deviceLayout, value, byIdentity(person, identity));
}

export function byIdentity(person: Bytes, identity: Signer): Signing {
  return { kind: 'identity', id: person, by: identity };
}

/** Is this browser still certified, with these very keys? */
export function isLive(device: KeptDevice, state: PersonState, now: number): boolean {
  const known = deviceOf(state, device.device);
  if (!known || known.revoked !== null || known.voided !== null) return false;
  return equal(known.key, device.key.publicKey) && now < known.expires;
}

/** Proof of the device key for the session that was just opened. */
export function proveDevice(device: KeptDevice, challenge: Bytes): Promise<Bytes> {
  return deviceSigner(device.key).sign(concat(utf8('wardline/v1/session-device\u0000'), challenge, device.device));
}

function hashName(salt: Bytes, userName: string): Promise<Bytes> {
  return hashLabel('user-name', concat(salt, utf8(userName.trim().toLowerCase())));
}

function isDevice(value: unknown): value is KeptDevice {
  if (typeof value !== 'object' || value === null) return false;
  const one = value as Partial<Record<keyof KeptDevice, unknown>>;
  return one.person instanceof Uint8Array && one.device instanceof Uint8Array && typeof one.key === 'object';
}
