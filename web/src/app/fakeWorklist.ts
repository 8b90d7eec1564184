/** Invented worklists, and two refusals that go with them. */
import type { WorklistItem, WorklistPage, WorklistScope } from '../core/contract.ts';
import { people } from './fakeData.ts';

export const beingDrafted = {
  code: 'being_drafted',
  message: 'Dr Anita Patel is preparing this document.',
  hint: 'Wait, or take it over.',
};

export const notPermitted = {
  code: 'not_permitted',
  message: 'This list is for the records staff.',
  hint: 'If you are one of them, tell the service desk.',
};

function items(now: number): WorklistItem[] {
  // A little more than whole hours, for clocks that are read one after the other.
  const hour = 3_600_000 + 1000;
  const common = { urgency: 'routine', mine: true, owner: people.leila, overdue: false } as const;
  return [
    {
      ...common,
      decision: 'w1',
      thread: 'john',
      about: 'SMITH, John',
      markedAt: now - 6 * hour,
      dueAt: now - 5 * hour,
      overdue: true,
      urgency: 'urgent',
      state: 'failed',
      reason: 'The record has no open episode for this patient.',
    },
    {
      ...common,
      decision: 'w2',
      thread: 'joan',
      about: 'SMITH, Joan',
      markedAt: now - 9 * hour,
      dueAt: now - 5 * hour,
      overdue: true,
      state: 'none',
    },
    {
      ...common,
      decision: 'w3',
      thread: 'john',
      about: 'SMITH, John',
      markedAt: now - 20 * 60_000,
      dueAt: now + 3 * hour,
      state: 'drafted',
      draftedBy: people.anita,
    },
    {
      ...common,
      decision: 'w4',
      thread: 'john',
      about: 'SMITH, John',
      owner: people.anita,
      mine: false,
      markedAt: now - 2 * hour,
      dueAt: now + 2 * hour,
      state: 'countersign',
    },
  ];
}

/** A ward has a line of a conversation that the reader is not in, and a second page. */
export function worklist(scope: WorklistScope, after?: string): WorklistPage {
  const now = Date.now();
  const hour = 3_600_000;
  if (scope === 'mine') return { items: items(now) };
  const elsewhere: WorklistItem = {
    decision: 'w5',
    owner: people.grace,
    mine: false,
    markedAt: now - 50 * hour,
    dueAt: now - 46 * hour,
    overdue: true,
    urgency: 'routine',
    state: 'none',
  };
  return after ? { items: [elsewhere] } : { items: items(now).slice(0, 2), next: 'page-2' };
}
