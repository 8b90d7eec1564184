// @vitest-environment node
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DecisionItem, MessageItem } from '../contract.ts';
import { refuse } from '../testing/http.ts';
import { type Browser, World, password, refusalOf, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let world: World;
let anita: Browser;
let fiona: Browser;
let thread: string;
beforeAll(async () => {
  world = await World.open();
  anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
});
beforeEach(async () => {
  world.server.broken = undefined;
  world.server.tamper = (_route, value) => value;
  ({ thread } = await anita.ask.createTeam({ name: 'Outliers', people: [fiona.me], reason: 'care-team' }));
  await fiona.row(thread);
  await anita.say(thread, 'first');
});

const own = async (text: string): Promise<MessageItem | undefined> =>
  (await anita.items(thread)).find((item): item is MessageItem => item.kind === 'message' && item.text === text);
const inLog = (): number => world.server.thread(thread).log.filter(({ kind }) => kind === 'message').length;
const sent = (text: string) =>
  until(`"${text}" to be sent`, async () => {
    const state = (await own(text))?.delivery?.state;
    return state !== undefined && state !== 'queued' && state !== 'failed';
  });

describe('R01 a message that is sent reaches the thread, once', () => {
  test('it is on this device before it is shown, and not readable there', async () => {
    world.server.broken = 'before';
    world.server.cut();
    await anita.ask.send({ thread, text: 'kept before shown' });
    const kept = (await anita.disk.all('outbox/')).map(([, value]) => value);
    expect(kept).toHaveLength(1);
    expect(new TextDecoder('latin1').decode(kept[0] as Uint8Array)).not.toContain('kept before shown');
    expect((await own('kept before shown'))?.delivery?.state).toBe('queued');
    expect((await anita.ask.connection()).queued).toBe(1);
    world.server.broken = undefined;
    await world.reconnect(anita, fiona);
    await sent('kept before shown');
    expect(await anita.disk.all('outbox/')).toEqual([]);
    expect((await anita.ask.connection()).queued).toBe(0);
    await fiona.sees(thread, 'kept before shown');
  });

  test('what was written without a network goes out in the order of writing, and keeps its keys', async () => {
    world.server.broken = 'before';
    world.server.cut();
    const keys = [];
    for (const text of ['one', 'two', 'three']) keys.push((await anita.ask.send({ thread, text })).key);
    const waiting = await anita.items(thread);
    expect(waiting.slice(-3).map(({ key }) => key)).toEqual(keys);
    expect(waiting.slice(-3).every(({ order }) => order > 2 ** 39)).toBe(true);
    world.server.broken = undefined;
    await world.reconnect(anita, fiona);
    await sent('three');
    expect((await anita.items(thread)).slice(-3).map(({ key }) => key)).toEqual(keys);
    await fiona.sees(thread, 'three');
    expect((await fiona.words(thread)).slice(-3)).toEqual(['one', 'two', 'three']);
  });

  test('an answer that was lost is asked for by id: nothing is lost and nothing goes twice', async () => {
    const before = inLog();
    world.server.sockets = false;
    world.server.cut();
    world.server.broken = 'after';
    await anita.ask.send({ thread, text: 'answer lost' });
    await until('the server to have it', async () => inLog() === before + 1);
    await anita.ask.send({ thread, text: 'and one behind it' });
    expect((await own('answer lost'))?.delivery?.state).toBe('queued');
    world.server.broken = undefined;
    await world.reconnect(anita, fiona);
    await sent('and one behind it');
    expect(inLog()).toBe(before + 2);
    await fiona.sees(thread, 'and one behind it');
  });

  test('killed in the middle of a send, and in the middle of one that arrived: the next start finishes it', async () => {
    const before = inLog();
    world.server.sockets = false;
    world.server.cut();
    world.server.broken = 'after';
    await anita.ask.send({ thread, text: 'arrived before the kill' });
    await until('the server to have it', async () => inLog() === before + 1);
    world.server.broken = 'before';
    await anita.ask.send({ thread, text: 'never left' });
    anita.reload();
    world.server.broken = undefined;
    world.server.sockets = true;
    await anita.ask.unlock({ password });
    await sent('never left');
    expect(inLog()).toBe(before + 2);
    expect((await anita.words(thread)).slice(-2)).toEqual(['arrived before the kill', 'never left']);
    expect(await anita.disk.all('outbox/')).toEqual([]);
    await world.reconnect(anita, fiona);
  });

  test('sealed under keys that are over, it is sealed again with the same id, and those behind it follow', async () => {
    const helen = await world.enrolled('helen.barker', 'Helen Barker');
    await anita.ask.addMember({ thread, person: helen.me, reason: 'cover', note: '', history: true });
    await helen.row(thread);
    world.server.cut(anita.jar);
    world.server.brokenFor = anita.jar;
    const { key } = await anita.ask.send({ thread, text: 'sealed for three' });
    await anita.ask.send({ thread, text: 'and the next' });
    await helen.ask.removeMember({ thread, person: helen.me, reason: 'own-request', note: '' });
    world.server.brokenFor = undefined;
    await world.reconnect(anita, fiona);
    await sent('and the next');
    expect((await own('sealed for three'))?.id).toBe(key);
    expect((await fiona.words(thread)).slice(-2)).toEqual(['sealed for three', 'and the next']);
    expect(await helen.words(thread)).not.toContain('sealed for three');
  });

  test('when the server knows of a reason for new keys that this client does not see, it makes them', async () => {
    const served = world.server.thread(thread);
    const epochs = served.epochs.length;
    const post = served.post.bind(served);
    let posts = 0;
    served.post = async (bytes, half) => {
      posts += 1;
      return posts === 1 ? refuse(409, 'stale_epoch', { epoch: epochs }) : post(bytes, half);
    };
    await anita.say(thread, 'under new keys');
    expect(posts).toBe(2);
    expect(served.epochs).toHaveLength(epochs + 1);
    await fiona.sees(thread, 'under new keys');
  });

  test('what the server refuses for good says so, and can be tried again or taken back', async () => {
    const served = world.server.thread(thread);
    const post = served.post.bind(served);
    served.post = async () => refuse(403, 'may_not_post');
    const { key } = await anita.ask.send({ thread, text: 'refused at first' });
    await until('the refusal', async () => (await own('refused at first'))?.delivery?.state === 'failed');
    const { delivery } = (await own('refused at first')) ?? {};
    expect(delivery?.error).toMatchObject({ code: 'may_not_post', message: 'You can read here, but not write.' });
    expect((await anita.row(thread)).needs).toContainEqual({ kind: 'not-sent', count: 1 });
    const { key: other } = await anita.ask.send({ thread, text: 'taken back' });
    await until('the refusal', async () => (await own('taken back'))?.delivery?.state === 'failed');
    expect(await anita.ask.discard({ thread, key: other })).toEqual({ text: 'taken back' });
    expect(await own('taken back')).toBeUndefined();
    served.post = post;
    await anita.ask.retry({ thread, key });
    await sent('refused at first');
    expect((await anita.row(thread)).needs).toEqual([]);
  });

  test('what has arrived after all cannot be taken back', async () => {
    const before = inLog();
    world.server.sockets = false;
    world.server.cut();
    world.server.broken = 'after';
    const { key } = await anita.ask.send({ thread, text: 'there already' });
    await until('the server to have it', async () => inLog() === before + 1);
    await until('no answer', async () => (await own('there already'))?.delivery?.state === 'queued');
    world.server.broken = undefined;
    expect((await refusalOf(anita.ask.discard({ thread, key }))).code).toBe('message_sent');
    await sent('there already');
    await world.reconnect(anita, fiona);
  });

  test('an empty text and one beyond all measure are refused before they are queued', async () => {
    expect((await refusalOf(anita.ask.send({ thread, text: ' \n ' }))).code).toBe('text_missing');
    expect((await refusalOf(anita.ask.send({ thread, text: 'x'.repeat(20_001) }))).code).toBe('text_too_long');
  });
});

describe('what the checks stop is stopped here, whatever the screen did', () => {
  test('R37 a valid number outside a patient thread', async () => {
    const before = world.server.asked.length;
    expect((await refusalOf(anita.ask.send({ thread, text: 'see 943 476 5919' }))).code).toBe('stopped_identifier');
    expect((await refusalOf(anita.ask.send({ thread, text: 'x', emergencyReason: 'for 9434765919' }))).code).toBe(
      'stopped_identifier',
    );
    expect(world.server.asked.slice(before)).toEqual([]);
    await anita.say(thread, 'see 943 476 5918, which is no number');
  });

  test('R37 nor in the name of a team, which the server can read', async () => {
    const team = anita.ask.createTeam({ name: 'About 9434765919', people: [fiona.me], reason: 'care-team' });
    expect((await refusalOf(team)).code).toBe('stopped_identifier');
  });

  test('R10 talk about somebody unidentified wants a reason, which goes with the message', async () => {
    const text = 'bed 4 pt is more short of breath';
    expect((await refusalOf(anita.ask.send({ thread, text }))).code).toBe('stopped_unlinked');
    await anita.ask.send({ thread, text, emergencyReason: 'no wristband at hand' });
    await fiona.sees(thread, `${text}\n\nSent without a patient link: no wristband at hand`);
  });
});

test('a decision that waits stands in the thread with its words', async () => {
  world.server.broken = 'before';
  world.server.cut();
  const first = (await anita.items(thread)).find((item) => item.kind === 'message');
  const { key } = await anita.ask.markDecision({
    thread,
    messages: first ? [first.key] : [],
    text: 'Own words.',
    patientConfirmed: true,
  });
  const item = (await anita.items(thread)).find((each): each is DecisionItem => each.key === key);
  expect(item).toMatchObject({ markedByMe: true, background: [first?.key], record: { state: 'none' } });
  expect(item?.statements.map(({ text }) => text)).toEqual(['Own words.']);
  expect(await anita.ask.discard({ thread, key })).toEqual({ text: 'Own words.' });
  world.server.broken = undefined;
  await world.reconnect(anita, fiona);
});
