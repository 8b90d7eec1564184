// @vitest-environment node
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type Bytes, equal, hex } from '../bytes.ts';
import { decode } from '../codec.ts';
import { listsMessage, openCase, resealShare, verifyOrder } from '../disclosure.ts';
import { hashObject } from '../domain.ts';
import { envelopeRoot, proveEnvelope } from '../envelope.ts';
import { acceptSecret, openEpoch } from '../epoch-open.ts';
import { type Epoch, verifyEpoch } from '../epoch.ts';
import { openGrant } from '../grant.ts';
import { caseShare, disclosureOrder } from '../layouts/disclosure.ts';
import { historyGrant } from '../layouts/epoch.ts';
import { policy, rootManifest } from '../layouts/manifest.ts';
import { create } from '../layouts/membership.ts';
import { type ManifestChain, openPolicy, verifyManifests } from '../manifest.ts';
import { type MembershipLog, type Witnesses, verifyMembership } from '../membership.ts';
import { openMessage, readMessage, verifyMessage } from '../message.ts';
import { openNote } from '../note.ts';
import { patientOf } from '../patient.ts';
import { type PersonLog, deviceOf, verifyPersonLog } from '../person.ts';
import { readReport, verifyReport } from '../report.ts';
import { openState } from '../sealed-state.ts';
import { unpack } from '../signed.ts';
import { publicKeyOfSeed } from '../signer.ts';
import { LogWalk, type WalkedEntry } from '../thread-log.ts';
import { bytes, read, sides } from './read.ts';
import type { StoryVectors } from './story.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

type StoryThread = StoryVectors['threads'][number];
type OpenThread = {
  story: StoryThread;
  witnesses: Witnesses;
  membership: MembershipLog;
  epochs: Epoch[];
  walked: WalkedEntry[];
};

