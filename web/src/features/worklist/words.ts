/** What a worklist says of each line. */
import type { WorklistItem, WorklistScope } from '../../core/contract.ts';
import { plural } from '../../ui/dates.ts';

/** `refused`: what the record would not take, of the whole organisation. */
export type List = WorklistScope | 'refused';

export const listWords: Record<List, string> = {
  mine: 'Mine',
  ward: 'My ward',
  organisation: 'Organisation',
  refused: 'Refused',
};

/** The last two are for those who answer for the record; the server refuses them to the others. */
export const listsFor = (records: boolean): List[] =>
  records ? ['mine', 'ward', 'organisation', 'refused'] : ['mine', 'ward'];

export const emptyWords: Record<WorklistScope, { title: string; text: string }> = {
  mine: { title: 'Nothing waits for you', text: 'Every decision that you have to see to is in the record.' },
  ward: { title: 'Nothing waits on your ward', text: 'Every decision of your colleagues is in the record.' },
  organisation: { title: 'Nothing waits', text: 'Every decision that was marked is in the record.' },
};

export function stateWords({ state, draftedBy }: WorklistItem): string {
  switch (state) {
    case 'none':
      return 'Not in the record yet';
    case 'drafted':
      return draftedBy ? `${draftedBy.name} is preparing it` : 'Being prepared';
    case 'filing':
      return 'Filed, waiting for the receipt';
    case 'failed':
      return 'Refused by the record';
    case 'wrong':
      return 'Entered in error, still valid in the record';
    case 'countersign':
      return 'Waits for your countersignature';
  }
}

/** How old a decision is, and whether it should have been in the record by now. */
export function ageWords({ markedAt, dueAt, overdue }: WorklistItem, now: number): string {
  const age = `${roughly(now - markedAt)} old`;
  return overdue ? `${age}, overdue for ${roughly(now - dueAt)}` : age;
}

const minute = 60_000;
const hour = 60 * minute;

/** An age in its largest unit. */
export function roughly(ms: number): string {
  if (ms < hour) return plural(Math.max(1, Math.floor(ms / minute)), 'minute');
  if (ms < 48 * hour) return plural(Math.floor(ms / hour), 'hour');
  return plural(Math.floor(ms / (24 * hour)), 'day');
}
