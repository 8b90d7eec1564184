// @vitest-environment node
/** H26: a log that contradicts itself stops the thread, says so, is reported, and the talk goes on elsewhere. */
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Bytes, bytesOf } from '../../crypto/bytes.ts';
import { decode } from '../../crypto/codec.ts';
import { hashObject, hashValue } from '../../crypto/domain.ts';
import { buildEpoch } from '../../crypto/epoch-build.ts';
import { signed } from '../../crypto/layouts/container.ts';
import { type LogEntry, logLink } from '../../crypto/layouts/log.ts';
import { rename } from '../../crypto/layouts/membership.ts';
import { readMessage } from '../../crypto/message.ts';
import { base64url } from '../../crypto/names.ts';
import { sign } from '../../crypto/signed.ts';
import type { SystemItem } from '../contract.ts';
import type { ServedThread } from '../testing/threads.ts';
import { Browser, World, password, refusalOf, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

let world: World;
let anita: Browser;
let fiona: Browser;
beforeAll(async () => {
  world = await World.open();
  anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
});
beforeEach(() => {
  world.server.tamper = (_route, value) => value;
  world.server.broken = undefined;
  world.server.sockets = true;
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

const stopped = (browser: Browser, thread: string) =>
  until('the thread to be stopped', async () => (await browser.view(thread)).head.stopped);

/** Another log from some place on, with right links, as a server can make one of what members signed. */
async function relink(
  served: ServedThread,
  entries: readonly { entry: Omit<LogEntry, 'seq' | 'logHash'>; hash: Bytes }[],
) {
  for (const { entry, hash } of entries) {
    const seq = served.log.length + 1;
    const previous = served.log.at(-1)?.logHash ?? bytesOf(32);
    const logHash = await hashValue(logLink, { thread: served.bytes, seq, previous, entry: hash });
    served.log.push({ ...entry, seq, logHash });
  }
}

/** A rename that a device of somebody signs for a place of the membership log. */
async function renamed(browser: Browser, served: ServedThread, place: { seq: number; previous: Bytes }, name: string) {
  const { me } = (await browser.inside(served.id)).ward;
  const value = {
    thread: served.bytes,
    ...place,
    person: me.person,
    device: me.device,
    issued: world.clock.now(),
    name,
  };
  const body = await sign(rename, value, { kind: 'device', id: me.device, by: me.signer });
  return { body, hash: await hashObject(rename, decode(signed, body).object) };
}

describe('H26 what stops a thread', () => {
  test('two membership entries with one predecessor: both authors are named, it is reported, what was verified stays', async () => {
    const tom = await world.enrolled('tom.reid', 'Tom Reid');
    const thread = await team(fiona, tom);
    await anita.say(thread, 'before');
    await fiona.sees(thread, 'before');
    const served = world.server.thread(thread);
    const place = { seq: served.membership.seq, previous: placeBefore(served) };
    // Fiona signs an entry for the place that anita's last one has.
    const forged = await renamed(fiona, served, place, 'Another name');
    const seq = await served.force('membership', forged.body, forged.hash);
    world.server.push(served, seq);
    expect(await stopped(anita, thread)).toMatchObject({
      why: 'forked-members',
      authors: ['Dr Anita Patel', 'Dr Fiona Kerr'],
    });
    expect(await anita.words(thread)).toContain('before');
    expect((await lines(anita, thread)).at(-1)).toMatchObject({ what: 'frozen', why: 'forked-members' });
    expect((await refusalOf(anita.ask.send({ thread, text: 'after' }))).code).toBe('thread_frozen');
    const report = await until('the report', async () =>
      world.server.reports.find(({ by, thread: about }) => by === anita.me && base64url(about) === thread),
    );
    expect(report.kind).toBe('forked-members');
    expect(report.authors).toHaveLength(2);
    expect(report.entries).toHaveLength(2);
    await tom.ask.signOut();
  });

  test('two records for one epoch: both authors are named', async () => {
    const thread = await team(fiona);
    await anita.say(thread, 'before');
    await fiona.sees(thread, 'before');
    const { ward, thread: inside } = await fiona.inside(thread);
    const first = inside.records.epochs[0]?.epoch;
    const built = await buildEpoch({
      chain: ward.trust.chain,
      people: ward.people.log,
      membership: inside.records.membership?.current ?? never(),
      previous: null,
      state: { name: '', assertion: null },
      author: ward.me,
      issued: world.clock.now(),
    });
    const served = world.server.thread(thread);
    const seq = await served.force('epoch', built.record, built.recordHash);
    world.server.push(served, seq);
    expect(first).toBeDefined();
    expect(await stopped(anita, thread)).toMatchObject({
      why: 'forked-keys',
      authors: ['Dr Anita Patel', 'Dr Fiona Kerr'],
    });
  });

  test('two entries at one place: whoever signed both is named', async () => {
    const thread = await team(fiona);
    await anita.say(thread, 'one');
    await fiona.say(thread, 'two');
    await anita.sees(thread, 'two');
    const served = world.server.thread(thread);
    const [one, two] = served.log.splice(-2);
    if (!one || !two) return never();
    const hashOf = async ({ body }: LogEntry) => (await readMessage(body)).entryHash;
    await relink(served, [{ entry: two, hash: await hashOf(two) }]);
    world.server.push(served, served.log.length);
    expect(await stopped(anita, thread)).toMatchObject({
      why: 'forked-log',
      authors: ['Dr Anita Patel', 'Dr Fiona Kerr'],
    });
    expect(await anita.words(thread)).toEqual(['one', 'two']);
  });

  test('a head that names another hash for a place that is here, however old the answer', async () => {
    const thread = await team(fiona);
    await anita.say(thread, 'one');
    await fiona.sees(thread, 'one');
    world.server.tamper = (route, value) =>
      route === 'GET /v1/threads/:' ? { ...(value as object), logHash: new Uint8Array(32).fill(7) } : value;
    world.server.tell(fiona.me, { type: 'thread', thread });
    expect(await stopped(fiona, thread)).toMatchObject({ why: 'forked-log' });
  });

  test('a message whose author saw more, or something else: the author is named', async () => {
    const thread = await team(fiona);
    await anita.say(thread, 'one');
    await fiona.sees(thread, 'one');
    world.server.sockets = false;
    world.server.cut(fiona.jar);
    await anita.say(thread, 'hidden from fiona');
    await anita.say(thread, 'what follows it');
    const served = world.server.thread(thread);
    const [hidden, last] = served.log.slice(-2);
    if (!hidden || !last) return never();
    served.log.splice(-2);
    const device = (await readMessage(last.body)).header.deviceSeq;
    expect(device).toBeGreaterThan(1);
    await relink(served, [{ entry: last, hash: (await readMessage(last.body)).entryHash }]);
    await world.reconnect(fiona);
    const what = await stopped(fiona, thread);
    expect(what.why).toBe('split-view');
    expect(what.authors).toEqual(['Dr Anita Patel']);
    expect(await fiona.words(thread)).toEqual(['one']);
    await world.reconnect(anita, fiona);
  });

  test('once stopped it stays so: after a reload, and when the server shows the true log again', async () => {
    const thread = await team(fiona);
    await anita.say(thread, 'one');
    await fiona.sees(thread, 'one');
    const served = world.server.thread(thread);
    fiona.reload();
    const last = served.log.pop();
    await fiona.ask.unlock({ password });
    expect(await stopped(fiona, thread)).toMatchObject({ why: 'rolled-back' });
    if (last) served.log.push(last);
    fiona.reload();
    await fiona.ask.unlock({ password });
    await fiona.online();
    expect(await stopped(fiona, thread)).toMatchObject({ why: 'rolled-back' });
    expect(await fiona.words(thread)).toEqual(['one']);
    expect((await fiona.row(thread)).needs).toContainEqual({ kind: 'stopped', why: 'rolled-back' });
    // Anita's browser has seen no contradiction and can still write.
    await anita.say(thread, 'two');
  });

  test('a thread of which only the vault knows, and that the server does not show, is an alarm on a new device', async () => {
    const tim = await world.enrolled('tim.ward', 'Tim Ward');
    const { thread } = await tim.ask.createTeam({ name: 'Gone', people: [anita.me], reason: 'care-team' });
    await tim.say(thread, 'one');
    const secret = world.server.accounts.of(tim.me).secret;
    const before = secret?.sealedVault;
    world.clock.pass(20_000);
    await until('the vault to be saved', async () => secret?.sealedVault !== before);
    world.server.threads.delete(thread);
    const second = new Browser(world);
    await second.signIn('tim.ward');
    const row = await second.row(thread);
    expect(row.needs).toEqual([{ kind: 'stopped', why: 'missing' }]);
    expect((await second.view(thread)).head.stopped?.why).toBe('missing');
    await second.ask.signOut();
  });

  test('a bookmark below what this device holds is compared as well', async () => {
    const una = await world.enrolled('una.bell', 'Una Bell');
    const { thread } = await una.ask.createTeam({ name: 'Two logs', people: [anita.me], reason: 'care-team' });
    await una.say(thread, 'one');
    await until('anita', async () => (await anita.words(thread)).includes('one'));
    const secret = world.server.accounts.of(una.me).secret;
    const before = secret?.sealedVault;
    world.clock.pass(20_000);
    await until('the vault to be saved', async () => secret?.sealedVault !== before);
    // A second device is shown another log from the start, with the same messages in another order and more of them.
    const served = world.server.thread(thread);
    const kept = [...served.log];
    const message = served.log.pop();
    if (!message) return never();
    served.log.push({ ...message, logHash: new Uint8Array(32).fill(9) });
    const second = new Browser(world);
    await second.signIn('una.bell');
    const what = await stopped(second, thread);
    expect(['bookmark', 'refused', 'forked-log']).toContain(what.why);
    served.log.splice(0, served.log.length, ...kept);
    await second.ask.signOut();
  });
});

describe('H26 going on in a new thread', () => {
  async function forked(thread: string, browser: Browser): Promise<void> {
    world.server.tamper = (route, value) =>
      route === 'GET /v1/threads/:' && (value as { thread: string }).thread === thread
        ? { ...(value as object), logHash: new Uint8Array(32).fill(7) }
        : value;
    world.server.tell(browser.me, { type: 'thread', thread });
    await stopped(browser, thread);
    world.server.tamper = (_route, value) => value;
  }

  test('the same people, the draft, a first message; the stopped one and everybody in it are shown the way', async () => {
    const thread = await team(fiona);
    await anita.say(thread, 'one');
    await fiona.sees(thread, 'one');
    await anita.ask.saveDraft({ thread, text: 'half a sent' });
    await anita.ask.saveDecisionDraft({ thread, draft: { text: 'half decided', messages: ['one'] } });
    await forked(thread, anita);
    const { thread: next, leftOut } = await anita.ask.goOn({ thread, line: 'This goes on from the stopped thread.' });
    expect(leftOut).toEqual([]);
    expect(next).not.toBe(thread);
    const view = await anita.view(next);
    expect(view.draft?.text).toBe('half a sent');
    expect(await anita.ask.decisionDraft({ thread: next })).toEqual({ text: 'half decided', messages: [] });
    expect((await anita.row(thread)).hasDraft).toBe(false);
    expect(view.head.name).toBe((await anita.view(thread)).head.name);
    await fiona.sees(next, 'This goes on from the stopped thread.');
    expect((await anita.view(thread)).head.goesOn).toEqual({ thread: next, by: 'Dr Anita Patel', byMe: true });
    expect((await anita.view(thread)).draft).toBeUndefined();
    // Once more is the same thread.
    expect(await anita.ask.goOn({ thread, line: 'x' })).toEqual({ thread: next, leftOut: [] });
    // Fiona saw no contradiction, and is told that anita does not read here any more.
    await until('the way', async () => (await fiona.view(thread)).head.goesOn?.thread === next);
    expect((await fiona.view(thread)).head.stopped).toBeUndefined();
    await fiona.say(next, 'Here now.');
    await anita.sees(next, 'Here now.');
    fiona.reload();
    await fiona.ask.unlock({ password });
    await until('still', async () => (await fiona.view(thread)).head.goesOn?.thread === next);
  });

  test('between two people: the server lets them start again after it has heard of it', async () => {
    const { thread } = await anita.ask.createDirect({ person: fiona.me });
    await fiona.row(thread);
    await forked(thread, anita);
    const { thread: next } = await anita.ask.goOn({ thread, line: 'This goes on from the stopped thread.' });
    expect(next).not.toBe(thread);
    await fiona.sees(next, 'This goes on from the stopped thread.');
    expect(await anita.ask.createDirect({ person: fiona.me })).toEqual({ thread: next });
    await until('fiona too', async () => (await fiona.ask.createDirect({ person: anita.me })).thread === next);
  });

  test('R11 about a patient: looked up afresh, and not when the record says something else now', async () => {
    const asked = { family: 'Smith', given: 'John', born: '1954-03-12', nhsNumber: '9434765919' };
    const answer = await anita.ask.lookUpPatient(asked);
    if (answer.outcome !== 'match') return never();
    const arg = { lookup: answer.lookup, name: 'Bay 3', people: [fiona.me], wristbandChecked: true, draft: '' };
    const { thread } = await anita.ask.createPatient({ ...arg, reason: 'care-team' });
    await fiona.row(thread);
    await forked(thread, anita);
    const patient = world.server.patient;
    world.server.patient = { ...patient, family: 'Smythe' };
    expect((await refusalOf(anita.ask.goOn({ thread, line: 'x' }))).code).toBe('patient_changed');
    world.server.patient = patient;
    const { thread: next } = await anita.ask.goOn({ thread, line: 'This goes on from the stopped thread.' });
    const { head } = await anita.view(next);
    expect(head.patient?.nhsNumber).toBe('9434765919');
    expect(head.name).toBe('Bay 3');
    expect(head.members).toHaveLength(2);
  });

  test('only from a thread that has stopped', async () => {
    const thread = await team(fiona);
    expect((await refusalOf(anita.ask.goOn({ thread, line: 'x' }))).code).toBe('request_refused');
  });
});

describe('H26 honest races stop nothing', () => {
  test('many interleavings of writing, new keys, adding, leaving, lost answers and reloads', async () => {
    const helen = await world.enrolled('helen.barker', 'Helen Barker');
    const kofi = await world.enrolled('kofi.mensah', 'Kofi Mensah');
    const random = chance(20_261_122);
    const thread = await team(fiona, helen);
    const all = [anita, fiona, helen];
    for (let round = 0; round < 4; round++) {
      world.clock.sleep(random(2) === 0 ? 8 * 24 * 3_600_000 : 1000); // every other round everybody's keys are too old
      const acts = all.map(async (each, n) => {
        if (random(4) === 0) world.server.cut(each.jar);
        await each.ask.send({ thread, text: `round ${round} by ${n}` });
        if (random(5) === 0) world.server.cut(each.jar);
      });
      if (round % 4 === 1) acts.push(add(kofi));
      if (round % 4 === 3) acts.push(remove(kofi));
      await Promise.all(acts);
      if (random(4) === 0) {
        fiona.reload();
        await fiona.ask.unlock({ password });
      }
      world.clock.pass(31_000);
    }
    await world.reconnect(...all);
    for (const each of all) {
      for (let n = 0; n < all.length; n++) await each.sees(thread, `round 3 by ${n}`);
      expect((await each.view(thread)).head.stopped).toBeUndefined();
      expect((await lines(each, thread)).map(({ what }) => what)).not.toContain('refused');
    }
    expect(world.server.reports.filter(({ thread: about }) => base64url(about) === thread)).toEqual([]);

    async function add(who: Browser): Promise<void> {
      await anita.ask
        .addMember({ thread, person: who.me, reason: 'cover', note: '', history: true })
        .catch(() => undefined);
    }
    async function remove(who: Browser): Promise<void> {
      await anita.ask.removeMember({ thread, person: who.me, reason: 'left-team', note: '' }).catch(() => undefined);
    }
  });
});

/** A small generator, so that a failure can be run again. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function placeBefore(served: ServedThread): Bytes {
  const entries = served.log.filter(({ kind }) => kind === 'membership');
  const last = entries.at(-1);
  if (!last) return never();
  const { object } = decode(signed, last.body);
  // Every entry has the same beginning: magic, suite, type, thread, seq, previous.
  return object.slice(7 + 32 + 4, 7 + 32 + 4 + 32);
}

function never(): never {
  throw new TypeError('not in this world');
}
