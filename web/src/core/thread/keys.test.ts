// @vitest-environment node
/** P4, P8: keys that do not open, people who are left out of them and come back, people with a new identity, devices that are revoked. */
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { bytesOf, equal, hex } from '../../crypto/bytes.ts';
import { encode } from '../../crypto/codec.ts';
import { systemRandom } from '../../crypto/domain.ts';
import { type BuiltEpoch, buildEpoch } from '../../crypto/epoch-build.ts';
import { envelopeRoot, sealEnvelope, toMember } from '../../crypto/envelope.ts';
import { sealPublicKey } from '../../crypto/hpke.ts';
import { epochCore, epochRecord } from '../../crypto/layouts/epoch.ts';
import { generation, reset, revoke } from '../../crypto/layouts/person.ts';
import { decode } from '../../crypto/codec.ts';
import { fromUuidText } from '../../crypto/names.ts';
import { sign, unpack } from '../../crypto/signed.ts';
import { bySeat } from '../../crypto/vectors/hospital.ts';
import type { SystemItem } from '../contract.ts';
import { postOf } from './newKeys.ts';
import { type Browser, World, refusalOf, until } from '../testing/world.ts';
import { withBase64 } from '../../api/base64.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let world: World;
let anita: Browser;
let fiona: Browser;
let helen: Browser;
beforeAll(async () => {
  world = await World.open();
  anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
  helen = await world.enrolled('helen.barker', 'Helen Barker');
});
beforeEach(() => {
  world.server.tamper = (_route, value) => value;
});

let teams = 0;
async function team(...others: Browser[]): Promise<string> {
  teams += 1;
  const people = others.map(({ me }) => me);
  const { thread } = await anita.ask.createTeam({ name: `Team ${teams}`, people, reason: 'care-team' });
  for (const other of others) await other.row(thread);
  return thread;
}

const lines = async (browser: Browser, thread: string): Promise<SystemItem['event'][]> =>
  (await browser.items(thread)).flatMap((item) => (item.kind === 'system' ? [item.event] : []));

/** An epoch by a member who seals something else to one person. */
async function spoiltFor(author: Browser, victim: Browser, thread: string): Promise<BuiltEpoch> {
  const { ward, thread: inside } = await author.inside(thread);
  const membership = inside.records.membership?.current;
  if (!membership) throw new TypeError('no membership');
  const built = await buildEpoch({
    chain: ward.trust.chain,
    people: ward.people.log,
    membership,
    previous: inside.records.newest?.epoch ?? null,
    state: { name: '', assertion: null },
    author: ward.me,
    issued: world.clock.now(),
  });
  const record = unpack(epochRecord, built.record).value;
  const core = decode(epochCore, record.core);
  const person = fromUuidText(victim.me);
  const at = core.members.findIndex((member) => equal(member.person, person));
  const seal = ward.people.log(person)?.current.generation?.seal ?? bytesOf(0);
  const { hashObject, hashValue } = await import('../../crypto/domain.ts');
  const coreHash = await hashObject(epochCore, record.core);
  const envelopes = [...built.envelopes];
  envelopes[at] = await sealEnvelope(coreHash, toMember(person), seal, systemRandom(32), {});
  const value = { core: encode(epochCore, core), envelopeRoot: await envelopeRoot(envelopes) };
  const { person: by, device, signer } = ward.me;
  expect(by).toBeDefined();
  return {
    ...built,
    envelopes,
    record: await sign(epochRecord, value, { kind: 'device', id: device, by: signer }),
    recordHash: await hashValue(epochRecord, value),
  };
}

