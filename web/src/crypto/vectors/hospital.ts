/**
 * A small hospital made of repeatable keys: its manifests, seats and staff. For vectors and tests.
 *
 * Time passes by a second with every act, so that order and time agree.
 */

import { type Bytes, bytesOf, hex } from '../bytes.ts';
import { encode } from '../codec.ts';
import { type Random, hashLabel, hashObject } from '../domain.ts';
import { sealPublicKey } from '../hpke.ts';
import { type Policy, type RootManifest, policy, rootManifest } from '../layouts/manifest.ts';
import { type Device, type Revoke, bind, device, generation, reset, revoke } from '../layouts/person.ts';
import { type ManifestChain, verifyManifests } from '../manifest.ts';
import { type PersonLog, verifyPersonLog } from '../person.ts';
import { type ServerPurpose, type Signing, sign, unpack } from '../signed.ts';
import { type Signer, publicKeyOfSeed, seedSigner } from '../signer.ts';
import { repeatable } from './random.ts';

/** A signing key whose seed is known. */
export type SeedKey = Signer & { readonly seed: Bytes };

export type SeatSecret = { readonly index: number; readonly sign: SeedKey; readonly sealSeed: Bytes };
export type DeviceSecret = { readonly id: Bytes; readonly key: SeedKey };
export type ServerKeys = Readonly<Record<ServerPurpose, SeedKey>>;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export const POLICY: Policy = {
  argonMemoryKiB: 65536,
  argonPasses: 3,
  rotateAfterMillis: 7 * DAY,
  rotateAfterMessages: 1000,
  deviceLifeMillis: 400 * DAY,
  idleLockMillis: 300_000,
  graceMillis: 600_000,
  shredHorizonMillis: 7 * DAY,
};

export async function seedKey(seed: Bytes): Promise<SeedKey> {
  return { seed, ...(await seedSigner(seed, await publicKeyOfSeed(seed))) };
}

export class Hospital {
  readonly random: Random;
  readonly manifests: Bytes[] = [];
  readonly staff: Staff[] = [];
  server!: ServerKeys;
  seats: SeatSecret[] = [];
  chain!: ManifestChain;
  #now = Date.UTC(2026, 0, 5, 8, 0, 0);

  private constructor(name: string) {
    this.random = repeatable(name);
  }

  /** Founded with `seats` seats, two of which decide. */
  static async found(name: string, seats = 3): Promise<Hospital> {
    const hospital = new Hospital(name);
    hospital.server = await hospital.#serverKeys();
    hospital.seats = await hospital.#seats(seats);
    await hospital.#publish(hospital.seats);
    return hospital;
  }

  /** The next second. */
  readonly tick = (): number => {
    this.#now += 1000;
    return this.#now;
  };

  pass(millis: number): void {
    this.#now += millis;
  }

  newKey(): Promise<SeedKey> {
    return seedKey(this.random(32));
  }

  /** The witness that every verification takes. */
  readonly people = (person: Bytes): PersonLog | undefined =>
    this.staff.find((one) => hex(one.person) === hex(person))?.log;

  /** A manifest to sign: the current server keys and seats unless others are given. */
  async draftManifest(changes: Partial<RootManifest> = {}): Promise<RootManifest> {
    const previous = this.manifests.at(-1);
    const purposes = ['bind', 'remove', 'assert', 'audit'] as const;
    return {
      organisation: 'Example Hospital',
      version: this.manifests.length + 1,
      previous:
        previous === undefined ? bytesOf(32) : await hashObject(rootManifest, unpack(rootManifest, previous).object),
      issued: this.tick(),
      serverKeys: purposes.map((purpose) => ({ purpose, key: this.server[purpose].publicKey })),
      seats: await Promise.all(
        this.seats.map(async ({ index, sign: key, sealSeed }) => {
          return { index, name: `Officer ${index}`, sign: key.publicKey, seal: await sealPublicKey(sealSeed) };
        }),
      ),
      threshold: 2,
      minSuite: 1,
      minClient: 1,
      policy: await hashLabel('policy', this.policy),
      ...changes,
    };
  }

  /** The bytes of the policy object. */
  get policy(): Bytes {
    return encode(policy, POLICY);
  }

  /** Version n+1 with a new `bind` key, or others, signed by two seats of version n. */
  async renewManifest(purposes: readonly ServerPurpose[] = ['bind']): Promise<void> {
    for (const purpose of purposes) this.server = { ...this.server, [purpose]: await this.newKey() };
    await this.#publish(this.seats.slice(0, 2));
  }

  async join(displayName: string, role: string): Promise<Staff> {
    const staff = await Staff.join(this, displayName, role);
    this.staff.push(staff);
    return staff;
  }

