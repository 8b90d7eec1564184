import { describe, expect, test } from 'vitest';
import { briefWhen, clockTime, dayKey, dayTitle, duration, plural, shortWhen, whenInWords } from './dates.ts';

const now = new Date(2026, 10, 24, 13, 41).getTime();
const at = (year: number, month: number, day: number, hour = 9, minute = 5) =>
  new Date(year, month - 1, day, hour, minute).getTime();

describe('times', () => {
  test('a time has two digits for the hour and no am or pm', () => {
    expect(clockTime(at(2026, 11, 24, 9, 5))).toBe('09:05');
    expect(clockTime(at(2026, 11, 24, 0, 0))).toBe('00:00');
  });

  test.each([
    [at(2026, 11, 24), 'Today'],
    [at(2026, 11, 23, 23, 59), 'Yesterday'],
    [at(2026, 11, 17), 'Tuesday 17 November'],
    [at(2025, 12, 31), 'Wednesday 31 December 2025'],
  ])('the day of %d is titled %s', (moment, title) => expect(dayTitle(moment, now)).toBe(title));

  test.each([
    [at(2026, 11, 24), '09:05'],
    [at(2026, 11, 23), 'Mon'],
    [at(2026, 11, 18), 'Wed'],
    [at(2026, 11, 17), '17 Nov'],
    [at(2025, 11, 24), '24 Nov 2025'],
  ])('in a list %d reads %s', (moment, text) => expect(shortWhen(moment, now)).toBe(text));

  test('in a sentence another day is named', () => {
    expect(whenInWords(at(2026, 11, 24), now)).toBe('09:05');
    expect(whenInWords(at(2026, 11, 23), now)).toBe('09:05 yesterday');
    expect(whenInWords(at(2026, 11, 25), now)).toBe('09:05 tomorrow');
    expect(whenInWords(at(2026, 11, 2), now)).toBe('09:05 on 2 Nov');
  });

  test('in a narrow place the time is kept', () => {
    expect(briefWhen(at(2026, 11, 24), now)).toBe('09:05');
    expect(briefWhen(at(2026, 11, 23), now)).toBe('Mon 09:05');
    expect(briefWhen(at(2026, 11, 2), now)).toBe('2 Nov 09:05');
  });

  test('the night the clocks go back is still one day', () => {
    expect(dayKey(at(2026, 10, 25, 0, 30))).toBe(dayKey(at(2026, 10, 25, 23, 30)));
    expect(dayTitle(at(2026, 10, 25, 0, 30), at(2026, 10, 26, 12))).toBe('Yesterday');
  });
});

test.each([
  [120_000, '2 minutes'],
  [60_000, '1 minute'],
  [86_400_000, '24 hours'],
  [172_800_000, '2 days'],
  [14_400_000, '4 hours'],
  [90_000, '90 seconds'],
])('%d ms is %s', (ms, text) => expect(duration(ms)).toBe(text));

test('plural', () => {
  expect(plural(1, 'message')).toBe('1 message');
  expect(plural(0, 'message')).toBe('0 messages');
  expect(plural(1200, 'person', 'people')).toBe('1,200 people');
});
