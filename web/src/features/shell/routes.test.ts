import { describe, expect, test } from 'vitest';
import { baseOf, enrolmentIn, format, parse, type Route } from './routes.ts';

const every: Route[] = [
  { at: 'inbox' },
  { at: 'more' },
  { at: 'decisions' },
  { at: 'decisions', list: 'refused' },
  { at: 'ways' },
  { at: 'keys' },
  { at: 'thread', thread: 'Ab-_9' },
  { at: 'details', thread: 'a' },
  { at: 'add', thread: 'a' },
  { at: 'remove', thread: 'a', person: 'p/1' },
  { at: 'decide', thread: 'a' },
  { at: 'decide', thread: 'a', message: 'm' },
  { at: 'file', thread: 'a', decision: 'd' },
  { at: 'again', thread: 'a', decision: 'd' },
  { at: 'identify', thread: 'a' },
  { at: 'new' },
  { at: 'new-team' },
  { at: 'new-patient' },
];

test.each(every)('$at survives its own address', (route) => expect(parse(format(route))).toEqual(route));

test.each(['', '#', '#/', '#/nowhere', '#/t', '#/t/', '#/%E0%A4%A', '#/enrol/x'])('%s leads to the inbox', (hash) =>
  expect(parse(hash)).toEqual({ at: 'inbox' }),
);

test('an unfinished task leads to its thread', () => {
  expect(parse('#/t/a/file')).toEqual({ at: 'thread', thread: 'a' });
  expect(parse('#/t/a/remove')).toEqual({ at: 'thread', thread: 'a' });
});

test('a sheet stands over its thread, a new message over the inbox', () => {
  expect(baseOf({ at: 'file', thread: 'a', decision: 'd' })).toEqual({ at: 'thread', thread: 'a' });
  expect(baseOf({ at: 'new-patient' })).toEqual({ at: 'inbox' });
  expect(baseOf({ at: 'ways' })).toEqual({ at: 'more' });
});

describe('an enrolment link', () => {
  const token = `tok-1_A${'a'.repeat(36)}`;
  const fingerprint = `fing-2_B${'b'.repeat(35)}`;
  test.each([`#/enrol/${token}.${fingerprint}`, `#/enrol?${token}.${fingerprint}`])('%s is read', (hash) =>
    expect(enrolmentIn(hash)).toEqual({ token, manifestFingerprint: fingerprint }),
  );
  test.each(['#/enrolled', '#/new', '#/t/enrol', ''])('%s is none', (hash) =>
    expect(enrolmentIn(hash)).toBeUndefined(),
  );
  test.each([
    '#/enrol',
    '#/enrol/',
    `#/enrol/${token}`,
    `#/enrol/${token}.`,
    `#/enrol/${token}.${fingerprint.slice(1)}`,
    `#/enrol/${token.slice(1)}.${fingerprint}`,
    `#/enrol/${token}.${fingerprint}.c`,
    `#/enrol/${token}.<b>`,
  ])('P3 %s is cut, and is not gone on with', (hash) => expect(enrolmentIn(hash)).toBe('cut'));
});