  async #publish(signers: readonly SeatSecret[]): Promise<void> {
    const value = await this.draftManifest();
    this.manifests.push(await sign(rootManifest, value, ...signers.map(bySeat)));
    const first = this.manifests[0] ?? bytesOf(0);
    const fingerprint = await hashObject(rootManifest, unpack(rootManifest, first).object);
    this.chain = await verifyManifests(this.manifests, { fingerprint });
  }

  async #serverKeys(): Promise<ServerKeys> {
    return {
      bind: await this.newKey(),
      remove: await this.newKey(),
      assert: await this.newKey(),
      audit: await this.newKey(),
    };
  }

  async #seats(count: number): Promise<SeatSecret[]> {
    const seats = [];
    for (let index = 1; index <= count; index++) {
      seats.push({ index, sign: await this.newKey(), sealSeed: this.random(32) });
    }
    return seats;
  }
}

export function bySeat({ index, sign: by }: SeatSecret): Signing {
  return { kind: 'seat', index, by };
}

/** One person with their keys and log. */
export class Staff {
  readonly hospital: Hospital;
  readonly person: Bytes;
  readonly entries: Bytes[] = [];
  readonly generations = new Map<number, Bytes>();
  readonly devices: DeviceSecret[] = [];
  identity: SeedKey;
  log!: PersonLog;

  private constructor(hospital: Hospital, identity: SeedKey) {
    this.hospital = hospital;
    this.person = hospital.random(16);
    this.identity = identity;
  }

  static async join(hospital: Hospital, displayName: string, role: string): Promise<Staff> {
    const staff = new Staff(hospital, await hospital.newKey());
    const { chain, server } = hospital;
    const value = {
      ...staff.next(),
      identity: staff.identity.publicKey,
      displayName,
      role,
      manifest: chain.current.hash,
    };
    await staff.append(await sign(bind, value, { kind: 'bind', by: server.bind }, staff.byIdentity()));
    await staff.renew();
    await staff.enrol('own');
    return staff;
  }

  /** The newest device. */
  get device(): DeviceSecret {
    const newest = this.devices.at(-1);
    if (newest === undefined) {
      throw new TypeError('no device');
    }
    return newest;
  }

  get author(): { person: Bytes; device: Bytes; signer: Signer } {
    return { person: this.person, device: this.device.id, signer: this.device.key };
  }

  /** The pinned form of the current identity. */
  get identityHash(): Bytes {
    return this.log.current.identity;
  }

  /** The part that every next entry has. */
  next(): { person: Bytes; seq: number; previous: Bytes; issued: number } {
    const seq = this.entries.length + 1;
    const previous = seq === 1 ? bytesOf(32) : this.log.current.head;
    return { person: this.person, seq, previous, issued: this.hospital.tick() };
  }

  async append(entry: Bytes): Promise<void> {
    this.log = await verifyPersonLog([...this.entries, entry], this.hospital.chain, {
      deviceLifeMillis: POLICY.deviceLifeMillis,
    });
    this.entries.push(entry);
  }

  async renew(): Promise<void> {
    const seed = this.hospital.random(32);
    const number = this.generations.size + 1;
    const value = { ...this.next(), generation: number, seal: await sealPublicKey(seed) };
    await this.append(await sign(generation, value, this.byIdentity()));
    this.generations.set(number, seed);
  }

  async enrol(kind: Device['kind'], life = kind === 'shared' ? 12 * HOUR : 365 * DAY): Promise<void> {
    const secret = { id: this.hospital.random(16), key: await this.hospital.newKey() };
    const place = this.next();
    const value = {
      ...place,
      device: secret.id,
      key: secret.key.publicKey,
      dpop: this.hospital.random(32),
      kind,
      expires: place.issued + life,
    };
    await this.append(await sign(device, value, this.byIdentity()));
    this.devices.push(secret);
  }

  async revoke(id: Bytes, changes: Partial<Pick<Revoke, 'reason' | 'lastAccepted'>> = {}): Promise<void> {
    const value: Revoke = {
      ...this.next(),
      device: id,
      reason: 'signed-out',
      by: 'identity',
      lastAccepted: [],
      ...changes,
    };
    await this.append(await sign(revoke, value, this.byIdentity()));
  }

  /** A new identity, certified by the service desk and two officers; then a generation and a device of it. */
  async reset(): Promise<void> {
    const { chain, server, seats } = this.hospital;
    const { displayName, role } = this.log.current;
    this.identity = await this.hospital.newKey();
    const value = {
      ...this.next(),
      identity: this.identity.publicKey,
      displayName,
      role,
      reason: 'forgotten' as const,
      manifest: chain.current.hash,
    };
    const signings = [{ kind: 'bind' as const, by: server.bind }, this.byIdentity(), ...seats.slice(0, 2).map(bySeat)];
    await this.append(await sign(reset, value, ...signings));
    await this.renew();
    await this.enrol('own');
  }

  byIdentity(): Signing {
    return { kind: 'identity', id: this.person, by: this.identity };
  }
}
