// @vitest-environment node
/** A new browser of somebody who is in many threads: what it asks for does not grow with them. */
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Browser, World, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const many = 24;
const names = Array.from({ length: many }, (_, n) => `Rota ${String(n).padStart(2, '0')}`);

let world: World;
let anita: Browser;
let fiona: Browser;
const threads: string[] = [];
beforeAll(async () => {
  world = await World.open();
  anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
  for (const name of names) {
    const { thread } = await anita.ask.createTeam({ name, people: [fiona.me], reason: 'care-team' });
    await anita.say(thread, `older in ${name}`);
    await anita.say(thread, `newest in ${name}`);
    threads.push(thread);
  }
});
beforeEach(() => {
  world.server.sockets = true;
  world.server.tamper = (_route, value) => value;
  world.server.asked.length = 0;
});

const asked = (end: string) => world.server.asked.filter((route) => route.endsWith(end)).length;
const lines = async (browser: Browser) =>
  (await browser.ask.inbox()).map(({ name, last }) => `${name ?? ''}: ${last?.text ?? ''}`).sort();
const everything = names.map((name) => `${name}: newest in ${name}`);

async function fresh(): Promise<Browser> {
  const browser = new Browser(world);
  await browser.signIn('fiona.kerr');
  await until('every line', async () => {
    world.clock.pass(1000);
    return JSON.stringify(await lines(browser)) === JSON.stringify(everything);
  });
  return browser;
}

describe('a fresh sign-in to many threads', () => {
  test.each([
    ['over the live connection', true],
    ['without one', false],
  ])('%s asks once for all keys, and for none alone', async (_how, sockets) => {
    world.server.sockets = sockets;
    const browser = await fresh();
    expect([asked('/threads/keys'), asked('/epochs')]).toEqual([1, 0]);
    expect(await browser.words(threads[0] ?? '')).toEqual(['older in Rota 00', 'newest in Rota 00']);
  });

  test('asks each thread for its keys when the one answer does not come', async () => {
    world.server.tamper = (route, value) => {
      if (route === 'POST /v1/threads/keys') throw new TypeError('no answer');
      return value;
    };
    await fresh();
    expect(asked('/epochs')).toBe(many);
  });

  test('asks for those that the one answer leaves out, and for those of which it has another epoch', async () => {
    world.server.tamper = (route, value) => {
      if (route !== 'POST /v1/threads/keys') return value;
      const [, other, ...rest] = (value as { keys: { epoch: number }[] }).keys;
      return { keys: [{ ...other, epoch: 2 }, ...rest] };
    };
    await fresh();
    expect(asked('/epochs')).toBe(2);
  });

  test('an answer that gives one thread the keys of another opens neither, and what is right is asked for', async () => {
    world.server.tamper = (route, value) => {
      if (route !== 'POST /v1/threads/keys') return value;
      const { keys } = value as { keys: { thread: string; envelope: string; proof: string }[] };
      const [first, second, ...rest] = keys;
      if (!first || !second) return value;
      const { envelope, proof } = first;
      return {
        keys: [{ ...first, envelope: second.envelope, proof: second.proof }, { ...second, envelope, proof }, ...rest],
      };
    };
    await fresh();
    expect(asked('/epochs')).toBe(2);
  });
});

test('what was passed over in the hurry is read when everything is there', async () => {
  const browser = await fresh();
  await browser.online();
  await until('every word', async () => {
    world.clock.pass(100);
    return threads.every((thread) => browser.opened(thread) === 2);
  });
});