describe.each(sides)('the story of %s', (side) => {
  let story: StoryVectors;
  beforeAll(() => {
    story = read('story', side);
  });

  test('its manifests, people and devices verify', async () => {
    const chain = await chainOf(story);
    const policies = story.policies.map(bytes);
    const last = policies.at(-1);
    expect(last === undefined || (await openPolicy(chain, last)) !== null).toBe(true);
    for (const person of story.people) {
      const log = await verifyPersonLog(person.log.map(bytes), chain, lifeOf(policies));
      expect(hex(log.current.identityKey)).toBe(hex(await publicKeyOfSeed(bytes(person.identitySeed))));
      for (const { device, seed } of person.deviceSeeds) {
        const state = deviceOf(log.current, bytes(device));
        expect(hex(state?.key ?? bytes(''))).toBe(hex(await publicKeyOfSeed(bytes(seed))));
      }
    }
  });

  test('its threads verify from create to the last entry', async () => {
    const threads = await openThreads(story);
    expect(threads.map(({ membership }) => membership.create.space).sort()).toEqual(['direct', 'patient', 'team']);
    for (const { story: thread, walked, membership, epochs } of threads) {
      const signed = walked.flatMap((entry) => ('signed' in entry ? [hex(entry.signed)] : []));
      const expected = [thread.create, ...thread.entries, ...thread.epochs.map(({ record }) => record)];
      expect(signed.sort()).toEqual(expected.sort());
      expect(membership.entries).toHaveLength(thread.entries.length);
      expect(epochs).toHaveLength(thread.epochs.length);
    }
  });

  test('every listed member opens every epoch, and its state', async () => {
    for (const { story: thread, epochs, witnesses } of await openThreads(story)) {
      for (const [i, epoch] of epochs.entries()) {
        const kept = thread.epochs[i];
        const envelopes = (kept?.envelopes ?? []).map(bytes);
        expect(equal(await envelopeRoot(envelopes), epoch.envelopeRoot)).toBe(true);
        for (const [place, { person, generation }] of epoch.core.members.entries()) {
          const seed = seedOf(story, person, generation);
          const [envelope, proof] = [envelopes[place] ?? bytes(''), await proveEnvelope(envelopes, place)];
          const { secret } = await openEpoch(epoch, { person, seed, envelope, proof });
          expect(hex(secret)).toBe(kept?.secret);
        }
        const state = await openState(bytes(kept?.secret ?? ''), epoch.core, bytes(kept?.sealedState ?? ''));
        const patient = await patientOf(state, epoch.membership, witnesses.chain);
        expect(patient === null).toBe(thread.assertion === null);
      }
    }
  });

  test('every message verifies and opens; a tombstone keeps its place', async () => {
    for (const { story: thread, epochs, witnesses, walked } of await openThreads(story)) {
      for (const kept of thread.messages) {
        const message = await readMessage(bytes(kept.message));
        expect(hex(message.entryHash)).toBe(kept.entryHash);
        expect(walked.some(({ entryHash }) => hex(entryHash) === kept.entryHash)).toBe(true);
        const epoch = epochs.find(({ recordHash }) => equal(recordHash, message.header.record));
        if (epoch === undefined) {
          throw new TypeError('a message of no epoch');
        }
        await verifyMessage(message, { ...witnesses, epoch });
        const { epochSecret } = await acceptSecret(epoch, secretOf(thread, epoch));
        const { inner } = await openMessage(message, bytes(kept.half), epochSecret);
        expect(hex(inner)).toBe(kept.inner);
      }
    }
  });

  test('every note opens', async () => {
    for (const { story: thread, epochs, membership } of await openThreads(story)) {
      for (const { value } of membership.entries) {
        const note = 'note' in value ? value.note : null;
        const epoch = epochs[(note?.epoch ?? 0) - 1];
        if (note !== null && epoch !== undefined) {
          const { epochSecret } = await acceptSecret(epoch, secretOf(thread, epoch));
          expect((await openNote(epochSecret, value, note)).length).toBeGreaterThan(0);
        }
      }
    }
  });

  test('the last grant of each person gives what it promises', async () => {
    let opened = 0;
    for (const { story: thread, epochs, witnesses, membership } of await openThreads(story)) {
      for (const { grant, envelopes } of thread.grants) {
        const { target } = unpack(historyGrant, bytes(grant)).value;
        if (!membership.current.members.has(hex(target))) {
          continue; // removed since
        }
        const given = await openGrant(
          { grant: bytes(grant), envelopes: envelopes.map(bytes) },
          {
            ...witnesses,
            membership,
            person: target,
            epochs: (epoch) => epochs[epoch - 1],
            seeds: (generation) => seedOf(story, target, generation),
          },
        );
        for (const { epoch, secret } of given) {
          expect(hex(secret)).toBe(hex(secretOf(thread, epoch)));
          opened++;
        }
      }
    }
    expect(opened).toBeGreaterThan(0);
  });

  test('an order opens what it lists for two seats, and nothing for one', async () => {
    const { chain, people } = await witnessesOf(story);
    const threads = await openThreads(story);
    for (const vector of story.orders) {
      const { requester } = unpack(disclosureOrder, bytes(vector.order)).value;
      const log = people(requester);
      if (log === undefined) {
        throw new TypeError('an order by nobody');
      }
      const order = await verifyOrder(bytes(vector.order), { chain, requester: log });
      for (const { thread, epoch: number, secret } of vector.opens) {
        const open = threads.find(({ membership }) => hex(membership.thread) === thread);
        const epoch = open?.epochs[number - 1];
        if (open === undefined || epoch === undefined) {
          throw new TypeError('an opening of no epoch');
        }
        const shares = vector.shares.map(bytes).filter((share) => {
          const { thread: of, epoch: n } = decode(caseShare, share);
          return hex(of) === thread && n === number;
        });
        expect(hex((await openCase(order, epoch, bytes(vector.caseSeed), shares)).secret)).toBe(secret);
        const one = openCase(order, epoch, bytes(vector.caseSeed), shares.slice(0, 1));
        await expect(one).rejects.toMatchObject({ code: 'not_entitled' });
        await officersReseal(chain, open.story, epoch, order, bytes(vector.caseSeed), secret);
        expect(order.messages.every((one) => listsMessage(order, one.thread, one.message))).toBe(true);
      }
    }
  });

  async function officersReseal(
    chain: ManifestChain,
    thread: StoryThread,
    epoch: Epoch,
    order: Awaited<ReturnType<typeof verifyOrder>>,
    caseSeed: Bytes,
    secret: string,
  ): Promise<void> {
    const shares = [];
    for (const { index, sealSeed } of story.seats.slice(0, epoch.threshold)) {
      const place = epoch.core.members.length + epoch.core.shares.findIndex(({ seat }) => seat === index);
      const envelopes = (thread.epochs[epoch.core.epoch - 1]?.envelopes ?? []).map(bytes);
      const [envelope, proof] = [envelopes[place] ?? bytes(''), await proveEnvelope(envelopes, place)];
      const opening = { order, epoch, seat: index, seed: bytes(sealSeed), envelope, proof, chain };
      shares.push(await resealShare({ ...opening, now: order.issued, audited: () => true }));
    }
    expect(hex((await openCase(order, epoch, caseSeed, shares)).secret)).toBe(secret);
  }

  test('R38 every report verifies', async () => {
    const threads = await openThreads(story);
    expect(story.reports.length).toBeGreaterThan(0);
    for (const { thread, report } of story.reports) {
      const open = threads.find(({ membership }) => hex(membership.thread) === thread);
      const { header } = await readReport(bytes(report));
      const epoch = open?.epochs[header.epoch - 1];
      if (open === undefined || epoch === undefined) {
        throw new TypeError('a report from no epoch');
      }
      const { inner } = await verifyReport(bytes(report), { ...open.witnesses, epoch });
      expect(open.story.messages.map((message) => message.inner)).toContain(hex(inner));
    }
  });
});

