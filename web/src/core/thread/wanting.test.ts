// @vitest-environment node
/** What stays closed because an answer is late, or did not come, is opened when it does: nothing else has to happen in the thread. */
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Browser, World, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let world: World;
let anita: Browser;
let fiona: Browser;
let helen: Browser;
let tom: Browser;
beforeAll(async () => {
  world = await World.open();
  anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
  tom = await world.enrolled('tom.reid', 'Tom Reid');
  helen = await world.enrolled('helen.barker', 'Helen Barker');
});
beforeEach(() => {
  world.server.sockets = true;
  world.server.tamper = (_route, value) => value;
});

/** A thread with words under two keys, both of which Helen has by grant. */
async function granted(): Promise<string> {
  const { thread } = await anita.ask.createTeam({ name: 'Outliers', people: [tom.me], reason: 'care-team' });
  await anita.say(thread, 'older');
  await anita.ask.addMember({ thread, person: fiona.me, reason: 'cover', note: '', history: true });
  await anita.say(thread, 'newest');
  await anita.ask.addMember({ thread, person: helen.me, reason: 'cover', note: '', history: true });
  await helen.sees(thread, 'newest');
  return thread;
}

async function fresh(userName: string): Promise<Browser> {
  const browser = new Browser(world);
  await browser.signIn(userName);
  return browser;
}

const newest = async (browser: Browser, thread: string): Promise<string | undefined> =>
  (await browser.ask.inbox()).find(({ id }) => id === thread)?.last?.text;

describe('the line of a new browser in the inbox', () => {
  test('is the newest message, however late the keys that were granted come', async () => {
    const thread = await granted();
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const grants = `GET /v1/threads/${thread}/grants`;
    world.server.tamper = (route, value) => (route.endsWith('/grants') ? held.then(() => value) : value);
    world.server.asked.length = 0;
    // Over a socket, marks that come in soon after would have it drawn again.
    world.server.sockets = false;
    const second = await fresh('helen.barker');
    await until('the question', async () => world.server.asked.includes(grants));
    // Whoever else needs a key meanwhile waits for the same answer.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
    release?.();
    await until('the newest', async () => (await newest(second, thread)) === 'newest');
    expect(await second.words(thread)).toEqual(['older', 'newest']);
  });

  test('is the newest message after an answer about grants that did not come', async () => {
    const thread = await granted();
    let lost = 0;
    world.server.tamper = (route, value) => {
      if (!route.endsWith('/grants') || lost > 3) return value;
      lost += 1;
      throw new TypeError('no answer');
    };
    const second = await fresh('helen.barker');
    await until('the newest', async () => {
      world.clock.pass(1000);
      return (await newest(second, thread)) === 'newest';
    });
    expect(lost).toBeGreaterThan(1);
  });

  test.each(['/people/logs', '/epochs'])('is there after no answer from %s, without anything new', async (end) => {
    const thread = await granted();
    let lost = 0;
    const second = new Browser(world);
    world.server.tamper = (route, value) => {
      if (!route.endsWith(end) || !route.match(/GET|logs/) || lost > 3) return value;
      lost += 1;
      throw new TypeError('no answer');
    };
    await second.signIn('helen.barker');
    await until('the newest', async () => {
      world.clock.pass(1000);
      return (await newest(second, thread)) === 'newest';
    });
  });
});

describe('a thread that is announced', () => {
  test('and could not be fetched then is asked for again', async () => {
    let lost = 0;
    world.server.tamper = (route, value) => {
      if (!/^GET \/v1\/threads\/[^/]+$/.test(route) || lost > 0) return value;
      lost += 1;
      throw new TypeError('no answer');
    };
    const { thread } = await anita.ask.createTeam({ name: 'Outliers, north', people: [helen.me], reason: 'care-team' });
    await until('it', async () => {
      world.clock.pass(1000);
      return (await helen.ask.inbox()).some(({ id }) => id === thread);
    });
    expect(lost).toBe(1);
  });
});
