// @vitest-environment node
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Bytes, bytesOf } from '../../crypto/bytes.ts';
import { decode, encode } from '../../crypto/codec.ts';
import { hashObject } from '../../crypto/domain.ts';
import { signed } from '../../crypto/layouts/container.ts';
import { add } from '../../crypto/layouts/membership.ts';
import { message } from '../../crypto/layouts/message.ts';
import { readMessage } from '../../crypto/message.ts';
import { sign } from '../../crypto/signed.ts';
import { publicKeyOfSeed, seedSigner } from '../../crypto/signer.ts';
import { identityHash } from '../../crypto/person.ts';
import { fromUuidText } from '../../crypto/names.ts';
import type { SystemItem } from '../contract.ts';
import { Browser, World, password, refusalOf, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

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
});

let teams = 0;
async function team(...others: Browser[]): Promise<string> {
  teams += 1;
  const people = others.map(({ me }) => me);
  const { thread } = await anita.ask.createTeam({ name: `Team ${teams}`, people, reason: 'care-team' });
  for (const other of others) await other.row(thread);
  return thread;
}

const systemLines = async (browser: Browser, thread: string): Promise<SystemItem['event'][]> =>
  (await browser.items(thread)).flatMap((item) => (item.kind === 'system' ? [item.event] : []));

describe('R01 a conversation', () => {
  test('there is one direct thread between two people, whoever starts it', async () => {
    const { thread } = await anita.ask.createDirect({ person: fiona.me });
    expect(await anita.ask.createDirect({ person: fiona.me })).toEqual({ thread });
    await fiona.row(thread);
    expect(await fiona.ask.createDirect({ person: anita.me })).toEqual({ thread });
    expect((await fiona.row(thread)).peer?.name).toBe('Dr Anita Patel');
  });

  test('also when the other’s start has not been heard of', async () => {
    const tom = await world.enrolled('tom.reid', 'Tom Reid');
    world.server.sockets = false;
    world.server.cut();
    const { thread } = await anita.ask.createDirect({ person: tom.me });
    expect(await tom.ask.createDirect({ person: anita.me })).toEqual({ thread });
    await world.reconnect(anita, fiona, tom);
  });

  test('arrives live, is announced, and its sender sees it reached and seen', async () => {
    const thread = await team(fiona);
    await anita.view(thread);
    const { items } = await fiona.view(thread);
    const { key } = await anita.ask.send({ thread, text: 'Are you on the round?' });
    await until('the arrival', async () => fiona.told(`thread:${thread}`).some(({ arrived }) => arrived.includes(key)));
    expect(items.map(({ key: each }) => each)).not.toContain(key);
    const order = (await fiona.items(thread)).at(-1)?.order ?? 0;
    expect((await fiona.row(thread)).unread).toBe(1);
    await fiona.ask.markSeen({ thread, upTo: order });
    await until('the mark', async () => {
      const mine = (await anita.items(thread)).find((item) => item.key === key);
      return mine?.kind === 'message' && mine.delivery?.state === 'seen' && mine.delivery.of === 1;
    });
    expect((await fiona.row(thread)).unread).toBe(0);
  });

  test('answers quote what they answer, by its hash', async () => {
    const thread = await team(fiona);
    const question = await anita.say(thread, 'Who has the bleep?');
    await fiona.sees(thread, 'Who has the bleep?');
    await fiona.ask.send({ thread, text: 'I have.', replyTo: question });
    await anita.sees(thread, 'I have.');
    expect((await anita.items(thread)).at(-1)).toMatchObject({
      reply: { id: question, author: 'Dr Anita Patel', text: 'Who has the bleep?' },
    });
  });

  test('is complete after any gap, over a socket or without one', async () => {
    const thread = await team(fiona);
    world.server.sockets = false;
    world.server.cut();
    for (const text of ['one', 'two', 'three']) await anita.say(thread, text);
    // Without a socket the heads are asked for.
    world.clock.pass(30_000);
    await fiona.sees(thread, 'three');
    await anita.say(thread, 'four');
    await world.reconnect(anita, fiona);
    await fiona.sees(thread, 'four');
    expect(await fiona.words(thread)).toEqual(['one', 'two', 'three', 'four']);
  });

  test('is read back from this device, and from the server where that was lost', async () => {
    const thread = await team(fiona);
    for (let n = 1; n <= 60; n++) await anita.ask.send({ thread, text: `line ${n}` });
    await fiona.sees(thread, 'line 60');
    fiona.reload();
    world.server.broken = undefined;
    await fiona.ask.unlock({ password });
    await fiona.sees(thread, 'line 60');
    const view = await fiona.view(thread);
    expect(view.hasOlder).toBe(true);
    const older = await fiona.ask.olderItems({ thread, before: view.items[0]?.order ?? 0, limit: 100 });
    const all = [...older.items, ...view.items].flatMap((item) => (item.kind === 'message' ? [item.text] : []));
    expect(all).toEqual(Array.from({ length: 60 }, (_, at) => `line ${at + 1}`));
    for (const [name] of await fiona.disk.all('log/')) await fiona.disk.change({ remove: [name] });
    fiona.reload();
    await fiona.ask.unlock({ password });
    await fiona.sees(thread, 'line 60');
  });
});