describe('P8 a complaint', () => {
  test('keys that do not open: both are named, new ones are made, what was said meanwhile is read by a grant', async () => {
    const thread = await team(fiona, helen);
    await anita.say(thread, 'before');
    await helen.sees(thread, 'before');
    const served = world.server.thread(thread);
    // Helen hears of it only after something was said under the bad keys.
    world.server.sockets = false;
    world.server.cut(helen.jar);
    const bad = await spoiltFor(anita, helen, thread);
    await served.rotate(withBase64(postOf(bad)) as Record<string, unknown>);
    world.server.push(served, served.log.length);
    await until('fiona', async () => (await fiona.inside(thread)).thread.records.epochs.length === 2);
    await fiona.say(thread, 'under the bad keys');
    await world.reconnect(anita, fiona, helen);
    await until('the complaint', async () => served.complaints.length === 1 && served.epochs.length === 3);
    await helen.sees(thread, 'under the bad keys');
    for (const each of [fiona, helen, anita]) {
      await until('the line', async () => (await lines(each, thread)).some(({ what }) => what === 'unreadable-keys'));
    }
    expect(await lines(fiona, thread)).toContainEqual({
      what: 'unreadable-keys',
      who: ['Helen Barker'],
      me: false,
      by: 'Dr Anita Patel',
      byMe: false,
    });
    expect(await lines(helen, thread)).toContainEqual(
      expect.objectContaining({ what: 'unreadable-keys', who: [], me: true, by: 'Dr Anita Patel' }),
    );
    await until('the new keys', async () =>
      (await lines(fiona, thread)).some((event) => event.what === 'rotated' && event.why === 'unreadable'),
    );
    expect((await fiona.view(thread)).head.stopped).toBeUndefined();
    await helen.say(thread, 'I can read again.');
    await anita.sees(thread, 'I can read again.');
  });

  test('a false complaint stops nothing, and makes nobody else renew the keys', async () => {
    const thread = await team(fiona, helen);
    await anita.say(thread, 'before');
    await helen.sees(thread, 'before');
    const served = world.server.thread(thread);
    const { ward, thread: inside } = await helen.inside(thread);
    const { signComplaint } = await import('../../crypto/complaint.ts');
    const epoch = inside.records.newest?.epoch;
    if (!epoch) throw new TypeError('no epoch');
    const value = { thread: served.bytes, epoch: 1, record: epoch.recordHash, problem: 'wrong-secret' as const };
    await ward.remote.threads.complain(
      thread,
      await signComplaint({ ...value, envelope: bytesOf(32), issued: world.clock.now() }, ward.me),
    );
    await until('the line', async () => (await lines(fiona, thread)).some(({ what }) => what === 'unreadable-keys'));
    await fiona.say(thread, 'going on');
    await anita.sees(thread, 'going on');
    expect(served.epochs).toHaveLength(1);
  });

  test('what the server swaps is no fault of the author: nobody is accused', async () => {
    const thread = await team(fiona);
    await anita.say(thread, 'one');
    const served = world.server.thread(thread);
    const other = world.server.thread(await team(fiona)).epochs[0];
    const second = new (fiona.constructor as new (world: World) => Browser)(world);
    world.server.tamper = (route, value) =>
      route === 'GET /v1/threads/:/epochs'
        ? {
            epochs: (value as { epochs: { envelope: unknown }[] }).epochs.map((each) => ({
              ...each,
              envelope: other?.envelopes[0] ?? null,
            })),
          }
        : value;
    await second.signIn('fiona.kerr');
    await second.row(thread);
    await second.view(thread);
    expect(served.complaints).toEqual([]);
    await second.ask.signOut();
  });
});

/** A new entry in a person's own log, by their identity. */
async function appendTo(browser: Browser, make: (place: Place) => Promise<Uint8Array<ArrayBuffer>>) {
  const { log } = world.server.accounts.of(browser.me);
  const known = await refreshed(browser);
  const place = {
    person: fromUuidText(browser.me),
    seq: known.current.seq + 1,
    previous: known.current.head,
    issued: world.clock.now(),
  };
  log.push(await make(place));
  for (const each of world.server.accounts.all) world.server.tell(each.person, { type: 'log', person: browser.me });
}

type Place = { person: Uint8Array<ArrayBuffer>; seq: number; previous: Uint8Array<ArrayBuffer>; issued: number };

async function refreshed(browser: Browser) {
  const { ward } = await browser.inside(theirThread(browser));
  await ward.people.refresh([fromUuidText(browser.me)]);
  const log = ward.people.log(fromUuidText(browser.me));
  if (!log) throw new TypeError('no log');
  return log;
}

const threadsOf = new Map<string, string>();
const theirThread = ({ me }: Browser): string => threadsOf.get(me) ?? '';

