import { describe, expect, test } from 'vitest';
import type { DecisionItem, MessageItem, Person, SystemEvent, SystemItem } from '../../core/contract.ts';
import { arrange, type Row, rowOf } from './timeline.ts';

const now = new Date(2026, 10, 24, 13, 41).getTime();
const anita: Person = {
  id: 'anita',
  name: 'Dr Anita Patel',
  given: 'Anita',
  family: 'Patel',
  role: 'Medical Registrar',
  organisation: 'Northbridge General',
  outside: false,
};
const message = (order: number, at = now, more: Partial<MessageItem> = {}): MessageItem => ({
  kind: 'message',
  key: `m${order}`,
  id: `m${order}`,
  order,
  at,
  author: anita,
  own: false,
  text: `text ${order}`,
  urgency: 'routine',
  ...more,
});
const decision = (order: number, statements: number[], more: Partial<DecisionItem> = {}): DecisionItem => ({
  kind: 'decision',
  key: `d${order}`,
  id: `d${order}`,
  order,
  at: now,
  markedBy: anita,
  markedByMe: false,
  statements: statements.map((of) => ({ id: `m${of}`, author: anita, own: false, at: now, text: `text ${of}` })),
  background: [],
  record: { state: 'none' },
  ...more,
});
const keys = (rows: Row[]) => rows.map((row) => (row.type === 'day' ? row.title : row.key));
const yesterday = now - 86_400_000;

describe('rows of a thread', () => {
  test('are in order whatever order they came in, with a line for each day', () => {
    const rows = arrange([message(3), message(1, yesterday), message(2)], { now });
    expect(keys(rows)).toEqual(['Yesterday', 'm1', 'Today', 'm2', 'm3']);
  });

  test('have distinct keys', () => {
    const rows = arrange([message(1, yesterday), message(2), message(3, yesterday), decision(4, [2])], { now });
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
  });

  test('say where the unread begin', () => {
    const rows = arrange([message(1), message(2)], { now, firstUnread: 'm2' });
    expect(keys(rows)).toEqual(['Today', 'm1', 'unread', 'm2']);
  });

  test('an empty thread has none', () => expect(arrange([], { now })).toEqual([]));
});

describe('what one person wrote one after another', () => {
  const minute = 60_000;
  const joined = (rows: Row[]) => rows.flatMap((row) => (row.type === 'item' && row.joined ? [row.key] : []));
  const saidBelow = (rows: Row[]) => rows.flatMap((row) => (row.type === 'item' && row.saidBelow ? [row.key] : []));
  const fiona: Person = { ...anita, id: 'fiona', name: 'Dr Fiona Kerr' };

  test('stands together for five minutes, counted from the first', () => {
    const rows = arrange(
      [0, 2, 4.9, 5, 7].map((after, at) => message(at, now + after * minute)),
      { now },
    );
    expect(joined(rows)).toEqual(['m1', 'm2', 'm4']);
  });

  test('is parted by somebody else, a day, the unread, anything said in between and an urgent message', () => {
    expect(joined(arrange([message(1), message(2, now, { author: fiona }), message(3)], { now }))).toEqual([]);
    const midnight = new Date(2026, 10, 24).getTime();
    expect(joined(arrange([message(1, midnight - 1), message(2, midnight)], { now }))).toEqual([]);
    expect(joined(arrange([message(1), message(2)], { now, firstUnread: 'm2' }))).toEqual([]);
    expect(joined(arrange([message(1), decision(2, []), message(3)], { now }))).toEqual([]);
    expect(joined(arrange([message(1), message(2), message(3), decision(4, [2])], { now }))).toEqual([]);
    expect(joined(arrange([message(1), message(2, now, { urgency: 'urgent' }), message(3)], { now }))).toEqual([]);
  });

  test('says how far it came once, where it came equally far', () => {
    const mine = (order: number, state: 'sent' | 'seen' | 'failed') =>
      message(order, now, { own: true, delivery: { state, of: 2, reached: 0, seen: state === 'seen' ? 1 : 0 } });
    expect(saidBelow(arrange([mine(1, 'seen'), mine(2, 'seen'), mine(3, 'sent')], { now }))).toEqual(['m1']);
    expect(saidBelow(arrange([mine(1, 'failed'), mine(2, 'failed')], { now }))).toEqual([]);
  });

  test('keeps its keys, and the items stay as they came', () => {
    const [one, two] = [message(1), message(2)];
    const rows = arrange([one, two], { now });
    expect(rows.flatMap((row) => (row.type === 'item' ? [row.item] : []))).toEqual([one, two]);
  });
});

