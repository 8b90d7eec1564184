// @vitest-environment node
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { SystemItem } from '../contract.ts';
import { type Browser, World, refusalOf, until } from '../testing/world.ts';

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

async function team(...people: Browser[]): Promise<string> {
  const members = people.map(({ me }) => me);
  const { thread } = await anita.ask.createTeam({ name: 'Outliers', people: members, reason: 'care-team' });
  for (const each of people) await each.row(thread);
  return thread;
}

const events = async (browser: Browser, thread: string): Promise<SystemItem['event'][]> =>
  (await browser.items(thread)).flatMap((item) => (item.kind === 'system' ? [item.event] : []));

describe('R31 letting somebody in', () => {
  test('with the past: everybody is told who, by whom and why; the new member reads everything', async () => {
    const thread = await team(fiona);
    await anita.say(thread, 'before');
    await anita.ask.addMember({ thread, person: helen.me, reason: 'other', note: 'covers pharmacy', history: true });
    await helen.sees(thread, 'before');
    const joined = {
      what: 'joined',
      who: 'Helen Barker',
      by: 'Dr Anita Patel',
      reason: 'other',
      note: 'covers pharmacy',
      history: true,
    };
    await until('the line', async () => (await events(fiona, thread)).some(({ what }) => what === 'rotated'));
    expect(await events(fiona, thread)).toContainEqual(expect.objectContaining({ ...joined, me: false, byMe: false }));
    expect(await events(fiona, thread)).toContainEqual({ what: 'rotated', why: 'added' });
    await helen.say(thread, 'Thank you.');
    await fiona.sees(thread, 'Thank you.');
  });

  test('without the past: what was said before stays closed', async () => {
    const thread = await team(fiona);
    await anita.say(thread, 'not for helen');
    await anita.ask.addMember({ thread, person: helen.me, reason: 'opinion', note: '', history: false });
    await helen.row(thread);
    await anita.say(thread, 'for helen');
    await helen.sees(thread, 'for helen');
    expect(await helen.words(thread)).toEqual(['for helen']);
    // Nothing is shown as refused: it was never given.
    expect((await events(helen, thread)).map(({ what }) => what)).not.toContain('refused');
    expect((await helen.row(thread)).unread).toBe(1);
  });

  test('somebody without keys cannot be let in, and is named', async () => {
    const { person } = world.invite('new.starter', 'Nora Starter');
    const thread = await team(fiona);
    const add = anita.ask.addMember({ thread, person, reason: 'cover', note: '', history: false });
    const refused = await refusalOf(add);
    expect(refused).toMatchObject({ code: 'not_enrolled', message: 'Nora Starter has not set up Wardline yet.' });
    const found = await anita.ask.searchDirectory({ query: 'nora' });
    expect(found.people).toEqual([expect.objectContaining({ name: 'Nora Starter', notEnrolled: true })]);
  });

  test('only an owner lets people into a team', async () => {
    const thread = await team(fiona);
    expect((await fiona.view(thread)).head.mayManage).toBe(false);
    const add = fiona.ask.addMember({ thread, person: helen.me, reason: 'cover', note: '', history: false });
    expect((await refusalOf(add)).code).toBe('not_entitled');
  });

  test('R29 the directory shows those who could be taken for whoever was found', async () => {
    world.invite('amit.patel', 'Dr Amit Patel', 'Core Surgical Trainee');
    const ask = () => fiona.ask.searchDirectory({ query: 'anita' });
    // The list on the device hears of whoever came since, when it is a minute old; the first answers may be the server's.
    await until('whoever came', async () => {
      world.clock.pass(61_000);
      const answers = [await ask(), await ask()];
      return answers.every(({ people }) => people.length === 2);
    });
    const { people, similar } = await ask();
    expect(people.map(({ name }) => name).sort()).toEqual(['Dr Amit Patel', 'Dr Anita Patel']);
    expect(similar).toEqual([
      { label: 'Dr A Patel', people: expect.arrayContaining(people.map(({ id }) => id)) as string[] },
    ]);
  });
});

