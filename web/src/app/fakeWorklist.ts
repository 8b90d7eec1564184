/** Invented worklists, what waits for a person at the record, and refusals that go with them. */
import type { DecisionsAgain, Letter, Wardline, WorklistItem, WorklistPage, WorklistScope } from '../core/contract.ts';
import { decision, people } from './fakeData.ts';
import { Refusal } from './worker.ts';

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
      words: 'Change to IV flucloxacillin 2 g four times a day. No penicillin allergy, checked with him and the chart.',
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
      words: 'Surgical review if the margin spreads.',
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

/** Five that the record refused, three of them for one reason, and one that lies under another patient. The first is taken, the next is refused again. */
export function deadLetters(empty: boolean) {
  const now = Date.now();
  const hour = 3_600_000 + 1000;
  const closed = { state: 'refused', code: 'record_refused', reason: 'The episode is closed. Reopen it.' } as const;
  const common = { attempts: 1, filedBy: people.anita };
  let all: Letter[] = [
    { ...common, ...closed, filing: '019cad90-2130-7ae5-9941-000000000001', filedAt: now - 50 * hour },
    { ...common, ...closed, filing: '019cad90-2130-7ae5-9941-000000000002', filedAt: now - 6 * hour, attempts: 3 },
    {
      ...common,
      ...closed,
      filing: '019cad90-2130-7ae5-9941-000000000003',
      filedAt: now - 2 * hour,
      filedBy: people.grace,
    },
    {
      ...common,
      state: 'failed',
      how: 'other-patient',
      code: 'record_other_patient',
      reason: 'The record keeps it under another patient.',
      filing: '019cad90-2130-7ae5-9941-000000000004',
      filedAt: now - 3 * hour,
    },
  ];
  if (empty) all = [];
  const find = (filing: string): Letter => {
    const found = all.find((each) => each.filing === filing);
    if (!found) throw new Refusal({ code: 'filing_unknown', message: 'This filing is not there.' });
    return found;
  };
  const put = (next: Letter): Letter => {
    all = all.map((each) => (each.filing === next.filing ? next : each));
    return next;
  };
  const verbs: Pick<Wardline, 'letters' | 'letter' | 'replayLetter'> = {
    letters: async () => ({ letters: all.filter(({ state }) => state === 'refused' || state === 'failed') }),
    letter: async ({ filing }) => {
      const found = find(filing);
      if (found.state !== 'sending') return found;
      return put(
        filing.endsWith('2')
          ? { ...found, ...closed }
          : { ...found, state: 'in', reference: `DOC-${filing.slice(-4)}` },
      );
    },
    replayLetter: async ({ filing }) => put({ ...find(filing), state: 'sending', code: '', reason: '' }),
  };
  return { verbs };
}

export function decisionsAgain(): DecisionsAgain {
  const [statement] = decision.statements;
  const at = decision.at;
  return {
    from: 'john',
    to: 'joan',
    decisions: [
      { decision: 'd1', at, by: people.anita.name, statements: statement ? [statement] : [], done: false },
      { decision: 'd2', at: at + 60_000, by: people.grace.name, statements: [], own: 'names', done: false },
      { decision: 'd3', at: at + 120_000, by: people.leila.name, statements: [], own: 'gone', done: true },
    ],
  };
}
