/**
 * The order of the inbox: what needs this person first, then by day. Social threads stand apart from work and last, whatever happens
 * in them.
 */
import type { Need, ThreadSummary } from '../../core/contract.ts';
import { dayKey } from '../../ui/dates.ts';

export type Section = {
  id: 'needs' | 'today' | 'earlier' | 'closed' | 'social';
  title: string;
  threads: ThreadSummary[];
};

export function sections(threads: ThreadSummary[], now: number): Section[] {
  const today = dayKey(now);
  const work = threads.filter((thread) => thread.space !== 'social');
  // Closed is only what nobody has to look at any more.
  const done = (thread: ThreadSummary) => thread.closed && thread.unread === 0;
  const still = work.filter((thread) => rank(thread) === 0).sort(newestFirst);
  const calm = still.filter((thread) => !done(thread));
  const all: Section[] = [
    { id: 'needs', title: 'Needs you', threads: work.filter((thread) => rank(thread) > 0).sort(mostPressing) },
    { id: 'today', title: 'Today', threads: calm.filter((thread) => dayKey(thread.at) === today) },
    { id: 'earlier', title: 'Earlier', threads: calm.filter((thread) => dayKey(thread.at) !== today) },
    { id: 'closed', title: 'Closed', threads: still.filter(done) },
    { id: 'social', title: 'Social', threads: threads.filter((thread) => thread.space === 'social').sort(newestFirst) },
  ];
  return all.filter((section) => section.threads.length > 0);
}

const needRank: Record<Need['kind'], number> = {
  stopped: 5,
  'wrong-patient': 7,
  // Another patient's record says what is not about them.
  'record-misfiled': 5,
  'not-sent': 3,
  'record-refused': 2,
  'not-in-record': 1,
};
const urgencyRank = { emergency: 6, urgent: 5, action: 4, routine: 0 } as const;

/** How much it presses: an emergency first, a decision that is not in the record last, nothing at all is zero. */
export function rank(thread: ThreadSummary): number {
  return Math.max(urgencyRank[thread.urgency], ...thread.needs.map(needOf));
}

/** Who has taken note of the wrong patient is not pressed again; the thread stays where it is seen while others, or the record, have not. */
function needOf(need: Need): number {
  if (need.kind !== 'wrong-patient' || !need.acknowledged) return needRank[need.kind];
  return need.waiting + need.inError > 0 ? 2 : 0;
}

const newestFirst = (a: ThreadSummary, b: ThreadSummary): number => b.at - a.at;

function mostPressing(a: ThreadSummary, b: ThreadSummary): number {
  const byRank = rank(b) - rank(a);
  if (byRank !== 0) return byRank;
  const byDue = (a.dueAt ?? Number.POSITIVE_INFINITY) - (b.dueAt ?? Number.POSITIVE_INFINITY);
  return Number.isNaN(byDue) || byDue === 0 ? newestFirst(a, b) : byDue;
}