describe('a server that lies', () => {
  test('another person’s log under a name: nobody is sealed to', async () => {
    const victim = await world.enrolled('vic.timm', 'Victor Timm');
    const fionas = world.server.accounts.of(fiona.me).log;
    world.server.tamper = (route, value) => {
      if (!route.endsWith('/people/logs')) return value;
      const { logs } = value as { logs: { person: string; entries: Bytes[] }[] };
      return {
        ...(value as object),
        logs: logs.map((each) => (each.person === victim.me ? { ...each, entries: fionas } : each)),
      };
    };
    expect((await refusalOf(anita.ask.createDirect({ person: victim.me }))).code).toBe('not_enrolled');
  });

  test('a log with a key of the server’s own is refused', async () => {
    const victim = await world.enrolled('ned.ames', 'Ned Ames');
    const entries = world.server.accounts.of(victim.me).log;
    const generation = entries[1] ?? bytesOf(0);
    const other = (world.server.accounts.of(fiona.me).log[1] ?? bytesOf(0)).slice();
    world.server.tamper = (route, value) =>
      route.endsWith('/people/logs')
        ? { ...(value as object), logs: [{ person: victim.me, entries: [entries[0], other, entries[2]] }] }
        : value;
    expect(generation.length).toBeGreaterThan(0);
    expect((await refusalOf(anita.ask.createDirect({ person: victim.me }))).code).toMatch(
      /bad_signature|broken_chain|wrong_/,
    );
  });

  test('a forged membership entry freezes the thread: nobody joins, nothing is sent', async () => {
    const thread = await team(fiona);
    await anita.say(thread, 'before');
    const served = world.server.thread(thread);
    const seed = new Uint8Array(32).fill(7);
    const forger = await seedSigner(seed, await publicKeyOfSeed(seed));
    const device = (await readMessage(served.log.at(-1)?.body ?? bytesOf(0))).header.device;
    const target = fromUuidText('00000000-0000-4000-8000-000000000001');
    const value = {
      thread: served.bytes,
      seq: served.membership.seq + 1,
      previous: served.membership.head,
      person: fromUuidText(anita.me),
      device,
      issued: world.clock.now(),
      target,
      identity: await identityHash(target, forger.publicKey),
      memberRole: 'member' as const,
      history: true,
      standby: false,
      until: 0,
      reason: 'care-team' as const,
      note: null,
    };
    const entry = await sign(add, value, { kind: 'device', id: device, by: forger });
    const seq = await served.force('membership', entry, await hashObject(add, decode(signed, entry).object));
    world.server.push(served, seq);
    await until('the freeze', async () => (await anita.view(thread)).head.readOnly?.code === 'thread_frozen');
    await until('the freeze', async () => (await anita.view(thread)).head.readOnly?.code === 'thread_frozen');
    const { head } = await anita.view(thread);
    expect(head.members.map(({ person }) => person.name).sort()).toEqual(['Dr Anita Patel', 'Dr Fiona Kerr']);
    expect((await systemLines(anita, thread)).at(-1)?.what).toBe('frozen');
    expect((await refusalOf(anita.ask.send({ thread, text: 'after' }))).code).toBe('thread_frozen');
    expect(await anita.words(thread)).toContain('before');
  });

  test('a message with a changed signature is a refused line, and the thread goes on', async () => {
    const thread = await team(fiona);
    world.server.cut();
    world.server.sockets = false;
    await anita.say(thread, 'genuine');
    const served = world.server.thread(thread);
    const entry = served.log.at(-1);
    const fields = decode(message, entry?.body ?? bytesOf(0));
    const signature = fields.signature.slice();
    signature[40] = (signature[40] ?? 0) ^ 1;
    // The signature is not part of the entry's hash, so the chain does not show it.
    if (entry) served.log[served.log.length - 1] = { ...entry, body: encode(message, { ...fields, signature }) };
    await world.reconnect(anita, fiona);
    await until('the refusal', async () => (await systemLines(fiona, thread)).some(({ what }) => what === 'refused'));
    expect(await systemLines(fiona, thread)).toContainEqual({
      what: 'refused',
      from: 'Dr Anita Patel',
      code: 'bad_signature',
    });
    await fiona.say(thread, 'still here');
  });

  test('a log of which an entry is missing, or that has another past, freezes the thread', async () => {
    const thread = await team(fiona);
    await anita.say(thread, 'one');
    await anita.say(thread, 'two');
    await fiona.sees(thread, 'two');
    const served = world.server.thread(thread);
    const [one, two] = served.log.splice(-2);
    // Renumbered, so that nothing seems to be missing.
    if (one && two) served.log.push({ ...two, seq: one.seq, logHash: one.logHash });
    const second = new Browser(world);
    await second.signIn('fiona.kerr');
    await until('the freeze', async () => (await second.view(thread)).head.readOnly?.code === 'thread_frozen');
    await second.ask.signOut();
  });

  test('a thread that is shorter than it was, or not there at all, is noticed', async () => {
    const thread = await team(fiona);
    await anita.say(thread, 'one');
    await fiona.sees(thread, 'one');
    const gone = await team(fiona);
    await fiona.row(gone);
    fiona.reload();
    world.server.thread(thread).log.pop();
    world.server.threads.delete(gone);
    await fiona.ask.unlock({ password });
    for (const each of [thread, gone]) {
      await until('the freeze', async () => (await fiona.view(each)).head.readOnly?.code === 'thread_frozen');
    }
  });

  test('bookmarks in the vault show it to another browser as well', async () => {
    const tom = await world.enrolled('tim.ward', 'Tim Ward');
    const { thread } = await tom.ask.createTeam({ name: 'Bookmarked', people: [anita.me], reason: 'care-team' });
    await tom.say(thread, 'one');
    const secret = world.server.accounts.of(tom.me).secret;
    const before = secret?.sealedVault;
    world.clock.pass(20_000);
    await until('the vault to be saved', async () => secret?.sealedVault !== before);
    world.server.thread(thread).log.pop();
    const second = new Browser(world);
    await second.signIn('tim.ward');
    await until('the freeze', async () => (await second.view(thread)).head.readOnly?.code === 'thread_frozen');
  });

  test('frames that are no log entries, and events of no known shape, are dropped', async () => {
    const thread = await team(fiona);
    world.server.tell(fiona.me, { type: 'nonsense' });
    world.server.tell(fiona.me, { type: 'marks', thread, marks: 'none' });
    world.server.tell(fiona.me, { type: 'heads', threads: [{ thread: 'x' }] });
    await anita.say(thread, 'unharmed');
    await fiona.sees(thread, 'unharmed');
  });

  test('an answer of another shape is said plainly', async () => {
    world.server.tamper = (route, value) => (route === 'GET /v1/people' ? { people: [{ person: 'x' }] } : value);
    // Nobody on the list goes by that, so the server is asked.
    const refused = await refusalOf(anita.ask.searchDirectory({ query: 'qwxz' }));
    expect(refused).toMatchObject({
      code: 'answer_unreadable',
      message: expect.stringMatching(/cannot read/) as string,
    });
  });
});
