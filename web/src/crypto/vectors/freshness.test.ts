// @vitest-environment node
/** P3, P8: both sides agree about who is listed, who is left out, what ends an epoch, who may be given it and who may complain. */
import { describe, expect, test, vi } from 'vitest';
import { type Bytes, hex } from '../bytes.ts';
import { decode } from '../codec.ts';
import { verifyComplaint } from '../complaint.ts';
import { hashObject } from '../domain.ts';
import { type Epoch, verifyEpoch } from '../epoch.ts';
import { openGrant } from '../grant.ts';
import { policy, rootManifest } from '../layouts/manifest.ts';
import { type ManifestChain, verifyManifests } from '../manifest.ts';
import { verifyMembership } from '../membership.ts';
import { type PersonLog, verifyPersonLog } from '../person.ts';
import { Refusal } from '../refusal.ts';
import { rotationDue } from '../rotation.ts';
import { unpack } from '../signed.ts';
import type { FreshnessVectors } from './freshness.ts';
import { bytes, read, sides } from './read.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

async function manifestsOf(vectors: FreshnessVectors, count = vectors.manifests.length): Promise<ManifestChain> {
  const manifests = vectors.manifests.slice(0, count).map(bytes);
  const first = unpack(rootManifest, manifests[0] ?? new Uint8Array());
  return verifyManifests(manifests, { fingerprint: await hashObject(rootManifest, first.object) });
}

async function peopleOf(vectors: FreshnessVectors, chain: ManifestChain, at: (person: string) => number | undefined) {
  const logs = new Map<string, PersonLog>();
  for (const { person, log } of vectors.people) {
    logs.set(person, await verifyPersonLog(log.slice(0, at(person)).map(bytes), chain));
  }
  return (person: Bytes) => logs.get(hex(person));
}

async function worldOf(vectors: FreshnessVectors) {
  const chain = await manifestsOf(vectors);
  const people = await peopleOf(vectors, chain, () => undefined);
  // In a thread's log everything stands in its place; here nothing was signed by a device after it was revoked.
  const position = () => 1;
  const membership = await verifyMembership(bytes(vectors.create), vectors.entries.map(bytes), {
    chain,
    people,
    position,
  });
  const epochs: Epoch[] = [];
  for (const record of vectors.epochs) {
    const previous = epochs.at(-1) ?? null;
    epochs.push(await verifyEpoch(bytes(record), { chain, people, position, membership, previous }));
  }
  return { chain, people, position, membership, epochs };
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return '';
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.code;
    throw thrown;
  }
}

describe.each(sides)('freshness vectors of %s', (side) => {
  const vectors = read('freshness', side);

  test('what ends an epoch, and nothing else does', async () => {
    const { epochs } = await worldOf(vectors);
    const whole = await manifestsOf(vectors);
    for (const each of vectors.rotation) {
      const chain = await manifestsOf(vectors, each.manifests);
      const seqs = new Map(each.people.map(({ person, seq }) => [person, seq]));
      const people = await peopleOf(vectors, whole, (person) => seqs.get(person));
      const all = await peopleOf(vectors, whole, () => undefined);
      const entries = vectors.entries.slice(0, each.membership).map(bytes);
      const log = await verifyMembership(bytes(vectors.create), entries, {
        chain: whole,
        people: all,
        position: () => 1,
      });
      const due = rotationDue({
        epoch: epochs[each.epoch - 1] ?? null,
        membership: log.current,
        chain,
        people,
        policy: decode(policy, bytes(vectors.policy)),
        now: Number(each.now),
        messages: each.messages,
      });
      expect(due !== null, each.what).toBe(each.due);
    }
  });

  test('who is in the list of a record', async () => {
    const { epochs, ...witnesses } = await worldOf(vectors);
    for (const { what, record, code } of vectors.records) {
      expect(await codeOf(verifyEpoch(bytes(record), { ...witnesses, previous: epochs[0] ?? null })), what).toBe(code);
    }
  });

  test('who may be given which keys', async () => {
    const { people, membership, epochs } = await worldOf(vectors);
    for (const { what, person, seed, grant, envelopes, code } of vectors.grants) {
      const opened = openGrant(
        { grant: bytes(grant), envelopes: envelopes.map(bytes) },
        {
          people,
          membership,
          person: bytes(person),
          epochs: (number) => epochs[number - 1],
          seeds: () => bytes(seed),
        },
      );
      expect(await codeOf(opened), what).toBe(code);
    }
  });

  test('who may complain about whose keys', async () => {
    const { people, membership, epochs } = await worldOf(vectors);
    for (const { what, complaint, code } of vectors.complaints) {
      const context = { people, membership, epochs: (number: number) => epochs[number - 1] };
      expect(await codeOf(verifyComplaint(bytes(complaint), context)), what).toBe(code);
    }
  });
});