describe('R18 a decision', () => {
  test('made of one message takes its place', () => {
    const rows = arrange([message(1), message(2), message(3), decision(4, [2])], { now });
    expect(keys(rows)).toEqual(['Today', 'm1', 'd4', 'm3']);
  });

  test('made of several stands where it was marked and the messages stay, each knowing it', () => {
    const rows = arrange([message(1), message(2), decision(3, [1, 2])], { now });
    expect(keys(rows)).toEqual(['Today', 'm1', 'm2', 'd3']);
    const parts = rows.flatMap((row) => (row.type === 'item' && row.partOf ? [row.partOf.key] : []));
    expect(parts).toEqual(['d3', 'd3']);
  });

  test('whose message is not loaded stands where it was marked', () => {
    expect(keys(arrange([message(5), decision(6, [1])], { now }))).toEqual(['Today', 'm5', 'd6']);
  });

  test('in own words stands where it was written', () => {
    const own = decision(2, [], {
      statements: [{ id: 'd2', author: anita, own: true, at: now, text: 'Stop heparin' }],
    });
    expect(keys(arrange([message(1), own], { now }))).toEqual(['Today', 'm1', 'd2']);
  });

  test('is found by the message that it replaced', () => {
    const rows = arrange([message(1), message(2), decision(3, [2])], { now });
    expect(rows[rowOf(rows, 'm2')]?.key).toBe('d3');
    expect(rowOf(rows, 'nothing')).toBe(-1);
  });
});

describe('who came in and out', () => {
  const system = (order: number, event: SystemEvent, at = now): SystemItem => ({
    kind: 'system',
    key: `s${order}`,
    order,
    at,
    event,
  });
  const by = { by: 'Dr Anita Patel', byMe: false };
  const created: SystemEvent = { what: 'created', ...by };
  const joined: SystemEvent = {
    what: 'joined',
    who: 'Tom Reid',
    me: false,
    role: 'Outreach',
    ...by,
    reason: 'care-team',
    history: true,
  };
  const removed: SystemEvent = { what: 'removed', who: 'Tom Reid', me: false, ...by, reason: 'other' };
  const rotated = (why: 'added' | 'removed' | 'device' | 'age'): SystemEvent => ({ what: 'rotated', why });
  const folds = (rows: Row[]) => rows.flatMap((row) => (row.type === 'fold' ? [row.items.map(({ key }) => key)] : []));

  test('people who came one after another are one row, also across the new keys of each', () => {
    const rows = arrange(
      [system(1, joined), system(2, rotated('added')), system(3, joined), system(4, rotated('added')), message(5)],
      { now },
    );
    expect(keys(rows)).toEqual(['Today', 's1', 'm5']);
    expect(folds(rows)).toEqual([['s1', 's3']]);
  });

  test('those who were in it from the start stand with its beginning', () => {
    const rows = arrange([system(1, created), system(2, joined), system(3, joined)], { now });
    expect(folds(rows)).toEqual([['s1', 's2', 's3']]);
  });

  test('one alone is said in full', () => {
    const rows = arrange([system(1, joined), message(2), system(3, joined)], { now });
    expect(keys(rows)).toEqual(['Today', 's1', 'm2', 's3']);
    expect(folds(rows)).toEqual([]);
  });

  test('a day and the line above the unread part them', () => {
    const two = arrange([system(1, joined, yesterday), system(2, joined)], { now });
    expect(keys(two)).toEqual(['Yesterday', 's1', 'Today', 's2']);
    const seen = arrange([system(1, joined), system(2, joined), system(3, joined)], { now, firstUnread: 's2' });
    expect(keys(seen)).toEqual(['Today', 's1', 'unread', 's2']);
    expect(folds(seen)).toEqual([['s2', 's3']]);
  });

  test('new keys are no row, and the unread begin at the next', () => {
    const rows = arrange([message(1), system(2, rotated('age')), message(3)], { now, firstUnread: 's2' });
    expect(keys(rows)).toEqual(['Today', 'm1', 'unread', 'm3']);
    expect(keys(arrange([message(1), system(2, rotated('device'))], { now, firstUnread: 's2' }))).toEqual([
      'Today',
      'm1',
    ]);
  });

  test.each<SystemEvent>([
    removed,
    { ...removed, by: 'Tom Reid' },
    { what: 'removed-by-organisation', who: 'Tom Reid', me: false, reason: 'leaver' },
    { what: 'linked', ...by, patient: 'SMITH, John' },
    { what: 'renamed', ...by, name: 'Bay 3' },
    { what: 'readmitted', who: 'Tom Reid', me: false, ...by },
    { what: 'left-out', who: 'Tom Reid', me: false, why: 'stolen' },
    { what: 'unreadable-keys', who: ['Tom Reid'], me: false, ...by },
    { what: 'refused', code: 'bad_signature' },
    { what: 'frozen', why: 'forked-members', authors: ['Tom Reid'] },
  ])('R31 $what always has a row of its own', (event) => {
    const rows = arrange([system(1, joined), system(2, event), system(3, event), system(4, joined)], { now });
    expect(keys(rows)).toEqual(['Today', 's1', 's2', 's3', 's4']);
    expect(folds(rows)).toEqual([]);
  });

  test('R31 a removal says that the keys are new once they are', () => {
    const renewed = (rows: Row[]) => rows.flatMap((row) => (row.type === 'item' && row.newKeys ? [row.key] : []));
    expect(renewed(arrange([system(1, removed)], { now }))).toEqual([]);
    expect(renewed(arrange([system(1, removed), system(2, rotated('added'))], { now }))).toEqual([]);
    const rows = arrange([system(1, removed), message(2), system(3, removed), system(4, rotated('removed'))], { now });
    expect(renewed(rows)).toEqual(['s1', 's3']);
  });
});
