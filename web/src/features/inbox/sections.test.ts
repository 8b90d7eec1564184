import { expect, test } from 'vitest';
import type { ThreadSummary } from '../../core/contract.ts';
import { sections } from './sections.ts';

const now = new Date(2026, 10, 24, 13, 41).getTime();
const hour = 3_600_000;
const thread = (id: string, more: Partial<ThreadSummary> = {}): ThreadSummary => ({
  id,
  space: 'team',
  name: id,
  people: 3,
  at: now,
  unread: 0,
  urgency: 'routine',
  needs: [],
  hasDraft: false,
  closed: false,
  ...more,
});
const shape = (threads: ThreadSummary[]) =>
  sections(threads, now).map((section) => `${section.id}: ${section.threads.map((each) => each.id).join(' ')}`);

test('what needs me comes first, the most pressing on top', () => {
  expect(
    shape([
      thread('calm'),
      thread('unfiled', { needs: [{ kind: 'not-in-record', count: 1, since: now }] }),
      thread('later', { urgency: 'action', dueAt: now + 2 * hour }),
      thread('sooner', { urgency: 'action', dueAt: now + hour, at: now - hour }),
      thread('urgent', { urgency: 'urgent', at: now - 3 * hour }),
      thread('unsent', { needs: [{ kind: 'not-sent', count: 1 }] }),
      thread('refused', { needs: [{ kind: 'record-refused', count: 1, since: now }] }),
    ]),
  ).toEqual(['needs: urgent sooner later unsent refused unfiled', 'today: calm']);
});

test('R18 a decision that is not in the record stays on top however old it is', () => {
  const old = thread('old', { at: now - 200 * 24 * hour, needs: [{ kind: 'not-in-record', count: 1, since: 0 }] });
  expect(shape([thread('new'), old])[0]).toBe('needs: old');
});

test('the rest goes by day, newest first', () => {
  expect(shape([thread('b', { at: now - hour }), thread('c', { at: now - 30 * hour }), thread('a')])).toEqual([
    'today: a b',
    'earlier: c',
  ]);
});

test('R33 a social thread never mixes with work, not even an urgent one', () => {
  expect(shape([thread('party', { space: 'social', urgency: 'urgent' }), thread('work')])).toEqual([
    'today: work',
    'social: party',
  ]);
});

test('R49 what was closed stands apart, unless it needs somebody or has something new', () => {
  const closed = { closed: true };
  expect(
    shape([
      thread('done', closed),
      thread('open'),
      thread('news', { ...closed, unread: 1 }),
      thread('unfiled', { ...closed, needs: [{ kind: 'not-in-record', count: 1, since: now }] }),
    ]),
  ).toEqual(['needs: unfiled', 'today: open news', 'closed: done']);
});

test('an empty inbox has no sections', () => expect(shape([])).toEqual([]));
