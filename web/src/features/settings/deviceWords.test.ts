import { describe, expect, test } from 'vitest';
import type { OwnDevice } from '../../core/contract.ts';
import { agreedWords, lastWords, postureWords, sortDevices, twiceWords } from './deviceWords.ts';

const now = new Date(2026, 10, 22, 16, 0).getTime();
const device = (more: Partial<OwnDevice>): OwnDevice => ({
  id: 'd',
  kind: 'trust',
  label: '',
  current: false,
  firstUsed: now - 1000,
  lastUsed: now - 60_000,
  expires: now + 1000,
  signedIn: 0,
  posture: 'unknown',
  ...more,
});

describe('R48 what is said about a device', () => {
  test('this one stands first, then the one used last; what is over stands apart', () => {
    const all = [
      device({ id: 'old', lastUsed: now - 5000 }),
      device({ id: 'new', lastUsed: now - 1000 }),
      device({ id: 'here', current: true, lastUsed: now - 9000 }),
      device({ id: 'ended', ended: now }),
      device({ id: 'out', expires: now }),
    ];
    const { using, ended } = sortDevices(all, now);
    expect(using.map(({ id }) => id)).toEqual(['here', 'new', 'old']);
    expect(ended.map(({ id }) => id).sort()).toEqual(['ended', 'out']);
  });

  test.each([
    [{ current: true, signedIn: 1 }, 'Signed in now.'],
    [{ signedIn: 1 }, 'Signed in; last used at 15:59.'],
    [{ signedIn: 2 }, 'Signed in 2 times; last used at 15:59.'],
    [{}, 'Not signed in; last used at 15:59.'],
    [{ ended: now - 86_400_000 }, 'Signed out for good at 16:00 yesterday.'],
    [{ expires: now }, 'Ran out at 16:00.'],
  ] as const)('%o: %s', (more, words) => {
    expect(lastWords(device(more), now)).toBe(words);
  });

  test('nobody has looked at it until somebody says so, and an own device says when it was agreed to', () => {
    expect(postureWords(device({}))).toBe('Nobody has checked its passcode and updates.');
    expect(postureWords(device({ posture: 'attested', postureBy: 'the service desk' }))).toBe(
      'Checked by the service desk.',
    );
    expect(agreedWords(device({ kind: 'own', agreed: now }), now)).toBe('You agreed to use it at 16:00.');
    expect(agreedWords(device({ kind: 'trust', agreed: now }), now)).toBe('');
  });

  test('R22 a device whose browser was open twice says so until it is ended, with what to do', () => {
    expect(twiceWords(device({}), now)).toBe('');
    expect(twiceWords(device({ usedTwice: now }), now)).toContain('Open in two places at once at 16:00');
    expect(twiceWords(device({ usedTwice: now }), now)).toContain('Sign it out as stolen');
    expect(twiceWords(device({ usedTwice: now, current: true }), now)).toContain('Sign out here, sign in again');
    expect(twiceWords(device({ usedTwice: now, ended: now }), now)).toBe('');
  });
});