async function chainOf({ manifests }: StoryVectors): Promise<ManifestChain> {
  const containers = manifests.map(bytes);
  const first = unpack(rootManifest, containers[0] ?? bytes(''));
  return verifyManifests(containers, { version: 1, fingerprint: await hashObject(rootManifest, first.object) });
}

function lifeOf(policies: readonly Bytes[]): { deviceLifeMillis?: number } {
  const lives = policies.map((one) => decode(policy, one).deviceLifeMillis);
  return lives.length === 0 ? {} : { deviceLifeMillis: Math.max(...lives) };
}

async function witnessesOf(story: StoryVectors): Promise<Witnesses> {
  const chain = await chainOf(story);
  const logs = new Map<string, PersonLog>();
  for (const { person, log } of story.people) {
    logs.set(person, await verifyPersonLog(log.map(bytes), chain, lifeOf(story.policies.map(bytes))));
  }
  return { chain, people: (person) => logs.get(hex(person)) };
}

/** Walks the served log of each thread and verifies what it carries, in its order. */
async function openThreads(story: StoryVectors): Promise<OpenThread[]> {
  const base = await witnessesOf(story);
  const threads = [];
  for (const thread of story.threads) {
    const walk = new LogWalk(await hashOfCreate(thread));
    const walked = [];
    for (const entry of thread.log) {
      walked.push(await walk.follow(bytes(entry)));
    }
    const witnesses = { ...base, position: walk.position };
    const membership = await verifyMembership(bytes(thread.create), thread.entries.map(bytes), witnesses);
    const epochs: Epoch[] = [];
    for (const { record } of thread.epochs) {
      epochs.push(await verifyEpoch(bytes(record), { ...witnesses, membership, previous: epochs.at(-1) ?? null }));
    }
    threads.push({ story: thread, witnesses, membership, epochs, walked });
  }
  return threads;
}

async function hashOfCreate({ create: created }: StoryThread): Promise<Bytes> {
  return hashObject(create, unpack(create, bytes(created)).object);
}

function secretOf({ epochs }: StoryThread, { core }: Epoch): Bytes {
  return bytes(epochs[core.epoch - 1]?.secret ?? '');
}

function seedOf({ people }: StoryVectors, person: Bytes, generation: number): Bytes {
  const found = people
    .find((one) => one.person === hex(person))
    ?.generationSeeds.find((one) => one.generation === generation);
  return bytes(found?.seed ?? '');
}
