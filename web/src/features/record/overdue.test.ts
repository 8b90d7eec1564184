import { expect, test } from 'vitest';
import type { RecordLine } from '../../core/contract.ts';
import { overdue, overdueAfterMs } from './overdue.ts';

const now = 1_800_000_000_000;
const line = (state: RecordLine['state'], age: number): RecordLine => ({
  key: `${state} ${age}`,
  order: 1,
  at: now - age,
  state,
  by: 'Dr Anita Patel',
});
const pinned = (...lines: RecordLine[]) => overdue(lines, now).map((each) => each.key);

test('R19 a decision that nobody has filed is pinned after its time, and stays however old it gets', () => {
  expect(pinned(line('none', overdueAfterMs - 1))).toEqual([]);
  expect(pinned(line('none', overdueAfterMs))).toEqual([`none ${overdueAfterMs}`]);
  expect(pinned(line('none', 400 * 86_400_000))).toHaveLength(1);
});

test('R19 one that the record refused is pinned at once', () => {
  expect(pinned(line('failed', 0))).toHaveLength(1);
});

test('R19 one that is on its way or there is not', () => {
  const old = 10 * overdueAfterMs;
  expect(pinned(line('filing', old), line('in', old), line('held', old), line('deleted', old))).toEqual([]);
});
