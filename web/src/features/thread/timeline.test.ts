import { describe, expect, test } from 'vitest';
import type { DecisionItem, MessageItem, Person } from '../../core/contract.ts';
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