describe('P8 a device that was reported stolen', () => {
  test('the person is left out of new keys, and colleagues are told', async () => {
    const tom = await world.enrolled('tom.reid', 'Tom Reid');
    const thread = await team(fiona, tom);
    threadsOf.set(tom.me, thread);
    await anita.say(thread, 'before');
    await tom.sees(thread, 'before');
    const stolen = (await tom.inside(thread)).ward.me.device;
    await appendTo(tom, (place) =>
      sign(
        revoke,
        { ...place, device: stolen, reason: 'stolen', by: 'server', lastAccepted: [] },
        { kind: 'remove', by: world.server.hospital.server.remove },
      ),
    );
    await until('anita knows', async () => {
      const member = (await anita.view(thread)).head.members.find(({ person }) => person.id === tom.me);
      return member?.leftOut?.why === 'stolen';
    });
    await anita.say(thread, 'while it is gone');
    await fiona.sees(thread, 'while it is gone');
    const left = { what: 'left-out', who: 'Tom Reid', me: false, why: 'stolen' };
    expect(await lines(fiona, thread)).toContainEqual(left);
    expect(await tom.words(thread)).toEqual(['before']);
  });
});

describe('P4 somebody who was re-enrolled', () => {
  test('gets nothing until a member lets them in again; everybody is told who did', async () => {
    const una = await world.enrolled('una.bell', 'Una Bell');
    const thread = await team(fiona, una);
    threadsOf.set(una.me, thread);
    await anita.say(thread, 'before');
    await una.sees(thread, 'before');
    const known = await refreshed(una);
    const { hospital } = world.server;
    const identity = await hospital.newKey();
    const id = fromUuidText(una.me);
    const value = {
      person: id,
      seq: known.current.seq + 1,
      previous: known.current.head,
      identity: identity.publicKey,
      displayName: 'Una Bell',
      role: 'Medical Registrar',
      reason: 'forgotten' as const,
      manifest: hospital.chain.current.hash,
      issued: world.clock.now(),
    };
    const own = { kind: 'identity' as const, id, by: identity };
    const { log } = world.server.accounts.of(una.me);
    const signings = [
      { kind: 'bind' as const, by: hospital.server.bind },
      own,
      ...hospital.seats.slice(0, 2).map(bySeat),
    ];
    log.push(await sign(reset, value, ...signings));
    const { hashObject } = await import('../../crypto/domain.ts');
    const previous = await hashObject(reset, unpack(reset, log.at(-1) ?? bytesOf(0)).object);
    const seal = await sealPublicKey(systemRandom(32));
    const next = { person: id, seq: value.seq + 1, previous, issued: world.clock.now(), generation: 2, seal };
    log.push(await sign(generation, next, own));
    for (const each of [anita, fiona]) world.server.tell(each.me, { type: 'log', person: una.me });
    const member = async (browser: Browser) =>
      (await browser.view(thread)).head.members.find(({ person }) => person.id === una.me);
    await until('anita knows', async () => (await member(anita))?.leftOut?.why === 'reset');
    const served = world.server.thread(thread);
    await anita.say(thread, 'not for a stranger');
    const listed = (record: Uint8Array<ArrayBuffer>) =>
      decode(epochCore, unpack(epochRecord, record).value.core).members.map(({ person }) => hex(person));
    expect(listed(served.epochs.at(-1)?.record ?? bytesOf(0))).not.toContain(hex(id));
    expect((await anita.view(thread)).head.mayReadmit).toBe(true);
    const { theirs, mine } = await anita.ask.safetyWords({ person: una.me });
    expect(theirs).toHaveLength(6);
    expect(mine).toEqual((await fiona.ask.safetyWords({ person: anita.me })).theirs);
    await fiona.ask.readmitMember({ thread, person: una.me });
    expect(listed(served.epochs.at(-1)?.record ?? bytesOf(0))).toContain(hex(id));
    const told = { what: 'readmitted', who: 'Una Bell', me: false, by: 'Dr Fiona Kerr', byMe: false };
    await until('the line', async () => (await lines(anita, thread)).some(({ what }) => what === 'readmitted'));
    expect(await lines(anita, thread)).toContainEqual(told);
    expect((await member(anita))?.leftOut).toBeUndefined();
    // Founding members read from the beginning, so everything is given again.
    expect(served.grants.filter(({ target }) => target === una.me)).toHaveLength(1);
    expect((await refusalOf(fiona.ask.readmitMember({ thread, person: una.me }))).code).toBe('not_entitled');
  });
});
