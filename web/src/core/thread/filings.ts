/** Where the decisions of a thread stand in the record (R18): only a receipt says "in". */
import { fromUuidText, uuidText } from '../../crypto/names.ts';
import type { RecordLine, RecordState } from '../contract.ts';
import type { Filing } from '../remote/shapes.ts';
import { decisionOf } from './content.ts';
import { decidersOf } from './deciders.ts';
import type { MessageEntry } from './log.ts';
import type { Thread } from './thread.ts';

/** The newest filing of a decision. */
export function filingOf(thread: Thread, decision: string): Filing | undefined {
  const found = [...thread.filings.values()].filter((each) => each.decision === decision);
  return found.sort((a, b) => b.filedAt - a.filedAt)[0];
}

export function recordStateOf(thread: Thread, decision: string): RecordState {
  const filing = filingOf(thread, decision);
  if (!filing) return { state: 'none' };
  const by = thread.ward.people.card(fromUuidText(filing.filedBy));
  const { filedAt, reason, reference = '', receivedAt = filedAt, eligibleAt, held } = filing;
  switch (filing.state) {
    case 'waiting':
    case 'filing':
      return { state: 'filing', by, since: filedAt, ...(reason ? { trouble: reason } : {}) };
    case 'received':
      if (held) return { state: 'held', by, at: receivedAt, reference };
      return { state: 'in', by, at: receivedAt, reference, ...(eligibleAt ? { deleteAt: eligibleAt } : {}) };
    case 'failed':
      return {
        state: 'failed',
        by,
        at: filedAt,
        reason: `${reason || 'The record holds something else than what was filed.'} Ask health records to look at it now. Nothing is deleted here.`,
        misfiled: true,
      };
    case 'refused':
      return { state: 'failed', by, at: filedAt, reason: reason || 'The record did not take it and gave no reason.' };
  }
}

/** The messages that are decisions and can be read, oldest first. */
export function decisionEntries(thread: Thread): MessageEntry[] {
  return candidates(thread).filter((entry) => decisionOf(thread, entry) !== undefined);
}

/** Reads every decision of the thread, wherever it stands. */
export async function readDecisions(thread: Thread): Promise<void> {
  const entries = candidates(thread);
  await Promise.all(entries.map((entry) => thread.reading.read(entry)));
  for (const entry of entries) thread.rememberDeciders(uuidText(entry.header.message), decidersOf(thread, entry));
}

/** Does anything of this thread go to a record, or went there? */
export function hasDecisions(thread: Thread): boolean {
  for (const entry of thread.log.from(1)) {
    if (entry.kind === 'tombstone' || (entry.kind === 'message' && entry.header.kind === 'decision')) return true;
  }
  return false;
}

const decisionKind = 2;

/** Every decision of the thread, those that have been deleted included. */
export function recordLines(thread: Thread): RecordLine[] {
  const lines: RecordLine[] = decisionEntries(thread).map((entry) => {
    const key = uuidText(entry.header.message);
    return { key, order: entry.seq, at: entry.at, state: recordStateOf(thread, key).state };
  });
  for (const entry of thread.log.from(1)) {
    if (entry.kind !== 'tombstone' || entry.tombstone.kind !== decisionKind || entry.tombstone.reason !== 'filed')
      continue;
    lines.push({ key: uuidText(entry.tombstone.message), order: entry.seq, at: entry.at, state: 'deleted' });
  }
  return lines.sort((a, b) => a.order - b.order);
}

function candidates(thread: Thread): MessageEntry[] {
  const { frozen } = thread.records;
  return [...thread.log.from(1)].filter(
    (entry): entry is MessageEntry =>
      entry.kind === 'message' && entry.header.kind === 'decision' && (!frozen || entry.seq < frozen.seq),
  );
}
