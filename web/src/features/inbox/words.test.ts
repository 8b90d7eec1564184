import { describe, expect, test } from 'vitest';
import type { SystemEvent, ThreadSummary } from '../../core/contract.ts';
import { preview } from './words.ts';

const summary = (last: ThreadSummary['last']): ThreadSummary => ({
  id: 't',
  space: 'patient',
  people: 3,
  at: 0,
  unread: 0,
  urgency: 'routine',
  needs: [],
  hasDraft: false,
  closed: false,
  ...(last ? { last } : {}),
});
const system = (event?: SystemEvent) => ({
  at: 0,
  kind: 'system' as const,
  own: false,
  text: '',
  ...(event ? { event } : {}),
});

describe('the preview', () => {
  test('of a thread in which nothing was written says what happened last', () => {
    const by = { by: 'Dr Anita Patel', byMe: false };
    expect(preview(summary(system({ what: 'linked', ...by, patient: 'SMITH, John' })))).toBe(
      'Dr Anita Patel linked the patient',
    );
    const joined = { what: 'joined', who: 'Tom Reid', me: false, role: 'Outreach', ...by } as const;
    expect(preview(summary(system({ ...joined, reason: 'opinion', history: true })))).toBe(
      'Dr Anita Patel added Tom Reid',
    );
  });
  test('of what is not known stays general', () => expect(preview(summary(system()))).toBe('Members changed'));
  test('of a message says who wrote it', () => {
    expect(preview(summary({ at: 0, kind: 'message', own: true, text: 'Seen' }))).toBe('You: Seen');
  });
});
