/** H26, P4: a thread in which sending has stopped, and somebody who was re-enrolled. */
import { describe, expect, test, vi } from 'vitest';
import { Details } from '../../features/members/Details.tsx';
import { Readmit } from '../../features/members/Readmit.tsx';
import { BeforeWriting, Stopped } from '../../features/thread/Stopped.tsx';
import type { StoppedWhy, ThreadHead } from '../../core/contract.ts';
import { johnHead, people, teamHead } from '../fakeData.ts';
import { button, mount, press, settled, shown } from './mount.tsx';

const refusal = (code: string, message: string, hint?: string) =>
  Object.assign(new Error(message), { code, ...(hint ? { hint } : {}) });

describe('H26 a thread that contradicts itself', () => {
  const stopped = (why: StoppedWhy, more: Partial<ThreadHead> = {}, authors: string[] = []) =>
    mount({}, () => <Stopped head={{ ...johnHead, ...more }} stopped={{ why, authors, at: Date.now() }} />);

  test.each<[StoppedWhy, string[], string]>([
    ['forked-members', ['Dr Anita Patel', 'Tom Reid'], 'Dr Anita Patel and Tom Reid changed the members'],
    ['forked-members', [], 'There are two different changes of the members'],
    ['forked-keys', ['Tom Reid'], 'There are two different sets of keys for the same place, both by Tom Reid.'],
    ['forked-log', [], 'The server showed two different versions of this thread.'],
    ['split-view', ['Tom Reid'], 'Tom Reid was shown another version of this thread than you.'],
    ['rolled-back', [], 'The server shows less of this thread'],
    ['missing', [], 'The server does not show this thread any more'],
    ['bookmark', [], 'another version of this thread than the one that you had seen before'],
    ['refused', ['Tom Reid'], 'Something by Tom Reid in this thread failed its checks.'],
  ])('%s by %j is said in a sentence, and what was checked stays', async (why, authors, sentence) => {
    await stopped(why, {}, authors);
    expect(shown()).toContain(`Sending has stopped. `);
    expect(shown()).toContain(sentence);
    expect(shown()).toContain('What was checked before stays readable.');
  });

  test('the way on is one button: a new thread opens, and who could not be taken along is named', async () => {
    const { fake, client } = await stopped('forked-log');
    fake.goOn = async (arg) => {
      fake.calls.push({ verb: 'goOn', arg });
      return { thread: 'team', leftOut: ['Una Bell'] };
    };
    await press(button('Go on in a new thread'));
    const arg = fake.calls.find(({ verb }) => verb === 'goOn')?.arg as { thread: string; line: string };
    expect(arg.thread).toBe('john');
    expect(arg.line).toContain('This goes on from our thread that was stopped');
    expect(client.said.value).toContain('Not in it: Una Bell. Add them when you have checked who they are.');
    expect(client.router.route.value).toEqual({ at: 'thread', thread: 'team' });
  });

  test('a failure stays here, in words, and can be tried again', async () => {
    const { fake, client } = await stopped('forked-log');
    const offline = refusal('offline', 'Wardline cannot be reached.', 'Check the network.');
    vi.spyOn(fake, 'goOn').mockRejectedValueOnce(offline);
    await press(button('Go on in a new thread'));
    expect(shown()).toContain('Wardline cannot be reached.');
    await press(button('Go on in a new thread'));
    expect(client.router.route.value).toEqual({ at: 'thread', thread: 'team' });
  });

  test('where somebody went on already there is a link instead of a second thread', async () => {
    await stopped('forked-log', { goesOn: { thread: 'team', by: 'Tom Reid', byMe: false } });
    expect(shown()).toContain('Tom Reid goes on in a new thread: open it.');
    expect(document.querySelector('a')?.getAttribute('href')).toBe('#/t/team');
    expect(document.querySelector('button')).toBeNull();
  });

  test('a thread that the server hides has nobody to go on with', async () => {
    await stopped('missing', { members: [] });
    expect(document.querySelector('button')).toBeNull();
    expect(shown()).toContain('Tell the service desk what stands here.');
  });

  test('P8 before writing it says whom nothing reaches, and why', async () => {
    const since = Date.now();
    const members = johnHead.members.map((each) => ({
      ...each,
      ...(each.person.id === people.tom.id ? { leftOut: { why: 'stolen' as const, since } } : {}),
      ...(each.person.id === people.grace.id ? { leftOut: { why: 'reset' as const, since } } : {}),
    }));
    await mount({}, () => <BeforeWriting head={{ ...johnHead, members }} />);
    expect(shown()).toContain('Tom Reid’s device was reported stolen; messages reach them again once their keys');
    expect(shown()).toContain('Sr Grace Owusu was re-enrolled and has not been let in again');
  });
});

describe('P4 letting somebody in again', () => {
  const reset = { why: 'reset' as const, since: Date.now() - 86_400_000 };
  const head: ThreadHead = {
    ...teamHead,
    members: teamHead.members.map((each) => (each.person.id === people.tom.id ? { ...each, leftOut: reset } : each)),
  };
  const readmit = (who: string = people.tom.id) => mount({ reset: true }, () => <Readmit head={head} person={who} />);

  test('shows the words of both before it is done, and tells who did it', async () => {
    const { fake, client } = await readmit();
    await settled();
    expect(shown()).toContain('was re-enrolled by two officers');
    expect(shown()).toContain('Call or see them before you let them in.');
    expect(
      [...document.querySelectorAll('.words dd')].map(({ textContent }) => textContent?.split(' ').length),
    ).toEqual([6, 6]);
    await press(button('It is them, let them in'));
    expect(fake.calls.find(({ verb }) => verb === 'readmitMember')?.arg).toEqual({ thread: 'team', person: 'tom' });
    expect(client.said.value).toBe('Tom Reid was let in again');
  });

  test('can be left alone', async () => {
    const { fake } = await readmit();
    await press(button('Not now'));
    expect(fake.calls.some(({ verb }) => verb === 'readmitMember')).toBe(false);
  });

  test('words that do not come are not passed over in silence', async () => {
    const { fake, draw } = await mount({ reset: true });
    vi.spyOn(fake, 'safetyWords').mockRejectedValueOnce(refusal('offline', 'Wardline cannot be reached.'));
    await draw(<Readmit head={head} person="tom" />);
    expect(shown()).toContain('The words to compare could not be worked out.');
    await press(button('Try again'));
    expect(document.querySelectorAll('.words dd')).toHaveLength(2);
  });

  test('a refusal is said, and the sheet stays', async () => {
    const { fake } = await readmit();
    fake.readmitMember = () => Promise.reject(refusal('not_entitled', 'This is not yours to do.'));
    await press(button('It is them, let them in'));
    expect(shown()).toContain('This is not yours to do.');
    expect(shown()).toContain('Let Tom Reid in again');
  });

  test('somebody who reads here needs nobody for it', async () => {
    await readmit(people.helen.id);
    expect(shown()).toContain('Nobody to let in again');
  });

  test('the list of members leads there, for whoever may', async () => {
    await mount({}, () => <Details head={head} keyChanges={[]} />);
    const link = [...document.querySelectorAll('a')].find(({ textContent }) => textContent?.startsWith('Let in again'));
    expect(link?.getAttribute('href')).toBe('#/t/team/readmit/tom');
  });

  test('and to nobody else', async () => {
    await mount({}, () => <Details head={{ ...head, mayReadmit: false }} keyChanges={[]} />);
    expect(shown()).not.toContain('Let in again');
  });
});
