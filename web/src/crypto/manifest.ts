/**
 * The root manifest: who holds the server's keys and the officers' seats, from version 1 on (docs/protocol.md, section 4).
 *
 * Invariants:
 * - Version 1 is signed by all of its seats, version v+1 by a threshold of the seats of v; nothing else is accepted.
 * - The chain passes through the pinned version with the pinned fingerprint, and never ends below it.
 */

import { type Bytes, equal, hex, isZero } from './bytes.ts';
import { SUITE, decode } from './codec.ts';
import { hashObject } from './domain.ts';
import { type Policy, type RootManifest, policy, rootManifest } from './layouts/manifest.ts';
import { Refusal, insist } from './refusal.ts';
import { type ServerPurpose, type Unpacked, unpack, verifyExactly, verifySeats } from './signed.ts';

/** What a client remembers: H(root-manifest), and its version; an enrolment link gives the fingerprint alone. */
export type ManifestPin = { readonly fingerprint: Bytes; readonly version?: number };
export type Manifest = RootManifest & { readonly hash: Bytes };
export type ManifestChain = { readonly versions: readonly [Manifest, ...Manifest[]]; readonly current: Manifest };

const PURPOSES: readonly ServerPurpose[] = ['bind', 'remove', 'assert', 'audit'];

/** Verifies containers from version 1 to the newest against the pin. */
export async function verifyManifests(containers: readonly Bytes[], pin: ManifestPin): Promise<ManifestChain> {
  const versions: Manifest[] = [];
  for (const container of containers) {
    versions.push(await follow(versions.at(-1), unpack(rootManifest, container)));
  }
  const [first, ...later] = versions;
  insist(first !== undefined, 'broken_chain', 'no manifest');
  const chain: ManifestChain = { versions: [first, ...later], current: later.at(-1) ?? first };
  checkPin(chain, pin);
  return chain;
}

/** Refuses a chain that ends before the pin, or has another manifest in its place. */
export function checkPin({ versions, current }: ManifestChain, { version, fingerprint }: ManifestPin): void {
  insist(current.version >= (version ?? 1), 'rolled_back', 'a manifest older than the pinned one');
  const pinned = versions.find(({ hash }) => equal(hash, fingerprint));
  const there = pinned !== undefined && pinned.version === (version ?? pinned.version);
  insist(there, 'broken_chain', 'another manifest than the pinned one');
}

/** The pin to keep from now on: a client never accepts a lower version than it has seen. */
export function pinOf({ current }: ManifestChain): Required<ManifestPin> {
  return { version: current.version, fingerprint: current.hash };
}

/** The version with this hash; refuses with `broken_chain` when it is not one of the chain. */
export function manifestNamed(chain: ManifestChain, hash: Bytes): Manifest {
  const found = chain.versions.find((version) => equal(version.hash, hash));
  if (found === undefined) {
    throw new Refusal('broken_chain', 'names a manifest that is not in the chain');
  }
  return found;
}

export function serverKey(manifest: Manifest, purpose: ServerPurpose): Bytes {
  const found = manifest.serverKeys.find((entry) => entry.purpose === purpose);
  if (found === undefined) {
    throw new Refusal('malformed', `the manifest has no ${purpose} key`);
  }
  return found.key;
}

/** The keys of a purpose in every version: for entries that do not name the manifest they were made under. */
export function serverKeys(chain: ManifestChain, purpose: ServerPurpose): Bytes[] {
  return chain.versions.map((version) => serverKey(version, purpose));
}

/** The policy that the current manifest names. */
export async function openPolicy({ current }: ManifestChain, bytes: Bytes): Promise<Policy> {
  const opened = decode(policy, bytes);
  insist(equal(await hashObject(policy, bytes), current.policy), 'broken_chain', 'not the policy of the manifest');
  return opened;
}

async function follow(previous: Manifest | undefined, unpacked: Unpacked<RootManifest>): Promise<Manifest> {
  const { value, object } = unpacked;
  insist(value.version === (previous?.version ?? 0) + 1, 'broken_chain', 'manifest versions do not count up by one');
  const follows = previous === undefined ? isZero(value.previous) : equal(value.previous, previous.hash);
  insist(follows, 'broken_chain', 'the manifest does not follow the version before it');
  checkContent(value);
  const signers = previous ?? value;
  const rest = await verifySeats(
    rootManifest,
    unpacked,
    signers.seats,
    previous === undefined ? value.seats.length : previous.threshold,
  );
  await verifyExactly(rootManifest, rest, []);
  return { ...value, hash: await hashObject(rootManifest, object) };
}

function checkContent({ serverKeys: keys, seats, threshold, minSuite }: RootManifest): void {
  insist(minSuite <= SUITE, 'unsupported_suite', 'the manifest wants a later suite');
  insist(minSuite >= 1, 'malformed', 'a manifest without a suite');
  insist(threshold >= 2 && seats.length >= threshold + 1, 'malformed', 'the manifest has too few seats');
  insist(seats[0]?.index !== 0, 'malformed', 'a manifest with a seat 0');
  insist(
    PURPOSES.every((purpose) => keys.some((entry) => entry.purpose === purpose)),
    'malformed',
    'a server key is missing',
  );
  const all = [...keys.map(({ key }) => key), ...seats.flatMap(({ sign, seal }) => [sign, seal])].map(hex);
  insist(new Set(all).size === all.length, 'malformed', 'two keys of a manifest are the same');
}
