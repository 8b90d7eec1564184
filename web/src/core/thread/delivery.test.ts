// @vitest-environment node
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Delivery } from '../contract.ts';
import { Browser, World, until } from '../testing/world.ts';
import { type Recipient, deliveryAmong } from './delivery.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const at = (reachedSeq: number, seenSeq: number) => ({ reachedSeq, seenSeq });

const cases: [what: string, among: Recipient[], counted: Delivery][] = [
  ['nobody has it', [{ mark: undefined, since: 1 }], { state: 'sent', of: 1, reached: 0, seen: 0 }],
  ['before it', [{ mark: at(9, 9), since: 1 }], { state: 'sent', of: 1, reached: 0, seen: 0 }],
  ['a phone has it', [{ mark: at(10, 4), since: 1 }], { state: 'reached', of: 1, reached: 1, seen: 0 }],
  ['seen is reached', [{ mark: at(0, 10), since: 1 }], { state: 'seen', of: 1, reached: 1, seen: 1 }],
  [
    'some have',
    [
      { mark: at(10, 10), since: 1 },
      { mark: at(12, 3), since: 2 },
    ],
    { state: 'seen', of: 2, reached: 2, seen: 1 },
  ],
  ['left before seeing it', [{ mark: at(10, 9) }], { state: 'sent', of: 0, reached: 0, seen: 0 }],
  ['left, and nothing is known', [{ mark: undefined }], { state: 'sent', of: 0, reached: 0, seen: 0 }],
  ['left after seeing it', [{ mark: at(10, 10) }], { state: 'sent', of: 0, reached: 0, seen: 0 }],
  ['left and came back', [{ mark: at(20, 20), since: 20 }], { state: 'sent', of: 0, reached: 0, seen: 0 }],
];

test.each(cases)('delivery, counted: %s', (_what, among, counted) => {
  expect(deliveryAmong(among, 10)).toEqual(counted);
});

describe('what is counted while people come and go', () => {
  let world: World;
  let anita: Browser;
  let fiona: Browser;
  let helen: Browser;
  let tom: Browser;
  beforeAll(async () => {
    world = await World.open();
    anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
    fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
    helen = await world.enrolled('helen.barker', 'Helen Barker');
    tom = await world.enrolled('tom.reid', 'Tom Reid');
  });

  const delivery = async (thread: string, key: string, by = anita): Promise<Delivery | undefined> => {
    const item = (await by.items(thread)).find((each) => each.key === key);
    return item?.kind === 'message' ? item.delivery : undefined;
  };
  const see = async (browser: Browser, thread: string) => {
    const upTo = (await browser.items(thread)).at(-1)?.order ?? 0;
    await browser.ask.markSeen({ thread, upTo });
  };

  test.each([true, false])('somebody let in later is not waited for (history: %s)', async (history) => {
    const { thread } = await anita.ask.createTeam({ name: 'Round', people: [fiona.me], reason: 'care-team' });
    await fiona.row(thread);
    const before = await anita.say(thread, 'before');
    await fiona.sees(thread, 'before');
    await see(fiona, thread);
    await until('it to be seen', async () => (await delivery(thread, before))?.state === 'seen');
    await anita.ask.addMember({ thread, person: helen.me, reason: 'cover', note: '', history });
    await helen.row(thread);
    const after = await anita.say(thread, 'after');
    await helen.sees(thread, 'after');
    expect(await delivery(thread, after)).toMatchObject({ of: 2 });
    await see(helen, thread);
    await until('it to be seen', async () => (await delivery(thread, after))?.seen === 1);
    expect(await delivery(thread, before)).toEqual({ state: 'seen', of: 1, reached: 1, seen: 1 });
  });

  test('somebody who has left is not counted, seen or not: every browser of one person says the same', async () => {
    const people = [fiona.me, helen.me, tom.me];
    const { thread } = await anita.ask.createTeam({ name: 'Night', people, reason: 'care-team' });
    const key = await anita.say(thread, 'Bloods at six.');
    for (const each of [fiona, helen, tom]) await each.sees(thread, 'Bloods at six.');
    await see(fiona, thread);
    await until('it to be seen', async () => (await delivery(thread, key))?.seen === 1);
    expect(await delivery(thread, key)).toMatchObject({ of: 3 });
    await anita.ask.removeMember({ thread, person: helen.me, reason: 'no-longer-involved', note: '' });
    expect(await delivery(thread, key)).toMatchObject({ state: 'seen', of: 2, seen: 1 });
    await anita.ask.removeMember({ thread, person: fiona.me, reason: 'no-longer-involved', note: '' });
    await until('tom to be counted', async () => (await delivery(thread, key))?.reached === 1);
    expect(await delivery(thread, key)).toMatchObject({ state: 'reached', of: 1, seen: 0 });
    await anita.ask.addMember({ thread, person: helen.me, reason: 'cover', note: '', history: true });
    await helen.sees(thread, 'Bloods at six.');
    await see(helen, thread);
    expect(await delivery(thread, key)).toMatchObject({ state: 'reached', of: 1, seen: 0 });
    const other = new Browser(world);
    await other.signIn('anita.patel');
    await other.sees(thread, 'Bloods at six.');
    expect(await delivery(thread, key, other)).toEqual(await delivery(thread, key));
  });
});