describe('R31 taking somebody out', () => {
  test('with a reason; they read nothing that follows, and find the thread closed', async () => {
    const thread = await team(fiona, helen);
    await anita.say(thread, 'before');
    await helen.sees(thread, 'before');
    await anita.ask.removeMember({ thread, person: helen.me, reason: 'no-longer-involved', note: '' });
    await anita.say(thread, 'after');
    await fiona.sees(thread, 'after');
    await until('the removal', async () => !(await helen.ask.inbox()).some(({ id }) => id === thread));
    const view = await helen.view(thread);
    expect(view.head.readOnly?.code).toBe('not_a_member');
    expect(JSON.stringify(view)).not.toContain('after');
    expect((await refusalOf(helen.ask.send({ thread, text: 'x' }))).code).toBe('not_a_member');
    expect(await events(fiona, thread)).toContainEqual({ what: 'rotated', why: 'removed' });
  });

  test('leaving makes no keys; whoever writes next does', async () => {
    const thread = await team(fiona, helen);
    const served = world.server.thread(thread);
    const before = served.epochs.length;
    await helen.ask.removeMember({ thread, person: helen.me, reason: 'own-request', note: '' });
    expect(served.epochs).toHaveLength(before);
    await until('the line', async () => (await events(fiona, thread)).some(({ what }) => what === 'removed'));
    await fiona.say(thread, 'after');
    expect(served.epochs).toHaveLength(before + 1);
    await anita.sees(thread, 'after');
  });

  test('somebody who comes back with the past reads all of it', async () => {
    const thread = await team(helen);
    await anita.say(thread, 'one');
    await helen.sees(thread, 'one');
    await anita.ask.removeMember({ thread, person: helen.me, reason: 'left-team', note: '' });
    await anita.say(thread, 'two');
    await until('the removal', async () => !(await helen.ask.inbox()).some(({ id }) => id === thread));
    await anita.ask.addMember({ thread, person: helen.me, reason: 'cover', note: '', history: true });
    await anita.say(thread, 'three');
    await helen.sees(thread, 'three');
    expect(await helen.words(thread)).toEqual(['one', 'two', 'three']);
  });
});

describe('races', () => {
  test('two who change the members at once: both changes are made, one after the other', async () => {
    const thread = await team(fiona);
    const both = world.invite('kofi.mensah', 'Kofi Mensah');
    const kofi = new (helen.constructor as new (world: World) => Browser)(world);
    await kofi.enrol(both);
    await Promise.all([
      anita.ask.addMember({ thread, person: helen.me, reason: 'cover', note: '', history: true }),
      anita.ask.addMember({ thread, person: kofi.me, reason: 'cover', note: '', history: true }),
    ]);
    await anita.say(thread, 'to all');
    for (const each of [fiona, helen, kofi]) await each.sees(thread, 'to all');
    expect((await anita.view(thread)).head.members).toHaveLength(4);
  });

  test('two who make the next keys at once: one wins, both send', async () => {
    const thread = await team(fiona, helen);
    const served = world.server.thread(thread);
    await anita.say(thread, 'start');
    await helen.ask.removeMember({ thread, person: helen.me, reason: 'own-request', note: '' });
    await until('both know', async () => {
      const left = await Promise.all([anita, fiona].map(async (each) => (await each.view(thread)).head.members.length));
      return left.every((count) => count === 2);
    });
    const before = served.epochs.length;
    await Promise.all([anita.say(thread, 'from anita'), fiona.say(thread, 'from fiona')]);
    expect(served.epochs).toHaveLength(before + 1);
    for (const each of [anita, fiona]) {
      await each.sees(thread, 'from anita');
      await each.sees(thread, 'from fiona');
    }
  });

  test('keys grow old: after the time of the policy the next message goes under new ones', async () => {
    const thread = await team(fiona);
    await anita.say(thread, 'young');
    world.clock.sleep(8 * 24 * 3_600_000);
    await anita.say(thread, 'old');
    expect(await events(anita, thread)).toContainEqual({ what: 'rotated', why: 'age' });
    await fiona.sees(thread, 'old');
  });
});
